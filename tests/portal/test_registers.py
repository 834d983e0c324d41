"""Pages of the daftar data: who sees which, what their forms do, and what is told."""
from __future__ import annotations

import datetime as dt
import io
import re
import uuid
from typing import Any

import pytest
from ckan.tests import helpers

from ckanext.satudata.deposits import listing, obligations
from ckanext.satudata.journal import clock

from .test_pages import browse

__all__ = ["browse"]

LIST = "/en/satudata/daftar-data"
IMPORT, NEW, LINKS = f"{LIST}/impor", f"{LIST}/butir-baru", f"{LIST}/hubungkan"
DISPENSATIONS = "/en/satudata/dispensasi"
KEEPERS = {"petugas": False, "kepala": False, "anggota": False, "lain": False,
           "wali": True, "koor": True}


def page_of(id: Any) -> str:
    return f"{LIST}/butir/{id}"


@pytest.fixture
def dataset(kota):
    def make(title: str, **more: Any) -> dict[str, Any]:
        return helpers.call_action(
            "package_create", {"user": "petugas"}, name=f"data-{uuid.uuid4().hex[:8]}",
            title=title, owner_org=kota.dinkes["id"],
            **{"klasifikasi_akses": "terbuka", **more})

    return make


# --- who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [LIST, IMPORT, NEW, LINKS, DISPENSATIONS])
def test_a_stranger_is_shown_the_way_in(kota, browse, address):
    assert "/user/login" in browse(None, address, status=302).headers["Location"]


@pytest.mark.parametrize("person", KEEPERS)
def test_pages_offer_only_what_the_person_may_do(kota, browse, person):
    keeps = KEEPERS[person]
    id = kota.item()
    for address in (IMPORT, NEW, LINKS, f"{page_of(id)}/ubah"):
        browse(person, address, status=200 if keeps else 403)
    page = browse(person, f"{LIST}?year=2026").body
    assert ("daftar-data/impor" in page) is keeps
    assert ("daftar-data/sepakat" in page) is (person == "koor")
    one = browse(person, page_of(id)).body
    assert (f"{id}/akhiri" in one) is keeps and (f"{id}/ubah" in one) is keeps
    assert (f"{id}/dispensasi" in one) is (person == "wali")


@pytest.mark.parametrize(("person", "shown"), [
    ("lain", False), ("petugas", True), ("anggota", True), ("wali", True), ("koor", True)])
def test_a_hidden_item_is_not_there_on_any_page(kota, call, browse, person, shown):
    id = kota.item("Judul rahasia", klasifikasi_akses="tertutup")
    call("wali", "satudata_obligation_excuse", id=str(id), period="2024-01", reason="Sebab rahasia")
    for address in (LIST, DISPENSATIONS, f"{LIST}?q=rahasia"):
        assert ("Judul rahasia" in browse(person, address).body) is shown, address
    browse(person, page_of(id), status=200 if shown else 404)
    assert ("Sebab rahasia" in browse(person, DISPENSATIONS).body) is shown


FORMS = {
    "akhiri": ({"reason": "Tidak ada lagi"}, KEEPERS),
    "hubungkan": ({"package_id": "data-lain"}, KEEPERS),
    "dispensasi": ({"period": "2024-01", "reason": "Banjir"},
                   {**KEEPERS, "koor": False}),
}


