"""Quarters beside each other say what each quarter's own report says, to whom it may be said."""
from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import helpers

from tests.counting import counted

from .town import LAST, NOW, build, item

pytestmark = pytest.mark.usefixtures("with_plugins")

LIVE = pytest.mark.ckan_config("ckanext.satudata.public_board", "live")
FROZEN = pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
OFF = pytest.mark.ckan_config("ckanext.satudata.public_board", "off")


@pytest.fixture
def town(clean_db: None) -> dict[str, Any]:
    return build()


def call(name: str, user: str | None = "wali", **data: Any) -> Any:
    return helpers.call_action(name, {"user": user or "", "ignore_auth": False}, **data)


def shown(found: dict[str, Any]) -> list[str]:
    return [one["quarter"] for one in found["quarters"]]


def column(found: dict[str, Any], quarter: str) -> dict[str, Any]:
    place = shown(found).index(quarter)
    rows = {one["name"]: one["results"][place] for one in found["organizations"]}
    return {name: row for name, row in rows.items() if row is not None}


def own_report(quarter: str, fields: Any) -> dict[str, Any]:
    rows = call("satudata_compliance_report", quarter=quarter)["organizations"]
    return {row["name"]: {name: row[name] for name in fields} for row in rows}


@pytest.mark.parametrize("freezes", [False, True])
def test_each_column_is_what_the_quarters_own_report_says(
    town: dict[str, Any], freezes: bool
) -> None:
    before = column(call("satudata_compliance_history"), LAST.code)
    if freezes:
        call("satudata_snapshot_freeze", quarter=LAST.code)
    item(town["satpol"], "Jumlah pelanggaran")
    model.Session.commit()
    found = call("satudata_compliance_history")
    assert {LAST.code, NOW.code} <= set(shown(found))
    for head in found["quarters"]:
        report = call("satudata_compliance_report", quarter=head["quarter"])
        assert {name: report[name] for name in ("frozen", "trial", "totals")} == {
            name: head[name] for name in ("frozen", "trial", "totals")
        }
        rows = column(found, head["quarter"])
        assert rows
        assert rows == own_report(head["quarter"], next(iter(rows.values())))
    # What was entered since is in the figures, but for a quarter that was frozen.
    assert (column(found, LAST.code) == before) == freezes
    frozen = {head["quarter"] for head in found["quarters"] if head["frozen"]}
    assert frozen == ({LAST.code} if freezes else set())


def test_no_quarter_of_before_anything_was_owed(town: dict[str, Any]) -> None:
    far = call("satudata_compliance_history", quarters=24)
    assert far["quarters"][0]["totals"]["due"] > 0
    assert len(far["quarters"]) < 24
    assert shown(call("satudata_compliance_history", quarters=1)) == [NOW.code]
    assert shown(call("satudata_compliance_history", quarters=1, until=LAST.code)) == [LAST.code]


@pytest.mark.parametrize("wanted", [
    {"until": NOW.next().code}, {"until": "kemarin"}, {"quarters": 0}, {"quarters": 25},
    {"quarters": "banyak"},
])
def test_what_makes_no_sense_is_said(town: dict[str, Any], wanted: dict[str, Any]) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        call("satudata_compliance_history", **wanted)
    assert set(refused.value.error_dict) == set(wanted)


@pytest.mark.parametrize(("user", "sees"), [
    pytest.param(None, "all", marks=LIVE), pytest.param(None, "frozen", marks=FROZEN),
    pytest.param(None, "nothing", marks=OFF), pytest.param("petugas", "frozen", marks=FROZEN),
    pytest.param("wali", "all", marks=FROZEN), pytest.param("wali", "all", marks=OFF),
])
def test_quarters_are_shown_to_whom_the_board_is(
    town: dict[str, Any], user: str | None, sees: str
) -> None:
    call("satudata_snapshot_freeze", quarter=LAST.code)
    if sees == "nothing":
        with pytest.raises(tk.NotAuthorized):
            call("satudata_compliance_history", user)
        return
    found = shown(call("satudata_compliance_history", user))
    assert (found == [LAST.code]) == (sees == "frozen")
    assert LAST.code in found


def test_more_quarters_cost_no_more_queries(town: dict[str, Any]) -> None:
    def queries(number: int) -> int:
        with counted() as seen:
            call("satudata_compliance_history", quarters=number)
        return len(seen)

    queries(1)
    assert queries(4) == queries(2)


@LIVE
def test_the_page_opens_every_figure(town: dict[str, Any], app: Any) -> None:
    answer = app.get("/en/kepatuhan/riwayat?banyak=4").body
    page: Any = BeautifulSoup(answer, "html.parser")
    found = call("satudata_compliance_history", None, quarters=4)
    rows = {row.th.get_text(): row for row in page.select(".satudata-grid tbody tr")}
    assert set(rows) == {one["title"] for one in found["organizations"]}
    for office in found["organizations"]:
        # The latest quarter stands first: on a phone no other is seen at once.
        cells = rows[office["title"]].find_all("td")[::-1]
        for head, result, cell in zip(found["quarters"], office["results"], cells, strict=True):
            if result is None:
                assert cell.a is None
            else:
                assert cell.a["href"].endswith(f"/kepatuhan/{head['quarter']}/{office['name']}")
                assert cell.select_one(".visually-hidden").get_text(strip=True)
    # The silent of the latest quarter stand first.
    latest = [one["results"][-1] for one in found["organizations"] if one["results"][-1]]
    states = ["Not deposited", "Partly deposited", "Complete", "Nothing due"]
    said = [row.find_all("td")[0].select_one(".visually-hidden") for row in rows.values()]
    order = [states.index(one.get_text(strip=True)) for one in said if one.get_text() in states]
    assert order == sorted(order) and len(order) == len(latest)


def test_nonsense_in_the_address_is_explained(town: dict[str, Any], app: Any) -> None:
    for query in ("sampai=kemarin", "banyak=99", f"sampai={NOW.next().code}"):
        answer = app.get(f"/en/kepatuhan/riwayat?{query}", status=400)
        assert "Traceback" not in answer.body


def test_an_empty_portal_says_so(clean_db: None, app: Any) -> None:
    assert "Nothing was owed yet" in app.get("/en/kepatuhan/riwayat").body
