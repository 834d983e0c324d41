"""Rows of the DataStore: nobody publishes by them what nobody has looked at."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

from ckanext.satudata.access import submissions
from ckanext.satudata.access.inspection import store
from ckanext.satudata.journal import work

from .inspection.looking import look
from .inspection.numbers import niks
from .town import Town, as_user, call, job

STRICT = pytest.mark.usefixtures("strict")
WARN = pytest.mark.usefixtures("warn")

CLEAN = [{"kode_wilayah": f"35.76.0{number}", "jumlah": number * 3} for number in (1, 2, 3)]
NIKS = [{"nik": one, "jumlah": "1"} for one in niks(6)]
NIK_FIELDS = [{"id": "nik", "type": "text"}, {"id": "jumlah", "type": "text"}]
FIELDS = [{"id": "kode_wilayah", "type": "text"}, {"id": "jumlah", "type": "int"}]


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue(request.param)
    return request.param


def rows_in(context: dict[str, Any], dataset: dict[str, Any], records: Any = CLEAN) -> str:
    """Rows that are no file's, in a resource of their own; its id."""
    return tk.get_action("datastore_create")(context, {
        "resource": {"package_id": dataset["id"], "name": "Baris", "format": "CSV",
                     "periode": "2025", "jenis_berkas": "data"},
        "records": list(records), "fields": NIK_FIELDS if records is NIKS else FIELDS,
    })["resource_id"]


def with_rows(town: Town, stage: str, **more: Any) -> tuple[dict[str, Any], str]:
    """A dataset of rows in a stage of its life, and the id of its resource."""
    dataset = town.draft(**more)
    id = rows_in(as_user(town["editor"]), dataset)
    if stage != "draft":
        dataset = call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    if stage == "verified":
        dataset = verify(town, dataset)
    return town.show(dataset), id


def verify(town: Town, dataset: dict[str, Any], by: str = "walidata") -> dict[str, Any]:
    return call(
        town[by], "satudata_dataset_verify", id=dataset["id"],
        content_hash=town.show(dataset)["content_hash"])


def written(context: dict[str, Any], id: str, action: str, records: Any = None) -> None:
    """One of the ways to change rows."""
    records = [{"kode_wilayah": "35.76.09", "jumlah": 1}] if records is None else records
    data: dict[str, Any] = {
        "create": {"records": records},
        "upsert": {"records": records, "method": "insert"},
        "delete": {"filters": {"jumlah": 3}},
    }[action]
    tk.get_action(f"datastore_{action}")(context, {"resource_id": id, "force": True, **data})


WRITES = ("create", "upsert", "delete")

#: Who may write which rows: (rows, stage, mode) and what each person gets.
MAY = {
    # Rows of their own, by whoever may edit; in strict, of what is public, a deposit.
    ("own", "draft", "strict"): {"editor": "done", "admin": "done", "sysadmin": "done"},
    ("own", "submitted", "strict"): {"editor": "done", "sysadmin": "done"},
    ("own", "verified", "strict"): {
        "editor": "deposit", "admin": "deposit", "sysadmin": "done"},
    ("own", "draft", "warn"): {"editor": "done"},
    ("own", "verified", "warn"): {"editor": "done", "sysadmin": "done"},
    # Rows of a file are the file's, whoever it is; a job loads them.
    ("file", "with_file", "strict"): {"editor": "file", "sysadmin": "file", "job": "done"},
    ("file", "with_file", "warn"): {"editor": "file", "sysadmin": "file", "job": "done"},
    ("file", "verified", "strict"): {"editor": "deposit", "sysadmin": "file", "job": "done"},
    ("file", "verified", "warn"): {"editor": "file", "job": "done"},
}
WORDS = {"deposit": "public and verified", "file": "upload it again"}


@pytest.mark.parametrize(
    ("rows", "stage", "mode"), MAY, indirect=["mode"], ids=["-".join(one) for one in MAY])
def test_who_may_write_rows(town: Town, rows: str, stage: str, mode: str) -> None:
    if rows == "own":
        dataset, id = with_rows(town, stage)
    else:
        dataset = getattr(town, stage)()
        id = dataset["resources"][0]["id"]
        tk.get_action("datastore_create")(
            job(), {"resource_id": id, "force": True, "fields": FIELDS, "records": list(CLEAN)})
    for person, expected in MAY[rows, stage, mode].items():
        for action in WRITES:
            context = job() if person == "job" else as_user(town[person])
            before = town.show(dataset)["content_hash"]
            if expected != "done":
                with pytest.raises(tk.ValidationError, match=WORDS[expected]):
                    written(context, id, action)
            else:
                written(context, id, action)
            after = town.show(dataset)
            # What a job loads is the file's; all other rows are content.
            changes = expected == "done" and rows == "own"
            assert (after["content_hash"] != before) is changes, (person, action)
            assert after["private"] is dataset["private"]
    for person in ("member", "other_editor", "outsider"):
        for action in WRITES:
            with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
                written(as_user(town[person]), id, action)


