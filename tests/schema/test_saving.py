"""A real portal takes what it is given: codes, lists, gaps, and refuses what means nothing."""
from __future__ import annotations

import contextlib
import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib import search
from ckan.tests import factories, helpers

from ckanext.satudata.schema import fields

from .records import complete_dataset, determination

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


@pytest.fixture
def office() -> dict[str, Any]:
    return factories.Organization()


def call(action: str, **data: Any) -> Any:
    """An action as the site's own user: activities need somebody who did it."""
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return helpers.call_action(action, {"user": user["name"]}, **data)


def create(office: dict[str, Any], **values: Any) -> dict[str, Any]:
    return call(
        "package_create", owner_org=office["id"], name=factories.Dataset.stub().name, **values)


def refusal(office: dict[str, Any], **values: Any) -> dict[str, Any]:
    with pytest.raises(tk.ValidationError) as caught:
        create(office, **values)
    return caught.value.error_dict


def test_the_least_dataset_is_saved_with_a_title_and_an_office(office: dict[str, Any]) -> None:
    dataset = create(office, title="Jumlah pasar menurut kelurahan")
    shown = call("package_show", id=dataset["id"])
    assert shown["title"] == "Jumlah pasar menurut kelurahan"
    assert "topik" not in shown


def test_a_complete_dataset_comes_back_as_it_was_sent(office: dict[str, Any]) -> None:
    sent = complete_dataset(owner_org=office["id"], sumber_referensi=["rpjmd", "spm"])
    sent["resources"][0]["url"] = "https://contoh.go.id/data.csv"
    dataset = call("package_create", **sent)
    for name, value in sent.items():
        if name not in ("resources", "owner_org"):
            assert dataset[name] == value, name
    for name, value in sent["resources"][0].items():
        assert dataset["resources"][0][name] == value, name


MEANINGLESS: dict[str, tuple[Any, str]] = {
    # field: what is sent, what the message must name
    "klasifikasi_akses": ("setengah terbuka", "terbatas"),
    "topik": ("antariksa", "budaya-agama"),
    "frekuensi": ("Setiap Rabu", "triwulanan"),
    "bidang_urusan": ("9.99", "1.02"),
    "sumber_referensi": (["rpjmd", "brosur"], "lppd"),
    "jadwal_rilis": ("31-02-2026", "2026-08-31"),
    "dimensi_awal": ("dahulu", "2026-08"),
    "kode_wilayah": ("3576", "35.76"),
    "kode_wilayah_bps": ("35.76", "3576"),
    "sds_kode": ("SDS-1", "SD00001.00.00"),
    "prioritas_tahun": (["26"], "2026"),
    "opd_diizinkan": (["dinas-yang-tidak-ada"], "dinas-yang-tidak-ada"),
    "cakupan": ({"nama": "Kota"}, ""),
}


def test_values_that_mean_nothing_are_refused_with_what_is_allowed(office: dict[str, Any]) -> None:
    errors = refusal(office, **{name: sent for name, (sent, _) in MEANINGLESS.items()})
    assert set(errors) == set(MEANINGLESS)
    for name, (_, allowed) in MEANINGLESS.items():
        assert allowed in errors[name][0]


ODD: list[Any] = [
    {"a": 1}, [{"a": 1}], [["a"]], [None, 1.5], 7, -0.5, True, "\x00", "\ud800", "[", "{}",
    "a" * 40000, ";;;", "\u202e", [{}], [[]],
]


def test_odd_values_are_taken_or_refused_and_never_break(office: dict[str, Any]) -> None:
    core = {"title", "name", "owner_org", "private", "tag_string", "notes"}
    ours = [field.name for field in fields.dataset_fields() if field.name not in core]
    in_files = [field.name for field in fields.group_fields(fields.RESOURCE_GROUP)]
    for odd in ODD:
        resource = {"url": "https://contoh.go.id", **dict.fromkeys(in_files, odd)}
        with contextlib.suppress(tk.ValidationError):
            create(office, title="Aneh", resources=[resource], **dict.fromkeys(ours, odd))


