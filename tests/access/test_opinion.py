"""The pembina's opinion: when it is asked for, and how long a verification waits for it."""
from __future__ import annotations

import datetime as dt

import pytest

from ckanext.satudata.access.opinion import AGREES, OBJECTS, is_waited_for, is_wanted, last_day
from ckanext.satudata.journal.calendar import default_rules

#: Monday to Friday; Wednesday the 25th is a holiday.
RULES = default_rules([], own_holidays=[dt.date(2026, 11, 25)])
FRIDAY, MONDAY = dt.date(2026, 11, 20), dt.date(2026, 11, 23)


@pytest.mark.parametrize(("priority", "secret", "somebody", "wanted"), [
    (True, False, True, True), (False, False, True, False), (True, True, True, False),
    (True, False, False, False), (False, True, False, False),
])
def test_it_is_asked_for_on_data_prioritas_that_a_pembina_can_see(
    priority, secret, somebody, wanted
):
    assert is_wanted(priority=priority, secret=secret, somebody=somebody) is wanted


@pytest.mark.parametrize(("asked_on", "days", "last"), [
    (FRIDAY, 0, FRIDAY), (FRIDAY, 1, MONDAY), (FRIDAY, 2, dt.date(2026, 11, 24)),
    (FRIDAY, 3, dt.date(2026, 11, 26)), (FRIDAY, 5, dt.date(2026, 11, 30)),
    (dt.date(2026, 11, 21), 1, MONDAY),
])
def test_days_are_working_days_after_the_day_of_asking(asked_on, days, last):
    assert last_day(asked_on, days, RULES) == last


@pytest.mark.parametrize(("asked_on", "opinion", "today", "days", "waits"), [
    (None, None, MONDAY, 5, False),
    (FRIDAY, None, FRIDAY, 1, True), (FRIDAY, None, MONDAY, 1, True),
    (FRIDAY, None, dt.date(2026, 11, 24), 1, False),
    (FRIDAY, AGREES, MONDAY, 1, False), (FRIDAY, OBJECTS, MONDAY, 1, False),
    (FRIDAY, None, FRIDAY, 0, False),
])
def test_a_verification_waits_for_what_is_asked_and_not_there_until_that_day(
    asked_on, opinion, today, days, waits
):
    assert is_waited_for(asked_on, opinion, today, days, RULES) is waits
