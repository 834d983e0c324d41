"""The files of the report say the report's numbers, run nothing, and come out the same twice."""
from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from ckanext.satudata.journal import canonical
from ckanext.satudata.report.exports import (
    FORMATS,
    CsvExporter,
    ExportError,
    Source,
    XlsxExporter,
    export,
)
from ckanext.satudata.report.exports.as_csv import harmless
from ckanext.satudata.report.exports.base import ITEM_COLUMNS, OFFICE_COLUMNS
from ckanext.satudata.report.wording import Words

ENGLISH = Words("en")
NASTY = (
    "=HYPERLINK(\"http://example.com\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\n=1",
    " =1+1", "\u00a0=1", "\uff1d1+1",
)


def _bytes(extension: str, source: Source, words: Words = ENGLISH) -> bytes:
    return b"".join(export(extension, source, words))


def _csv(report: dict[str, Any], part: str) -> list[dict[str, str]]:
    data = b"".join(CsvExporter(Source(report), ENGLISH, part).chunks())
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _sheets(report: dict[str, Any], **more: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(_bytes("xlsx", Source(report, **more))))


# --- all formats -------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", FORMATS)
def test_the_same_report_gives_the_same_bytes(extension: str, city: dict[str, Any]) -> None:
    assert _bytes(extension, Source(city)) == _bytes(extension, Source(city))


@pytest.mark.parametrize("extension", FORMATS)
def test_an_empty_city_still_gives_a_file(extension: str, city: dict[str, Any]) -> None:
    city["organizations"], city["obligations"] = [], []
    city["totals"] = {**dict.fromkeys(city["totals"], 0), "rate": None, "on_time_rate": None}
    assert _bytes(extension, Source(city))


@pytest.mark.parametrize("extension", FORMATS)
def test_the_name_says_what_it_is(extension: str, city: dict[str, Any]) -> None:
    exporter = FORMATS[extension]
    part = "-opd" if extension == "csv" else ""
    assert exporter(Source(city), ENGLISH).filename() == (
        f"kepatuhan-2026-TW3{part}-berjalan.{extension}"
    )
    frozen = Source({**city, "frozen": True}, revision=2)
    assert exporter(frozen, ENGLISH).filename() == f"kepatuhan-2026-TW3{part}-beku-2.{extension}"


def test_an_unknown_format_is_refused(city: dict[str, Any]) -> None:
    with pytest.raises(ExportError, match="json, csv, xlsx, pdf"):
        export("docx", Source(city), ENGLISH)
    with pytest.raises(ExportError):
        CsvExporter(Source(city), ENGLISH, "everything")


# --- JSON --------------------------------------------------------------------------------------


def test_json_is_the_canonical_answer(city: dict[str, Any]) -> None:
    assert _bytes("json", Source(city)) == canonical.dumps(city)


def test_json_of_streamed_items_is_the_same(city: dict[str, Any]) -> None:
    without = {key: value for key, value in city.items() if key != "obligations"}
    assert _bytes("json", Source(without, iter(city["obligations"]))) == canonical.dumps(city)


def test_json_without_items_has_no_items(city: dict[str, Any]) -> None:
    del city["obligations"]
    assert _bytes("json", Source(city)) == canonical.dumps(city)


def test_json_is_written_in_pieces(city: dict[str, Any]) -> None:
    read = 0

    def items() -> Iterator[dict[str, Any]]:
        nonlocal read
        for _number in range(50):
            for item in city["obligations"]:
                read += 1
                yield item

    pieces = export("json", Source(city, items()), ENGLISH)
    largest = 0
    while read == 0:
        largest = max(largest, len(next(pieces)))
    # The first items are out before the last are asked for.
    assert read < 50 * len(city["obligations"]) / 10
    assert all(len(piece) < 200_000 for piece in pieces)


# --- CSV ---------------------------------------------------------------------------------------


