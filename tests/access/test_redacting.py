"""Notes are redacted, and nothing else is: events, their times and every figure stay."""
from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers
from sqlalchemy.exc import DBAPIError

from ckanext.satudata.access import remarks, submissions
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event, job, note
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.report import snapshots

from .town import Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

SECRET = "Budi Santoso dari RT 3 salah mencatat."
GROUNDS = "UU 27/2022 pasal 8, permintaan subjek data"


@pytest.fixture
def keeper(town: Town) -> dict[str, Any]:
    """A walidata with the right to administer."""
    if "keeper" not in town.users:
        town.users["keeper"] = factories.User()
        people.grant(
            town["keeper"]["id"], people.WALIDATA, Actor(None, CLI), administers=True)
        model.Session.commit()
    return town["keeper"]


def returned(town: Town) -> tuple[dict[str, Any], int]:
    """A dataset that came back with a reason that names somebody, and the event's number."""
    with uncommitted():
        dataset = town.submitted()
        call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
             content_hash=dataset["content_hash"], note=SECRET,
             fields=[{"field": "notes", "note": f"{SECRET} Lagi."}])
    return dataset, history(town, dataset)[-2]["seq"]


def history(town: Town, dataset: dict[str, Any], by: str = "walidata") -> list[dict[str, Any]]:
    return [one for one in call(town[by], "satudata_history", id=dataset["id"])
            if one["object"] == "dataset"]


WHO = {
    "sysadmin": True, "keeper": True, "walidata": False, "koordinator": False, "pimpinan": False,
    "pembina": False, "ppid": False, "admin": False, "editor": False, "member": False,
    "parent_admin": False, "other_editor": False, "outsider": False, None: False,
}


@pytest.mark.parametrize(("person", "may"), WHO.items())
def test_who_may_redact(town: Town, keeper: Any, person: str | None, may: bool) -> None:
    kept = town.kept.setdefault("who", {})
    if "seq" not in kept:
        kept["seq"] = returned(town)[1]
    user = town[person] if person else None
    if not may:
        # What is not there answers the same: no number tells of an event.
        for seq in (kept["seq"], 2**40):
            with pytest.raises(tk.NotAuthorized):
                call(user, "satudata_note_redact", seq=seq, reason=GROUNDS)
        return
    seq = returned(town)[1]
    answer = call(user, "satudata_note_redact", seq=seq, reason=GROUNDS)
    assert (answer["of"], answer["object"]) == (seq, "dataset")


def test_the_text_is_gone_and_the_event_stays_and_says_so(town: Town, keeper: Any) -> None:
    dataset, seq = returned(town)
    before = {one["seq"]: one for one in history(town, dataset)}
    done = call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
    after = {one["seq"]: one for one in history(town, dataset)}
    assert set(after) - set(before) == {done["seq"]}
    gone = after[seq]
    assert (gone["note"], gone["redacted"], gone["redacted_because"]) == (None, True, GROUNDS)
    assert gone["redacted_at"] == after[done["seq"]]["recorded_at"]
    assert (after[done["seq"]]["type"], after[done["seq"]]["by"]) == ("note.redacted", keeper["id"])
    changed = {"note", "redacted", "redacted_at", "redacted_because"}
    for number, one in before.items():
        kept = {key for key in one if one[key] == after[number][key]}
        assert set(one) - kept <= (changed if number == seq else set())
    assert model.Session.execute(
        sa.select(note.c.text).where(note.c.event_seq == seq)).scalar_one() is None


def test_remarks_on_fields_and_comments_go_the_same_way(town: Town, keeper: Any) -> None:
    dataset, seq = returned(town)
    [remark] = [one for one in history(town, dataset) if one["type"] == "dataset.commented"]
    assert remarks.of(dataset["id"], seq)
    call(keeper, "satudata_note_redact", seq=remark["seq"], reason=GROUNDS)
    assert remarks.of(dataset["id"], seq) == []
    with uncommitted():
        verified = town.verified()
    comment = call(town["pembina"], "satudata_comment", id=verified["id"], text=SECRET)["seq"]
    call(keeper, "satudata_note_redact", seq=comment, reason=GROUNDS)
    [own] = history(town, verified, "pembina")
    assert (own["note"], own["redacted_because"]) == (None, GROUNDS)


