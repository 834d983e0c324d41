"""Period codes: one form each, read and written alike; rhythms tile time; what people write."""
from __future__ import annotations

import calendar
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.deposits import periods
from ckanext.satudata.deposits.frequencies import (
    CONTINUOUS,
    FREQUENCIES,
    REGULAR,
    SCHEDULED,
    UNKNOWN,
    FrequencyError,
    frequency,
    normalise_frequency,
)
from ckanext.satudata.deposits.period_text import normalise_period
from ckanext.satudata.deposits.periods import (
    Period,
    PeriodError,
    current_period,
    label,
    parse_period,
    periods_between,
)
from tests.report import naive

D = dt.date.fromisoformat

RHYTHMS = [code for code, row in FREQUENCIES.items() if row.has_rhythm]
dates = st.dates(dt.date(1901, 1, 1), dt.date(2990, 12, 31))
rhythms = st.sampled_from(RHYTHMS)
start_years = st.integers(1950, 2050)


@st.composite
def any_period(draw: st.DrawFn) -> Period:
    """A period of any rhythm, or one of the code that only schedules use."""
    day = draw(dates)
    found = current_period(draw(rhythms), day, draw(start_years))
    return found or parse_period(f"{day.year}!")


# --- the frequency table -----------------------------------------------------------------------


def test_natures_of_the_nineteen_frequencies() -> None:
    natures = {code: row.nature for code, row in FREQUENCIES.items()}
    assert len(natures) == 19
    assert natures.pop("terus_menerus") == CONTINUOUS
    assert natures.pop("tidak_diketahui") == UNKNOWN
    for code in ("sekali", "insidental", "sesuai_kebutuhan"):
        assert natures.pop(code) == SCHEDULED
    assert set(natures.values()) == {REGULAR}


@pytest.mark.parametrize(("code", "row"), FREQUENCIES.items())
def test_example_of_the_table_is_a_period_of_its_frequency(code: str, row: object) -> None:
    entry = frequency(code)
    if not entry.period_code_example:
        return
    period = parse_period(entry.period_code_example)
    if entry.has_rhythm:
        assert periods.is_of_rhythm(period, code, period.first.year)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bulanan", "bulanan"), ("Bulanan", "bulanan"), (" TRIWULANAN ", "triwulanan"),
        ("caturwulan", "empat_bulanan"), ("semester", "semesteran"), ("Ad-hoc", "insidental"),
        ("ad hoc", "insidental"), ("insidentil", "insidental"), ("tahun", "tahunan"),
        ("Empat Tahunan", "empat_tahunan"), ("dua mingguan", "dua_mingguan"),
        ("Quarterly", "triwulanan"), ("Daily", "harian"),
    ],
)
def test_frequencies_as_sheets_write_them(text: str, code: str) -> None:
    assert normalise_frequency(text) == code


@pytest.mark.parametrize("text", ["", "kadang-kadang", "> Dua Tahunan", "bulan purnama"])
def test_a_text_that_names_no_frequency_is_an_error_with_the_list(text: str) -> None:
    with pytest.raises(FrequencyError, match="triwulanan"):
        normalise_frequency(text)
    with pytest.raises(FrequencyError, match="triwulanan"):
        frequency(text)


# --- codes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-S1", "2026-01-01", "2026-06-30"),
        ("2026-S2", "2026-07-01", "2026-12-31"),
        ("2026-C1", "2026-01-01", "2026-04-30"),
        ("2026-C2", "2026-05-01", "2026-08-31"),
        ("2026-C3", "2026-09-01", "2026-12-31"),
        ("2026-TW1", "2026-01-01", "2026-03-31"),
        ("2026-TW3", "2026-07-01", "2026-09-30"),
        ("2026-B1", "2026-01-01", "2026-02-28"),
        ("2024-B1", "2024-01-01", "2024-02-29"),
        ("2026-B4", "2026-07-01", "2026-08-31"),
        ("2026-B6", "2026-11-01", "2026-12-31"),
        ("2026-08", "2026-08-01", "2026-08-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2100-02", "2100-02-01", "2100-02-28"),
        ("2026-DM01", "2025-12-29", "2026-01-11"),
        ("2026-DM17", "2026-08-10", "2026-08-23"),
        ("2025-DM26", "2025-12-15", "2025-12-28"),
        ("2026-DM26", "2026-12-14", "2027-01-03"),  # with the 53rd week
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-W34", "2026-08-17", "2026-08-23"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2020-W53", "2020-12-28", "2021-01-03"),
        ("2026-08-17", "2026-08-17", "2026-08-17"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("2024/2026", "2024-01-01", "2026-12-31"),
        ("2017/2026", "2017-01-01", "2026-12-31"),
        ("2026!", "2026-01-01", "2026-12-31"),
    ],
)
def test_first_and_last_day_of_a_code(code: str, first: str, last: str) -> None:
    assert parse_period(code) == Period(code, D(first), D(last))


