"""Letters: to whom, at which level, who may do what with them, who reads them, what they name."""
from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from sqlalchemy.exc import IntegrityError

from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.model import event
from ckanext.satudata.letters import life, store
from ckanext.satudata.report import snapshots
from tests.access.test_races import waits
from tests.deposits.test_locks import Person
from tests.report.town import NOW

from .town import EARLIER, LAST, PERSONS, SECRET, bring, call, drafted, scan, step

pytestmark = pytest.mark.usefixtures("with_plugins")

TODAY = dt.date(2026, 1, 1)
ROLES_OF = {
    "sysadmin": {life.WALIDATA}, "walidata": {life.WALIDATA}, "pimpinan": {life.PIMPINAN},
    "office_admin": {life.OFFICE}, "office_editor": {life.OFFICE},
}
READS_ALL = {"sysadmin", "walidata", "koordinator", "pimpinan"}
OWN = {"office_admin", "office_editor", "office_member"}


# --- drafting -----------------------------------------------------------------------------------


def test_a_request_goes_to_whoever_is_not_complete_a_reprimand_to_the_silent(city: Any) -> None:
    def due(kind: str) -> dict[str, Any]:
        found = call("wali", "satudata_letter_candidates", kind=kind, quarter=LAST.code)
        return {one["organization"]["name"]: one["level"] for one in found}

    report = call("wali", "satudata_compliance_report", quarter=LAST.code, obligations=False)
    status = {row["name"]: row["status"] for row in report["organizations"]}
    assert due("data_request") == {
        name: None for name, found in status.items() if found in ("sebagian", "belum_setor")
    }
    # Nothing came of it in either quarter.
    assert due("reprimand") == {"dishub": 2}


def test_a_letter_says_what_the_frozen_report_says(city: Any) -> None:
    letter = drafted(kind="data_request", office="dinkes")
    frozen = snapshots.latest_of([LAST])[LAST]
    assert (letter["sha256"], letter["revision"]) == (frozen["sha256"], 1)
    assert letter["state"] == "konsep"
    report = call("wali", "satudata_compliance_report", quarter=LAST.code, organization="dinkes")
    row = report["organizations"][0]
    assert letter["figures"] == {
        name: row[name] for name in ("due", "fulfilled", "partial", "missing")
    }
    missing = [
        (item["id"], [one["period"] for one in item["periods"] if one["status"] == "missing"])
        for item in report["obligations"]
        if any(one["status"] == "missing" for one in item["periods"])
    ]
    # The secret one is counted, not named, also to those who may see it in the report.
    assert len(letter["items"]) + letter["unnamed"] == len(missing)
    assert letter["unnamed"] == 1
    assert SECRET not in str(letter)
    assert letter["silent_units"] == ["UPTD Puskesmas"]


def test_what_was_named_is_not_named_any_more_once_it_is_closed(city: Any, changed: Any) -> None:
    letter = drafted()
    assert {item["title"] for item in letter["items"]} == {
        "Jumlah angkutan", "=1+1 <script>alert(1)</script>"}
    [one] = [item["id"] for item in letter["items"] if item["title"] == "Jumlah angkutan"]
    call("wali", "satudata_obligation_update", id=one, klasifikasi_akses="tertutup")
    again = call("wali", "satudata_letter_show", id=letter["id"])
    assert [item["title"] for item in again["items"]] == ["=1+1 <script>alert(1)</script>"]
    assert again["unnamed"] == 1


@pytest.mark.parametrize(("quarter", "kind", "words"), [
    (EARLIER, "reprimand", "second frozen"),
    (NOW, "reprimand", "not frozen"),
    (NOW.next(), "data_request", "not begun"),
    (EARLIER.previous(), "data_request", None),
])
def test_of_other_quarters_there_are_none(
    city: Any, quarter: Any, kind: str, words: str | None
) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        drafted(kind=kind, quarter=quarter.code)
    if words:
        assert words in str(refused.value)


