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
from ckanext.satudata.deposits import state as deposits_state
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import ensure
from ckanext.satudata.report import snapshots
from ckanext.satudata.report.quarter import Judged

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
    "a reason that is no text": ({"quarter": LAST.code, "reason": {"salah": 1}}, "reason"),
    "after a revision that is not there": (
        {"quarter": LAST.code, "after_revision": 1}, "after_revision"),
    "after no revision at all": ({"quarter": LAST.code, "after_revision": "x"}, "after_revision"),
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
    assert helpers.call_action("satudata_snapshot_verify") == {
        "agrees": True, "judged": True, "faults": []
    }


def test_a_form_sent_twice_makes_one_revision(city):
    freeze(quarter=LAST.code, after_revision=0)
    for seen in (0, 2):
        with pytest.raises(tk.ValidationError) as refused:
            freeze(quarter=LAST.code, after_revision=seen, reason="surat keberatan")
        assert "after_revision" in refused.value.error_dict
    freeze(quarter=LAST.code, after_revision=1, reason="surat keberatan")
    with pytest.raises(tk.ValidationError):
        freeze(quarter=LAST.code, after_revision=1, reason="surat keberatan")
    assert [one["revision"] for one in helpers.call_action("satudata_snapshot_list")] == [2, 1]


# --- a revision corrects, and lets nobody off -------------------------------------------------


def _period(id):
    """The oldest period of an item that was due in the frozen quarter and is still open."""
    rows = model.Session.execute(
        sa.select(state.c.period).where(
            state.c.obligation == id, state.c.quarter == LAST.index, state.c.closed_by.is_(None),
        ).order_by(state.c.last_day)
    )
    return rows.scalars().first()


def bogus_nil(id):
    store.create(id, _period(id), "nil", SYSTEM)


def bogus_nil_accepted(id):
    store.accept(store.create(id, _period(id), "nil", SYSTEM), None, None, SYSTEM)


def waiver(id):
    obligations.excuse(id, _period(id), None, "bencana", SYSTEM)


def found_on_paper(id):
    at = dt.datetime.combine(LAST.first, dt.time(9), dt.timezone.utc)
    store.import_past([store.Past(id, _period(id), "file", at)], SYSTEM)


AFTER_FREEZING = {
    "a nil report, waiting": (bogus_nil, "missing"),
    "a nil report, accepted": (bogus_nil_accepted, "missing"),
    "a waiver": (waiver, "excused"),
    "a deposit of the time, recorded later": (found_on_paper, "on_time"),
}


@pytest.mark.parametrize("case", AFTER_FREEZING)
def test_a_revision_reads_corrections_and_not_what_came_after_the_first_freezing(city, case):
    first = freeze(quarter=LAST.code)
    happens, expected = AFTER_FREEZING[case]
    period = _period(city[0])
    happens(city[0])
    model.Session.commit()
    second = freeze(quarter=LAST.code, reason="keberatan")["report"]
    assert second["as_of"] > second["deposits_until"] == first["report"]["as_of"]
    [item] = [one for one in second["obligations"] if one["id"] == str(city[0])]
    [found] = [one for one in item["periods"] if one["period"] == period]
    assert found["status"] == expected
    assert (found["happened_at"] is None) == (expected in ("missing", "excused"))
    # Later reports have it, and what is frozen can be proved from the events.
    now = helpers.call_action(
        "satudata_compliance_report", quarter=LAST.code, as_of=clock.now().isoformat()
    )
    assert now["deposits_until"] == now["as_of"]
    live = {one["id"]: one for one in now["obligations"]}[str(city[0])]
    assert live["periods"][0]["status"] != "missing"
    assert helpers.call_action("satudata_snapshot_verify")["agrees"]


def test_a_bogus_deposit_after_freezing_takes_no_office_off_the_list(city):
    before = freeze(quarter=LAST.code)["report"]["organizations"]
    assert [row["status"] for row in before] == ["belum_setor"]
    for id in city:
        for period in owed.open_of(id):
            if period.last <= clock.city_today():
                store.create(id, period.code, "nil", SYSTEM)
    model.Session.commit()
    after = freeze(quarter=LAST.code, reason="keberatan")["report"]["organizations"]
    assert [row["status"] for row in after] == ["belum_setor"]
    assert after[0]["arrears"] == before[0]["arrears"]


