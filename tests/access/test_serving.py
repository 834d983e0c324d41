"""Uploaded files that a browser would run are handed out to be kept."""
from __future__ import annotations

from typing import Any

import pytest
from ckan.tests import factories

from .town import Town, call, upload

pytestmark = pytest.mark.usefixtures("strict")

#: A file's name, what is in it, and whether a browser may show it on the portal's address.
FILES = {
    "data.csv": (b"a,b\n1,2\n", True),
    "halaman.html": (b"<script>alert(1)</script>", False),
    "gambar.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", False),
    "halaman.xhtml": (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", False),
    "data.xml": (b"<a/>", False),
    "program.exe": (b"MZ", False),
    "tanpa-akhiran": (b"<html><script/></html>", False),
    "potret.png": (b"\x89PNG\r\n\x1a\n", True),
}


@pytest.mark.parametrize("name", FILES)
def test_what_a_browser_would_run_is_an_attachment(town: Town, app: Any, name: str) -> None:
    body, shown = FILES[name]
    dataset = town.shared("draft")
    resource = call(
        town["editor"], "resource_create", package_id=dataset["id"], upload=upload(name, body),
        url=name, name=name)
    token = factories.APIToken(user=town["editor"]["id"])["token"]
    answer = app.get(
        f"/dataset/{dataset['id']}/resource/{resource['id']}/download/{name}",
        headers={"Authorization": token})
    assert answer.data == body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment") is not shown
    assert ("sandbox" in answer.headers.get("Content-Security-Policy", "")) is not shown


def test_the_type_that_an_editor_writes_does_not_help(town: Town, app: Any) -> None:
    dataset = town.shared("draft")
    resource = call(
        town["editor"], "resource_create", package_id=dataset["id"],
        upload=upload("data.csv", b"<script>alert(1)</script>"), url="data.csv", name="CSV",
        mimetype="text/html")
    token = factories.APIToken(user=town["editor"]["id"])["token"]
    answer = app.get(
        f"/dataset/{dataset['id']}/resource/{resource['id']}/download/data.csv",
        headers={"Authorization": token})
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_other_pages_are_left_alone(app: Any) -> None:
    answer = app.get("/dataset/")
    assert "sandbox" not in answer.headers.get("Content-Security-Policy", "")
    assert "Content-Disposition" not in answer.headers
