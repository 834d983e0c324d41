"""Nothing with personal data in it becomes public, by whatever door; doubts are asked once."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from rq.timeouts import JobTimeoutException

from ckanext.satudata.access import index, lifecycle, submissions, taking_back
from ckanext.satudata.access.inspection import content, running, steps, store
from ckanext.satudata.access.inspection.columns import CERTAIN, Finding
from ckanext.satudata.access.inspection.content import Inspection
from ckanext.satudata.journal import events
from tests.access.town import CLOSED, Town, as_user, call, job, upload

from .looking import look
from .numbers import niks

pytestmark = pytest.mark.usefixtures("strict")

NIKS = ("nik,jumlah\n" + "".join(f"{one},1\n" for one in niks(6))).encode()
CLEAN = b"kode_wilayah,tahun,jumlah\n35.76.01,2026,13\n"
NAMES = b"nama,jumlah\nBudi,1\nAni,2\n"
UNREAD = b"%PDF-1.7\0\0"


def with_file(town: Town, body: bytes, by: str = "editor", **more: Any) -> dict[str, Any]:
    dataset = town.draft(by, **more)
    add(town, dataset, body, by)
    return town.show(dataset)


def add(town: Town, dataset: dict[str, Any], body: bytes, by: str = "editor") -> dict[str, Any]:
    return call(
        town[by], "resource_create", package_id=dataset["id"], upload=upload("data.csv", body),
        format="CSV", name="Data 2025", periode="2025", jenis_berkas="data", url="data.csv",
    )


def submitted(town: Town, body: bytes, **more: Any) -> dict[str, Any]:
    dataset = with_file(town, body, **more)
    return call(town["editor"], "satudata_dataset_submit", id=dataset["id"])


def verify(town: Town, dataset: dict[str, Any], by: str = "walidata") -> dict[str, Any]:
    return call(
        town[by], "satudata_dataset_verify", id=dataset["id"],
        content_hash=town.show(dataset)["content_hash"],
    )


def refused(town: Town, dataset: dict[str, Any]) -> str:
    with pytest.raises(tk.ValidationError) as error:
        verify(town, dataset)
    [words] = error.value.error_dict["personal_data"]
    assert town.show(dataset)["private"]
    return str(words)


def check(town: Town, dataset: dict[str, Any], by: str = "walidata") -> dict[str, Any]:
    [resource] = town.show(dataset)["resources"]
    return call(town[by], "satudata_file_check", resource_id=resource["id"])


def answer(town: Town, dataset: dict[str, Any], said: str, by: str = "walidata") -> dict[str, Any]:
    [finding] = check(town, dataset)["personal_data"]
    return call(
        town[by], "satudata_finding_answer", id=finding["id"], answer=said, reason="Sudah dilihat.")


# -- verification --------------------------------------------------------------------------------


def test_a_certain_finding_keeps_an_open_dataset_from_being_verified(town: Town) -> None:
    dataset = submitted(town, NIKS)
    words = refused(town, dataset)
    assert "nik" in words and "2, 3, 4" in words
    assert not any(one in words for one in niks(6))
    # Nobody had to wait for a worker, and it is not looked at twice.
    [resource] = town.show(dataset)["resources"]
    kept = store.get(resource["id"])
    assert kept is not None and kept.status == store.DONE and kept.is_certain


def test_another_file_helps(town: Town) -> None:
    dataset = submitted(town, NIKS)
    refused(town, dataset)
    [resource] = town.show(dataset)["resources"]
    call(town["editor"], "resource_patch", id=resource["id"], upload=upload("data.csv", CLEAN))
    assert not verify(town, dataset)["private"]


def test_a_closed_class_helps(town: Town) -> None:
    dataset = submitted(town, NIKS, klasifikasi_akses="tertutup", **CLOSED)
    assert verify(town, dataset)["status_alur"] == lifecycle.TERVERIFIKASI


def test_a_sysadmin_cannot_unblock_it(town: Town) -> None:
    dataset = submitted(town, NIKS)
    with pytest.raises(tk.ValidationError) as error:
        call(
            town["sysadmin"], "satudata_dataset_unblock", id=dataset["id"], note="Tidak ada lagi.",
            content_hash=town.show(dataset)["content_hash"],
        )
    assert "personal_data" in error.value.error_dict


@pytest.mark.parametrize("body", [NAMES, UNREAD], ids=["a title that asks", "what was not read"])
def test_a_doubt_is_asked_once_and_remembered(town: Town, body: bytes) -> None:
    dataset = submitted(town, body)
    refused(town, dataset)
    answer(town, dataset, store.NOT_PERSONAL)
    assert not verify(town, dataset)["private"]
    # The next file with the same column asks nothing.
    [resource] = town.show(dataset)["resources"]
    call(town["sysadmin"], "resource_patch", id=resource["id"],
         upload=upload("data.csv", body + b"\n"))
    assert not verify(town, dataset, "walidata2")["private"]


def test_what_a_walidata_says_is_personal_stays_in(town: Town) -> None:
    dataset = submitted(town, NAMES)
    refused(town, dataset)
    answer(town, dataset, store.PERSONAL)
    assert "Data 2025" in refused(town, dataset)


def test_a_file_that_takes_too_long_is_not_public_before_it_was_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, private = town.verified(), town.draft()
    with monkeypatch.context() as slow:
        slow.setattr(running, "PATIENCE", -1)
        with pytest.raises(tk.ValidationError) as error:
            add(town, dataset, CLEAN, "sysadmin")
        assert "satudata_deposit_create" in str(error.value.error_dict["upload"])
        add(town, private, CLEAN)
    assert len(town.show(dataset)["resources"]) == 1
    add(town, dataset, CLEAN, "sysadmin")


def test_all_files_of_a_save_have_one_patience(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadlines = []

    def look_at(file: Any, known: Any, *, deadline: float) -> Inspection:
        deadlines.append(deadline)
        return Inspection()

    dataset = town.verified()
    monkeypatch.setattr(steps, "inspect", look_at)
    call(town["sysadmin"], "package_patch", id=dataset["id"], resources=[
        {"name": f"Data {number}", "url": "data.csv", "url_type": "upload", "format": "CSV",
         "upload": upload("data.csv", CLEAN), "jenis_berkas": "data", "periode": "2025"}
        for number in range(3)
    ])
    assert len(deadlines) == 3 and len(set(deadlines)) == 1


def test_a_file_that_takes_too_long_is_left_to_the_worker(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = submitted(town, CLEAN)
    monkeypatch.setattr(running, "PATIENCE", -1)
    monkeypatch.setattr(running.ensure, "__defaults__", (-1,))
    refused(town, dataset)
    monkeypatch.undo()
    tk.config["ckanext.satudata.enforcement"] = "strict"
    look()
    assert not verify(town, dataset)["private"]


# -- files that come to what is public -----------------------------------------------------------


def test_a_file_for_a_public_dataset_is_looked_at_before_it_is_taken(town: Town) -> None:
    dataset = town.verified()
    with pytest.raises(tk.ValidationError) as error:
        add(town, dataset, NIKS, "sysadmin")
    assert "upload" in error.value.error_dict
    shown = town.show(dataset)
    assert not shown["private"] and len(shown["resources"]) == 1


def let_in(town: Town, dataset: dict[str, Any], body: bytes, by: str = "sysadmin") -> None:
    """A file in a public dataset as if nothing was known against it yet: rules come later too."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(steps, "inspect", lambda *args, **more: Inspection())
        add(town, dataset, body, by)
    assert not town.show(dataset)["private"]


