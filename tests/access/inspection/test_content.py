"""Files of every kind that comes in, taken apart: what is in them, where, and what could not be
read. The rows are those that a spreadsheet shows."""
from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.satudata.access.inspection import content, reading
from ckanext.satudata.access.inspection.content import CERTAIN, DOUBTFUL, UNREADABLE

from .numbers import niks

TEN = niks(10)
TABLE = "tahun,nik,jumlah\n" + "".join(f"2026,{one},{n}\n" for n, one in enumerate(TEN))


def inspect(body: bytes) -> content.Inspection:
    return content.inspect(io.BytesIO(body))


def told(body: bytes) -> list[tuple[str, str, str, tuple[int, ...], str]]:
    return [
        (one.kind, one.certainty, one.column, one.rows, one.sheet)
        for one in inspect(body).findings
    ]


def book(sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return target.getvalue()


WAYS = {
    "comma": TABLE.encode(),
    "semicolon": TABLE.replace(",", ";").encode(),
    "tab": TABLE.replace(",", "\t").encode(),
    "mark": b"\xef\xbb\xbf" + TABLE.encode(),
    "UTF-16": TABLE.encode("utf-16"),
    "UTF-16 without mark": TABLE.encode("utf-16-le"),
    "Windows": TABLE.replace("jumlah", "réalisasi").encode("cp1252"),
    "line ends of Windows": TABLE.replace("\n", "\r\n").encode(),
    "Excel's own line": b"sep=;\n" + TABLE.replace(",", ";").encode(),
    "quoted": TABLE.replace("2026,", '"20,26",').encode(),
    "workbook": book({"data": [["tahun", "nik", "jumlah"], *([2026, int(n), 1] for n in TEN)]}),
    "workbook with text": book({"data": [["tahun", "nik"], *([2026, n] for n in TEN)]}),
}


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS)
def test_a_table_however_it_is_written(body: bytes) -> None:
    assert told(body) == [("nik", CERTAIN, "nik", tuple(range(2, 12)), "")]


def test_blank_lines_and_breaks_within_cells_count_as_a_spreadsheet_counts_them() -> None:
    body = f'catatan,nik\n"satu\ndua",{TEN[0]}\n\nx,{TEN[1]}\n'
    assert told(body.encode()) == [("nik", CERTAIN, "nik", (2, 4), "")]


def test_titles_below_a_heading() -> None:
    rows = [["DATA PENDUDUK"], [], ["No", "NIK", "Kelurahan"], [1, TEN[0], "Mentikan"]]
    assert told(book({"a": rows})) == [("nik", CERTAIN, "NIK", (4,), "")]


def test_all_sheets_hidden_ones_too() -> None:
    rows = [["NIK"], [TEN[0]]]
    body = book({"rekap": [["a"], [1]], "lampiran": rows}, hidden="lampiran")
    assert told(body) == [("nik", CERTAIN, "NIK", (2,), "lampiran")]


def test_a_file_without_titles_is_known_by_letters_and_its_first_row_counts() -> None:
    body = "".join(f"{one},x\n" for one in TEN[:5]).encode()
    assert told(body) == [("nik", CERTAIN, "A", (1, 2, 3, 4, 5), "")]
    assert TEN[0] not in repr(inspect(body))


def test_records_of_json_are_numbered_from_one() -> None:
    rows = [{"nama_kelurahan": "a", "kepala": {"nik": one}} for one in TEN[:3]]
    found = [("nik", CERTAIN, "kepala.nik", (1, 2, 3), "")]
    assert told(json.dumps(rows).encode()) == found
    assert told(json.dumps({"data": rows, "versi": 1}).encode()) == found
    beside = json.dumps({"data": [{"a": 1}], "petugas": {"nik": TEN[0]}}).encode()
    assert told(beside) == [("nik", CERTAIN, "petugas.nik", (2,), "")]
    lines = "\n".join(json.dumps({"x": one}) for one in TEN)
    assert [one[:2] for one in told(lines.encode())] == [("nik", CERTAIN)]


