"""The daftar data of a year, from sheets: what is read, what is matched, what is written."""
from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from ckanext.satudata.deposits import imports
from ckanext.satudata.deposits.imports import DEFAULTS, Known, Plan, Surroundings
from ckanext.satudata.journal import sheets
from ckanext.satudata.opd.imports import Known as KnownOffice
from ckanext.satudata.opd.imports import References

TODAY = dt.date(2026, 11, 24)
OFFICES = [
    KnownOffice("dinkes", {"kode_opd": "1.02", "title": "Dinas Kesehatan", "singkatan": "Dinkes"}),
    KnownOffice(
        "dishub", {"kode_opd": "2.15", "title": "Dinas Perhubungan", "singkatan": "Dishub"}),
    KnownOffice("dua-a", {"title": "Dinas Dua", "singkatan": "DA"}),
    KnownOffice("dua-b", {"title": "Dinas Dua", "singkatan": "DB"}),
]
DATASETS = {"stunting": "id-stunting", "id-stunting": "id-stunting", "parkir": "id-parkir"}


def plan(rows: list[dict[str, Any]], known: list[Known] | None = None, year: int = 2026) -> Plan:
    around = Surroundings(
        year, TODAY, References(OFFICES).find, DATASETS.get, "https://data.kota.example"
    )
    return imports.plan(sheets.from_dicts(rows), known or [], around)


def stored(year: int | None = 2026, **values: Any) -> Known:
    return Known(uuid.uuid4(), year, {
        **DEFAULTS, "title": "Jumlah balita", "office": "dinkes", "frekuensi": "bulanan",
        "valid_from": dt.date(2026, 1, 1), "valid_until": dt.date(2026, 12, 31), **values,
    })


def wrong(result: Plan) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.field) for problem in result.problems]


# --- what a row says ----------------------------------------------------------------------------


def test_the_official_columns_and_the_simple_ones_say_the_same() -> None:
    official = plan([{
        "ID DDD": "DDD-1", "ID Data Prioritas": "12", "Nama data": "Jumlah balita",
        "Produsen data": "Dinas Kesehatan", "Jadwal pemutakhiran": "Bulanan",
        "Klasifikasi data sesuai risiko": "Terbuka", "Definisi": "tidak disimpan",
    }])
    simple = plan([{
        "code": "DDD-1", "prioritas": "ya", "judul": "Jumlah balita", "opd": "dinkes",
        "frekuensi": "bulanan", "klasifikasi_akses": "terbuka",
    }])
    assert not official.problems and not simple.problems
    assert official.created[0].wanted(2026) == simple.created[0].wanted(2026)


