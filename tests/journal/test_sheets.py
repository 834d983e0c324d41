"""Sheets as offices really send them: the row numbers in errors must be those people see."""
from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import openpyxl
import pytest

from ckanext.satudata.journal import sheets
from ckanext.satudata.journal.sheets import Row, SheetError


def _xlsx(rows: list[list[object]], first_row: int = 1, empty_sheet_before: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    if empty_sheet_before:
        sheet = book.create_sheet("Data")
    for down, row in enumerate(rows):
        for right, value in enumerate(row):
            sheet.cell(first_row + down, right + 1, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("content", [
    b"Kode OPD,Nama\n1,Satu\n\n2,Dua\n",
    b"\xef\xbb\xbfKode OPD;Nama\r\n1;Satu\r\n;\r\n2;Dua\r\n",
    b"kode-opd\tnama\n1\tSatu\n\n2\tDua",
    b"sep=;\nkode_opd;nama\n1;Satu\n;\n2;Dua\n",
    "Kode OPD,Nama\n1,Satu\n\n2,Dua\n".encode("utf-16"),
])
def test_csv_in_the_forms_that_spreadsheets_write(content):
    assert sheets.read(content) == [
        Row(2, {"kode_opd": "1", "nama": "Satu"}), Row(4, {"kode_opd": "2", "nama": "Dua"}),
    ]


def test_a_comma_inside_quotes_does_not_make_it_the_delimiter():
    rows = sheets.read(b'"nama, lengkap dan, resmi";kode\n"Dinas A, B";1\n')
    assert rows == [Row(2, {"nama,_lengkap_dan,_resmi": "Dinas A, B", "kode": "1"})]


def test_a_cell_with_a_line_break_is_one_row_of_the_spreadsheet():
    rows = sheets.read(b'kode,nama\n1,"Dinas\nSatu"\n2,Dua\n')
    assert [row.number for row in rows] == [2, 3]


def test_old_windows_text_is_read():
    assert sheets.read("nama\nKafé\n".encode("cp1252"))[0].cells == {"nama": "Kafé"}


def test_xlsx_counts_headers_and_blank_rows_from_the_top_of_the_sheet():
    content = _xlsx([["Kode", "Nama"], ["1", "Satu"], [], ["2", "Dua"]], first_row=3)
    assert [row.number for row in sheets.read(content)] == [4, 6]


def test_xlsx_takes_the_first_sheet_with_anything_in_it():
    content = _xlsx([["Kode"], ["1"]], empty_sheet_before=True)
    assert sheets.read(content) == [Row(2, {"kode": "1"})]


def test_xlsx_cells_become_the_text_that_people_see():
    # A spreadsheet's times have no zone.
    row = [4.01, 7, 3.0, True, dt.datetime(2026, 8, 17), None, " x "]  # noqa: DTZ001
    content = _xlsx([list("abcdefg"), row])
    assert list(sheets.read(content)[0].cells.values()) == [
        "4.01", "7", "3", "true", "2026-08-17", "", "x",
    ]


def test_json_takes_a_list_of_objects():
    content = json.dumps({"rows": [{"Kode OPD": "1"}, {}, {"kode_opd": ["a"]}]}).encode()
    assert sheets.read(content) == [Row(1, {"kode_opd": "1"}), Row(3, {"kode_opd": ["a"]})]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"kode,nama\n", b"kode,nama\n,,\n"])
def test_a_file_without_rows_is_no_error(content):
    assert sheets.read(content) == []


@pytest.mark.parametrize(("content", "row"), [
    (b"PK\x03\x04 not a zip", None),
    (b"\xd0\xcf\x11\xe0 old excel", None),
    (b"[1, 2]", 1),
    (b'[{"a": 1', None),
    (b"\x00\x01\x02\x00", None),
    (b"kode,kode\n1,2\n", 1),
    (b"kode,nama\n1,Satu\n2,Dua,Tiga\n", 3),
])
def test_what_cannot_be_read_is_said_with_its_row(content, row):
    with pytest.raises(SheetError) as caught:
        sheets.read(content)
    assert caught.value.row == row


def test_a_packed_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_BYTES", 10_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000)
    with pytest.raises(SheetError, match="too large"):
        sheets.read(out.getvalue())


def test_other_headings_for_the_same_column_are_understood():
    rows = [Row(2, {"nama": "A", "kind": "dinas", "catatan": "x"})]
    assert sheets.renamed(rows, {"nama": "title", "kind": "jenis_opd"}) == [
        Row(2, {"title": "A", "jenis_opd": "dinas"})
    ]


def test_two_headings_that_disagree_are_an_error_and_an_empty_one_is_not():
    aliases = {"nama": "title", "name": "title"}
    assert sheets.renamed([Row(2, {"nama": "", "name": "A"})], aliases)[0].text("title") == "A"
    with pytest.raises(SheetError) as caught:
        sheets.renamed([Row(5, {"nama": "B", "name": "A"})], aliases)
    assert caught.value.row == 5
