"""What a sheet of offices would change, and what is wrong with it, cell by cell."""
from __future__ import annotations

import pytest

from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.opd import imports
from ckanext.satudata.opd.imports import Known


def _rows(*cells: dict[str, object]) -> list[Row]:
    return [Row(number, row) for number, row in enumerate(cells, 2)]


def _known(name: str, current: bool = True, **stored: object) -> Known:
    return Known(name, {"title": name.title(), **stored}, current)


def _wrong(plan: imports.Plan) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.field) for problem in plan.problems]


def test_english_and_indonesian_headings_say_the_same():
    english = imports.plan(_rows({
        "code": "1", "name": "Dinas Satu", "abbreviation": "DS", "kind": "Dinas",
        "parent_code": "", "role": "Wali Data;produsen data", "urusan": "4.01", "wajib_setor": "ya",
    }), [])
    indonesian = imports.plan(_rows({
        "kode_opd": "1", "nama": "Dinas Satu", "singkatan": "DS", "jenis_opd": "dinas",
        "induk": "", "peran_satu_data": "walidata;produsen", "urusan": "4.01", "wajib_setor": "Ya",
    }), [])
    assert english.entries[0].values == indonesian.entries[0].values == {
        "kode_opd": "1", "title": "Dinas Satu", "singkatan": "DS", "jenis_opd": "dinas",
        "induk": None, "peran_satu_data": ["walidata", "produsen"], "urusan": ["4.01"],
        "wajib_setor": True,
    }


@pytest.mark.parametrize(("short", "name"), [
    ("Bag. Pem", "bag-pem"), ("DP3AP2KB", "dp3ap2kb"), ("Kec. Prajurit Kulon",
    "kec-prajurit-kulon"), ("", "dinas-satu"), ("X", "dinas-satu"), ("é", "dinas-satu"),
])
def test_the_name_is_made_of_the_abbreviation(short, name):
    plan = imports.plan(_rows({"nama": "Dinas Satu", "singkatan": short}), [])
    assert plan.created[0].name == name


def test_a_name_that_is_taken_gets_a_number():
    plan = imports.plan(
        _rows({"nama": "A", "singkatan": "PU"}, {"nama": "B", "singkatan": "pu."}), [], ["pu"]
    )
    assert [entry.name for entry in plan.created] == ["pu-2", "pu-3"]


def test_new_offices_come_after_those_they_stand_under():
    plan = imports.plan(_rows(
        {"code": "3", "nama": "Unit", "induk": "2"}, {"code": "2", "nama": "Bidang", "induk": "1"},
        {"code": "1", "nama": "Dinas", "induk": ""},
    ), [])
    assert [entry.values["kode_opd"] for entry in plan.created] == ["1", "2", "3"]
    assert plan.created[1].values["induk"] == "dinas"


def test_the_same_sheet_again_changes_nothing():
    rows = _rows({"code": "1", "nama": "Dinas", "peran": "produsen;walidata", "wajib_setor": "ya"})
    stored = _known("dinas", kode_opd="1", peran_satu_data=["walidata", "produsen"],
                    wajib_setor=True)
    plan = imports.plan(rows, [stored])
    assert (plan.created, plan.updated, len(plan.unchanged)) == ([], [], 1)


def test_only_the_columns_of_the_sheet_are_touched():
    stored = _known("dinas", kode_opd="1", singkatan="D", wajib_setor=True)
    plan = imports.plan(_rows({"code": "1", "nama": "Dinas Baru"}), [stored])
    assert plan.updated[0].changes == {"title": "Dinas Baru"}
    plan = imports.plan(_rows({"code": "1", "nama": "Dinas", "singkatan": ""}), [stored])
    assert plan.updated[0].changes == {"singkatan": None}


@pytest.mark.parametrize(("stored", "row"), [
    (_known("dinas", kode_opd="1"), {"code": "1", "nama": "Nama Baru"}),
    (_known("dinas"), {"code": "1", "nama": "DINAS"}),
    (_known("dinas", title="Lain", singkatan="Dis"), {"code": "1", "nama": "Apa", "abbreviation":
     "dis"}),
    (_known("dis", title="Lain"), {"code": "1", "nama": "Apa", "abbreviation": "Dis"}),
    (_known("dinas", kode_opd="1"), {"nama": "Dinas"}),
    (_known("dinas", kode_opd="1"), {"code": "9", "nama": "Dinas"}),
])
def test_which_stored_office_a_row_is_about(stored, row):
    plan = imports.plan(_rows(row), [stored])
    assert (plan.problems, plan.created, plan.absent) == ([], [], [])


