"""The pembina's opinion on data prioritas: asked, recorded, and not waited for beyond a set time.

Perpres 39/2019 art. 35 lets the pembina be heard before data prioritas is published. What the
walidata decides does not depend on what the opinion says. Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt

from ckanext.satudata.journal.calendar import RuleVersion, is_working_day

AGREES, OBJECTS = "setuju", "keberatan"

#: How the journal calls each opinion, and that one is asked for.
EVENT_TYPES = {AGREES: "dataset.opinion_agrees", OBJECTS: "dataset.opinion_objects"}
ASKED = "dataset.opinion_asked"


def is_wanted(*, priority: bool, secret: bool, somebody: bool) -> bool:
    """Whether an opinion is asked for when a dataset is submitted.

    :param priority: an item of the daftar data says that it is data prioritas
    :param secret: its class lets no pembina see it
    :param somebody: the city has a pembina
    """
    return priority and somebody and not secret


def last_day(asked_on: dt.date, days: int, rules: RuleVersion) -> dt.date:
    """The last day on which a verification waits: so many working days after the asking."""
    day, left = asked_on, days
    while left > 0:
        day += dt.timedelta(days=1)
        left -= is_working_day(day, rules)
    return day


def is_waited_for(
    asked_on: dt.date | None, opinion: str | None, today: dt.date, days: int, rules: RuleVersion
) -> bool:
    """Whether a verification has to wait.

    :param asked_on: the city's day on which the opinion was asked for; None: it was not
    :param opinion: the opinion, if it is there
    :param days: working days that are waited; 0: none
    """
    if asked_on is None or opinion is not None or days < 1:
        return False
    return today <= last_day(asked_on, days, rules)
