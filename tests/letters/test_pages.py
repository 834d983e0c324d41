"""Pages of letters and commitments: each step without a script; nothing for who may not see it."""
from __future__ import annotations

import io
from typing import Any

import pytest

pytest.importorskip("ckan")

from bs4 import BeautifulSoup
from ckan.tests import factories
from pypdf import PdfReader

from ckanext.satudata.letters import life
from tests.counting import counted

from .town import EARLIER, LAST, PERSONS, SECRET, bring, call, drafted

pytestmark = pytest.mark.usefixtures("with_plugins")
SURAT = "/en/satudata/surat"
KOMITMEN = "/en/satudata/komitmen"


@pytest.fixture
def way(city: Any, app: Any) -> Any:
    """GET and POST as a person, by token (a form's own token is tried in the report's tests)."""
    tokens = {
        user: factories.APIToken(user=user)["token"] for user in city.users.values() if user
    }

    def go(user: str | None, address: str, form: Any = None) -> Any:
        headers = {"Authorization": tokens[user]} if user else {}
        if form is None:
            return app.get(address, headers=headers, follow_redirects=False)
        return app.post(address, data=form, headers=headers, follow_redirects=False)

    return go


def _text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return " ".join(BeautifulSoup(answer.body, "html.parser").get_text(" ").split())


def test_from_the_board_to_the_answer_by_forms_alone(city: Any, way: Any) -> None:
    board = way("wali", f"/en/kepatuhan/{LAST.code}")
    assert f"{SURAT}/konsep?quarter={LAST.code}" in board.body
    page = way("wali", f"{SURAT}/konsep?quarter={LAST.code}&kind=reprimand")
    assert "Second reprimand" in _text(page)
    form = {"quarter": LAST.code, "kind": "reprimand", "organization": ["dishub"]}
    assert way("wali", f"{SURAT}/konsep", form).status_code == 302
    [letter] = call("wali", "satudata_letter_list")["results"]
    address = f"{SURAT}/{letter['id']}"
    forms = {
        "number": {"number": "000.7/5/2026"}, "sign": {"signed": (io.BytesIO(b"%PDF-1.4"), "x")},
        "send": {}, "answer": {"answer": "Segera kami setor."},
        "outcome": {"outcome": "Sudah disetor."},
    }
    for event, data in forms.items():
        shown = BeautifulSoup(way("wali", address).body, "html.parser")
        first = shown.select_one("article form")
        assert first is not None and str(first["action"]).endswith(event)
        # What the form offers by itself, a day for example, is sent with it.
        offered = {
            str(one["name"]): str(one["value"]) for one in first.select("input[value]")
            if str(one["name"]) in ("date", "sent_on", "answered_on")
        }
        assert way("wali", f"{address}/{event}", {**offered, **data}).status_code == 302
    done = call("wali", "satudata_letter_show", id=letter["id"])
    assert done["state"] == "dijawab"
    assert [one["event"] for one in done["events"]] == [
        "draft", "number", "sign", "send", "answer", "outcome"]
    for user in ("wali", "dishub-editor"):
        signed = way(user, f"{address}/tertanda")
        assert signed.data == b"%PDF-1.4"
        assert signed.headers["X-Content-Type-Options"] == "nosniff"
    office = _text(way("wali", f"/en/kepatuhan/{LAST.code}/dishub"))
    assert "Second reprimand" in office and "000.7/5/2026" in office


def test_what_a_form_leaves_empty_is_said_and_nothing_is_written(city: Any, way: Any) -> None:
    id = drafted()["id"]
    assert way("wali", f"{SURAT}/{id}/number", {"number": ""}).status_code == 302
    assert call("wali", "satudata_letter_show", id=id)["state"] == "konsep"
    assert "No file" not in _text(way("wali", f"{SURAT}/{id}"))


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("state", ["konsep", "dikirim"])
def test_every_way_to_a_letter_is_closed_to_who_may_not_read_it(
    city: Any, way: Any, person: str, state: str
) -> None:
    letter = drafted()
    bring(letter["id"], state)
    user, everything = city.users[person], {"sysadmin", "walidata", "koordinator", "pimpinan"}
    reads = person in everything or (person.startswith("office_") and state in life.OUT)
    ways = {
        f"{SURAT}/{letter['id']}": reads,
        f"{SURAT}/{letter['id']}/tertanda": reads and state in life.OUT,
        f"{SURAT}/{letter['id']}.pdf": person in everything,
        f"{SURAT}/{letter['id']}.docx": person in everything,
    }
    for address, open in ways.items():
        answer = way(user, address)
        expected = 302 if user is None else 200 if open else 404
        assert answer.status_code == expected, address
    for address in (SURAT, f"/en/kepatuhan/{LAST.code}", f"/en/kepatuhan/{LAST.code}/dishub"):
        answer = way(user, address)
        assert (letter["id"] in answer.body) == reads, address
    for address in (SURAT, f"{SURAT}/{letter['id']}"):
        assert SECRET not in way(user, address).body


