"""Pages of the board: the action's numbers, what may be named, who may freeze, errors in words."""
from __future__ import annotations

import csv
import io
import json
import re
from types import SimpleNamespace
from typing import Any

import openpyxl
import pypdf
import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import helpers

from ckanext.satudata.deposits.periods import MONTHS
from ckanext.satudata.deposits.state import horizon
from ckanext.satudata.journal.quarters import Quarter

from ..counting import counted
from .town import LAST, NOW, PASSWORD, SECRET, build, item, office

pytestmark = pytest.mark.usefixtures("with_plugins")

BOARD = f"/en/kepatuhan/{LAST.code}"

#: Figures that stand on the board, the items page and in every file.
FIGURES = ("due", "fulfilled", "partial", "missing", "pending", "excused", "unjudged")


_apps: list[Any] = []


@pytest.fixture
def app(request: pytest.FixtureRequest, with_plugins: None) -> Any:
    """CKAN's test application, made once for all tests that keep its configuration."""
    from ckan.tests.helpers import _get_test_app

    if request.node.get_closest_marker("ckan_config"):
        return _get_test_app()
    if not _apps:
        _apps.append(_get_test_app())
    return _apps[0]


#: The keys of the offices while the city of this module stands in the database.
_standing: dict[str, Any] = {}


@pytest.fixture
def city(request: pytest.FixtureRequest, with_plugins: None) -> Any:
    """Four offices: complete, partly with a unit and closed items, silent, nothing due.

    It is built once; a test that changes it takes ``changed`` as well.
    """
    if not (_standing and model.User.get("wali") and model.Group.get("puskesmas")):
        request.getfixturevalue("clean_db")
        _standing.update(build())
    return SimpleNamespace(opds=dict(_standing))


@pytest.fixture
def changed(city: Any) -> Any:
    """For tests that change the city: the next one gets a new one."""
    yield
    _standing.clear()


def report(user: str | None = None, **data: Any) -> dict[str, Any]:
    """The action's own answer, for a person."""
    context = {"user": user or "", "ignore_auth": False}
    return helpers.call_action(
        "satudata_compliance_report", context, **{"quarter": LAST.code, **data}
    )


def client(app: Any, user: str | None = None) -> Any:
    """A browser, signed in through the form when a user is named."""
    browser = app.test_client()
    if user:
        token = _token(browser.get("/en/user/login"))
        answer = browser.post("/en/user/login", data={
            "login": user, "password": PASSWORD, "_csrf_token": token,
        })
        assert answer.status_code == 200
        assert "login-form" not in answer.body
    return browser


def _token(response: Any) -> str:
    """The token that the page carries for forms."""
    meta = BeautifulSoup(response.body, "html.parser").find("meta", {"name": "_csrf_token"})
    return str(meta["content"]) if meta else ""  # type: ignore[index]


def soup(response: Any) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.body, "html.parser")


def text(page: Any) -> str:
    return " ".join(page.get_text(" ").split())


# --- the board ---------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [None, "wali"])
def test_the_board_says_the_numbers_of_the_action(city: Any, app: Any, user: str | None) -> None:
    page = soup(client(app, user).get(BOARD))
    totals = report(user)["totals"]
    for status in ("belum_setor", "sebagian", "lengkap", "nihil"):
        tile = page.select_one(f"a.satudata-tile[href='#{status}'] .satudata-tile-number")
        assert tile is not None and tile.get_text() == str(totals[status])
        section = page.find(id=status)
        assert len(section.find_all("li")) == totals[status]  # type: ignore[union-attr]
    figures = page.select_one(".satudata-figures")
    numbers = [item.find("a").get_text() for item in figures.find_all("li") if item.find("a")]  # type: ignore
    assert numbers == [str(totals[key]) for key in FIGURES]