@pytest.mark.parametrize(
    "text",
    [
        "", "26", "2026-8", "2026-13", "2026-00", "2026-S0", "2026-S3", "2026-C4", "2026-TW5",
        "2026-TW0", "2026-B7", "2026-DM0", "2026-DM1", "2026-DM27", "2026-DM00", "2026-W00",
        "2025-W53", "2026-W54", "2026-W5", "2026-02-29", "2026-08-32", "2026-8-17", "2026/2024",
        "2026/2026", "2026/27", "2026!!", "2026-tw3", "2026-w34", " 2026", "2026 ", "2026\n",
        "2026-08\n", "1899", "3000", "2990/3005", "२०२६", "2026–08", "0000", "2026-TW03",
        "2026-S01", "-2026", None, 2026, [], {},
    ],
)
def test_every_other_form_is_refused_and_told_what_is_allowed(text: object) -> None:
    with pytest.raises(PeriodError, match="2026-TW3"):
        parse_period(text)  # pyright: ignore[reportArgumentType]
    assert not periods.is_period(text)  # pyright: ignore[reportArgumentType]


@given(st.text(alphabet="0126-/!WDMTSCB ", max_size=11))
def test_what_is_read_is_written_the_same(text: str) -> None:
    """No second spelling slips through: a code that parses is the code of its period."""
    try:
        period = parse_period(text)
    except PeriodError:
        return
    assert period.code == text
    assert period.first <= period.last


@given(any_period())
def test_parse_undoes_the_code(period: Period) -> None:
    assert parse_period(period.code) == period
    assert period.first in period and period.last in period
    assert period.last + dt.timedelta(days=1) not in period


@given(st.lists(any_period(), max_size=6))
def test_periods_sort_by_time(some: list[Period]) -> None:
    ordered = sorted(some)
    assert [p.first for p in ordered] == sorted(p.first for p in some)


# --- rhythms -----------------------------------------------------------------------------------


@given(rhythms, dates, start_years)
def test_the_current_period_is_the_one_of_the_slow_reckoning(
    code: str, day: dt.date, awal: int
) -> None:
    period = current_period(code, day, awal)
    assert (period.code if period else None) == naive.code_of(code, day, awal)
    if period is not None:
        assert day in period
        assert periods.is_of_rhythm(period, code, awal)


@given(rhythms, dates, st.integers(0, 900), start_years)
def test_periods_of_a_rhythm_tile_time(code: str, first: dt.date, length: int, awal: int) -> None:
    """Without gap or overlap, touching the asked days and no others."""
    last = first + dt.timedelta(days=length)
    found = list(periods_between(code, first, last, awal))
    for one, other in itertools.pairwise(found):
        assert other.first == one.last + dt.timedelta(days=1)
    begin = max(first, dt.date(awal, 1, 1)) if frequency(code).needs_start_year else first
    if begin > last:
        assert found == []
    else:
        assert begin in found[0]
        assert last in found[-1]


