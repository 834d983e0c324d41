"""Pages about what is not open, with real sessions and tokens: asking, answering, determining."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories

from ckanext.satudata.access.model import access_request, closure
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.quarters import Quarter

from .test_determination import WAITING, evidence
from .test_pages import Browser
from .test_requests import ask, grant, restricted, until
from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "tokens")


@pytest.fixture
def dataset(town: Town) -> dict[str, Any]:
    """A restricted dataset of the city's own, with no request of anybody."""
    if "restricted" not in town.kept:
        town.kept["restricted"] = restricted(town)
    model.Session.execute(sa.delete(access_request))
    model.Session.commit()
    return town.kept["restricted"]


def this_quarter() -> str:
    return Quarter.of(city_today()).code


class Visitor(Browser):
    """A browser that fills in forms."""

    def page(self, address: str) -> Any:
        answer = self.get(address)
        assert answer.status_code == 200, address
        return BeautifulSoup(answer.text, "html.parser")

    def section(self, dataset: dict[str, Any]) -> Any:
        return self.page(f"/en/dataset/{dataset['name']}").select_one(".satudata-closed")

    def send(self, form: Any, **fields: str) -> Any:
        given = {
            one["name"]: one.get("value") or "" for one in form.select("input[type=hidden]")}
        assert given.get("_csrf_token"), "the form has no token"
        answer = self.post(form.get("action") or self.here, {**given, **fields})
        return BeautifulSoup(answer.text, "html.parser")

    here = ""


def visitor(app: Any, town: Town, person: str) -> Any:
    return Visitor(app).sign_in(town[person])


def form(place: Any, end: str) -> Any:
    return place.select_one(f"form[action$='{end}']") if place is not None else None


def test_an_office_asks_and_the_walidata_answers_on_the_pages(
    town: Town, app: Any, dataset: dict[str, Any]
) -> None:
    asking = visitor(app, town, "other_editor")
    page = asking.send(
        form(asking.section(dataset), "/permohonan"), reason="Untuk angkutan.", until=until(20))
    place = page.select_one(".satudata-closed")
    assert "Untuk angkutan." in place.get_text()
    assert form(place, "/permohonan") is None, "one request waits at a time"
    walidata = visitor(app, town, "walidata")
    assert "1 request waits" in walidata.page("/en/satudata").get_text()
    listed = walidata.page("/en/satudata/permohonan")
    granting = form(listed, "/grant")
    assert granting.select_one("input[type=date]")["value"] == until(20), "as it was wished"
    walidata.send(granting, until=until(10), reason="")
    [row] = call(town["other_member"], "satudata_access_request_list")["results"]
    assert (row["lasts"], row["until"]) == (True, until(10))
    owner = visitor(app, town, "editor")
    revoking = form(owner.section(dataset), "/revoke")
    owner.send(revoking, reason="Sudah selesai.")
    assert "Sudah selesai." in asking.section(dataset).get_text()


#: Who reads how to ask, and who finds the form.
HOW = {
    "other_editor": ("Your office may ask", True), "third_member": (None, False),
    "other_member": ("editors and admins of your office", False),
    "koordinator": ("given to offices", False), "pembina": ("given to offices", False),
    "member": (None, False), "editor": (None, False), "walidata": (None, False),
    "sysadmin": (None, False),
}


@pytest.mark.parametrize("person", HOW)
def test_the_page_says_how_to_ask_to_whom_gets_no_file(
    town: Town, app: Any, dataset: dict[str, Any], person: str
) -> None:
    words, offered = HOW[person]
    place = visitor(app, town, person).section(dataset)
    text = place.get_text() if place else ""
    assert (words in text) if words else "may ask" not in text
    assert (form(place, "/permohonan") is not None) is offered


def test_a_refused_file_says_where_to_ask(
    town: Town, app: Any, dataset: dict[str, Any]
) -> None:
    resource = dataset["resources"][0]["id"]
    for address in ("", f"/download/{resource}.csv"):
        answer = visitor(app, town, "other_editor").get(
            f"/en/dataset/{dataset['name']}/resource/{resource}{address}")
        assert answer.status_code == 403
        assert f"/dataset/{dataset['name']}#satudata-akses" in answer.text