def test_the_board_opens_with_the_sentence_then_the_silent_offices(city: Any, app: Any) -> None:
    page = soup(client(app).get(BOARD))
    assert page.h1 is not None
    assert page.h1.get_text() == (
        "1 of 4 offices have not deposited; 1 for the second time in a row.")
    said = text(page.find("article"))
    order = [said.index(words) for words in (
        "have not deposited", f"due in quarter {LAST.roman} (", "As known on",
        "2 quarters in a row", "All offices", "What the words mean",
    )]
    assert order == sorted(order)
    silent = page.find(id="belum_setor")
    assert "Dinas Perhubungan <b>" in text(silent)
    assert "2 of 2 items missing" in text(silent)


def test_every_office_stands_in_the_table_with_its_figures(city: Any, app: Any) -> None:
    page = soup(client(app, "wali").get(BOARD))
    rows = {
        row.th.get_text(): [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in page.select(".satudata-table tbody tr")
    }
    found = report("wali")
    assert len(rows) == len(found["organizations"])
    for row in found["organizations"]:
        assert rows[row["title"]][1:8] == [str(row[key]) for key in FIGURES]
    total = [cell.get_text(strip=True) for cell in page.select(".satudata-table tfoot td")]
    assert total[:8] == [str(found["totals"]["opd"])] + [
        str(found["totals"][key]) for key in FIGURES
    ]


def test_a_title_is_never_markup(city: Any, app: Any) -> None:
    browser = client(app)
    for address in (BOARD, f"{BOARD}/butir", f"{BOARD}/dishub"):
        body = browser.get(address).body
        assert "Perhubungan &lt;b&gt;" in body
        assert "<script>alert" not in body


def test_filters_and_order_stand_in_the_address(city: Any, app: Any) -> None:
    browser = client(app)

    def titles(query: str) -> list[str]:
        page = soup(browser.get(f"{BOARD}?{query}"))
        return [row.th.get_text() for row in page.select(".satudata-table tbody tr") if row.th]

    assert titles("status=lengkap") == ["Dinas Lingkungan Hidup"]
    assert titles("q=hidup") == ["Dinas Lingkungan Hidup"]
    assert titles("q=hidup&status=nihil") == []
    up, down = titles("urut=title"), titles("urut=-title")
    assert up == down[::-1] == sorted(up)
    assert titles("urut=nonsense") == titles("")
    page = soup(browser.get(f"{BOARD}?urut=-due&status=sebagian"))
    heading = page.select_one("th[aria-sort]")
    assert heading is not None and heading["aria-sort"] == "descending"
    assert "urut=due" in heading.a["href"] and "status=sebagian" in heading.a["href"]  # type: ignore


def test_the_quarter_before_is_compared(city: Any, app: Any) -> None:
    page = soup(client(app).get(BOARD))
    assert "Against last quarter" in text(page.find(id="tabel"))
    assert "Better" in text(page.find(id="tabel"))


def test_only_the_wall_screen_refreshes_itself(city: Any, app: Any) -> None:
    browser = client(app)
    assert soup(browser.get(BOARD)).find("meta", {"http-equiv": "refresh"}) is None
    screen = soup(browser.get(f"{BOARD}?layar=1"))
    assert screen.find("meta", {"http-equiv": "refresh"}) is not None
    assert screen.find(id="tabel") is None
    assert screen.find(id="belum_setor") is not None


def test_the_pages_work_without_a_script(city: Any, app: Any) -> None:
    article = soup(client(app).get(BOARD)).find("article")
    assert not article.find_all("script")  # type: ignore[union-attr]
    assert not article.select("[onclick], [data-module]")  # type: ignore[union-attr]


def test_states_are_words_not_colours(city: Any, app: Any) -> None:
    page = soup(client(app).get(f"{BOARD}/dinkes"))
    for chip in page.select(".satudata-chip"):
        assert chip.get_text(strip=True)


def test_the_running_quarter_is_at_the_short_address(city: Any, app: Any) -> None:
    page = soup(client(app).get("/en/kepatuhan"))
    assert f"due in quarter {NOW.roman} (" in text(page.find("article"))


def test_an_empty_portal_says_so(clean_db: None, app: Any) -> None:
    page = soup(client(app).get(BOARD))
    assert page.h1 is not None
    assert page.h1.get_text() == "No office is on the board of this quarter."


# --- what may be named -------------------------------------------------------------------------


def test_a_closed_item_is_counted_for_all_and_named_to_few(city: Any, app: Any) -> None:
    anonymous, wali = client(app), client(app, "wali")
    for address in (f"{BOARD}/dinkes", f"{BOARD}/butir", f"{BOARD}.json",
                    f"{BOARD}.csv?isi=butir"):
        assert SECRET not in anonymous.get(address).get_data(as_text=True)
        assert SECRET in wali.get(address).get_data(as_text=True)
    assert "1 item is not shown because it is not open." in text(
        soup(anonymous.get(f"{BOARD}/dinkes"))
    )
    assert report()["totals"] == report("wali")["totals"]


@pytest.mark.parametrize("page", ["butir", "dinkes"])
def test_searching_tells_nothing_of_a_closed_item(city: Any, app: Any, page: str) -> None:
    browser = client(app)

    def answer(words: str) -> str:
        found = soup(browser.get(f"{BOARD}/{page}?q={words}"))
        for field in found.select("input, form, a[href*='q=']"):
            field.decompose()
        return text(found.find("article"))

    assert answer("penyintas") == answer("zzzzzzzzz")


def test_workbook_and_paper_name_no_closed_item(city: Any, app: Any) -> None:
    anonymous, wali = client(app), client(app, "wali")

    def items(browser: Any) -> set[Any]:
        book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{BOARD}.xlsx").get_data()))
        return {row[1] for row in book.worksheets[2].iter_rows(min_row=2, values_only=True)}

    assert SECRET not in items(anonymous)
    assert SECRET in items(wali)


def test_telephone_and_officer_are_for_the_citys_own_people(city: Any, app: Any) -> None:
    anonymous = client(app).get(BOARD).body
    assert "dishub@kota.go.id" in anonymous
    assert "322404" not in anonymous and "Petugas dishub" not in anonymous
    assert "322404" not in client(app, "petugas").get(f"{BOARD}/dishub").body
    wali = client(app, "wali").get(BOARD).body
    assert "Data officer: Petugas dishub, (0321) 322404" in wali
    assert "Kepala Dinas Perhubungan" in wali


# --- an office, the items ----------------------------------------------------------------------


def test_an_office_shows_its_units_and_items(city: Any, app: Any) -> None:
    page = soup(client(app, "wali").get(f"{BOARD}/dinkes"))
    assert page.h1 is not None and page.h1.get_text() == "Dinas Kesehatan"
    assert "UPTD Puskesmas" in text(page.find(id="unit"))
    items = text(page.find(id="butir"))
    for title in ("Jumlah balita", "Jumlah kunjungan", SECRET):
        assert title in items
    assert "last day" in items and "File," in items
    rows = report("wali", organization="dinkes")
    assert len(page.select(".satudata-item")) == len(rows["obligations"]) == 3


@pytest.mark.parametrize("user", [None, "wali"])
def test_an_item_leads_insiders_to_its_own_page(city: Any, app: Any, user: str | None) -> None:
    browser = client(app, user)
    links = [str(link["href"]) for link in soup(browser.get(f"{BOARD}/dinkes")).select(
        ".satudata-item a[href*='/daftar-data/butir/']")]
    assert len(links) == (3 if user else 0)
    for link in links[:1]:
        assert browser.get(link).status_code == 200


def test_a_unit_has_its_own_page(city: Any, app: Any) -> None:
    page = soup(client(app).get(f"{BOARD}/puskesmas"))
    assert page.h1 is not None and page.h1.get_text() == "UPTD Puskesmas"
    assert len(page.select(".satudata-item")) == 1


def test_an_office_may_be_asked_for_by_its_id(city: Any, app: Any) -> None:
    id = model.Group.get("dlh").id
    page = soup(client(app).get(f"{BOARD}/{id}"))
    assert page.h1 is not None and page.h1.get_text() == "Dinas Lingkungan Hidup"


@pytest.mark.parametrize("status", ["", *FIGURES[1:]])
def test_every_figure_opens_its_items(city: Any, app: Any, status: str) -> None:
    totals = report()["totals"]
    page = soup(client(app).get(f"{BOARD}/butir?status={status}"))
    counted = totals[status] if status else sum(totals[key] for key in FIGURES[1:])
    assert page.h1 is not None
    assert page.h1.get_text(" ", strip=True).split()[-1] == str(counted)
    shown = [item for item in report()["obligations"] if not status or item["status"] == status]
    assert len(page.select(".satudata-item")) == len(shown)
    unseen = counted - len(shown)
    assert ("not shown because" in text(page.find("article"))) == bool(unseen)


def test_long_lists_come_in_pages(city: Any, app: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("ckanext.satudata.report.views.ITEMS_A_PAGE", 2)
    browser = client(app)
    seen: list[str] = []
    for page in (1, 2, 3):
        found = soup(browser.get(f"{BOARD}/butir?hal={page}"))
        seen += [item.get_text(strip=True) for item in found.select(".satudata-item-title")]
    assert sorted(seen) == sorted(item["title"] for item in report()["obligations"])
    assert browser.get(f"{BOARD}/butir?hal=x").status_code == 200
    assert browser.get(f"{BOARD}/butir?hal=99").status_code == 200


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [None, "wali"])
def test_files_say_the_numbers_of_the_action(city: Any, app: Any, user: str | None) -> None:
    browser = client(app, user)
    moment = report(user)["as_of"]
    asked = {"as_of": moment}
    expected = report(user, as_of=moment)
    assert browser.get(f"{BOARD}.json", query_string=asked).get_json() == expected
    sheet = browser.get(f"{BOARD}.csv", query_string=asked).get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet, newline="")))
    assert [row["name"] for row in rows] == [o["name"] for o in expected["organizations"]]
    for key in FIGURES:
        assert sum(int(row[key]) for row in rows) == expected["totals"][key]
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get(f"{BOARD}.xlsx", query_string=asked).get_data())
    )
    offices = [row[0] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)]
    assert offices == [o["title"] for o in expected["organizations"]]