@STRICT
@pytest.mark.parametrize("with_another", [False, True], ids=["id", "both"])
@pytest.mark.parametrize("action", [*WRITES, "records_delete"])
def test_rows_are_guarded_by_whichever_name_their_table_is_called(
    town: Town, action: str, with_another: bool
) -> None:
    dataset, id = with_rows(town, "verified")
    own = with_rows(town, "draft")[1]
    data: dict[str, Any] = {
        "create": {"records": NIKS, "fields": NIK_FIELDS},
        "upsert": {"records": [{"jumlah": 1}], "method": "insert"},
    }.get(action, {"filters": {"jumlah": 3}})
    if with_another:
        # CKAN takes ``id`` then.
        data["resource_id"] = own
    with pytest.raises(tk.ValidationError, match=WORDS["deposit"]):
        call(town["editor"], f"datastore_{action}", id=id, force=True, **data)
    found = call(None, "datastore_search", resource_id=id)["records"]
    assert [one["jumlah"] for one in found] == [3, 6, 9]
    assert town.show(dataset)["content_hash"] == dataset["content_hash"]


@STRICT
def test_whichever_name_a_table_is_called_what_is_hidden_is_not_there(town: Town) -> None:
    id = with_rows(town, "draft")[1]
    for key in ("id", "resource_id"):
        for what in ("info", "search"):
            said = []
            for table in (id, "tidak-ada", "_table_metadata"):
                with pytest.raises(tk.ObjectNotFound) as refused:
                    call(None, f"datastore_{what}", **{key: table})
                said.append(refused.type)
            assert set(said) == {tk.ObjectNotFound}, (key, what)


@STRICT
def test_rows_are_looked_at_before_they_are_public(town: Town) -> None:
    dataset = town.draft()
    id = rows_in(as_user(town["editor"]), dataset, NIKS)
    call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    with pytest.raises(tk.ValidationError) as refused:
        verify(town, dataset)
    assert "nik" in str(refused.value.error_dict["personal_data"])
    assert town.show(dataset)["private"]
    call(town["editor"], "datastore_delete", resource_id=id)
    call(town["editor"], "datastore_create", resource_id=id, fields=FIELDS, records=CLEAN)
    assert not verify(town, dataset)["private"]
    kept = store.get(id)
    assert kept is not None and kept.status == store.DONE
    assert [one["rows"] for one in kept.tables] == [3]


@STRICT
def test_rows_that_change_after_a_look_are_not_verified_by_it(town: Town) -> None:
    dataset, id = with_rows(town, "submitted")
    seen = town.show(dataset)["content_hash"]
    written(as_user(town["editor2"]), id, "upsert")
    with pytest.raises(tk.ValidationError) as refused:
        call(town["walidata"], "satudata_dataset_verify", id=dataset["id"], content_hash=seen)
    assert "content_hash" in refused.value.error_dict
    row = submissions.require(dataset["id"])
    assert set(row.authors) == {town["editor"]["id"], town["editor2"]["id"]}
    verify(town, dataset)


@STRICT
def test_rows_of_what_is_verified_are_listed_and_need_four_eyes(town: Town) -> None:
    dataset, id = with_rows(town, "verified")
    written(as_user(town["sysadmin"]), id, "upsert")
    row = submissions.require(dataset["id"])
    assert row.changed_fields == ("resources",)
    last = call(town["editor"], "satudata_history", id=dataset["id"])[-1]
    assert (last["type"], last["changed"]) == ("dataset.edited", ["resources"])
    with pytest.raises(tk.NotAuthorized):
        verify(town, dataset, "sysadmin")
    assert submissions.require(verify(town, dataset)["id"]).changed_fields == ()


@pytest.mark.parametrize("mode", ["strict", "warn"], indirect=True)
def test_certain_rows_do_not_come_to_what_is_public(town: Town, mode: str) -> None:
    dataset, id = with_rows(town, "verified")
    for action in ("create", "upsert"):
        with pytest.raises(tk.ValidationError) as refused:
            written(as_user(town["sysadmin"]), id, action, NIKS)
        assert "nik" in str(refused.value.error_dict["records"])
    with pytest.raises(tk.ValidationError):
        rows_in(as_user(town["sysadmin"]), dataset, NIKS)
    after = town.show(dataset)
    assert after["content_hash"] == dataset["content_hash"]
    assert len(after["resources"]) == 1
    assert submissions.require(dataset["id"]).changed_fields == ()


