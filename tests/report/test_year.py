"""A year says what its quarters say, added up; as a page and as files, to whom it may be said."""
from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pypdf
import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import helpers

from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import evaluation, year
from ckanext.satudata.report.wording import Words
from tests.counting import counted
from tests.report import town
from tests.report.town import LAST, NOW

LIVE = pytest.mark.ckan_config("ckanext.satudata.public_board", "live")
FROZEN = pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
OFF = pytest.mark.ckan_config("ckanext.satudata.public_board", "off")


def call(name: str, user: str = "wali", **data: Any) -> Any:
    return helpers.call_action(name, {"user": user, "ignore_auth": False}, **data)


@pytest.fixture
def city(with_plugins: None, clean_db: None) -> dict[str, Any]:
    return town.build()


# --- adding up -----------------------------------------------------------------------------------


@pytest.mark.parametrize("due", [1, 3, 7, 97, 999, 4999])
def test_how_many_were_on_time_follows_from_the_rate(due: int) -> None:
    for on_time in {0, 1, due // 3, due // 2, due - 1, due}:
        one = {
            "due": due, "fulfilled": on_time, "partial": 0, "missing": due - on_time,
            "on_time_rate": evaluation.rate(on_time, due),
        }
        found = year.added([one, one])
        assert found["on_time_rate"] == evaluation.rate(2 * on_time, 2 * due)
        assert found["rate"] == found["on_time_rate"] and found["due"] == 2 * due


def test_a_year_in_which_nothing_was_due_has_no_rate() -> None:
    assert year.added([])["rate"] is None
    nothing = {"due": 0, "fulfilled": 0, "partial": 0, "missing": 0, "on_time_rate": None}
    assert year.added([nothing])["on_time_rate"] is None


# --- the action ----------------------------------------------------------------------------------


def test_a_year_is_the_sum_of_its_quarters_own_reports(city: dict[str, Any]) -> None:
    found = call("satudata_compliance_year", year=LAST.year)
    shown = [Quarter.parse(one["quarter"]) for one in found["quarters"]]
    assert LAST in shown and all(one.year == LAST.year for one in shown)
    reports = [call("satudata_compliance_report", quarter=one.code) for one in shown]
    counts = [one for one in reports if not one["trial"]]
    for key in ("due", "fulfilled", "partial", "missing"):
        assert found["totals"][key] == sum(one["totals"][key] for one in counts)
        for office in found["organizations"]:
            assert office[key] == sum(
                row[key] for one in counts for row in one["organizations"]
                if row["id"] == office["id"])
    by_name = {office["name"]: office for office in found["organizations"]}
    assert by_name["dishub"]["silent"] and not by_name["dishub"]["complete"]
    assert by_name["dlh"]["complete"] >= 1
    assert found["organizations"][0]["silent"] == max(
        office["silent"] for office in found["organizations"])


def test_trial_quarters_are_shown_and_not_counted(
    with_plugins: None, clean_db: None
) -> None:
    opd = town.office("dinkes", "Dinas Kesehatan")
    town.item(opd, "Jumlah balita")
    model.Session.commit()
    found = helpers.call_action("satudata_compliance_year", year=LAST.year)
    assert found["quarters"] and all(one["trial"] for one in found["quarters"])
    assert found["quarters"][0]["totals"]["due"] > 0
    assert found["totals"]["due"] == 0 and found["totals"]["rate"] is None
    assert [office["silent"] for office in found["organizations"]] == [0]
    obligations.agree(LAST.year, dt.date(LAST.year, 1, 2), "BA/1", town.SYSTEM, origin="impor")
    model.Session.commit()
    assert helpers.call_action("satudata_compliance_year", year=LAST.year)["totals"]["due"] > 0


def test_the_year_before_stands_beside_it(city: dict[str, Any]) -> None:
    assert call("satudata_compliance_year", year=NOW.year, before=0)["before"] == []
    found = call("satudata_compliance_year", year=NOW.year, before=3)
    for one in found["before"]:
        assert one == {
            "year": one["year"],
            **{key: call("satudata_compliance_year", year=one["year"])[key]
               for key in ("quarters", "totals")},
        }
    for office in found["organizations"]:
        assert [one["year"] for one in office["before"]] == [
            NOW.year - 1, NOW.year - 2, NOW.year - 3]


@pytest.mark.parametrize("wanted", [
    {"year": NOW.year + 1}, {"year": "tahun"}, {"year": 1}, {"before": 4}, {"before": "x"},
])
def test_what_makes_no_sense_is_said(city: dict[str, Any], wanted: dict[str, Any]) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        call("satudata_compliance_year", **wanted)
    assert set(refused.value.error_dict) == set(wanted)


@pytest.mark.parametrize(("user", "sees"), [
    pytest.param("", "all", marks=LIVE), pytest.param("", "frozen", marks=FROZEN),
    pytest.param("", "nothing", marks=OFF), pytest.param("petugas", "frozen", marks=FROZEN),
    pytest.param("wali", "all", marks=OFF),
])
def test_who_sees_which_quarters_of_a_year(city: dict[str, Any], user: str, sees: str) -> None:
    call("satudata_snapshot_freeze", quarter=LAST.code)
    if sees == "nothing":
        with pytest.raises(tk.NotAuthorized):
            call("satudata_compliance_year", user, year=LAST.year)
        return
    found = call("satudata_compliance_year", user, year=LAST.year)
    shown = {one["quarter"] for one in found["quarters"]}
    assert (shown == {LAST.code}) == (sees == "frozen")
    assert LAST.code in shown


def test_the_number_of_queries_does_not_grow(city: dict[str, Any]) -> None:
    with counted() as few:
        call("satudata_compliance_year", year=LAST.year)
    for number in range(6):
        town.item(town.office(f"dinas-{number}", f"Dinas {number}"), f"Jumlah {number}")
    model.Session.commit()
    with counted() as many:
        call("satudata_compliance_year", year=LAST.year)
    assert len(many) == len(few)


# --- the page and the files ----------------------------------------------------------------------


@FROZEN
def test_page_and_files_say_the_years_numbers(city: dict[str, Any], app: Any) -> None:
    call("satudata_snapshot_freeze", quarter=LAST.code)
    found = call("satudata_compliance_year", "", year=LAST.year)
    address = f"/kepatuhan/tahun/{LAST.year}"
    page = app.get(address).body
    assert f"/kepatuhan/{LAST.code}/dishub" in page and "Dinas Perhubungan &lt;b&gt;" in page

    book = openpyxl.load_workbook(io.BytesIO(app.get(f"{address}.xlsx").data))
    assert len(book.sheetnames) == 2
    rows = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [office["title"] for office in found["organizations"]]
    width = len(found["quarters"])
    for row, office in zip(rows, found["organizations"], strict=True):
        assert row[1 + width:4 + width] == (
            office["due"], office["fulfilled"], office["missing"])
        assert row[4 + width] == (None if office["rate"] is None else float(office["rate"]))

    pdf = pypdf.PdfReader(io.BytesIO(app.get(f"{address}.pdf").data))
    text = " ".join(" ".join(one.extract_text() for one in pdf.pages).split())
    for office in found["organizations"]:
        assert office["title"] in text
    assert Words("id").percent(found["totals"]["rate"]) in text


@FROZEN
def test_addresses_of_years_that_lead_nowhere(city: dict[str, Any], app: Any) -> None:
    for address in (f"{NOW.year + 1}", "3", "x", f"{NOW.year + 1}.xlsx", f"{NOW.year}.docx"):
        assert app.get(f"/kepatuhan/tahun/{address}").status_code == 404


@OFF
def test_where_the_board_is_closed_so_is_the_year(city: dict[str, Any], app: Any) -> None:
    for rest in ("", ".xlsx", ".pdf"):
        assert app.get(f"/kepatuhan/tahun/{LAST.year}{rest}").status_code == 403
