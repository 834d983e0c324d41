"""What is owed by which day: every frequency, every way a day moves, every change of versions."""
from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.satudata.deposits import schedule
from ckanext.satudata.deposits.frequencies import FREQUENCIES, FrequencyError
from ckanext.satudata.deposits.periods import PeriodError, parse_period
from ckanext.satudata.deposits.schedule import (
    Dispensation,
    DuePeriod,
    ObligationVersion,
    ScheduledPeriod,
    ScheduleError,
    due_periods,
    last_allowed_day,
    unjudged_quarters,
)
from ckanext.satudata.journal.calendar import (
    DEFAULT_GRACE_DAYS,
    DEFAULT_WORKDAYS,
    RuleBook,
    RuleVersion,
    default_rules,
)
from ckanext.satudata.journal.quarters import Quarter
from tests.report import naive

D = dt.date.fromisoformat
HEALTH, SOCIAL = UUID(int=1), UUID(int=2)
BOOK = RuleBook((default_rules(range(2023, 2029)),))
PLAIN = RuleBook(
    (RuleVersion(None, "Asia/Jakarta", frozenset(range(7)), frozenset(), DEFAULT_GRACE_DAYS),)
)


def version(frekuensi: str = "bulanan", since: str | None = None, **changes: Any) -> (
    ObligationVersion
):
    """A version of an obligation of 2026; days as text."""
    for key in ("valid_from", "valid_until"):
        if isinstance(changes.get(key), str):
            changes[key] = D(changes[key])
    jadwal = tuple(
        ScheduledPeriod(code, D(day)) for code, day in dict(changes.pop("jadwal", {})).items()
    )
    values: dict[str, Any] = {
        "opd": HEALTH, "tahun_awal": None, "valid_from": D("2026-01-01"),
        "valid_until": D("2026-12-31"), **changes,
    }
    return ObligationVersion(
        effective_from=D(since) if since else None, frekuensi=frekuensi, jadwal=jadwal, **values
    )


def owed(
    *versions: ObligationVersion,
    rules: RuleBook = BOOK,
    until: str = "2027-12-31",
    **dispensations: str | None,
) -> dict[str, str]:
    """Last day by period; dispensations as p2026_08="2026-10-01" (None: waiver)."""
    return {due.period: due.last_day.isoformat()
            for due in rows(*versions, rules=rules, until=until, **dispensations)}


def rows(
    *versions: ObligationVersion,
    rules: RuleBook = BOOK,
    until: str = "2027-12-31",
    **dispensations: str | None,
) -> list[DuePeriod]:
    given_ = {}
    for key, day in dispensations.items():
        code = key[1:].replace("_", "-")
        given_[code] = Dispensation(code, D(day) if day else None)
    return due_periods(versions, given_, rules, D(until))


# --- the last allowed day ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frekuensi", "period", "expected"),
    [
        ("harian", "2026-08-13", "2026-08-14"),
        ("harian", "2026-08-14", "2026-08-18"),  # weekend and Independence Day
        ("mingguan", "2026-W34", "2026-08-26"),
        ("mingguan", "2026-W53", "2027-01-06"),
        ("dua_mingguan", "2026-DM17", "2026-08-28"),
        ("dua_mingguan", "2026-DM26", "2027-01-08"),
        ("bulanan", "2026-08", "2026-09-10"),
        ("bulanan", "2026-12", "2027-01-11"),
        ("terus_menerus", "2026-08", "2026-08-31"),
        ("terus_menerus", "2026-01", "2026-01-31"),  # a Saturday, not moved
        ("dua_bulanan", "2026-B4", "2026-09-10"),
        ("triwulanan", "2026-TW3", "2026-10-15"),
        ("triwulanan", "2026-TW1", "2026-04-15"),
        ("empat_bulanan", "2026-C2", "2026-09-21"),  # 20 September is a Sunday
        ("semesteran", "2026-S1", "2026-07-30"),
        ("tahunan", "2025", "2026-03-02"),  # 1 March is a Sunday
        ("tahunan", "2026", "2027-03-01"),
        ("tahunan", "2023", "2024-02-29"),
        ("dua_tahunan", "2024/2025", "2026-03-31"),
        ("tiga_tahunan", "2023/2025", "2026-03-31"),
        ("empat_tahunan", "2022/2025", "2026-03-31"),
        ("lima_tahunan", "2021/2025", "2026-03-31"),
        ("sepuluh_tahunan", "2016/2025", "2026-03-31"),
    ],
)
def test_last_day_by_the_calendar(frekuensi: str, period: str, expected: str) -> None:
    assert last_allowed_day(parse_period(period), frekuensi, BOOK) == D(expected)