def test_properties_of_geojson() -> None:
    features = [
        {"type": "Feature", "properties": {"no_kk": "3576012304150002"},
         "geometry": {"type": "Point", "coordinates": [112.4, -7.4]}}
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    assert told(body) == [("nkk", CERTAIN, "no_kk", (1,), "")]


def test_an_archive_with_tables_in_folders_workbooks_and_archives() -> None:
    inner = packed({"dalam.csv": TABLE.encode()})
    body = packed({
        "a/satu.csv": TABLE.encode(), "dua.xlsx": WAYS["workbook"], "tiga.zip": inner,
        "peta.shp": b"\0\0", "peta.dbf": b"\3\0\0\0",
    })
    found = {(one[0], one[4]) for one in told(body)}
    assert found == {
        ("nik", "a/satu.csv"), ("nik", "dua.xlsx"), ("nik", "tiga.zip/dalam.csv"),
        (UNREADABLE, "peta.dbf"),
    }


def test_a_page_of_html_is_looked_at_as_text() -> None:
    body = ("<html>" + "".join(f"<p>{one}</p>\n" for one in TEN) + "</html>").encode()
    assert [one[:2] for one in told(body)] == [("nik", CERTAIN)]


def _encrypted() -> bytes:
    body = bytearray(packed({"a.csv": b"a\n1\n"}))
    # The flag of encryption in both headers.
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def _nested(depth: int) -> bytes:
    body = packed({"a.csv": b"a\n1\n"})
    for _ in range(depth):
        body = packed({"a.zip": body})
    return body


UNREAD = {
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "the beginning of a picture": b"\x89PNG\r\n\x1a\na\nb\n",
    "a program": b"\x7fELF a,b\n1,2\n",
    "control characters": b"a\x01\x02\x03,b\n" * 9,
    "a scanned paper": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "a workbook of old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
    "an encrypted workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + "EncryptedPackage".encode("utf-16-le"),
    "an encrypted archive": _encrypted(),
    "a broken archive": packed({"a.csv": TABLE.encode()})[:-40],
    "a broken workbook": packed({"xl/workbook.xml": b"<x", "[Content_Types].xml": b""}),
    "archives within archives": _nested(6),
    "a quotation mark never closed": b'a,b\n"' + b"x" * (reading.MAX_CELL + 10),
}


@pytest.mark.parametrize("body", UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_said(body: bytes) -> None:
    found = inspect(body)
    assert not found.was_read
    assert {one.certainty for one in found.findings if one.kind == UNREADABLE} == {DOUBTFUL}


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED", 1 << 20)
    body = packed({"a.csv": b"0" * (2 << 20)})
    assert len(body) < 10_000
    assert [one[:2] for one in told(body)] == [(UNREADABLE, DOUBTFUL)]


def test_a_name_within_an_archive_that_is_a_value_is_not_said() -> None:
    found = repr(inspect(packed({f"{TEN[0]}.pdf": b"%PDF-1", f"{TEN[1]}.csv": TABLE.encode()})))
    assert TEN[0] not in found and TEN[1] not in found


def test_no_more_time_than_is_allowed() -> None:
    with pytest.raises(content.TooSlow):
        content.inspect(io.BytesIO(TABLE.encode()), deadline=time.monotonic() - 1)


@pytest.mark.parametrize(("body", "has"), [
    (b"", False), (b"\n\n , \n", False), (b"a,b\n", False), (b"a,b\n,,\n", False),
    (b"a,b\n1,2\n", True), (b"[]", False), (b'[{"a": 1}]', True), (b"%PDF-1\0", True),
    (book({"x": []}), False), (book({"x": [["a", "b"]]}), False),
    (book({"x": [["a"]], "y": [["a"], [1]]}), True), (b"<kml/>", True),
])
def test_what_has_something_below_its_titles(body: bytes, has: bool) -> None:
    assert content.has_rows(io.BytesIO(body)) is has


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"{", b"[", b"a;b\n", b"<"]))
def test_no_bytes_break_it(body: bytes, start: bytes) -> None:
    inspect(start + body)
    content.has_rows(io.BytesIO(start + body))


def test_memory_does_not_grow_with_the_file() -> None:
    """Blocks pass by: of a file of many blocks no more than a few are held."""
    import tracemalloc

    line = b"2026,35.76.01.1003,Mentikan,12,orang,0206010101000001\n"
    body = io.BytesIO(b"tahun,kode,nama_kelurahan,jumlah,satuan,aset\n" + line * 100_000)
    content.inspect(io.BytesIO(line * 10))
    tracemalloc.start()
    found = content.inspect(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(table.rows for table in found.tables) == 100_000 and not found.findings
    assert peak < 60 << 20
