"""The report from the database: figures, readers, moments."""
from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor, record
from ckanext.satudata.opd.store import ensure

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

SYSTEM = Actor(None, CLI)
LAST = "2026-TW3"


def office(name: str) -> tuple[dict, object]:
    organization = factories.Organization(name=name, title=name.title())
    return organization, ensure(organization["id"])


def monthly(opd, title: str, klass: str = "terbuka"):
    terms = obligations.Terms(
        title=title, opd=opd, frekuensi="bulanan", valid_from=dt.date(2026, 1, 1),
        valid_until=dt.date(2026, 12, 31), klasifikasi_akses=klass,
    )
    [id] = obligations.create_many([(None, terms)], SYSTEM)
    return id


def came(id, period: str, day: str, kind: str = "file"):
    moment = dt.datetime.fromisoformat(f"{day}T10:00:00+07:00")
    store.import_past([store.Past(id, period, kind, moment)], SYSTEM)


def test_an_office_is_judged_by_what_came_for_its_periods():
    _, dinkes = office("dinkes")
    id = monthly(dinkes, "Jumlah balita")
    for period, day in (("2026-06", "2026-07-02"), ("2026-07", "2026-08-20")):
        came(id, period, day)
    model.Session.commit()

    report = helpers.call_action("satudata_compliance_report", quarter=LAST)

    assert report["totals"]["due"] == 1
    [row] = report["organizations"]
    assert (row["status"], row["partial"], row["missing"]) == ("sebagian", 1, 0)
    [item] = report["obligations"]
    assert [p["status"] for p in item["periods"]] == ["on_time", "late", "missing"]


VERIFIED = ("dataset.verified", {"to": "terverifikasi", "score": 80})
#: Events of one dataset in turn, and whether it counts among what is published afterwards.
STANDING: dict[str, tuple[list[tuple[str, dict]], int | None]] = {
    "verified": ([VERIFIED], 80),
    "verified again with more": (
        [VERIFIED, ("dataset.verified", {"to": "terverifikasi", "score": 91})], 91),
    "verified by a sysadmin": (
        [("dataset.unblocked", {"to": "terverifikasi", "score": 70})], 70),
    "only submitted": ([("dataset.submitted", {"to": "diajukan", "score": 80})], None),
    "revoked": ([VERIFIED, ("dataset.revoked", {"to": "dicabut", "score": 80})], None),
    "deleted": ([VERIFIED, ("dataset.deleted", {})], None),
    "deleted for good": ([VERIFIED, ("dataset.purged", {})], None),
    "closed with its reason": (
        [VERIFIED, ("dataset.closed", {"to": "tertutup", "status": "terverifikasi"})], 80),
    "closed without a reason": (
        [VERIFIED, ("dataset.closed", {"to": "tertutup", "status": "draf"})], None),
    "opening asked for": (
        [VERIFIED, ("dataset.opening_asked", {"to": "terbuka", "status": "diajukan"})], None),
    "opening asked for and returned": (
        [VERIFIED, ("dataset.opening_asked", {"to": "terbuka", "status": "diajukan"}),
         ("dataset.returned", {"to": "dikembalikan", "score": 80})], None),
    "a request refused": (
        [VERIFIED, ("dataset.request_refused", {"to": "terverifikasi", "score": 80})], 80),
    "edited and assigned since": (
        [VERIFIED, ("dataset.edited", {"changed": ["notes"]}), ("dataset.assigned", {"to": "x"})],
        80),
}


@pytest.mark.parametrize("case", STANDING)
def test_the_metadata_score_is_of_what_stands_verified_by_the_event_that_moved_it_last(case):
    happened, expected = STANDING[case]
    organization, _ = office("dinkes")
    for type, data in happened:
        record(type, "dataset", "a", SYSTEM, data={"opd": organization["id"], **data})
    model.Session.commit()
    [row] = helpers.call_action("satudata_compliance_report")["organizations"]
    assert row["metadata_score"] == expected


def test_the_metadata_score_of_an_office_is_the_mean_of_what_was_verified_by_then():
    organization, _ = office("dinkes")
    for id, score in (("a", 91), ("b", 80)):
        record("dataset.verified", "dataset", id, SYSTEM, data={
            "opd": organization["id"], "to": "terverifikasi", "score": score})
    model.Session.commit()
    before = clock.now()
    record("dataset.revoked", "dataset", "b", SYSTEM, data={"to": "dicabut", "score": 80})
    model.Session.commit()

    def said(**data):
        report = helpers.call_action("satudata_compliance_report", **data)
        return report["organizations"][0]["metadata_score"]

    assert said(as_of=before.isoformat()) == 86, "the mean of 91 and 80, half up"
    assert said() == 91


@pytest.mark.parametrize("frozen", [False, True])
def test_the_quarter_before_comes_with_the_report_as_it_stands(monkeypatch, frozen):
    from tests.report import town

    town.build()
    if frozen:
        helpers.call_action(
            "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False},
            quarter=town.LAST.code,
        )
    alone = helpers.call_action("satudata_compliance_report", quarter=town.LAST.code)
    found = helpers.call_action(
        "satudata_compliance_report", quarter=town.NOW.code, before=True)["before"]
    assert (found["quarter"], found["frozen"]) == (town.LAST.code, frozen)
    assert found["totals"] == alone["totals"]
    by_name = {row["name"]: row for row in alone["organizations"]}
    assert len(found["organizations"]) == len(by_name)
    for row in found["organizations"]:
        assert row == {key: by_name[row["name"]][key] for key in row}
    # Whoever may not see that quarter is not told how it stood.
    monkeypatch.setitem(tk.config, "ckanext.satudata.public_board", "frozen")
    stranger = {"user": "", "ignore_auth": False}
    if frozen:
        later = helpers.call_action(
            "satudata_compliance_report", dict(stranger), quarter=town.LAST.code, before=True)
        assert later["before"] is None