@pytest.mark.parametrize(
    ("frekuensi", "number", "first", "last"),
    [
        ("harian", 365, "2025-12-31", "2026-12-30"),
        ("mingguan", 52, "2026-W01", "2026-W52"),
        ("dua_mingguan", 26, "2025-DM26", "2026-DM25"),
        ("bulanan", 12, "2025-12", "2026-11"),
        ("terus_menerus", 12, "2026-01", "2026-12"),
        ("dua_bulanan", 6, "2025-B6", "2026-B5"),
        ("triwulanan", 4, "2025-TW4", "2026-TW3"),
        ("empat_bulanan", 3, "2025-C3", "2026-C2"),
        ("semesteran", 2, "2025-S2", "2026-S1"),
        ("tahunan", 1, "2025", "2025"),
        ("dua_tahunan", 1, "2024/2025", "2024/2025"),
        ("tiga_tahunan", 1, "2023/2025", "2023/2025"),
        ("empat_tahunan", 1, "2022/2025", "2022/2025"),
        ("lima_tahunan", 1, "2021/2025", "2021/2025"),
        ("sepuluh_tahunan", 1, "2016/2025", "2016/2025"),
        ("sekali", 0, "", ""),
        ("insidental", 0, "", ""),
        ("sesuai_kebutuhan", 0, "", ""),
        ("tidak_diketahui", 0, "", ""),
    ],
)
def test_a_register_of_2026_owes_what_falls_due_in_2026(
    frekuensi: str, number: int, first: str, last: str
) -> None:
    codes = list(owed(version(frekuensi)))
    assert len(codes) == number
    assert (codes[0], codes[-1]) == (first, last) if codes else number == 0


def test_the_deadline_is_the_citys_midnight_and_the_quarter_that_of_the_day() -> None:
    august = next(due for due in rows(version()) if due.period == "2026-08")
    assert august.deadline == dt.datetime(2026, 9, 10, 17, tzinfo=dt.timezone.utc)
    assert august.quarter == Quarter(2026, 3).index
    december = rows(version())[0]
    assert (december.period, december.quarter) == ("2025-12", Quarter(2026, 1).index)


def test_months_of_continuous_data_say_so() -> None:
    assert all(due.continuous for due in rows(version("terus_menerus")))
    assert not any(due.continuous for due in rows(version("bulanan")))
    changed = rows(version("terus_menerus"), version("bulanan", "2026-06-01"), rules=PLAIN)
    assert [due.period for due in changed if due.continuous][-1] == "2026-05"
    assert next(due.period for due in changed if not due.continuous) == "2026-06"


def test_only_what_is_due_by_then_is_listed() -> None:
    assert list(owed(version(), until="2026-02-09")) == ["2025-12"]
    assert list(owed(version(), until="2026-02-10")) == ["2025-12", "2026-01"]
    assert owed(version(), until="2025-12-31") == {}
    assert due_periods([], {}, BOOK, D("2026-12-31")) == []


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "expected"),
    [
        ("2026-09-10", "2026-09-10", ["2026-08"]),  # the last allowed day of August's data
        ("2026-09-11", "2026-10-11", []),
        ("2026-09-11", "2026-10-12", ["2026-09"]),
        ("2026-09-01", "2026-09-09", []),
        ("2026-12-31", "2026-01-01", []),  # ends before it begins
    ],
)
def test_the_validity_tests_the_last_allowed_day(
    valid_from: str, valid_until: str, expected: list[str]
) -> None:
    assert list(owed(version(valid_from=valid_from, valid_until=valid_until))) == expected


def test_validity_without_end_goes_on() -> None:
    endless = version("tahunan", valid_until=None)
    assert list(owed(endless, until="2030-12-31", rules=PLAIN)) == [
        "2025", "2026", "2027", "2028", "2029"
    ]


