"""What an office asks of the walidata: asked wherever it is needed, answered wherever it stands."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

from ckanext.satudata.access import lifecycle, submissions
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import events
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd.store import ensure

from .town import Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

STAGES = ("with_file", "submitted", "verified", "returned", "revoked")


def at(town: Town, stage: str) -> dict[str, Any]:
    """A dataset of a register in each state of the life."""
    with uncommitted():
        if stage in ("returned", "revoked"):
            dataset = town.submitted() if stage == "returned" else town.verified()
            action = "satudata_dataset_return" if stage == "returned" else "satudata_dataset_revoke"
            call(town["walidata"], action, id=dataset["id"], note="Keliru.",
                 content_hash=dataset["content_hash"])
        else:
            dataset = getattr(town, stage)()
    owed(town, dataset)
    return town.show(dataset)


def owed(town: Town, dataset: dict[str, Any], *, register: bool = True) -> Any:
    """Put a dataset onto this year's register, or give it an item derived from it."""
    by = Actor(None, CLI)
    obligations.link_many([
        (id, None) for id in obligations.all_of_dataset(dataset["id"])], by)
    [id] = obligations.create_many([(dataset["id"], obligations.Terms(
        title=dataset["title"], opd=ensure(town.office["id"]), frekuensi="tahunan",
        valid_from=city_today().replace(month=1, day=1), klasifikasi_akses="terbuka",
        register_year=city_today().year if register else None,
    ))], by)
    model.Session.commit()
    return id


def types(dataset: dict[str, Any]) -> list[str]:
    return [one["type"] for one in events.history([("dataset", dataset["id"])])]


@pytest.mark.parametrize("stage", STAGES)
def test_the_wish_to_delete_can_be_made_and_refused_in_every_state(town: Town, stage: str) -> None:
    dataset = at(town, stage)
    before = dataset["status_alur"]
    call(town["editor"], "package_delete", id=dataset["id"])
    assert submissions.require(dataset["id"]).requested == lifecycle.DELETE
    with pytest.raises(tk.ValidationError, match="note"):
        call(town["walidata"], "satudata_request_refuse", id=dataset["id"])
    call(town["walidata"], "satudata_request_refuse", id=dataset["id"], note="Masih wajib.")
    after = town.show(dataset)
    assert (after["state"], after["status_alur"]) == ("active", before)
    assert submissions.require(dataset["id"]).requested is None
    assert types(dataset)[-1] == "dataset.request_refused"


@pytest.mark.parametrize("stage", STAGES)
def test_granting_deletes_and_says_so(town: Town, stage: str) -> None:
    dataset = at(town, stage)
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="delete", note="Ganda.")
    call(town["walidata"], "satudata_request_grant", id=dataset["id"],
         content_hash=dataset["content_hash"])
    assert town.show(dataset)["state"] == "deleted"
    assert submissions.require(dataset["id"]).requested is None
    assert types(dataset)[-2:] == ["dataset.request_granted", "dataset.deleted"]


def test_deleting_what_the_office_asked_to_delete_grants_the_request(town: Town) -> None:
    dataset = at(town, "verified")
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="delete", note="Ganda.")
    asked = submissions.require(dataset["id"]).requested_by_event
    call(town["walidata"], "package_delete", id=dataset["id"])
    [granted] = [one for one in events.history([("dataset", dataset["id"])])
                 if one["type"] == "dataset.request_granted"]
    assert granted["data"] == {"request": asked, "what": "delete"}
    assert granted["by"] == town["walidata"]["id"]


@pytest.mark.parametrize("way", ["satudata_request_grant", "satudata_dataset_revoke"])
def test_granting_unpublishes(town: Town, way: str) -> None:
    dataset = at(town, "verified")
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="unpublish",
         note="Angka keliru.")
    assert town.show(dataset)["private"] is False
    call(town["walidata"], way, id=dataset["id"], content_hash=dataset["content_hash"],
         note="Sesuai permintaan.")
    after = town.show(dataset)
    assert (after["private"], after["status_alur"]) == (True, "dicabut")
    assert submissions.require(dataset["id"]).requested is None
    assert "dataset.request_granted" in types(dataset)


def test_a_verification_leaves_the_request_in_the_queue(town: Town) -> None:
    dataset = at(town, "submitted")
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="delete", note="Ganda.")
    call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
         content_hash=dataset["content_hash"])
    [entry] = [one for one in call(
        town["walidata"], "satudata_verification_queue", limit=100)["results"]
        if one["id"] == dataset["id"]]
    assert entry["requested"]["what"] == "delete"
    assert entry["requested"]["note"] == "Ganda."
    assert entry["requested"]["by"] == town["editor"]["id"]