@pytest.mark.parametrize("person", KEEPERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_sent_by_somebody_who_may_not_does_nothing(kota, browse, form, person):
    id = kota.item()
    data, who = FORMS[form]
    before = _facts(id)
    browse(person, f"{page_of(id)}/{form}", data=data, status=302)
    changed = _facts(id) != before
    # Linking names a dataset that is not there: nobody's does anything.
    assert changed is (who[person] and form != "hubungkan")


def _facts(id: Any) -> Any:
    shown = helpers.call_action("satudata_obligation_show", id=str(id))
    return shown["valid_until"], shown["dispensations"], shown["package_id"]


# --- the list, one item -------------------------------------------------------------------------


def test_the_list_is_narrowed_and_paged(kota, browse, monkeypatch):
    from ckanext.satudata.portal import registers

    monkeypatch.setattr(registers, "A_PAGE", 2)
    for number in range(5):
        kota.item(f"Data {number}", frekuensi="tahunan" if number == 4 else "bulanan")
    first = browse("koor", LIST).body
    assert "Data 0" in first and "Data 2" not in first and "Page 1 of 3" in first
    assert "Data 4" in browse("koor", f"{LIST}?page=3").body
    yearly = browse("koor", f"{LIST}?frekuensi=tahunan").body
    assert "Data 4" in yearly and "Data 0" not in yearly
    browse("koor", f"{LIST}?frekuensi=x", status=404)
    browse("petugas", f"{LIST}?linked=yes", status=403)


ITEM = {
    "title": "Jumlah posyandu", "organization": "dinkes", "frekuensi": "triwulanan",
    "klasifikasi_akses": "terbuka", "valid_from": "2026-01-01", "valid_until": "2027-12-31",
    "jadwal": "2027-TW1=2027-04-20\n2027-TW2=2027-07-20",
}


def test_an_item_is_made_changed_and_retired(kota, browse):
    made = browse("koor", NEW, data=ITEM, status=302)
    id = made.headers["Location"].rpartition("/")[2]
    page = browse("koor", page_of(id)).body
    assert "Jumlah posyandu" in page and "Dinas Kesehatan" in page

    form = browse("koor", f"{page_of(id)}/ubah").body
    assert "2027-TW1=2027-04-20" in form
    browse("koor", f"{page_of(id)}/ubah", status=302, data={
        **ITEM, "title": "Jumlah posyandu aktif", "prioritas": "true",
        "effective_from": clock.city_today().isoformat()})
    shown = helpers.call_action("satudata_obligation_show", id=id)
    assert (shown["title"], shown["prioritas"]) == ("Jumlah posyandu aktif", True)
    assert [one["period"] for one in shown["jadwal"]] == ["2027-TW1", "2027-TW2"]

    browse("koor", f"{page_of(id)}/akhiri", status=302, data={"reason": "Digabung"})
    assert obligations.latest_of(uuid.UUID(id)).valid_until == clock.city_today()
    for person, shown in (("koor", True), ("petugas", True), ("lain", False)):
        assert ("Digabung" in browse(person, page_of(id)).body) is shown, person


@pytest.mark.parametrize(("field", "value", "word"), [
    ("title", "", "Missing value"), ("frekuensi", "kadang", "No frequency"),
    ("organization", "x", "no such office"), ("valid_from", "kemarin", "Not a date"),
    ("valid_until", "2020-01-01", "before the beginning"),
    ("jadwal", "2026-TW1=besok", "Not a schedule"), ("jadwal", "abc", "Not a schedule"),
])
def test_what_is_wrong_with_an_item_is_told_and_what_was_typed_stays(
    kota, browse, field, value, word
):
    page = browse("koor", NEW, data={**ITEM, field: value}).body
    assert word in page
    if field != "title":
        assert "Jumlah posyandu" in page
    assert listing.registers() == []


def test_the_koordinator_records_the_agreement(kota, browse):
    kota.item(register_year=2026)
    assert "Not agreed" in browse("koor", f"{LIST}?year=2026").body
    browse("koor", f"{LIST}/sepakat", status=302, data={
        "year": "2026", "date": "2026-02-13", "minutes": "BA/12/2026"})
    assert "BA/12/2026" in browse("petugas", f"{LIST}?year=2026").body
    browse("wali", f"{LIST}/sepakat", status=302, data={
        "year": "2026", "date": "2026-02-14", "minutes": "BA/13/2026"})
    assert "BA/13/2026" not in browse("petugas", f"{LIST}?year=2026").body


# --- a sheet ------------------------------------------------------------------------------------

HEAD = "judul,opd,frekuensi,klasifikasi_akses\n"
SHEET = HEAD + "Jumlah balita,dinkes,tahunan,terbuka\nJumlah halte,dishub,bulanan,terbuka\n"


def sent(text: str, **more: Any) -> dict[str, Any]:
    return {"year": "2026", "upload": (io.BytesIO(text.encode()), "daftar.csv"), **more}


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('name="file"') - 400:page.index("Write it")]
    return {name: value for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
            if not name.startswith("_")}


def test_a_sheet_is_shown_first_and_written_only_then(kota, browse):
    kota.item("Jumlah balita", register_year=2026, valid_from=dt.date(2026, 1, 1),
              valid_until=dt.date(2026, 12, 31))
    page = browse("koor", IMPORT, data=sent(SHEET)).body
    assert "Jumlah halte" in page and "row 2" in page
    assert re.search(r"<del>\s*Bulanan|<del>\s*Monthly", page) and listing.count_register(2026) == 1

    browse("koor", IMPORT, data=hidden(page), status=302)
    assert listing.count_register(2026) == 2
    # The same once more: there is nothing to write.
    assert "as the sheet says" in browse("koor", IMPORT, data=sent(SHEET)).body


def test_what_is_wrong_with_a_sheet_is_told_by_row_and_nothing_is_written(kota, browse):
    rows = "A,dinkes,bulanan,terbuka\nB,x,kadang,terbuka\n"
    page = browse("wali", IMPORT, data=sent(HEAD + rows))
    assert "row 3" in page.body and "row 2" not in page.body and "Write it" not in page.body
    assert listing.registers() == []


def test_retiring_more_than_a_tenth_asks_twice(kota, browse):
    for number in range(5):
        kota.item(f"Data {number}", register_year=2026, valid_from=dt.date(2026, 1, 1))
    page = browse("koor", IMPORT, data=sent(SHEET, retire_missing="1")).body
    assert "More than a tenth" in page
    form = hidden(page)
    again = browse("koor", IMPORT, data=form).body
    assert "would be retired" in again and listing.count_register(2026) == 5
    browse("koor", IMPORT, data={**form, "confirm": "true"}, status=302)
    assert listing.count_register(2026) == 7


