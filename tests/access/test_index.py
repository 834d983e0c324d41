"""The index follows the database, whatever was away when it should have."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pysolr
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import search

from ckanext.satudata.access import index
from ckanext.satudata.access.model import submission
from ckanext.satudata.journal import work
from ckanext.satudata.journal.model import work as table

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture(autouse=True)
def _nothing_owed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tk.config, "smtp.server", None)
    model.Session.rollback()
    model.Session.execute(sa.delete(table))
    model.Session.commit()


def _refuse(*args: Any, **words: Any) -> None:
    raise pysolr.SolrError("away")


def owed() -> list[tuple[str, str]]:
    return [(one.kind, one.key) for one in work.pending() if one.kind == index.OWED]


def found(town: Town, name: str, dataset: dict[str, Any]) -> int:
    return call(
        town[name], "package_search", fq=f'id:"{dataset["id"]}"', include_private=True,
    )["count"]


def test_a_decision_does_not_wait_for_solr_and_the_index_follows(town: Town) -> None:
    dataset = town.submitted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pysolr.Solr, "add", _refuse)
        call(town["editor"], "satudata_dataset_withdraw", id=dataset["id"])
        assert call(town["editor"], "package_show", id=dataset["id"])["status_alur"] == "draf"
        assert owed() == [(index.OWED, dataset["id"])]
        assert index.out_of_step([dataset["id"]]) == {dataset["id"]: "differs in status"}
        assert work.run().failed >= 1
    model.Session.execute(sa.update(table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    assert work.run().failed == 0
    assert index.out_of_step([dataset["id"]]) == {} and owed() == []


def test_what_solr_was_told_by_a_transaction_that_failed_is_taken_back(town: Town) -> None:
    dataset = town.submitted()

    def broken(session: Any) -> None:
        # Solr was told by now: the last thing before the database commits.
        raise RuntimeError("the database refuses to commit")

    sa.event.listen(model.Session, "before_commit", broken)
    try:
        with pytest.raises(RuntimeError):
            call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
                 content_hash=dataset["content_hash"])
    finally:
        sa.event.remove(model.Session, "before_commit", broken)
    assert town.show(dataset)["private"] is True
    assert found(town, "outsider", dataset) == 1, "Solr has what was never committed"
    assert owed() == [(index.OWED, dataset["id"])]
    assert work.run().failed == 0
    assert found(town, "outsider", dataset) == 0
    assert index.out_of_step([dataset["id"]]) == {}


def test_what_is_gone_from_the_database_goes_from_the_index(town: Town) -> None:
    dataset = town.draft()
    entry = index._entries([dataset["id"]])
    assert entry
    sysadmin = {"user": town["sysadmin"]["name"], "ignore_auth": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pysolr.Solr, "delete", lambda *args, **words: None)
        tk.get_action("dataset_purge")(sysadmin, {"id": dataset["id"]})
    assert dataset["id"] in set(index.indexed_ids())
    work.owe(index.OWED, dataset["id"])
    model.Session.commit()
    assert work.run().failed == 0
    assert dataset["id"] not in set(index.indexed_ids())


def test_each_kind_of_difference_is_found_and_what_agrees_is_not(town: Town) -> None:
    with uncommitted():
        same = town.verified()
        closed = town.draft(klasifikasi_akses="tertutup", **CLOSED)
        private, moved, missing, stale = (town.draft() for _ in range(4))
        deleted = town.draft()
        call(town["editor"], "package_delete", id=deleted["id"])
    search.commit()
    everything = [one["id"] for one in (same, closed, private, moved, missing, stale, deleted)]
    assert index.out_of_step(everything) == {}

    package: Any = model.Package
    def change(dataset: dict[str, Any], **values: Any) -> None:
        model.Session.execute(
            sa.update(package).where(package.id == dataset["id"]).values(**values)
        )

    change(private, private=False)
    change(moved, owner_org=town.other["id"])
    change(stale, metadata_modified=sa.text("metadata_modified + interval '1 hour'"))
    model.Session.execute(
        sa.update(submission).where(submission.c.package_id == closed["id"])
        .values(status="terverifikasi")
    )
    model.Session.commit()
    search.clear(missing["id"])
    assert index.out_of_step(everything) == {
        private["id"]: "differs in private, readers",
        moved["id"]: "differs in readers",
        stale["id"]: "differs in content",
        closed["id"]: "differs in status",
        missing["id"]: "not in the index",
    }
    for id in everything:
        work.owe(index.OWED, id)
    model.Session.commit()
    assert work.run().failed == 0
    assert index.out_of_step(everything) == {}
