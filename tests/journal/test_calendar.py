"""The city's calendar: working days, the end of a day, versions of rules, the time for mending."""
from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.deposits.frequencies import FREQUENCIES
from ckanext.satudata.journal import calendar as cal
from ckanext.satudata.journal.calendar import CalendarError, RuleBook, RuleVersion
from tests.report import naive

UTC = dt.timezone.utc
D = dt.date.fromisoformat


def rules(
    since: str | None = None,
    *,
    days_off: tuple[str, ...] = (),
    workdays: frozenset[int] = cal.DEFAULT_WORKDAYS,
    timezone: str = "Asia/Jakarta",
    mending_days: int = 5,
    recorded_at: dt.datetime | None = None,
) -> RuleVersion:
    return RuleVersion(
        effective_from=D(since) if since else None,
        timezone=timezone,
        workdays=workdays,
        holidays=frozenset(map(D, days_off)),
        grace_days=cal.DEFAULT_GRACE_DAYS,
        mending_days=mending_days,
        recorded_at=recorded_at,
    )


dates = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
versions = st.builds(
    RuleVersion,
    effective_from=st.none(),
    timezone=st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC"]),
    workdays=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=st.frozensets(dates, max_size=30),
    grace_days=st.fixed_dictionaries({"bulanan": st.integers(0, 40)}),
    mending_days=st.integers(0, 8),
    unchanged_limit=st.integers(0, 4),
)


# --- working days ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-08-14", "2026-08-14"),  # a Friday
        ("2026-08-15", "2026-08-18"),  # Saturday, Sunday, then Independence Day on a Monday
        ("2026-03-18", "2026-03-25"),  # Nyepi, Idul Fitri, both joint leaves and a weekend
        ("2026-12-24", "2026-12-28"),  # joint leave, Christmas, weekend
        ("2025-12-31", "2025-12-31"),
        ("2026-01-01", "2026-01-02"),
    ],
)
def test_days_off_in_a_chain_are_passed_over(day: str, expected: str) -> None:
    assert cal.next_working_day(D(day), cal.default_rules([2025, 2026])) == D(expected)


def test_national_holidays_and_joint_leave_are_both_days_off() -> None:
    found = cal.default_holidays([2026])
    assert D("2026-08-17") in found  # public
    assert D("2026-03-20") in found  # joint leave
    assert all(day.year == 2026 for day in found)


def test_the_citys_own_days_off_count_as_well() -> None:
    version = cal.default_rules([2026], own_holidays=[D("2026-06-22")])
    assert not cal.is_working_day(D("2026-06-22"), version)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-11-06", 0, "2026-11-06"),
        ("2026-11-06", 1, "2026-11-09"),  # Friday to Monday
        ("2026-11-06", 5, "2026-11-13"),
        ("2026-11-07", 5, "2026-11-13"),  # a Saturday: the same five days
        ("2026-11-08", 5, "2026-11-13"),
        ("2026-03-17", 5, "2026-03-31"),  # over Idul Fitri
    ],
)
def test_working_days_are_counted_from_the_day_after(day: str, count: int, expected: str) -> None:
    version = cal.default_rules([2026], mending_days=count)
    assert mended_by(D(day), version) == D(expected)


def mended_by(day: dt.date, version: RuleVersion) -> dt.date:
    """The last day on which what came back at noon of a day can be mended."""
    noon = dt.datetime.combine(day, dt.time(12), cal.zone(version.timezone))
    until = RuleBook((version,)).mending_until(noon)
    return cal.local_date(until, version) - naive.DAY


@given(dates, versions)
def test_next_working_day_is_the_first_that_works(day: dt.date, version: RuleVersion) -> None:
    found = cal.next_working_day(day, version)
    assert naive.works(found, version)
    assert not any(naive.works(other, version) for other in naive.days(day, found) if other < found)


@given(dates, st.integers(0, 12), versions)
def test_there_are_as_many_working_days_in_between(
    day: dt.date, count: int, version: RuleVersion
) -> None:
    version = dataclasses.replace(version, effective_from=None, mending_days=count)
    found = mended_by(day, version)
    between = naive.days(day + naive.DAY, found)
    assert sum(naive.works(other, version) for other in between) == count


