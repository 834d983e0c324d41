"""What is proposed by likeness: which names are taken for each other, and which are not."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.deposits import likeness

NAMES = st.text(max_size=60)
WORDS = st.lists(st.sampled_from(
    ["balita", "stunting", "posyandu", "jalan", "rusak", "pasar", "umkm", "air", "bersih"]),
    min_size=1, max_size=5, unique=True)


@given(NAMES, NAMES)
def test_a_score_is_a_number_from_0_to_100_and_the_same_either_way(one, other):
    found = likeness.score(one, other)
    assert 0 <= found <= 100 and found == likeness.score(other, one)


@given(WORDS, st.randoms())
def test_order_case_and_punctuation_do_not_count(words, random):
    mixed = list(words)
    random.shuffle(mixed)
    written = "_".join(word.upper() for word in mixed)
    assert likeness.score(" ".join(words), written + ".") == 100


@given(WORDS, st.lists(WORDS, max_size=6))
def test_proposals_are_sorted_above_the_floor_and_the_same_words_come_first(words, others):
    name = " ".join(words)
    candidates = {number: " ".join(one) for number, one in enumerate(others)} | {"it": name}
    found = likeness.proposals(name, candidates, most=3)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True) and min(scores) >= likeness.FLOOR
    assert scores[0] == 100 and len(found) <= 3


@given(NAMES, st.lists(st.sampled_from(["2026-08", "2026-TW3", "2026", "2026-S1"])))
def test_no_period_is_read_into_a_name_that_the_item_does_not_owe(name, codes):
    assert likeness.period_in(name, codes) in (None, *codes)


ALIKE = [
    ("Jumlah balita stunting", "balita_stunting_2026-08", True),
    ("Jumlah balita stunting menurut kelurahan", "Balita stunting per kelurahan", True),
    ("Jumlah posyandu aktif", "Jumlah balita gizi buruk", False),
    ("Panjang jalan rusak", "Panjang jalan rusak ringan", True),
    ("Produksi padi", "Jumlah kecelakaan lalu lintas", False),
    ("", "Jumlah balita", False),
]


@pytest.mark.parametrize(("one", "other", "alike"), ALIKE)
def test_what_is_proposed(one, other, alike):
    assert bool(likeness.proposals(one, {1: other})) is alike


def test_two_that_are_nearly_the_same_are_not_sure():
    found = likeness.proposals("panjang jalan rusak", {
        1: "Panjang jalan rusak berat", 2: "Panjang jalan rusak ringan"})
    assert len(found) == 2 and not likeness.is_sure(found)
    assert likeness.is_sure(likeness.proposals("panjang jalan rusak berat.csv", {
        1: "Panjang jalan rusak berat", 2: "Jumlah jembatan"}))


PERIODS = [
    ("balita-2026-08.csv", "2026-08"), ("balita_agustus_2026.xlsx", "2026-08"),
    ("balita 2026-8.csv", "2026-08"), ("balita TW 3 2026.csv", "2026-TW3"),
    ("balita-2026-TW3.csv", "2026-TW3"), ("triwulan_iii_2026_balita.csv", "2026-TW3"),
    ("balita 2025.csv", None), ("balita.csv", None), ("balita-2026-09.csv", None),
]


@pytest.mark.parametrize(("name", "period"), PERIODS)
def test_the_period_in_a_name(name, period):
    assert likeness.period_in(name, ["2026-08", "2026-TW3"]) == period


MARKS = {"a": ("DD-01", "jumlah-balita"), "b": ("DD-011", "jumlah-balita-stunting")}


@pytest.mark.parametrize(("name", "keys"), [
    ("DD-01_agustus.csv", ["a"]), ("dd-011.csv", ["b"]), ("data/jumlah-balita.csv", ["a"]),
    ("jumlah-balita-stunting.csv", ["b"]), ("xDD-01.csv", []), ("posyandu.csv", []),
])
def test_an_item_is_known_by_its_code_or_address_as_whole_words(name, keys):
    assert likeness.named(name, MARKS) == keys
