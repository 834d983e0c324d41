"""Submitting, verifying, returning, revoking: who, when, of what, and what is left of it."""
from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib import search

from ckanext.satudata.access import lifecycle, submissions
from ckanext.satudata.journal import events

from .town import CLOSED, Town, as_user, call, job, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

ACTIONS = {
    "submit": "satudata_dataset_submit", "withdraw": "satudata_dataset_withdraw",
    "verify": "satudata_dataset_verify", "return": "satudata_dataset_return",
    "revoke": "satudata_dataset_revoke", "unblock": "satudata_dataset_unblock",
}


def act(town: Town, person: str | None, event: str, dataset: dict[str, Any], **more: Any) -> Any:
    """An event with everything it needs, so that only person and state decide."""
    data = {"note": "Alasan.", "content_hash": town.show(dataset)["content_hash"], **more}
    return call(town[person] if person else None, ACTIONS[event], id=dataset["id"], **data)


def last_event(dataset: dict[str, Any]) -> dict[str, Any]:
    return events.history([("dataset", dataset["id"])])[-1]


# -- who -----------------------------------------------------------------------------------------

OFFICE = {"editor", "admin", "parent_admin", "sysadmin"}
VERIFIERS = {"walidata", "walidata2", "sysadmin"}
PEOPLE = (
    None, "outsider", "member", "editor", "admin", "parent_admin", "parent_editor", "other_member",
    "other_editor", "collaborator", "walidata", "koordinator", "pimpinan", "pembina", "ppid",
    "sysadmin",
)


@pytest.mark.parametrize(("event", "stage", "allowed"), [
    ("submit", "with_file", OFFICE),
    ("withdraw", "submitted", OFFICE),
    ("verify", "submitted", VERIFIERS),
    ("return", "submitted", VERIFIERS),
    ("revoke", "verified", VERIFIERS),
    ("unblock", "submitted", {"sysadmin"}),
])
def test_each_person_may_do_what_the_table_says(town: Town, event, stage, allowed) -> None:
    with uncommitted():
        for person in PEOPLE:
            dataset = town.shared(stage)
            if person in allowed:
                act(town, person, event, dataset)
                assert last_event(dataset)["type"] == lifecycle.EVENT_TYPES[event]
                del town.kept[stage]
            else:
                with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
                    act(town, person, event, dataset)
                assert town.show(dataset)["status_alur"] == dataset["status_alur"], person


def test_who_may_not_see_it_learns_that_there_is_none(town: Town) -> None:
    dataset = town.shared("submitted")
    for person in (None, "outsider", "other_editor"):
        user = town[person] if person else None
        with pytest.raises(tk.ObjectNotFound):
            call(user, "satudata_dataset_submit", id=dataset["id"])
        with pytest.raises(tk.ObjectNotFound):
            call(user, "satudata_history", id=dataset["id"])
    with pytest.raises(tk.ObjectNotFound):
        call(town["walidata"], "satudata_dataset_verify", id="no-such", content_hash="x")


# -- when ----------------------------------------------------------------------------------------


def in_state(town: Town, state: str) -> dict[str, Any]:
    with uncommitted():
        if state == lifecycle.DRAF:
            return town.with_file()
        if state == lifecycle.DIAJUKAN:
            return town.submitted()
        if state == lifecycle.TERVERIFIKASI:
            return town.verified()
        if state == lifecycle.DIKEMBALIKAN:
            return act(town, "walidata", "return", town.submitted())
        return act(town, "walidata", "revoke", town.verified())


@pytest.mark.parametrize("state", lifecycle.STATES)
def test_each_event_happens_where_the_table_says(town: Town, state: str) -> None:
    who = {"submit": "editor", "withdraw": "editor", "unblock": "sysadmin"}
    dataset = in_state(town, state)
    for event in ACTIONS:
        rows = lifecycle.transitions(state, event)
        person = who.get(event, "walidata2")
        possible = [row for row in rows if lifecycle.SOMETHING_TO_CHECK not in row.guards]
        with uncommitted():
            if possible:
                after = act(town, person, event, dataset)
                assert after["status_alur"] == possible[0].target
                assert after["hasil_pemeriksaan"] == lifecycle.RESULTS[possible[0].target]
                assert last_event(dataset)["data"]["from"] == state
                dataset = in_state(town, state)
            else:
                with pytest.raises(tk.ValidationError) as caught:
                    act(town, person, event, dataset)
                assert "status_alur" in caught.value.error_dict
                assert town.show(dataset)["status_alur"] == state


