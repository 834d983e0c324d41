"""Who stands under whom, and in whose row of the board a unit is counted."""
from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from ckanext.satudata.opd.tree import Office, Tree, circular

DAY = dt.date


def _id(number: int) -> UUID:
    return UUID(int=number)


def _office(number: int, parent: int | None = None, **facts: object) -> Office:
    facts.setdefault("wajib_setor", parent is None)
    return Office(
        _id(number), str(number), f"opd-{number}", f"Dinas {number}",
        parent=_id(parent) if parent else None, **facts,  # type: ignore[arg-type]
    )


def _tree(*offices: Office) -> Tree:
    return Tree({office.id: office for office in offices})


CITY = _tree(
    _office(1, kode_opd="2"),
    _office(2, 1),
    _office(3, 2),
    _office(4, 1, wajib_setor=True),
    _office(5, 4),
    _office(6, kode_opd="1", wajib_setor=False),
    _office(7, 6),
)


def test_ways_through_the_tree():
    assert [one.name for one in CITY.children(None)] == ["opd-6", "opd-1"]
    assert [one.name for one in CITY.children(_id(1))] == ["opd-2", "opd-4"]
    assert {one.name for one in CITY.descendants(_id(1))} == {"opd-2", "opd-3", "opd-4", "opd-5"}
    assert CITY.parent(_id(1)) is None


@pytest.mark.parametrize(("first", "last", "exists"), [
    (DAY(2026, 1, 1), DAY(2026, 3, 31), False),
    (DAY(2026, 1, 1), DAY(2026, 4, 1), True),
    (DAY(2026, 9, 30), DAY(2026, 12, 31), True),
    (DAY(2026, 10, 1), DAY(2026, 12, 31), False),
])
def test_an_office_exists_in_a_quarter_if_it_does_on_any_of_its_days(first, last, exists):
    office = _office(1, berlaku_dari=DAY(2026, 4, 1), berlaku_sampai=DAY(2026, 9, 30))
    assert office.exists_between(first, last) is exists


def test_an_office_without_dates_always_exists():
    assert _office(1).exists_on(DAY(1999, 1, 1))


@pytest.mark.parametrize(("parents", "members"), [
    ({}, set()),
    ({1: None, 2: 1, 3: 2, 4: 9}, set()),
    ({1: 1}, {1}),
    ({1: 2, 2: 1, 3: 1, 4: None}, {1, 2}),
    ({5: 1, 1: 2, 2: 3, 3: 1, 4: 4}, {1, 2, 3, 4}),
])
def test_circles_are_found_and_who_hangs_below_them_is_not_blamed(parents, members):
    assert circular(parents) == members


def test_a_circle_in_the_data_is_not_followed_forever():
    tree = _tree(_office(1, 2), _office(2, 1), _office(3, 1))
    assert {one.name for one in tree.children(None)} == {"opd-1", "opd-2"}
    assert [one.name for one in tree.descendants(_id(1))] == ["opd-3"]


def test_a_parent_that_is_not_in_the_tree_makes_no_orphan():
    assert [one.name for one in _tree(_office(2, 1)).children(None)] == ["opd-2"]