@STRICT
def test_what_a_job_writes_into_public_rows_is_taken_back_if_it_must_be(town: Town) -> None:
    dataset, id = with_rows(town, "verified")
    call(town["sysadmin"], "datastore_create", resource_id=id, force=True,
         fields=[*FIELDS, {"id": "nik", "type": "text"}])
    written(job(), id, "upsert", NIKS)
    assert not town.show(dataset)["private"]
    look()
    after = town.show(dataset)
    assert (after["private"], after["status_alur"]) == (True, "dicabut")


@pytest.mark.parametrize("mode", ["strict", "warn"], indirect=True)
def test_words_about_columns_are_no_rows(town: Town, mode: str) -> None:
    dataset, id = with_rows(town, "verified")
    call(town["editor"], "datastore_create", resource_id=id, force=True, fields=[
        {**one, "info": {"label": "Judul"}} for one in FIELDS])
    assert town.show(dataset)["content_hash"] == dataset["content_hash"]


@STRICT
def test_rows_do_not_stay_behind_a_file_that_is_looked_at_in_their_place(town: Town) -> None:
    from .town import upload

    dataset, id = with_rows(town, "draft")
    with pytest.raises(tk.ValidationError) as refused:
        call(town["editor"], "resource_patch", id=id, upload=upload("data.csv"), url="data.csv",
             url_type="upload")
    assert "url" in refused.value.error_dict
    call(town["editor"], "resource_patch", id=id, name="Nama lain")
    whole = town.show(dataset)
    for one in whole["resources"]:
        del one["url_type"]
    tk.get_action("package_update")(as_user(town["editor"]), whole)
    [resource] = town.show(dataset)["resources"]
    assert (resource["name"], resource["url_type"]) == ("Nama lain", "datastore")


@STRICT
def test_rows_that_were_there_before_the_plugin_are_looked_at_when_they_are_verified(
    town: Town,
) -> None:
    dataset = town.draft()
    id = rows_in(as_user(town["editor"]), dataset, NIKS)
    store.forget(dataset["id"])
    submissions.forget_file(id)
    model.Session.commit()
    call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    with pytest.raises(tk.ValidationError, match="nik"):
        verify(town, dataset)


@STRICT
def test_a_call_that_ckan_refuses_changes_nothing(town: Town) -> None:
    dataset, id = with_rows(town, "submitted")
    for records in ([{"tidak_ada": 1}], "bukan daftar", [1]):
        with pytest.raises(tk.ValidationError):
            call(town["editor"], "datastore_upsert", resource_id=id, force=True,
                 method="insert", records=records)
    assert town.show(dataset)["content_hash"] == dataset["content_hash"]


@STRICT
def test_rows_that_a_process_wrote_before_it_ended_are_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, id = with_rows(town, "submitted")
    look()

    def end(package_id: str) -> None:
        raise SystemExit

    monkeypatch.setattr("ckanext.satudata.access.index.refresh", end)
    with pytest.raises(SystemExit):
        call(town["editor"], "datastore_upsert", resource_id=id, force=True, method="insert",
             records=[{"kode_wilayah": one, "jumlah": 1} for one in niks(6)])
    monkeypatch.undo()
    model.Session.remove()
    with pytest.raises(tk.ValidationError) as refused:
        verify(town, dataset)
    assert "personal_data" in refused.value.error_dict
    assert id in [one.key for one in work.pending()]


@STRICT
def test_the_service_that_loads_files_is_known_by_its_token(
    town: Town, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = town.with_file()
    tokens = [
        tk.get_action("api_token_create")(
            as_user(town["sysadmin"]), {"user": town["sysadmin"]["name"], "name": name})
        ["token"] for name in ("muat", "lain")
    ]
    monkeypatch.setitem(tk.config, "ckan.datapusher.api_token", tokens[0])
    data = {"resource_id": dataset["resources"][0]["id"], "force": True, "fields": FIELDS,
            "records": CLEAN}
    for token, status in zip(tokens, (200, 409), strict=True):
        answer = app.post(
            "/api/3/action/datastore_create", json=data, headers={"Authorization": token},
            status=status)
        assert answer.json["success"] is (status == 200)
    assert town.show(dataset)["content_hash"] == dataset["content_hash"]


@STRICT
@pytest.mark.parametrize("person", ["other_editor", "outsider", None])
def test_rows_for_what_is_hidden_are_answered_like_rows_for_nothing(
    town: Town, person: str | None
) -> None:
    dataset = town.draft()
    said = []
    for id in (dataset["id"], dataset["name"], "tidak-ada"):
        with pytest.raises(tk.ObjectNotFound) as refused:
            call(person and town[person], "datastore_create",
                 resource={"package_id": id, "name": "x"}, records=[{"a": 1}])
        said.append(str(refused.value))
    assert len(set(said)) == 1
