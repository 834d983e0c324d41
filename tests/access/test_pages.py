"""The strip on a dataset's page and its buttons, in a real session with real tokens."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories

from ckanext.satudata.deposits import obligations

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "tokens")

PASSWORD = "Rahasia-panjang-123"


class Browser:
    """A browser with its own session."""

    def __init__(self, app: Any) -> None:
        self.client = app.test_client()

    def get(self, address: str) -> Any:
        return self.client.get(address, follow_redirects=True)

    def post(self, address: str, data: dict[str, str]) -> Any:
        return self.client.post(address, data=data, follow_redirects=True)

    def sign_in(self, user: dict[str, Any]) -> Browser:
        found = model.User.get(user["id"])
        assert found is not None
        found.password = PASSWORD
        model.Session.commit()
        page = BeautifulSoup(self.get("/en/user/login").text, "html.parser")
        token = page.find("meta", {"name": "_csrf_token"})
        assert token is not None
        self.post("/en/user/login", {
            "login": user["name"], "password": PASSWORD, "_csrf_token": str(token["content"]),
        })
        return self

    def strip(self, dataset: dict[str, Any]) -> Any:
        page = BeautifulSoup(self.get(f"/en/dataset/{dataset['name']}").text, "html.parser")
        return page.select_one(".satudata-standing")

    def press(self, dataset: dict[str, Any], button: str, **more: str) -> str:
        form = self.strip(dataset).select_one(f"form[action$='/{button}']")
        assert form is not None, "there is no such button"
        token = form.select_one("input[name=_csrf_token]")
        assert token is not None, "the form has no token"
        return self.post(form["action"], {"_csrf_token": token["value"], **more}).text


def buttons(strip: Any) -> set[str]:
    return {form["action"].rpartition("/")[2] for form in strip.select("form")}


def test_an_editor_submits_withdraws_and_asks(town: Town, app: Any) -> None:
    dataset = town.with_file()
    browser = Browser(app).sign_in(town["editor"])
    assert buttons(browser.strip(dataset)) == {"ajukan"}
    browser.press(dataset, "ajukan")
    assert town.show(dataset)["status_alur"] == "diajukan"
    assert buttons(browser.strip(dataset)) == {"tarik"}
    browser.press(dataset, "tarik")
    assert town.show(dataset)["status_alur"] == "draf"
    browser.press(dataset, "ajukan")
    now = town.show(dataset)
    call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
         content_hash=now["content_hash"])
    assert buttons(browser.strip(dataset)) == {"minta-tutup", "minta-hapus"}
    browser.press(dataset, "minta-tutup", note=" ")
    assert buttons(browser.strip(dataset)) == {"minta-tutup", "minta-hapus"}, "without a reason"
    text = browser.press(dataset, "minta-tutup", note="Angkanya keliru.")
    assert "still public" in text
    assert buttons(browser.strip(dataset)) == {"batal-minta"}
    assert "Angkanya keliru." in browser.strip(dataset).get_text()
    assert town.show(dataset)["private"] is False
    browser.press(dataset, "batal-minta")
    browser.press(dataset, "minta-hapus", note="Ganda.")
    call(town["walidata"], "satudata_request_refuse", id=dataset["id"], note="Masih dipakai.")
    strip = browser.strip(dataset)
    assert "Masih dipakai." in strip.get_text()
    assert buttons(strip) == {"minta-tutup", "minta-hapus"}


def test_what_is_missing_stands_where_the_button_would(town: Town, app: Any) -> None:
    dataset = town.draft(notes="", sds_satuan="")
    strip = Browser(app).sign_in(town["editor"]).strip(dataset)
    assert buttons(strip) == set()
    items = [item.get_text(strip=True) for item in strip.select("li")]
    assert "Description" in items
    assert len(items) == 2


def test_remarks_on_fields_stand_on_the_page_and_beside_the_form(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    file = dataset["resources"][0]["id"]
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
         content_hash=dataset["content_hash"], fields=[
             {"field": "sds_satuan", "note": "Bukan jiwa tetapi orang."},
             {"field": file, "note": "Kolom ketiga kosong."}])
    browser = Browser(app).sign_in(town["editor"])
    strip = browser.strip(dataset).get_text()
    form = browser.get(f"/en/dataset/edit/{dataset['name']}").text
    for text in (strip, form):
        assert "Bukan jiwa tetapi orang." in text
        assert "Kolom ketiga kosong." in text
        assert "Data 2025" in text, "a file is named as its readers know it"


@pytest.mark.parametrize(("fields", "word"), [
    ([{"field": "tidak_ada", "note": "x"}], "no such field"),
    ([{"field": "notes"}], "Missing value"), ("bukan json", "list of"), ([1], "list of"),
    ({"field": "notes"}, "list of"), ([], "A reason"),
])
def test_what_is_no_remark_returns_nothing(town: Town, fields: Any, word: str) -> None:
    dataset = town.shared("submitted")
    with pytest.raises(tk.ValidationError, match=word):
        call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
             content_hash=dataset["content_hash"], fields=fields)
    assert town.show(dataset)["status_alur"] == "diajukan"


HISTORY = {"member": True, "editor": True, "walidata": True, "koordinator": True,
           "outsider": False, "third_member": False, None: False}


@pytest.mark.parametrize("person", HISTORY)
def test_the_history_is_on_the_page_of_those_who_may_see_it(
    town: Town, app: Any, person: str | None
) -> None:
    dataset = town.shared("verified")
    browser = Browser(app)
    if person:
        browser.sign_in(town[person])
    page = BeautifulSoup(browser.get(f"/en/dataset/{dataset['name']}").text, "html.parser")
    assert bool(page.select_one(".satudata-past")) is HISTORY[person]
    if HISTORY[person]:
        assert "verified" in page.select_one(".satudata-history").get_text()
    for kind in ("csv", "json"):
        answer = browser.get(f"/satudata/riwayat/{dataset['id']}.{kind}")
        assert ("dataset.verified" in answer.text) is HISTORY[person]
        if HISTORY[person]:
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert town["editor"]["name"] not in answer.text, "ids of persons, not names"


def test_the_reason_of_a_return_is_where_the_office_acts(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
         content_hash=dataset["content_hash"], note="Satuan tidak sesuai.")
    strip = Browser(app).sign_in(town["editor"]).strip(dataset)
    assert "Satuan tidak sesuai." in strip.get_text()
    assert buttons(strip) == {"ajukan"}


@pytest.mark.parametrize("person", [None, "outsider", "third_member", "koordinator"])
def test_the_strip_is_not_for_others(town: Town, app: Any, person: str | None) -> None:
    dataset = town.shared("verified")
    browser = Browser(app)
    if person:
        browser.sign_in(town[person])
    page = browser.get(f"/en/dataset/{dataset['name']}")
    assert dataset["title"] in page.text
    assert browser.strip(dataset) is None


@pytest.mark.parametrize("person", ["member", "walidata"])
def test_who_may_look_gets_no_buttons(town: Town, app: Any, person: str) -> None:
    dataset = town.shared("submitted")
    strip = Browser(app).sign_in(town[person]).strip(dataset)
    assert strip is not None
    assert buttons(strip) == set()


@pytest.mark.parametrize("button", ["ajukan", "tarik", "minta-tutup"])
@pytest.mark.parametrize("data", [{}, {"_csrf_token": "forged"}])
def test_a_form_without_its_token_does_nothing(
    town: Town, app: Any, button: str, data: dict[str, str]
) -> None:
    stage = {"ajukan": "with_file", "tarik": "submitted", "minta-tutup": "verified"}[button]
    dataset = town.shared(stage)
    address = f"/satudata/dataset/{dataset['id']}/{button}"
    # 2.12.0 exempts a view for everybody once somebody without a session has been there.
    app.get(address)
    app.post(address)
    app.post(address, headers={
        "Authorization": factories.APIToken(user=town["outsider"]["id"])["token"]})
    answer = Browser(app).sign_in(town["editor"]).client.post(address, data=data)
    assert answer.status_code == 400
    assert town.show(dataset)["status_alur"] == dataset["status_alur"]


def test_strangers_press_in_vain(town: Town, app: Any) -> None:
    dataset = town.shared("with_file")
    for person in ("outsider", "third_member"):
        token = factories.APIToken(user=town[person]["id"])["token"]
        answer = app.post(
            f"/satudata/dataset/{dataset['id']}/ajukan", headers={"Authorization": token})
        assert answer.status_code == 404
    assert town.show(dataset)["status_alur"] == "draf"


def test_the_form_offers_neither_visibility_nor_unpublish(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    browser = Browser(app).sign_in(town["editor"])
    for page in (f"/en/dataset/edit/{dataset['name']}", "/en/dataset/new"):
        form = browser.get(page).text
        assert "klasifikasi_akses" in form
        assert 'name="private"' not in form
        assert "go-metadata-unpublish" not in form


def filled(form: Any) -> dict[str, Any]:
    """What a browser would send of a form as it is."""
    data: dict[str, Any] = {}
    for box in form.select("input[name]"):
        if box.get("type") in ("checkbox", "radio") and not box.has_attr("checked"):
            continue
        if box.get("type") not in ("submit", "button", "file"):
            data.setdefault(box["name"], []).append(box.get("value", ""))
    for area in form.select("textarea[name]"):
        data[area["name"]] = [area.get_text().lstrip("\n")]
    for choice in form.select("select[name]"):
        data[choice["name"]] = [one.get("value", "") for one in choice.select("option[selected]")]
    return data


def test_the_form_changes_what_was_changed_and_nothing_else(town: Town, app: Any) -> None:
    from ckanext.satudata.access import submissions

    dataset = town.verified()
    browser = Browser(app).sign_in(town["editor"])
    address = f"/en/dataset/edit/{dataset['name']}"
    page = BeautifulSoup(browser.get(address).text, "html.parser")
    form = next(one for one in page.select("form") if one.select("[name=notes]"))
    data = {**filled(form), "notes": ["Diubah dengan formulir."], "save": [""]}
    browser.post(address, data)
    after = town.show(dataset)
    assert after["notes"] == "Diubah dengan formulir."
    assert (after["private"], after["status_alur"]) == (False, "terverifikasi")
    assert len(after["resources"]) == 1
    assert submissions.require(dataset["id"]).changed_fields == ("notes",)


def flashes(text: str) -> list[str]:
    """What a page says at its top, each message."""
    page = BeautifulSoup(text, "html.parser")
    return [one.get_text(" ", strip=True) for one in page.select(".flash-messages .alert")]


def test_deleting_what_is_public_asks_for_the_reason_and_says_one_true_thing(
    town: Town, app: Any
) -> None:
    dataset = town.verified()
    browser = Browser(app).sign_in(town["editor"])
    edit = BeautifulSoup(browser.get(f"/en/dataset/edit/{dataset['name']}").text, "html.parser")
    [button] = edit.select("a[href*='/dataset/delete/']")
    assert not button.has_attr("data-module"), "a script would delete behind the page's back"
    page = BeautifulSoup(browser.get(button["href"]).text, "html.parser")
    form = page.select_one("form:has(textarea[name=note])")
    assert form is not None and form.select_one("textarea[required]")
    token = form.select_one("input[name=_csrf_token]")["value"]
    # Nor does the form of CKAN, sent by a script of before, say that it was deleted.
    assert not flashes(browser.post(button["href"], {"_csrf_token": token}).text)

    text = browser.post(form["action"], {"_csrf_token": token, "note": "Ganda."}).text
    [said] = flashes(text)
    assert "still there" in said
    assert town.show(dataset)["state"] == "active"
    assert "Ganda." in browser.strip(dataset).get_text()


def test_a_draft_is_deleted_by_its_office_as_ever(town: Town, app: Any) -> None:
    dataset = town.draft()
    browser = Browser(app).sign_in(town["editor"])
    page = BeautifulSoup(
        browser.get(f"/en/dataset/delete/{dataset['name']}").text, "html.parser")
    form = page.select_one("#confirm-dataset-delete-form")
    token = form.select_one("input[name=_csrf_token]")["value"]
    browser.post(form["action"], {"_csrf_token": token, "delete": ""})
    assert model.Package.get(dataset["id"]).state == "deleted"


@pytest.mark.parametrize("form", ["new", "{resource}/delete"])
def test_a_file_of_what_is_public_is_deposited_and_the_way_there_is_shown(
    town: Town, app: Any, form: str
) -> None:
    dataset = town.verified()
    address = f"/en/dataset/{dataset['name']}/resource/" + form.format(
        resource=dataset["resources"][0]["id"])
    browser = Browser(app).sign_in(town["editor"])
    page = BeautifulSoup(browser.get(address).text, "html.parser")
    assert "is deposited for its period" in page.get_text()
    ways = [one["href"] for one in page.select("a[href*='/satudata/setor/']")]
    assert len(ways) == len(obligations.all_of_dataset(dataset["id"])) > 0
    assert browser.get(ways[0]).status_code == 200
    walidata = Browser(app).sign_in(town["walidata"])
    assert "is deposited for its period" not in walidata.get(address).text


@pytest.mark.parametrize("person", ["koordinator", "pimpinan"])
def test_who_reads_the_metadata_and_gets_no_file_sees_the_page(
    town: Town, app: Any, person: str
) -> None:
    dataset = town.with_file(klasifikasi_akses="tertutup", **CLOSED)
    browser = Browser(app).sign_in(town[person])
    page = browser.get(f"/en/dataset/{dataset['name']}")
    assert page.status_code == 200
    assert dataset["title"] in page.text
    resource = dataset["resources"][0]["id"]
    refused = browser.get(f"/api/3/action/resource_view_list?id={resource}")
    assert refused.status_code == 403
