"""Access requests between offices: who may do what in which state, and what a grant gives."""
from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories

from ckanext.satudata.access import request_life
from ckanext.satudata.access.model import access_request
from ckanext.satudata.journal import events
from ckanext.satudata.journal.clock import city_today

from .town import CLOSED, Town, as_user, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

SOON = dt.timedelta(days=30)


def restricted(town: Town, stage: str = "verified", **more: Any) -> dict[str, Any]:
    """A restricted dataset that names no office of this city as a reader."""
    return getattr(town, stage)(
        **{**CLOSED, "klasifikasi_akses": "terbatas", "opd_diizinkan": [town.third["name"]]} | more)


@pytest.fixture
def dataset(town: Town) -> dict[str, Any]:
    """A restricted dataset of the city's own, with no request of the asking office."""
    if "restricted" not in town.kept:
        town.kept["restricted"] = restricted(town)
    model.Session.execute(sa.delete(access_request))
    model.Session.commit()
    return town.kept["restricted"]


def until(days: int = 30) -> str:
    return (city_today() + dt.timedelta(days=days)).isoformat()


def ask(town: Town, dataset: dict[str, Any], person: str = "other_editor", **more: Any) -> Any:
    return call(town[person], "satudata_access_request_create", **{
        "package_id": dataset["id"], "organization": town.other["name"],
        "reason": "Untuk perencanaan angkutan sekolah.", **more,
    })


def grant(town: Town, dataset: dict[str, Any], days: int = 30) -> Any:
    request = ask(town, dataset)
    return call(
        town["walidata"], "satudata_access_request_grant", id=request["id"], until=until(days))


def move_end(request: dict[str, Any], days: int) -> None:
    """Let the last day of a grant lie so many days from today: the clock is moved by its dates."""
    model.Session.execute(
        sa.update(access_request).where(access_request.c.id == request["id"])
        .values(until=city_today() + dt.timedelta(days=days)))
    model.Session.commit()


def sights(user: dict[str, Any] | None, dataset: dict[str, Any]) -> tuple[bool, bool, bool]:
    """Whether a person finds the dataset, is shown it, and gets its file."""
    found = call(
        user, "package_search", fq=f'id:"{dataset["id"]}"', include_private=True)["count"] == 1
    return found, _may("package_show", user, dataset["id"]), _may(
        "resource_show", user, dataset["resources"][0]["id"])


def _may(action: str, user: dict[str, Any] | None, id: str) -> bool:
    try:
        call(user, action, id=id)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


# --- what a grant gives -------------------------------------------------------------------------


def test_a_grant_gives_the_files_until_its_last_day_and_no_longer(
    town: Town, dataset: dict[str, Any]
) -> None:
    person = town["other_member"]
    assert sights(person, dataset) == (True, True, False), "metadata, as every other office"
    request = ask(town, dataset)
    assert sights(person, dataset) == (True, True, False), "asking gives nothing"
    call(town["walidata"], "satudata_access_request_grant", id=request["id"], until=until())
    assert sights(person, dataset) == (True, True, True)
    move_end(request, 0)
    assert sights(person, dataset) == (True, True, True), "its last day belongs to it"
    move_end(request, -1)
    assert sights(person, dataset) == (True, True, False), "without a reindex"


@pytest.mark.parametrize("person", [
    "other_member", "other_editor", "third_member", "outsider", "koordinator", "pembina"])
def test_a_grant_is_for_the_office_that_asked(
    town: Town, dataset: dict[str, Any], person: str
) -> None:
    before = sights(town[person], dataset)
    grant(town, dataset)
    granted = person.startswith("other")
    assert sights(town[person], dataset) == (*before[:2], before[2] or granted)


def test_whoever_leaves_the_office_leaves_its_grants(town: Town, dataset: dict[str, Any]) -> None:
    grant(town, dataset)
    user = factories.User()
    member = {"id": town.other["id"], "object": user["id"], "object_type": "user"}
    tk.get_action("member_create")(
        {"ignore_auth": True, "user": town["sysadmin"]["name"]}, {**member, "capacity": "member"})
    assert sights(user, dataset) == (True, True, True)
    tk.get_action("member_delete")(
        {"ignore_auth": True, "user": town["sysadmin"]["name"]}, member)
    assert sights(user, dataset) == (False, False, False)


