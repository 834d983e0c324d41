"""What a column's title says: numbers of persons, things to ask about, and what is neither."""
from __future__ import annotations

import pytest

from ckanext.satudata.access.inspection import headers
from ckanext.satudata.schema import codes

CERTAIN = {
    "NIK": "nik", "nik": "nik", "N.I.K": "nik", "N.I.K.": "nik", "No. KTP": "nik",
    "nomor_ktp": "nik", "NIK/No KTP": "nik", "No KTP / NIK": "nik", "NIK Kepala Keluarga": "nik",
    "nomor induk kependudukan": "nik", "e-KTP": "nik", "NIK (16 digit)": "nik",
    "No. KK": "nkk", "No.KK": "nkk", "no_kk": "nkk", "Nomor Kartu Keluarga": "nkk", "NKK": "nkk",
    "NIP": "nip", "nip pegawai": "nip", "NPWP": "npwp", "No. NPWP Pemilik": "npwp",
    "No Rekening": "rekening", "Nama Ibu Kandung": "ibu_kandung", "No. BPJS": "bpjs",
    "NISN Siswa": "nisn", "Nama dan NIK": "nik",
}
ASK = [
    "Nama", "nama_lengkap", "Nama Pemilik", "nama siswa", "Alamat", "alamat_rumah_tinggal",
    "Tanggal Lahir", "Tgl. Lahir", "tempat lahir", "Agama", "No. HP", "Telp", "Email", "E-mail",
    "Diagnosa", "gaji", "Golongan Darah",
]
NOTHING = [
    "jumlah_nik", "Jumlah Penduduk Wajib KTP", "kode_rekening", "Kode Rekening Belanja",
    "Persentase Kepemilikan KTP", "nama_kecamatan", "Nama Kelurahan", "Nama Sekolah",
    "nama jalan", "Alamat Kantor", "alamat_sekolah", "Telepon Kantor", "Nama Puskesmas",
    "teknik", "piknik", "kelompok", "komunikasi", "tahun", "jumlah_gaji", "satuan", "", "---",
    "Nama Barang", "unik", "jumlah penyakit menular", "kapal",
]


@pytest.mark.parametrize(("title", "kind"), CERTAIN.items())
def test_titles_that_name_a_number_of_a_person(title: str, kind: str) -> None:
    assert headers.read(title) == headers.Title(kind, certain=True)


@pytest.mark.parametrize("title", ASK)
def test_titles_that_only_ask(title: str) -> None:
    said = headers.read(title)
    assert said is not None and not said.certain


@pytest.mark.parametrize("title", NOTHING)
def test_titles_that_say_nothing_of_a_person(title: str) -> None:
    assert headers.read(title) is None


def test_every_word_of_the_rules_is_found_by_itself() -> None:
    rules = codes.access_rules()["sensitive_headers"]
    for word in rules["certain_if_values_fit"]:
        assert headers.read(word).certain, word  # type: ignore[union-attr]
    for word in rules["ask"]:
        assert not headers.read(word).certain, word  # type: ignore[union-attr]
    for word in rules["exceptions"]:
        assert headers.read(word) is None, word


def test_every_kind_has_words_for_people() -> None:
    own, rules = headers.facts(), codes.access_rules()["sensitive_headers"]
    assert set(own["kind_of_word"]) == set(rules["certain_if_values_fit"])
    kinds = {*own["kind_of_word"].values(), *own["ask_kinds"].values(), headers.HEADER}
    assert kinds <= set(own["labels"])
    assert set(own["also_written"]) <= set(own["kind_of_word"].values())
    assert {*own["ask_kinds"], *own["ask_also_written"]} <= set(rules["ask"])


@pytest.mark.parametrize(("title", "is_value"), [
    ("3576012304850002", True), ("081234567890", True), ("budi@contoh.com", True),
    ("3,57601E+15", True), ("35.7601.230485.0002", True), ("NIK", False), ("2024/2025", False),
    ("Tahun 2025", False), ("Jumlah (2024-2025)", False),
])
def test_a_title_that_is_a_value_is_known(title: str, is_value: bool) -> None:
    assert headers.is_value(title) is is_value