def test_paper_says_the_sentence(city: Any, app: Any) -> None:
    pypdf = pytest.importorskip("pypdf")
    answer = client(app).get(f"{BOARD}.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    said = pypdf.PdfReader(io.BytesIO(answer.get_data())).pages[0].extract_text()
    assert "1 of 4 offices have not deposited" in " ".join(said.split())


@pytest.mark.parametrize(("address", "kind", "name"), [
    (".json", "application/json", "kepatuhan-{q}-berjalan.json"),
    (".csv", "text/csv; charset=utf-8", "kepatuhan-{q}-opd-berjalan.csv"),
    (".csv?isi=butir", "text/csv; charset=utf-8", "kepatuhan-{q}-butir-berjalan.csv"),
    (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     "kepatuhan-{q}-berjalan.xlsx"),
    (".pdf", "application/pdf", "kepatuhan-{q}-berjalan.pdf"),
])
def test_files_have_their_type_and_name(
    city: Any, app: Any, address: str, kind: str, name: str
) -> None:
    answer = client(app).get(BOARD + address)
    assert answer.headers["Content-Type"] == kind
    assert name.format(q=LAST.code) in answer.headers["Content-Disposition"]
    assert "private" in answer.headers["Cache-Control"]


def test_a_file_of_one_office(city: Any, app: Any) -> None:
    found = client(app).get(f"{BOARD}.json?opd=dinkes").get_json()
    assert [row["name"] for row in found["organizations"]] == ["dinkes", "puskesmas"]
    assert {item["organization"] for item in found["obligations"]} == {"dinkes", "puskesmas"}


def test_items_are_asked_for_in_pages_when_there_are_many(
    city: Any, app: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ckanext.satudata.report.files.PAGE", 2)
    monkeypatch.setattr("ckanext.satudata.report.reading.UNASKED_LIMIT", 2)
    browser = client(app)
    found = browser.get(f"{BOARD}.json").get_json()
    assert len(found["obligations"]) == 5
    assert len(soup(browser.get(f"{BOARD}/dinkes")).select(".satudata-item")) == 2


# --- errors in words ---------------------------------------------------------------------------


@pytest.mark.parametrize("address", [
    "/en/kepatuhan/2026-TW5", "/en/kepatuhan/2026-Q3.json", "/en/kepatuhan/apa/dinkes",
    "/en/kepatuhan/2026-TW5/butir",
])
def test_a_bad_quarter_is_explained(city: Any, app: Any, address: str) -> None:
    answer = client(app).get(address)
    assert answer.status_code == 404
    assert "A quarter is written 2026-TW3" in answer.body


def test_an_unknown_office_is_explained(city: Any, app: Any) -> None:
    answer = client(app).get(f"{BOARD}/dinas-angkasa")
    assert answer.status_code == 404
    assert "This office is not on the board of this quarter." in answer.body


@pytest.mark.parametrize(("query", "said"), [
    ("as_of=kemarin", "Not a moment. Write it as"),
    ("as_of=2999-01-01T00:00:00%2B07:00", "This moment lies in the future"),
    ("as_of=1900-01-01", "Nothing was recorded before 20"),
])
@pytest.mark.parametrize("page", ["", "/butir", "/tunggakan", "/dinkes", ".json", ".csv"])
def test_a_bad_moment_is_explained(
    city: Any, app: Any, page: str, query: str, said: str
) -> None:
    answer = client(app).get(f"{BOARD}{page}?{query}")
    assert answer.status_code == 400
    assert said in answer.body


def test_a_quarter_that_nobody_has_written_down_is_refused_in_words(city: Any, app: Any) -> None:
    last = horizon()
    known = Quarter.of(last)
    assert client(app).get(f"/en/kepatuhan/{known.code}").status_code == 200
    for code in (known.next().code, "2999-TW4"):
        answer = client(app).get(f"/en/kepatuhan/{code}")
        assert answer.status_code == 404
        assert f"until the end of {last.year}" in answer.body


def test_a_quarter_before_anything_was_owed_says_so(city: Any, app: Any) -> None:
    said = "nothing was owed in this portal"
    assert said in client(app).get("/en/kepatuhan/1900-TW1").body
    assert said not in client(app).get(BOARD).body


@pytest.mark.parametrize("name", [
    f"{LAST.code}/ringkas.pdf", f"{LAST.code}.pdf", f"tahun/{LAST.year}.pdf",
])
@pytest.mark.parametrize(("way", "said", "not_said"), [
    ("", "Belum", "Missing"), ("/en", "Missing", "Belum"),
])
def test_a_paper_speaks_the_language_of_the_portal_or_of_the_reader(
    city: Any, app: Any, way: str, said: str, not_said: str, name: str
) -> None:
    answer = client(app).get(f"{way}/kepatuhan/{name}")
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    if name.endswith("ringkas.pdf"):
        assert ("OPD belum setor" in text) is (not way)
    assert said in text and not_said not in text, text
    lang = "en" if way else "id"
    found = set(re.findall(r"\b\d{1,2} ([A-Z][a-z]{2})[a-z]* \d{4}", text))
    assert found and found <= {name[:3] for name in MONTHS[lang]}


def test_an_unknown_part_of_a_sheet_is_refused(city: Any, app: Any) -> None:
    assert client(app).get(f"{BOARD}.csv?isi=semua").status_code == 400


# --- who may look ------------------------------------------------------------------------------


@pytest.mark.ckan_config("ckanext.satudata.public_board", "off")
def test_a_board_that_is_not_public(city: Any, app: Any) -> None:
    anonymous, wali = client(app), client(app, "wali")
    for address in ("/en/kepatuhan", BOARD, f"{BOARD}/dinkes", f"{BOARD}/butir", f"{BOARD}.json",
                    f"{BOARD}.pdf"):
        answer = anonymous.get(address)
        assert answer.status_code == 403
        assert "not public" in answer.body
        assert wali.get(address).status_code == 200
    assert "/en/kepatuhan" not in anonymous.get("/en/about").body
    assert "/en/kepatuhan" in wali.get("/en/about").body


@pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
def test_the_public_sees_frozen_quarters(city: Any, changed: None, app: Any) -> None:
    anonymous = client(app)
    assert anonymous.get("/en/kepatuhan").status_code == 403
    assert anonymous.get(BOARD).status_code == 403
    helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False}, quarter=LAST.code
    )
    # The short address leads to what may be seen; the running quarter stays closed.
    page = soup(anonymous.get("/en/kepatuhan"))
    assert f"due in quarter {LAST.roman} (" in text(page.find("article"))
    assert anonymous.get(f"/en/kepatuhan/{NOW.code}").status_code == 403
    assert f"/kepatuhan/{NOW.code}" not in anonymous.get(BOARD).body
    assert anonymous.get(f"{BOARD}.json").get_json()["frozen"] is True