def test_what_a_worker_finds_later_is_taken_back_with_its_verification(town: Town) -> None:
    dataset = town.verified()
    let_in(town, dataset, NIKS)
    look()
    shown = town.show(dataset)
    assert shown["private"] and shown["status_alur"] == lifecycle.DICABUT
    types = [one["type"] for one in events.history([("dataset", dataset["id"])])]
    assert types.count("dataset.personal_data_found") == 1


def test_where_the_portal_only_warns_it_binds_all_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", "warn")
    dataset = town.draft(private=False)
    assert not town.show(dataset)["private"]
    with pytest.raises(tk.ValidationError):
        add(town, dataset, NIKS)
    let_in(town, dataset, NIKS, "editor")
    look()
    assert town.show(dataset)["private"]
    with pytest.raises(tk.ValidationError):
        call(town["editor"], "package_patch", id=dataset["id"], private=False)
    [resource] = town.show(dataset)["resources"]
    call(town["editor"], "resource_delete", id=resource["id"])
    call(town["editor"], "package_patch", id=dataset["id"], private=False)
    assert not town.show(dataset)["private"]


OPENING: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "patch": lambda user, one: call(user, "package_patch", id=one["id"], private=False),
    "revise": lambda user, one: call(
        user, "package_revise", match={"id": one["id"]}, update={"private": False}),
    "bulk": lambda user, one: call(
        user, "bulk_update_public", datasets=[one["id"]], org_id=one["owner_org"]),
}