def test_a_wrong_value_in_a_file_is_told_with_the_file(office: dict[str, Any]) -> None:
    errors = refusal(office, resources=[
        {"url": "https://contoh.go.id/1.csv", "jenis_berkas": "data"},
        {"url": "https://contoh.go.id/2.csv", "jenis_berkas": "gambar", "kamus_data": "{"},
    ])
    assert set(errors) == {"resources"}
    assert errors["resources"][0] == {}
    assert set(errors["resources"][1]) == {"jenis_berkas", "kamus_data"}


def test_spellings_of_sheets_become_codes(office: dict[str, Any]) -> None:
    dataset = create(
        office, klasifikasi_akses="Publik", frekuensi="Triwulan", bidang_urusan=1.02,
        sumber_referensi="RPJMD; SPM", prioritas_tahun="2026;2025", jadwal_rilis="31/08/2026",
        sds_satuan="Rumah tangga", sds_ukuran="Kepadatan", sds_kode="sd00001.00.00",
        kode_referensi=["NPSN", "kode pasar"], mengandung_data_pribadi="agregat")
    assert dataset["klasifikasi_akses"] == "terbuka"
    assert dataset["frekuensi"] == "triwulanan"
    assert dataset["bidang_urusan"] == "1.02"
    assert dataset["sumber_referensi"] == ["rpjmd", "spm"]
    assert dataset["prioritas_tahun"] == ["2025", "2026"]
    assert dataset["jadwal_rilis"] == "2026-08-31"
    assert dataset["sds_satuan"] == "rumah_tangga"
    assert dataset["sds_ukuran"] == "Kepadatan"
    assert dataset["sds_kode"] == "SD00001.00.00"
    assert dataset["kode_referensi"] == ["npsn", "kode pasar"]
    assert dataset["mengandung_data_pribadi"] == "anonim"


def test_offices_are_kept_by_id_whatever_they_are_named_by(office: dict[str, Any]) -> None:
    other = factories.Organization()
    dataset = create(office, klasifikasi_akses="terbatas",
                     opd_diizinkan=[other["name"], office["id"]])
    assert dataset["opd_diizinkan"] == [other["id"], office["id"]]


def test_an_emptied_field_is_gone(office: dict[str, Any]) -> None:
    dataset = create(office, sds_konsep="Pasar", sumber_referensi=["rpjmd"])
    patched = call(
        "package_patch", id=dataset["id"], sds_konsep="", sumber_referensi=[])
    assert "sds_konsep" not in patched
    assert not patched.get("sumber_referensi")


@pytest.mark.parametrize("form", ["field", "extra"])
def test_computed_fields_are_ignored_when_sent(office: dict[str, Any], form: str) -> None:
    sent = {"status_alur": "terverifikasi", "hasil_pemeriksaan": "sesuai", "content_hash": "0" * 64,
            "tanggal_rilis_terakhir": "2026-01-01", "periode_data_terakhir": "2026"}
    if form == "field":
        dataset = create(office, **sent)
    else:
        dataset = create(office, extras=[{"key": k, "value": v} for k, v in sent.items()])
    package = model.Package.get(dataset["id"])
    assert package is not None
    assert not set(sent) & set(package.extras)


def test_a_field_among_the_extras_is_the_field(office: dict[str, Any]) -> None:
    dataset = create(office, frekuensi="tahunan", extras=[
        {"key": "klasifikasi_akses", "value": "Tertutup"},
        {"key": "guid", "value": "x-1"},
        {"key": "frekuensi", "value": "bulanan"},
        {"key": "sumber", "value": "panen"},
    ])
    assert dataset["klasifikasi_akses"] == "tertutup"
    assert dataset["frekuensi"] == "tahunan"
    assert {(e["key"], e["value"]) for e in dataset["extras"]} == {
        ("guid", "x-1"), ("sumber", "panen")}
    assert set(refusal(office, extras=[{"key": "topik", "value": "antariksa"}])) == {"topik"}


