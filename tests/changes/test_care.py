"""`daily`, `check` and `rebuild`: each kind of disorder is found, named with its remedy, mended."""
from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import search

from ckanext.satudata import compat
from ckanext.satudata.access.model import closure, file
from ckanext.satudata.changes import checks, daily
from ckanext.satudata.deposits import obligations, state
from ckanext.satudata.deposits.model import obligation
from ckanext.satudata.deposits.model import state as state_table
from ckanext.satudata.journal import clock, events, work
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import run
from ckanext.satudata.journal.model import work as work_table
from ckanext.satudata.journal.speaking import speaking
from ckanext.satudata.opd.store import ensure
from tests.access.town import CLOSED, COMPLETE, Town, build_town, call
from tests.mailing import post  # noqa: F401

SYSTEM = Actor(None, CLI)


@pytest.fixture
def town(
    request: pytest.FixtureRequest, with_plugins: None, monkeypatch: pytest.MonkeyPatch
) -> Town:
    """A city that is built once for this module; in each test daily has run and nothing is owed."""
    monkeypatch.setitem(tk.config, "smtp.server", None)
    built = getattr(request.module, "_town", None)
    if built is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        built = request.module._town = build_town()
        built.shared("verified")
    model.Session.rollback()
    model.Session.execute(sa.delete(work_table))
    model.Session.execute(sa.delete(run))
    model.Session.execute(sa.insert(run).values(ended_at=sa.func.clock_timestamp()))
    model.Session.commit()
    return built


def found(*names: str) -> list[tuple[str, str]]:
    every = {**checks.CHECKS, **checks.FILE_CHECKS}
    return [(one.check, one.subject) for name in names or every for one in every[name]()]


@pytest.fixture
def ckan(cli: Any) -> Callable[..., Any]:
    from ckan.cli.cli import ckan as command

    return lambda *words: cli.invoke(command, ["satudata", *words])


# --- check --------------------------------------------------------------------------------------


def test_a_portal_in_order_has_no_fault(town: Town, ckan: Any) -> None:
    # Other tests' files lie in the same storage.
    assert [one for one in found() if one not in found("file-stray")] == []
    answer = ckan("check")
    assert answer.exit_code == 0, answer.output


def test_visibility_against_the_rule(town: Town, ckan: Any) -> None:
    dataset = town.draft()
    package = model.Package.get(dataset["id"])
    package.private = False
    model.Session.commit()
    try:
        assert found("visibility") == [("visibility", dataset["name"])]
        answer = ckan("check", "--json")
        assert answer.exit_code == 1
        printed = json.loads(answer.stdout)
        assert {"check", "subject", "message", "remedy"} == set(printed[0])
        assert any(
            one["check"] == "visibility" and "[not_verified]" in one["message"]
            and f"why {dataset['name']}" in one["remedy"] for one in printed
        )
        lines = ckan("check").stdout.splitlines()
        assert any(line.startswith(f"visibility: {dataset['name']}: ") for line in lines)
    finally:
        call(town["editor"], "package_patch", id=dataset["id"], notes="Disimpan lagi.")
    assert found("visibility") == [], "saving applies the rule"


def test_the_index_in_both_directions_and_daily_mends_it(town: Town) -> None:
    lost, gone = town.draft(), town.draft()
    search.clear(lost["id"])
    model.Session.execute(
        sa.update(model.Package).where(model.Package.id == gone["id"])
        .values(metadata_modified=sa.text("metadata_modified + interval '1 hour'"))
    )
    model.Session.commit()
    with pytest.MonkeyPatch.context() as patch:
        import pysolr

        stray = town.draft()
        patch.setattr(pysolr.Solr, "delete", lambda *args, **words: None)
        sysadmin = {"user": town["sysadmin"]["name"], "ignore_auth": True}
        tk.get_action("dataset_purge")(sysadmin, {"id": stray["id"]})
    wanted = {("index", one["id"]) for one in (lost, gone, stray)}
    assert set(found("index")) == wanted
    with speaking("id", CLI):
        done = {name: (words, well) for name, words, well in daily.run(SYSTEM)}
    assert done["index"] == ("3 out of step", True) and done["work"][1]
    assert found("index") == []


def test_work_that_fails_and_work_that_nobody_does(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(key: str, data: Any) -> None:
        raise OSError("away")

    monkeypatch.setitem(work.HANDLERS, "broken", broken)
    work.owe("broken", "a")
    model.Session.commit()
    work.run()
    early = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=checks.OWED_HOURS + 1)
    work.owe("lying", "b", not_before=early)
    work.owe("fresh", "c")
    model.Session.commit()
    assert found("work") == [("work", "broken a"), ("work", "lying b")]


def test_daily_that_does_not_run_or_failed(town: Town) -> None:
    model.Session.execute(sa.delete(run))
    assert found("daily") == [("daily", "ckan satudata daily")]
    long_ago = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=checks.DAILY_HOURS + 1)
    model.Session.execute(
        sa.insert(run).values(ended_at=long_ago, failed={"index": "Solr"}))
    assert found("daily") == [("daily", "ckan satudata daily"), ("daily", "index")]
    model.Session.rollback()


def test_closures_that_ran_out(town: Town) -> None:
    today = clock.city_today()
    yesterday = today - dt.timedelta(days=1)
    over, running = (
        town.draft(**{**COMPLETE, "klasifikasi_akses": "terbatas", **CLOSED}) for _ in range(2))
    for dataset, last in ((over, yesterday), (running, today)):
        model.Session.execute(
            sa.update(closure).where(closure.c.package_id == dataset["id"])
            .values(waiting_until=last, closed_until=last, review_until=last))
    assert found("closure") == [("closure", over["name"])] * 3