def test_a_class_closed_further_takes_all_away_and_its_title(town: Town) -> None:
    dataset = restricted(town)
    grant(town, dataset)
    asked = ask(town, dataset, until=until(90))
    call(town["walidata"], "satudata_access_request_grant", id=asked["id"], until=until(90))
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup")
    assert sights(town["other_editor"], dataset) == (False, False, False)
    rows = call(town["other_editor"], "satudata_access_request_list")["results"]
    mine = [row for row in rows if row["package_id"] == dataset["id"]]
    assert len(mine) == 2
    assert {(row["title"], row["name"], row["owner_org"]) for row in mine} == {(None, None, None)}
    assert dataset["title"] not in str(mine)


@pytest.mark.parametrize("person", ["editor", "walidata", "other_editor"])
def test_a_grant_that_is_taken_away_ends_at_once_and_all_of_it(
    town: Town, dataset: dict[str, Any], person: str
) -> None:
    first = grant(town, dataset)
    second = grant(town, dataset, 90)
    assert sights(town["other_member"], dataset)[2]
    end = "withdraw" if person == "other_editor" else "revoke"
    answer = call(town[person], f"satudata_access_request_{end}", id=first["id"], reason="Cukup.")
    assert answer["ended"]["by"] == town[person]["id"]
    assert sights(town["other_member"], dataset) == (True, True, False)
    rows = call(town["walidata"], "satudata_access_request_list", package_id=dataset["id"])
    assert {row["id"]: row["status"] for row in rows["results"]} == dict.fromkeys(
        (first["id"], second["id"]), "dicabut" if end == "revoke" else "ditarik")


# --- person x state x way -----------------------------------------------------------------------

ASKERS, OWNERS = {"other_editor"}, {"editor", "admin", "parent_admin"}
VERIFIERS = {"walidata", "walidata2", "sysadmin"}
#: Everybody else; those of neither office are told that there is no such request.
OTHERS = {"member", "other_member", "third_member", "outsider", "koordinator", "pimpinan",
          "pembina", "ppid", "parent_editor", None}
PEOPLE = [*ASKERS, *OWNERS, *VERIFIERS, *OTHERS]
#: Which people each event is for, in which states; a sysadmin is of every office.
WAYS = {
    "grant": ({"menunggu"}, VERIFIERS, {"until": until}),
    "refuse": ({"menunggu"}, VERIFIERS, {"reason": lambda: "Tidak perlu."}),
    "comment": ({"menunggu"}, OWNERS | {"sysadmin"}, {"reason": lambda: "Boleh, bila dijaga."}),
    "revoke": ({"diberikan"}, OWNERS | VERIFIERS, {"reason": lambda: "Disalahgunakan."}),
    "withdraw": ({"menunggu", "diberikan"}, ASKERS | {"sysadmin"}, {}),
}
STATES = ("menunggu", "diberikan", "lewat", "ditolak", "dicabut", "ditarik")


def in_state(town: Town, dataset: dict[str, Any], state: str) -> dict[str, Any]:
    """A request of the other office that stands in a state; ``lewat``: its grant is over."""
    request = ask(town, dataset)
    if state in ("diberikan", "lewat", "dicabut"):
        call(town["walidata"], "satudata_access_request_grant", id=request["id"], until=until())
    if state == "lewat":
        move_end(request, -1)
    for reached, way, person in (
        ("ditolak", "refuse", "walidata"), ("dicabut", "revoke", "editor"),
        ("ditarik", "withdraw", "other_editor"),
    ):
        if state == reached:
            call(town[person], f"satudata_access_request_{way}", id=request["id"], reason="-")
    return request


