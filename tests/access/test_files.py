"""What counts as a changed file, in the shapes in which CKAN's form and API send it."""
from __future__ import annotations

import hashlib
import io

import ckan.plugins.toolkit as tk
import pytest
from werkzeug.datastructures import FileStorage

from ckanext.satudata.access import files

HOST = "https://data.example.go.id/dataset/d1/resource/r1/download/"
UPLOADED = {"id": "r1", "url": HOST + "data.csv", "url_type": "upload"}
LINKED = {"id": "r2", "url": "https://example.com/data.csv", "url_type": ""}


def differs(old: list[dict], new: list[dict], uploads: tuple[int, ...] = ()) -> list | None:
    digests = {place: files.Digest("0", 0) for place in uploads}
    try:
        files.refuse_changes({"resources": old}, {"resources": new}, digests)
    except tk.ValidationError as error:
        return error.error_dict["resources"]
    return None


@pytest.mark.parametrize("new", [
    UPLOADED,
    {**UPLOADED, "url": "data.csv"},
    {**UPLOADED, "url": HOST.replace("https://data.example.go.id", "http://other/id") + "data.csv"},
    {**UPLOADED, "description": "lain", "name": "lain", "format": "XLSX", "hash": "x"},
])
def test_the_same_file_in_other_words(new) -> None:
    assert differs([UPLOADED], [new]) is None


@pytest.mark.parametrize("new", [
    {**UPLOADED, "url": "https://example.com/data.csv", "url_type": ""},
    {**UPLOADED, "url": "https://example.com/data.csv"},
    {**UPLOADED, "url": "other.csv"},
    {**UPLOADED, "url_type": None},
    {**UPLOADED, "clear_upload": "true"},
    {**UPLOADED, "id": "unknown"},
    {"url": "data.csv", "url_type": "upload"},
])
def test_another_file(new) -> None:
    assert differs([UPLOADED], [new])[0]["url"]


def test_links_are_compared_as_they_are() -> None:
    assert differs([LINKED], [dict(LINKED)]) is None
    assert differs([LINKED], [{**LINKED, "url": LINKED["url"] + "?v=2"}])
    assert differs([LINKED], [{**LINKED, "url_type": "upload"}])


def test_the_error_stands_where_it_belongs() -> None:
    errors = differs([UPLOADED, LINKED], [UPLOADED, {**LINKED, "url": "https://b"}])
    assert [bool(one) for one in errors] == [False, True]
    # CKAN's resource_delete looks at the last place.
    assert differs([UPLOADED, LINKED], [UPLOADED])[-1]["url"]
    assert differs([UPLOADED], [])[-1]["url"]
    assert differs([UPLOADED], [UPLOADED], uploads=(0,))[0]["url"]


def test_a_digest_leaves_the_file_at_its_beginning() -> None:
    body = b"a,b\n" * 700_000
    upload = FileStorage(io.BytesIO(body), filename="data.csv")
    upload.stream.seek(10)
    digest = files.digest(upload)
    assert digest == files.Digest(hashlib.sha256(body).hexdigest(), len(body))
    assert upload.stream.tell() == 0


@pytest.mark.parametrize(("resource", "link"), [
    ({"url": "https://example.com/a.csv"}, True),
    ({"url": "https://example.com/a.csv", "url_type": ""}, True),
    ({"url": HOST + "a.csv", "url_type": "upload"}, False),
    ({"url": "_datastore_only_resource", "url_type": "datastore"}, False),
    ({"url": ""}, False), ({}, False),
    ({"url": "a.csv", "upload": FileStorage(filename="a.csv")}, False),
])
def test_what_is_a_link(resource, link) -> None:
    assert files.is_link(resource) is link
