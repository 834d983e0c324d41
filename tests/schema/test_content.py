"""The content hash changes with what a dataset says, and with nothing else."""
from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.schema import content, fields

from .records import complete_dataset, determination


def full() -> dict[str, Any]:
    return complete_dataset(
        tags=[{"name": "stunting", "id": "1"}, {"name": "balita", "id": "2"}],
        sumber_referensi=["rpjmd", "spm"], prioritas_tahun=["2025", "2026"], **determination())


HASH = content.content_hash(full())


@given(st.randoms())
def test_the_order_of_keys_tags_choices_and_files_says_nothing(chance: random.Random) -> None:
    dataset = full()
    dataset["resources"].append({"name": "Panduan", "url": "https://contoh.go.id/a.pdf"})
    before = content.content_hash(dataset)
    shuffled = copy.deepcopy(dataset)
    for name in ("tags", "sumber_referensi", "resources"):
        chance.shuffle(shuffled[name])
    keys = list(shuffled)
    chance.shuffle(keys)
    assert content.content_hash({key: shuffled[key] for key in keys}) == before


@pytest.mark.parametrize("nothing", [None, "", "  ", [], "[]"])
def test_an_empty_field_is_an_absent_one(nothing: Any) -> None:
    assert content.content_hash({**full(), "sds_referensi": nothing}) == HASH


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("private", True), ("status_alur", "terverifikasi"), ("content_hash", "x"),
        ("metadata_modified", "2026-01-01T00:00:00"), ("num_resources", 7), ("state", "draft"),
        ("id", "x"), ("organization", {"title": "Nama lain"}), ("extras", [{"key": "a"}]),
        ("groups", [{"name": "x"}]), ("isopen", True), ("license_title", "x"),
    ],
)
def test_what_the_portal_makes_is_no_content(name: str, value: Any) -> None:
    assert content.content_hash({**full(), name: value}) == HASH


@pytest.mark.parametrize(
    "name", ["hash", "size", "mimetype", "last_modified", "datastore_active", "created", "position"]
)
def test_technical_fields_of_a_file_are_no_content(name: str) -> None:
    dataset = full()
    dataset["resources"][0][name] = "anything"
    assert content.content_hash(dataset) == HASH


@pytest.mark.parametrize(
    "name",
    [f.name for f in fields.dataset_fields() if not f.computed and f.name != "tag_string"],
)
def test_every_field_that_a_person_fills_in_is_content(name: str) -> None:
    changed = {**full(), name: "sesuatu yang lain"}
    assert content.content_hash(changed) != HASH
    assert content.changed_fields(full(), changed) == (name,)


@pytest.mark.parametrize("name", content.RESOURCE_FIELDS)
def test_what_a_file_says_is_content(name: str) -> None:
    changed = full()
    changed["resources"][0][name] = "sesuatu yang lain"
    assert content.changed_fields(full(), changed) == ("resources",)


def test_tags_are_content_however_they_are_given() -> None:
    by_string = full()
    del by_string["tags"]
    by_string["tag_string"] = "balita, stunting,"
    assert content.content_hash(by_string) == HASH
    by_string["tag_string"] = "balita"
    assert content.changed_fields(full(), by_string) == ("tag_string",)


def test_lists_are_the_same_stored_and_shown() -> None:
    stored = {**full(), "sumber_referensi": '["spm", "rpjmd"]', "prioritas_tahun": "[2026, 2025]"}
    stored["resources"][0]["kamus_data"] = (
        '[{"definisi": "Jumlah balita", "nama": "jumlah", "tipe_data": "integer", "satuan": ""}]')
    assert content.content_hash(stored) == HASH


def test_the_columns_of_a_dictionary_keep_their_order() -> None:
    one, two = {"nama": "a"}, {"nama": "b"}
    hashes = {
        content.content_hash({"resources": [{"kamus_data": order}]})
        for order in ([one, two], [two, one])
    }
    assert len(hashes) == 2


def test_the_address_of_an_upload_is_its_file_name() -> None:
    def dataset(url: str, url_type: str = "upload") -> dict[str, Any]:
        return {"resources": [{"url": url, "url_type": url_type}]}

    shown = "https://data.kota.go.id/dataset/1/resource/2/download/data%20tw2.csv"
    assert content.content_hash(dataset(shown)) == content.content_hash(dataset("data tw2.csv"))
    assert content.content_hash(dataset(shown, "")) != content.content_hash(dataset(shown))


def test_the_bytes_of_a_known_file_are_content() -> None:
    resource_id = full()["resources"][0]["id"]
    hashes = {
        content.content_hash(full(), files)
        for files in (None, {resource_id: "a" * 64}, {resource_id: "b" * 64})
    }
    assert len(hashes) == 3
    assert content.content_hash(full(), {"another": "a" * 64}) == HASH


def test_any_text_that_a_caller_may_send_can_be_hashed() -> None:
    for value in ("\ud800", "a\r\nb", 3.5, True, {"a": [1, None]}, b"bytes"):
        assert len(content.content_hash({"notes": value})) == 64
