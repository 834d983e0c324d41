"""The daftar data as people list it: rows by reader, proposals for links, dispensations."""
from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import listing
from ckanext.satudata.opd.store import ensure
from tests.counting import counted

CLASSES = ("terbuka", "terbatas", "tertutup")
PERSONS = ("", "lain", "anggota", "petugas", "wali", "koor")


@pytest.fixture
def dataset(kota):
    """A maker of datasets of an office."""
    def make(title: str, office: Any = None, **more: Any) -> dict[str, Any]:
        return helpers.call_action(
            "package_create", {"user": "lain" if office else "petugas"},
            name=f"data-{uuid.uuid4().hex[:8]}", title=title,
            owner_org=(office or kota.dinkes)["id"],
            **{"klasifikasi_akses": "terbuka", **more})

    return make


def titles(found) -> list[str]:
    return [one["title"] for one in found["results"]]


SEEN = {
    "": ("terbuka",), "lain": ("terbuka",), "anggota": CLASSES, "petugas": CLASSES,
    "wali": CLASSES, "koor": CLASSES,
}


@pytest.mark.parametrize("person", PERSONS)
def test_items_are_named_by_their_class(kota, call, person):
    ids = {klass: kota.item(f"Data {klass}", klasifikasi_akses=klass) for klass in CLASSES}
    assert set(titles(call(person, "satudata_register_list"))) == {
        f"Data {klass}" for klass in SEEN[person]}
    for klass, id in ids.items():
        if klass in SEEN[person]:
            shown = call(person, "satudata_obligation_show", id=str(id))
            assert shown["title"] == f"Data {klass}" and shown["periods"]
        else:
            with pytest.raises(tk.ObjectNotFound) as hidden:
                call(person, "satudata_obligation_show", id=str(id))
            with pytest.raises(tk.ObjectNotFound) as absent:
                call(person, "satudata_obligation_show", id=str(uuid.uuid4()))
            assert str(hidden.value) == str(absent.value)


def test_each_filter_leaves_its_items(kota, call, dataset):
    kota.item("Bulanan")
    kota.item("Tahunan", frekuensi="tahunan")
    kota.item("Tertutup", klasifikasi_akses="tertutup")
    kota.item("Selesai", valid_until=dt.date(2024, 12, 31))
    kota.item("Nanti", valid_from=dt.date(2999, 1, 1))
    kota.item("Tahun lain", register_year=2025)
    kota.item("Perhubungan", opd=ensure(kota.dishub["id"]))
    linked = kota.item("Terhubung")
    call("koor", "satudata_obligation_link", id=str(linked), package_id=dataset("X")["id"])
    every = set(titles(call("koor", "satudata_register_list")))
    for asked, expected in (
        ({"frekuensi": "tahunan"}, {"Tahunan"}),
        ({"klasifikasi_akses": "tertutup"}, {"Tertutup"}),
        ({"state": "ended"}, {"Selesai"}), ({"state": "upcoming"}, {"Nanti"}),
        ({"state": "in_force"}, every - {"Selesai", "Nanti"}),
        ({"year": 2025}, {"Tahun lain"}), ({"organization": "dishub"}, {"Perhubungan"}),
        ({"linked": True}, {"Terhubung"}), ({"linked": "no"}, every - {"Terhubung"}),
        ({"q": "lain tahun"}, {"Tahun lain"}),
    ):
        assert set(titles(call("koor", "satudata_register_list", **asked))) == expected, asked
    page = call("koor", "satudata_register_list", limit=2, offset=2)
    assert page["count"] == len(every) and len(page["results"]) == 2


def test_whether_a_dataset_is_linked_is_asked_by_those_who_keep_the_list(kota, call):
    # A link to a draft would be told by the filter, though the draft is hidden.
    kota.item()
    for person in ("", "lain", "petugas"):
        with pytest.raises(tk.NotAuthorized):
            call(person, "satudata_register_list", linked=True)


# --- proposals ----------------------------------------------------------------------------------


def test_datasets_of_the_office_that_are_alike_are_proposed_and_taken_ones_are_not(
    kota, call, dataset
):
    kota.item("Jumlah balita stunting", register_year=2026)
    taken = kota.item("Balita stunting lama", register_year=2026)
    good, other = dataset("Balita stunting menurut kelurahan"), dataset("Panjang jalan rusak")
    elsewhere, held = dataset("Balita stunting", kota.dishub), dataset("Balita stunting")
    call("koor", "satudata_obligation_link", id=str(taken), package_id=held["id"])
    found = call("koor", "satudata_obligation_proposals", year=2026)
    assert titles(found) == ["Jumlah balita stunting"]
    [item] = found["results"]
    assert [one["package_id"] for one in item["proposals"]] == [good["id"]]
    assert item["proposals"][0]["score"] >= 55
    assert not {other["id"], elsewhere["id"], held["id"]} & {
        one["package_id"] for one in item["proposals"]}