def test_a_long_chain_of_days_off_before_the_validity_is_seen_through() -> None:
    """What ended long before can be moved into the validity: nothing is cut off too early."""
    days_off = frozenset(naive.days(D("2025-10-01"), D("2026-01-04")))
    book = RuleBook(
        (RuleVersion(None, "Asia/Jakarta", DEFAULT_WORKDAYS, days_off, DEFAULT_GRACE_DAYS),)
    )
    found = owed(version(), rules=book)
    assert found["2025-09"] == found["2025-10"] == found["2025-11"] == "2026-01-05"
    assert "2025-08" not in found


# --- rules that change -------------------------------------------------------------------------


def test_changed_grace_holds_for_periods_that_end_on_or_after_its_date() -> None:
    def book(since: str) -> RuleBook:
        later = RuleVersion(
            D(since), "Asia/Jakarta", frozenset(range(7)), frozenset(), {"bulanan": 20}
        )
        return RuleBook((PLAIN.versions[0], later))

    assert owed(version(), rules=book("2026-08-31"))["2026-08"] == "2026-09-20"
    after = owed(version(), rules=book("2026-09-01"))
    assert after["2026-08"] == "2026-09-10"
    assert after["2026-09"] == "2026-10-20"


def test_a_changed_time_zone_moves_the_midnight_of_later_periods_only() -> None:
    later = RuleVersion(D("2026-09-01"), "Asia/Makassar", frozenset(range(7)), frozenset(),
                        DEFAULT_GRACE_DAYS)
    found = {due.period: due for due in rows(version(), rules=RuleBook((*PLAIN.versions, later)))}
    assert found["2026-08"].deadline.hour == 17
    assert found["2026-09"].deadline.hour == 16


# --- the obligation's own schedule -------------------------------------------------------------


def test_the_own_schedule_gives_its_day_as_it_is() -> None:
    found = owed(version(jadwal={"2026-08": "2026-09-27"}))  # a Sunday
    assert found["2026-08"] == "2026-09-27"
    assert found["2026-09"] == "2026-10-12"


def test_a_scheduled_day_may_be_before_the_end_of_its_period() -> None:
    assert owed(version("tahunan", jadwal={"2026": "2026-11-30"}))["2026"] == "2026-11-30"
    assert owed(version("tahunan", jadwal={"2026": "2026-11-30"}), until="2026-11-29") == {
        "2025": "2026-03-02"
    }


def test_a_scheduled_day_decides_about_validity() -> None:
    assert "2026-08" not in owed(version(jadwal={"2026-08": "2027-01-02"}))
    assert "2025-03" in owed(version(jadwal={"2025-03": "2026-02-01"}))
    assert "2025-03" not in owed(version(jadwal={"2025-03": "2025-12-31"}))


def test_what_is_no_period_of_the_rhythm_is_not_owed_but_named_as_a_fault() -> None:
    odd = version(jadwal={"2026-TW3": "2026-10-01"})
    assert "2026-TW3" not in owed(odd)
    assert schedule.faults(odd) == ["2026-TW3 is no period of bulanan"]


@pytest.mark.parametrize("frekuensi", ["sekali", "insidental", "sesuai_kebutuhan"])
def test_without_a_rhythm_only_the_schedule_is_owed_under_any_code(frekuensi: str) -> None:
    listed = {
        "2026!": "2026-06-30", "2026-08-17": "2026-08-20", "2024/2026": "2026-12-31",
        "2026-W34": "2026-09-01", "2027": "2027-01-01",
    }
    expected = {code: day for code, day in listed.items() if day < "2027"}
    assert owed(version(frekuensi, jadwal=listed)) == dict(
        sorted(expected.items(), key=lambda entry: entry[1])
    )


def test_unknown_frequency_owes_nothing_even_with_a_schedule() -> None:
    odd = version("tidak_diketahui", jadwal={"2026-08": "2026-09-10"})
    assert owed(odd) == {}
    assert len(schedule.faults(odd)) == 2


def test_two_days_for_one_period_are_refused() -> None:
    entry = ScheduledPeriod("2026-08", D("2026-09-10"))
    with pytest.raises(ScheduleError, match="2026-08"):
        ObligationVersion(None, HEALTH, "bulanan", None, D("2026-01-01"), None,
                          (entry, ScheduledPeriod("2026-08", D("2026-09-11"))))