@given(dates, st.integers(0, 800))
def test_two_weeks_are_fourteen_days_but_for_the_53rd_week(day: dt.date, length: int) -> None:
    for period in periods_between("dua_mingguan", day, day + dt.timedelta(days=length)):
        long = period.code.endswith("DM26") and periods.weeks_in(int(period.code[:4])) == 53
        assert (period.last - period.first).days + 1 == (21 if long else 14)
        assert period.first.weekday() == 0


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("harian", 365), ("mingguan", 53), ("dua_mingguan", 27), ("bulanan", 12),
        ("terus_menerus", 12), ("dua_bulanan", 6), ("triwulanan", 4), ("empat_bulanan", 3),
        ("semesteran", 2), ("tahunan", 1), ("tiga_tahunan", 1), ("sekali", 0), ("insidental", 0),
        ("sesuai_kebutuhan", 0), ("tidak_diketahui", 0),
    ],
)
def test_periods_that_touch_the_year_2021(code: str, number: int) -> None:
    """2021 begins in week 53 of 2020, which belongs to the last two weeks of 2020."""
    found = list(periods_between(code, D("2021-01-01"), D("2021-12-31"), 2019))
    assert len(found) == number
    if code == "dua_mingguan":
        assert found[0].code == "2020-DM26"
        assert found[-1].code == "2021-DM26"


def test_periods_are_made_one_at_a_time() -> None:
    endless = periods_between("harian", D("2026-01-01"), dt.date(2999, 12, 31))
    assert [p.code for p in itertools.islice(endless, 2)] == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    ("code", "awal", "expected"),
    [
        ("dua_tahunan", 2023, ["2023/2024", "2025/2026"]),
        ("tiga_tahunan", 2024, ["2024/2026"]),
        ("lima_tahunan", 2020, ["2020/2024", "2025/2029"]),
        ("sepuluh_tahunan", 2017, ["2017/2026"]),
        ("tiga_tahunan", 2027, []),
    ],
)
def test_periods_of_several_years_count_from_the_start_year(
    code: str, awal: int, expected: list[str]
) -> None:
    found = periods_between(code, D("2023-06-01"), D("2026-12-31"), awal)
    assert [p.code for p in found] == expected


def test_several_year_rhythms_need_their_start_year_and_have_nothing_before() -> None:
    with pytest.raises(PeriodError, match="tahun_awal"):
        current_period("tiga_tahunan", D("2026-01-01"))
    with pytest.raises(PeriodError, match="tahun_awal"):
        list(periods_between("tiga_tahunan", D("2026-01-01"), D("2026-02-01")))
    assert current_period("tiga_tahunan", D("2023-12-31"), 2024) is None


@given(st.sampled_from([c for c in RHYTHMS if frequency(c).needs_start_year]), dates)
def test_by_default_a_period_of_several_years_ended_in_the_year_before(
    code: str, valid_from: dt.date
) -> None:
    awal = periods.default_tahun_awal(code, valid_from)
    ended = current_period(code, dt.date(valid_from.year - 1, 12, 31), awal)
    assert ended is not None
    assert ended.last == dt.date(valid_from.year - 1, 12, 31)
    assert periods.default_tahun_awal("tahunan", valid_from) is None


def test_a_period_is_of_a_rhythm_only_in_its_own_code_and_phase() -> None:
    assert periods.is_of_rhythm(parse_period("2026-08"), "bulanan")
    assert not periods.is_of_rhythm(parse_period("2026"), "bulanan")
    assert not periods.is_of_rhythm(parse_period("2026!"), "tahunan")
    assert not periods.is_of_rhythm(parse_period("2024/2026"), "tiga_tahunan", 2023)
    assert not periods.is_of_rhythm(parse_period("2026"), "insidental")


@given(dates)
def test_weeks_of_a_year(day: dt.date) -> None:
    expected = max(
        dt.date(day.year, 12, d).isocalendar()[1]
        for d in range(20, 32)
        if dt.date(day.year, 12, d).isocalendar()[0] == day.year
    )
    assert periods.weeks_in(day.year) == expected
    assert calendar.isleap(day.year) == (
        (parse_period(f"{day.year}").last - parse_period(f"{day.year}").first).days == 365
    )


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "indonesian", "english"),
    [
        ("2026", "Tahun 2026", "2026"),
        ("2026-S1", "Semester I 2026", "Half-year I 2026"),
        ("2026-C2", "Caturwulan II 2026", "Four months II 2026"),
        ("2026-TW3", "Triwulan III 2026", "Quarter III 2026"),
        ("2026-B4", "Juli–Agustus 2026", "July–August 2026"),
        ("2026-08", "Agustus 2026", "August 2026"),
        ("2026-W34", "Minggu 34 2026 (17–23 Agustus 2026)", "Week 34 2026 (17–23 August 2026)"),
        ("2026-W36", "Minggu 36 2026 (31 Agustus–6 September 2026)",
         "Week 36 2026 (31 August–6 September 2026)"),
        ("2026-DM26", "Minggu 51–53 2026 (14 Desember 2026–3 Januari 2027)",
         "Week 51–53 2026 (14 December 2026–3 January 2027)"),
        ("2026-08-17", "17 Agustus 2026", "17 August 2026"),
        ("2024/2026", "Tahun 2024–2026", "2024–2026"),
        ("2026!", "Sekali, 2026", "Once, 2026"),
    ],
)
def test_labels(code: str, indonesian: str, english: str) -> None:
    assert label(code) == label(code, "id") == indonesian
    assert label(code, "en") == label(code, "en_GB") == english


