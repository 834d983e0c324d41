"""The city's lists go through the plugin's own imports without an error."""
from __future__ import annotations

import datetime as dt

import pytest

from ckanext.satudata.deposits import imports as register_imports
from ckanext.satudata.deposits.schedule import ObligationVersion, ScheduledPeriod, due_periods
from ckanext.satudata.journal import sheets
from ckanext.satudata.opd import imports as office_imports
from sandbox.city import timetable
from sandbox.city.generate import MOJOKERTO
from sandbox.city.model import City, RegisterItem

from .conftest import TODAY


def test_the_office_list_is_taken_as_it_is(whole: City) -> None:
    rows = sheets.read((MOJOKERTO / "opd.csv").read_bytes(), "opd.csv")
    plan = office_imports.plan(rows, [])
    assert plan.problems == []
    assert {entry.name for entry in plan.created} == {office.name for office in whole.offices}


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_each_register_is_taken_as_it_is(whole: City, year: int) -> None:
    names = {office.code: office.name for office in whole.offices}
    items = whole.register_of(year)
    rows = [sheets.Row(number, item.as_row(year)) for number, item in enumerate(items, 2)]
    plan = register_imports.plan(
        rows, [], register_imports.Surroundings(year, TODAY, names.__getitem__, lambda name: name)
    )
    assert plan.problems == []
    assert len(plan.created) == len(items)


def _of_year(item: RegisterItem, year: int) -> ObligationVersion:
    row = item.as_row(year)
    return ObligationVersion(
        None, timetable.key_of(item.office_code), item.frekuensi,
        int(row["tahun_awal"]) if row["tahun_awal"] else None,
        dt.date.fromisoformat(row["valid_from"]), dt.date.fromisoformat(row["valid_until"]),
        tuple(
            ScheduledPeriod(one["period"], dt.date.fromisoformat(one["date"]))
            for one in row["jadwal"]
        ),
    )


def test_year_by_year_the_same_is_owed(whole: City) -> None:
    """Registers cut an item at New Year; no period is lost or owed twice by that."""
    until = dt.date(TODAY.year, 12, 31)
    for item in whole.register:
        at_once = [(due.period, due.last_day) for due in timetable.owed(item, whole.rules, until)]
        by_year = [
            (due.period, due.last_day)
            for year in item.years
            for due in due_periods([_of_year(item, year)], {}, whole.rules, until)
        ]
        assert by_year == at_once, item.title
