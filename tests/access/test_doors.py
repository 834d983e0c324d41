"""Every door, as people who may and may not: nothing becomes public but by verification."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

from ckanext.satudata.access import submissions

from .town import CLOSED, Town, as_user, call, job, upload

STRICT = pytest.mark.usefixtures("strict")
WARN = pytest.mark.usefixtures("warn")


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> str:
    """A mode of the portal, by the name of its fixture."""
    request.getfixturevalue(request.param)
    return request.param


LINK = {"url": "https://example.com/data.csv", "name": "Tautan", "format": "CSV"}


def stored(dataset: dict[str, Any]) -> model.Package:
    """The record in the database."""
    model.Session.expire_all()
    package = model.Package.get(dataset["id"])
    assert package is not None
    return package


def row_of(dataset: dict[str, Any]) -> submissions.Submission:
    row = submissions.get(dataset["id"])
    assert row is not None
    return row


def events_of(town: Town, dataset: dict[str, Any]) -> list[str]:
    return [one["type"] for one in call(town["sysadmin"], "satudata_history", id=dataset["id"])
            if one["object"] == "dataset"]


def searched(dataset: dict[str, Any], user: dict[str, Any] | None = None) -> bool:
    """Whether a person finds the dataset by searching."""
    return call(
        user, "package_search", fq=f'id:"{dataset["id"]}"', include_private=True
    )["count"] == 1


# -- being born ----------------------------------------------------------------------------------


@STRICT
@pytest.mark.parametrize("asked", [{}, {"private": False}, {"private": "False"}, {"private": True}])
@pytest.mark.parametrize("person", ["editor", "sysadmin"])
def test_a_new_dataset_is_private_whoever_makes_it(town: Town, asked, person) -> None:
    dataset = town.draft(person, **asked)
    assert dataset["private"] is True
    assert dataset["status_alur"] == "draf"
    assert stored(dataset).private is True
    assert not searched(dataset)
    assert row_of(dataset).authors == (town[person]["id"],)


@STRICT
def test_jobs_and_imports_get_no_other_answer(town: Town) -> None:
    dataset = tk.get_action("package_create")(job(), {
        "name": "data-impor", "title": "Impor", "owner_org": town.office["id"], "private": False,
    })
    assert dataset["private"] is True
    assert row_of(dataset).status == "draf"


@STRICT
@pytest.mark.parametrize("computed", [
    {"status_alur": "terverifikasi"}, {"hasil_pemeriksaan": "sesuai"}, {"content_hash": "x"},
])
def test_computed_fields_are_ignored_when_sent(town: Town, computed) -> None:
    dataset = town.draft(**computed)
    assert (dataset["status_alur"], dataset["hasil_pemeriksaan"]) == ("draf", "belum")
    patched = call(town["editor"], "package_patch", id=dataset["id"], **computed)
    assert (patched["status_alur"], patched["hasil_pemeriksaan"]) == ("draf", "belum")
    assert patched["content_hash"] != "x"


@WARN
def test_where_the_portal_warns_the_caller_decides_about_what_is_not_closed(town: Town) -> None:
    assert town.draft(private=False)["private"] is False
    assert town.draft(private=True)["private"] is True
    assert town.draft(private=False, klasifikasi_akses="")["private"] is False
    for klass in ("terbatas", "tertutup"):
        assert town.draft(private=False, klasifikasi_akses=klass)["private"] is True


@STRICT
def test_statistical_activities_are_never_listed(town: Town) -> None:
    record = tk.get_action("package_create")(as_user(town["editor"]), {
        "name": "survei-harga", "title": "Survei", "type": "kegiatan",
        "owner_org": town.office["id"], "private": False,
    })
    assert record["private"] is True
    assert record["name"] not in call(None, "package_list")


# -- asking for public ---------------------------------------------------------------------------


def patch(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_patch", id=dataset["id"], private=False)


def revise(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_revise", match={"id": dataset["id"]}, update={"private": False})


def revise_flat(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_revise", match__id=dataset["id"], update__private=False)


def bulk(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(
        user, "bulk_update_public", datasets=[dataset["id"]], org_id=dataset["owner_org"])


ASKING = [patch, revise, revise_flat, bulk]


@STRICT
@pytest.mark.parametrize("door", ASKING)
@pytest.mark.parametrize("person", ["admin", "sysadmin"])
def test_asking_for_public_is_an_error_on_the_field(
    town: Town, door: Callable[..., None], person: str
) -> None:
    dataset = town.shared("submitted")
    with pytest.raises(tk.ValidationError) as caught:
        door(town[person], dataset)
    assert "private" in caught.value.error_dict
    assert stored(dataset).private is True
    assert not searched(dataset)


@WARN
@pytest.mark.parametrize("door", ASKING)
def test_what_is_closed_stays_closed_where_the_portal_warns(
    town: Town, door: Callable[..., None]
) -> None:
    dataset = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    with pytest.raises(tk.ValidationError) as caught:
        door(town["admin"], dataset)
    assert "private" in caught.value.error_dict
    assert stored(dataset).private is True


@WARN
@pytest.mark.parametrize("door", ASKING)
def test_what_is_open_is_published_where_the_portal_warns(
    town: Town, door: Callable[..., None]
) -> None:
    dataset = town.draft(private=True)
    door(town["admin"], dataset)
    assert stored(dataset).private is False
    assert searched(dataset)
    assert row_of(dataset).status == "draf"


@STRICT
@pytest.mark.parametrize("person", ["editor", "sysadmin"])
def test_a_whole_dict_says_private_in_vain(town: Town, person: str) -> None:
    dataset = town.with_file()
    whole = town.show(dataset) | {"private": False, "notes": "Diubah."}
    answer = tk.get_action("package_update")(as_user(town[person]), whole)
    assert answer["private"] is True
    assert answer["notes"] == "Diubah."
    public = town.verified()
    whole = town.show(public) | {"private": True, "notes": "Diubah."}
    answer = tk.get_action("package_update")(as_user(town[person]), whole)
    assert answer["private"] is False
    assert stored(public).private is False


@STRICT
def test_one_dataset_that_may_not_does_not_hold_up_the_others(town: Town) -> None:
    public, draft = town.verified(), town.draft()
    with pytest.raises(tk.ValidationError) as caught:
        call(
            town["admin"], "bulk_update_public", datasets=[public["id"], draft["id"]],
            org_id=town.office["id"],
        )
    assert draft["id"] in str(caught.value.error_dict["private"])
    assert public["id"] not in str(caught.value.error_dict["private"])


@STRICT
def test_nobody_edits_by_way_of_bulk_what_is_another_offices(town: Town) -> None:
    dataset = town.draft()
    call(
        town["sysadmin"], "bulk_update_delete", datasets=[dataset["id"]],
        org_id=town.other["id"],
    )
    assert stored(dataset).state == "active"
    with pytest.raises(tk.NotAuthorized):
        call(
            town["other_editor"], "bulk_update_private", datasets=[dataset["id"]],
            org_id=town.office["id"],
        )


# -- a file of what is public and verified ------------------------------------------------------


def new_resource(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("resource_create")(context, {"package_id": dataset["id"], **LINK})


def new_upload(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("resource_create")(
        context, {"package_id": dataset["id"], "upload": upload("baru.csv"), "url": "baru.csv"})


def other_file(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    resource = dataset["resources"][0]
    tk.get_action("resource_patch")(
        context, {"id": resource["id"], "upload": upload("data.csv", b"a,b\n1,2\n")})


def other_link(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("resource_update")(
        context, {**dataset["resources"][0], "url": LINK["url"], "url_type": ""})


def no_resource(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("resource_delete")(context, {"id": dataset["resources"][0]["id"]})


def whole_without(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("package_update")(context, {**dataset, "resources": []})


def revised(context: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("package_revise")(context, {
        "match": {"id": dataset["id"]}, "update__resources__extend": [dict(LINK)]})


FILES = [new_resource, new_upload, other_file, other_link, no_resource, whole_without, revised]


@STRICT
@pytest.mark.parametrize("door", FILES)
def test_a_file_of_what_is_public_is_deposited(town: Town, door: Callable[..., None]) -> None:
    dataset = town.shared("verified")
    with pytest.raises(tk.ValidationError) as caught:
        door(as_user(town["editor"]), dataset)
    assert "satudata_deposit_create" in str(caught.value.error_dict)
    after = town.show(dataset)
    assert [one["url"] for one in after["resources"]] == [
        one["url"] for one in dataset["resources"]]
    assert after["content_hash"] == dataset["content_hash"]
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    assert row_of(dataset).changed_fields == ()


@STRICT
@pytest.mark.parametrize("door", [new_upload, other_file])
def test_loader_jobs_are_free(town: Town, door: Callable[..., None]) -> None:
    dataset = town.verified()
    door(job(), dataset)
    after = town.show(dataset)
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    assert after["content_hash"] != dataset["content_hash"]
    assert row_of(dataset).changed_fields == ("resources",)


@WARN
@pytest.mark.parametrize("door", FILES)
def test_where_the_portal_warns_a_file_is_done_and_listed(
    town: Town, door: Callable[..., None]
) -> None:
    dataset = town.verified()
    door(as_user(town["editor"]), dataset)
    assert stored(dataset).private is False
    assert row_of(dataset).changed_fields == ("resources",)
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)
    assert dataset["id"] in [one["id"] for one in queue["results"]]


@STRICT
@pytest.mark.parametrize("door", [new_resource, new_upload, other_file, no_resource])
@pytest.mark.parametrize("stage", ["with_file", "submitted"])
def test_what_is_not_verified_yet_takes_files(
    town: Town, door: Callable[..., None], stage: str
) -> None:
    dataset = getattr(town, stage)()
    door(as_user(town["editor"]), dataset)
    assert town.show(dataset)["content_hash"] != dataset["content_hash"]


@STRICT
def test_rows_of_a_public_file_are_the_file(town: Town) -> None:
    dataset = town.verified()
    resource = dataset["resources"][0]["id"]
    rows: dict[str, Any] = {
        "resource_id": resource, "force": True, "fields": [{"id": "a", "type": "int"}],
        "records": [{"a": 1}],
    }
    with pytest.raises(tk.ValidationError, match="satudata_deposit_create"):
        call(town["editor"], "datastore_create", **rows)
    tk.get_action("datastore_create")(job(), dict(rows))
    for action, data in (
        ("datastore_upsert", {"method": "insert", "records": [{"a": 2}]}),
        ("datastore_delete", {"filters": {}}),
    ):
        with pytest.raises(tk.ValidationError, match="satudata_deposit_create"):
            call(town["editor"], action, resource_id=resource, force=True, **data)
    after = town.show(dataset)
    assert after["content_hash"] == dataset["content_hash"]
    assert (after["private"], row_of(dataset).changed_fields) == (False, ())


# -- class ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["strict", "warn"], indirect=True)
@pytest.mark.parametrize("door", ["package_patch", "package_update"])
def test_closing_works_at_once(town: Town, mode: str, door: str) -> None:
    dataset = town.verified()
    assert searched(dataset)
    change = {"klasifikasi_akses": "tertutup", **CLOSED}
    data = {"id": dataset["id"], **change} if door == "package_patch" else {**dataset, **change}
    after = tk.get_action(door)(as_user(town["editor"]), data)
    assert after["private"] is True
    assert stored(dataset).private is True
    assert not searched(dataset)
    assert after["status_alur"] == "terverifikasi"
    assert "dataset.closed" in events_of(town, dataset)
    assert "klasifikasi_akses" in row_of(dataset).changed_fields


@STRICT
def test_a_closure_may_wait_for_its_determination(town: Town) -> None:
    dataset = town.verified()
    after = call(
        town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup",
        alasan_pengecualian="menunggu_penetapan", uraian_alasan="Menunggu PPID.",
        pejabat_ppid="Kepala Diskominfo",
    )
    assert (after["private"], after["status_alur"]) == (True, "terverifikasi")


@STRICT
def test_a_closure_without_a_reason_is_private_and_not_verified(town: Town) -> None:
    dataset = town.verified()
    after = call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup")
    assert (after["private"], after["status_alur"]) == (True, "draf")
    with pytest.raises(tk.ValidationError) as caught:
        call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    assert "alasan_pengecualian" in caught.value.error_dict


@STRICT
def test_opening_waits_for_a_verification(town: Town) -> None:
    dataset = town.verified(klasifikasi_akses="tertutup", **CLOSED)
    assert dataset["private"] is True
    after = call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    assert (after["private"], after["status_alur"]) == (True, "diajukan")
    assert not searched(dataset)
    opened = call(
        town["walidata"], "satudata_dataset_verify", id=dataset["id"],
        content_hash=after["content_hash"],
    )
    assert (opened["private"], opened["status_alur"]) == (False, "terverifikasi")
    assert searched(dataset)


@STRICT
def test_closing_and_opening_again_waits_too(town: Town) -> None:
    dataset = town.verified()
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    after = call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    assert (after["private"], after["status_alur"]) == (True, "diajukan")
    assert not searched(dataset)


@STRICT
def test_a_whole_dict_without_a_class_neither_opens_nor_closes(town: Town) -> None:
    for klass, more, private in (("terbuka", {}, False), ("tertutup", CLOSED, True)):
        dataset = town.verified(klasifikasi_akses=klass, **more)
        whole = town.show(dataset)
        del whole["klasifikasi_akses"]
        tk.get_action("package_update")(as_user(town["editor"]), whole)
        assert stored(dataset).private is private


@STRICT
def test_what_is_not_open_holds_uploads_only(town: Town) -> None:
    with pytest.raises(tk.ValidationError) as caught:
        town.draft(klasifikasi_akses="tertutup", resources=[dict(LINK)])
    assert "url" in caught.value.error_dict["resources"][0]
    dataset = town.draft(klasifikasi_akses="terbatas", **CLOSED)
    with pytest.raises(tk.ValidationError) as caught:
        call(town["editor"], "resource_create", package_id=dataset["id"], **LINK)
    assert "url" in caught.value.error_dict


@STRICT
@pytest.mark.parametrize("before", ["terbuka", ""])
def test_closing_takes_the_links_with_it(town: Town, before: str) -> None:
    dataset = town.draft(resources=[dict(LINK)], klasifikasi_akses=before)
    after = call(
        town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert [one["url"] for one in after["resources"]] == [""]
    assert LINK["url"] not in str(town.show(dataset))
    assert "dataset.closed" in events_of(town, dataset)


# -- other metadata ------------------------------------------------------------------------------


@STRICT
@pytest.mark.parametrize("door", ["package_patch", "package_update", "package_revise"])
def test_other_metadata_are_done_and_listed(town: Town, door: str) -> None:
    dataset = town.verified()
    data = {
        "package_patch": {"id": dataset["id"], "notes": "Diperbaiki."},
        "package_update": {**town.show(dataset), "notes": "Diperbaiki."},
        "package_revise": {"match": {"id": dataset["id"]}, "update": {"notes": "Diperbaiki."}},
    }[door]
    tk.get_action(door)(as_user(town["editor2"]), data)
    after = town.show(dataset)
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    row = row_of(dataset)
    assert row.changed_fields == ("notes",)
    assert row.authors == (town["editor2"]["id"],)
    last = call(town["editor"], "satudata_history", id=dataset["id"])[-1]
    assert (last["type"], last["changed"]) == ("dataset.edited", ["notes"])
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)
    found = next(one for one in queue["results"] if one["id"] == dataset["id"])
    assert found["changed_fields"] == ["notes"]


@STRICT
def test_a_save_that_changes_nothing_says_nothing(town: Town) -> None:
    dataset = town.shared("verified")
    before = events_of(town, dataset)
    call(town["editor2"], "package_patch", id=dataset["id"], notes=dataset["notes"])
    tk.get_action("package_update")(as_user(town["editor2"]), town.show(dataset))
    assert events_of(town, dataset) == before
    row = row_of(dataset)
    assert (row.changed_fields, row.authors) == ((), ())


@STRICT
def test_technical_fields_are_not_content(town: Town) -> None:
    dataset = town.verified()
    tk.get_action("resource_patch")(job(), {
        "id": dataset["resources"][0]["id"], "hash": "abc", "mimetype": "text/plain", "size": 5,
    })
    after = town.show(dataset)
    assert after["content_hash"] == dataset["content_hash"]
    assert row_of(dataset).changed_fields == ()


# -- unpublishing and deleting -------------------------------------------------------------------


def unpublish(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_patch", id=dataset["id"], private=True)


def unpublish_in_bulk(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "bulk_update_private", datasets=[dataset["id"]], org_id=dataset["owner_org"])


def to_draft(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    tk.get_action("package_update")(as_user(user), {**dataset, "state": "draft"})


def delete(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_delete", id=dataset["id"])


def delete_by_patch(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "package_patch", id=dataset["id"], state="deleted")


def delete_in_bulk(user: dict[str, Any], dataset: dict[str, Any]) -> None:
    call(user, "bulk_update_delete", datasets=[dataset["id"]], org_id=dataset["owner_org"])


REQUESTS = [
    (unpublish, "unpublish"), (unpublish_in_bulk, "unpublish"), (to_draft, "unpublish"),
    (delete, "delete"), (delete_by_patch, "delete"), (delete_in_bulk, "delete"),
]


@STRICT
@pytest.mark.parametrize(("door", "what"), REQUESTS)
def test_taking_down_what_is_public_is_a_request(
    town: Town, door: Callable[..., None], what: str
) -> None:
    dataset = town.shared("verified")
    door(town["admin"], dataset)
    after = stored(dataset)
    assert (after.private, after.state) == (False, "active")
    assert searched(dataset)
    assert row_of(dataset).requested == what
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)
    found = next(one for one in queue["results"] if one["id"] == dataset["id"])
    assert found["requested"]["what"] == what
    assert found["requested"]["by"] == town["admin"]["id"]


@WARN
@pytest.mark.parametrize(("door", "what"), REQUESTS)
def test_where_the_portal_warns_it_is_done_with_an_event(
    town: Town, door: Callable[..., None], what: str
) -> None:
    dataset = town.verified()
    door(town["admin"], dataset)
    after = stored(dataset)
    assert after.private if what == "unpublish" and after.state == "active" else (
        after.state != "active")
    assert not searched(dataset)
    assert {"dataset.unpublished", "dataset.deleted"} & set(events_of(town, dataset))


@STRICT
def test_a_walidata_deletes_on_request(town: Town) -> None:
    dataset = town.verified()
    delete(town["editor"], dataset)
    delete(town["walidata"], dataset)
    after = stored(dataset)
    assert (after.state, after.private) == ("deleted", True)
    assert row_of(dataset).requested is None
    assert not searched(dataset)


@STRICT
def test_a_walidata_may_refuse_a_request_with_the_reason(town: Town) -> None:
    dataset = town.verified()
    unpublish(town["editor"], dataset)
    now = town.show(dataset)
    after = call(
        town["walidata"], "satudata_dataset_return", id=dataset["id"],
        content_hash=now["content_hash"], note="Tetap wajib diumumkan.",
    )
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    assert row_of(dataset).requested is None


@STRICT
def test_drafts_are_deleted_by_their_office(town: Town) -> None:
    dataset = town.draft()
    delete(town["editor"], dataset)
    assert stored(dataset).state == "deleted"
    assert "dataset.deleted" in events_of(town, dataset)


@STRICT
def test_a_sysadmin_who_unpublishes_is_told_to_revoke(town: Town) -> None:
    dataset = town.shared("verified")
    with pytest.raises(tk.ValidationError, match="satudata_dataset_revoke"):
        unpublish(town["sysadmin"], dataset)


@STRICT
def test_what_was_deleted_comes_back_as_it_stands(town: Town) -> None:
    dataset = town.verified()
    delete(town["walidata"], dataset)
    tk.get_action("package_patch")(
        as_user(town["sysadmin"]), {"id": dataset["id"], "state": "active"})
    # Its verification stands; what was looked at has not changed.
    assert stored(dataset).private is False


@STRICT
def test_purging_leaves_the_events(town: Town) -> None:
    from ckanext.satudata.journal import events

    dataset = town.verified()
    call(town["sysadmin"], "dataset_purge", id=dataset["id"])
    assert submissions.get(dataset["id"]) is None
    types = [one["type"] for one in events.history([("dataset", dataset["id"])])]
    assert types[-1] == "dataset.purged"


# -- moving --------------------------------------------------------------------------------------


@STRICT
def test_a_moved_dataset_has_the_readers_of_its_new_office(town: Town) -> None:
    dataset = town.draft()
    assert searched(dataset, town["member"])
    assert not searched(dataset, town["other_member"])
    tk.get_action("package_owner_org_update")(
        as_user(town["sysadmin"]), {"id": dataset["id"], "organization_id": town.other["id"]})
    assert not searched(dataset, town["member"])
    assert searched(dataset, town["other_member"])
    assert stored(dataset).private is True
    assert "dataset.moved" in events_of(town, dataset)


# -- before the plugin ---------------------------------------------------------------------------


def before_the_plugin(town: Town, private: bool, klass: str | None = None) -> dict[str, Any]:
    """A dataset as it would be without a row of ours."""
    dataset = town.verified() if not private else town.draft()
    if klass is None:
        tk.get_action("package_patch")(
            job(), {"id": dataset["id"], "klasifikasi_akses": ""})
    submissions.forget(dataset["id"])
    model.Session.commit()
    return dataset


@pytest.mark.parametrize("mode", ["strict", "warn"], indirect=True)
@pytest.mark.parametrize("klass", [None, "terbuka"])
def test_an_edit_hides_nothing_that_was_public_before(town: Town, mode: str, klass) -> None:
    dataset = before_the_plugin(town, private=False, klass=klass)
    row = row_of(dataset)
    assert (row.status, row.inherited) == ("terverifikasi", True)
    after = call(town["editor"], "package_patch", id=dataset["id"], title="Judul lain")
    assert after["private"] is False
    assert searched(dataset)
    row = row_of(dataset)
    assert (row.status, row.changed_fields) == ("terverifikasi", ("title",))


@STRICT
def test_what_was_private_before_is_a_draft(town: Town) -> None:
    dataset = before_the_plugin(town, private=True)
    assert row_of(dataset).status == "draf"
    assert town.show(dataset)["status_alur"] == "draf"


# -- one commit ----------------------------------------------------------------------------------


@STRICT
def test_when_a_save_fails_nothing_of_it_is_left(town: Town, monkeypatch) -> None:
    from ckanext.satudata.access import saving

    dataset = town.verified()
    before = events_of(town, dataset)

    class Broken:
        def before_dataset_saved(self, context, old, new):
            pass

        def after_dataset_saved(self, context, dataset):
            raise tk.ValidationError({"title": ["no"]})

    monkeypatch.setattr(saving, "STEPS", [*saving.STEPS, Broken()])
    with pytest.raises(tk.ValidationError):
        call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup")
    model.Session.rollback()
    monkeypatch.undo()
    after = town.show(dataset)
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    assert events_of(town, dataset) == before
    assert saving.KEY not in as_user(town["editor"])


@STRICT
def test_a_door_leaves_the_context_as_it_was(town: Town) -> None:
    dataset = town.with_file()
    context = as_user(town["editor"])
    tk.get_action("package_update")(context, {**town.show(dataset), "notes": "satu"})
    for key in ("satudata_save", "satudata_asked_private", "satudata_decided", "original_package"):
        assert key not in context
    # Nobody gets more by using a context twice: CKAN 2.11 leaves ignore_auth in it.
    public = town.shared("verified")
    context = as_user(town["editor"])
    tk.get_action("package_update")(context, {**town.show(dataset), "notes": "satu lagi"})
    assert not context["ignore_auth"]
    with pytest.raises(tk.ValidationError):
        tk.get_action("package_update")(context, {**public, "resources": []})
    # A context used twice does not carry the first dataset into the second save.
    context = as_user(town["editor"])
    tk.get_action("package_update")(context, {**town.show(dataset), "notes": "dua"})
    tk.get_action("package_update")(context, {**town.show(dataset), "notes": "tiga"})
    assert town.show(dataset)["notes"] == "tiga"


# -- what a walidata may do to another office's dataset ------------------------------------------


@STRICT
def test_a_walidata_closes_and_does_nothing_else(town: Town) -> None:
    dataset = town.verified()
    for change in (
        {"notes": "Oleh walidata."}, {"klasifikasi_akses": "tertutup", "notes": "Oleh walidata."},
        {"klasifikasi_akses": "terbuka"}, {"uraian_alasan": "Saja."},
    ):
        with pytest.raises(tk.NotAuthorized):
            call(town["walidata"], "package_patch", id=dataset["id"], **change)
    after = call(
        town["walidata"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert after["private"] is True
    with pytest.raises(tk.NotAuthorized):
        call(town["walidata"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    for person, refusal in (
        ("koordinator", tk.NotAuthorized), ("pembina", tk.ObjectNotFound),
        ("other_editor", tk.ObjectNotFound),
    ):
        with pytest.raises(refusal):
            call(town[person], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup")


@STRICT
@pytest.mark.parametrize("door", [delete, delete_by_patch, delete_in_bulk])
def test_what_an_office_owes_it_does_not_delete(
    town: Town, door: Callable[..., None], monkeypatch
) -> None:
    from ckanext.satudata.access import saving

    class Owed:
        def before_dataset_saved(self, context, old, new):
            pass

        def after_dataset_saved(self, context, dataset):
            pass

        def is_owed(self, package_id: str) -> bool:
            return True

    dataset = town.draft()
    monkeypatch.setattr(saving, "STEPS", [*saving.STEPS, Owed()])
    door(town["admin"], dataset)
    assert stored(dataset).state == "active"
    assert row_of(dataset).requested == "delete"
    delete(town["walidata"], dataset)
    assert stored(dataset).state == "deleted"


# -- how strict the portal is --------------------------------------------------------------------


@pytest.mark.parametrize(("datasets", "expected"), [(0, "strict"), (3, "warn")])
def test_a_portal_that_had_datasets_warns_until_told_otherwise(
    town: Town, monkeypatch, datasets: int, expected: str
) -> None:
    import sqlalchemy as sa

    from ckanext.satudata.access import policy

    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", "")
    model.Session.execute(sa.text(
        "INSERT INTO satudata_event (type, object_type, object_id, via, data) VALUES "
        "('portal.installed', 'portal', 'satudata', 'cli', jsonb_build_object('datasets', :n))"
    ), {"n": datasets})
    assert policy.enforcement() == expected
    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", "warn")
    assert policy.enforcement() == "warn"
    model.Session.rollback()