@pytest.mark.parametrize("door", OPENING)
@pytest.mark.parametrize("person", ["admin", "sysadmin"])
def test_where_the_portal_warns_nothing_is_opened_before_it_was_looked_at(
    town: Town, warn: None, monkeypatch: pytest.MonkeyPatch, door: str, person: str
) -> None:
    """No worker has been there; whoever opens it waits for the look."""
    dataset = with_file(town, NIKS, private=True)
    with pytest.raises(tk.ValidationError) as refused:
        OPENING[door](town[person], dataset)
    assert "private" in refused.value.error_dict
    assert town.show(dataset)["private"]
    clean = with_file(town, CLEAN, private=True)
    with monkeypatch.context() as slow:
        slow.setattr(running.ensure, "__defaults__", (-1,))
        with pytest.raises(tk.ValidationError) as refused:
            OPENING[door](town[person], clean)
        assert "private" in refused.value.error_dict
    assert town.show(clean)["private"]
    OPENING[door](town[person], clean)
    assert not town.show(clean)["private"]


def test_where_the_portal_warns_a_whole_dict_opens_nothing_unseen(town: Town, warn: None) -> None:
    dataset = with_file(town, NIKS, private=True)
    whole = {**town.show(dataset), "private": False}
    answer = tk.get_action("package_update")(as_user(town["editor"]), whole)
    assert answer["private"] and town.show(dataset)["private"]
    empty = town.draft(private=True)
    with pytest.raises(tk.ValidationError) as refused:
        call(town["editor"], "package_patch", id=empty["id"], private=False, resources=[
            {"name": "Data", "url": "data.csv", "url_type": "upload", "format": "CSV",
             "upload": upload("data.csv", NIKS)}])
    assert "resources" in refused.value.error_dict
    assert town.show(empty)["private"]


def test_what_comes_back_from_deletion_was_looked_at(town: Town, warn: None) -> None:
    dataset = town.draft(private=False)
    call(town["editor"], "package_patch", id=dataset["id"], state="deleted")
    call(town["sysadmin"], "package_patch", id=dataset["id"], resources=[
        {"name": "Data", "url": "data.csv", "url_type": "upload", "format": "CSV",
         "upload": upload("data.csv", NIKS)}])
    call(town["sysadmin"], "package_patch", id=dataset["id"], state="active")
    shown = town.show(dataset)
    assert (shown["state"], shown["private"]) == ("active", True)


def test_an_answer_that_it_is_personal_takes_a_public_dataset_back(town: Town) -> None:
    dataset = submitted(town, NAMES)
    refused(town, dataset)
    answer(town, dataset, store.MAY_BE_OPEN)
    assert not verify(town, dataset)["private"]
    answer(town, dataset, store.PERSONAL)
    assert town.show(dataset)["private"]


def no_office(package: model.Package) -> None:
    package.owner_org = None


def bad_name(package: model.Package) -> None:
    package.name = f"Tidak Sah! {package.id}"


#: What CKAN refuses (2.11 does) when it is asked to update such a dataset.
BROKEN = pytest.mark.parametrize("broken", [no_office, bad_name])