def outcome(what: Callable[[], Any]) -> str:
    try:
        what()
    except tk.NotAuthorized:
        return "not theirs"
    except tk.ObjectNotFound:
        return "none"
    except tk.ValidationError:
        return "not now"
    return "done"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_who_may_do_what_with_a_request(
    town: Town, dataset: dict[str, Any], person: str | None, way: str
) -> None:
    states, people, fields = WAYS[way]
    user = town[person] if person else None
    knows = person in ASKERS | OWNERS | VERIFIERS | {"member", "other_member"}
    for state in STATES if person in people else STATES[:1]:
        model.Session.execute(sa.delete(access_request))
        request = in_state(town, dataset, state)
        listed = call(user, "satudata_access_request_list")["results"] if user else []
        offered = [one["may"] for one in listed if one["id"] == request["id"]]
        answer = outcome(lambda id=request["id"]: call(
            user, f"satudata_access_request_{way}", id=id,
            **{name: value() for name, value in fields.items()}))
        if not knows:
            assert answer == "none" and not offered, (person, state)
        elif person not in people:
            assert answer == "not theirs" and way not in offered[0], (person, state)
        else:
            assert answer == ("done" if state in states else "not now"), (person, state)
            assert (way in offered[0]) is (answer == "done"), (person, state)


def test_the_ways_are_those_of_the_table() -> None:
    """What the tests above try is what the table of the code says, no more and no less."""
    tried = {(state, way) for way, (states, _, _) in WAYS.items() for state in states}
    said = {(row.state, row.event) for row in request_life.TABLE if row.state}
    assert tried == said
    for row in request_life.TABLE:
        assert set(row.guards) <= set(request_life.GUARDS)
        assert row.target in request_life.STATES and row.event in request_life.EVENT_TYPES
    used = {guard for row in request_life.TABLE for guard in row.guards}
    assert used == set(request_life.GUARDS)


ASKING = {
    "other_editor": "done", "sysadmin": "done", "other_member": "not theirs",
    "third_member": "not theirs", "koordinator": "not theirs", "walidata": "not theirs",
    "editor": "not theirs", "outsider": "none", None: "none",
}


@pytest.mark.parametrize("person", ASKING, ids=str)
def test_an_office_is_asked_for_by_its_editors(
    town: Town, dataset: dict[str, Any], person: str | None
) -> None:
    assert outcome(lambda: call(
        town[person] if person else None, "satudata_access_request_create",
        package_id=dataset["id"], organization=town.other["id"], reason="Perlu.",
    )) == ASKING[person]


def test_whoever_edits_for_one_office_need_not_name_it(
    town: Town, dataset: dict[str, Any]
) -> None:
    request = ask(town, dataset, organization="")
    assert request["organization"]["id"] == town.other["id"]


NOT_ASKED_FOR = {
    "terbuka": lambda town: town.shared("verified"),
    "tertutup": lambda town: town.verified(klasifikasi_akses="tertutup", **CLOSED),
    "terbatas, not verified": lambda town: restricted(town, "submitted"),
    "names the office": lambda town: restricted(town, opd_diizinkan=[town.other["name"]]),
}


@pytest.mark.parametrize("kind", NOT_ASKED_FOR)
def test_what_a_grant_would_not_open_is_not_asked_for(town: Town, kind: str) -> None:
    with uncommitted():
        dataset = NOT_ASKED_FOR[kind](town)
    hidden = kind in ("tertutup", "terbatas, not verified")
    assert outcome(lambda: ask(town, dataset)) == ("none" if hidden else "not now")
    assert outcome(lambda: ask(town, dataset, "sysadmin")) == "not now"


def test_the_owner_does_not_ask(town: Town, dataset: dict[str, Any]) -> None:
    assert outcome(lambda: ask(
        town, dataset, "editor", organization=town.office["name"])) == "not now"


def test_one_request_waits_at_a_time_and_the_next_may_come_before_the_end(
    town: Town, dataset: dict[str, Any]
) -> None:
    ask(town, dataset)
    assert outcome(lambda: ask(town, dataset)) == "not now"
    call(town["walidata"], "satudata_access_request_grant", package_id=dataset["id"],
         organization=town.other["name"], until=until())
    ask(town, dataset, until=until(60))


def test_whoever_asks_does_not_grant_it_sysadmins_included(
    town: Town, dataset: dict[str, Any]
) -> None:
    request = ask(town, dataset, "sysadmin")
    assert "grant" not in request["may"]
    assert outcome(lambda: call(
        town["sysadmin"], "satudata_access_request_grant", id=request["id"], until=until(),
    )) == "not theirs"


