"""The board arranged: who stands first, what "better" means, filters that lose nothing."""
from __future__ import annotations

from typing import Any

import pytest

from ckanext.satudata.report.board import (
    SORTABLE,
    arrange,
    compare,
    filtered_offices,
    office_and_units,
    sorted_offices,
)


def test_groups_hold_every_office_once(city: dict[str, Any]) -> None:
    board = arrange(city)
    grouped = [office["id"] for group in board.groups.values() for office in group]
    assert sorted(grouped) == sorted(office["id"] for office in city["organizations"])
    assert {status: len(group) for status, group in board.groups.items()} == {
        status: city["totals"][status] for status in board.groups
    }


def test_the_longest_silence_stands_first(city: dict[str, Any]) -> None:
    silent = arrange(city).groups["belum_setor"]
    runs = [office["consecutive_missed"] for office in silent]
    assert runs == sorted(runs, reverse=True) == [3, 3, 2, 1, 1]


def test_among_the_partly_deposited_the_lowest_rate_stands_first(city: dict[str, Any]) -> None:
    rates = [float(office["rate"]) for office in arrange(city).groups["sebagian"]]
    assert rates == sorted(rates)


def _row(id: str, rate: str | None, **more: Any) -> dict[str, Any]:
    return {"id": id, "rate": rate, "title": id, **more}


def test_comparison_with_the_quarter_before() -> None:
    now = [_row("up", "0.5000"), _row("down", "0.4000"), _row("same", "1.0000"),
           _row("new", "0.2000"), _row("first due", "0.0000"), _row("nothing now", None)]
    before = [_row("up", "0.4999"), _row("down", "0.4001"), _row("same", "1.0000"),
              _row("first due", None), _row("nothing now", "0.3000"), _row("gone", "0.1000")]
    assert compare(now, before) == {
        "up": "better", "down": "worse", "same": "same", "new": "new", "first due": "new",
    }


def test_the_most_improved_is_named_only_if_someone_improved(
    city: dict[str, Any], city_before: dict[str, Any]
) -> None:
    improved = arrange(city, city_before).improved
    assert improved is not None
    office, old, new = improved
    assert float(new) > float(old)
    assert office["rate"] == new
    assert arrange(city, city).improved is None


def test_nothing_is_compared_with_a_quarter_in_which_nothing_was_due(
    city: dict[str, Any], city_before: dict[str, Any]
) -> None:
    city_before["totals"]["due"] = 0
    assert not arrange(city, city_before).compared
    assert not arrange(city).compared


@pytest.mark.parametrize("column", SORTABLE)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_order_keeps_every_office(
    column: str, sign: str, city: dict[str, Any], city_before: dict[str, Any]
) -> None:
    board = arrange(city, city_before)
    rows = sorted_offices(board, sign + column)
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in city["organizations"])


def test_offices_without_a_rate_stand_last_in_both_directions(city: dict[str, Any]) -> None:
    board = arrange(city)
    for order in ("rate", "-rate"):
        rows = sorted_offices(board, order)
        assert rows[-1]["rate"] is None
        rates = [float(row["rate"]) for row in rows if row["rate"] is not None]
        assert rates == sorted(rates, reverse=order.startswith("-"))


@pytest.mark.parametrize("order", [None, "", "-", "id", "kode_opd; drop table"])
def test_an_unknown_order_is_the_order_of_urgency(
    order: str | None, city: dict[str, Any]
) -> None:
    statuses = [row["status"] for row in sorted_offices(arrange(city), order)]
    assert statuses == sorted(
        statuses, key=("belum_setor", "sebagian", "lengkap", "nihil").index
    )


def test_filters_of_offices(city: dict[str, Any]) -> None:
    offices = city["organizations"]
    assert len(filtered_offices(offices, "belum_setor", None)) == 5
    assert [o["title"] for o in filtered_offices(offices, None, " KRANGGAN ")] == [
        "Kecamatan Kranggan"
    ]
    assert filtered_offices(offices, "lengkap", "no such office") == []
    offices[0]["kode_opd"] = None
    assert filtered_offices(offices, None, "4.01") == []


def test_an_office_and_its_units(city: dict[str, Any]) -> None:
    name = city["organizations"][4]["name"]
    own, units = office_and_units({"organizations": city["organizations"][3:6]}, name)
    assert own is not None and own["name"] == name
    assert len(units) == 2
    assert office_and_units({"organizations": []}, name) == (None, [])
