"""Which item several files are for: what is sure, what a person has to say."""
from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.deposits.matching import (
    AMBIGUOUS,
    MATCHED,
    UNMATCHED,
    Candidate,
    File,
    Item,
    matches,
)

STUNTING, GIZI, POSYANDU = (uuid.UUID(int=n) for n in (1, 2, 3))
ITEMS = [
    Item(STUNTING, "Jumlah balita stunting", "dinkes", (str(STUNTING), "DD-1", "balita-stunting"),
         ("2026-07", "2026-08"), "2026-07"),
    Item(GIZI, "Jumlah balita gizi buruk", "dinkes", (str(GIZI), "DD-2"), ("2026-08",), "2026-08"),
    Item(POSYANDU, "Jumlah posyandu aktif", "dinkes", (str(POSYANDU),), (), None,
         (("hash", "2026-06"),)),
]


def one(name: str, sha256: str = "x") -> tuple[str, Candidate | None]:
    [found] = matches([File(name, sha256)], ITEMS)
    return found.status, found.candidates[0] if found.candidates else None


NAMES = {
    "balita_stunting.csv": (MATCHED, STUNTING, "2026-07"),
    "Balita stunting Agustus 2026.xlsx": (MATCHED, STUNTING, "2026-08"),
    "balita stunting 2025-01.csv": (MATCHED, STUNTING, "2026-07"),
    "DD-2.csv": (MATCHED, GIZI, "2026-08"),
    f"{GIZI}.csv": (MATCHED, GIZI, "2026-08"),
    "2026-08/balita-stunting.csv": (MATCHED, STUNTING, "2026-07"),
    "balita.csv": (AMBIGUOUS, None, None),
    "DD-1 DD-2.csv": (AMBIGUOUS, None, None),
    # Nothing is open for it: whether this corrects something is for a person to say.
    "posyandu aktif.csv": (AMBIGUOUS, POSYANDU, None),
    "laporan keuangan.csv": (UNMATCHED, None, None),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_for_the_item_that_its_name_tells(name):
    status, item, period = NAMES[name]
    found, first = one(name)
    assert found == status
    if item is not None:
        assert first is not None and (first.item, first.period) == (item, period)


def test_a_file_that_came_before_is_for_the_same_period_again():
    status, first = one("posyandu aktif.csv", "hash")
    assert status == MATCHED and first is not None and first.period == "2026-06"


def test_two_files_for_one_period_are_for_a_person_to_say():
    found = matches([File("balita stunting.csv", "a"), File("balita stunting 2026-07.csv", "b"),
                     File("balita stunting 2026-08.csv", "c")], ITEMS)
    assert [match.status for match in found] == [AMBIGUOUS, AMBIGUOUS, MATCHED]


@given(st.lists(st.text(max_size=30), max_size=5))
def test_whatever_the_names_are_each_file_has_one_answer_of_items_that_there_are(names):
    found = matches([File(name, "x") for name in names], ITEMS)
    assert [match.file.name for match in found] == names
    for match in found:
        assert {way.item for way in match.candidates} <= {item.id for item in ITEMS}
        assert bool(match.candidates) is (match.status != UNMATCHED)
    targets = [
        (match.candidates[0].item, match.candidates[0].period) for match in found
        if match.status == MATCHED]
    assert len(targets) == len(set(targets)) and all(period for _, period in targets)