@pytest.mark.parametrize(("way", "fields", "field"), [
    ("grant", {}, "until"), ("grant", {"until": "kemarin"}, "until"),
    ("grant", {"until": "2020-01-01"}, "until"), ("refuse", {}, "reason"),
    ("refuse", {"reason": "  "}, "reason"), ("comment", {"reason": ["x"]}, "reason"),
])
def test_what_is_wrong_is_said_on_its_field_and_nothing_is_written(
    town: Town, dataset: dict[str, Any], way: str, fields: dict[str, Any], field: str
) -> None:
    request = ask(town, dataset)
    before = events.history([("dataset", dataset["id"])])
    person = "editor" if way == "comment" else "walidata"
    with pytest.raises(tk.ValidationError) as error:
        call(town[person], f"satudata_access_request_{way}", id=request["id"], **fields)
    assert list(error.value.error_dict) == [field]
    assert events.history([("dataset", dataset["id"])]) == before


# --- events, lists ------------------------------------------------------------------------------


def test_all_of_it_stands_in_the_history_with_person_and_reason(
    town: Town, dataset: dict[str, Any]
) -> None:
    seen = len(events.history([("dataset", dataset["id"])]))
    request = ask(town, dataset)
    call(town["editor"], "satudata_access_request_comment", id=request["id"], reason="Setuju.")
    call(town["walidata"], "satudata_access_request_grant", id=request["id"], until=until())
    call(town["admin"], "satudata_access_request_revoke", id=request["id"], reason="Selesai.")
    found = events.history([("dataset", dataset["id"])])[seen:]
    assert [(one["type"], one["by"], one["note"]) for one in found] == [
        ("access.asked", town["other_editor"]["id"], "Untuk perencanaan angkutan sekolah."),
        ("access.commented", town["editor"]["id"], "Setuju."),
        ("access.granted", town["walidata"]["id"], None),
        ("access.revoked", town["admin"]["id"], "Selesai."),
    ]
    shown = call(town["member"], "satudata_history", id=dataset["id"])[seen:]
    assert {one["organization"] for one in shown} == {town.other["id"]}
    [row] = call(town["member"], "satudata_access_request_list")["results"]
    assert [one["note"] for one in row["comments"]] == ["Setuju."]
    assert row["ended"]["note"] == "Selesai."


def test_the_list_costs_the_same_for_one_row_and_for_many(
    town: Town, dataset: dict[str, Any]
) -> None:
    from ..counting import counted

    def queries() -> int:
        with counted() as seen:
            call(town["walidata"], "satudata_access_request_list")
        return len(seen)

    ask(town, dataset)
    few = queries()
    grant(town, restricted(town))
    call(town["editor"], "satudata_access_request_comment", reason="Ya.",
         package_id=dataset["id"], organization=town.other["id"])
    assert queries() == few


def test_a_purged_dataset_leaves_no_request(town: Town) -> None:
    dataset = restricted(town)
    ask(town, dataset)
    tk.get_action("dataset_purge")(as_user(town["sysadmin"]), {"id": dataset["id"]})
    left = model.Session.execute(
        sa.select(access_request).where(access_request.c.package_id == dataset["id"])).all()
    assert left == []


# --- two processes ------------------------------------------------------------------------------

_DOWNLOADING = """
import json, os, sys, time
from ckan.cli import load_config
from ckan.config.middleware import make_app
from werkzeug.test import Client
client = Client(make_app(load_config(os.environ["CKAN_INI"])))
refused = 0
while refused < 3:
    begun = time.monotonic()
    answer = client.get(sys.argv[1], headers={"Authorization": sys.argv[2]})
    refused += answer.status_code != 200
    print(json.dumps([begun, answer.status_code]), flush=True)
"""


def test_no_download_begins_after_a_grant_was_revoked_in_another_process(
    town: Town, dataset: dict[str, Any]
) -> None:
    request = grant(town, dataset)
    token = factories.APIToken(user=town["other_member"]["id"])["token"]
    file = dataset["resources"][0]["id"]
    with subprocess.Popen(
        [sys.executable, "-c", _DOWNLOADING,
         f"/dataset/{dataset['id']}/resource/{file}/download/data.csv", token],
        stdout=subprocess.PIPE, text=True,
    ) as process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("["))
        answers = [next(lines)]
        call(town["editor"], "satudata_access_request_revoke", id=request["id"], reason="-")
        revoked = time.monotonic()
        answers += lines
    found = [json.loads(line) for line in answers]
    assert found[0][1] == 200
    assert {status for begun, status in found if begun > revoked} == {403}