def test_what_stood_there_before_the_schema_does_not_stand_in_the_way(
    office: dict[str, Any],
) -> None:
    dataset = create(office, title="Lama", resources=[{"url": "https://contoh.go.id/1.csv"}])
    package = model.Package.get(dataset["id"])
    assert package is not None
    package.extras = {
        **package.extras, "frekuensi": "Setiap Rabu", "sumber_referensi": "brosur"}
    package.resources[0].extras = {"jenis_berkas": "gambar"}
    model.repo.commit()
    search.rebuild(dataset["id"])

    patched = call("package_patch", id=dataset["id"], title="Baru")
    assert patched["title"] == "Baru"
    assert patched["frekuensi"] == "Setiap Rabu"
    assert patched["sumber_referensi"] == ["brosur"]
    described = call(
        "resource_patch", id=dataset["resources"][0]["id"], description="dijelaskan")
    assert described["jenis_berkas"] == "gambar"
    with pytest.raises(tk.ValidationError):
        call("package_patch", id=dataset["id"], frekuensi="Setiap Kamis")


def test_a_data_dictionary_goes_in_as_records_or_json_and_comes_out_as_records(
    office: dict[str, Any],
) -> None:
    records = [
        {"nama": "kelurahan", "konsep": ["Wilayah"], "tipe_data": "string",
         "klasifikasi_isian": [{"kode": "1", "nilai": "Mentikan"}, {"kode": "2", "nilai": "B"}]},
        {"nama": "jumlah", "satuan": "orang"},
    ]
    url = "https://contoh.go.id/data.csv"
    dataset = create(office, resources=[
        {"url": url, "kamus_data": records},
        {"url": url, "kamus_data": json.dumps(records)},
        {"url": url},
    ])
    assert [r.get("kamus_data") for r in dataset["resources"]] == [records, records, None]
    patched = call("package_patch", id=dataset["id"], notes="Baru")
    assert [r.get("kamus_data") for r in patched["resources"]] == [records, records, None]


def test_control_signs_of_pasted_text_fall_away(office: dict[str, Any]) -> None:
    dataset = create(office, title="Jumlah\x0b pasar", sds_konsep="Pasar\x00\x07 rakyat")
    assert dataset["title"] == "Jumlah pasar"
    assert dataset["sds_konsep"] == "Pasar rakyat"


def test_solr_takes_the_longest_texts_and_finds_lists(office: dict[str, Any]) -> None:
    long_text = "definisi yang panjang sekali " * 3000
    dataset = create(
        office, title="Panjang", notes=long_text, sds_definisi=long_text, cakupan=long_text,
        sumber_referensi=["rpjmd", "spm"], klasifikasi_akses="terbuka",
        resources=[{"url": "https://contoh.go.id/1.csv", "kamus_data": [{"definisi": long_text}]}])
    search.commit()
    this = f"id:{dataset['id']}"
    for fq in ("vocab_sumber_referensi:spm", "klasifikasi_akses:terbuka"):
        assert call("package_search", fq=f"+{fq} +{this}", include_private=True)["count"] == 1
    found = call("package_search", fq=this, include_private=True, **{
        "facet.field": ["vocab_sumber_referensi"]})
    assert found["facets"] == {"vocab_sumber_referensi": {"rpjmd": 1, "spm": 1}}
    assert found["results"][0]["sumber_referensi"] == ["rpjmd", "spm"]


def test_a_new_dataset_is_about_the_city_unless_it_says_otherwise(
    office: dict[str, Any], ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "ckanext.satudata.region_code", "35.76")
    assert create(office)["kode_wilayah"] == "35.76"
    other = create(office, kode_wilayah="35.76.01")
    assert other["kode_wilayah"] == "35.76.01"
    emptied = call("package_patch", id=other["id"], kode_wilayah="")
    assert "kode_wilayah" not in emptied


