"""What goes to Solr fits CKAN's Solr schema."""
from __future__ import annotations

from ckanext.satudata.schema import fields, index


def test_lists_become_facets() -> None:
    indexed = index.index_fields({
        "sumber_referensi": '["rpjmd", "spm"]', "extras_sumber_referensi": '["rpjmd", "spm"]'})
    assert indexed == {
        "vocab_sumber_referensi": ["rpjmd", "spm"],
        "extras_sumber_referensi": '["rpjmd", "spm"]',
    }


def test_an_empty_list_is_no_facet() -> None:
    assert index.index_fields({"opd_diizinkan": "[]"}) == {}


def test_long_texts_leave_the_string_field_and_stay_searchable() -> None:
    text = "panjang " * 10
    indexed = index.index_fields({"sds_definisi": text, "extras_sds_definisi": text})
    assert indexed == {"extras_sds_definisi": text}


def test_nothing_is_longer_than_a_solr_string_can_be() -> None:
    too_long = "é" * index.MAX_BYTES
    document = {f.name: too_long for f in fields.dataset_fields() if f.type == "text"}
    core = {"title": too_long}
    assert index.index_fields({**document, **core}) == core


def test_codes_and_what_is_not_ours_stay() -> None:
    document = {"topik": "budaya-agama", "klasifikasi_akses": "terbuka", "notes": "x" * 40000,
                "site_id": "default", "status_alur": "draf"}
    assert index.index_fields(document) == document
