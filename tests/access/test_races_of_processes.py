"""Two at once in processes of their own: whichever is first, neither half of both comes true.

What happens in each order, held still, is in ``test_races``; here nobody says who is first.
"""
from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ckan import model

from ckanext.satudata.access import submissions
from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal import events
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people

from .town import CLOSED, CSV, Town, call, uncommitted, upload

pytestmark = [pytest.mark.usefixtures("strict"), pytest.mark.slow]

#: So often each pair meets.
ROUNDS = 2

#: Does what each line says (an action as a person, or a page), and says how it went.
WORKER = """
import hashlib, json, os, sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
app = make_app(load_config(os.environ["CKAN_INI"]))
import ckan.plugins.toolkit as tk
from ckan import model
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    user, what, data = json.loads(line)
    if what.startswith("/"):
        got = app._wsgi_app.test_client().get(what)
        said = [got.status_code, hashlib.sha256(got.data).hexdigest()]
    else:
        try:
            with app._wsgi_app.test_request_context():
                tk.get_action(what)({"user": user, "ignore_auth": False}, data)
                said = "done"
        except (tk.NotAuthorized, tk.ObjectNotFound):
            said = "refused"
        except tk.ValidationError as error:
            said = sorted(error.error_dict)
        model.Session.remove()
    print(json.dumps(said), flush=True)
"""

Call = tuple["dict[str, Any] | None", str, "dict[str, Any]"]


class Worker:
    """A process that does one thing after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], env={**os.environ}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )

    def begin(self, user: dict[str, Any] | None, what: str, data: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        print(json.dumps([user["name"] if user else "", what, data]),
              file=self.process.stdin, flush=True)

    def ended(self) -> Any:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("[", '"')):
                return json.loads(line)
        raise AssertionError("the process has ended")


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Worker]]:
    """Two processes with the whole portal in each."""
    both = [Worker(), Worker()]
    for worker in both:
        worker.ended()
    yield both
    for worker in both:
        worker.process.communicate(timeout=60)


@pytest.fixture
def at_once(town: Town, workers: list[Worker]) -> Callable[[Call, Call, int], tuple[Any, Any]]:
    """Do two things at once, now the one first and now the other; how each ended."""

    def at_once(one: Call, other: Call, number: int) -> tuple[Any, Any]:
        model.Session.remove()
        pairs = list(zip(workers, (one, other), strict=True))
        for worker, what in pairs if number % 2 else reversed(pairs):
            worker.begin(*what)
        ends = workers[0].ended(), workers[1].ended()
        model.Session.remove()
        return ends

    return at_once


@pytest.mark.parametrize("number", range(ROUNDS))
def test_verify_against_edit(town: Town, at_once: Any, number: int) -> None:
    with uncommitted():
        dataset = town.submitted()
    verified, edited = at_once(
        (town["walidata"], "satudata_dataset_verify",
         {"id": dataset["id"], "content_hash": dataset["content_hash"]}),
        (town["editor"], "package_patch", {"id": dataset["id"], "notes": "Lain sama sekali."}),
        number)
    after, row = town.show(dataset), submissions.require(dataset["id"])
    assert edited == "done" and after["notes"] == "Lain sama sekali."
    if verified == "done":
        assert (after["private"], row.status) == (False, "terverifikasi")
        assert row.changed_fields == ("notes",) and row.verified_hash == dataset["content_hash"]
    else:
        assert verified == ["content_hash"]
        assert (after["private"], row.status) == (True, "diajukan")


def waiting(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A public dataset, and a file that waits for it."""
    with uncommitted():
        dataset = town.verified()
        assert obligations.all_of_dataset(dataset["id"])
        deposit = call(
            town["editor"], "satudata_deposit_create", package_id=dataset["id"],
            period=str(city_today().year), upload=upload("baru.csv", b"kode,jumlah\n1,2\n"))
    return town.show(dataset), deposit


def acceptance(town: Town, by: str, deposit: dict[str, Any]) -> Call:
    return (town[by], "satudata_deposit_accept",
            {"id": deposit["id"], "sha256": deposit["sha256"]})


@pytest.mark.parametrize("number", range(ROUNDS))
def test_accept_against_accept(town: Town, at_once: Any, number: int) -> None:
    dataset, deposit = waiting(town)
    ends = at_once(
        acceptance(town, "walidata", deposit), acceptance(town, "walidata2", deposit), number)
    assert sorted(end == "done" for end in ends) == [False, True], ends
    assert len(town.show(dataset)["resources"]) == len(dataset["resources"]) + 1
    told = [one["type"] for one in events.history([("deposit", deposit["id"])])]
    assert told.count("deposit.accepted") == 1
    assert store.get(store.UUID(deposit["id"]))["status"] == "diterima"


@pytest.mark.parametrize("number", range(ROUNDS))
def test_class_closed_against_accept(town: Town, at_once: Any, number: int) -> None:
    dataset, deposit = waiting(town)
    accepted, closed = at_once(
        acceptance(town, "walidata", deposit),
        (town["editor"], "package_patch",
         {"id": dataset["id"], "klasifikasi_akses": "tertutup", **CLOSED}),
        number)
    after = town.show(dataset)
    assert closed == "done"
    assert (after["private"], after["klasifikasi_akses"]) == (True, "tertutup")
    more = len(after["resources"]) - len(dataset["resources"])
    status = store.get(store.UUID(deposit["id"]))["status"]
    assert (more, status) == ((1, "diterima") if accepted == "done" else (0, "menunggu"))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_role_ended_against_verify(town: Town, at_once: Any, number: int) -> None:
    with uncommitted():
        dataset = town.submitted()
    people.grant(town["outsider"]["id"], people.WALIDATA, Actor(None, CLI))
    model.Session.commit()
    verified, ended = at_once(
        (town["outsider"], "satudata_dataset_verify",
         {"id": dataset["id"], "content_hash": dataset["content_hash"]}),
        (town["sysadmin"], "satudata_role_revoke",
         {"user": town["outsider"]["id"], "role": people.WALIDATA}),
        number)
    after = town.show(dataset)
    assert ended == "done" and verified in ("done", "refused")
    assert (after["private"], after["status_alur"]) == (
        (False, "terverifikasi") if verified == "done" else (True, "diajukan"))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_revoke_against_download(town: Town, at_once: Any, app: Any, number: int) -> None:
    with uncommitted():
        dataset = town.verified()
    [file] = dataset["resources"]
    address = f"/dataset/{dataset['id']}/resource/{file['id']}/download/data.csv"
    revoked, (status, sha256) = at_once(
        (town["walidata"], "satudata_dataset_revoke",
         {"id": dataset["id"], "content_hash": dataset["content_hash"], "note": "Keliru."}),
        (None, address, {}), number)
    assert revoked == "done" and town.show(dataset)["private"]
    if status == 200:
        assert sha256 == hashlib.sha256(CSV).hexdigest(), "whole, or not at all"
    else:
        assert status == 404
    assert app.get(address, expect_errors=True).status_code == 404
