"""Who is reminded of what on which day, and what goes to a phone group: plain tables."""
from __future__ import annotations

import datetime as dt
import uuid
from itertools import pairwise

import pytest

from ckanext.satudata.journal.calendar import RuleBook, RuleVersion
from ckanext.satudata.letters import reminders
from ckanext.satudata.letters.reminders import Counts, Line, Open, Settings

OPD, OTHER, ITEM = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
#: Monday to Friday; days off: 24 December 2026 (a Thursday), 25 December.
BOOK = RuleBook((RuleVersion(
    None, "Asia/Jakarta", frozenset(range(5)),
    frozenset({dt.date(2026, 12, 24), dt.date(2026, 12, 25)}), {},
),))
_DAY = dt.timedelta(days=1)


def day(text: str, **settings: object) -> reminders.Day:
    return reminders.day(dt.date.fromisoformat(text), BOOK, Settings(**settings))  # type: ignore[arg-type]


def owed(last_day: str, period: str = "2026-10", opd: uuid.UUID = OPD) -> Open:
    return Open(ITEM, opd, period, dt.date.fromisoformat(last_day))


def steps(rows: list[Open], of: reminders.Day) -> list[str]:
    """Names of the steps, without the period or the week."""
    return sorted(one.step.split(":2026")[0] for one in reminders.reasons(rows, of))


@pytest.mark.parametrize(("today", "last_day", "expected"), [
    # A Tuesday; the last allowed day lies so many days ahead or behind.
    ("2026-11-10", "2026-11-18", []),
    ("2026-11-10", "2026-11-17", ["soon:7"]),
    ("2026-11-10", "2026-11-11", ["soon:7"]),
    ("2026-11-10", "2026-11-10", ["soon:7"]),
    ("2026-11-10", "2026-11-09", ["overdue:0"]),
    ("2026-11-10", "2026-11-03", ["overdue:0"]),
    ("2026-11-10", "2026-11-02", ["overdue:1"]),
    ("2026-11-10", "2026-08-12", ["overdue:12"]),
    # A Friday speaks for the weekend: on Sunday seven days are left, on Saturday eight.
    ("2026-11-13", "2026-11-22", ["soon:7"]),
    ("2026-11-13", "2026-11-23", []),
    # The last working day before Christmas speaks for four days.
    ("2026-12-23", "2027-01-03", ["soon:7"]),
    ("2026-12-23", "2027-01-04", []),
])
def test_the_step_of_an_item(today: str, last_day: str, expected: list[str]) -> None:
    assert steps([owed(last_day)], day(today, closing=())) == expected


@pytest.mark.parametrize(("text", "works", "until"), [
    ("2026-11-12", True, "2026-11-12"), ("2026-11-13", True, "2026-11-15"),
    ("2026-11-14", False, "2026-11-15"), ("2026-12-23", True, "2026-12-27"),
    ("2026-12-24", False, "2026-12-27"),
])
def test_days_off_are_told_of_the_day_before(text: str, works: bool, until: str) -> None:
    found = day(text)
    assert (found.works, found.until.isoformat()) == (works, until)


@pytest.mark.parametrize(("settings", "today", "expected"), [
    ({"before": (14, 3)}, "2026-11-09", "soon:14"),
    ({"before": (14, 3)}, "2026-11-17", "soon:3"),
    ({"before": ()}, "2026-11-17", None),
    ({"again": 0}, "2026-12-15", "overdue:0"),
    ({"again": 3}, "2026-11-24", "overdue:1"),
])
def test_what_the_city_has_set(
    settings: dict[str, object], today: str, expected: str | None
) -> None:
    found = steps([owed("2026-11-20")], day(today, closing=(), **settings))
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(("period", "is_short"), [
    ("2026-11-10", True), ("2026-W46", True), ("2026-DM23", True), ("2026-02", False),
    ("2026-TW3", False), ("2026!", False),
])
def test_what_comes_often_is_told_of_once_a_week_when_it_is_overdue(
    period: str, is_short: bool
) -> None:
    tuesday = day("2026-11-10", closing=())
    assert steps([owed("2026-11-12", period)], tuesday) == ([] if is_short else ["soon:7"])
    late = [f"2026-11-{number:02}" for number in range(1, 10)]
    told = {step for last in late for step in steps([owed(last, period)], tuesday)}
    assert (told == {"overdue"}) is is_short
    friday, monday = (day(text, closing=()) for text in ("2026-11-13", "2026-11-16"))
    assert (steps([owed(late[-1], period)], friday) == steps([owed(late[0], period)], friday)) or (
        not is_short)
    weeks = {next(iter(reminders.reasons([owed(late[-1], period)], of))).step
             for of in (tuesday, friday, monday)}
    assert len(weeks) == (2 if is_short else 1)


