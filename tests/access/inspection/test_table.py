"""Whether a file is a sound table, matches its dictionary, and has codes that exist."""
from __future__ import annotations

import io
from typing import Any

import pytest

from ckanext.satudata.access.inspection import content
from ckanext.satudata.access.inspection.table import MESSAGES, Known

CITY = Known(regions=frozenset({"35", "35.76", "35.76.01", "35.76.01.1003"}))
DICTIONARY = Known([
    {"nama": "Tahun", "alias": "tahun", "tipe_data": "integer"},
    {"nama": "Jumlah", "alias": "jumlah", "tipe_data": "integer"},
    {"nama": "Catatan", "tipe_data": "string"},
])


def errors(text: str, known: Known | None = None) -> list[tuple[str, Any, Any]]:
    found = content.inspect(io.BytesIO(text.encode()), known)
    [table] = found.tables
    assert {one["code"] for one in table.errors} <= set(MESSAGES)
    return [(one["code"], one["row"], one["column"]) for one in table.errors]


CASES = {
    "sound": ("tahun,jumlah\n2026,1\n2026,2\n", []),
    "a blank title": ("tahun,,jumlah\n2026,a,1\n", [("blank-label", None, "B")]),
    "a title twice": ("a,b,a\n1,2,3\n", [("duplicate-label", None, "a")]),
    "too wide": ("a,b\n1,2\n1,2,3\n", [("extra-cell", 3, "C")]),
    "too narrow": ("a,b\n1,2\n1\n", [("missing-cell", 3, "b")]),
    "a blank row between": ("a,b\n1,2\n\n3,4\n", [("blank-row", 3, None)]),
    "blank rows at the end": ("a,b\n1,2\n\n\n", []),
    "only titles": ("a,b\n", [("no-rows", None, None)]),
    "nothing at all": ("\n\n", [("no-rows", None, None)]),
    "a heading above": ("Data 2026,\n,\na,b\n1,2\n", [("title-rows", 3, None)]),
    "a word among numbers": (
        "a,b\n" + "1,2\n" * 30 + "x,2\n", [("type-error", 32, "a")]),
    "dashes among numbers": ("a,b\n" + "1,2\n" * 30 + "-,2\n", []),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_what_is_said_of_a_table(text: str, expected: list[Any]) -> None:
    assert errors(text) == expected


def test_rows_beyond_those_that_are_sampled() -> None:
    text = "a,b\n" + "1,2\n" * 5000 + "1,2,3\n" + "1\n"
    assert errors(text) == [("extra-cell", 5002, None), ("missing-cell", 5003, None)]


def test_of_many_errors_the_first_are_kept() -> None:
    assert len(errors("a,b\n" + "1\n" * 500)) == 20


def test_the_dictionary_names_columns_and_their_types() -> None:
    text = "tahun,jumlah,lain\n2026,banyak,x\n"
    assert errors(text, DICTIONARY) == [
        ("type-error", 2, "jumlah"),
        ("column-not-in-dictionary", None, "lain"),
        ("column-missing", None, "Catatan"),
    ]
    assert errors("Tahun,JUMLAH,Catatan\n2026,1,x\n", DICTIONARY) == []


@pytest.mark.parametrize(("column", "value", "code"), [
    ("kode_kemendagri", "35.76.01.1003", None),
    ("kode_kemendagri", "35.76.09", "region-code"),
    ("kode_wilayah", "3576", None),
    ("kode_wilayah", "35.15", None),
    ("Kode Wilayah", "Mentikan", "region-code"),
    ("kode_bidang_urusan", "1.02", None),
    ("kode_bidang_urusan", "9.99", "affair-code"),
    ("kode_barang", "9.99", None),
])
def test_codes(column: str, value: str, code: str | None) -> None:
    found = [one[0] for one in errors(f"{column},jumlah\n{value},1\n", CITY)]
    assert found == ([code] if code else [])


def test_an_error_tells_no_value() -> None:
    text = "a,b\n" + "1,2\n" * 30 + "rahasia-sekali,2\n"
    assert "rahasia" not in repr(content.inspect(io.BytesIO(text.encode())).tables)