def test_of_two_offices_with_a_code_the_one_that_exists_today_is_meant():
    old, new = _known("lama", False, kode_opd="1"), _known("baru", kode_opd="1")
    assert imports.plan(_rows({"code": "1", "nama": "X"}), [old, new]).updated[0].name == "baru"


def test_offices_that_the_sheet_lacks_are_absent_unless_they_have_ended():
    plan = imports.plan(
        _rows({"code": "1", "nama": "Satu"}),
        [_known("satu", kode_opd="1"), _known("dua"), _known("tiga", False)],
    )
    assert [one.name for one in plan.absent] == ["dua"]


def test_an_office_is_referred_to_by_code_title_or_abbreviation():
    rows = [{"code": "1", "nama": "Dinas Satu", "singkatan": "DS"}]
    rows += [{"nama": f"Unit {ref}", "induk": ref} for ref in ("1", "dinas satu", "ds")]
    plan = imports.plan(_rows(*rows), [])
    assert [entry.values.get("induk") for entry in plan.entries] == [None, "ds", "ds", "ds"]


def test_successors_are_named_like_parents():
    plan = imports.plan(_rows(
        {"code": "1", "nama": "Satu", "pengganti": "2; Tiga, Empat"}, {"code": "2", "nama": "Dua"},
        {"code": "3", "nama": "Tiga, Empat"},
    ), [])
    assert plan.entries[0].values["pengganti"] == ["dua", "tiga-empat"]


@pytest.mark.parametrize(("cells", "field"), [
    ({"code": "1"}, "title"),
    ({"nama": "A", "kind": "perusahaan"}, "jenis_opd"),
    ({"nama": "A", "role": "walidata;raja"}, "peran_satu_data"),
    ({"nama": "A", "urusan": "99.99"}, "urusan"),
    ({"nama": "A", "wajib_setor": "mungkin"}, "wajib_setor"),
    ({"nama": "A", "berlaku_dari": "kemarin"}, "berlaku_dari"),
    ({"nama": "A", "berlaku_dari": "2026-02-01", "berlaku_sampai": "2026-01-31"}, "berlaku_sampai"),
    ({"nama": "A", "induk": "77"}, "induk"),
    ({"nama": "A", "pengganti": "77"}, "pengganti"),
    ({"nama": "A", "induk": "A"}, "induk"),
])
def test_what_is_wrong_is_told_with_row_and_field(cells, field):
    plan = imports.plan(_rows({"nama": "Lain", "singkatan": "L"}, cells), [])
    assert _wrong(plan) == [(3, field)]


def test_a_code_twice_and_an_office_twice_are_wrong():
    plan = imports.plan(_rows(
        {"code": "1", "nama": "A"}, {"code": "1", "nama": "B"}, {"nama": "C"}, {"nama": "c"},
    ), [])
    assert _wrong(plan) == [(3, "kode_opd"), (5, "title")]
    assert plan.problems[0].places == {"other": 2}


def test_an_ambiguous_office_is_wrong():
    known = [_known("a", title="Bagian Umum", kode_opd="1"),
             _known("b", title="Bagian Umum", kode_opd="2")]
    assert _wrong(imports.plan(_rows({"nama": "Bagian Umum"}), known)) == [(2, "title")]
    plan = imports.plan(_rows({"nama": "Unit", "induk": "bagian umum"}), known)
    assert _wrong(plan) == [(2, "induk")]


def test_a_circle_names_its_rows_also_when_half_of_it_is_stored():
    plan = imports.plan(_rows(
        {"code": "1", "nama": "A", "induk": "2"}, {"code": "2", "nama": "B", "induk": "1"},
        {"code": "3", "nama": "C", "induk": "1"},
    ), [])
    assert _wrong(plan) == [(2, "induk"), (3, "induk")]
    stored = [_known("a", kode_opd="1"), _known("b", kode_opd="2", induk="a")]
    plan = imports.plan(_rows({"code": "1", "nama": "A", "induk": "2"}), stored)
    assert _wrong(plan) == [(2, "induk")]


def test_turning_parent_and_unit_round_is_no_circle():
    stored = [_known("a", kode_opd="1"), _known("b", kode_opd="2", induk="a")]
    plan = imports.plan(_rows(
        {"code": "1", "nama": "A", "induk": "2"}, {"code": "2", "nama": "B", "induk": ""},
    ), stored)
    assert plan.problems == []
    # From the top down, so that no step between makes a circle.
    assert [entry.name for entry in plan.updated] == ["b", "a"]
