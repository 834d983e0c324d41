"""The mayor's page: one A4 whatever the city, and nothing on it that its reader may not see."""
from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from ckan import model
from ckan.tests import helpers

from ckanext.satudata.deposits import obligations
from ckanext.satudata.report import board
from ckanext.satudata.report.exports import BriefExporter, Source
from ckanext.satudata.report.wording import Words
from tests.report import town
from tests.report.conftest import TITLES, make_city

ENGLISH = Words("en")


def pages_of(pdf: bytes) -> list[str]:
    return [
        " ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
    ]


def source_of(report: dict[str, Any], before: dict[str, Any] | None = None) -> Source:
    """A report with everything that may stand on the page, for every office."""
    ids = {office["name"]: office["id"] for office in report["organizations"]}
    missing: dict[str, list[Any]] = {}
    for item in report["obligations"]:
        if item["status"] == "missing":
            missing.setdefault(ids[item["organization"]], []).append(item)
    letter = {
        "kind": "reprimand", "level": 2, "state": "dijawab", "number": "005/12/2026",
        "date": "2026-10-04", "sent_on": "2026-10-05", "answered_on": "2026-10-08",
        "promised_on": "2026-10-20",
    }
    given = {"by": "x", "at": "2026-08-01T00:00:00+07:00", "note": "Sistem pusat belum terbuka."}
    return Source(
        report, city="Kota Mojokerto", before=before, sha256="0123456789abcdef" * 4, revision=1,
        contacts={id: {
            "kepala_jabatan": "Kepala Dinas", "kepala_nama": "Dr. Bambang Sutrisno, M.Si.",
            "petugas_data": "Siti Aminah", "kontak_telepon": "(0321) 322404",
        } for id in ids.values()},
        changes=board.arrange(report, before).changes,
        missing=missing, done={id: [letter] for id in ids.values()},
        excused=[
            {"organization": name, "title": "Jumlah layanan tertentu", "period": "2026-08",
             "until": None, "given": given}
            for name in list(ids)[:8]
        ],
    )


def brief(source: Source) -> list[str]:
    return pages_of(b"".join(BriefExporter(source, ENGLISH).chunks()))


def silenced(report: dict[str, Any], number: int) -> dict[str, Any]:
    """The report with its first offices silent, for the third time in a row."""
    for office in report["organizations"][:number]:
        office.update(status="belum_setor", missing=office["due"], consecutive_missed=3)
    report["totals"]["belum_setor"] = number
    return report


def test_it_says_who_has_not_deposited_since_when_and_what_was_done(city, city_before):
    [text] = brief(source_of(city, city_before))
    assert ENGLISH.sentence(city) in text
    assert "As known on 1 October 2026 00:00 WIB" in text
    assert "0123456789abcdef" * 4 in text
    assert "Against last quarter: " in text and "Quarter before: " in text
    improved = board.arrange(city, city_before).improved
    assert improved and f"Improved most: {improved[0]['title']}" in text
    silent = [office for office in city["organizations"] if office["status"] == "belum_setor"]
    for office in silent:
        assert office["title"] in text
        assert ENGLISH.missing_of(office) in text
    assert "Siti Aminah, (0321) 322404" in text
    assert "menurut kelurahan (since 15 Jul 2026)" in text
    assert "Second reprimand: Answered" in text and "promised by 20 Oct 2026" in text
    assert "Sistem pusat belum terbuka." in text


@pytest.mark.parametrize("silent", [0, 1, 10, 25])
def test_it_is_one_page_for_25_offices(city, city_before, silent):
    [text] = brief(source_of(silenced(city, silent), city_before))
    named = sum(title in text for title in TITLES)
    assert named >= min(silent, 10)


def test_it_is_one_page_for_300_offices_and_says_how_many_more_there_are(city):
    city["organizations"] = [
        {**office, "id": f"{office['id']}{turn}", "title": f"{office['title']} {turn}"}
        for turn in range(12) for office in city["organizations"]
    ]
    source = source_of(silenced(city, 300))
    [text] = brief(source)
    assert " more offices stand in the full report." in text


def test_offices_with_long_names_and_long_titles_fit_too(city):
    for office in city["organizations"]:
        office["title"] = "Dinas " + "Pekerjaan Umum dan Penataan Ruang, " * 6
    for item in city["obligations"]:
        item["title"] = "Jumlah " * 60
    assert len(brief(source_of(silenced(city, 25)))) == 1


def test_a_city_in_which_nothing_is_missing_has_no_list(city):
    for office in city["organizations"]:
        office.update(status="lengkap", missing=0)
    city["totals"]["belum_setor"] = 0
    [text] = brief(replace(source_of(city), excused=()))
    assert "Not deposited" not in text and "stand in the portal" not in text


@pytest.mark.parametrize("text", ["#sys.inputs", "*a* _b_ $c$", "\"]; #panic()"])
def test_nothing_on_it_is_markup(city, text):
    source = source_of(silenced(city, 3))
    for office in city["organizations"]:
        office["title"] = text
    for items in source.missing.values():
        for item in items:
            item["title"] = text
    [found] = brief(source)
    assert text.split(maxsplit=1)[0] in found


def test_the_same_report_gives_the_same_bytes():
    first, second = (
        b"".join(BriefExporter(source_of(make_city()), ENGLISH).chunks()) for _ in range(2))
    assert first == second


# --- as a page -----------------------------------------------------------------------------------


@pytest.fixture
def silent_town(with_plugins: None, clean_db: None) -> dict[str, Any]:
    opds = town.build()
    secret = town.item(opds["dishub"], "Rahasia dishub", "tertutup")
    found = helpers.call_action("satudata_obligation_list", organization="dinkes")
    obligation = next(
        one for one in found["results"] if one["title"] == "Jumlah balita")
    period = helpers.call_action(
        "satudata_compliance_report", quarter=town.LAST.code)["obligations"]
    month = next(one for one in period if one["id"] == obligation["id"])["periods"][1]["period"]
    helpers.call_action(
        "satudata_obligation_excuse", {"user": "wali"}, id=obligation["id"], period=month,
        reason="Gedung terbakar",
    )
    model.Session.commit()
    assert obligations.latest([secret])
    return opds


def page_of(app: Any, user: str, quarter: str = town.LAST.code) -> Any:
    headers = {}
    if user:
        headers["Authorization"] = helpers.call_action(
            "api_token_create", user=user, name="t")["token"]
    return app.get(f"/kepatuhan/{quarter}/ringkas.pdf", headers=headers)


@pytest.mark.ckan_config("ckanext.satudata.public_board", "live")
@pytest.mark.parametrize(("user", "insider"), [("", False), ("petugas", False), ("wali", True)])
def test_titles_telephones_and_reasons_are_for_whom_they_are(silent_town, app, user, insider):
    answer = page_of(app, user)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    [text] = pages_of(answer.data)
    assert "Dinas Perhubungan <b>" in text and "Jumlah angkutan" in text
    for hidden in ("Rahasia dishub", "(0321) 322404", "Petugas dishub", "Gedung terbakar"):
        assert (hidden in text) == insider, hidden


@pytest.mark.ckan_config("ckanext.satudata.public_board", "off")
def test_where_the_board_is_closed_so_is_the_page(silent_town, app):
    assert page_of(app, "").status_code == 403
    assert page_of(app, "wali", "2026-TW9").status_code == 404


@pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
def test_of_a_frozen_quarter_it_carries_the_hash(silent_town, app):
    done = helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False}, quarter=town.LAST.code)
    [text] = pages_of(page_of(app, "").data)
    assert done["sha256"] in text and "Rahasia" not in text
