"""Frozen quarters: what is refused, what never changes, and what shows when somebody tried."""
from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, owed, store
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import ensure

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

SYSTEM = Actor(None, CLI)
NOW = Quarter.of(dt.datetime.now(dt.timezone.utc).date())
LAST = NOW.previous()


@pytest.fixture
def city():
    """One office with an open and a closed item due each month, and an agreed register."""
    walidata = factories.User(name="wali")
    editor = factories.User(name="petugas")
    organization = factories.Organization(
        name="dinkes", users=[{"name": editor["name"], "capacity": "editor"}]
    )
    people.grant(walidata["id"], "walidata", SYSTEM)
    opd = ensure(organization["id"])
    items = obligations.create_many(
        [
            (None, obligations.Terms(
                title=title, opd=opd, frekuensi="bulanan", klasifikasi_akses=klass,
                valid_from=LAST.previous().first,
            ))
            for title, klass in (("Jumlah balita", "terbuka"), ("Rahasia sekali", "tertutup"))
        ],
        SYSTEM,
    )
    for quarter in (LAST, LAST.previous()):
        obligations.agree(quarter.year, quarter.first, "BA/1", SYSTEM, origin="impor")
    model.Session.commit()
    return items


def freeze(**data):
    return helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False}, **data
    )


def shown(user: str | None, **data):
    context = {"user": user or "", "ignore_auth": False}
    return helpers.call_action("satudata_snapshot_show", context, quarter=LAST.code, **data)


REFUSED = {
    "the running quarter": ({"quarter": NOW.code}, "quarter"),
    "a trial": ({"quarter": "2019-TW1"}, "quarter"),
    "no quarter": ({"quarter": "2026-Q3"}, "quarter"),
    "a revision of nothing": ({"quarter": LAST.code, "reason": "salah"}, "reason"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_frozen_is_refused_on_its_field(city, case):
    data, field = REFUSED[case]
    with pytest.raises(tk.ValidationError) as refused:
        freeze(**data)
    assert field in refused.value.error_dict
    assert helpers.call_action("satudata_snapshot_list") == []


def test_only_a_walidata_freezes(city):
    with pytest.raises(tk.NotAuthorized):
        helpers.call_action(
            "satudata_snapshot_freeze", {"user": "petugas", "ignore_auth": False},
            quarter=LAST.code,
        )


def test_a_late_file_changes_later_reports_never_the_snapshot(city):
    first = freeze(quarter=LAST.code)
    assert first["report"]["totals"]["missing"] == 2
    for id in city:
        for period in owed.open_of(id):
            if period.last <= clock.city_today():
                store.create(id, period.code, "nil", SYSTEM)
    model.Session.commit()

    again = helpers.call_action("satudata_compliance_report", quarter=LAST.code)
    assert again["frozen"]
    assert again["totals"] == first["report"]["totals"]
    live = helpers.call_action(
        "satudata_compliance_report", quarter=LAST.code, as_of=clock.now().isoformat()
    )
    assert (live["frozen"], live["totals"]["missing"]) == (False, 0)


def test_a_second_freeze_needs_a_reason_and_keeps_both(city):
    first = freeze(quarter=LAST.code)
    with pytest.raises(tk.ValidationError):
        freeze(quarter=LAST.code)
    store.create(city[0], owed.open_of(city[0])[0].code, "nil", SYSTEM)
    model.Session.commit()
    second = freeze(quarter=LAST.code, reason="surat keberatan dinas")
    assert (second["revision"], second["previous_sha256"]) == (2, first["sha256"])
    assert shown("wali", revision=1)["sha256"] == first["sha256"]
    assert helpers.call_action("satudata_snapshot_verify") == {"agrees": True, "faults": []}


def test_a_frozen_closed_item_is_counted_and_never_named_to_strangers(city):
    freeze(quarter=LAST.code)
    stranger = shown(None)
    assert "Rahasia" not in json.dumps(stranger)
    assert stranger["report"]["hidden_obligations"] == 1
    assert stranger["report"]["organizations"][0]["hidden"] == 1
    assert stranger["frozen_by"] is None, "names of persons are for the administration"
    for insider in ("petugas", "wali"):
        assert "Rahasia sekali" in json.dumps(shown(insider))
    public = model.Session.execute(sa.text("select publik from satudata_snapshot")).scalar()
    assert "Rahasia" not in public and "balita" not in public


def test_what_was_closed_since_is_not_named_any_more(city):
    freeze(quarter=LAST.code)
    assert "Jumlah balita" in json.dumps(shown(None))
    terms = obligations.latest([city[0]])[city[0]]
    closed = obligations.Terms(**{**terms.__dict__, "klasifikasi_akses": "tertutup"})
    obligations.change_many([(city[0], closed, clock.city_today())], SYSTEM)
    model.Session.commit()
    assert "Jumlah balita" not in json.dumps(shown(None))


@pytest.mark.parametrize("statement", [
    "UPDATE satudata_snapshot SET publik = '{}'",
    "DELETE FROM satudata_snapshot",
    "TRUNCATE satudata_snapshot",
    "UPDATE satudata_snapshot_office SET status = 'lengkap'",
    "DELETE FROM satudata_event WHERE type = 'snapshot.frozen'",
    "UPDATE satudata_event SET person = NULL",
    "TRUNCATE satudata_event",
])
def test_the_database_refuses_change_even_to_its_superuser(city, statement):
    freeze(quarter=LAST.code)
    with pytest.raises(sa.exc.DBAPIError, match="never changed or removed"):
        model.Session.execute(sa.text(statement))
    model.Session.rollback()


TAMPERED = {
    "document": "UPDATE satudata_snapshot SET lengkap = replace(lengkap, 'missing', 'missinG')",
    "chain": "UPDATE satudata_snapshot SET sha256 = repeat('0', 64)",
    "figures": "UPDATE satudata_state SET counts_from = deadline - interval '1 day', kind = 'file'",
}


@pytest.mark.parametrize("fault", TAMPERED)
def test_what_a_database_owner_could_still_do_shows(city, fault):
    freeze(quarter=LAST.code)
    model.Session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    model.Session.execute(sa.text(TAMPERED[fault]))
    model.Session.commit()
    answer = helpers.call_action("satudata_snapshot_verify")
    assert not answer["agrees"]
    assert fault in {one["fault"] for one in answer["faults"]}


def test_the_same_moment_gives_the_same_bytes(city):
    from ckanext.satudata.report import snapshots
    from ckanext.satudata.report.quarter import Judged

    moment = clock.now()
    first = snapshots.documents(Judged(LAST, moment))
    store.create(city[0], owed.open_of(city[0])[0].code, "nil", SYSTEM)
    model.Session.commit()
    assert snapshots.documents(Judged(LAST, moment)) == first