def test_the_board_stands_in_the_navigation(city: Any, app: Any) -> None:
    link = soup(client(app).get(BOARD)).select_one("header nav li.active a[href$='/kepatuhan/']")
    assert link is not None and link.get_text(strip=True) == "Compliance"


# --- freezing ----------------------------------------------------------------------------------


def test_a_walidata_freezes_from_the_page(city: Any, changed: None, app: Any) -> None:
    browser = client(app, "wali")
    assert f"{BOARD}/beku" in browser.get(BOARD).body
    form = browser.get(f"{BOARD}/beku")
    assert "Nobody can take this back" in form.body
    answer = browser.post(f"{BOARD}/beku", data={"_csrf_token": _token(form)})
    [snapshot] = helpers.call_action("satudata_snapshot_list")
    assert snapshot["sha256"] in answer.body
    page = text(soup(client(app).get(BOARD)).find("article"))
    assert "Frozen · revision 1" in page and snapshot["sha256"] in page


def test_a_frozen_quarter_on_paper_carries_its_hash(city: Any, changed: None, app: Any) -> None:
    pypdf = pytest.importorskip("pypdf")
    done = helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False}, quarter=LAST.code
    )
    browser = client(app)
    data = browser.get(f"{BOARD}.pdf").get_data()
    assert done["sha256"] in pypdf.PdfReader(io.BytesIO(data)).pages[-1].extract_text()
    assert browser.get(f"{BOARD}.pdf").get_data() == data
    assert "beku-1" in browser.get(f"{BOARD}.xlsx").headers["Content-Disposition"]