def test_a_hidden_dataset_has_no_words_on_how_to_ask(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.verified(klasifikasi_akses="tertutup", **CLOSED)
    answer = visitor(app, town, "other_editor").get(f"/en/dataset/{dataset['name']}")
    assert answer.status_code == 404 and "satudata-akses" not in answer.text


@pytest.mark.parametrize("person", ["outsider", "third_member", "pembina"])
def test_lists_show_strangers_nothing(
    town: Town, app: Any, dataset: dict[str, Any], person: str
) -> None:
    ask(town, dataset)
    someone = visitor(app, town, person)
    for address in ("/en/satudata", "/en/satudata/permohonan", "/en/satudata/penetapan"):
        assert dataset["title"] not in someone.page(address).get_text()
    assert someone.get(f"/en/satudata/penetapan/{dataset['name']}").status_code == 403


@pytest.mark.parametrize("address", [
    "permohonan?page=x&status=nothing", "penetapan?kind=nothing", "penetapan/tidak-ada",
    "permohonan?page=99999999999999999999"])
def test_a_wrong_address_is_a_page(town: Town, app: Any, address: str) -> None:
    answer = visitor(app, town, "ppid").get(f"/en/satudata/{address}")
    assert answer.status_code in (200, 404)


def test_nobody_in_particular_is_shown_the_way_in(app: Any, town: Town) -> None:
    for address in ("/satudata/permohonan", "/satudata/penetapan", "/satudata/penetapan/x"):
        answer = app.get(address, follow_redirects=False)
        assert answer.status_code == 302 and "/user/login" in answer.headers["Location"]


@pytest.mark.parametrize("data", [{}, {"_csrf_token": "forged"}])
def test_a_form_without_its_token_does_nothing(
    town: Town, app: Any, dataset: dict[str, Any], data: dict[str, str]
) -> None:
    request = grant(town, dataset)
    closed = town.with_file(klasifikasi_akses="tertutup", **WAITING)
    token = factories.APIToken(user=town["outsider"]["id"])["token"]
    for person, address, fields in (
        ("other_editor", "permohonan", {"package_id": dataset["id"], "reason": "Lagi."}),
        ("editor", f"permohonan/{request['id']}/revoke", {"reason": "-"}),
        ("ppid", f"penetapan/{closed['id']}", evidence()),
    ):
        where = f"/satudata/{address}"
        # 2.12.0 exempts a view for everybody once somebody without a session has been there.
        app.get(where)
        app.post(where)
        app.post(where, headers={"Authorization": token})
        answer = Visitor(app).sign_in(town[person]).client.post(where, data={**data, **fields})
        assert answer.status_code == 400, address
    rows = call(town["walidata"], "satudata_access_request_list")["results"]
    assert [(row["id"], row["lasts"]) for row in rows] == [(request["id"], True)]
    assert town.show(closed)["alasan_pengecualian"] == "menunggu_penetapan"


def test_the_ppid_determines_on_the_page(town: Town, app: Any) -> None:
    model.Session.execute(sa.delete(closure))
    model.Session.commit()
    dataset = town.verified(klasifikasi_akses="tertutup", **WAITING)
    ppid = visitor(app, town, "ppid")
    desk = ppid.page("/en/satudata").get_text()
    assert dataset["title"] in desk and "90 days left" in desk
    assert "90 days left" in visitor(app, town, "walidata").page("/en/satudata").get_text()
    assert "90 days left" in visitor(app, town, "editor").section(dataset).get_text()
    ppid.here = f"/en/satudata/penetapan/{dataset['name']}"
    closing = ppid.page(ppid.here).select("form")
    keep = next(one for one in closing if one.select_one("[value=close]"))
    again = ppid.send(keep, **{**evidence(), "jangka_waktu_akhir": "2020-01-01"})
    assert "alert" in str(again) and "188/45/PPID/2026" in str(again), "what was typed is kept"
    ppid.send(keep, **evidence())
    assert town.show(dataset)["nomor_uji_konsekuensi"] == "188/45/PPID/2026"
    assert "days left" not in ppid.page("/en/satudata").get_text()
    opening = next(one for one in closing if one.select_one("[value=open]"))
    stale = ppid.send(opening, note="Boleh dibuka.")
    assert "has changed" in stale.get_text(), "the page showed the dataset as it was before"
    fresh = next(
        one for one in ppid.page(ppid.here).select("form") if one.select_one("[value=open]"))
    ppid.send(fresh, note="Boleh dibuka.")
    now = town.show(dataset)
    assert (now["status_alur"], now["private"]) == ("diajukan", True)


def test_the_board_says_what_has_to_be_decided_to_whom_it_concerns(
    town: Town, app: Any
) -> None:
    model.Session.execute(sa.delete(closure))
    model.Session.commit()
    with uncommitted():
        dataset = town.draft(
            "other_editor", owner_org=town.other["id"], klasifikasi_akses="tertutup", **WAITING)
    model.Session.execute(
        sa.update(closure).where(closure.c.package_id == dataset["id"])
        .values(waiting_until=city_today() - dt.timedelta(days=1)))
    model.Session.commit()
    for person, told in (("pimpinan", True), ("other_editor", True), ("editor", False),
                         ("outsider", False)):
        reader = visitor(app, town, person)
        for address in ("/en/kepatuhan", f"/en/kepatuhan/{this_quarter()}/{town.other['name']}"):
            text = reader.page(address).get_text()
            assert ("1 of them longer than it may" in text) is told, (person, address)
            assert dataset["title"] not in text, "the list names it, not the board"
    listed = visitor(app, town, "pimpinan").page(
        f"/en/satudata/penetapan?organization={town.other['name']}")
    assert dataset["title"] in listed.get_text()
    assert "determination" not in app.get("/en/kepatuhan").body
