"""Items with their state: one form of row, filters that hold, and nothing that may not be seen."""
from __future__ import annotations

from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import helpers

from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import clock
from tests.report import town

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

LAST = town.LAST


@pytest.fixture
def opds() -> Any:
    return town.build()


def listed(user: str = "wali", **data: Any) -> Any:
    context = {"user": user, "ignore_auth": False}
    return helpers.call_action("satudata_obligation_list", context, **data)


def titles(found: Any) -> set[str]:
    return {row["title"] for row in found["results"]}


#: What is asked, and which items come; all of them are owed in the last quarter.
ASKED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "an office": ({"organization": "dlh"}, {"Timbulan sampah"}),
    "a word": ({"q": "JUMLAH bal"}, {"Jumlah balita"}),
    "a state": ({"status": "fulfilled"}, {"Timbulan sampah"}),
    "a state and a word": ({"status": "missing", "q": "angkutan"}, {"Jumlah angkutan"}),
    "a state nobody is in": ({"status": "unjudged"}, set()),
}


@pytest.mark.parametrize("case", ASKED)
def test_a_quarter_is_narrowed_by_everything_that_is_asked(opds: Any, case: str) -> None:
    asked, expected = ASKED[case]
    found = listed(quarter=LAST.code, **asked)
    assert (found["count"], titles(found)) == (len(expected), expected)
    assert all(row["quarter"] == LAST.code and row["periods"] for row in found["results"])


def test_without_a_quarter_it_is_the_running_one_and_every_item_is_there(opds: Any) -> None:
    everything = listed()
    assert everything["count"] == 6
    assert {row["quarter"] for row in everything["results"]} == {town.NOW.code}
    in_quarter = listed(quarter=town.NOW.code)
    by_id = {row["id"]: row for row in everything["results"]}
    assert in_quarter["results"]
    for row in in_quarter["results"]:
        assert by_id[row["id"]] == row, "one form of row, the same state"
    for status in {row["status"] for row in in_quarter["results"]}:
        found = listed(status=status)
        assert {row["status"] for row in found["results"]} == {status}
        assert found["count"] == sum(row["status"] == status for row in everything["results"])


def test_an_item_that_owes_nothing_in_the_quarter_has_no_state(opds: Any) -> None:
    town.item(opds["satpol"], "Lima tahunan", frekuensi="lima_tahunan")
    model.Session.commit()
    [row] = listed(q="lima")["results"]
    assert (row["status"], row["periods"]) == (None, [])
    assert listed(q="lima", quarter=town.NOW.code)["count"] == 0


def test_it_is_as_it_was_known_then(opds: Any) -> None:
    before = clock.now().isoformat()
    [id] = [row["id"] for row in listed(q="angkutan")["results"]]
    held = obligations.locked([UUID(id)])
    for key, terms in held.items():
        changed = obligations.Terms(**{**terms.__dict__, "title": "Jumlah kendaraan"})
        obligations.change_many([(key, changed, clock.city_today())], town.SYSTEM)
    town.item(opds["dlh"], "Baru sesudah itu")
    model.Session.commit()
    assert listed(as_of=before)["count"] == 6
    assert listed(q="angkutan", as_of=before)["count"] == 1
    assert listed(q="angkutan")["count"] == 0
    assert listed(q="angkutan", as_of=before, quarter=LAST.code)["count"] == 1


def test_pages_hold_each_item_once(opds: Any) -> None:
    for asked in ({}, {"quarter": LAST.code}, {"status": "missing"}):
        whole = listed(**asked)
        pages = [
            listed(limit=2, offset=offset, **asked)["results"]
            for offset in range(0, whole["count"] + 1, 2)
        ]
        assert [row for page in pages for row in page] == whole["results"]


def test_a_stranger_sees_open_items_and_no_state_that_is_not_public(
    opds: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.public_board", "frozen")
    found = listed("")
    assert town.SECRET not in titles(found) and found["count"] == 5
    assert {row["status"] for row in found["results"]} == {None}
    assert listed("", q="penyintas")["count"] == 0
    for asked in ({"quarter": LAST.code}, {"status": "missing"}):
        with pytest.raises(tk.NotAuthorized):
            listed("", **asked)
    monkeypatch.setitem(tk.config, "ckanext.satudata.public_board", "live")
    assert {row["status"] for row in listed("")["results"]} != {None}
    assert town.SECRET not in titles(listed("", quarter=LAST.code))
    assert listed("", quarter=LAST.code, q="penyintas")["count"] == 0


@pytest.mark.parametrize("asked", [{"status": "hilang"}, {"quarter": "2026"}, {"limit": 0}])
def test_what_makes_no_sense_is_refused_on_its_field(opds: Any, asked: dict[str, Any]) -> None:
    with pytest.raises(tk.ValidationError) as told:
        listed(**asked)
    assert set(told.value.error_dict) == set(asked)
