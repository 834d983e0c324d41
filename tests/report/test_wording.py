"""The words of the report: one sentence right in every case, never "data of the quarter"."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ckanext.satudata.report.wording import Words, zone_name

ENGLISH, INDONESIAN = Words("en"), Words("id")


def test_sentence_counts_the_silent_offices_and_how_often(city: dict[str, Any]) -> None:
    assert ENGLISH.sentence(city) == (
        "5 of 25 offices have not deposited; 2 for the third time in a row, 1 for the second time "
        "in a row."
    )


def test_a_first_silence_needs_no_second_half(city: dict[str, Any]) -> None:
    for office in city["organizations"]:
        office["consecutive_missed"] = min(office["consecutive_missed"], 1)
    assert ENGLISH.sentence(city) == "5 of 25 offices have not deposited."


def test_only_silent_offices_count_as_silent_again(city: dict[str, Any]) -> None:
    # An office with nothing due keeps its run: it must not be named among the silent.
    nothing_due = next(o for o in city["organizations"] if o["status"] == "nihil")
    nothing_due["consecutive_missed"] = 7
    assert "7th" not in ENGLISH.sentence(city)


@pytest.mark.parametrize(("totals", "sentence"), [
    ({"opd": 0, "due": 0}, "No office is on the board of this quarter."),
    ({"opd": 3, "due": 0, "pending": 4}, "Nothing is due yet."),
    ({"opd": 3, "due": 0, "pending": 0}, "Nothing was due."),
    (
        {"opd": 3, "due": 9, "belum_setor": 0, "lengkap": 2},
        "Every office that had data due has deposited; 2 of 3 are complete.",
    ),
])
def test_sentence_without_silent_offices(totals: dict[str, int], sentence: str) -> None:
    assert ENGLISH.sentence({"totals": totals, "organizations": []}) == sentence


@pytest.mark.parametrize("count", range(2, 13))
def test_each_time_has_its_own_words(count: int) -> None:
    said = {ENGLISH.nth_time(n) for n in range(2, 13)}
    assert len(said) == 11
    assert ENGLISH.nth_time(count).startswith("for the ")
    assert ENGLISH.nth_time(count).endswith(" in a row")


@pytest.mark.parametrize(("quarter", "said"), [
    ("2026-TW1", "due in quarter I (1 Jan–31 Mar 2026)"),
    ("2026-TW2", "due in quarter II (1 Apr–30 Jun 2026)"),
    ("2026-TW3", "due in quarter III (1 Jul–30 Sep 2026)"),
    ("2026-TW4", "due in quarter IV (1 Oct–31 Dec 2026)"),
])
def test_a_quarter_says_when_data_was_due(quarter: str, said: str) -> None:
    assert ENGLISH.due_in(quarter) == said
    assert ENGLISH.title(quarter) == f"Data deposit compliance — {said}"


def test_months_and_numbers_follow_the_language() -> None:
    assert "31 Mei" in INDONESIAN.date("2026-05-31")
    assert INDONESIAN.date("2026-08-17", short=True) == "17 Agu 2026"
    assert (ENGLISH.number(1265), INDONESIAN.number(1265)) == ("1,265", "1.265")
    assert (ENGLISH.percent("0.7341"), INDONESIAN.percent("0.7341")) == ("73.41%", "73,41%")
    assert INDONESIAN.moment("2026-10-01T00:00:00+07:00") == "1 Oktober 2026 00.00 WIB"


@pytest.mark.parametrize(("rate", "said"), [
    ("0.0000", "0.00%"), ("1.0000", "100.00%"), ("0.0001", "0.01%"), ("0.6600", "66.00%"),
    (None, "–"),
])
def test_rates_lose_and_gain_no_digit(rate: str | None, said: str) -> None:
    assert ENGLISH.percent(rate) == said


@pytest.mark.parametrize(("rate", "said"), [
    ("0.0000", "0%"), ("0.0099", "0%"), ("0.7341", "73%"), ("0.9999", "99%"), ("1.0000", "100%"),
    (None, "–"),
])
def test_only_what_is_complete_is_a_hundred_percent(rate: str | None, said: str) -> None:
    assert ENGLISH.share(rate) == said


@pytest.mark.parametrize(("hours", "minutes", "name"), [
    (7, 0, "WIB"), (8, 0, "WITA"), (9, 0, "WIT"), (0, 0, "UTC+00:00"), (-3, -30, "UTC-03:30"),
    (5, 30, "UTC+05:30"),
])
def test_the_hour_names_its_zone(hours: int, minutes: int, name: str) -> None:
    zone = dt.timezone(dt.timedelta(hours=hours, minutes=minutes))
    assert zone_name(dt.datetime(2026, 10, 1, tzinfo=zone)) == name


def test_all_states_have_a_label(city: dict[str, Any]) -> None:
    for office in city["organizations"]:
        assert ENGLISH.office_state(office["status"]) != office["status"]
    for item in city["obligations"]:
        assert ENGLISH.item_state(item["status"]) != item["status"]
        for period in item["periods"]:
            assert ENGLISH.period_state(period["status"]) != period["status"]
            assert ENGLISH.period(period["period"]) != period["period"]


def test_all_columns_have_a_label() -> None:
    from ckanext.satudata.report.exports.base import OFFICE_COLUMNS

    named = [c for c in OFFICE_COLUMNS if c not in ("id", "name")]
    assert not [column for column in named if ENGLISH.figure(column) == column]


def test_everything_goes_through_the_translation(city: dict[str, Any]) -> None:
    asked: list[str] = []

    def gettext(text: str) -> str:
        asked.append(text)
        return text

    words = Words("id", gettext, lambda one, many, n: gettext(one if n == 1 else many))
    words.sentence(city)
    words.legend()
    words.mark(city)
    assert {"for the third time in a row", "Not frozen", "Arrears"} <= set(asked)