def broken_public(town: Town, broken: Callable[[model.Package], None]) -> dict[str, Any]:
    dataset = town.verified()
    package = model.Session.get(model.Package, dataset["id"])
    assert package is not None
    broken(package)
    model.Session.flush()
    index.refresh(dataset["id"])
    model.Session.commit()
    return dataset


def is_found_by_anybody(dataset: dict[str, Any]) -> bool:
    found = call(None, "package_search", fq=f"id:{dataset['id']}")
    return bool(found["count"])


@BROKEN
def test_what_ckan_would_refuse_to_save_is_taken_back_all_the_same(
    town: Town, broken: Callable[[model.Package], None]
) -> None:
    dataset = broken_public(town, broken)
    [resource] = town.show(dataset)["resources"]
    kept = store.get(resource["id"])
    assert kept is not None
    store.keep(
        kept, kept.rules or "", store.seen(Inspection([Finding("nik", CERTAIN, "nik", "nik")])),
        certain=True)
    assert is_found_by_anybody(dataset)
    before = town.show(dataset)["metadata_modified"]
    steps.hide(dataset["id"])
    model.Session.commit()
    shown = town.show(dataset)
    assert shown["private"] and shown["status_alur"] == lifecycle.DICABUT
    assert shown["metadata_modified"] > before
    assert not is_found_by_anybody(dataset)


@BROKEN
def test_what_ckan_would_refuse_to_save_is_revoked_all_the_same(
    town: Town, broken: Callable[[model.Package], None]
) -> None:
    dataset = broken_public(town, broken)
    call(town["walidata"], "satudata_dataset_revoke", id=dataset["id"], note="Keliru.",
         content_hash=town.show(dataset)["content_hash"])
    shown = town.show(dataset)
    assert shown["private"] and shown["status_alur"] == lifecycle.DICABUT
    assert not is_found_by_anybody(dataset)


def test_nothing_is_taken_back_for_a_file_that_is_gone_or_a_dataset_that_is_closed(
    town: Town
) -> None:
    dataset = town.verified()
    let_in(town, dataset, NIKS)
    [resource] = [one for one in town.show(dataset)["resources"] if one["name"] == "Data 2025"][1:]
    running.ensure({resource["id"]: dataset["id"]})
    assert store.is_certain(dataset["id"])
    call(town["sysadmin"], "resource_delete", id=resource["id"])
    look()
    steps.hide(dataset["id"])
    model.Session.commit()
    shown = town.show(dataset)
    assert not shown["private"] and shown["status_alur"] == lifecycle.TERVERIFIKASI


