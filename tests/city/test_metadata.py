"""The metadata of the city pass the plugin's own checks, and hold together."""
from __future__ import annotations

import datetime as dt

from ckanext.satudata.schema import codes
from ckanext.satudata.schema.completeness import check
from sandbox.city.assemble import resource_fields
from sandbox.city.model import City, Dataset


def _as_shown(dataset: Dataset) -> dict[str, object]:
    resources = [resource_fields(dataset, file) for file in dataset.files]
    return {**dataset.metadata, "resources": resources}


def test_what_was_submitted_is_complete(city: City) -> None:
    for dataset in city.datasets:
        found = check(_as_shown(dataset), today=city.today)
        if dataset.state == "draf":
            assert not found.complete, dataset.title
        else:
            assert found.missing == [], dataset.title
            assert found.score >= 90
            assert {w["field"] for w in found.warnings} <= {"kegiatan_statistik_ref"}


def test_published_and_submitted_datasets_have_a_file(city: City) -> None:
    for dataset in city.datasets:
        if dataset.state != "draf":
            assert dataset.files, dataset.title


def test_only_returned_ones_say_why(city: City) -> None:
    for dataset in city.datasets:
        assert bool(dataset.note) == (dataset.state == "dikembalikan")


def test_codes_are_those_of_the_lists(whole: City) -> None:
    lists = {
        "jenis_data": "jenis_data", "tipe_entri": "indikator_variabel", "topik": "topik_sdi",
        "bidang_urusan": "bidang_urusan", "sds_ukuran": "ukuran", "frekuensi": "frekuensi",
        "tingkat_penyajian": "tingkat_penyajian_dataset",
        "metode_pengumpulan": "cara_pengumpulan_data", "klasifikasi_akses": "klasifikasi_akses",
        "mengandung_data_pribadi": "data_pribadi", "license_id": "lisensi",
    }
    for dataset in whole.datasets:
        for field, name in lists.items():
            value = dataset.metadata.get(field)
            if value is not None:
                assert codes.is_code(name, value), (dataset.title, field, value)


def test_offices_keep_affairs_of_their_own(whole: City) -> None:
    shared = {"1.05", "1.06", "2.13"}
    for dataset in whole.datasets:
        office = whole.office[dataset.office_code]
        own = set(office.urusan) | (shared if office.kind in ("kecamatan", "kelurahan") else set())
        assert dataset.metadata["bidang_urusan"] in own, dataset.title


def test_closed_ones_give_their_reason(whole: City) -> None:
    closed = [d for d in whole.datasets if d.access != "terbuka"]
    waiting = [d for d in closed if d.metadata["alasan_pengecualian"] == "menunggu_penetapan"]
    assert 3 <= len(waiting) <= 15
    for dataset in waiting:
        start = dt.date.fromisoformat(dataset.metadata["jangka_waktu_mulai"])
        assert dt.timedelta(0) < whole.today - start < dt.timedelta(days=90)
    ends = [dt.date.fromisoformat(d.metadata["jangka_waktu_akhir"]) for d in closed]
    assert min(ends) > whole.today
    assert sum(end - whole.today <= dt.timedelta(days=45) for end in ends) >= 5


def test_restricted_ones_name_other_offices(whole: City) -> None:
    names = {office.name for office in whole.offices}
    for dataset in whole.datasets:
        if dataset.access == "terbatas":
            readers = set(dataset.metadata["opd_diizinkan"])
            assert readers
            assert readers <= names - {whole.office[dataset.office_code].name}
        else:
            assert "opd_diizinkan" not in dataset.metadata


def test_descriptions_explain_each_column_and_say_it_is_a_sample(whole: City) -> None:
    for dataset in whole.datasets:
        text = dataset.metadata["notes"]
        assert "bukan data resmi" in text
        for file in dataset.files:
            for column in resource_fields(dataset, file)["kamus_data"]:
                assert f"`{column['alias']}`" in text
