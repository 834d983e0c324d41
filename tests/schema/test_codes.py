"""The code lists are whole, unambiguous, and understand what people write in sheets."""
from __future__ import annotations

import pytest

from ckanext.satudata.schema import codes

ALL = codes.list_names()


@pytest.mark.parametrize("name", ALL)
def test_every_list_has_values_with_labels_and_no_code_twice(name: str) -> None:
    entries = codes.code_list(name)
    assert entries
    assert len({entry.code for entry in entries}) == len(entries)
    assert all(entry.label_id and entry.label_en for entry in entries)


@pytest.mark.parametrize("name", ALL)
def test_each_code_alias_and_label_leads_back_to_its_code(name: str) -> None:
    for entry in codes.code_list(name):
        assert codes.is_code(name, entry.code)
        for spelling in (entry.code, *entry.aliases, entry.label_id):
            assert codes.normalise(name, spelling) == entry.code, spelling
            assert codes.normalise(name, f"  {spelling.upper()} ") == entry.code, spelling


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("klasifikasi_akses", "Publik", "terbuka"),
        ("klasifikasi_akses", "PRIVAT", "tertutup"),
        ("klasifikasi_akses", "dibagikan", "terbatas"),
        ("frekuensi", "Triwulan", "triwulanan"),
        ("frekuensi", "per-triwulan", "triwulanan"),
        ("frekuensi", "Quarterly", "triwulanan"),
        ("frekuensi", "Ad-hoc", "insidental"),
        ("frekuensi", "caturwulan", "empat_bulanan"),
        ("bidang_urusan", "1.01 - Pendidikan", "1.01"),
        ("bidang_urusan", 1.02, "1.02"),
        ("bidang_urusan", 2.1, "2.10"),
        ("peran_satu_data", "Wali Data Pembantu", "walidata_pendukung"),
        ("tingkat_penyajian_dataset", "Kelurahan/Desa", "kelurahan_desa"),
        ("alasan_pengecualian", "Pasal 17 huruf h", "kip17h"),
        ("subtopik_sdi", "kesehatan", "Kesehatan"),
        ("satuan", "%", "persen"),
        ("ya_tidak", 1, "1"),
    ],
)
def test_spellings_of_real_sheets_are_understood(name: str, text: object, code: str) -> None:
    assert codes.normalise(name, text) == code


@pytest.mark.parametrize("text", [None, "", "  ", "_", "sering", True, object()])
def test_what_means_nothing_is_none_and_never_a_guess(text: object) -> None:
    assert codes.normalise("frekuensi", text) is None


def test_a_code_is_exact_where_a_spelling_is_not() -> None:
    assert not codes.is_code("klasifikasi_akses", "Terbuka")
    assert not codes.is_code("klasifikasi_akses", None)
    assert codes.get("klasifikasi_akses", ["terbuka"]) is None


def test_an_unknown_list_is_an_error_not_an_empty_list() -> None:
    for ask in (codes.code_list, codes.is_open):
        with pytest.raises(codes.UnknownList):
            ask("opd_register")
    assert not codes.is_list("opd_register")


def test_labels_follow_the_language_and_fall_back_to_the_code() -> None:
    assert codes.label("klasifikasi_akses", "terbuka", "id") == "Terbuka"
    assert codes.label("klasifikasi_akses", "terbuka", "en_GB") == "Open"
    assert codes.label("klasifikasi_akses", "aneh") == "aneh"
    assert codes.label("klasifikasi_akses", None) == ""


def test_only_measures_and_units_allow_other_text() -> None:
    assert {name for name in ALL if codes.is_open(name)} == {"ukuran", "satuan"}


def test_frequencies_are_given_as_copies() -> None:
    first = codes.frequencies()
    assert [row["code"] for row in first[:2]] == ["sekali", "terus_menerus"]
    first[0]["code"] = "changed"
    assert codes.frequencies()[0]["code"] == "sekali"


def test_access_rules_name_the_evidence_for_closing() -> None:
    evidence = codes.access_rules()["private_evidence"]
    assert "alasan_pengecualian" in evidence["required"]
    assert [cls["code"] for cls in codes.access_rules()["classes"]] == [
        entry.code for entry in codes.code_list("klasifikasi_akses")
    ]
