"""Quarters: every day is in exactly one, and codes, indices and neighbours agree."""
from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.journal.quarters import Quarter, QuarterError, quarter_index

days = st.dates(dt.date(1900, 1, 1), dt.date(2999, 12, 31))
quarters = st.builds(Quarter, st.integers(1901, 2998), st.integers(1, 4))


@pytest.mark.parametrize(
    ("code", "first", "last", "roman"),
    [
        ("2026-TW1", "2026-01-01", "2026-03-31", "I"),
        ("2026-TW2", "2026-04-01", "2026-06-30", "II"),
        ("2026-TW3", "2026-07-01", "2026-09-30", "III"),
        ("2026-TW4", "2026-10-01", "2026-12-31", "IV"),
        ("2024-TW1", "2024-01-01", "2024-03-31", "I"),
    ],
)
def test_the_four_quarters_of_a_year(code: str, first: str, last: str, roman: str) -> None:
    quarter = Quarter.parse(code)
    assert (quarter.first.isoformat(), quarter.last.isoformat()) == (first, last)
    assert quarter.roman == roman
    assert quarter.code == str(quarter) == code


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-TW0", "2026-TW5", "2026-tw3", "2026-TW03", "2026TW3", "26-TW3", " 2026-TW3",
     "2026-TW3\n", "2026-Q3", "1899-TW4", "3000-TW1", "२०२६-TW3", None, 20263],
)
def test_only_the_one_form_of_a_code_is_read(text: object) -> None:
    with pytest.raises(QuarterError):
        Quarter.parse(text)  # pyright: ignore[reportArgumentType]


def test_the_index_is_year_times_four_and_the_place_in_the_year() -> None:
    assert Quarter(2026, 1).index == 8104
    assert Quarter(2026, 4).index == 8107
    assert Quarter.parse("2026-TW4").next() == Quarter(2027, 1)
    assert Quarter.parse("2026-TW1").previous() == Quarter(2025, 4)


@given(days)
def test_each_day_lies_in_the_quarter_of_it_and_in_no_neighbour(day: dt.date) -> None:
    quarter = Quarter.of(day)
    assert day in quarter
    assert quarter.first <= day <= quarter.last
    assert quarter_index(day) == quarter.index
    if 1900 < day.year < 2999:
        assert day not in quarter.next() and day not in quarter.previous()


@given(quarters)
def test_quarters_follow_each_other_without_a_gap(quarter: Quarter) -> None:
    assert quarter.next().first == quarter.last + dt.timedelta(days=1)
    assert quarter.next().previous() == quarter
    assert Quarter.from_index(quarter.index) == Quarter.parse(quarter.code) == quarter
    assert quarter.next().index == quarter.index + 1


@given(quarters, quarters)
def test_order_is_the_order_of_time(one: Quarter, other: Quarter) -> None:
    assert (one < other) == (one.first < other.first) == (one.index < other.index)
