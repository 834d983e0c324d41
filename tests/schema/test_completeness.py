"""What a dataset lacks: the gate before submission, its score and its words."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ckanext.satudata.schema import codes, completeness, fields
from ckanext.satudata.schema.fields import Need

from .records import complete_dataset, determination

NEEDED = [
    field for field in fields.dataset_fields() if field.need is Need.PUBLISH and not field.computed
]
TODAY = dt.date(2026, 11, 24)


def lacking(dataset: dict[str, Any], **options: Any) -> set[str]:
    return {item["field"] for item in completeness.check(dataset, **options).missing}


def warned(dataset: dict[str, Any], **options: Any) -> set[str]:
    return {item["field"] for item in completeness.check(dataset, **options).warnings}


def message(dataset: dict[str, Any], name: str, lang: str = "en") -> str:
    missing = completeness.check(dataset, lang=lang).missing
    return next(item["message"] for item in missing if item["field"] == name)


def test_a_dataset_that_lacks_nothing() -> None:
    found = completeness.check(complete_dataset(), today=TODAY)
    assert found == completeness.Completeness(complete=True, score=100)


def test_an_empty_dataset_lacks_every_needed_field_and_scores_nothing() -> None:
    found = completeness.check({})
    assert not found.complete
    assert found.score == 0
    assert {item["field"] for item in found.missing} == {field.name for field in NEEDED}


@pytest.mark.parametrize("field", NEEDED, ids=lambda field: field.name)
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_each_needed_field_is_missed(field: fields.Field, nothing: str | None) -> None:
    dataset = complete_dataset()
    dataset[field.name] = nothing
    found = completeness.check(dataset, lang="en")
    assert not found.complete
    assert 0 < found.score < 100
    assert {"field": field.name, "label": field.label_en, "group": field.group} in found.missing


def test_computed_fields_are_never_asked_of_anybody() -> None:
    assert not lacking({}) & fields.computed_names()
    assert not warned({}) & fields.computed_names()


@pytest.mark.parametrize("name", ["name", "format", "periode", "jenis_berkas"])
def test_each_needed_field_of_a_file_is_missed_with_the_file(name: str) -> None:
    dataset = complete_dataset()
    dataset["resources"][0].pop(name)
    found = completeness.check(dataset)
    assert [item["field"] for item in found.missing] == [name]
    assert found.missing[0]["group"] == "resource"
    assert found.missing[0]["resource"]


def test_a_supporting_document_is_about_no_period() -> None:
    dataset = complete_dataset()
    dataset["resources"].append({"name": "Panduan", "format": "PDF", "jenis_berkas": "pendukung"})
    assert completeness.check(dataset).complete


def test_lacking_forms_lower_the_score_and_block_nothing() -> None:
    dataset = complete_dataset(kegiatan_statistik_ref=None)
    dataset["resources"][0].pop("kamus_data")
    found = completeness.check(dataset)
    assert found.complete
    assert found.score < 100
    assert {item["field"] for item in found.warnings} == {"kegiatan_statistik_ref", "kamus_data"}


def test_the_activity_is_asked_of_statistics_only() -> None:
    other = complete_dataset(kegiatan_statistik_ref=None, jenis_data="keuangan")
    assert completeness.check(other).score == 100


# -- wrong values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topik", "kesehatan-lama"),
        ("frekuensi", "Setiap Rabu"),
        ("klasifikasi_akses", "publik"),
        ("kode_wilayah", "3576"),
        ("dimensi_awal", "dahulu"),
        ("sds_kode", "SDS-1"),
        ("sumber_referensi", ["rpjmd", "brosur"]),
    ],
)
def test_a_wrong_value_counts_as_missing_and_says_why(name: str, value: Any) -> None:
    found = completeness.check(complete_dataset(**{name: value}))
    wrong = [item for item in found.missing if item["field"] == name]
    assert len(wrong) == 1
    assert wrong[0]["message"]
    assert not found.complete


def test_a_needed_wrong_value_lowers_the_score_like_an_absent_one() -> None:
    wrong = completeness.check(complete_dataset(topik="kesehatan-lama"))
    absent = completeness.check(complete_dataset(topik=None))
    assert wrong.score == absent.score < 100


def test_other_text_is_allowed_where_the_list_is_open() -> None:
    free = complete_dataset(sds_ukuran="kepadatan", sds_satuan="jiwa per km2",
                            kode_referensi=["npsn", "kode sendiri"])
    assert completeness.check(free).complete


def test_the_data_do_not_end_before_they_begin() -> None:
    assert lacking(complete_dataset(dimensi_akhir="2020")) == {"dimensi_akhir"}
    assert not lacking(complete_dataset(dimensi_awal="2026", dimensi_akhir="2026-03"))


def test_a_subtopic_of_another_topic_is_pointed_out() -> None:
    assert warned(complete_dataset(subtopik="Kehutanan")) == {"subtopik"}
    assert not warned(complete_dataset(subtopik="Kesehatan"))


# -- open -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["umum", "spesifik"])
def test_personal_data_and_open_do_not_go_together(kind: str) -> None:
    assert lacking(complete_dataset(mengandung_data_pribadi=kind)) == {"mengandung_data_pribadi"}
    closed = complete_dataset(
        mengandung_data_pribadi=kind, klasifikasi_akses="tertutup", **determination())
    assert not lacking(closed)


@pytest.mark.parametrize("licence", ["other-closed", "notspecified"])
def test_an_open_dataset_has_an_open_licence(licence: str) -> None:
    assert lacking(complete_dataset(license_id=licence)) == {"license_id"}
    closed = complete_dataset(
        license_id=licence, klasifikasi_akses="tertutup", **determination())
    assert not lacking(closed)


def test_a_licence_that_only_ckan_knows_is_a_licence() -> None:
    assert not lacking(complete_dataset(license_id="odc-by"))


def test_a_file_and_an_open_format_are_asked_for_without_blocking() -> None:
    assert warned(complete_dataset(resources=[])) == {"resources"}
    dataset = complete_dataset()
    dataset["resources"][0]["format"] = "PDF"
    found = completeness.check(dataset)
    assert found.complete
    assert [item["field"] for item in found.warnings] == ["resources"]


# -- not open ---------------------------------------------------------------------------------


def test_an_open_dataset_gives_no_reason() -> None:
    assert not lacking(complete_dataset(**determination(jangka_waktu_akhir="2020-01-01")))


def test_a_closed_dataset_gives_its_whole_reason() -> None:
    closed = complete_dataset(klasifikasi_akses="tertutup")
    assert lacking(closed) == set(codes.access_rules()["private_evidence"]["required"])
    assert not lacking({**closed, **determination()})


@pytest.mark.parametrize("name", list(determination()))
def test_each_part_of_the_determination_is_needed(name: str) -> None:
    closed = complete_dataset(klasifikasi_akses="tertutup", **determination())
    del closed[name]
    assert name in lacking(closed)


@pytest.mark.parametrize("access", ["tertutup", "terbatas"])
def test_while_waiting_one_sentence_and_a_person_do(access: str) -> None:
    closed = complete_dataset(
        klasifikasi_akses=access, alasan_pengecualian="menunggu_penetapan",
        opd_diizinkan=["kecamatan"])
    assert lacking(closed) == {"uraian_alasan", "pejabat_ppid"}
    closed.update(uraian_alasan="Memuat nama pasien.", pejabat_ppid="Kepala Diskominfo")
    assert not lacking(closed)


def test_a_restricted_dataset_names_its_readers() -> None:
    restricted = complete_dataset(klasifikasi_akses="terbatas", **determination())
    assert lacking(restricted) == {"opd_diizinkan"}
    assert not lacking({**restricted, "opd_diizinkan": ["a"]})


def test_the_forums_agreement_does_for_a_restricted_dataset_but_not_for_a_closed_one() -> None:
    agreed = complete_dataset(kesepakatan_forum="BA-07/2026", opd_diizinkan=["a"])
    assert not lacking({**agreed, "klasifikasi_akses": "terbatas"})
    assert "nomor_uji_konsekuensi" in lacking({**agreed, "klasifikasi_akses": "tertutup"})


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"jangka_waktu_akhir": "2026-02-01"}, "jangka_waktu_akhir"),
        ({"jangka_waktu_akhir": "2025-02-01"}, "jangka_waktu_akhir"),
        ({"jangka_waktu_akhir": "selamanya"}, "jangka_waktu_akhir"),
        ({"tanggal_tinjau_ulang": "2028-02-02"}, "tanggal_tinjau_ulang"),
        ({"alasan_pengecualian": "rahasia"}, "alasan_pengecualian"),
    ],
)
def test_evidence_that_does_not_hold_together(changes: dict[str, str], wrong: str) -> None:
    closed = complete_dataset(klasifikasi_akses="tertutup", **determination(**changes))
    assert lacking(closed) == {wrong}


def test_a_wait_is_not_longer_than_ninety_days() -> None:
    closed = complete_dataset(
        klasifikasi_akses="tertutup", alasan_pengecualian="menunggu_penetapan",
        uraian_alasan="Memuat nama.", pejabat_ppid="Kepala Diskominfo",
        jangka_waktu_mulai="2026-09-01", jangka_waktu_akhir="2026-12-01")
    assert lacking(closed) == {"jangka_waktu_akhir"}
    assert not lacking({**closed, "jangka_waktu_akhir": "2026-11-30"})


def test_a_review_more_than_a_year_on_is_pointed_out() -> None:
    closed = complete_dataset(
        klasifikasi_akses="tertutup", **determination(tanggal_tinjau_ulang="2027-02-02"))
    assert warned(closed) == {"tanggal_tinjau_ulang"}
    assert not warned({**closed, "tanggal_tinjau_ulang": "2027-02-01"})
    leap = determination(tanggal_uji_konsekuensi="2024-02-29", tanggal_tinjau_ulang="2025-02-28")
    assert not warned({**closed, **leap})


@pytest.mark.parametrize(
    ("changes", "pointed_out"),
    [
        ({}, set()),
        ({"jangka_waktu_akhir": "2026-11-23", "tanggal_tinjau_ulang": "2026-11-23"},
         {"jangka_waktu_akhir", "tanggal_tinjau_ulang"}),
        ({"tanggal_tinjau_ulang": "2026-11-24"}, set()),
        ({"tanggal_tinjau_ulang": "2026-11-23"}, {"tanggal_tinjau_ulang"}),
    ],
)
def test_what_has_run_out_is_reported_and_nothing_else_happens(
    changes: dict[str, str], pointed_out: set[str]
) -> None:
    closed = complete_dataset(klasifikasi_akses="tertutup", **determination(**changes))
    found = completeness.check(closed, today=TODAY)
    assert {item["field"] for item in found.warnings} == pointed_out
    assert found.complete
    assert not completeness.check(closed).warnings


def test_a_wait_that_is_over_is_reported() -> None:
    closed = complete_dataset(
        klasifikasi_akses="tertutup", alasan_pengecualian="menunggu_penetapan",
        uraian_alasan="Memuat nama.", pejabat_ppid="Kepala Diskominfo",
        jangka_waktu_mulai="2026-08-25")
    assert warned(closed, today=TODAY) == {"jangka_waktu_akhir"}
    assert not warned({**closed, "jangka_waktu_mulai": "2026-08-26"}, today=TODAY)


# -- words ------------------------------------------------------------------------------------


def test_labels_and_messages_follow_the_language() -> None:
    dataset = complete_dataset(sds_konsep=None, topik="x")
    texts = {
        lang: {item["field"]: item for item in completeness.check(dataset, lang=lang).missing}
        for lang in ("id", "en", "en_GB", "fr")
    }
    assert texts["id"]["sds_konsep"]["label"] == "Konsep"
    assert texts["en"]["sds_konsep"]["label"] == "Concept"
    assert texts["en"]["topik"]["message"] != texts["id"]["topik"]["message"]
    assert texts["en_GB"] == texts["en"]
    assert texts["fr"] == texts["id"]


def test_a_message_names_the_value_and_the_other_field() -> None:
    assert "kesehatan-lama" in message(complete_dataset(topik="kesehatan-lama"), "topik")
    assert "First period" in message(complete_dataset(dimensi_akhir="2020"), "dimensi_akhir")


def test_the_office_suggests_what_it_knows() -> None:
    office = {"title": "Dinas Kesehatan", "kepala_jabatan": "Kepala Dinas", "kontak_surel": "",
              "kontak_telepon": "0321 555 000"}
    dataset = complete_dataset(penanggung_jawab=None, kontak_produsen=None, kode_wilayah=None)
    missing = {item["field"]: item for item in completeness.check(dataset, office).missing}
    assert missing["penanggung_jawab"]["suggestion"] == "Kepala Dinas"
    assert missing["kontak_produsen"]["suggestion"] == "0321 555 000"
    assert "suggestion" not in missing["kode_wilayah"]


def test_a_portals_own_table_decides() -> None:
    own = fields.from_scheming({
        "field_name": "nomor_perkara", "label": {"id": "Nomor perkara", "en": "Case number"},
        "satudata": {"group": "akses", "needed": "closed"},
    })
    table = (*completeness.default_table(), own)
    closed = complete_dataset(klasifikasi_akses="tertutup", **determination())
    assert lacking(closed, table=table) == {"nomor_perkara"}
    assert not lacking(complete_dataset(), table=table)
