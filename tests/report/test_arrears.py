"""No number of arrears without its rows: counted, listed, passed on, and hidden alike."""
from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import clock
from ckanext.satudata.opd.store import ensure
from ckanext.satudata.report import evaluation
from tests.report import town

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

NOW = town.NOW.code


@pytest.fixture
def opds() -> Any:
    return town.build()


def report(user: str = "wali", **data: Any) -> Any:
    return helpers.call_action(
        "satudata_compliance_report", {"user": user, "ignore_auth": False},
        **{"quarter": NOW, "arrears": True, "obligations": False, **data},
    )


def test_the_rows_are_the_periods_that_the_rule_calls_missing(opds: Any) -> None:
    found = report()
    at = dt.datetime.fromisoformat(found["as_of"])
    rows = model.Session.execute(
        sa.select(state).where(state.c.closed_by.is_(None), state.c.deadline.isnot(None))
    ).mappings()
    expected = {
        (str(row["obligation"]), row["period"]) for row in rows
        if row["quarter"] < town.NOW.index and evaluation.period_state(
            deadline=row["deadline"], waived=row["waived"], counts_from=row["counts_from"],
            mending_until=row["mending_until"], as_of=at,
        ) == evaluation.MISSING
    }
    assert {(row["id"], row["period"]) for row in found["arrears"]} == expected
    assert found["arrears_count"] == len(found["arrears"]) == len(expected)
    assert sum(row["arrears"] for row in found["organizations"]) == len(expected)
    days = [row["last_day"] for row in found["arrears"]]
    assert days == sorted(days)


def test_each_office_opens_its_own_with_its_units(opds: Any) -> None:
    whole = report()
    for row in whole["organizations"]:
        own = report(organization=row["name"])
        assert own["arrears_count"] == row["arrears"], row["name"]
    assert {one["organization"] for one in report(organization="dinkes")["arrears"]} == {
        "dinkes", "puskesmas"}


def test_pages_hold_each_row_once(opds: Any) -> None:
    whole = report()["arrears"]
    pages = [report(limit=3, offset=at)["arrears"] for at in range(0, len(whole) + 1, 3)]
    assert [row for page in pages for row in page] == whole


def test_what_may_not_be_named_is_counted(opds: Any) -> None:
    insider, stranger = report(), report("")
    assert town.SECRET in {row["title"] for row in insider["arrears"]}
    assert town.SECRET not in str(stranger)
    assert stranger["arrears_count"] + stranger["hidden_arrears"] == insider["arrears_count"]
    assert stranger["hidden_arrears"] and not insider["hidden_arrears"]


def test_a_frozen_quarter_opens_its_arrears_too(opds: Any) -> None:
    done = helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False},
        quarter=town.LAST.code,
    )["report"]
    found = report(quarter=town.LAST.code)
    assert found["frozen"]
    assert found["arrears_count"] == sum(row["arrears"] for row in done["organizations"])


def _end(name: str, *heirs: str) -> None:
    """An office that ended yesterday, with those that come after it."""
    admin = factories.Sysadmin()
    helpers.call_action(
        "organization_patch", {"user": admin["name"]}, id=name, pengganti=list(heirs),
        berlaku_sampai=(clock.city_today() - dt.timedelta(days=1)).isoformat(),
    )


def test_after_a_split_arrears_go_to_the_successor_that_has_the_item_else_to_the_first(
    opds: Any,
) -> None:
    before = {row["title"]: row for row in report(organization="dishub")["arrears"]}
    assert len(before) == 2
    for name in ("satu", "dua"):
        factories.Organization(name=name, title=name.title(), wajib_setor="true")
    moved = [row["id"] for title, row in before.items() if title == "Jumlah angkutan"]
    for id, terms in obligations.locked([UUID(moved[0])]).items():
        given = obligations.Terms(
            **{**terms.__dict__, "opd": ensure(model.Group.get("dua").id)})
        obligations.change_many([(id, given, clock.city_today())], town.SYSTEM)
    model.Session.commit()
    _end("dishub", "satu", "dua")
    found = report()
    rows = {row["name"]: row for row in found["organizations"]}
    listed = {
        (row["title"], row["answers"]) for row in found["arrears"]
        if row["organization"] == "dishub"
    }
    assert listed == {("Jumlah angkutan", "dua"), ("=1+1 <script>alert(1)</script>", "satu")}
    for name, title in (("satu", "=1+1 <script>alert(1)</script>"), ("dua", "Jumlah angkutan")):
        number = rows[name]["arrears"]
        assert number and rows[name]["arrears_inherited"] == number
        own = report(organization=name)["arrears"]
        assert len(own) == number and {row["title"] for row in own} == {title}


@pytest.mark.parametrize("address", ["", "?opd=dinkes", "?opd=satpol", "?hal=2", "?hal=x"])
def test_the_page_shows_them_and_names_nothing_closed(opds: Any, app: Any, address: str) -> None:
    page = app.get(f"/en/kepatuhan/{NOW}/tunggakan{address}")
    assert page.status_code == 200
    assert town.SECRET not in page.body and "<script>alert(1)" not in page.body
    if address in ("", "?opd=dinkes"):
        assert "Jumlah kunjungan" in page.body


def test_the_board_and_the_office_lead_there(opds: Any, app: Any) -> None:
    link = f"/kepatuhan/{NOW}/tunggakan?opd=dishub"
    for address in (f"/en/kepatuhan/{NOW}", f"/en/kepatuhan/{NOW}/dishub"):
        assert link in app.get(address).body
    assert app.get(f"/en/kepatuhan/{NOW}/tunggakan?opd=tidak-ada").status_code == 404
