"""Who sees what, for every kind of person and dataset: search, show and file agree.

The expected answers are the table as ``test_reading`` writes it down.
"""
from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories

from ckanext.satudata.access import index, readers, submissions
from ckanext.satudata.access.reading import UNCLASSED, Reader, Sight
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people

from .test_reading import COLUMNS, ROWS
from .town import CLOSED, Town, as_user, call, job, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "collaborators")

#: What each person is to the datasets of the office; who is nothing reads as the public.
PEOPLE: dict[str | None, Reader] = {
    None: Reader.PUBLIC,
    "outsider": Reader.PUBLIC,
    "member": Reader.MEMBER,
    "editor": Reader.EDITOR,
    "admin": Reader.EDITOR,
    "parent_admin": Reader.EDITOR,
    "parent_editor": Reader.OTHER_OPD,
    "third_member": Reader.OTHER_OPD,
    "other_member": Reader.PERMITTED_OPD,
    "other_editor": Reader.PERMITTED_OPD,
    "collaborator": Reader.COLLABORATOR,
    "walidata": Reader.WALIDATA,
    "koordinator": Reader.KOORDINATOR,
    "pimpinan": Reader.PIMPINAN,
    "pembina": Reader.PEMBINA,
    "ppid": Reader.PPID,
}


def collaborate(town: Town, dataset: dict[str, Any]) -> None:
    call(
        town["sysadmin"], "package_collaborator_create", id=dataset["id"],
        user_id=town["collaborator"]["id"], capacity="editor")


def inherited(town: Town) -> dict[str, Any]:
    """A private dataset without a class, as one of before the plugin."""
    dataset = town.with_file(klasifikasi_akses="", private=True)
    collaborate(town, dataset)
    submissions.forget(dataset["id"])
    index.refresh(dataset["id"])
    model.Session.commit()
    return dataset


@pytest.fixture
def datasets(town: Town) -> dict[tuple[str, bool], dict[str, Any]]:
    """A dataset for each row of the table, made once."""
    if "terbuka" not in town.kept:
        for klass, verified in ROWS:
            if klass == UNCLASSED:
                town.kept[f"{klass} {verified}"] = inherited(town)
                continue
            more: dict[str, Any] = {"klasifikasi_akses": klass}
            if klass != "terbuka":
                more |= CLOSED
            if klass == "terbatas":
                more["opd_diizinkan"] = [town.other["name"]]
            dataset = town.verified(**more) if verified else town.with_file(**more)
            collaborate(town, dataset)
            town.kept[f"{klass} {verified}"] = dataset
        town.kept["terbuka"] = {}
    return {
        (klass, verified): town.show(town.kept[f"{klass} {verified}"]) for klass, verified in ROWS
    }


def user_of(town: Town, person: str | None) -> dict[str, Any] | None:
    return town[person] if person else None


def shows(user: dict[str, Any] | None, dataset: dict[str, Any]) -> bool:
    try:
        call(user, "package_show", id=dataset["id"])
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def finds(user: dict[str, Any] | None, dataset: dict[str, Any]) -> bool:
    return call(
        user, "package_search", fq=f'id:"{dataset["id"]}"', include_private=True)["count"] == 1


def reads_file(user: dict[str, Any] | None, dataset: dict[str, Any]) -> bool:
    resource = dataset["resources"][0]["id"]
    answers = set()
    for action, data in (
        ("resource_show", {"id": resource}), ("resource_view_list", {"id": resource}),
    ):
        try:
            call(user, action, **data)
        except (tk.NotAuthorized, tk.ObjectNotFound):
            answers.add(False)
        else:
            answers.add(True)
    assert len(answers) == 1, "resource_show and resource_view_list disagree"
    return answers.pop()


@pytest.mark.parametrize("person", PEOPLE)
def test_search_show_and_file_say_the_same_as_the_table(
    town: Town, datasets: dict[tuple[str, bool], dict[str, Any]], person: str | None
) -> None:
    user, kind = user_of(town, person), PEOPLE[person]
    for row, dataset in datasets.items():
        if kind is Reader.COLLABORATOR:
            sight = Sight.ALL if row[0] in ("terbuka", UNCLASSED) else Sight.NOTHING
        else:
            sight = ROWS[row][COLUMNS.index(kind)]
        seen = sight >= Sight.METADATA
        assert shows(user, dataset) is seen, (person, row, "show")
        assert finds(user, dataset) is seen, (person, row, "search")
        assert reads_file(user, dataset) is (sight is Sight.ALL), (person, row, "file")


def test_sysadmins_see_all(
    town: Town, datasets: dict[tuple[str, bool], dict[str, Any]]
) -> None:
    for dataset in datasets.values():
        assert shows(town["sysadmin"], dataset)
        assert finds(town["sysadmin"], dataset)
        assert reads_file(town["sysadmin"], dataset)