def test_csv_of_offices_says_the_reports_numbers(city: dict[str, Any]) -> None:
    rows = _csv(city, "opd")
    assert len(rows) == len(city["organizations"])
    for row, office in zip(rows, city["organizations"], strict=True):
        assert (row["quarter"], row["as_of"]) == (city["quarter"], city["as_of"])
        for column in OFFICE_COLUMNS:
            value = office[column]
            said = "" if value is None else str(value).lower() if value in (True, False) and (
                isinstance(value, bool)) else str(value)
            assert row[column] == said
    for key in ("due", "fulfilled", "partial", "missing", "excused", "pending", "unjudged"):
        assert sum(int(row[key]) for row in rows) == city["totals"][key]


def test_csv_of_items_has_a_row_for_each_period(city: dict[str, Any]) -> None:
    rows = _csv(city, "butir")
    assert tuple(rows[0]) == ("quarter", "as_of", *ITEM_COLUMNS)
    assert len(rows) == sum(len(item["periods"]) or 1 for item in city["obligations"])
    items = {item["id"]: item for item in city["obligations"]}
    for row in rows:
        item = items[row["id"]]
        assert row["item_status"] == item["status"]
        found = [p for p in item["periods"] if p["period"] == row["period"]]
        assert [p["status"] for p in found] == ([row["status"]] if row["status"] else [])


def test_csv_opens_in_a_spreadsheet(city: dict[str, Any]) -> None:
    data = _bytes("csv", Source(city))
    assert data.startswith(b"\xef\xbb\xbfquarter,as_of,id,name,title,")
    assert data.count(b"\xef\xbb\xbf") == 1
    assert data.count(b"\r\n") == len(city["organizations"]) + 1


@pytest.mark.parametrize("title", NASTY)
def test_a_title_is_never_a_formula_in_csv(title: str, city: dict[str, Any]) -> None:
    city["organizations"][0]["title"] = title
    assert _csv(city, "opd")[0]["title"] == f"'{title}"


@pytest.mark.parametrize("value", ["Jumlah = banyak", "a-b", "0321-322404", "", " x", 7, -7, None])
def test_harmless_text_stays_as_it_is(value: Any) -> None:
    assert harmless(value) == value


def test_csv_is_written_in_pieces(city: dict[str, Any]) -> None:
    pieces = list(CsvExporter(Source(city, city["obligations"] * 20), ENGLISH, "butir").chunks())
    assert len(pieces) > 3
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in rows}) == 1


# --- XLSX --------------------------------------------------------------------------------------


def test_workbook_has_three_sheets_with_filters_and_frozen_heads(city: dict[str, Any]) -> None:
    book = _sheets(city)
    assert book.sheetnames == ["Summary", "Offices", "Items"]
    for name, rows in (
        ("Offices", len(city["organizations"])),
        ("Items", sum(len(item["periods"]) or 1 for item in city["obligations"])),
    ):
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref is not None and sheet.auto_filter.ref.endswith(str(rows + 1))
        assert sheet.max_row == rows + 1


def test_workbook_of_offices_says_the_reports_numbers(city: dict[str, Any]) -> None:
    sheet = _sheets(city)["Offices"]
    header = [cell.value for cell in sheet[1]]
    for row, office in zip(sheet.iter_rows(min_row=2), city["organizations"], strict=True):
        cells = dict(zip(header, row, strict=True))
        assert cells["Office"].value == office["title"]
        for key in ("due", "fulfilled", "partial", "missing", "pending", "arrears"):
            cell = cells[ENGLISH.figure(key)]
            assert (cell.value, cell.data_type) == (office[key], "n")
        rate = cells[ENGLISH.figure("rate")]
        if office["rate"] is None:
            assert rate.value is None
        else:
            assert rate.value == float(office["rate"])
            assert rate.number_format == "0.00%"