def test_the_same_letter_is_drafted_once_until_it_is_cancelled(city: Any) -> None:
    letter = drafted()
    with pytest.raises(tk.ValidationError) as refused:
        drafted()
    assert "konsep" in str(refused.value)
    again = call("wali", "satudata_letter_draft_many", kind="reprimand", quarter=LAST.code)
    assert again["drafted"] == []
    assert [one["id"] for one in again["existing"]] == [letter["id"]]
    step("wali", letter["id"], "cancel")
    assert drafted()["id"] != letter["id"]


def test_many_at_once_are_all_that_are_due(city: Any) -> None:
    done = call("wali", "satudata_letter_draft_many", kind="data_request", quarter=LAST.code)
    due = call("wali", "satudata_letter_candidates", kind="data_request", quarter=LAST.code)
    assert [one["organization"]["name"] for one in done["drafted"]] == [
        one["organization"]["name"] for one in due]
    assert all(one["letter"]["state"] == "konsep" for one in due)


def test_a_name_to_which_none_is_due_drafts_nothing(city: Any) -> None:
    with pytest.raises(tk.ValidationError):
        call("wali", "satudata_letter_draft_many", kind="reprimand", quarter=LAST.code,
             organizations=["dishub", "dlh"])
    assert call("wali", "satudata_letter_list")["count"] == 0


@pytest.mark.ckan_config("ckanext.satudata.letters.reprimand_below", 90)
def test_below_the_rate_of_the_city_is_reprimanded_too(city: Any) -> None:
    found = call("wali", "satudata_letter_candidates", kind="reprimand", quarter=LAST.code)
    assert {one["organization"]["name"] for one in found} == {"dishub", "dinkes"}


def test_a_letter_goes_to_the_successor(city: Any, changed: Any) -> None:
    call("sys", "organization_patch", id="dishub", berlaku_sampai=str(
        city_today() - dt.timedelta(days=1)), pengganti=["satpol"])
    letter = drafted()
    assert letter["organization"]["name"] == "dishub"
    assert letter["addressee"]["name"] == "satpol"
    bring(letter["id"], "dikirim")
    # The office that ended reads nothing any more.
    with pytest.raises(tk.ObjectNotFound):
        call("dishub-editor", "satudata_letter_show", id=letter["id"])


def test_an_office_that_ended_without_successor_gets_none(city: Any, changed: Any) -> None:
    call("sys", "organization_patch", id="dishub",
         berlaku_sampai=str(city_today() - dt.timedelta(days=1)))
    with pytest.raises(tk.ValidationError):
        drafted()
    done = call("wali", "satudata_letter_draft_many", kind="reprimand", quarter=LAST.code)
    assert (done["drafted"], done["ended"]) == ([], ["dishub"])


# --- persons, states and ways ------------------------------------------------------------------


@pytest.mark.parametrize("person", PERSONS)
def test_only_a_walidata_drafts(city: Any, person: str) -> None:
    data = {"kind": "reprimand", "quarter": LAST.code}
    user = city.users[person]
    for action, more in (
        ("satudata_letter_candidates", {}), ("satudata_letter_draft_many", {}),
        ("satudata_letter_draft", {"organization": "dishub"}),
    ):
        if person in ("walidata", "sysadmin"):
            if action != "satudata_letter_draft":
                call(user, action, **data, **more)
        else:
            with pytest.raises(tk.NotAuthorized):
                call(user, action, **data, **more)