def test_a_correction_needs_its_reason(city: Any, changed: None, app: Any) -> None:
    browser = client(app, "wali")
    browser.post(f"{BOARD}/beku")
    again = browser.post(f"{BOARD}/beku")
    assert "give a reason" in again.body
    browser.post(f"{BOARD}/beku", data={"reason": "berkas salah dihitung"})
    assert [s["revision"] for s in helpers.call_action("satudata_snapshot_list")] == [2, 1]
    assert "berkas salah dihitung" in browser.get(BOARD).body
    assert "berkas salah dihitung" not in client(app).get(BOARD).body


@pytest.mark.parametrize("user", [None, "petugas"])
def test_others_are_not_offered_to_freeze(city: Any, app: Any, user: str | None) -> None:
    browser = client(app, user)
    assert "/beku" not in browser.get(BOARD).body
    assert browser.get(f"{BOARD}/beku").status_code == 403
    assert browser.post(f"{BOARD}/beku").status_code == 403
    assert helpers.call_action("satudata_snapshot_list") == []


def test_a_running_quarter_is_not_offered(city: Any, app: Any) -> None:
    browser = client(app, "wali")
    running = f"/en/kepatuhan/{NOW.code}"
    assert "/beku" not in browser.get(running).body
    assert browser.get(f"{running}/beku").status_code == 403
    assert "has not ended" in browser.post(f"{running}/beku").body
    assert helpers.call_action("satudata_snapshot_list") == []