# -- of what -------------------------------------------------------------------------------------


def test_what_is_missing_is_said_field_by_field(town: Town) -> None:
    dataset = town.draft(notes="", bidang_urusan="", klasifikasi_akses="")
    with pytest.raises(tk.ValidationError) as caught:
        call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    missing = call(town["editor"], "satudata_metadata_check", id=dataset["id"])["missing"]
    assert set(caught.value.error_dict) == {one["field"] for one in missing}
    assert {"notes", "bidang_urusan", "klasifikasi_akses"} <= set(caught.value.error_dict)
    assert all(isinstance(words, list) and words for words in caught.value.error_dict.values())
    assert town.show(dataset)["status_alur"] == "draf"


def test_a_verification_is_of_what_was_looked_at(town: Town) -> None:
    dataset = town.submitted()
    for event in ("verify", "return"):
        for sent in ({"content_hash": "0" * 64}, {"content_hash": ""}):
            with pytest.raises(tk.ValidationError) as caught:
                act(town, "walidata", event, dataset, **sent)
            assert "content_hash" in caught.value.error_dict
    call(town["editor"], "package_patch", id=dataset["id"], notes="Diubah sesudah dilihat.")
    with pytest.raises(tk.ValidationError) as caught:
        call(
            town["walidata"], "satudata_dataset_verify", id=dataset["id"],
            content_hash=dataset["content_hash"],
        )
    assert "content_hash" in caught.value.error_dict
    after = act(town, "walidata", "verify", dataset)
    assert after["private"] is False
    seen = last_event(dataset)
    assert (seen["type"], seen["hash"]) == ("dataset.verified", after["content_hash"])
    row = submissions.get(dataset["id"])
    assert row and row.verified_hash == after["content_hash"]
    assert (row.authors, row.changed_fields, row.verified_class) == ((), (), "terbuka")


def test_the_hash_names_the_bytes_of_each_file(town: Town) -> None:
    from .town import upload

    dataset = town.submitted()
    resource = dataset["resources"][0]
    call(
        town["editor"], "resource_patch", id=resource["id"],
        upload=upload("data.csv", b"kode_wilayah,tahun,jumlah\n35.76.01,2026,13\n"))
    after = town.show(dataset)
    assert after["resources"][0]["url"] == resource["url"]
    assert after["content_hash"] != dataset["content_hash"]


@pytest.mark.parametrize("event", ["return", "revoke", "unblock"])
@pytest.mark.parametrize("note", ["", "   ", None])
def test_a_refusal_needs_its_reason(town: Town, event: str, note) -> None:
    dataset = town.shared("verified" if event == "revoke" else "submitted")
    with pytest.raises(tk.ValidationError) as caught:
        act(town, "sysadmin", event, dataset, note=note)
    assert "note" in caught.value.error_dict


# -- four eyes -----------------------------------------------------------------------------------


def test_the_submitter_does_not_verify(town: Town) -> None:
    with uncommitted():
        dataset = town.with_file("editor")
        call(town["sysadmin"], "satudata_dataset_submit", id=dataset["id"])
    with pytest.raises(tk.NotAuthorized):
        act(town, "sysadmin", "verify", dataset)
    assert act(town, "walidata", "verify", dataset)["private"] is False


@pytest.mark.parametrize("way", ["create", "metadata", "file"])
def test_whoever_wrote_does_not_verify_sysadmins_included(town: Town, way: str) -> None:
    with uncommitted():
        if way == "create":
            dataset = town.submitted("sysadmin")
        else:
            dataset = town.submitted("editor")
            change = {"notes": "Oleh sysadmin."}
            if way == "file":
                from .town import upload

                call(
                    town["sysadmin"], "resource_patch", id=dataset["resources"][0]["id"],
                    upload=upload("data.csv", b"a\n1\n"))
            else:
                call(town["sysadmin"], "package_patch", id=dataset["id"], **change)
    with pytest.raises(tk.NotAuthorized):
        act(town, "sysadmin", "verify", dataset)
    assert town.show(dataset)["status_alur"] == "diajukan"


