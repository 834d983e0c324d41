"""A search index that takes what is sent and never answers delays its own dataset, nobody else."""
from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import pysolr
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import search

from ckanext.satudata.access import index, submissions
from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal import clock, work
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from tests.deposits.test_locks import PATIENCE, Person

from .town import CLOSED, Town, call, upload

pytestmark = pytest.mark.usefixtures("strict")

SYSTEM = Actor(None, CLI)


@pytest.fixture
def silent(monkeypatch: Any) -> Iterator[socket.socket]:
    """Where CKAN now sends its documents: a connection is taken there and nothing said."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(PATIENCE)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/solr/silent"
        monkeypatch.setattr(
            "ckan.lib.search.index.make_connection",
            lambda *args, **more: pysolr.Solr(address, timeout=PATIENCE))
        yield listening


def _verify(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["walidata"], "satudata_dataset_verify", id=one["id"],
         content_hash=one["content_hash"])


def _return(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["walidata"], "satudata_dataset_return", id=one["id"],
         content_hash=one["content_hash"], note="Keliru.")


def _close(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["editor"], "package_patch", id=one["id"], klasifikasi_akses="tertutup", **CLOSED)


def _rename(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["editor"], "package_patch", id=one["id"], title="Lain", frekuensi="bulanan")


def _add_file(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["editor"], "resource_create", package_id=one["id"], upload=upload("baru.csv"),
         url="baru.csv", format="CSV", name="Baru")


def _accept(town: Town, one: dict[str, Any], deposit: dict[str, Any]) -> None:
    call(town["walidata"], "satudata_deposit_accept", id=deposit["id"], sha256=deposit["sha256"])


def _delete(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["walidata"], "package_delete", id=one["id"])


def _purge(town: Town, one: dict[str, Any], _: Any) -> None:
    call(town["sysadmin"], "dataset_purge", id=one["id"])


def as_it_stands(one: dict[str, Any], deposit: dict[str, Any]) -> dict[str, Any]:
    """What any of these would change."""
    package = model.Session.get(model.Package, one["id"])
    row = submissions.get(one["id"])
    [kept] = store.get_many([UUID(deposit["id"])])
    assert package is not None and row is not None
    return {
        "state": package.state, "private": package.private, "title": package.title,
        "files": len(package.resources), "status": row.status, "class": row.verified_class,
        "deposit": kept["status"],
    }


@pytest.mark.parametrize(
    "save", [_verify, _return, _close, _rename, _add_file, _accept, _delete, _purge])
def test_while_one_dataset_waits_for_the_index_others_go_on(
    town: Town, app: Any, save: Callable[..., None], request: Any
) -> None:
    one, other = town.submitted(), town.submitted()
    [item] = obligations.all_of_dataset(other["id"])
    deposit = call(
        town["editor"], "satudata_deposit_create", package_id=one["id"],
        period=str(city_today().year), upload=upload("lain.csv", b"kode,jumlah\n1,2\n"))
    before = as_it_stands(one, deposit)
    model.Session.remove()
    silent = request.getfixturevalue("silent")
    waiting = Person(app, lambda: save(town, one, deposit))
    waiting.start()
    connection, _ = silent.accept()
    with closing(connection):
        model.Session.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        came = store.create(item, str(city_today().year), "nil", SYSTEM)
        model.Session.commit()
        assert clock.now() > store.get_many([came])[0]["recorded_at"]
        model.Session.remove()
        assert waiting.is_alive()
    silent.close()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    # Who is refused has changed nothing; in both cases the index is seen to.
    held = save is _return
    assert isinstance(waiting.error, type(None) if held else search.SearchIndexError)
    assert as_it_stands(one, deposit) == (
        {**before, "status": "dikembalikan"} if held else before)
    assert (one["id"] in [it.key for it in work.pending() if it.kind == index.OWED]) is (
        save not in (_delete, _purge))