def test_the_office_takes_its_request_back(town: Town) -> None:
    dataset = at(town, "verified")
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="unpublish", note="Uji.")
    call(town["admin"], "satudata_request_withdraw", id=dataset["id"])
    assert submissions.require(dataset["id"]).requested is None
    with pytest.raises(tk.ValidationError):
        call(town["walidata"], "satudata_request_grant", id=dataset["id"],
             content_hash=dataset["content_hash"])


@pytest.mark.parametrize(("what", "more", "field"), [
    ("delete", {}, "note"), ("delete", {"note": "  "}, "note"), ("burn", {"note": "x"}, "what"),
    ("unpublish", {"note": "x"}, "status_alur"),
])
def test_what_cannot_be_asked(town: Town, what: str, more: dict[str, str], field: str) -> None:
    dataset = town.shared("submitted")
    with pytest.raises(tk.ValidationError) as error:
        call(town["editor"], "satudata_request_create", id=dataset["id"], what=what, **more)
    assert field in error.value.error_dict
    assert submissions.require(dataset["id"]).requested is None


#: Who asks and takes back, who answers.
PEOPLE = {
    "editor": ("create", "withdraw"), "admin": ("create", "withdraw"),
    "parent_admin": ("create", "withdraw"), "member": (), "other_editor": (), "outsider": (),
    "walidata": ("grant", "refuse"), "koordinator": (), "pembina": (), "ppid": (),
    "sysadmin": ("create", "withdraw", "grant", "refuse"),
}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("verb", ["create", "withdraw", "grant", "refuse"])
def test_who_may_ask_and_answer(town: Town, person: str, verb: str) -> None:
    context: Any = {"user": town[person]["name"], "auth_user_obj": model.User.get(
        town[person]["id"])}
    dataset = town.shared("verified")
    may = True
    try:
        tk.check_access(f"satudata_request_{verb}", context, {"id": dataset["id"]})
    except tk.NotAuthorized:
        may = False
    assert may is (verb in PEOPLE[person])


# --- what goes with a dataset -------------------------------------------------------------------


def test_a_derived_item_ends_with_its_dataset_and_a_registers_stays_owed(town: Town) -> None:
    with uncommitted():
        derived, listed = town.with_file(), town.with_file()
    own, item = owed(town, derived, register=False), owed(town, listed)
    for dataset in (derived, listed):
        call(town["walidata"], "package_delete", id=dataset["id"])
    terms = obligations.latest([own, item])
    assert terms[own].valid_until == city_today()
    assert terms[item].valid_until is None


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_purged_dataset_leaves_no_link(town: Town, deleted_first: bool) -> None:
    with uncommitted():
        derived, listed = town.with_file(), town.with_file()
    own, item = owed(town, derived, register=False), owed(town, listed)
    for dataset in (derived, listed):
        if deleted_first:
            call(town["walidata"], "package_delete", id=dataset["id"])
        call(town["sysadmin"], "dataset_purge", id=dataset["id"])
    assert obligations.package_of(own) == (True, None)
    assert obligations.package_of(item) == (True, None)
    terms = obligations.latest([own, item])
    assert terms[own].valid_until == city_today()
    assert terms[item].valid_until is None
    assert types(derived)[-1] == "dataset.purged"


def test_a_deletion_that_fails_leaves_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = at(town, "verified")
    before = types(dataset)

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(model.Package, "delete", broken)
    with pytest.raises(RuntimeError):
        call(town["walidata"], "package_delete", id=dataset["id"])
    monkeypatch.undo()
    model.Session.commit()
    assert types(dataset) == before
    assert town.show(dataset)["state"] == "active"


def test_a_derived_item_is_named_while_its_dataset_is_public(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted()
    item = owed(town, dataset, register=False)

    def named() -> str:
        return obligations.latest([item])[item].klasifikasi_akses

    call(town["editor"], "package_patch", id=dataset["id"], notes="Disimpan sekali lagi.")
    assert named() == "tertutup", "it says what a submitted dataset says"
    call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
         content_hash=town.show(dataset)["content_hash"])
    assert named() == "terbuka"
    call(town["walidata"], "satudata_dataset_revoke", id=dataset["id"], note="Keliru.",
         content_hash=town.show(dataset)["content_hash"])
    assert named() == "tertutup"


def test_a_derived_item_goes_with_a_dataset_that_moves_by_itself(town: Town) -> None:
    with uncommitted():
        dataset = town.with_file()
    derived = owed(town, dataset, register=False)
    call(town["sysadmin"], "package_owner_org_update", id=dataset["id"],
         organization_id=town.third["id"])
    assert obligations.latest([derived])[derived].opd == ensure(town.third["id"])
    assert town.show(dataset)["owner_org"] == town.third["id"]
    assert types(dataset)[-1] == "dataset.moved"
