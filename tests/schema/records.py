"""A dataset that lacks nothing, to take things from."""
from __future__ import annotations

from typing import Any


def complete_dataset(**changes: Any) -> dict[str, Any]:
    """An open dataset with every needed field and one file, changed as asked."""
    dataset: dict[str, Any] = {
        "type": "dataset",
        "title": "Jumlah balita stunting menurut kelurahan",
        "name": "jumlah-balita-stunting",
        "notes": "Jumlah balita stunting hasil penimbangan, menurut kelurahan.",
        "owner_org": "8d0d7cbb-0c43-4a3c-8b0f-0a2fbd8ec5d1",
        "license_id": "cc-by",
        "jenis_data": "statistik",
        "tipe_entri": "variabel",
        "kegiatan_statistik_ref": "kompilasi-data-gizi",
        "topik": "perlindungan-sosial-kesehatan",
        "bidang_urusan": "1.02",
        "tingkat_penyajian": "kelurahan_desa",
        "cakupan": "Kota Mojokerto",
        "kode_wilayah": "35.76",
        "dimensi_awal": "2021",
        "dimensi_akhir": "2026",
        "frekuensi": "triwulanan",
        "produsen_data": "Bidang Kesehatan Masyarakat",
        "penanggung_jawab": "Kepala Bidang Kesehatan Masyarakat",
        "kontak_produsen": "dinkes@example.go.id",
        "sds_konsep": "Stunting",
        "sds_definisi": "Balita dengan panjang badan di bawah minus dua simpangan baku.",
        "sds_klasifikasi": "Kelurahan",
        "sds_ukuran": "jumlah",
        "sds_satuan": "orang",
        "klasifikasi_akses": "terbuka",
        "mengandung_data_pribadi": "anonim",
        "resources": [{
            "id": "f0a8f6b6-2f9e-4f5d-9d46-0d7f7e0f4d11",
            "name": "Triwulan II 2026",
            "format": "CSV",
            "periode": "2026-TW2",
            "jenis_berkas": "data",
            "kamus_data": [{"nama": "jumlah", "definisi": "Jumlah balita", "tipe_data": "integer"}],
        }],
    }
    dataset.update(changes)
    return {key: value for key, value in dataset.items() if value is not None}


def determination(**changes: Any) -> dict[str, Any]:
    """The fields of a PPID's determination, changed as asked."""
    evidence: dict[str, Any] = {
        "alasan_pengecualian": "kip17h",
        "uraian_alasan": "Membuka data ini mengungkap riwayat kesehatan orang.",
        "dasar_hukum_pengecualian": "UU 14/2008 Pasal 17 huruf h",
        "nomor_uji_konsekuensi": "12/PPID/2026",
        "tanggal_uji_konsekuensi": "2026-02-01",
        "pejabat_ppid": "Kepala Dinas Komunikasi dan Informatika",
        "jangka_waktu_mulai": "2026-02-01",
        "jangka_waktu_akhir": "2028-02-01",
        "tanggal_tinjau_ulang": "2027-01-15",
    }
    evidence.update(changes)
    return evidence