def test_what_is_left_out_has_safe_defaults() -> None:
    """Closed, not judged, and owed for what falls due in the register's year."""
    [entry] = plan([{"judul": "Jumlah balita", "opd": "1.02"}]).created
    wanted = entry.wanted(2026)
    assert wanted["klasifikasi_akses"] == "tertutup"
    assert wanted["frekuensi"] == "tidak_diketahui"
    assert (wanted["valid_from"], wanted["valid_until"]) == (
        dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert wanted["prioritas"] is False


@pytest.mark.parametrize("text", ["1.02", "Dinas Kesehatan", "dinas kesehatan", "DINKES", "dinkes"])
def test_an_office_is_named_by_code_title_abbreviation_or_name(text: str) -> None:
    [entry] = plan([{"judul": "Jumlah balita", "opd": text}]).created
    assert entry.said["office"] == "dinkes"


@pytest.mark.parametrize(("cells", "field"), [
    ({"judul": "", "opd": "dinkes", "frekuensi": "bulanan"}, "title"),
    ({"judul": "A", "opd": ""}, "office"),
    ({"judul": "A", "opd": "Dinas Tidak Ada"}, "office"),
    ({"judul": "A", "opd": "Dinas Dua"}, "office"),
    ({"judul": "A", "opd": "dinkes", "frekuensi": "kadang-kadang"}, "frekuensi"),
    ({"judul": "A", "opd": "dinkes", "klasifikasi_akses": "rahasia sekali"}, "klasifikasi_akses"),
    ({"judul": "A", "opd": "dinkes", "valid_from": "besok"}, "valid_from"),
    ({"judul": "A", "opd": "dinkes", "prioritas": "mungkin"}, "prioritas"),
    ({"judul": "A", "opd": "dinkes", "valid_from": "2026-05-01", "valid_until": "2026-04-01"},
     "valid_until"),
    ({"judul": "A", "opd": "dinkes", "frekuensi": "triwulanan", "jadwal": "2026-13=2026-01-01"},
     "jadwal"),
    ({"judul": "A", "opd": "dinkes", "frekuensi": "triwulanan", "jadwal": "2026-08=2026-09-01"},
     "jadwal"),
    ({"judul": "A", "opd": "dinkes", "dataset": "tidak-ada"}, "dataset"),
])
def test_what_is_bad_is_an_error_at_its_place(cells: dict[str, str], field: str) -> None:
    assert wrong(plan([{"judul": "Baik", "opd": "dinkes"}, cells])) == [(2, field)]


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    content = b"judul;opd\nBaik;dinkes\n\n;dinkes\n"
    around = Surroundings(2026, TODAY, References(OFFICES).find)
    result = imports.plan(sheets.read(content), [], around)
    assert wrong(result) == [(4, "title")]


def test_of_several_columns_for_the_office_the_code_is_read() -> None:
    result = plan([{"judul": "A", "kode_opd": "1.02", "opd": "nama lama dinas"}])
    assert result.created[0].said["office"] == "dinkes"


@pytest.mark.parametrize(("text", "frekuensi", "expected"), [
    ("2026-TW1=2026-04-20; TW II 2026=20/07/2026", "triwulanan",
     (("2026-TW1", dt.date(2026, 4, 20)), ("2026-TW2", dt.date(2026, 7, 20)))),
    ("2026-09-30", "sekali", (("2026!", dt.date(2026, 9, 30)),)),
    ("2026-09-30;2026-03-31", "insidental",
     (("2026-03-31", dt.date(2026, 3, 31)), ("2026-09-30", dt.date(2026, 9, 30)))),
    ([{"period": "2026-08", "date": "2026-09-10"}], "bulanan",
     (("2026-08", dt.date(2026, 9, 10)),)),
])
def test_a_schedule_names_periods_and_days(text: Any, frekuensi: str, expected: Any) -> None:
    assert imports.schedule(text, frekuensi) == expected


@pytest.mark.parametrize(
    "text", ["2026-09-30", "2026-08=nanti", "2026-08=2026-09-01;2026-8=2026-09-02"])
def test_a_schedule_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        imports.schedule(text, "bulanan")


# --- which item is meant ------------------------------------------------------------------------


def test_an_item_is_known_again_by_its_code_else_by_office_and_title() -> None:
    coded = stored(code="DDD-7", title="Nama lama")
    plain = stored(title="Jumlah  BALITA")
    result = plan(
        [{"judul": "Nama baru", "opd": "dinkes", "id_ddd": "DDD-7"},
         {"judul": "jumlah balita", "opd": "dinkes"}],
        [coded, plain],
    )
    assert [entry.known for entry in result.entries] == [coded, plain]
    assert result.entries[0].changes(2026) == {"title": "Nama baru"}


def test_a_first_code_and_a_new_code_keep_the_item() -> None:
    without, coded = stored(title="A"), stored(title="B", code="LAMA")
    result = plan(
        [{"judul": "A", "opd": "dinkes", "id_ddd": "1"},
         {"judul": "B", "opd": "dinkes", "id_ddd": "2"}],
        [without, coded],
    )
    assert [entry.known for entry in result.entries] == [without, coded]


def test_the_register_of_another_year_is_another_list() -> None:
    """Each year the Forum agrees on a list of its own; what goes on is told by its title."""
    last = stored(2025, dataset="id-stunting", frekuensi="dua_tahunan", tahun_awal=2023)
    row = {"judul": "Jumlah balita", "opd": "dinkes", "frekuensi": "dua tahunan"}
    [entry] = plan([row], [last]).created
    assert entry.wanted(2026)["dataset"] == "id-stunting"
    assert entry.wanted(2026)["tahun_awal"] == 2023
    assert plan([], [last]).absent == []


def test_a_derived_item_goes_into_the_register() -> None:
    derived = stored(None, valid_from=dt.date(2026, 5, 1), valid_until=None, dataset="id-stunting")
    row = {"judul": "Judul resmi", "opd": "dinkes", "dataset": "stunting"}
    [entry] = plan([row], [derived]).updated
    assert entry.known is derived
    assert entry.changes(2026) == {
        "title": "Judul resmi", "valid_until": dt.date(2026, 12, 31), "year": 2026}


def test_two_rows_about_one_item_are_an_error() -> None:
    twice = [{"judul": "Jumlah balita", "opd": "dinkes"}, {"judul": "jumlah balita", "opd": "1.02"}]
    assert wrong(plan(twice)) == [(2, "title")]
    coded = [{**row, "id_ddd": str(number)} for number, row in enumerate(twice)]
    assert wrong(plan(coded)) == []


def test_a_row_that_may_mean_two_items_is_an_error() -> None:
    known = [stored(code="1"), stored(code="2")]
    assert wrong(plan([{"judul": "Jumlah balita", "opd": "dinkes"}], known)) == [(1, "title")]


def test_a_dataset_has_one_item_in_a_year() -> None:
    rows = [{"judul": "A", "opd": "dinkes", "dataset": "stunting"},
            {"judul": "B", "opd": "dinkes", "dataset": "id-stunting"}]
    assert wrong(plan(rows)) == [(2, "dataset")]
    taken = stored(title="Lain", dataset="id-stunting")
    assert wrong(plan(rows[:1], [taken])) == [(1, "dataset")]


def test_the_portal_link_names_the_dataset_and_other_addresses_say_nothing() -> None:
    ours, theirs = plan([
        {"nama_data": "A", "opd": "dinkes",
         "link_portal_daerah": "https://data.kota.example/dataset/stunting/resource/1?x=2"},
        {"nama_data": "B", "opd": "dinkes",
         "link_portal_daerah": "https://lain.example/dataset/parkir"},
    ]).created
    assert ours.said["dataset"] == "id-stunting"
    assert theirs.wanted(2026)["dataset"] is None


# --- what would change --------------------------------------------------------------------------


def test_only_the_columns_of_the_sheet_are_touched() -> None:
    item = stored(klasifikasi_akses="terbuka", prioritas=True, jadwal=(("2026-08", TODAY),))
    [entry] = plan([{"judul": "Jumlah balita", "opd": "dinkes"}], [item]).unchanged
    assert entry.known is item


def test_a_scheduled_day_that_is_over_is_changed_by_dispensation_only() -> None:
    item = stored(frekuensi="triwulanan", jadwal=(("2026-TW3", dt.date(2026, 10, 20)),))
    row = {"judul": "Jumlah balita", "opd": "dinkes"}
    assert wrong(plan([{**row, "jadwal": "2026-TW3=2026-12-20"}], [item])) == [(1, "jadwal")]
    assert wrong(plan(
        [{**row, "jadwal": "2026-TW3=2026-10-20;2026-TW4=2027-01-20"}], [item])) == []


def test_what_the_sheet_lacks_is_told_unless_it_has_ended() -> None:
    gone, other = stored(title="Hilang"), stored(2025)
    ended = stored(title="Usai", valid_until=dt.date(2026, 6, 30))
    result = plan([{"judul": "Baru", "opd": "dinkes"}], [gone, ended, other])
    assert result.absent == [gone]


# --- sheets as they are sent --------------------------------------------------------------------

PRIORITY = {
    "ID DDP": "DDP-7", "Sumber Referensi": "RPJMN", "Indikator": "Prevalensi stunting",
    "Nama Data": "Jumlah balita stunting", "Jenis Data": "Statistik", "Jenis Pengajuan": "Baru",
    "Indikator/Variabel": "Variabel", "Standar Data": "N/A",
    "Instansi Produsen": "Pemerintah Kota", "Unit Kerja": "Dinas Kesehatan", "Definisi": "…",
    "Satuan": "orang", "Klasifikasi Risiko": "Terbuka", "Klasifikasi Penyajian": "kelurahan",
    "Jadwal Pemutakhiran": "Semesteran", "Tag RAD": "", "2025": "", "2026": "v", "2027": "Ya",
}


def test_the_central_priority_list_is_read_as_it_is_sent() -> None:
    result = plan([PRIORITY])
    assert not result.problems and result.skipped == 0
    wanted = result.created[0].wanted(2026)
    assert (wanted["title"], wanted["office"], wanted["frekuensi"]) == (
        "Jumlah balita stunting", "dinkes", "semesteran")
    assert wanted["prioritas"] is True and wanted["klasifikasi_akses"] == "terbuka"


@pytest.mark.parametrize(("cell", "taken"), [
    ("v", True), ("V", True), ("✓", True), ("1", True), ("ya", True),
    ("", False), ("-", False), ("0", False), ("tidak", False), ("2027", False),
])
def test_a_row_of_the_priority_list_counts_in_the_years_that_are_ticked(cell, taken) -> None:
    result = plan([{**PRIORITY, "2026": cell}, {**PRIORITY, "Nama Data": "Lain"}])
    assert [one.title for one in result.created] == [
        *(["Jumlah balita stunting"] if taken else []), "Lain"]
    assert result.skipped == (0 if taken else 1)


def test_the_list_of_e_walidata_is_read_as_it_is_sent() -> None:
    result = plan([{
        "Kode DSSD": "1.02.01", "Uraian": "Jumlah puskesmas", "Satuan": "unit",
        "Definisi Operasional": "…", "Produsen": "Dinas Kesehatan",
    }])
    assert not result.problems
    wanted = result.created[0].wanted(2026)
    assert (wanted["code"], wanted["title"], wanted["office"]) == (
        "1.02.01", "Jumlah puskesmas", "dinkes")
    assert (wanted["frekuensi"], wanted["klasifikasi_akses"], wanted["prioritas"]) == (
        "tidak_diketahui", "tertutup", False)


def test_what_counts_only_alone_says_nothing_beside_the_official_columns() -> None:
    result = plan([{
        "id_ddd": "DDD-1", "Kode DSSD": "1.02.01", "Nama Data": "Jumlah puskesmas",
        "Uraian": "Banyaknya", "Produsen": "dinkes",
    }])
    assert not result.problems
    assert (result.created[0].said["code"], result.created[0].title) == (
        "DDD-1", "Jumlah puskesmas")