def test_a_trial_quarter_says_what_it_is(city: Any, app: Any) -> None:
    trial = f"/en/kepatuhan/{LAST.year - 2}-TW1"
    page = soup(client(app, "wali").get(trial))
    assert "Trial quarter" in text(page.find("article"))
    assert "/beku" not in str(page)


@pytest.mark.ckan_config("WTF_CSRF_ENABLED", True)
def test_a_forged_form_freezes_nothing(city: Any, changed: None, app: Any) -> None:
    """CKAN 2.12.0 stops checking a view once somebody without a session has opened it."""
    client(app).get(f"{BOARD}/beku")
    browser = client(app, "wali")
    for data in ({}, {"_csrf_token": "forged"}):
        assert browser.post(f"{BOARD}/beku", data=data).status_code == 400
    assert helpers.call_action("satudata_snapshot_list") == []
    form = browser.get(f"{BOARD}/beku")
    hidden = BeautifulSoup(form.body, "html.parser").select_one(
        "article form input[name=_csrf_token]"
    )
    assert hidden is not None
    browser.post(f"{BOARD}/beku", data={"_csrf_token": hidden["value"]})
    assert len(helpers.call_action("satudata_snapshot_list")) == 1


# --- speed -------------------------------------------------------------------------------------


def _queries(browser: Any, address: str) -> int:
    browser.get(address)
    with counted() as statements:
        assert browser.get(address).status_code == 200
    return len(statements)