def test_a_walidata_who_is_also_an_editor_does_not_verify_own_work(town: Town) -> None:
    call(
        town["sysadmin"], "organization_member_create", id=town.office["id"],
        username=town["walidata2"]["name"], role="editor")
    with uncommitted():
        dataset = town.submitted("walidata2")
    with pytest.raises(tk.NotAuthorized):
        act(town, "walidata2", "verify", dataset)
    call(
        town["sysadmin"], "organization_member_delete", id=town.office["id"],
        username=town["walidata2"]["name"])


def test_the_recorded_way_to_unblock(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted("sysadmin")
    after = act(town, "sysadmin", "unblock", dataset, note="Walidata sedang cuti bersama.")
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    seen = last_event(dataset)
    assert seen["type"] == "dataset.unblocked"
    assert seen["note"] == "Walidata sedang cuti bersama."
    assert seen["by"] == town["sysadmin"]["id"]


def test_a_new_version_forgets_old_authors(town: Town) -> None:
    dataset = town.verified("editor")
    call(town["editor2"], "package_patch", id=dataset["id"], notes="Versi baru.")
    row = submissions.get(dataset["id"])
    assert row and row.authors == (town["editor2"]["id"],)


# -- what is left of it --------------------------------------------------------------------------


def test_a_verified_change_is_no_longer_listed(town: Town) -> None:
    dataset = town.verified()
    call(town["editor"], "package_patch", id=dataset["id"], notes="Diperbaiki.")
    after = act(town, "walidata", "verify", dataset)
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    row = submissions.get(dataset["id"])
    assert row and row.changed_fields == ()
    with pytest.raises(tk.ValidationError):
        act(town, "walidata", "verify", dataset)


@pytest.mark.parametrize("klass", ["terbatas", "tertutup"])
def test_a_verified_closed_dataset_stays_private(town: Town, klass: str) -> None:
    dataset = town.verified(
        klasifikasi_akses=klass, opd_diizinkan=[town.other["name"]], **CLOSED)
    assert (dataset["private"], dataset["status_alur"]) == (True, "terverifikasi")
    found = call(
        town["sysadmin"], "package_search", fq=f'status_alur:terverifikasi id:"{dataset["id"]}"',
        include_private=True)
    assert found["count"] == 1
    assert found["results"][0]["status_alur"] == "terverifikasi"


def test_a_revoked_dataset_is_private_at_once_and_can_come_again(town: Town) -> None:
    dataset = town.verified()
    after = act(town, "walidata", "revoke", dataset)
    assert (after["private"], after["status_alur"]) == (True, "dicabut")
    assert call(None, "package_search", fq=f'id:"{dataset["id"]}"')["count"] == 0
    with uncommitted():
        call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    assert act(town, "walidata", "verify", dataset)["private"] is False


@pytest.mark.usefixtures("warn")
def test_where_the_portal_warns_a_verification_opens_and_a_revocation_closes(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted(private=True)
    assert act(town, "walidata", "verify", dataset)["private"] is False
    assert act(town, "walidata", "revoke", dataset)["private"] is True


def test_the_index_says_what_the_database_says(town: Town) -> None:
    dataset = town.with_file()
    for event, person in (("submit", "editor"), ("withdraw", "editor"), ("submit", "editor"),
                          ("return", "walidata"), ("submit", "editor"), ("verify", "walidata")):
        after = act(town, person, event, dataset)
        found = tk.get_action("package_search")({"ignore_auth": True}, {
            "fq": f'id:"{dataset["id"]}" AND status_alur:{after["status_alur"]}',
            "include_private": True, "facet.field": ["status_alur"],
        })
        assert found["count"] == 1, event
        shown = town.show(dataset)
        for key in ("status_alur", "hasil_pemeriksaan", "content_hash", "private"):
            assert found["results"][0][key] == shown[key] == after[key], (event, key)
        assert found["search_facets"]["status_alur"]["items"][0]["name"] == after["status_alur"]


def test_nothing_of_persons_or_notes_is_in_the_dataset(town: Town) -> None:
    dataset = town.submitted()
    act(town, "walidata", "return", dataset, note="Rahasia kantor: perbaiki judul.")
    found = tk.get_action("package_search")({"ignore_auth": True}, {
        "fq": f'id:"{dataset["id"]}"', "include_private": True,
        "fl": ["id", "data_dict", "validated_data_dict"],
    })
    text = str(found["results"]) + str(town.show(dataset))
    assert "Rahasia kantor" not in text
    assert town["walidata"]["id"] not in text


def test_a_failing_index_leaves_everything_as_it_was(town: Town, monkeypatch) -> None:
    from ckan.lib.search import SearchIndexError

    from ckanext.satudata.access import index

    dataset = town.with_file()

    def broken(package_id: str) -> None:
        raise SearchIndexError("Solr is away")

    monkeypatch.setattr(index, "refresh", broken)
    with pytest.raises(SearchIndexError):
        call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    model.Session.rollback()
    monkeypatch.undo()
    assert town.show(dataset)["status_alur"] == "draf"
    assert last_event(dataset)["type"] == "dataset.created"


# -- history -------------------------------------------------------------------------------------


def test_history_is_for_those_whom_the_table_names(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted()
        act(town, "walidata", "return", dataset, note="Judul belum sesuai.")

    def notes(person: str) -> list[Any]:
        found = call(town[person], "satudata_history", id=dataset["id"])
        return [one["note"] for one in found if one["object"] == "dataset"]

    for person in ("member", "editor", "admin", "parent_admin", "walidata2", "sysadmin"):
        assert notes(person)[-1] == "Judul belum sesuai.", person
    for person in ("koordinator", "pimpinan"):
        assert len(notes(person)) == 3, person
        assert set(notes(person)) == {None}, person
    assert notes("pembina") == []
    for person in ("outsider", "other_editor", "ppid"):
        with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
            notes(person)


def test_history_has_the_fields_of_the_contract(town: Town) -> None:
    dataset = town.shared("verified")
    found = [one for one in call(town["editor"], "satudata_history", id=dataset["name"])
             if one["object"] == "dataset"]
    assert [one["type"] for one in found] == [
        "dataset.created", "dataset.submitted", "dataset.verified"]
    for one in found:
        assert {"seq", "type", "object", "id", "happened_at", "recorded_at", "by", "via", "note",
                "hash"} <= set(one)
        assert one["id"] == dataset["id"]
    assert [one["seq"] for one in found] == sorted(one["seq"] for one in found)
    assert found[-1]["hash"] == dataset["content_hash"]
    # The public sees the dataset and not its history.
    with pytest.raises(tk.NotAuthorized):
        call(None, "satudata_history", id=dataset["id"])


# -- the queue -----------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_with_its_checks(town: Town) -> None:
    dataset = town.submitted()
    found = call(
        town["walidata"], "satudata_verification_queue", organization=town.office["name"],
        limit=100)
    one = next(one for one in found["results"] if one["id"] == dataset["id"])
    checks = call(town["walidata"], "satudata_metadata_check", id=dataset["id"])
    assert checks.items() <= one["checks"].items()
    assert one["content_hash"] == dataset["content_hash"]
    assert one["submitted_by"] == town["editor"]["id"]
    assert one["may_decide"] is True
    assert found["count"] == len(found["results"])
    times = [one["submitted_at"] for one in found["results"] if one["status_alur"] == "diajukan"]
    assert times == sorted(times)


def test_the_queue_has_what_the_index_lacks_or_knows_as_it_was(town: Town) -> None:
    """Nothing that waits is left out, and what is shown is what a decision would be about."""
    missing, stale = town.submitted(), town.submitted()
    search.clear(missing["id"])
    package: Any = model.Package.get(stale["id"])
    package.title = "Judul yang belum sampai ke indeks"
    package.metadata_modified += dt.timedelta(minutes=1)
    model.Session.commit()
    found = {
        one["id"]: one
        for one in call(town["walidata"], "satudata_verification_queue", limit=100)["results"]
    }
    for dataset in (missing, stale):
        now, shown = town.show(dataset), found[dataset["id"]]
        assert (shown["title"], shown["content_hash"]) == (now["title"], now["content_hash"])
        assert shown["checks"]["complete"]
    assert found[stale["id"]]["content_hash"] != stale["content_hash"]


def test_the_queue_is_paged_and_filtered(town: Town) -> None:
    for _ in range(2):
        town.submitted()
    count = call(town["walidata"], "satudata_verification_queue")["count"]
    assert count >= 2
    first = call(town["walidata"], "satudata_verification_queue", limit=1)
    second = call(town["walidata"], "satudata_verification_queue", limit=1, offset=1)
    assert first["count"] == second["count"] == count
    assert first["results"][0]["id"] != second["results"][0]["id"]
    other = call(
        town["walidata"], "satudata_verification_queue", organization=town.other["id"])
    assert other == {"count": 0, "results": []}
    assert call(town["walidata"], "satudata_verification_queue",
                assigned_to=town["walidata"]["id"])["count"] == 0
    for bad in ({"limit": -1}, {"offset": "x"}):
        with pytest.raises(tk.ValidationError):
            call(town["walidata"], "satudata_verification_queue", **bad)
    with pytest.raises(tk.ObjectNotFound):
        call(town["walidata"], "satudata_verification_queue", organization="no-such")


@pytest.mark.parametrize("person", ["editor", "koordinator", "pembina", "outsider"])
def test_the_queue_is_the_walidatas(town: Town, person: str) -> None:
    with pytest.raises(tk.NotAuthorized):
        call(town[person], "satudata_verification_queue")


def test_a_job_may_decide_and_is_recorded_as_one(town: Town) -> None:
    dataset = town.submitted()
    tk.get_action("satudata_dataset_verify")(
        job(), {"id": dataset["id"], "content_hash": dataset["content_hash"]})
    assert last_event(dataset)["type"] == "dataset.verified"


# -- assigning and commenting --------------------------------------------------------------------


def test_a_walidata_takes_a_case_and_gives_it_back(town: Town) -> None:
    dataset = town.submitted()
    def assign(person: str, user: str) -> None:
        tk.get_action("satudata_assign")(
            as_user(town[person]), {"id": dataset["id"], "user": town[user]["name"]})

    assign("walidata", "walidata2")

    def mine() -> list[str]:
        found = call(
            town["walidata"], "satudata_verification_queue", assigned_to=town["walidata2"]["id"])
        return [one["assigned_to"] for one in found["results"]]

    row = submissions.require(dataset["id"])
    assert row.assigned_to == town["walidata2"]["id"]
    assert mine() == [town["walidata2"]["id"]]
    call(town["walidata"], "satudata_assign", id=dataset["id"])
    assert submissions.require(dataset["id"]).assigned_to is None
    with pytest.raises(tk.ValidationError):
        assign("walidata", "editor")
    with pytest.raises(tk.NotAuthorized):
        assign("editor", "walidata")


def test_a_pembina_comments_and_sees_own_comments(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted()
    call(town["pembina"], "satudata_comment", id=dataset["id"], text="Konsep kurang jelas.",
         field="sds_konsep")
    seen = call(town["pembina"], "satudata_history", id=dataset["id"])
    assert [(one["note"], one["field"]) for one in seen] == [("Konsep kurang jelas.", "sds_konsep")]
    office = call(town["editor"], "satudata_history", id=dataset["id"])
    assert office[-1]["note"] == "Konsep kurang jelas."
    for bad in ({"text": " "}, {"text": "x", "field": "tidak_ada"}):
        with pytest.raises(tk.ValidationError):
            call(town["pembina"], "satudata_comment", id=dataset["id"], **bad)
    for person in ("editor", "walidata", "koordinator"):
        with pytest.raises(tk.NotAuthorized):
            call(town[person], "satudata_comment", id=dataset["id"], text="x")
    with uncommitted():
        closed = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    with pytest.raises(tk.ObjectNotFound):
        call(town["pembina"], "satudata_comment", id=closed["id"], text="x")