def test_codes_that_do_not_exist_are_errors_not_silence() -> None:
    with pytest.raises(PeriodError):
        owed(version(jadwal={"2026-8": "2026-09-10"}))
    with pytest.raises(FrequencyError):
        owed(version("kadang"))
    assert "2026-TW3" in schedule.faults(version(jadwal={"2026-8": "2026-09-10"}))[0]


# --- dispensations -----------------------------------------------------------------------------


def test_an_extension_moves_the_day_unmoved_by_the_calendar() -> None:
    due = next(due for due in rows(version(), p2026_08="2026-10-04") if due.period == "2026-08")
    assert due.last_day == D("2026-10-04")  # a Sunday
    assert due.quarter == Quarter(2026, 4).index
    assert due.extended and not due.waived


def test_an_extension_goes_at_the_latest_to_the_end_of_the_validity() -> None:
    due = next(due for due in rows(version(), p2026_11="2027-02-01") if due.period == "2026-11")
    assert due.last_day == D("2026-12-31")


def test_an_extension_never_shortens() -> None:
    due = next(due for due in rows(version(), p2026_08="2026-09-01") if due.period == "2026-08")
    assert (due.last_day, due.extended) == (D("2026-09-10"), False)


def test_a_waiver_leaves_the_day_and_says_so() -> None:
    due = next(due for due in rows(version(), p2026_08=None) if due.period == "2026-08")
    assert (due.last_day, due.waived, due.extended) == (D("2026-09-10"), True, False)


def test_extension_then_waiver_goes_back_to_the_first_day() -> None:
    """The latest dispensation stands, alone."""
    first = owed(version(), p2026_08="2026-10-04")
    assert owed(version(), p2026_08=None)["2026-08"] == "2026-09-10" < first["2026-08"]


def test_a_dispensation_for_what_is_not_owed_changes_nothing() -> None:
    assert owed(version(), p2026_TW3="2026-11-01") == owed(version())
    assert owed(version("insidental"), p2026_08=None) == {}


def test_an_extension_past_the_asked_day_is_out_of_the_list() -> None:
    assert "2026-08" not in owed(version(), until="2026-09-30", p2026_08="2026-10-04")


# --- versions ----------------------------------------------------------------------------------


def test_the_office_responsible_on_the_last_day_answers() -> None:
    merged = version(since="2026-09-10", opd=SOCIAL)
    by_period = {due.period: due.opd for due in rows(version(), merged)}
    assert by_period["2026-07"] == HEALTH
    assert by_period["2026-08"] == SOCIAL  # due on the day of the change
    # An extension takes the period along to the new office.
    extended = rows(version(), merged, p2026_07="2026-09-11")
    assert {due.period: due.opd for due in extended}["2026-07"] == SOCIAL


def test_a_changed_rhythm_starts_with_its_first_whole_period() -> None:
    found = owed(version("bulanan"), version("triwulanan", "2026-02-10"), rules=PLAIN)
    assert list(found) == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-TW2", "2026-TW3"]


def test_a_rhythm_that_changes_on_the_first_day_of_a_period_starts_there() -> None:
    found = owed(version("bulanan"), version("triwulanan", "2026-04-01"), rules=PLAIN)
    assert list(found) == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-TW2", "2026-TW3"]
    found = owed(version("bulanan"), version("triwulanan", "2026-04-02"), rules=PLAIN)
    assert "2026-TW2" not in found
    assert "2026-06" in found and "2026-07" not in found


def test_a_long_period_that_had_begun_is_still_owed_beside_the_new_rhythm() -> None:
    old = version("tahunan", valid_until="2027-12-31")
    new = version("bulanan", "2026-03-05", valid_until="2027-12-31")
    found = owed(old, new, rules=PLAIN, until="2027-03-31")
    assert found["2026"] == "2027-03-01"
    months = [code for code in found if "-" in code]
    assert months[0] == "2026-04"
    assert "2027" not in found


def test_a_long_period_is_owed_even_when_the_validity_begins_after_its_rhythm_was_left() -> None:
    found = owed(version("tahunan"), version("sekali", "2025-06-01"), rules=PLAIN)
    assert found == {"2025": "2026-03-01"}