def test_the_a4_of_the_mayor_says_what_was_done_and_the_publics_does_not(
    city: Any, way: Any
) -> None:
    bring(drafted()["id"], "dikirim")

    def words(user: str | None) -> str:
        answer = way(user, f"/en/kepatuhan/{LAST.code}.pdf")
        assert answer.status_code == 200
        pages = PdfReader(io.BytesIO(answer.data)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    assert "Second reprimand: Sent" in words("orang-pimpinan")
    assert "reprimand" not in words(None)
    assert "reprimand" not in words("orang-pembina")


def test_the_desk_counts_what_waits(city: Any, way: Any) -> None:
    id = drafted()["id"]
    assert "1 draft waits" in _text(way("wali", "/en/satudata"))
    bring(id, "dikirim")
    assert "1 letter waits for the answer" in _text(way("dishub-editor", "/en/satudata"))
    assert "letter waits" not in _text(way("dlh-editor", "/en/satudata"))


def test_a_page_of_many_letters_makes_no_more_queries(city: Any, way: Any) -> None:
    def queries() -> int:
        way("wali", SURAT)
        with counted() as found:
            way("wali", SURAT)
        return len(found)

    drafted()
    few = queries()
    call("wali", "satudata_letter_draft_many", kind="data_request", quarter=LAST.code)
    call("wali", "satudata_letter_draft_many", kind="data_request", quarter=EARLIER.code)
    assert queries() == few


def test_the_pages_say_what_is_not_on_record_and_what_a_number_counts(city: Any, way: Any) -> None:
    reprimands = _text(way("wali", f"{SURAT}/konsep?quarter={LAST.code}&kind=reprimand"))
    assert "Not on record in the portal: the first reprimand" in reprimands
    requests = _text(way("wali", f"{SURAT}/konsep?quarter={LAST.code}&kind=data_request"))
    assert "not complete for 2 quarters in a row" in requests
    form = {"quarter": LAST.code, "kind": "reprimand", "organization": ["dishub"], "level": "1"}
    assert way("wali", f"{SURAT}/konsep", form).status_code == 302
    [lower] = call("wali", "satudata_letter_list")["results"]
    assert lower["level"] == 1
    call("wali", "satudata_letter_update", id=lower["id"], cancel="Salah.")
    letter = drafted()
    page = way("wali", f"{SURAT}/{letter['id']}")
    assert "Not on record in the portal: the first reprimand" in _text(page)
    [day] = BeautifulSoup(page.body, "html.parser").select("input[name=date]")
    assert day["min"] == letter["as_of"][:10]


def test_an_office_is_told_what_it_does_with_letters(city: Any, way: Any) -> None:
    for user, drafts in (("wali", True), ("orang-pimpinan", True), ("dishub-editor", False)):
        shown = _text(way(user, SURAT))
        assert ("people number, sign and send" in shown) is drafts, user
        assert ("sent to your office" in shown) is not drafts, user


# --- commitments --------------------------------------------------------------------------------


def test_a_commitment_is_added_by_its_form_and_its_document_is_private(
    city: Any, way: Any
) -> None:
    form = {
        "organization": "dishub", "signatory": "Budi", "date": "2026-01-12",
        "document": (io.BytesIO(b"%PDF-1.4 komitmen"), "k.pdf"),
    }
    assert way("wali", KOMITMEN, form).status_code == 302
    shown = _text(way("wali", KOMITMEN))
    assert "Not signed" in shown and "Budi" in shown
    [row] = call("wali", "satudata_commitment_list", organization="dishub")["results"]
    address = f"{KOMITMEN}/{row['commitments'][0]['id']}/dokumen"
    for person in PERSONS:
        user = city.users[person]
        reads = person in ("sysadmin", "walidata", "koordinator", "pimpinan") or (
            person.startswith("office_"))
        expected = 302 if user is None else 200 if reads else 404
        assert way(user, address).status_code == expected, person
    assert "Budi" not in way("dlh-editor", KOMITMEN).body
    bad = {"organization": "dishub", "date": "2026-01-12", "document": (io.BytesIO(b"MZ"), "k")}
    # The form comes back; nothing was recorded.
    assert way("wali", KOMITMEN, bad).status_code == 200
    [row] = call("wali", "satudata_commitment_list", organization="dishub")["results"]
    assert len(row["commitments"]) == 1


@pytest.mark.parametrize(("more", "said"), [
    ({"signatory": "Budi Santoso"}, None),
    ({"signatory": "Ir. Citra Lestari"}, "Ir. Citra Lestari is not the head whom the portal knows"),
    ({"signatory": "Budi Santoso", "valid_until": "2026-02-01"}, "It has run out already"),
])
def test_a_commitment_of_somebody_else_or_that_ran_out_is_taken_and_said(
    city: Any, changed: Any, app: Any, more: dict[str, str], said: str | None
) -> None:
    call("sys", "organization_patch", id="dishub", kepala_nama="Budi Santoso, S.Sos.")
    token = factories.APIToken(user="wali")["token"]
    form = {
        "organization": "dishub", "date": "2026-01-12", **more,
        "document": (io.BytesIO(b"%PDF-1.4 komitmen"), "k.pdf"),
    }
    shown = _text(app.post(KOMITMEN, data=form, headers={"Authorization": token}))
    assert "The commitment is recorded." in shown
    for one in ("is not the head whom", "It has run out already"):
        assert (one in shown) is (one in (said or "")), one
    assert said is None or said in shown