def test_an_answer_and_what_it_hides_are_committed_together(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = submitted(town, NAMES)
    refused(town, dataset)
    answer(town, dataset, store.MAY_BE_OPEN)
    assert not verify(town, dataset)["private"]

    def fails(*args: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(taking_back.activities, "relabel", fails)
        with pytest.raises(RuntimeError):
            answer(town, dataset, store.PERSONAL)
    [finding] = check(town, dataset)["personal_data"]
    assert finding["answer"] == store.MAY_BE_OPEN
    assert not town.show(dataset)["private"]


# -- looking -------------------------------------------------------------------------------------


SEES = {
    "editor": True, "admin": True, "member": True, "parent_admin": True, "walidata": True,
    "sysadmin": True, "koordinator": False, "pimpinan": False, "pembina": False,
    "other_editor": False, "outsider": False, None: False,
}


def test_an_inspection_that_the_queue_cuts_off_is_not_done(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = with_file(town, NIKS)
    [resource] = dataset["resources"]

    def cut_off(*args: Any) -> None:
        raise JobTimeoutException

    with monkeypatch.context() as patched:
        patched.setattr(content, "_take", cut_off)
        with pytest.raises(JobTimeoutException):
            look()
    model.Session.rollback()
    kept = store.get(resource["id"])
    assert kept is not None and (kept.status, kept.findings) == (store.WAITING, [])
    look()
    kept = store.get(resource["id"])
    assert kept is not None and kept.status == store.DONE and kept.is_certain


@pytest.mark.parametrize(("person", "sees"), SEES.items())
def test_findings_are_for_the_own_office_and_the_walidata(
    town: Town, person: str | None, sees: bool
) -> None:
    dataset = town.shared("verified")
    [resource] = dataset["resources"]
    reader = town[person] if person else None
    if sees:
        found = call(reader, "satudata_file_check", resource_id=resource["id"])
        assert found["status"] == store.DONE and found["table"]["sound"]
    else:
        with pytest.raises(tk.NotAuthorized):
            call(reader, "satudata_file_check", resource_id=resource["id"])


def test_of_a_file_that_one_may_not_see_there_is_none(town: Town) -> None:
    [resource] = town.shared("with_file")["resources"]
    for person in ("outsider", "other_editor", None):
        reader = town[person] if person else None
        with pytest.raises(tk.ObjectNotFound):
            call(reader, "satudata_file_check", resource_id=resource["id"])


@pytest.mark.parametrize("person", ["editor", "admin", "koordinator", "pembina", "outsider"])
def test_only_a_walidata_answers(town: Town, person: str) -> None:
    dataset = with_file(town, NAMES)
    look()
    with pytest.raises(tk.NotAuthorized):
        answer(town, dataset, store.NOT_PERSONAL, person)


@pytest.mark.parametrize(("data", "field"), [
    ({"answer": "entah", "reason": "x"}, "answer"),
    ({"answer": store.NOT_PERSONAL}, "reason"),
    ({"answer": store.NOT_PERSONAL, "reason": " "}, "reason"),
    ({"answer": ["x"], "reason": "x"}, "answer"),
])
def test_an_answer_needs_to_be_one_and_a_reason(
    town: Town, data: dict[str, Any], field: str
) -> None:
    dataset = town.kept.get("names") or town.kept.setdefault("names", with_file(town, NAMES))
    look()
    [finding] = check(town, dataset)["personal_data"]
    with pytest.raises(tk.ValidationError) as error:
        call(town["walidata"], "satudata_finding_answer", id=finding["id"], **data)
    assert field in error.value.error_dict


def test_what_is_certain_is_not_answered_away(town: Town) -> None:
    dataset = with_file(town, NIKS)
    look()
    with pytest.raises(tk.ValidationError) as error:
        answer(town, dataset, store.NOT_PERSONAL)
    assert "id" in error.value.error_dict


@pytest.mark.parametrize("data", [
    {}, {"resource_id": "tidak-ada"}, {"deposit_id": "tidak-ada"}, {"deposit_id": ["x"]},
])
def test_bad_input_is_refused_in_words(town: Town, data: dict[str, Any]) -> None:
    with pytest.raises((tk.ValidationError, tk.ObjectNotFound)):
        call(town["walidata"], "satudata_file_check", **data)


def test_the_file_is_looked_at_again_when_its_dictionary_changes(town: Town) -> None:
    dataset = with_file(town, CLEAN)
    look()
    assert check(town, dataset)["table"]["sound"]
    [resource] = town.show(dataset)["resources"]
    call(town["editor"], "resource_patch", id=resource["id"],
         kamus_data=[{"nama": "Luas", "tipe_data": "float"}])
    look()
    sheets = check(town, dataset)["table"]["sheets"]
    assert {one["code"] for one in sheets[0]["errors"]} == {
        "column-missing", "column-not-in-dictionary"}


def test_what_was_found_goes_with_the_dataset(town: Town) -> None:
    dataset = with_file(town, NIKS)
    look()
    [resource] = dataset["resources"]
    assert store.get(resource["id"]) is not None
    tk.get_action("dataset_purge")(job(), {"id": dataset["id"]})
    model.Session.expire_all()
    assert store.get(resource["id"]) is None


def test_an_inherited_file_is_looked_at_when_its_dataset_is_verified(town: Town) -> None:
    dataset = submitted(town, NIKS)
    # As it was before the plugin: nothing of ours is known of the file.
    submissions.forget(dataset["id"])
    store.forget(dataset["id"])
    model.Session.commit()
    call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    refused(town, dataset)