def test_weeks_to_months_leave_no_day_out() -> None:
    found = owed(version("mingguan"), version("bulanan", "2026-03-15"), rules=PLAIN)
    weeks = [code for code in found if "W" in code]
    assert weeks[-1] == "2026-W14"  # 30 March to 5 April
    assert "2026-04" in found and "2026-03" not in found


def test_a_change_that_is_overtaken_never_holds() -> None:
    found = owed(
        version("bulanan"), version("tahunan", "2026-02-10"), version("triwulanan", "2026-03-01"),
        rules=PLAIN, until="2026-12-31",
    )
    assert list(found) == [
        "2025-12", "2026-01", "2026-02", "2026-03", "2026-TW2", "2026-TW3"
    ]


def test_a_change_taken_back_before_it_began_leaves_all_as_it_was() -> None:
    back = owed(
        version("bulanan"), version("tahunan", "2026-02-10"), version("bulanan", "2026-03-05"),
        rules=PLAIN,
    )
    assert back == owed(version("bulanan"), rules=PLAIN)


def test_an_older_rhythm_keeps_its_schedule_while_it_goes_on() -> None:
    found = owed(
        version("bulanan", jadwal={"2026-08": "2026-10-05"}), version("tahunan", "2026-07-01"),
        rules=PLAIN,
    )
    assert found["2026-08"] == "2026-10-05"
    assert found["2026-11"] == "2026-12-10"


def test_a_new_schedule_moves_days_that_are_not_over() -> None:
    old = version(jadwal={"2026-08": "2026-09-20", "2026-09": "2026-10-20"})
    new = version(since="2026-10-01", jadwal={"2026-08": "2026-12-01", "2026-09": "2026-12-02"})
    found = owed(old, new)
    assert found["2026-08"] == "2026-09-20"  # over: changes only by dispensation
    assert found["2026-09"] == "2026-12-02"


def test_a_new_schedule_does_not_reach_back() -> None:
    old = version(jadwal={"2026-08": "2026-12-01"})
    for schedule_ in ({"2026-08": "2026-09-30"}, {}):  # before its own date; or back to September
        found = owed(old, version(since="2026-10-01", jadwal=schedule_))
        assert found["2026-08"] == "2026-12-01"


def test_what_fell_due_before_its_period_began_stands_when_the_rhythm_changes_after() -> None:
    old = version("bulanan", jadwal={"2026-08": "2026-03-01"})
    assert owed(old, version("sekali", "2026-03-02"))["2026-08"] == "2026-03-01"
    assert "2026-08" not in owed(old, version("sekali", "2026-03-01"))


def test_a_schedule_entry_can_be_taken_out_and_put_in() -> None:
    old = version("insidental", jadwal={"2026-S1": "2026-07-10", "2026-S2": "2026-12-10"})
    new = version("insidental", "2026-10-01", jadwal={"2026!": "2026-11-01"})
    assert owed(old, new) == {"2026-S1": "2026-07-10", "2026!": "2026-11-01"}
    late = version("insidental", "2026-10-01", jadwal={"2026-S2": "2026-12-10", "2026!":
                                                       "2026-09-30"})
    assert owed(old, late) == {"2026-S1": "2026-07-10", "2026-S2": "2026-12-10"}


def test_a_rhythm_that_ends_in_a_schedule_keeps_the_periods_that_had_begun() -> None:
    found = owed(
        version("bulanan"),
        version("insidental", "2026-05-10", jadwal={"2026-S2": "2026-12-01"}),
        rules=PLAIN,
    )
    assert list(found) == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05",
                           "2026-S2"]


def test_the_first_version_holds_from_the_beginning_whatever_its_date() -> None:
    assert owed(version(since="2026-06-01")) == owed(version())


def test_versions_out_of_order_are_refused() -> None:
    with pytest.raises(ScheduleError):
        owed(version(), version(since="2026-06-01"), version(since="2026-05-01"))
    with pytest.raises(ScheduleError):
        owed(version(), version())


def test_of_two_versions_with_one_day_the_later_stands_alone() -> None:
    overtaken = version("insidental", "2026-03-01", jadwal={"2026-S1": "2026-04-01"})
    found = owed(version(), overtaken, version("bulanan", "2026-03-01"))
    assert found == owed(version())