def test_a_label_of_no_period_is_an_error() -> None:
    with pytest.raises(PeriodError):
        label("2026-8")


@given(any_period(), st.sampled_from(["id", "en"]))
def test_every_label_is_understood_and_no_two_periods_share_one(
    period: Period, lang: str
) -> None:
    assert normalise_period(label(period.code, lang)) == period.code


@given(any_period())
def test_normalising_a_code_leaves_it_as_it_is(period: Period) -> None:
    assert normalise_period(period.code) == period.code
    assert normalise_period(f" {period.code.lower()} ") == period.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-8", "2026-08"), ("8/2026", "2026-08"), ("08-2026", "2026-08"),
        ("agustus 2026", "2026-08"), ("Agt 2026", "2026-08"), ("2026 Agustus", "2026-08"),
        ("Aug-2026", "2026-08"), ("Pebruari 2026", "2026-02"), ("NOPEMBER 2026", "2026-11"),
        ("2026-tw3", "2026-TW3"), ("TW III 2026", "2026-TW3"), ("TW3-2026", "2026-TW3"),
        ("triwulan ke-3 tahun 2026", "2026-TW3"), ("2026 Q3", "2026-TW3"),
        ("Triwulan IV/2026", "2026-TW4"), ("tw.2 2026", "2026-TW2"),
        ("semester 1 th. 2026", "2026-S1"), ("Smt II 2026", "2026-S2"),
        ("caturwulan iii 2026", "2026-C3"), ("Januari - Maret 2026", "2026-TW1"),
        ("juli-agustus 2026", "2026-B4"), ("Jan–Jun 2026", "2026-S1"),
        ("minggu ke-5 2026", "2026-W05"), ("2026-W5", "2026-W05"), ("2026-DM3", "2026-DM03"),
        ("17/8/2026", "2026-08-17"), ("17-08-2026", "2026-08-17"), ("17.8.2026", "2026-08-17"),
        ("2026-8-17", "2026-08-17"), ("17 Agustus 2026", "2026-08-17"), ("2026/08", "2026-08"),
        ("2024 - 2026", "2024/2026"), ("2024–2026", "2024/2026"), ("2024 s.d. 2026", "2024/2026"),
        ("2024 s/d 2026", "2024/2026"), ("tahun 2026", "2026"), (2026, "2026"), (2026.0, "2026"),
        ("2026 !", "2026!"), ("sekali 2026", "2026!"),
    ],
)
def test_periods_as_people_write_them(text: str | float, code: str) -> None:
    assert normalise_period(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "agustus", "2026-13", "13/2026", "31/2/2026", "triwulan 5 2026", "semester 3 2026",
     "minggu 53 2025", "Februari-Maret 2026", "Desember-Januari 2026", "minggu 34-35 2026",
     "minggu 33-36 2026", "2026-2024", "tahun ini", "26", "bulan 8 2026 2027", 20260817, 2026.5,
     True, None, float("nan"), "1e3", "8/17/2026", "Q 2026", "I 2026"],
)
def test_what_could_mean_anything_is_refused(text: object) -> None:
    with pytest.raises(PeriodError):
        normalise_period(text)  # pyright: ignore[reportArgumentType]


@given(st.text(max_size=30))
def test_normalising_gives_a_code_or_the_one_error(text: str) -> None:
    try:
        code = normalise_period(text)
    except PeriodError:
        return
    assert parse_period(code).code == code