@pytest.mark.parametrize("reader", ["koordinator", "pimpinan"])
def test_who_sees_no_notes_sees_no_grounds(town: Town, keeper: Any, reader: str) -> None:
    dataset, seq = returned(town)
    call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
    found = history(town, dataset, reader)
    assert GROUNDS not in json.dumps(found)
    assert {one["seq"] for one in found if one["redacted"]} == {seq}


WRONG = {
    "no reason": ({"reason": " "}, "reason"), "no number": ({"seq": "x"}, "seq"),
    "a negative number": ({"seq": -1}, "seq"), "a number too large": ({"seq": 2**63}, "seq"),
    "nothing": ({"seq": None}, "seq"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_on_its_field(town: Town, keeper: Any, what: str) -> None:
    data, field = WRONG[what]
    with pytest.raises(tk.ValidationError) as refused:
        call(keeper, "satudata_note_redact", **{"seq": 1, "reason": GROUNDS, **data})
    assert field in refused.value.error_dict


def test_an_event_without_note_and_one_redacted_before_are_refused(
    town: Town, keeper: Any
) -> None:
    dataset, seq = returned(town)
    created = history(town, dataset)[0]["seq"]
    call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
    for number in (created, seq):
        with pytest.raises(tk.ValidationError) as refused:
            call(keeper, "satudata_note_redact", seq=number, reason=GROUNDS)
        assert "seq" in refused.value.error_dict
    with pytest.raises(tk.ObjectNotFound):
        call(keeper, "satudata_note_redact", seq=2**40, reason=GROUNDS)


@pytest.mark.parametrize("statement", [
    "UPDATE satudata_note SET text = 'lain' WHERE event_seq = :seq",
    "UPDATE satudata_note SET text = NULL WHERE event_seq = :seq",
    "UPDATE satudata_note SET text = NULL, redacted_by = 1 WHERE event_seq = :seq",
    "UPDATE satudata_note SET event_seq = event_seq + 1000000 WHERE event_seq = :seq",
    "DELETE FROM satudata_note WHERE event_seq = :seq",
    "TRUNCATE satudata_note",
])
@pytest.mark.parametrize("redacted", [False, True])
def test_the_database_refuses_everything_else(
    town: Town, keeper: Any, statement: str, redacted: bool
) -> None:
    kept = town.kept.setdefault(f"database {redacted}", {})
    if not kept:
        kept["seq"] = returned(town)[1]
        if redacted:
            call(keeper, "satudata_note_redact", seq=kept["seq"], reason=GROUNDS)
    given = {"seq": kept["seq"]} if ":seq" in statement else {}
    with pytest.raises(DBAPIError, match="satudata"):
        model.Session.execute(sa.text(statement), given)
    model.Session.rollback()


def test_the_words_of_a_decision_on_many_go_from_its_job_too(town: Town, keeper: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    begun = call(
        town["walidata"], "satudata_decide_bulk", decision="return", note=SECRET,
        items=[{"id": dataset["id"], "content_hash": dataset["content_hash"]}])
    from ckanext.satudata.journal import work

    work.run()
    done = call(town["walidata"], "satudata_job_show", id=begun["id"])
    assert (done["state"], done["errors"]) == ("selesai", [])
    call(keeper, "satudata_note_redact", seq=history(town, dataset)[-1]["seq"], reason=GROUNDS)
    everything = model.Session.execute(sa.select(job.c.data)).scalars()
    assert SECRET not in json.dumps(list(everything))


def test_no_copy_is_left_in_any_table_of_ours(town: Town, keeper: Any) -> None:
    """After all notes with the words are redacted, no row of the plugin has them."""
    word = "Suratmini"
    with uncommitted():
        dataset = town.submitted()
        call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
             content_hash=dataset["content_hash"], note=word)
    from ckanext.satudata.journal import work

    work.run()
    said = model.Session.execute(
        sa.select(note.c.event_seq, event.c.object_type)
        .join(event, event.c.seq == note.c.event_seq).where(note.c.text == word)
        .order_by(note.c.event_seq)).all()
    assert {kind for _, kind in said} == {"dataset", "deposit"}, "said of both, in one act"
    call(keeper, "satudata_note_redact", seq=said[0].event_seq, reason=GROUNDS)
    redacted = model.Session.execute(
        sa.select(event.c.data["of"].as_integer(), event.c.object_type)
        .where(event.c.type == "note.redacted").order_by(event.c.seq.desc()).limit(len(said))).all()
    assert sorted(redacted) == sorted(tuple(one) for one in said), "an event for each"
    tables = model.Session.execute(sa.text(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
        "AND (tablename LIKE 'satudata%' OR tablename = 'activity')")).scalars().all()
    assert len(tables) > 20
    for table in tables:
        found = model.Session.execute(sa.text(
            f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE :word'),
            {"word": f"%{word}%"}).scalar()
        assert not found, table


def test_reports_and_snapshots_stay_the_same_to_the_byte(town: Town, keeper: Any) -> None:
    """Notes are in neither: all of them go, and no figure and no hash moves."""
    returned(town)
    last = Quarter.of(clock.city_today()).previous()
    obligations.agree(last.year, last.first, "BA/1", Actor(None, CLI), origin="impor")
    model.Session.commit()
    quarter = last.code
    call(keeper, "satudata_snapshot_freeze", quarter=quarter)
    call(keeper, "satudata_snapshot_freeze", quarter=quarter, reason=SECRET)
    moment = clock.now().isoformat()

    def judged() -> str:
        return json.dumps(helpers.call_action(
            "satudata_compliance_report", quarter=quarter, as_of=moment), sort_keys=True)

    def chain() -> Any:
        return model.Session.execute(sa.text(
            "SELECT json_agg(s ORDER BY s.sha256)::text FROM satudata_snapshot s")).scalar_one()

    before, frozen = judged(), chain()
    assert SECRET not in before + frozen
    gone = 0
    while seq := model.Session.execute(
        sa.select(note.c.event_seq)
        .where(note.c.text.isnot(None), note.c.text != GROUNDS).limit(1)
    ).scalar():
        call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
        gone += 1
    assert gone > 2
    assert judged() == before
    assert chain() == frozen
    assert list(snapshots.faults()) == []


def test_where_it_stands_in_the_submission_stays_the_same(town: Town, keeper: Any) -> None:
    dataset, seq = returned(town)
    row = submissions.require(dataset["id"])
    call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
    model.Session.rollback()
    assert submissions.require(dataset["id"]) == row
    assert call(town["editor"], "satudata_dataset_submit", id=dataset["id"])


# -- pages ---------------------------------------------------------------------------------------


def headers(user: dict[str, Any]) -> dict[str, str]:
    token = helpers.call_action(
        "api_token_create", {"user": user["name"]}, user=user["name"], name=f"t{user['id'][:6]}")
    return {"Authorization": token["token"]}


def test_the_form_on_the_history_and_what_it_says_then(town: Town, keeper: Any, app: Any) -> None:
    dataset, seq = returned(town)
    page = app.get(f"/en/satudata/verifikasi/{dataset['name']}", headers=headers(keeper)).text
    address = f"/satudata/catatan/{seq}/samarkan"
    assert address in page
    others = app.get(
        f"/en/satudata/verifikasi/{dataset['name']}", headers=headers(town["walidata"])).text
    assert SECRET in others
    assert "/samarkan" not in others, "no form for whom it is not"

    answer = app.post(
        address, data={"reason": GROUNDS, "object": "dataset", "id": dataset["id"]},
        headers=headers(keeper), follow_redirects=False)
    assert answer.status_code == 302
    page = app.get(
        f"/en/satudata/verifikasi/{dataset['name']}", headers=headers(town["walidata"])).text
    assert re.search(r"The note was redacted on .*: " + GROUNDS, page)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_exported_says_it_too(town: Town, keeper: Any, app: Any, kind: str) -> None:
    dataset, seq = returned(town)
    call(keeper, "satudata_note_redact", seq=seq, reason=GROUNDS)
    body = app.get(
        f"/satudata/riwayat/{dataset['id']}.{kind}", headers=headers(town["walidata"])).text
    rows = json.loads(body) if kind == "json" else list(
        csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))
    [row] = [one for one in rows if int(one["seq"]) == seq]
    assert row["redacted_because"] == GROUNDS
    assert row["redacted_at"]
    assert not row["note"]


@pytest.mark.parametrize("seq", ["0", "x", "-1", "999999999999999999999999", "1%00"])
def test_no_number_ends_in_an_error_of_the_server(
    town: Town, keeper: Any, app: Any, seq: str
) -> None:
    before = model.Session.execute(sa.select(sa.func.max(event.c.seq))).scalar_one()
    answer = app.post(
        f"/satudata/catatan/{seq}/samarkan", data={"reason": GROUNDS}, headers=headers(keeper),
        follow_redirects=False)
    assert answer.status_code in (302, 400, 404)
    model.Session.rollback()
    assert model.Session.execute(sa.select(sa.func.max(event.c.seq))).scalar_one() == before