def test_what_a_schedule_adds_to_continuous_data_is_not_continuous() -> None:
    added = version("insidental", "2026-03-10", jadwal={"2026-S1": "2026-07-01"})
    found = {due.period: due.continuous for due in rows(version("terus_menerus"), added)}
    assert found == {"2026-01": True, "2026-02": True, "2026-03": True, "2026-S1": False}


def test_a_retirement_from_a_day_keeps_what_was_due_before() -> None:
    found = owed(version(), version(since="2026-06-01", valid_until="2026-06-01"))
    assert list(found) == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04"]


def test_start_year_that_nobody_gave_stays_with_later_versions() -> None:
    first = version("tiga_tahunan", valid_until="2029-12-31")
    moved = version("tiga_tahunan", "2027-01-01", opd=SOCIAL, valid_from="2027-01-01",
                    valid_until="2029-12-31")
    found = rows(first, moved, rules=PLAIN, until="2029-12-31")
    assert [(due.period, due.opd) for due in found] == [
        ("2023/2025", HEALTH), ("2026/2028", SOCIAL)
    ]


def test_nothing_is_owed_of_the_time_before_the_start_year() -> None:
    assert owed(version("dua_tahunan", tahun_awal=2026)) == {}
    assert list(owed(version("dua_tahunan", tahun_awal=2024))) == ["2024/2025"]
    assert list(owed(version("dua_tahunan", tahun_awal=2014))) == ["2024/2025"]


# --- what cannot be judged ---------------------------------------------------------------------


def quarters(*versions: ObligationVersion, until: str = "2027-12-31") -> list[tuple[str, UUID]]:
    found = unjudged_quarters(versions, D(until))
    return [(Quarter.from_index(entry.quarter).code, entry.opd) for entry in found]


@pytest.mark.parametrize("frekuensi", ["tidak_diketahui", "sekali", "insidental",
                                       "sesuai_kebutuhan"])
def test_unjudged_in_each_quarter_that_the_validity_touches(frekuensi: str) -> None:
    one = version(frekuensi, valid_from="2026-03-31", valid_until="2026-07-01")
    assert quarters(one) == [
        ("2026-TW1", HEALTH), ("2026-TW2", HEALTH), ("2026-TW3", HEALTH)
    ]
    assert quarters(one, until="2026-04-01") == [("2026-TW1", HEALTH), ("2026-TW2", HEALTH)]


def test_what_has_a_rhythm_or_a_schedule_is_judged() -> None:
    assert quarters(version("bulanan")) == []
    assert quarters(version("insidental", jadwal={"2026!": "2026-06-30"})) == []
    assert quarters() == []


def test_the_office_and_the_frequency_are_those_of_the_quarters_last_day() -> None:
    found = quarters(
        version("tidak_diketahui"),
        version("tidak_diketahui", "2026-06-30", opd=SOCIAL),
        version("bulanan", "2026-09-30", opd=SOCIAL),
        version("tidak_diketahui", "2026-10-01", opd=HEALTH),
    )
    assert found == [("2026-TW1", HEALTH), ("2026-TW2", SOCIAL), ("2026-TW4", HEALTH)]


@pytest.mark.parametrize("valid_until", ["2026-01-01", "2026-12-30"])
def test_validity_that_ends_before_it_begins_touches_nothing(valid_until: str) -> None:
    assert quarters(version("tidak_diketahui", valid_from="2026-12-31",
                            valid_until=valid_until)) == []


def test_faults_of_a_version_are_told_in_words() -> None:
    assert schedule.faults(version()) == []
    assert schedule.faults(version("insidental", jadwal={"2026!": "2026-06-30"})) == []
    assert "without a schedule" in schedule.faults(version("sekali"))[0]
    odd = version(valid_from="2026-12-31", valid_until="2026-01-01")
    assert schedule.faults(odd) == ["it ends before it begins"]


# --- properties, and the slow reckoning --------------------------------------------------------

