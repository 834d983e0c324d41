"""Values of one meaning in the many forms in which people and programs write them."""
from __future__ import annotations

import datetime as dt

import pytest

from ckanext.satudata.journal import values


@pytest.mark.parametrize(("value", "meaning"), [
    (True, True), ("Ya", True), ("true", True), (1, True), (" YES ", True),
    (False, False), ("tidak", False), ("0", False), ("", None), (None, None), ("mungkin", None),
])
def test_yes_and_no(value, meaning):
    assert values.boolean(value) is meaning


@pytest.mark.parametrize("value", [
    "2026-08-17", "17/08/2026", "17-8-2026", dt.date(2026, 8, 17),
    dt.datetime(2026, 8, 17, 9, tzinfo=dt.timezone.utc), "2026-08-17T09:00:00",
])
def test_days(value):
    assert values.date(value) == dt.date(2026, 8, 17)


@pytest.mark.parametrize("value", ["", None, "31/02/2026", "Agustus 2026", "2026"])
def test_no_days(value):
    assert values.date(value) is None


@pytest.mark.parametrize(("value", "members"), [
    (None, []), ("", []), ("a; b ;", ["a", "b"]), ("a,b", ["a", "b"]), ("a, b; c", ["a, b", "c"]),
    ('["a", "b"]', ["a", "b"]), (["a", " b", ""], ["a", "b"]), ("[a", ["[a"]), (4.01, ["4.01"]),
])
def test_lists(value, members):
    assert values.items(value) == members
