"""Many decisions at once: each as if it were decided alone, none twice, whoever is killed."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories, helpers
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError

from ckanext.satudata.deposits import bulk
from ckanext.satudata.journal import events, jobs, work
from ckanext.satudata.journal.model import work as owed
from ckanext.satudata.opd import people
from tests.access.town import COMPLETE, upload

PATIENCE = 60  # seconds for a process of our own


@pytest.fixture(autouse=True)
def strict(with_plugins, monkeypatch):
    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", "strict")


@pytest.fixture
def nil(kota, call):
    """A maker of waiting deposits that have no file; people have been told of them."""
    def make(by="petugas"):
        made = call(by, "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
        work.run()
        return made

    return make


@pytest.fixture
def submitted(kota, call):
    """A maker of complete datasets that wait for the walidata."""
    def make(**more):
        petugas = {"user": "petugas", "ignore_auth": False}
        dataset = helpers.call_action(
            "package_create", petugas, name=f"data-{uuid.uuid4().hex[:8]}",
            owner_org=kota.dinkes["id"], title="Jumlah balita", **{**COMPLETE, **more})
        helpers.call_action(
            "resource_create", petugas, package_id=dataset["id"], name="Data 2025",
            url="data.csv", upload=upload(), format="CSV", jenis_berkas="data", periode="2025")
        return call("petugas", "satudata_dataset_submit", id=dataset["id"])

    return make


def standing(one):
    """Where a dataset or deposit stands."""
    if "status_alur" in one:
        return helpers.call_action("package_show", id=one["id"])["status_alur"]
    return helpers.call_action("satudata_deposit_show", id=one["id"])["status"]


def decide(call, items, person="wali", decision="accept", **more):
    """Ask for it, let the worker work, and say how the job stands."""
    job = call(person, "satudata_decide_bulk", items=items, decision=decision, **more)
    assert job["state"] == jobs.WAITING and job["done"] == 0
    work.run()
    return call(person, "satudata_job_show", id=job["id"])


def of(one):
    """An item of the call: what was looked at."""
    if "content_hash" in one:
        return {"id": one["id"], "content_hash": one["content_hash"]}
    return {"id": one["id"], "sha256": one["sha256"]}


@pytest.mark.parametrize(("decision", "dataset", "deposit"), [
    ("accept", "terverifikasi", "diterima"),
    ("verify", "terverifikasi", "diterima"),
    ("return", "dikembalikan", "dikembalikan"),
])
def test_datasets_and_deposits_are_decided_together(
    kota, call, upload, nil, submitted, decision, dataset, deposit
):
    file = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                upload=upload())
    ones = [submitted(), nil(), file]
    found = decide(call, [of(one) for one in ones], decision=decision, note="sudah dilihat")
    assert (found["state"], found["done"], found["total"]) == (jobs.DONE, 3, 3)
    assert found["errors"] == []
    assert [standing(one) for one in ones] == [dataset, deposit, deposit]
    for kind, one in zip(("dataset", "deposit", "deposit"), ones, strict=True):
        last = events.history([(kind, one["id"])])[-1]
        assert last["by"] == kota.users["wali"]["id"] and last["note"] == "sudah dilihat"


def test_what_fails_is_an_error_of_its_own_and_the_others_are_done(kota, call, nil, submitted):
    people.grant(kota.users["petugas"]["id"], people.WALIDATA, kota.system)
    model.Session.commit()
    own, good, ended = nil("petugas"), nil("kepala"), nil("kepala")
    call("wali", "satudata_deposit_return", id=ended["id"], note="kembali")
    changed = submitted()
    wrong = {
        own["id"]: of(own), ended["id"]: of(ended),
        changed["id"]: {"id": changed["id"], "content_hash": "0" * 64},
        "tidak-ada": {"id": "tidak-ada"}, str(uuid.UUID(int=1)): {"id": str(uuid.UUID(int=1))},
    }
    found = decide(call, [*wrong.values(), of(good)], person="petugas")
    assert (found["state"], found["done"], found["total"]) == (jobs.DONE, 6, 6)
    assert [one["id"] for one in found["errors"]] == list(wrong)
    assert all(one["message"] for one in found["errors"])
    assert "content_hash" in found["errors"][2]["fields"]
    assert standing(good) == "diterima" and standing(own) == "menunggu"
    assert standing(changed) == "diajukan"


def test_what_is_missing_or_personal_is_asked_for_each(kota, call, upload, submitted):
    incomplete = submitted()
    helpers.call_action("package_patch", {"user": "petugas"}, id=incomplete["id"],
                        produsen_data="")
    rows = "".join(f"35760{day:02}5019{day:02}000{day % 9 + 1},1\n" for day in range(1, 20))
    personal = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                    upload=upload("nik,jumlah\n" + rows))
    now = helpers.call_action("package_show", id=incomplete["id"])
    found = decide(call, [of(now), of(personal)])
    assert [list(one["fields"]) for one in found["errors"]] == [
        ["produsen_data"], ["personal_data"]]


def test_a_role_that_ends_midway_stops_the_job(kota, call, nil, monkeypatch):
    ones = [nil(), nil(), nil()]
    carried = bulk.decide_one

    def ending(context, data, item):
        carried(context, data, item)
        if item["id"] == ones[0]["id"]:
            people.revoke(kota.users["wali"]["id"], people.WALIDATA, kota.system)
            model.Session.commit()

    monkeypatch.setitem(jobs.RUNNERS, bulk.KIND, jobs.Runner("satudata_decide_bulk", ending))
    found = decide(call, [of(one) for one in ones])
    assert (found["state"], found["done"], found["total"]) == (jobs.STOPPED, 1, 3)
    assert found["stopped_by"] and found["errors"] == []
    assert [standing(one) for one in ones] == ["diterima", "menunggu", "menunggu"]


def test_an_account_that_is_gone_stops_the_job(kota, call, nil):
    one = nil()
    job = call("wali", "satudata_decide_bulk", items=[of(one)], decision="accept")
    helpers.call_action("user_delete", id="wali")
    work.run()
    assert helpers.call_action("satudata_job_show", id=job["id"])["state"] == jobs.STOPPED
    assert standing(one) == "menunggu"


_WORKER = """
import os, signal
from ckan.config.middleware import make_app
from ckan.cli import load_config
make_app(load_config(os.environ["CKAN_INI"]))
from ckanext.satudata.deposits import bulk
from ckanext.satudata.journal import jobs, work
carried = bulk.decide_one
def killing(context, data, item):
    if {before} and item["id"] == {id!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    carried(context, data, item)
    if item["id"] == {id!r}:
        os.kill(os.getpid(), signal.SIGKILL)
jobs.RUNNERS[bulk.KIND] = jobs.Runner("satudata_decide_bulk", killing)
work.run()
"""


@pytest.mark.parametrize("before", [True, False], ids=["before it is done", "after"])
def test_a_worker_that_is_killed_leaves_the_rest_and_nothing_is_done_twice(
    kota, call, nil, before
):
    ones = [nil(), nil(), nil()]
    job = call("wali", "satudata_decide_bulk", items=[of(one) for one in ones], decision="accept")
    model.Session.remove()
    ended = subprocess.run(
        [sys.executable, "-c", _WORKER.format(before=before, id=ones[1]["id"])],
        env={**os.environ}, capture_output=True, timeout=PATIENCE, check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
    found = call("wali", "satudata_job_show", id=job["id"])
    assert (found["state"], found["done"]) == (jobs.RUNNING, 1 if before else 2)
    model.Session.execute(sa.update(owed).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    work.run()
    found = call("wali", "satudata_job_show", id=job["id"])
    assert (found["state"], found["done"], found["errors"]) == (jobs.DONE, 3, [])
    for one in ones:
        assert [event["type"] for event in events.history([("deposit", one["id"])])] == [
            "deposit.created", "deposit.accepted"]


def test_a_fault_in_one_piece_is_told_without_its_inside_and_stops_nobody(
    kota, call, nil, monkeypatch
):
    ones = [nil(), nil()]
    carried = bulk.decide_one

    def faulty(context, data, item):
        if item["id"] == ones[0]["id"]:
            raise KeyError("rahasia")
        carried(context, data, item)

    monkeypatch.setitem(jobs.RUNNERS, bulk.KIND, jobs.Runner("satudata_decide_bulk", faulty))
    found = decide(call, [of(one) for one in ones])
    assert found["state"] == jobs.DONE and len(found["errors"]) == 1
    assert "rahasia" not in str(found["errors"])
    assert [standing(one) for one in ones] == ["menunggu", "diterima"]


def raised(monkeypatch, one, fault):
    """Let the first try of a piece meet a fault."""
    carried, met = bulk.decide_one, []

    def faulty(context, data, item):
        if item["id"] == one["id"] and not met:
            met.append(item)
            raise fault
        carried(context, data, item)

    monkeypatch.setitem(jobs.RUNNERS, bulk.KIND, jobs.Runner("satudata_decide_bulk", faulty))


@pytest.mark.parametrize(("fault", "again"), [
    (OperationalError("", {}, Exception()), True),
    (InterfaceError("", {}, Exception(), connection_invalidated=True), True),
    (DataError("", {}, Exception()), False), (IntegrityError("", {}, Exception()), False),
])
def test_only_what_is_of_the_moment_is_tried_again(kota, call, nil, monkeypatch, fault, again):
    ones = [nil(), nil()]
    raised(monkeypatch, ones[0], fault)
    found = decide(call, [of(one) for one in ones])
    assert found["state"] == (jobs.RUNNING if again else jobs.DONE)
    model.Session.execute(sa.update(owed).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    work.run()
    found = call("wali", "satudata_job_show", id=found["id"])
    assert (found["state"], len(found["errors"])) == (jobs.DONE, 0 if again else 1)
    assert [standing(one) for one in ones] == ["diterima" if again else "menunggu", "diterima"]


def test_a_piece_that_the_queue_cuts_off_is_not_done_and_has_no_error(
    kota, call, nil, monkeypatch
):
    ones = [nil(), nil()]
    raised(monkeypatch, ones[0], JobTimeoutException())
    job = call("wali", "satudata_decide_bulk", items=[of(one) for one in ones], decision="accept")
    with pytest.raises(JobTimeoutException):
        work.run()
    found = call("wali", "satudata_job_show", id=job["id"])
    assert (found["state"], found["done"], found["errors"]) == (jobs.RUNNING, 0, [])


def test_a_long_job_lets_other_work_have_its_turn(kota, call, nil, monkeypatch):
    monkeypatch.setattr(jobs, "SECONDS", -1)
    ones = [nil(), nil(), nil()]
    job = call("wali", "satudata_decide_bulk", items=[of(one) for one in ones], decision="accept")
    for done in (1, 2, 3):
        model.Session.execute(sa.delete(owed))
        jobs.carry_out(job["id"], {})
        model.Session.commit()
        found = call("wali", "satudata_job_show", id=job["id"])
        assert (found["done"], found["state"]) == (done, jobs.DONE if done == 3 else jobs.RUNNING)
        assert (jobs.OWED in [one.kind for one in work.pending()]) == (done < 3)
    assert [standing(one) for one in ones] == ["diterima"] * 3


MAY_SEE = {"wali": True, "admin": True, "wali2": False, "petugas": False, "koor": False}


@pytest.mark.parametrize(("person", "may"), MAY_SEE.items())
def test_a_job_is_seen_by_its_person_and_sysadmins(kota, call, nil, person, may):
    factories.Sysadmin(name="admin")
    job = call("wali", "satudata_decide_bulk", items=[of(nil())], decision="accept")
    if may:
        assert call(person, "satudata_job_show", id=job["id"])["total"] == 1
    else:
        with pytest.raises(tk.ObjectNotFound):
            call(person, "satudata_job_show", id=job["id"])


@pytest.mark.parametrize("person", ["petugas", "kepala", "lain", "koor"])
def test_nobody_but_a_walidata_decides(kota, call, nil, person):
    with pytest.raises(tk.NotAuthorized):
        call(person, "satudata_decide_bulk", items=[of(nil())], decision="accept")


@pytest.mark.parametrize(("field", "given"), [
    ("items", {}), ("items", {"items": []}), ("items", {"items": "x"}), ("items", {"items": [1]}),
    ("items", {"items": [{}]}), ("items", {"items": [{"id": ["x"]}]}),
    ("items", {"items": [{"id": "x", "sha256": {}}]}),
    ("items", {"items": [{"id": str(n)} for n in range(1001)]}),
    ("decision", {"decision": "publish"}), ("decision", {"decision": None}),
    ("note", {"decision": "return"}), ("note", {"note": "x" * 10_001}),
    ("items", {"items": [{"id": "a\0b"}]}),
])
def test_a_wrong_call_does_nothing_and_says_where(kota, call, field, given):
    good = {"items": [{"id": "x"}], "decision": "accept"}
    if given == {}:
        good.pop("items")
    with pytest.raises(tk.ValidationError) as refused:
        call("wali", "satudata_decide_bulk", **{**good, **given})
    assert list(refused.value.error_dict) == [field]
    assert work.pending() == []