_days = st.dates(dt.date(2025, 6, 1), dt.date(2027, 6, 30))
_codes = st.sampled_from([
    "2026-08", "2026-09", "2026-TW2", "2026-TW3", "2026-S1", "2026-C2", "2026", "2025", "2026!",
    "2026-W10", "2026-DM05", "2026-B2", "2024/2025", "2023/2025", "2026-05-04", "2025-12",
])
_schedules = st.dictionaries(_codes, _days, max_size=4).map(
    lambda listed: tuple(ScheduledPeriod(code, day) for code, day in listed.items())
)
# Rare, long rhythms as often as short ones: it is at the seams that things go wrong.
_frequencies = st.sampled_from([code for code in FREQUENCIES if code != "harian"])


@st.composite
def obligations(draw: st.DrawFn) -> list[ObligationVersion]:
    """One to four versions; often one rhythm in two versions, sometimes the same day twice."""
    dates = sorted(draw(st.lists(_days, max_size=3)))
    found: list[ObligationVersion] = []
    for since in [None, *dates]:
        keep = found and draw(st.booleans())
        frekuensi = found[-1].frekuensi if keep else draw(_frequencies)
        until = draw(st.none() | _days)
        found.append(
            ObligationVersion(
                since, draw(st.sampled_from([HEALTH, SOCIAL])), frekuensi,
                draw(st.none() | st.integers(2022, 2026)), draw(_days), until, draw(_schedules),
            )
        )
    return found


@st.composite
def rule_books(draw: st.DrawFn) -> RuleBook:
    found = []
    for since in [None, *sorted(draw(st.lists(_days, max_size=2)))]:
        found.append(
            RuleVersion(
                since,
                draw(st.sampled_from(["Asia/Jakarta", "Asia/Jayapura"])),
                draw(st.frozensets(st.integers(0, 6), min_size=1)),
                draw(st.frozensets(_days, max_size=20)),
                {code: draw(st.integers(0, 12)) for code in DEFAULT_GRACE_DAYS},
            )
        )
    return RuleBook(tuple(found))


_dispensations = st.dictionaries(_codes, st.none() | _days, max_size=4).map(
    lambda listed: {code: Dispensation(code, day) for code, day in listed.items()}
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(obligations(), _dispensations, rule_books(), _days)
def test_agrees_with_a_walk_through_the_days(
    versions: list[ObligationVersion],
    dispensations: dict[str, Dispensation],
    rules: RuleBook,
    until: dt.date,
) -> None:
    listed = {entry.period for v in versions for entry in v.jadwal} | set(dispensations)
    spans = {code: (parse_period(code).first, parse_period(code).last) for code in listed}
    expected = naive.due(versions, dispensations, rules, D("2025-01-01"), until, spans)
    assert [due._asdict() for due in due_periods(versions, dispensations, rules, until)] == expected
    assert unjudged_quarters(versions, until) == naive.unjudged(versions, D("2025-01-01"), until)


@settings(deadline=None)
@given(obligations(), _dispensations, rule_books(), _days, _days)
def test_a_later_until_only_adds(
    versions: list[ObligationVersion],
    dispensations: dict[str, Dispensation],
    rules: RuleBook,
    one: dt.date,
    other: dt.date,
) -> None:
    early = due_periods(versions, dispensations, rules, min(one, other))
    late = due_periods(versions, dispensations, rules, max(one, other))
    assert late[: len(early)] == early
    assert all(due.last_day > min(one, other) for due in late[len(early):])
    assert len({due.period for due in late}) == len(late)


@settings(deadline=None)
@given(obligations(), _dispensations, rule_books(), st.data())
def test_a_change_never_touches_what_was_over_before_its_date(
    versions: list[ObligationVersion],
    dispensations: dict[str, Dispensation],
    rules: RuleBook,
    data: st.DataObject,
) -> None:
    """What falls due before a version's date is the same with and without that version."""
    since = data.draw(st.dates(
        max([v.effective_from or D("2025-06-01") for v in versions]), dt.date(2027, 7, 1)
    ))
    added = data.draw(obligations())[0]
    new = ObligationVersion(since, added.opd, added.frekuensi, added.tahun_awal,
                            added.valid_from, added.valid_until, added.jadwal)
    # An extension is limited by the validity as it is now, so it may differ.
    waivers = {code: given_ for code, given_ in dispensations.items() if given_.until is None}
    before = since - dt.timedelta(days=1)
    assert due_periods(versions, waivers, rules, before) == due_periods(
        [*versions, new], waivers, rules, before
    )