def test_workbook_of_items_has_real_dates_on_the_citys_clock(city: dict[str, Any]) -> None:
    sheet = _sheets(city)["Items"]
    header = [cell.value for cell in sheet[1]]
    when, last = header.index("Deposited on"), header.index("Last day")
    moments = {row[when] for row in sheet.iter_rows(min_row=2, values_only=True) if row[when]}
    assert {f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments} == {
        "2026-07-08 09:12:00", "2026-08-14 15:03:20",
    }
    days = {row[last] for row in sheet.iter_rows(min_row=2, values_only=True) if row[last]}
    assert all(isinstance(day, dt.datetime) for day in days)


def test_workbook_names_offices_of_items_by_title(city: dict[str, Any]) -> None:
    for item in city["obligations"][:3]:
        item["organization"] = "uptd-mentikan"
    sheet = _sheets(city, titles={"uptd-mentikan": "UPTD Puskesmas Mentikan"})["Items"]
    titles = {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert "UPTD Puskesmas Mentikan" in titles
    assert titles <= {o["title"] for o in city["organizations"]} | {"UPTD Puskesmas Mentikan"}


@pytest.mark.parametrize("title", NASTY)
def test_a_title_is_never_a_formula_in_a_workbook(title: str, city: dict[str, Any]) -> None:
    city["organizations"][0]["title"] = title
    city["obligations"][0]["title"] = title
    data = _bytes("xlsx", Source(city))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
                assert b"<hyperlink" not in archive.read(name)
    cell = openpyxl.load_workbook(io.BytesIO(data))["Offices"]["A2"]
    assert cell.data_type == "s"


def test_workbook_goes_on_in_another_sheet(
    city: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ckanext.satudata.report.exports.as_xlsx.SHEET_ROWS", 10)
    book = _sheets(city)
    assert book.sheetnames[:4] == ["Summary", "Offices", "Offices 2", "Offices 3"]
    offices = [
        row[0] for name in book.sheetnames if name.startswith("Offices")
        for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert offices == [office["title"] for office in city["organizations"]]


def test_workbook_shows_the_comparison_when_there_is_one(city: dict[str, Any]) -> None:
    first = city["organizations"][0]
    sheet = _sheets(city, changes={first["id"]: "better"})["Offices"]
    header = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, header.index("Against last quarter") + 1).value == "Better"
    assert "Against last quarter" not in [cell.value for cell in _sheets(city)["Offices"][1]]


def _by_office(city: dict[str, Any], **titles: str) -> openpyxl.Workbook:
    named = {office["name"]: office["title"] for office in city["organizations"]}
    return _sheets(city, sheet_of={**named, **titles})


def test_workbook_has_a_sheet_for_each_office_when_asked_for(city: dict[str, Any]) -> None:
    first = city["organizations"][0]
    for item in city["obligations"][-3:]:
        item["organization"] = "uptd-mentikan"
    book = _by_office(city, **{"uptd-mentikan": first["title"]})
    names = {office["name"] for office in city["organizations"]}
    owing = {item["organization"] for item in city["obligations"]} & names
    assert len(book.sheetnames) == 3 + len(owing)
    apart = [
        list(book[name].iter_rows(min_row=2, values_only=True)) for name in book.sheetnames[3:]]
    whole = list(book["Items"].iter_rows(min_row=2, values_only=True))
    assert sorted(map(str, whole)) == sorted(str(row) for rows in apart for row in rows)
    own = {first["name"], "uptd-mentikan"}
    assert len(apart[0]) == sum(
        len(item["periods"]) or 1 for item in city["obligations"] if item["organization"] in own)
    for name in book.sheetnames[3:]:
        assert book[name].freeze_panes == "B2" and book[name].auto_filter.ref


def test_names_of_sheets_are_ones_that_spreadsheets_take(city: dict[str, Any]) -> None:
    long = "Dinas Pekerjaan Umum dan Penataan Ruang"
    titles = [long, f"{long} Kota", long.upper(), "a/b:c?[d]*", "'kutip'", "Items", "=1+1"]
    for office, title in zip(city["organizations"], titles, strict=False):
        office["title"] = title
        city["obligations"].append({**city["obligations"][0], "organization": office["name"]})
    names = _by_office(city).sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name) <= 31 for name in names)
    assert {"a b c d", "kutip", "Items 2", "=1+1"} <= set(names)


