"""What sheets of history say, read without a portal."""
from __future__ import annotations

import datetime as dt
import io
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from ckanext.satudata.changes import sheets as past
from ckanext.satudata.changes.sheets import AGREEMENTS, DEPOSITS, RESULTS, Now, kind_of, read_moment
from ckanext.satudata.journal import sheets
from ckanext.satudata.opd.imports import Problem

JAKARTA = ZoneInfo("Asia/Jakarta")


def office(text: str) -> str | Problem:
    """All offices are there but one."""
    return Problem(None, "opd", "no office {name}", {"name": text}) if text == "?" else text.lower()


NOW = Now(office, JAKARTA, dt.datetime(2026, 11, 24, 9, tzinfo=JAKARTA))


def read(*rows: dict[str, Any]) -> tuple[list[Any], list[tuple[int | None, str]]]:
    problems: list[Problem] = []
    found = past.read(sheets.from_dicts(list(rows)), NOW, problems)
    return found, [(problem.row, problem.field) for problem in problems]


@pytest.mark.parametrize(("columns", "kind"), [
    ({"opd", "judul", "periode", "jenis", "tanggal"}, DEPOSITS),
    ({"office", "title", "period", "happened_at"}, DEPOSITS),
    ({"triwulan", "opd", "status"}, RESULTS),
    ({"tahun", "tanggal", "berita_acara"}, AGREEMENTS),
    ({"opd", "judul"}, None),
])
def test_the_columns_tell_what_a_sheet_holds(columns: set[str], kind: str | None) -> None:
    assert kind_of(columns) == kind


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-04-20", "2026-04-20T12:00:00+07:00"),
    ("20/4/2026", "2026-04-20T12:00:00+07:00"),
    ("2026-04-20 09:30", "2026-04-20T09:30:00+07:00"),
    ("20/04/2026 09.30", "2026-04-20T09:30:00+07:00"),
    ("2026-04-20T09:30:15", "2026-04-20T09:30:15+07:00"),
    ("2026-04-20T02:30:00Z", "2026-04-20T02:30:00+00:00"),
    ("2026-04-20T09:30:00+08:00", "2026-04-20T09:30:00+08:00"),
    ("31/4/2026", None), ("kemarin", None), ("2026-04-20 25:00", None),
])
def test_a_moment_is_in_the_citys_zone_and_a_bare_date_means_noon(
    text: str, moment: str | None
) -> None:
    found = read_moment(text, JAKARTA)
    assert (found and found.isoformat()) == moment


def test_a_deposit_is_a_file_unless_it_says_otherwise() -> None:
    base = {"opd": "Dinkes", "judul": "A", "periode": "TW III 2026", "tanggal": "2026-10-12"}
    found, wrong = read(base, {**base, "jenis": "Nihil"}, {**base, "jenis": "unchanged"})
    assert not wrong
    assert [(one.kind, one.period, one.office) for one in found] == [
        ("file", "2026-TW3", "dinkes"), ("nil", "2026-TW3", "dinkes"),
        ("unchanged", "2026-TW3", "dinkes")]


@pytest.mark.parametrize(("change", "field"), [
    ({"opd": "?"}, "office"), ({"opd": ""}, "office"), ({"judul": ""}, "title"),
    ({"periode": "entah"}, "period"), ({"jenis": "lisan"}, "kind"), ({"tanggal": "entah"}, "at"),
    ({"tanggal": "2026-11-24 09:01"}, "at"), ({"tanggal": ""}, "at"),
])
def test_a_bad_deposit_is_an_error_at_its_place(change: dict[str, str], field: str) -> None:
    base = {
        "opd": "Dinkes", "judul": "A", "periode": "2026-08", "jenis": "", "tanggal": "2026-10-12",
    }
    assert read(base, {**base, **change})[1] == [(2, field)]


@pytest.mark.parametrize(("change", "field"), [
    ({"triwulan": "2026-TW9"}, "quarter"), ({"status": "bagus"}, "status"),
    ({"wajib": "tiga"}, "due"), ({"wajib": "3", "terpenuhi": "4"}, "fulfilled"),
])
def test_a_bad_result_is_an_error_at_its_place(change: dict[str, str], field: str) -> None:
    base = {"opd": "Dinkes", "triwulan": "2025-TW3", "status": "Belum setor"}
    found, wrong = read(base, {**base, **change})
    assert wrong == [(2, field)]
    assert found[0].status == "belum_setor"


@pytest.mark.parametrize(("change", "field"), [
    ({"tahun": "26"}, "year"), ({"tanggal": "2026-12-01"}, "date"),
    ({"berita_acara": ""}, "minutes"),
])
def test_a_bad_agreement_is_an_error_at_its_place(change: dict[str, str], field: str) -> None:
    base = {"tahun": "2025", "tanggal": "13/2/2025", "berita_acara": "BA 1"}
    found, wrong = read(base, {**base, **change})
    assert wrong == [(2, field)]
    assert found[0].date == dt.date(2025, 2, 13)


def test_a_sheet_of_something_else_is_an_error() -> None:
    assert read({"nama": "x"})[1] == [(None, "file")]


def test_all_sheets_of_a_workbook_are_read_with_their_row_numbers() -> None:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Setoran"
    first.append(["opd", "judul", "periode", "tanggal"])
    first.append([])
    first.append(["dinkes", "A", "2026-08", "2026-09-03 08:15"])
    book.create_sheet("Kosong")
    book.create_sheet("Kesepakatan").append(["tahun", "tanggal", "berita_acara"])
    content = io.BytesIO()
    book.save(content)
    found = sheets.read_book(content.getvalue(), "riwayat.xlsx")
    assert {name: len(rows) for name, rows in found.items()} == {
        "Setoran": 1, "Kosong": 0, "Kesepakatan": 0}
    [row] = found["Setoran"]
    assert row.number == 3
    moment = read_moment(row.text("tanggal"), JAKARTA)
    assert moment == dt.datetime(2026, 9, 3, 8, 15, tzinfo=JAKARTA)


def test_json_may_hold_several_sheets() -> None:
    found = sheets.read_book(b'{"a": [{"x": 1}], "b": [{"y": 2}, {"y": 3}]}')
    assert {name: len(rows) for name, rows in found.items()} == {"a": 1, "b": 2}
    assert list(sheets.read_book(b'{"rows": [{"x": 1}]}')) == [""]
    assert list(sheets.read_book(b"x,y\n1,2\n")) == [""]
