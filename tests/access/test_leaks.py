"""Ways out: what a reader may not see is on none of them, before and after it is closed."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories

from .town import CLOSED, Town, call, job, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "public_people")

#: A word that nothing else in the portal has.
WORD = "kzwarna"

STRANGERS = (None, "outsider", "third_member")


def marked(number: int) -> dict[str, Any]:
    """Every text of a dataset that could come out somewhere carries the word."""
    word = f"{WORD}{number}"
    return {
        "name": f"data-{word}", "title": f"Judul {word}", "notes": f"Catatan {word}",
        "tags": [{"name": f"tag-{word}"}], "produsen_data": f"Bidang {word}",
        "sds_konsep": f"Konsep {word}",
    }


@pytest.fixture
def hidden(town: Town) -> list[dict[str, Any]]:
    """One dataset for each reason for which strangers must not see one."""
    if "hidden" not in town.kept:
        with uncommitted():
            draft = town.with_file(**marked(1))
            waiting = town.submitted(**marked(2))
            closed = town.verified(**marked(3), klasifikasi_akses="tertutup", **CLOSED)
            once_public = town.verified(**marked(4))
            call(town["editor"], "package_patch", id=once_public["id"],
                 klasifikasi_akses="tertutup", **CLOSED)
            revoked = town.verified(**marked(5))
            call(town["walidata"], "satudata_dataset_revoke", id=revoked["id"], note="Keliru.",
                 content_hash=revoked["content_hash"])
            deleted = town.verified(**marked(6))
            call(town["walidata"], "package_delete", id=deleted["id"])
        town.kept["public"] = town.verified()
        town.kept["hidden"] = {
            "all": [draft, waiting, closed, once_public, revoked, deleted]}
    return [town.show(one) for one in town.kept["hidden"]["all"]]


def searches() -> Iterator[dict[str, Any]]:
    for more in ({}, {"include_private": True}, {"include_private": True, "include_drafts": True}):
        yield {"q": WORD + "*", **more}
        yield {"q": f"title:*{WORD}*", **more}
        yield {"fq": "status_alur:*", "rows": 100, **more}
        yield {"fq": "+state:*", "rows": 100, **more}
        yield {"fq": "capacity:private OR capacity:public", "rows": 100, **more}
        yield {"q": "*:*", "fl": "id,name,title,data_dict,validated_data_dict", "rows": 100, **more}
        yield {"facet.field": ["tags", "organization", "status_alur", "title_string"], **more}
        yield {"q": "*:*", "sort": "title_string asc", "rows": 100, **more}


@pytest.mark.parametrize("person", STRANGERS)
def test_search_in_every_way(town: Town, hidden: list[dict[str, Any]], person) -> None:
    user = town[person] if person else None
    for query in searches():
        found = call(user, "package_search", **query)
        assert WORD not in json.dumps(found), query
        assert found["count"] <= 1, query


ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("package_list", {}),
    ("current_package_list_with_resources", {"limit": 100}),
    ("resource_search", {"query": "name:Data"}),
    ("package_autocomplete", {"q": "Judul"}),
    ("package_autocomplete", {"q": WORD}),
    ("organization_list", {"all_fields": True, "include_dataset_count": True}),
    ("recently_changed_packages_activity_list", {"limit": 100}),
]


@pytest.mark.parametrize("person", STRANGERS)
@pytest.mark.parametrize(("action", "data"), ACTIONS)
def test_lists_of_the_api(town: Town, hidden: list[dict[str, Any]], person, action, data) -> None:
    user = town[person] if person else None
    found = json.dumps(call(user, action, **data))
    assert WORD not in found
    for dataset in hidden:
        assert dataset["id"] not in found


@pytest.mark.parametrize("person", STRANGERS)
def test_each_dataset_by_its_address(town: Town, hidden: list[dict[str, Any]], person) -> None:
    user = town[person] if person else None
    for dataset in hidden:
        resource = dataset["resources"][0]["id"]
        for action, data in (
            ("package_show", {"id": dataset["id"]}),
            ("package_show", {"id": dataset["name"]}),
            ("resource_show", {"id": resource}),
            ("resource_view_list", {"id": resource}),
            ("package_activity_list", {"id": dataset["id"]}),
            ("satudata_metadata_check", {"id": dataset["id"]}),
            ("satudata_history", {"id": dataset["id"]}),
        ):
            with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
                call(user, action, **data)


@pytest.mark.parametrize("person", STRANGERS)
def test_offices_and_people_count_what_is_public(
    town: Town, hidden: list[dict[str, Any]], person
) -> None:
    user = town[person] if person else None
    office = call(user, "organization_show", id=town.office["id"], include_datasets=True)
    assert WORD not in json.dumps(office)
    assert office["package_count"] == 1
    assert WORD not in json.dumps(
        call(user, "organization_activity_list", id=town.office["id"], limit=100))
    for maker in ("editor", "walidata"):
        shown = call(user, "user_show", id=town[maker]["id"], include_datasets=True)
        assert WORD not in json.dumps(shown, default=str)
        assert shown["number_created_packages"] == (1 if maker == "editor" else 0)
        stream = call(user, "user_activity_list", id=town[maker]["id"], limit=100)
        assert WORD not in json.dumps(stream)


def test_tables_of_hidden_files(town: Town, hidden: list[dict[str, Any]]) -> None:
    resource = hidden[0]["resources"][0]["id"]
    tk.get_action("datastore_create")(job(), {
        "resource_id": resource, "force": True, "fields": [{"id": WORD, "type": "text"}],
        "records": [{WORD: WORD}],
    })
    for person in STRANGERS:
        user = town[person] if person else None
        for action in ("datastore_search", "datastore_info"):
            with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
                call(user, action, id=resource, resource_id=resource)
    assert call(town["editor"], "datastore_search", resource_id=resource)["total"] == 1


def pages(town: Town) -> Iterator[str]:
    yield "/dataset/"
    yield f"/dataset/?q={WORD}"
    yield "/dataset/?_tags_limit=0&_organization_limit=0"
    yield f"/organization/{town.office['name']}"
    yield f"/organization/{town.office['name']}?q={WORD}"
    yield "/organization/"
    yield f"/organization/activity/{town.office['name']}"
    yield f"/user/{town['editor']['name']}"
    yield f"/user/activity/{town['editor']['name']}"
    yield "/feeds/dataset.atom"
    yield f"/feeds/organization/{town.office['name']}.atom"
    yield f"/feeds/custom.atom?q={WORD}"
    yield f"/api/2/util/dataset/autocomplete?incomplete={WORD}"
    yield f"/api/3/action/package_search?q={WORD}&include_private=true"
    yield "/"


@pytest.mark.parametrize("person", [None, "third_member"])
def test_pages_and_feeds(town: Town, hidden: list[dict[str, Any]], app: Any, person) -> None:
    headers = {}
    if person:
        headers = {"Authorization": factories.APIToken(user=town[person]["id"])["token"]}
    for page in pages(town):
        answer = app.get(page, headers=headers)
        assert answer.status_code < 500, page
        # The query itself may be said again.
        assert f"{WORD}1" not in answer.body, page
        for number in range(2, 7):
            assert f"{WORD}{number}" not in answer.body, page


@pytest.mark.parametrize("person", [None, "third_member"])
def test_pages_of_each_dataset(
    town: Town, hidden: list[dict[str, Any]], app: Any, person
) -> None:
    headers = {}
    if person:
        headers = {"Authorization": factories.APIToken(user=town[person]["id"])["token"]}
    for dataset in hidden:
        resource = dataset["resources"][0]["id"]
        for page in (
            f"/dataset/{dataset['id']}", f"/dataset/{dataset['name']}",
            f"/dataset/activity/{dataset['id']}",
            f"/dataset/{dataset['id']}/resource/{resource}",
            f"/dataset/{dataset['id']}/resource/{resource}/download/data.csv",
            f"/datastore/dump/{resource}",
        ):
            answer = app.get(page, headers=headers, follow_redirects=False)
            assert answer.status_code in (302, 403, 404), page
            assert "Judul" not in answer.body, page
            assert "kode_wilayah,tahun" not in answer.body, page


def test_who_may_read_the_file_gets_it(
    town: Town, hidden: list[dict[str, Any]], app: Any
) -> None:
    closed = hidden[2]
    resource = closed["resources"][0]["id"]
    address = f"/dataset/{closed['id']}/resource/{resource}/download/data.csv"
    for person, status in (("editor", 200), ("walidata", 200), ("member", 403),
                           ("koordinator", 403), ("sysadmin", 200)):
        token = factories.APIToken(user=town[person]["id"])["token"]
        answer = app.get(address, headers={"Authorization": token})
        assert (answer.status_code == 200) is (status == 200), person
        assert ("kode_wilayah" in answer.body) is (status == 200), person


def test_what_was_said_while_public_follows_the_dataset(town: Town) -> None:
    dataset = town.verified(title=f"Judul {WORD}9", name=f"data-{WORD}9")

    def streams(user: dict[str, Any] | None) -> str:
        return json.dumps([
            call(user, "recently_changed_packages_activity_list", limit=100),
            call(user, "user_activity_list", id=town["walidata"]["id"], limit=100),
            call(user, "organization_activity_list", id=town.office["id"], limit=100),
        ])

    assert f"{WORD}9" in streams(None)
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert f"{WORD}9" not in streams(None)
    assert f"{WORD}9" in streams(town["member"])


def test_tags_of_hidden_datasets_are_not_listed(
    town: Town, hidden: list[dict[str, Any]]
) -> None:
    for person in STRANGERS:
        user = town[person] if person else None
        for action, data in (
            ("tag_list", {}), ("tag_list", {"query": WORD}),
            ("tag_search", {"query": WORD}), ("tag_autocomplete", {"query": WORD}),
        ):
            assert WORD not in json.dumps(call(user, action, **data)), action
        with pytest.raises(tk.ObjectNotFound):
            call(user, "tag_show", id=f"tag-{WORD}3")
        assert "kesehatan" in call(user, "tag_list")
        assert call(user, "tag_search", query="keseh", limit=1)["count"] == 1
    assert f"tag-{WORD}3" in call(town["editor"], "tag_list")
    assert f"tag-{WORD}3" in call(town["editor"], "tag_autocomplete", query=f"tag-{WORD}", limit=9)


def test_every_hidden_dataset_is_private_in_the_database(
    town: Town, hidden: list[dict[str, Any]]
) -> None:
    model.Session.expire_all()
    for dataset in hidden:
        package = model.Package.get(dataset["id"])
        assert package is not None
        assert package.private, dataset["title"]


def test_what_other_offices_read_while_verified_goes_with_the_verification(town: Town) -> None:
    dataset = town.verified(
        title=f"Judul {WORD}8", name=f"data-{WORD}8", klasifikasi_akses="terbatas",
        opd_diizinkan=[town.other["name"]], **CLOSED)

    def stream() -> str:
        user = call(town["third_member"], "user_activity_list", id=town["editor"]["id"], limit=50)
        return json.dumps(user)

    call(town["editor"], "package_patch", id=dataset["id"], notes=f"Catatan {WORD}8")
    assert f"{WORD}8" in stream()
    call(town["walidata"], "satudata_dataset_revoke", id=dataset["id"], note="Keliru.",
         content_hash=town.show(dataset)["content_hash"])
    assert f"{WORD}8" not in stream()
