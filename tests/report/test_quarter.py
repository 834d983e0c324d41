"""The report from the database: figures, readers, moments."""
from __future__ import annotations

import datetime as dt

import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal.events import CLI, Actor
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


def test_the_metadata_score_of_an_office_is_that_of_what_was_verified_by_then():
    import sqlalchemy as sa

    from ckanext.satudata.journal import clock
    from ckanext.satudata.journal.events import record

    organization, _ = office("dinkes")
    score = {"opd": organization["id"]}
    record("dataset.verified", "dataset", "a", SYSTEM, data={**score, "score": 91})
    record("dataset.verified", "dataset", "b", SYSTEM, data={**score, "score": 80})
    model.Session.commit()
    before = clock.now()
    record("dataset.revoked", "dataset", "b", SYSTEM, data={**score, "score": 80})
    model.Session.commit()

    def said(**data):
        report = helpers.call_action("satudata_compliance_report", **data)
        return report["organizations"][0]["metadata_score"]

    assert said(as_of=before.isoformat()) == 86, "the mean of 91 and 80, half up"
    assert said() == 91
    assert model.Session.execute(sa.text("select count(*) from satudata_event")).scalar()