def test_a_dataset_of_another_years_item_may_be_linked_again(kota, call, dataset):
    last = kota.item("Jumlah balita", register_year=2025)
    kota.item("Jumlah balita", register_year=2026)
    held = dataset("Jumlah balita")
    call("koor", "satudata_obligation_link", id=str(last), package_id=held["id"])
    [item] = call("koor", "satudata_obligation_proposals", year=2026)["results"]
    assert [one["package_id"] for one in item["proposals"]] == [held["id"]]


def test_what_somebody_may_not_see_is_not_proposed_to_them(kota, call, dataset, monkeypatch):
    kota.item("Jumlah balita", register_year=2026)
    shown, hidden = dataset("Jumlah balita"), dataset("Data jumlah balita")
    from ckanext.satudata.access import hiding
    monkeypatch.setattr(hiding, "visible", lambda context, ids: set(ids) - {hidden["id"]})
    [item] = call("koor", "satudata_obligation_proposals", year=2026)["results"]
    assert [one["package_id"] for one in item["proposals"]] == [shown["id"]]


@pytest.mark.parametrize("person", ["", "lain", "petugas", "kepala"])
def test_only_those_who_keep_the_list_are_given_proposals(kota, call, person):
    with pytest.raises(tk.NotAuthorized):
        call(person, "satudata_obligation_proposals")


def test_many_items_cost_as_many_queries_as_few(kota, call, dataset):
    def cost(n: int) -> int:
        for number in range(n):
            kota.item(f"Jumlah balita {n} {number}")
            dataset(f"Jumlah balita {n} {number}")
        call("koor", "satudata_obligation_proposals")
        with counted() as seen:
            call("koor", "satudata_obligation_proposals")
        return len(seen)

    assert cost(2) == cost(6)


# --- dispensations ------------------------------------------------------------------------------


@pytest.fixture
def given(kota, call):
    """An item with a waiver, a replaced extension with its successor, one taken back."""
    today = dt.date.today()  # noqa: DTZ011 (a day far from midnight's doubt is not needed)
    id = str(kota.item("Rahasia", klasifikasi_akses="tertutup"))
    first, second, third = "2024-01", f"{today.year + 1}-02", f"{today.year + 1}-03"

    def excuse(**more: Any) -> None:
        call("wali", "satudata_obligation_excuse", id=id, **more)

    excuse(period=first, reason="Banjir di kantor")
    excuse(period=second, reason="Pergantian petugas", until=f"{today.year + 1}-04-01")
    excuse(period=second, reason="Masih berganti", until=f"{today.year + 1}-05-01")
    excuse(period=third, reason="Keliru")
    excuse(period=third, reason="Salah periode", withdraw=True)
    return {"id": id, "periods": (first, second, third)}


def test_the_list_says_who_gave_which_why_and_how_it_stands(kota, call, given):
    rows = call("wali", "satudata_dispensation_list")["results"]
    first, second, third = given["periods"]
    assert [(one["period"], one["status"]) for one in rows] == [
        (third, "withdrawn"), (second, "in_force"), (second, "replaced"), (first, "in_force")]
    assert {one["given"]["by"] for one in rows} == {kota.users["wali"]["id"]}
    assert [one["given"]["note"] for one in rows] == [
        "Keliru", "Masih berganti", "Pergantian petugas", "Banjir di kantor"]
    assert rows[0]["withdrawn"]["note"] == "Salah periode" and rows[1]["withdrawn"] is None


def test_the_list_is_narrowed(call, given):
    def periods(**asked: Any) -> list[str]:
        found = call("wali", "satudata_dispensation_list", **asked)
        assert found["count"] == len(found["results"])
        return [one["period"] for one in found["results"]]

    first, _, third = given["periods"]
    assert periods(status="withdrawn") == [third] and periods(status="over") == []
    assert periods(quarter="2024-TW1") == [first] and periods(quarter="2020-TW1") == []
    assert periods(organization="dishub") == [] and len(periods(organization="dinkes")) == 4


READS = {"petugas": 4, "kepala": 4, "anggota": 4, "lain": 0, "wali": 4, "koor": 4}


@pytest.mark.parametrize("person", READS)
def test_an_office_reads_its_own_and_the_roles_all(call, given, person):
    found = call(person, "satudata_dispensation_list")
    assert found["count"] == len(found["results"]) == READS[person]
    if READS[person]:
        shown = call(person, "satudata_obligation_show", id=given["id"])
        assert len(shown["dispensations"]) == 4


def test_a_stranger_reads_no_dispensation(call, given):
    with pytest.raises(tk.NotAuthorized):
        call("", "satudata_dispensation_list")
    assert listing.reader({"user": ""}).opds == frozenset()


def test_the_pembina_and_outsiders_are_given_no_reason_of_an_open_item(kota, call):
    from ckan import model

    from ckanext.satudata.opd import people

    pembina = factories.User(name="pembina")
    people.grant(pembina["id"], people.PEMBINA, kota.system)
    model.Session.commit()
    id = str(kota.item())
    call("wali", "satudata_obligation_excuse", id=id, period="2024-01", reason="Banjir")
    for person in ("pembina", "lain", ""):
        shown = call(person, "satudata_obligation_show", id=id)
        assert shown["dispensations"] == [] and "Banjir" not in str(shown)
        assert [one["period"] for one in shown["periods"] if one["waived"]] == ["2024-01"]