@pytest.mark.parametrize(("today", "closes"), [
    # Friday 18 December speaks for Sunday the 20th, on which eleven days are left.
    ("2026-12-18", None), ("2026-12-21", 10), ("2026-12-22", 10), ("2026-12-23", 10),
    ("2026-12-28", 3), ("2026-12-31", 3), ("2027-01-01", None),
    ("2026-09-17", None), ("2026-09-18", 10), ("2026-09-24", 10), ("2026-09-25", 3),
])
def test_the_end_of_a_quarter_comes_nearer(today: str, closes: int | None) -> None:
    of = day(today)
    assert of.closes == closes
    # The office is told that has something open in the quarter, whatever else it is told of.
    far = [owed(of.quarter.last.isoformat()),
           owed((of.quarter.last + _DAY).isoformat(), opd=OTHER)]
    told = {one.about for one in reminders.reasons(far, of) if one.step.startswith("closing:")}
    assert told == (set() if closes is None else {OPD})
    assert closes is None or of.last >= of.quarter.last


def test_every_step_is_reached_on_some_working_day_and_named_once() -> None:
    """Whatever the day and the calendar: an item is told of before its day and after it."""
    start = dt.date(2026, 11, 2)
    for number in range(80):
        last = start + number * _DAY
        rows = [Open(ITEM, OPD, "2026-09", last)]
        told: list[str] = []
        for offset in range(-40, 92):
            of = day((last + offset * _DAY).isoformat(), closing=())
            if of.works:
                told += [one.step for one in reminders.reasons(rows, of)
                         if of.first <= last <= of.last]
        names = list(dict.fromkeys(told))
        assert names[0].startswith("soon:7:") and names[1].startswith("overdue:0:")
        assert [name.split(":")[1] for name in names[1:]] == [str(n) for n in range(13)]
        # Once another step is reached, an earlier one never comes again.
        assert [one for one, other in pairwise(told) if one != other] == names[:-1]


def test_an_extension_is_told_of_anew() -> None:
    tuesday = day("2026-11-10")
    [first] = reminders.reasons([owed("2026-11-12")], tuesday)
    [second] = reminders.reasons([owed("2026-11-16")], tuesday)
    assert first.step != second.step


def test_a_digest_has_all_offices_of_a_person_once() -> None:
    rows = [owed("2026-11-09"), owed("2026-11-12"), owed("2026-11-13"),
            owed("2026-11-12", opd=OTHER)]
    counted = reminders.counts(rows, day("2026-11-10"))
    assert counted == {OPD: Counts(1, 2), OTHER: Counts(0, 1)}
    assert reminders.shared([OTHER, OPD], {OPD: ["a", "b"], OTHER: ["b"]}) == {
        "a": [OPD], "b": [OPD, OTHER]}


# --- for the phone ------------------------------------------------------------------------------


def test_the_text_for_a_phone_group() -> None:
    lines = [
        Line("Jumlah Balita Stunting", "2026-09", dt.date(2026, 10, 12)),
        Line("Jumlah Posyandu", "2026-TW3", dt.date(2026, 11, 16)),
    ]
    assert reminders.phone_text(
        "Dinas Kesehatan", "Kota Mojokerto", lines, 2, dt.date(2026, 11, 10),
        "https://data.example/satudata",
    ) == (
        "Yth. Bapak/Ibu pengelola data Dinas Kesehatan,\n\n"
        "mohon bantuannya menyetorkan data berikut di portal Satu Data Kota Mojokerto:\n\n"
        "Lewat batas waktu:\n"
        "- Jumlah Balita Stunting, September 2026 (batas 12 Oktober 2026)\n\n"
        "Segera jatuh tempo:\n"
        "- Jumlah Posyandu, Triwulan III 2026 (paling lambat 16 November 2026)\n\n"
        "dan 2 data lain.\n\n"
        "Setor di sini: https://data.example/satudata\n\n"
        "Terima kasih."
    )


@pytest.mark.parametrize(("named", "unnamed", "said"), [
    (0, 3, "3 data."), (1, 0, None), (10, 0, None), (11, 0, "dan 1 data lain."),
    (12, 5, "dan 7 data lain."),
])
def test_what_is_not_named_is_counted(named: int, unnamed: int, said: str | None) -> None:
    lines = [Line(f"Judul {n}", "2026-10", dt.date(2026, 11, 16)) for n in range(named)]
    text = reminders.phone_text(
        "Dinas", "Kota", lines, unnamed, dt.date(2026, 11, 10), "https://data.example")
    assert text.count("Judul") == min(named, reminders.ON_THE_PHONE)
    assert ("data lain" in text) is bool(said and said.startswith("dan"))
    assert said is None or said in text