@pytest.mark.parametrize("state", life.STATES)
def test_who_reads_a_letter_and_who_does_not_learn_of_it(city: Any, state: str) -> None:
    letter = drafted()
    bring(letter["id"], state)
    for person in PERSONS:
        reads = person in READS_ALL or (person in OWN and state in life.OUT)
        user = city.users[person]
        if user is None:
            for action in ("satudata_letter_show", "satudata_letter_list"):
                with pytest.raises(tk.NotAuthorized):
                    call(None, action, id=letter["id"])
            continue
        listed = call(user, "satudata_letter_list")
        assert [one["id"] for one in listed["results"]] == ([letter["id"]] if reads else []), person
        assert listed["count"] == int(reads), person
        if reads:
            shown = call(user, "satudata_letter_show", id=letter["id"])
            events = {one["event"] for one in shown["events"]}
            if person in OWN:
                assert events <= {"send", "answer", "outcome"}
                assert not {"docx", "pdf"} & set(shown["files"])
            else:
                assert "draft" in events
            continue
        messages = []
        for id in (letter["id"], str(uuid.uuid4())):
            with pytest.raises(tk.ObjectNotFound) as refused:
                call(user, "satudata_letter_show", id=id)
            messages.append(str(refused.value))
        assert messages[0] == messages[1]


@pytest.mark.parametrize("state", life.STATES)
@pytest.mark.parametrize("event", life.PARAMETERS)
def test_every_step_in_every_state_by_everybody_is_as_the_table_says(
    city: Any, state: str, event: str
) -> None:
    row = life.transition(state, event)
    letter = drafted()
    bring(letter["id"], state)
    for person in PERSONS:
        user = city.users[person]
        before = store.get(uuid.UUID(letter["id"]))
        may = row is not None and bool(ROLES_OF.get(person, set()) & set(row.who))
        reads = person in READS_ALL or (person in OWN and state in life.OUT)
        if may:
            continue
        expected = tk.ValidationError if reads and row is None else (
            tk.NotAuthorized if reads or user is None else tk.ObjectNotFound)
        with pytest.raises(expected):
            step(user, letter["id"], event)
        model.Session.rollback()
        assert dict(store.get(uuid.UUID(letter["id"]))) == dict(before)
    if row is None:
        return
    allowed = [one for one in PERSONS if ROLES_OF.get(one, set()) & set(row.who)]
    for number, person in enumerate(allowed):
        shown = call(city.users[person], "satudata_letter_show", id=letter["id"])
        assert event in shown["may"], person
        if number:
            continue
        assert step(city.users[person], letter["id"], event)["state"] == row.target
        if row.target != state:
            step_back = drafted if row.target == life.CANCELLED else None
            assert step_back is None or step_back()["state"] == life.DRAFT
            return


def test_of_two_who_give_one_number_at_once_the_second_is_refused(city: Any, app: Any) -> None:
    first, second = drafted(), drafted(kind="data_request")
    row = store.get(uuid.UUID(first["id"]), lock=True)
    assert row is not None and not store.has_number("000.7/1", row["id"])
    store.save(row["id"], number="000.7/1", state=life.NUMBERED)
    other = Person(app, lambda: step("wali", second["id"], "number", "000.7/1"))
    other.start()
    waits()
    model.Session.commit()
    other.join(60)
    assert isinstance(other.error, tk.ValidationError) and "number" in other.error.error_dict


def test_no_two_letters_that_stand_have_one_number(city: Any) -> None:
    first, second = drafted(), drafted(kind="data_request")
    step("wali", first["id"], "number", "000.7/1")
    with pytest.raises(IntegrityError):
        store.save(uuid.UUID(second["id"]), number="000.7/1")
    model.Session.rollback()
    step("wali", first["id"], "cancel")
    assert step("wali", second["id"], "number", "000.7/1")["number"] == "000.7/1"


