"""The walidata's queue: who looks at what, how old it is, what is due first, who has how much."""
from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.satudata.deposits import store
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal.calendar import default_rules, working_days
from ckanext.satudata.portal import queueing
from tests.counting import counted

from .test_pages import browse

__all__ = ["browse"]

ADDRESS = "/en/satudata/verifikasi"


@pytest.mark.parametrize(("first", "last", "days"), [
    ("2026-11-20", "2026-11-20", 0), ("2026-11-20", "2026-11-21", 0),
    ("2026-11-20", "2026-11-23", 1), ("2026-11-20", "2026-11-27", 4),
    ("2026-11-23", "2026-11-20", 0),
])
def test_age_is_in_working_days(first, last, days):
    rules = default_rules([], own_holidays=[dt.date(2026, 11, 25)])
    assert working_days(*map(dt.date.fromisoformat, (first, last)), rules) == days


@pytest.fixture
def waiting(kota, call):
    """A maker of waiting deposits."""
    def make():
        return call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                    kind="nil")

    return make


def listed(page: str) -> list[str]:
    return re.findall(r'<h3><a href="[^"]*/setoran/([0-9a-f-]{36})"', page)


def test_the_queue_shows_mine_those_of_nobody_and_all(kota, call, browse, waiting):
    mine, yours, nobodys = waiting(), waiting(), waiting()
    wali, wali2 = kota.users["wali"]["id"], kota.users["wali2"]["id"]
    call("wali2", "satudata_deposit_assign", id=mine["id"], user="wali")
    call("wali2", "satudata_deposit_assign", id=yours["id"], user="wali2")
    for assigned, expected in {
        "": [mine, yours, nobodys], wali: [mine], "wali2": [yours], "-": [nobodys],
    }.items():
        page = browse("wali", f"{ADDRESS}?assigned={assigned}").body
        assert listed(page) == [one["id"] for one in expected], assigned
    browse("wali", f"{ADDRESS}?assigned=tidak-ada", status=404)
    assert {row["person"]: row["deposits"] for row in queueing.load()} == {wali: 1, wali2: 1}
    call("wali", "satudata_deposit_return", id=mine["id"], note="kembali")
    assert {row["person"]: (row["deposits"], row["decided"]) for row in queueing.load()} == {
        wali: (0, 1), wali2: (1, 0)}


def test_by_deadline_what_was_due_first_stands_first(kota, browse, waiting):
    late, soon = waiting(), waiting()
    model.Session.execute(
        sa.update(state).where(
            sa.cast(state.c.obligation, sa.Text) == late["obligation_id"],
            state.c.period == late["period"])
        .values(last_day=dt.date(2099, 1, 1)))
    model.Session.commit()
    assert listed(browse("wali", ADDRESS).body) == [late["id"], soon["id"]]
    assert listed(browse("wali", f"{ADDRESS}?sort=deadline").body) == [soon["id"], late["id"]]
    browse("wali", f"{ADDRESS}?sort=nonsense&page=-3")


ASSIGNS = {"wali": True, "wali2": True, "petugas": False, "koor": False, "lain": False}


@pytest.mark.parametrize(("person", "may"), ASSIGNS.items())
def test_a_walidata_says_who_looks_at_a_deposit(kota, call, waiting, person, may):
    one = waiting()
    if may:
        assert call(person, "satudata_deposit_assign", id=one["id"], user="wali2")[
            "assigned_to"] == kota.users["wali2"]["id"]
        assert call(person, "satudata_deposit_assign", id=one["id"])["assigned_to"] is None
    else:
        with pytest.raises(tk.NotAuthorized):
            call(person, "satudata_deposit_assign", id=one["id"], user="wali")


def test_only_a_walidata_can_be_named_and_only_for_what_waits(kota, call, waiting):
    one = waiting()
    with pytest.raises(tk.ValidationError):
        call("wali", "satudata_deposit_assign", id=one["id"], user="petugas")
    call("petugas", "satudata_deposit_withdraw", id=one["id"])
    with pytest.raises(tk.ValidationError):
        call("wali", "satudata_deposit_assign", id=one["id"], user="wali")
    for missing in ("x", one["obligation_id"]):
        with pytest.raises(tk.ObjectNotFound):
            call("wali", "satudata_deposit_assign", id=missing, user="wali")


def test_the_page_costs_as_many_queries_with_thirty_as_with_three(kota, browse, waiting):
    def cost(more: int) -> int:
        for _ in range(more):
            waiting()
        browse("wali", ADDRESS)
        with counted() as seen:
            browse("wali", ADDRESS)
        return len(seen)

    few = cost(3)
    assert store.find(status=store.WAITING)[0] == 3
    assert cost(27) == few