@pytest.mark.parametrize("data", [
    {}, {"year": "2026"}, {"year": "x", "upload": (io.BytesIO(SHEET.encode()), "a.csv")},
    {"year": "2026", "file": "0" * 64, "write": "1"}, {"year": "2026", "file": "x" * 5000},
    {"year": "2026", "upload": (io.BytesIO(b"\x00\x01PK"), "a.xlsx")},
])
def test_a_form_without_a_sheet_is_told_so(kota, browse, data):
    page = browse("koor", IMPORT, data=data).body
    assert "flash" in page or "alert" in page or "errors" in page
    assert listing.registers() == []


def test_a_sheet_that_somebody_else_looked_at_cannot_be_named(kota, browse):
    form = hidden(browse("koor", IMPORT, data=sent(SHEET)).body)
    page = browse("wali", IMPORT, data=form).body
    assert "not kept any more" in page and listing.registers() == []


# --- links --------------------------------------------------------------------------------------


def test_items_are_linked_one_by_one_and_several_at_once(kota, browse, dataset):
    names = ("Jumlah balita stunting", "Jumlah posyandu aktif", "Jumlah ibu hamil")
    items = [kota.item(name, register_year=2026) for name in names]
    sets = [dataset(name) for name in names]
    page = browse("koor", f"{LINKS}?year=2026").body
    for item, found in zip(items, sets, strict=True):
        assert f"{item} {found['id']}" in page
    pairs = [f"{item} {found['id']}" for item, found in zip(items, sets, strict=True)]
    # The pressed button alone counts, whatever else is chosen.
    browse("koor", f"{LINKS}?year=2026", status=302, data={
        "one": pairs[0], f"item-{items[1]}": pairs[1]})
    assert [obligations.package_of(item)[1] for item in items] == [sets[0]["id"], None, None]
    browse("koor", f"{LINKS}?year=2026", status=302, data={
        f"item-{items[1]}": pairs[1], f"item-{items[2]}": ""})
    assert [obligations.package_of(item)[1] for item in items] == [
        sets[0]["id"], sets[1]["id"], None]


@pytest.mark.parametrize("data", [
    {}, {"one": "x"}, {"one": " "}, {"item-x": "x y"}, {"one": f"{uuid.uuid4()} {uuid.uuid4()}"}])
def test_a_form_of_links_that_makes_no_sense_does_nothing(kota, browse, data):
    kota.item()
    answer = browse("koor", LINKS, data=data, status=302)
    browse("koor", answer.headers["Location"])
    browse("petugas", LINKS, data=data, status=302)


# --- dispensations ------------------------------------------------------------------------------


def test_the_walidata_gives_more_time_waives_and_takes_back(kota, browse):
    id = kota.item()
    day = clock.city_today()
    later = f"{day.year + 1}-06"
    do = f"{page_of(id)}/dispensasi"
    browse("wali", do, status=302, data={"period": "2024-01", "reason": "Banjir", "until": ""})
    browse("wali", do, status=302, data={
        "period": later, "reason": "Pergantian petugas", "until": f"{day.year + 1}-08-31"})
    page = browse("petugas", page_of(id)).body
    assert "Banjir" in page and "Pergantian petugas" in page and "extended until" in page
    listed = browse("wali", f"{DISPENSATIONS}?status=in_force").body
    assert "Banjir" in listed and "wali" in listed
    browse("wali", do, status=302, data={
        "period": "2024-01", "reason": "Sudah ada", "withdraw": "true"})
    assert "Sudah ada" in browse("wali", f"{DISPENSATIONS}?status=withdrawn").body
    assert "Banjir" not in browse("wali", f"{DISPENSATIONS}?status=in_force").body


@pytest.mark.parametrize("data", [
    {"period": "2024-01"}, {"period": "", "reason": "x"}, {"period": "x", "reason": "x"},
    {"period": "2024-01", "reason": "x", "until": "2999-01-01"},
    {"period": "2024-01", "reason": "x", "until": "besok"},
    {"period": "2024-01", "reason": "x", "withdraw": "true"},
    {"period": "1990-01", "reason": "x"},
])
def test_a_dispensation_that_makes_no_sense_is_told_and_not_given(kota, browse, data):
    id = kota.item()
    answer = browse("wali", f"{page_of(id)}/dispensasi", data=data, status=302)
    browse("wali", answer.headers["Location"])
    shown = helpers.call_action("satudata_obligation_show", id=str(id))
    assert shown["dispensations"] == []


@pytest.mark.parametrize(("person", "shown"), [
    ("petugas", True), ("lain", False), ("koor", False)])
def test_what_is_excused_and_why_stands_on_the_offices_desk(kota, call, browse, person, shown):
    id, next_year = str(kota.item()), clock.city_today().year + 1
    call("wali", "satudata_obligation_excuse", id=id, period=f"{next_year}-01", reason="Banjir")
    call("wali", "satudata_obligation_excuse", id=id, period="2024-01", reason="Sebab lama")
    page = browse(person, "/en/satudata").body
    assert ("Banjir" in page) is shown and "Sebab lama" not in page
