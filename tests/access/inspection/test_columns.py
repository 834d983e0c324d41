"""The verdict on a column: certain, doubtful or nothing; by cases of life and by properties."""
from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.satudata.access.inspection import columns, headers, structure
from ckanext.satudata.access.inspection.columns import CERTAIN, DOUBTFUL, Column, Finding

from .numbers import nik, niks, nip


def look(title: str, cells: list[Any], *, spreadsheet: bool = False) -> Finding | None:
    column = Column(
        0, title, named=not headers.is_value(title), spreadsheet=spreadsheet)
    column.look([str(cell) for cell in cells], 2)
    return column.finding()


def verdict(title: str, cells: list[Any], **more: Any) -> tuple[str, str] | None:
    found = look(title, cells, **more)
    return found and (found.kind, found.certainty)


TEN = niks(10)
DICE = random.Random(7)
NIPS = [nip(DICE) for _ in range(10)]
SERIALS = [f"35760110{kel:02d}{rt:06d}" for kel in range(1, 13) for rt in range(1, 60)]

CASES: list[tuple[str, str, list[Any], tuple[str, str] | None]] = [
    # Below a title that names it one value is enough.
    ("one NIK below its title", "NIK", ["", TEN[0], ""], ("nik", CERTAIN)),
    ("a family card", "No. KK", ["3576012304150002"], ("nkk", CERTAIN)),
    ("a NIP", "nip", NIPS[:1], ("nip", CERTAIN)),
    ("a NIP of contract staff", "NIP", ["199001012024211003"], ("nip", CERTAIN)),
    ("an NPWP, its check digit right", "npwp", ["01.300.066.6-091.000"], ("npwp", CERTAIN)),
    ("an NPWP of 16 digits", "NPWP", ["0013000666091000"], ("npwp", CERTAIN)),
    ("a NIK as NPWP", "NPWP", TEN[:1], ("npwp", CERTAIN)),
    ("what Excel shows of a NIK", "NIK", ["3,57601E+15"], ("nik", CERTAIN)),
    ("the same in English", "No KTP", ["3.57601E+15"], ("nik", CERTAIN)),
    ("Excel's zeros", "NIK", ["3576012304850000"], ("nik", CERTAIN)),
    ("a NIK where a NIP should be", "NIP", TEN[:1], ("nik", CERTAIN)),
    ("pupils", "NISN", ["0081234567", "0091234568"], ("nisn", CERTAIN)),
    ("accounts", "No. Rekening", ["1420012345678"] * 3, ("rekening", CERTAIN)),
    # A title alone asks.
    ("masked", "NIK", ["3576************", "3515************"], ("nik", DOUBTFUL)),
    ("yes and no", "Kepemilikan KTP", ["ya", "tidak"], ("nik", DOUBTFUL)),
    ("an NPWP with a wrong check digit", "npwp", ["013000667091000"], ("npwp", DOUBTFUL)),
    ("names", "Nama", ["Budi", "Ani"], ("header", DOUBTFUL)),
    ("religions", "agama", ["Islam", "Kristen"], ("header", DOUBTFUL)),
    ("an empty column", "NIK", ["", ""], None),
    ("no column of persons", "jumlah_nik", ["12", "40"], None),
    # Five different ones that make a tenth, whatever the title.
    ("NIK below any title", "keterangan", TEN, ("nik", CERTAIN)),
    ("below no title", "", TEN, ("nik", CERTAIN)),
    ("below the title of a count", "jumlah_nik", TEN, ("nik", CERTAIN)),
    ("within text", "catatan", [f"Sdr. X (NIK {one})" for one in TEN], ("nik", CERTAIN)),
    ("with dots", "id", [f"{n[:6]}.{n[6:12]}.{n[12:]}" for n in TEN], ("nik", CERTAIN)),
    ("with blanks", "id", [" ".join((n[:4], n[4:8], n[8:12], n[12:])) for n in TEN],
     ("nik", CERTAIN)),
    ("with dashes", "id", [f"{n[:6]}-{n[6:12]}-{n[12:]}" for n in TEN], ("nik", CERTAIN)),
    ("with NBSP", "id", [f"{n[:6]}\u00a0{n[6:]}" for n in TEN], ("nik", CERTAIN)),
    ("with an apostrophe", "id", [f"'{n}" for n in TEN], ("nik", CERTAIN)),
    ("two in a cell", "id", [f"{a}, {b}" for a, b in zip(TEN, niks(10, 2), strict=True)],
     ("nik", CERTAIN)),
    ("NIP below any title", "kode", NIPS, ("nip", CERTAIN)),
    ("a tenth", "id", [*TEN, *["-"] * 90], ("nik", CERTAIN)),
    # Fewer ask.
    ("less than a tenth", "id", [*TEN, *["-"] * 91], ("nik", DOUBTFUL)),
    ("four", "id", TEN[:4], ("nik", DOUBTFUL)),
    ("one that is repeated", "id", TEN[:1] * 50, ("nik", DOUBTFUL)),
    ("a written NPWP", "id", ["01.300.066.6-091.000"], ("npwp", DOUBTFUL)),
    ("a mobile phone", "kontak", ["0812-3456-7890"], ("phone", DOUBTFUL)),
    ("one abroad", "kontak", ["+62 812 3456 7890"], ("phone", DOUBTFUL)),
    ("private mail", "kontak", ["budi@contoh.com"], ("email", DOUBTFUL)),
    ("mail that only looks like an office's", "kontak", ["a@go.id.contoh.com"],
     ("email", DOUBTFUL)),
    # Nothing.
    ("an office's mail", "kontak", ["data@dinkes.mojokertokota.go.id."], None),
    ("an office's telephone", "kontak", ["0321-321456"], None),
    ("asset codes", "kode_barang", [f"0206010101{n:06d}" for n in range(50)], None),
    ("codes with dots", "kode_rekening", ["5.1.02.01.01.0024"] * 9, None),
    ("amounts", "anggaran", [f"{n}.000.000.000" for n in range(1, 60)], None),
    ("amounts with decimals", "nilai", [f"1234567890.{n:06d}" for n in range(60)], None),
    ("places on earth", "lintang", [f"-7.4726{n:011d}" for n in range(60)], None),
    ("moments", "waktu", [f"2026-08-{d:02d} 10:11:12.123456" for d in range(1, 29)], None),
    ("codes of neighbourhoods", "kode_rt", SERIALS, None),
    ("bar codes", "barcode", [f"899{n:010d}" for n in range(50)], None),
    ("region codes", "kode_kemendagri", ["35.76.01.1003"] * 5, None),
    ("a date that is none", "id", [n[:6] + "320185" + n[12:] for n in TEN], None),
    ("a province that is none", "id", ["99" + n[2:] for n in TEN], None),
    ("29 February of no leap year", "id", [n[:6] + "290285" + n[12:] for n in TEN], None),
    ("longer numbers", "id", [n + "12" + n for n in TEN], None),
    ("Excel's zeros in a text file", "id", [n[:12] + "0000" for n in TEN], None),
    ("scientific below any title", "nilai", ["3,57601E+15"] * 9, None),
]