def test_region_codes_of_a_file_are_the_only_ones(
    office: dict[str, Any], ckan_config: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wilayah.csv"
    path.write_text("kode_kemendagri,nama\n35.76,Kota Mojokerto\n")
    monkeypatch.setitem(ckan_config, "ckanext.satudata.region_file", str(path))
    assert create(office, kode_wilayah="35.76")["kode_wilayah"] == "35.76"
    assert set(refusal(office, kode_wilayah="35.78")) == {"kode_wilayah"}


# -- offices ----------------------------------------------------------------------------------


def test_an_office_says_who_it_is() -> None:
    parent, successor = factories.Organization(), factories.Organization()
    sent = {
        "title": "Dinas Kesehatan", "kode_opd": "1.02.2.14.0.00.01.0000", "singkatan": "Dinkes",
        "jenis_opd": "dinas", "induk": parent["name"], "peran_satu_data": ["produsen"],
        "urusan": ["1.02", "2.14"], "wajib_setor": True, "kode_wilayah": "35.76.01",
        "kepala_jabatan": "Kepala Dinas", "kepala_nama": "Nama Kepala", "petugas_data": "Subbag",
        "kontak_surel": "dinkes@example.go.id", "kontak_telepon": "(0321) 123456",
        "berlaku_dari": "2021-01-01", "berlaku_sampai": "2026-12-31",
        "pengganti": [successor["name"]],
    }
    made = factories.Organization(**sent)
    shown = call("organization_show", id=made["id"])
    for name, value in sent.items():
        assert shown[name] == value, name
    call("organization_patch", id=made["id"], wajib_setor="tidak", petugas_data="")
    patched = call("organization_show", id=made["id"])
    assert patched["wajib_setor"] is False
    assert "petugas_data" not in patched
    assert patched["urusan"] == ["1.02", "2.14"]


def test_an_office_is_refused_with_the_fields_that_are_wrong() -> None:
    wrong = {
        "jenis_opd": "kerajaan", "peran_satu_data": ["raja"], "urusan": ["9.99"],
        "wajib_setor": "mungkin", "kontak_surel": "kantor",
        "berlaku_dari": "kemarin", "pengganti": ["tidak-ada"],
    }
    with pytest.raises(tk.ValidationError) as caught:
        call("organization_create", name="dinas-baru", **wrong)
    assert set(caught.value.error_dict) == set(wrong)
    with pytest.raises(tk.ValidationError) as caught:
        call("organization_create", name="dinas-baru", induk="tidak-ada")
    assert set(caught.value.error_dict) == {"induk"}


# -- the check --------------------------------------------------------------------------------


def test_the_check_says_what_is_missing(office: dict[str, Any]) -> None:
    dataset = create(office, title="Jumlah pasar", klasifikasi_akses="tertutup")
    found = call("satudata_metadata_check", id=dataset["name"])
    assert set(found) == {"complete", "score", "missing", "warnings"}
    assert found["complete"] is False
    assert 0 < found["score"] < 100
    names = {item["field"] for item in found["missing"]}
    assert {"topik", "sds_konsep", "alasan_pengecualian"} <= names
    assert not {"title", "name", "owner_org", "klasifikasi_akses"} & names
    assert all({"field", "label", "group"} <= set(item) for item in found["missing"])


def test_a_complete_dataset_passes_the_check(office: dict[str, Any]) -> None:
    sent = complete_dataset(owner_org=office["id"])
    sent["resources"][0]["url"] = "https://contoh.go.id/data.csv"
    dataset = call("package_create", **sent)
    found = call("satudata_metadata_check", id=dataset["id"])
    assert found == {"complete": True, "score": 100, "missing": [], "warnings": []}
    closed = complete_dataset(
        owner_org=office["id"], id=None, name="tertutup", resources=None,
        klasifikasi_akses="tertutup", **determination())
    dataset = call("package_create", **closed)
    assert call("satudata_metadata_check", id=dataset["id"])["missing"] == []


def test_who_may_not_read_a_dataset_may_not_ask_what_it_lacks(office: dict[str, Any]) -> None:
    hidden = create(office, title="Rahasia", private=True, klasifikasi_akses="tertutup")
    context = {"ignore_auth": False, "user": ""}
    # The same answer whether it is hidden or not there.
    for id in (hidden["id"], "tidak-ada"):
        with pytest.raises(tk.ObjectNotFound):
            helpers.call_action("satudata_metadata_check", dict(context), id=id)
    with pytest.raises(tk.ValidationError):
        helpers.call_action("satudata_metadata_check", dict(context))