# --- the end of a day --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Jakarta", "2026-09-30T17:00:00+00:00"),
        ("Asia/Makassar", "2026-09-30T16:00:00+00:00"),
        ("Asia/Jayapura", "2026-09-30T15:00:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_of_the_city(zone: str, moment: str) -> None:
    end = cal.end_of_day(D("2026-09-30"), rules(timezone=zone))
    assert end == dt.datetime.fromisoformat(moment)
    assert end.utcoffset() == dt.timedelta(0)


def test_a_day_ends_also_where_clocks_jump_at_midnight() -> None:
    # In Beirut 00:00 of 2021-03-28 did not exist: the day before ended when 01:00 began.
    end = cal.end_of_day(D("2021-03-27"), rules(timezone="Asia/Beirut"))
    assert end == dt.datetime(2021, 3, 27, 22, tzinfo=UTC)


@given(dates, versions)
def test_the_end_of_a_day_is_the_beginning_of_the_next(day: dt.date, version: RuleVersion) -> None:
    end = cal.end_of_day(day, version)
    assert cal.local_date(end, version) == day + naive.DAY
    assert cal.local_date(end - dt.timedelta(microseconds=1), version) == day
    assert end == naive.midnight_after(day, version)


def test_a_moment_without_time_zone_has_no_date() -> None:
    with pytest.raises(CalendarError):
        cal.local_date(dt.datetime(2026, 1, 1), rules())  # noqa: DTZ001


# --- versions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"timezone": "Asia/Mojokerto"},
        {"timezone": ""},
        {"timezone": "../etc/passwd"},
        {"workdays": frozenset()},
        {"workdays": frozenset({7})},
        {"mending_days": -1},
        {"recorded_at": dt.datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CalendarError):
        rules(**changes)  # pyright: ignore[reportArgumentType]


def test_negative_grace_is_refused() -> None:
    with pytest.raises(CalendarError):
        RuleVersion(None, "UTC", frozenset({0}), frozenset(), {"bulanan": -1})


def test_a_version_holds_for_periods_that_end_on_or_after_its_date() -> None:
    book = RuleBook((rules(), rules("2026-07-01"), rules("2026-10-01")))
    assert book.for_period_ending(D("1999-01-01")) is book.versions[0]
    assert book.for_period_ending(D("2026-06-30")) is book.versions[0]
    assert book.for_period_ending(D("2026-07-01")) is book.versions[1]
    assert book.for_period_ending(D("2026-09-30")) is book.versions[1]
    assert book.for_period_ending(D("2026-10-01")) is book.versions[2]


def test_of_two_versions_with_one_date_the_later_stands() -> None:
    book = RuleBook((rules(), rules("2026-07-01"), rules("2026-07-01", mending_days=7)))
    assert book.for_period_ending(D("2026-07-01")).mending_days == 7


@pytest.mark.parametrize(
    "sequence",
    [(), ("2026-01-01",), (None, None), (None, "2026-07-01", "2026-01-01"),
     (None, "2026-07-01", None)],
)
def test_a_book_out_of_order_is_refused(sequence: tuple[str | None, ...]) -> None:
    with pytest.raises(CalendarError):
        RuleBook(tuple(rules(since) for since in sequence))


def test_a_version_is_in_force_from_the_citys_midnight_of_its_day() -> None:
    book = RuleBook((rules(), rules("2026-07-01")))
    midnight = dt.datetime(2026, 6, 30, 17, tzinfo=UTC)
    assert book.in_force_at(midnight - dt.timedelta(microseconds=1)) is book.versions[0]
    assert book.in_force_at(midnight) is book.versions[1]


@given(st.lists(st.tuples(dates, versions), max_size=4), versions)
def test_a_book_survives_json(later: list[tuple[dt.date, RuleVersion]], first: RuleVersion) -> None:
    rest = [
        RuleVersion(
            day, v.timezone, v.workdays, v.holidays, v.grace_days, v.mending_days,
            v.unchanged_limit, dt.datetime.combine(day, dt.time(9), UTC),
        )
        for day, v in sorted(later, key=lambda pair: pair[0])
    ]
    book = RuleBook((first, *rest))
    text = json.dumps(book.to_json())
    assert RuleBook.from_json(json.loads(text)) == book
    assert json.dumps(RuleBook.from_json(json.loads(text)).to_json()) == text


@pytest.mark.parametrize(
    "data",
    [{}, {"versions": {}}, {"versions": [{}]}, {"versions": [[]]}, {"versions": []}, [],
     {"versions": [{**rules().to_json(), "holidays": ["soon"]}]},
     {"versions": [{**rules().to_json(), "workdays": None}]}],
)
def test_other_json_is_refused_as_such(data: object) -> None:
    with pytest.raises(CalendarError):
        RuleBook.from_json(data)  # pyright: ignore[reportArgumentType]


def test_what_a_book_remembers_is_no_part_of_its_value() -> None:
    one, other = RuleBook((rules(),)), RuleBook((rules(),))
    one.cache["x"] = 1
    assert one == other
    assert hash(one) == hash(other)
    assert "cache" not in repr(one)


def test_grace_days_are_those_of_the_frequency_table() -> None:
    expected = {
        code: row.grace_days for code, row in FREQUENCIES.items() if row.grace_days is not None
    }
    assert dict(cal.DEFAULT_GRACE_DAYS) == expected
    assert cal.DEFAULT_GRACE_DAYS["tahunan"] == 60
    assert "insidental" not in cal.DEFAULT_GRACE_DAYS


# --- the time for mending ----------------------------------------------------------------------


def jakarta(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + "+07:00")


@pytest.mark.parametrize(
    ("returned", "until"),
    [
        ("2026-11-06T10:00", "2026-11-14T00:00"),  # Friday: till the next Friday's end
        ("2026-11-06T23:59:59", "2026-11-14T00:00"),
        ("2026-11-07T00:00", "2026-11-14T00:00"),  # Saturday
        ("2026-11-09T00:00", "2026-11-17T00:00"),  # Monday: the day itself does not count
        ("2026-03-17T08:00", "2026-04-01T00:00"),  # over Idul Fitri
    ],
)
def test_mending_ends_with_the_fifth_working_day_after(returned: str, until: str) -> None:
    book = RuleBook((cal.default_rules([2026]),))
    assert book.mending_until(jakarta(returned)) == jakarta(until)


def test_mending_goes_by_the_calendar_as_known_on_the_day_of_the_return() -> None:
    first = rules()
    told_before = rules(
        "2026-11-10", days_off=("2026-11-11",), recorded_at=jakarta("2026-11-01T09:00")
    )
    told_after = rules(
        "2026-11-10", days_off=("2026-11-11",), recorded_at=jakarta("2026-11-09T09:00")
    )
    returned = jakarta("2026-11-06T10:00")
    assert RuleBook((first, told_before)).mending_until(returned) == jakarta("2026-11-17T00:00")
    assert RuleBook((first, told_after)).mending_until(returned) == jakarta("2026-11-14T00:00")
    # A version that does not say when it was recorded was known from its own day on.
    unsaid = rules("2026-11-10", days_off=("2026-11-11",))
    assert RuleBook((first, unsaid)).mending_until(returned) == jakarta("2026-11-14T00:00")


def test_number_of_days_is_that_in_force_at_the_return() -> None:
    later = rules("2026-11-10", mending_days=2, recorded_at=jakarta("2026-11-01T09:00"))
    book = RuleBook((rules(), later))
    assert book.mending_until(jakarta("2026-11-09T23:59")) == jakarta("2026-11-17T00:00")
    assert book.mending_until(jakarta("2026-11-10T00:00")) == jakarta("2026-11-13T00:00")


@given(
    versions,
    st.lists(st.tuples(dates, versions, st.integers(0, 400) | st.none()), max_size=3),
    st.datetimes(
        dt.datetime(2021, 1, 1), dt.datetime(2029, 1, 1),  # noqa: DTZ001 - asked for naive
        timezones=st.just(UTC),
    ),
)
def test_mending_agrees_with_a_walk_through_the_days(
    first: RuleVersion,
    later: list[tuple[dt.date, RuleVersion, int | None]],
    returned: dt.datetime,
) -> None:
    rest = []
    for day, v, lead in sorted(later, key=lambda entry: entry[0]):
        recorded = None
        if lead is not None:
            recorded = dt.datetime.combine(day, dt.time(), UTC) - dt.timedelta(days=lead)
        rest.append(
            RuleVersion(day, v.timezone, v.workdays, v.holidays, v.grace_days, v.mending_days,
                        v.unchanged_limit, recorded)
        )
    book = RuleBook((first, *rest))
    until = book.mending_until(returned)
    assert until == naive.mending_end(returned, book)
    assert until > returned