@pytest.mark.parametrize(("title", "cells", "expected"), [
    pytest.param(*case[1:], id=case[0]) for case in CASES
])
def test_cases_of_real_life(
    title: str, cells: list[Any], expected: tuple[str, str] | None
) -> None:
    assert verdict(title, cells) == expected


def test_a_spreadsheet_that_lost_the_last_digit() -> None:
    damaged = [one[:12] + "0000" for one in TEN]
    assert verdict("id", damaged, spreadsheet=True) == ("nik", CERTAIN)


def test_random_long_numbers_raise_nothing() -> None:
    dice = random.Random(3)
    for digits in (15, 16, 17, 18):
        cells = [dice.randint(10 ** (digits - 1), 10 ** digits - 1) for _ in range(20_000)]
        assert verdict("id", cells) is None, digits


def test_rows_are_those_of_the_values_and_the_first_of_them_only() -> None:
    found = look("x", ["", TEN[0], "a\nb", TEN[1], "", *TEN])
    assert found is not None
    assert found.rows == (3, 5, *range(7, 17))
    assert found.count == 12
    many = look("NIK", niks(1000))
    assert many is not None and many.rows == tuple(range(2, 22)) and many.count == 1000


def test_blocks_are_one_column() -> None:
    column = Column(2, "x", named=True, spreadsheet=False)
    for place, one in enumerate(TEN):
        column.look([one, ""], 2 + 2 * place)
    found = column.finding()
    assert found is not None
    assert (found.certainty, found.count) == (CERTAIN, 10)
    assert found.rows == tuple(range(2, 22, 2))


def test_a_title_that_is_a_value_is_not_said() -> None:
    found = look(TEN[0], TEN)
    assert found is not None and found.column == "A" and found.key == "#a"


@settings(max_examples=150, deadline=None)
@given(st.integers(), st.sampled_from(["", " ", "-", ".", "'", "\u00a0", "’"]), st.booleans())
def test_every_nik_is_found_however_it_is_written(seed: int, between: str, woman: bool) -> None:
    number = nik(random.Random(seed), woman=woman)
    written = between.join((number[:4], number[4:8], number[8:12], number[12:]))
    assert structure.nik().fits.fullmatch(number)
    assert verdict("nik", [written]) == ("nik", CERTAIN)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=30), st.text(max_size=20))
def test_no_text_breaks_it_and_no_value_is_told(cells: list[str], title: str) -> None:
    numbers = niks(6, 5)
    found = look(title, [*cells, *numbers])
    assert found is not None
    told = repr(found)
    assert not any(number in told for number in numbers)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*TEN, "", "a", "12"]), min_size=1, max_size=60),
       st.integers(1, 20))
def test_how_the_rows_are_cut_into_blocks_changes_nothing(cells: list[str], size: int) -> None:
    column = Column(0, "x", named=True, spreadsheet=False)
    for start in range(0, len(cells), size):
        column.look(cells[start:start + size], 2 + start)
    assert column.finding() == look("x", cells)


@pytest.mark.parametrize(("place", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_letters_of_columns(place: int, letter: str) -> None:
    assert columns.letter(place) == letter