@pytest.mark.parametrize("address", [BOARD, f"{BOARD}/dinkes", f"{BOARD}/butir", f"{BOARD}.xlsx"])
def test_the_number_of_queries_does_not_grow(
    city: Any, changed: None, app: Any, address: str
) -> None:
    browser = client(app)
    few = _queries(browser, address)
    if address == BOARD:
        # CKAN's own page makes one beside them.
        assert few - _queries(browser, "/about") <= 12
    for number in range(8):
        opd = office(f"dinas-{number}", f"Dinas {number}")
        for place in range(3):
            item(opd, f"Jumlah {number}.{place}")
            item(city.opds["dinkes"], f"Jumlah balita {number}.{place}")
    model.Session.commit()
    assert _queries(browser, address) == few


# --- the same files from the command line ------------------------------------------------------


def _export(cli: Any, *arguments: str) -> Any:
    from ckan.cli.cli import ckan

    return cli.invoke(ckan, ["satudata", "report", "export", *arguments])


def test_the_command_line_writes_the_same_files(city: Any, cli: Any, tmp_path: Any) -> None:
    done = _export(cli, LAST.code, "--format", "json,csv,xlsx,pdf", "--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(f"kepatuhan-{LAST.code}-{rest}" for rest in (
        "berjalan.json", "opd-berjalan.csv", "butir-berjalan.csv", "berjalan.xlsx",
        "berjalan.pdf",
    ))
    found = json.loads((tmp_path / f"kepatuhan-{LAST.code}-berjalan.json").read_bytes())
    assert found["totals"] == report()["totals"]
    assert SECRET in {item["title"] for item in found["obligations"]}


def test_the_command_line_can_write_what_the_public_sees(
    city: Any, cli: Any, tmp_path: Any
) -> None:
    done = _export(cli, LAST.code, "--format", "json", "--public", "--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    [path] = tmp_path.iterdir()
    found = json.loads(path.read_bytes())
    assert found["hidden_obligations"] == 1
    assert SECRET not in path.read_text()


@pytest.mark.parametrize("arguments", [
    ("2026-TW9",), (LAST.code, "--format", "docx"), (LAST.code, "--office", "dinas-angkasa"),
])
def test_the_command_line_says_what_is_wrong(
    city: Any, cli: Any, tmp_path: Any, arguments: tuple[str, ...]
) -> None:
    done = _export(cli, *arguments, "--output", str(tmp_path))
    assert done.exit_code == 1
    assert "Traceback" not in done.output and done.output.startswith("Error: ")
    assert list(tmp_path.iterdir()) == []