def test_the_number_the_day_and_the_file_are_looked_at(city: Any) -> None:
    letter = drafted()
    id = letter["id"]
    tomorrow = str(city_today() + dt.timedelta(days=1))

    def refused(field: str, **data: Any) -> None:
        with pytest.raises(tk.ValidationError) as found:
            call("wali", "satudata_letter_update", id=id, **data)
        assert field in found.value.error_dict
        model.Session.rollback()

    refused("date", number="1", date=tomorrow)
    other = drafted(kind="data_request")
    step("wali", other["id"], "number", "000.7/1")
    refused("number", number="000.7/1")
    refused("id")
    refused("id", number="2", cancel="salah")
    step("wali", id, "number", "000.7/2")
    refused("signed", signed=scan(b"MZ no paper"))
    refused("signed", signed="text")
    step("wali", id, "sign")
    refused("sent_on", sent_on=str(city_today() - dt.timedelta(days=1)))
    refused("sent_on", sent_on=tomorrow)
    step("wali", id, "send")
    refused("answer", answer="  ")
    refused("promised_on", answer="ya", promised_on="2020-01-01")
    answered = call("dishub-editor", "satudata_letter_update", id=id, answer="Minggu depan.",
                    promised_on=tomorrow)
    assert (answered["state"], answered["promised_on"]) == ("dijawab", tomorrow)
    assert answered["events"][-1]["note"] == "Minggu depan."


def test_a_letter_is_not_older_than_what_it_cites_and_its_number_is_filled_in(city: Any) -> None:
    id = drafted()["id"]
    cited = dt.date.fromisoformat(call("wali", "satudata_letter_show", id=id)["as_of"][:10])
    before = str(cited - dt.timedelta(days=1))

    def refused(field: str, **data: Any) -> str:
        with pytest.raises(tk.ValidationError) as found:
            call("wali", "satudata_letter_update", id=id, **data)
        model.Session.rollback()
        return str(found.value.error_dict[field])

    assert str(cited) in refused("date", number="000.7/12/2026", date=before)
    for unfilled in ("000.7/……/2026", "000.7/…/2026", "000.7/.../2026", "000.7/{serial}/2026"):
        assert "serial" in refused("number", number=unfilled)
    assert call("wali", "satudata_letter_show", id=id)["state"] == "konsep"
    step("wali", id, "number", "000.7/12/2026")
    refused("date", number="000.7/12/2026", date=before)
    mended = step("wali", id, "number", "000.7/13/2026")
    assert (mended["number"], mended["state"]) == ("000.7/13/2026", "bernomor")
    assert [one["event"] for one in mended["events"]] == ["draft", "number", "number"]


def test_a_lower_level_may_be_drafted_and_never_a_higher_one(city: Any) -> None:
    [one] = call("wali", "satudata_letter_candidates", kind="reprimand", quarter=LAST.code)
    assert (one["level"], one["unrecorded"]) == (2, [1])
    for level in (3, 0, "x"):
        with pytest.raises(tk.ValidationError) as refused:
            drafted(level=level)
        assert "level" in refused.value.error_dict
    with pytest.raises(tk.ValidationError):
        drafted(kind="data_request", level=1)
    full = drafted()
    assert (full["level"], full["unrecorded"]) == (2, [1])
    step("wali", full["id"], "cancel")
    made = call("wali", "satudata_letter_draft_many", kind="reprimand", quarter=LAST.code, level=1)
    [lower] = made["drafted"]
    assert lower["level"] == 1
    assert call("wali", "satudata_letter_show", id=lower["id"])["unrecorded"] == []
    said = model.Session.execute(sa.select(event.c.data).where(
        event.c.type == "letter.drafted", event.c.object_id == lower["id"])).scalar_one()
    assert (said["level"], said["computed"]) == (1, 2)


def test_a_reprimand_refers_to_the_request_once_both_are_numbered(city: Any) -> None:
    request, reprimand = drafted(kind="data_request"), drafted()
    assert reprimand["earlier"] == []
    step("wali", request["id"], "number", "000.7/7")
    done = step("wali", reprimand["id"], "number", "000.7/8")
    assert [(one["kind"], one["number"]) for one in done["earlier"]] == [
        ("data_request", "000.7/7")]
    assert done["deadline"] > done["date"]