# --- PDF ---------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def test_pdf_says_the_reports_numbers(city: dict[str, Any]) -> None:
    text = _text(_bytes("pdf", Source(city, city="Kota Mojokerto")))
    assert ENGLISH.sentence(city) in text
    assert "due in quarter III (1 Jul–30 Sep 2026)" in text
    assert "1 October 2026 00:00 WIB" in text
    assert "KOTA MOJOKERTO" in text
    for key in ("due", "fulfilled", "missing", "excused", "pending", "unjudged"):
        assert f"{ENGLISH.figure(key)} {ENGLISH.number(city['totals'][key])}" in text
    for office in city["organizations"]:
        status = ENGLISH.office_state(office["status"])
        figures = " ".join(str(office[key]) for key in ("due", "fulfilled", "missing"))
        assert f"{status} {figures} {ENGLISH.percent(office['rate'])}" in text


def test_pdf_of_a_city_fits_one_page(city: dict[str, Any]) -> None:
    pypdf = pytest.importorskip("pypdf")
    for office in city["organizations"]:
        office["consecutive_missed"] = office["consecutive_missed"] or 0
    contacts = {
        office["id"]: {
            "kepala_jabatan": f"Kepala {office['title']}", "petugas_data": "Siti Aminah",
            "kontak_telepon": "(0321) 322404",
        }
        for office in city["organizations"]
    }
    data = _bytes("pdf", Source(city, contacts=contacts))
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 1
    assert "Siti Aminah" in _text(data)


def test_pdf_names_the_silent_offices_before_all_others(city: dict[str, Any]) -> None:
    text = _text(_bytes("pdf", Source(city)))
    silent = [o["title"] for o in city["organizations"] if o["status"] == "belum_setor"]
    assert max(text.index(title) for title in silent) < text.index("All offices")


def test_pdf_of_a_frozen_quarter_carries_the_hash(city: dict[str, Any]) -> None:
    digest = "0123456789abcdef" * 4
    frozen = _text(_bytes("pdf", Source({**city, "frozen": True}, sha256=digest, revision=1)))
    assert digest in frozen
    assert "Frozen · revision 1" in frozen
    assert "Snapshot hash" not in _text(_bytes("pdf", Source(city)))


@pytest.mark.parametrize("title", [
    "#sys.inputs", "*Dinas* _X_ $x$", "#read(\"/etc/passwd\")", "\\ @x <y> `z` // weg",
    "\"]; #panic()",
])
def test_a_title_is_never_markup_in_a_pdf(title: str, city: dict[str, Any]) -> None:
    city["organizations"][0]["title"] = title
    assert title.split(maxsplit=1)[0] in _text(_bytes("pdf", Source(city, city=title)))


def test_pdf_has_no_date_of_its_own(city: dict[str, Any]) -> None:
    data = _bytes("pdf", Source(city))
    assert b"/CreationDate" not in data
    assert b"/ModDate" not in data


def test_pdf_of_300_offices(city: dict[str, Any]) -> None:
    pypdf = pytest.importorskip("pypdf")
    city["organizations"] = city["organizations"] * 12
    pages = pypdf.PdfReader(io.BytesIO(_bytes("pdf", Source(city)))).pages
    assert len(pages) > 3
    assert f"Page 2 of {len(pages)}" in pages[1].extract_text()


def test_big_workbook_is_not_held_in_memory(city: dict[str, Any]) -> None:
    """Rows are asked for one at a time, and written as they come."""
    exporter = XlsxExporter(Source(city, (item for item in city["obligations"])), ENGLISH)
    assert sum(len(chunk) for chunk in exporter.chunks()) > 10_000


def test_json_of_a_report_reads_back(city: dict[str, Any]) -> None:
    assert json.loads(_bytes("json", Source(city))) == city