def item(town: Town) -> uuid.UUID:
    terms = obligations.Terms(
        title="Jumlah balita", opd=ensure(town.third["id"]), frekuensi="bulanan",
        valid_from=dt.date(2026, 1, 1), klasifikasi_akses="terbuka",
    )
    [id] = obligations.create_many([(None, terms)], SYSTEM)
    model.Session.commit()
    return id


def test_links_to_datasets_that_are_not_there(town: Town) -> None:
    id = item(town)
    model.Session.execute(
        sa.update(obligation).where(obligation.c.id == id).values(package_id="tidak-ada"))
    assert found("link") == [("link", str(id))]
    model.Session.rollback()


def test_periods_that_are_not_what_events_say_are_found_and_rebuilt(
    town: Town, ckan: Any
) -> None:
    id = item(town)
    assert found("periods") == []
    model.Session.execute(
        sa.delete(state_table).where(
            state_table.c.obligation == id, state_table.c.period == "2026-03"))
    model.Session.commit()
    assert found("periods") == [("periods", str(id))]
    only_said = ckan("rebuild", "--dry-run")
    assert f"{id} 2026-03" in only_said.stdout and found("periods")
    done = ckan("rebuild")
    assert done.exit_code == 0 and f"{id} 2026-03" in done.stdout
    assert found("periods") == [] and state.look([id]).number == 0
    assert str(id) not in ckan("rebuild").stdout


def test_files_that_are_missing_changed_or_nobodys(town: Town) -> None:
    missing, changed = town.with_file(), town.with_file()
    missing_id, changed_id = (one["resources"][0]["id"] for one in (missing, changed))
    root = compat.local_uploads()
    assert root is not None

    def place(id: str) -> Any:
        return root / id[:3] / id[3:6] / id[6:]

    others = set(found("file-stray"))
    kept = {id: place(id).read_bytes() for id in (missing_id, changed_id)}
    stray = str(uuid.uuid4())
    place(stray).parent.mkdir(parents=True)
    place(stray).write_text("x")
    place(missing_id).unlink()
    place(changed_id).write_bytes(kept[changed_id] + b"1,2,3\n")
    try:
        assert set(found("file", "file-stray")) - others == {
            ("file", missing_id), ("file", changed_id), ("file", stray)}
        model.Session.execute(sa.delete(file).where(file.c.resource_id == missing_id))
        assert found("file-missing") == [("file", missing_id)]
        model.Session.rollback()
    finally:
        place(stray).unlink()
        for id, content in kept.items():
            place(id).write_bytes(content)
    assert found("file", "file-missing") == [] and set(found("file-stray")) == others


# --- daily --------------------------------------------------------------------------------------


def test_daily_says_what_it_did_and_may_run_again(
    town: Town, ckan: Any, post: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    # People are reminded, and a command reads the configuration anew.
    monkeypatch.setenv("CKAN_SMTP_SERVER", post.server)
    model.Session.execute(sa.delete(run))
    model.Session.commit()
    first = ckan("daily")
    assert first.exit_code == 0, first.output
    assert [line.partition(":")[0] for line in first.stdout.splitlines()] == list(daily.PARTS)
    again = ckan("daily")
    assert again.exit_code == 0
    assert [line.partition(":")[0] for line in again.stdout.splitlines()] == [
        name for name in daily.PARTS if name not in daily.SELDOM]
    rows = model.Session.execute(sa.select(run).order_by(run.c.id)).mappings().all()
    assert [sorted(row["done"]) for row in rows] == [
        sorted(daily.PARTS), sorted(set(daily.PARTS) - set(daily.SELDOM))]
    assert all(row["ended_at"] and not row["failed"] for row in rows)


def test_a_part_that_fails_leaves_the_others_their_turn(
    town: Town, ckan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def broken(by: Actor) -> str:
        events.record("portal.tried", "portal", "half", by)
        raise RuntimeError("Solr is away")

    monkeypatch.setattr(daily, "PARTS", {
        "first": broken, "second": lambda by: done.append("second") or "done"})
    answer = ckan("daily")
    assert answer.exit_code == 1 and done == ["second"]
    assert found("daily") == [("daily", "first")]
    assert model.Session.execute(
        sa.text("SELECT count(*) FROM satudata_event WHERE type = 'portal.tried'")).scalar() == 0


def test_links_that_are_fetched_again_keep_nothing_else_waiting(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[str] = []
    for kind in ("link", "inspection", "mail"):
        monkeypatch.setitem(work.HANDLERS, kind, lambda key, data, kind=kind: came.append(kind))
    monkeypatch.setattr(daily.inspections, "public_links", lambda: ["a", "b", "c"])
    daily.PARTS["links"](SYSTEM)
    work.owe("inspection", "x")
    work.owe("mail", "y")
    model.Session.commit()
    daily.PARTS["work"](SYSTEM)
    assert came == ["inspection", "mail", "link", "link", "link"]
    # However much there is, a run ends: others would never have their turn.
    monkeypatch.setattr(daily, "WORK_SECONDS", -1)
    daily.PARTS["links"](SYSTEM)
    assert daily.PARTS["work"](SYSTEM) == "0 done, 3 left for later"


def test_two_at_once_are_one(town: Town, ckan: Any) -> None:
    with daily._alone():
        answer = ckan("daily")
    assert answer.exit_code == 0 and "Another run" in answer.stdout
