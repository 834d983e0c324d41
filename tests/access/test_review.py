"""The page on which a dataset is checked: each decision that the table allows can be made there."""
from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from ckanext.satudata.access import submissions
from ckanext.satudata.journal import events

from .test_pages import Browser
from .town import Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "tokens")


def looks(app: Any, person: dict[str, Any], dataset: dict[str, Any]) -> tuple[Browser, Any]:
    browser = Browser(app).sign_in(person)
    answer = browser.get(f"/en/satudata/verifikasi/{dataset['name']}")
    return browser, BeautifulSoup(answer.text, "html.parser")


def words(page: Any) -> set[str]:
    """The decisions that the page offers and does not block."""
    return {
        form["action"].rpartition("/")[2] for form in page.select("form.satudata-choice")
        if not form.select("button[disabled]")
    }


def press(browser: Browser, page: Any, word: str, **more: Any) -> Any:
    form = page.select_one(f"form[action$='/{word}']")
    assert form is not None, f"the page does not offer {word}"
    sent = {box["name"]: box.get("value", "") for box in form.select("input[type=hidden]")}
    return browser.post(form["action"], {**sent, **more})


def last(dataset: dict[str, Any]) -> dict[str, Any]:
    return events.history([("dataset", dataset["id"])])[-1]


@pytest.mark.parametrize(("stage", "person", "offered"), [
    ("with_file", "walidata", set()),
    ("submitted", "walidata", {"verify", "return"}),
    ("submitted", "sysadmin", {"verify", "return", "unblock"}),
    ("verified", "walidata", {"revoke"}),
])
def test_what_is_offered(
    town: Town, app: Any, stage: str, person: str, offered: set[str]
) -> None:
    _, page = looks(app, town[person], town.shared(stage))
    assert words(page) == offered


@pytest.mark.parametrize("person", ["editor", "member", "koordinator", "outsider"])
def test_it_is_not_for_others(town: Town, app: Any, person: str) -> None:
    dataset = town.shared("submitted")
    browser = Browser(app).sign_in(town[person])
    answer = browser.get(f"/satudata/verifikasi/{dataset['name']}")
    assert answer.status_code == (404 if person == "outsider" else 403)
    assert dataset["title"] not in answer.text


def test_returning_with_remarks_on_fields(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    file = dataset["resources"][0]["id"]
    browser, page = looks(app, town["walidata"], dataset)
    press(browser, page, "return", note="Dua hal.", field=["sds_satuan", file, "notes"],
          remark=["Satuan keliru.", "Kolom kosong.", ""])
    assert town.show(dataset)["status_alur"] == "dikembalikan"
    history = events.history([("dataset", dataset["id"])])
    returned = next(one for one in history if one["type"] == "dataset.returned")
    remarks = {
        one["data"]["field"]: one["note"] for one in history
        if one["type"] == "dataset.commented" and one["data"].get("of") == returned["seq"]
    }
    assert remarks == {"sds_satuan": "Satuan keliru.", file: "Kolom kosong."}


def test_verifying_and_revoking(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    browser, page = looks(app, town["walidata"], dataset)
    press(browser, page, "verify")
    assert town.show(dataset)["private"] is False
    browser, page = looks(app, town["walidata"], dataset)
    press(browser, page, "revoke", note="")
    assert town.show(dataset)["status_alur"] == "terverifikasi", "a reason is needed"
    press(browser, page, "revoke", note="Angka tidak sama dengan sumbernya.")
    assert town.show(dataset)["status_alur"] == "dicabut"
    assert last(dataset)["note"] == "Angka tidak sama dengan sumbernya."


@pytest.mark.parametrize(("word", "status"), [("refuse", "terverifikasi"), ("grant", "dicabut")])
def test_answering_a_request(town: Town, app: Any, word: str, status: str) -> None:
    with uncommitted():
        dataset = town.verified()
    call(town["editor"], "satudata_request_create", id=dataset["id"], what="unpublish",
         note="Angkanya keliru.")
    browser, page = looks(app, town["walidata"], dataset)
    assert "Angkanya keliru." in page.get_text()
    queue = browser.get("/en/satudata/verifikasi").text
    assert "Angkanya keliru." in queue
    press(browser, page, word, note="Sudah dilihat.")
    assert town.show(dataset)["status_alur"] == status
    assert submissions.require(dataset["id"]).requested is None


def test_a_sysadmin_who_wrote_it_unblocks_with_a_reason(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.with_file()
    call(town["sysadmin"], "satudata_dataset_submit", id=dataset["id"])
    browser, page = looks(app, town["sysadmin"], dataset)
    assert words(page) == {"return", "unblock"}
    press(browser, page, "unblock", note="Tidak ada orang lain.")
    assert town.show(dataset)["status_alur"] == "terverifikasi"
    assert last(dataset)["type"] == "dataset.unblocked"


def test_taking_and_giving_it_to_somebody(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    browser, page = looks(app, town["walidata"], dataset)
    press(browser, page, "assign", user=town["walidata2"]["id"])
    assert submissions.require(dataset["id"]).assigned_to == town["walidata2"]["id"]
    press(browser, page, "assign", user=town["editor"]["id"])
    assert submissions.require(dataset["id"]).assigned_to == town["walidata2"]["id"]
    press(browser, page, "assign", user="")
    assert submissions.require(dataset["id"]).assigned_to is None


def test_a_pembina_comments_on_a_field_and_decides_nothing(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    browser, page = looks(app, town["pembina"], dataset)
    assert words(page) == set()
    press(browser, page, "comment", field="sds_konsep", text="Pakai konsep baku.")
    assert (last(dataset)["type"], last(dataset)["note"]) == (
        "dataset.commented", "Pakai konsep baku.")
    assert last(dataset)["data"] == {"field": "sds_konsep"}


@pytest.mark.parametrize("word", [
    "verify", "return", "revoke", "grant", "refuse", "unblock", "assign", "comment"])
@pytest.mark.parametrize("token", [None, "forged"])
def test_no_form_works_without_its_token(
    town: Town, app: Any, word: str, token: str | None
) -> None:
    dataset = town.shared("submitted")
    address = f"/satudata/verifikasi/{dataset['id']}/{word}"
    # 2.12.0 exempts a view for everybody once somebody without a session has been there.
    app.post(address, follow_redirects=False)
    browser = Browser(app).sign_in(town["sysadmin"])
    before = len(events.history([("dataset", dataset["id"])]))
    answer = browser.client.post(address, data={
        "content_hash": dataset["content_hash"], "note": "x", "text": "x",
        **({"_csrf_token": token} if token else {})})
    assert answer.status_code == 400
    assert len(events.history([("dataset", dataset["id"])])) == before