def test_facets_count_only_what_is_seen(
    town: Town, datasets: dict[tuple[str, bool], dict[str, Any]]
) -> None:
    for person, kind in PEOPLE.items():
        if kind is Reader.COLLABORATOR:
            continue
        seen = sum(
            ROWS[row][COLUMNS.index(kind)] >= Sight.METADATA for row in datasets)
        found = call(user_of(town, person), "package_search", include_private=True, **{
            "facet.field": ["organization", "status_alur", "klasifikasi_akses"],
        })
        assert found["count"] == seen, person
        classless = ROWS[UNCLASSED, False][COLUMNS.index(kind)] >= Sight.METADATA
        for name, facet in found["search_facets"].items():
            counted = seen - (classless if name == "klasifikasi_akses" else 0)
            assert sum(item["count"] for item in facet["items"]) == counted, (person, name)


@pytest.mark.parametrize(("person", "may"), [
    ("editor", True), ("collaborator", False), ("walidata", False), ("member", False)])
def test_who_may_edit_what_is_closed(
    town: Town, datasets: dict[tuple[str, bool], dict[str, Any]], person: str, may: bool
) -> None:
    closed, open_draft = datasets["tertutup", False], datasets["terbuka", False]
    theirs = may or person == "collaborator"
    for dataset, allowed in (
        (closed, may), (open_draft, theirs), (datasets[UNCLASSED, False], theirs),
    ):
        try:
            tk.check_access("package_update", as_user(town[person]), {"id": dataset["id"]})
        except (tk.NotAuthorized, tk.ObjectNotFound):
            assert not allowed, (person, dataset["name"])
        else:
            assert allowed, (person, dataset["name"])


@pytest.mark.parametrize("mode", ["strict", "warn"])
def test_what_was_private_before_the_plugin_keeps_its_readers_until_it_has_a_class(
    town: Town, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", mode)
    dataset = inherited(town)

    def seen(person: str) -> tuple[bool, bool, bool]:
        return (
            shows(town[person], dataset), finds(town[person], dataset),
            reads_file(town[person], dataset),
        )

    assert seen("member") == seen("collaborator") == (True, True, True)
    call(town["collaborator"], "package_patch", id=dataset["id"], title="Judul lain")
    assert seen("member") == seen("collaborator") == (True, True, True)
    call(
        town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert seen("member") == (True, True, False)
    assert seen("collaborator") == (False, False, False)


def test_what_is_made_without_a_class_is_closed(town: Town) -> None:
    dataset = town.with_file(klasifikasi_akses="")
    collaborate(town, dataset)
    assert shows(town["member"], dataset) and not reads_file(town["member"], dataset)
    assert not shows(town["collaborator"], dataset)


def test_a_role_ends_at_once(town: Town) -> None:
    dataset = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    user = factories.User()
    assert not shows(user, dataset) and not finds(user, dataset)
    people.grant(user["id"], people.WALIDATA, Actor(None, CLI))
    model.Session.commit()
    assert shows(user, dataset) and finds(user, dataset)
    people.revoke(user["id"], people.WALIDATA, Actor(None, CLI))
    model.Session.commit()
    assert not shows(user, dataset) and not finds(user, dataset)
    yesterday = city_today() - dt.timedelta(days=1)
    people.grant(
        user["id"], people.WALIDATA, Actor(None, CLI), valid_from=yesterday, valid_until=yesterday)
    model.Session.commit()
    assert not shows(user, dataset) and not finds(user, dataset)


def test_what_waits_to_be_opened_is_read_as_closed(town: Town) -> None:
    with uncommitted():
        dataset = town.verified(klasifikasi_akses="tertutup", **CLOSED)
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    assert not shows(town["pembina"], dataset) and not finds(town["pembina"], dataset)
    assert shows(town["koordinator"], dataset)
    assert not reads_file(town["koordinator"], town.show(dataset))


def test_a_deleted_dataset_is_for_its_office_and_the_walidata(town: Town) -> None:
    with uncommitted():
        dataset = town.draft()
    call(town["editor"], "package_delete", id=dataset["id"])
    for person in PEOPLE:
        expected = person in ("member", "editor", "admin", "parent_admin", "walidata")
        assert shows(user_of(town, person), dataset) is expected, person
        assert not finds(user_of(town, person), dataset)


def test_a_record_of_another_plugin_keeps_ckans_own_labels(town: Town) -> None:
    source = tk.get_action("package_create")(job(), {
        "name": "sumber-panen", "title": "Sumber", "type": "harvest",
        "owner_org": town.office["id"], "private": True,
    })
    package = model.Package.get(source["id"])
    assert package is not None
    assert f"member-{town.office['id']}" in readers.dataset_labels(package)
    assert not any("satudata" in label for label in readers.dataset_labels(package))