@pytest.mark.parametrize(("mends", "expected"), [(False, "pending"), (True, "late")])
def test_what_only_waited_at_freezing_and_came_back_does_not_count(city, mends, expected):
    period = _period(city[0])
    waiting = store.create(city[0], period, "nil", SYSTEM)
    model.Session.commit()
    first = freeze(quarter=LAST.code)["report"]
    assert _state(first, city[0], period) == "late", "it counts as it is"
    store.end(waiting, "deposit.returned", "bukan nihil", SYSTEM)
    model.Session.commit()
    if mends:
        store.create(city[0], period, "file", SYSTEM)
        model.Session.commit()
    second = freeze(quarter=LAST.code, reason="dikembalikan")["report"]
    assert _state(second, city[0], period) == expected
    assert helpers.call_action("satudata_snapshot_verify")["agrees"]


def _state(report, id, period):
    [item] = [one for one in report["obligations"] if one["id"] == str(id)]
    return {one["period"]: one["status"] for one in item["periods"]}[period]


def test_the_arrears_of_a_revision_are_those_of_the_first_freezing(city):
    first = freeze(quarter=LAST.code)["report"]
    [before] = [row["arrears"] for row in first["organizations"]]
    assert before
    for period in owed.open_of(city[0]):
        if period.last < LAST.first:
            store.create(city[0], period.code, "nil", SYSTEM)
    model.Session.commit()
    second = freeze(quarter=LAST.code, reason="keberatan")["report"]
    assert [row["arrears"] for row in second["organizations"]] == [before]
    listed = helpers.call_action(
        "satudata_compliance_report", quarter=LAST.code, arrears=True, obligations=False
    )
    assert listed["arrears_count"] == len(listed["arrears"]) == before


# --- how far what is owed has been written ---------------------------------------------------


def test_a_quarter_beyond_what_was_written_is_not_frozen(city, monkeypatch):
    monkeypatch.setattr(deposits_state, "written_until", lambda: LAST.last - dt.timedelta(days=1))
    with pytest.raises(tk.ValidationError) as refused:
        freeze(quarter=LAST.code)
    assert "ckan satudata daily" in refused.value.error_dict["quarter"][0]
    assert helpers.call_action("satudata_snapshot_list") == []


def test_deposits_that_wait_are_named_with_their_offices_before_freezing(city):
    assert snapshots.waiting(LAST) == []
    for id in city:
        store.create(id, _period(id), "nil", SYSTEM)
    [first, _] = store.find(status=store.WAITING)[1]
    store.accept(first["id"], None, None, SYSTEM)
    model.Session.commit()
    [(opd, number)] = snapshots.waiting(LAST)
    assert number == 1
    assert opd == obligations.latest([city[0]])[city[0]].opd
    assert snapshots.waiting(LAST.previous()) == []


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
    moment = clock.now()
    first = snapshots.documents(Judged(LAST, moment))
    store.create(city[0], owed.open_of(city[0])[0].code, "nil", SYSTEM)
    model.Session.commit()
    assert snapshots.documents(Judged(LAST, moment)) == first


# --- who may verify what ---------------------------------------------------------------------


@pytest.mark.parametrize("user", ["", "petugas", "wali"])
def test_everybody_may_have_a_printed_hash_proved_and_a_role_the_figures_too(
    city, user, monkeypatch
):
    monkeypatch.setitem(tk.config, "ckanext.satudata.public_board", "frozen")
    done = freeze(quarter=LAST.code)
    freeze(quarter=LAST.code, reason="keberatan")
    context = {"user": user, "ignore_auth": False}

    def verify(**data):
        return helpers.call_action("satudata_snapshot_verify", dict(context), **data)

    judged = user == "wali"
    sound = {"agrees": True, "judged": judged, "faults": []}
    assert verify(sha256=done["sha256"]) == sound
    assert verify(quarter=LAST.code) == sound
    assert verify(quarter=LAST.code, revision=1) == sound
    assert verify(sha256="0" * 64)["faults"] == [
        {"quarter": None, "revision": None, "fault": "unknown"}
    ]
    for action in ("verify", "show"):
        with pytest.raises(tk.ObjectNotFound, match=r"revision 3\. There are: 1, 2\."):
            helpers.call_action(
                f"satudata_snapshot_{action}", dict(context), quarter=LAST.code, revision=3)
    if judged:
        assert verify() == sound
    else:
        with pytest.raises(tk.ValidationError):
            verify()
        # Judging costs much and is not done for everybody.
        monkeypatch.setattr(snapshots, "documents", lambda _: pytest.fail("judged anew"))
        assert verify(quarter=LAST.code) == sound
