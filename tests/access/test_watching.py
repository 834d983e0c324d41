"""That a sysadmin looked at what is closed is recorded; nobody else's looking is."""
from __future__ import annotations

from typing import Any

import pytest
from ckan.tests import factories

from ckanext.satudata.journal import events

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


def reads(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    found = events.history([("dataset", dataset["id"])])
    return [one for one in found if one["type"] == "dataset.read"]


def pages(dataset: dict[str, Any]) -> list[str]:
    resource = dataset["resources"][0]["id"]
    return [
        f"/dataset/{dataset['name']}",
        f"/dataset/{dataset['id']}/resource/{resource}/download/data.csv",
        f"/api/3/action/package_show?id={dataset['id']}",
        f"/api/3/action/resource_show?id={resource}",
    ]


def test_each_look_of_a_sysadmin_at_what_is_closed(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.with_file(klasifikasi_akses="tertutup", **CLOSED)
    token = factories.APIToken(user=town["sysadmin"]["id"])["token"]
    for number, page in enumerate(pages(dataset), start=1):
        assert app.get(page, headers={"Authorization": token}).status_code == 200
        assert len(reads(dataset)) == number, page
    app.post(
        "/api/3/action/package_show", json={"id": dataset["id"]}, headers={"Authorization": token})
    seen = reads(dataset)
    assert len(seen) == len(pages(dataset)) + 1
    assert {one["by"] for one in seen} == {town["sysadmin"]["id"]}
    assert {one["via"] for one in seen} == {"token"}


@pytest.mark.parametrize(("person", "klass"), [
    ("sysadmin", "terbuka"), ("editor", "tertutup"), ("walidata", "tertutup")])
def test_other_looks_are_not(town: Town, app: Any, person: str, klass: str) -> None:
    with uncommitted():
        dataset = town.with_file(
            klasifikasi_akses=klass, **(CLOSED if klass == "tertutup" else {}))
    token = factories.APIToken(user=town[person]["id"])["token"]
    for page in pages(dataset):
        assert app.get(page, headers={"Authorization": token}).status_code == 200
    assert reads(dataset) == []


def test_writing_is_not_cut_in_two(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.with_file(klasifikasi_akses="tertutup", **CLOSED)
    token = factories.APIToken(user=town["sysadmin"]["id"])["token"]
    answer = app.post(
        "/api/3/action/package_patch", json={"id": dataset["id"], "notes": "Diubah."},
        headers={"Authorization": token})
    assert answer.status_code == 200
    assert reads(dataset) == []
    assert call(town["editor"], "package_show", id=dataset["id"])["notes"] == "Diubah."
