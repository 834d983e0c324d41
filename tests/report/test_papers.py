"""The papers of a freezing: made after it, kept as they are, and shown to whom they are for."""
from __future__ import annotations

import io
from typing import Any

import openpyxl
import pypdf
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.journal import canonical, work
from ckanext.satudata.opd import notices
from ckanext.satudata.report import files, paper_making, papers
from tests.report import town

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

WALI = {"user": "wali", "ignore_auth": False}
ALL = {"publik.pdf", "publik.xlsx", "lengkap.pdf", "lengkap.xlsx"}


def freeze(**data: Any) -> dict[str, Any]:
    return helpers.call_action(
        "satudata_snapshot_freeze", dict(WALI), quarter=town.LAST.code, **data)


def listed(user: str) -> dict[int, set[str]]:
    found = helpers.call_action("satudata_snapshot_list", {"user": user, "ignore_auth": False})
    return {
        one["revision"]: {f"{paper['document']}.{paper['format']}" for paper in one["papers"]}
        for one in found
    }


def kept(name: str, revision: int = 1) -> bytes:
    found = papers.content(town.LAST, revision, *name.split("."))
    assert found is not None
    return found


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def cells_of(xlsx: bytes) -> dict[str, str]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    return {
        sheet.title: " ".join(
            str(value) for row in sheet.iter_rows(values_only=True) for value in row if value)
        for sheet in book
    }


@pytest.fixture
def frozen() -> dict[str, Any]:
    town.build()
    done = freeze()
    assert work.run().failed == 0
    return done


def test_a_worker_makes_the_papers_of_both_documents_with_the_hash(frozen):
    for name in ("publik.pdf", "lengkap.pdf"):
        assert frozen["sha256"] in text_of(kept(name))
    public, whole = cells_of(kept("publik.xlsx")), cells_of(kept("lengkap.xlsx"))
    assert frozen["sha256"] in next(iter(public.values()))
    assert len(public) == 2 and len(whole) == 3, "figures; and the items as well"
    assert "Dinas Kesehatan" in str(public) and "Jumlah balita" not in str(public)
    assert "Jumlah balita" in str(whole) and town.SECRET in str(whole)


def test_nothing_kept_for_ever_names_a_telephone_or_a_data_officer(frozen):
    for name in ALL:
        said = text_of(kept(name)) if name.endswith("pdf") else str(cells_of(kept(name)))
        assert "322404" not in said and "Petugas" not in said


@pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
@pytest.mark.parametrize(("user", "sees"), [
    ("", {"publik.pdf", "publik.xlsx"}),
    ("petugas", {"publik.pdf", "publik.xlsx"}),
    ("pembina", {"publik.pdf", "publik.xlsx"}),
    ("wali", ALL),
    ("pimpinan", ALL),
])
def test_each_paper_is_for_whom_its_document_is(frozen, app, user, sees):
    for role in ("pembina", "pimpinan"):
        town.people.grant(factories.User(name=role, password=town.PASSWORD)["id"], role,
                          town.SYSTEM)
    model.Session.commit()
    assert listed(user) == {1: sees}
    headers = {}
    if user:
        token = helpers.call_action("api_token_create", user=user, name="t")["token"]
        headers["Authorization"] = token
    for name in ALL:
        answer = app.get(f"/kepatuhan/{town.LAST.code}/beku/1/{name}", headers=headers)
        if name in sees:
            assert (answer.status_code, answer.data) == (200, kept(name))
            assert "no-cache" in answer.headers["Cache-Control"]
        else:
            assert answer.status_code == 404
    assert app.get(f"/kepatuhan/{town.LAST.code}/beku/2/publik.pdf").status_code == 404
    assert app.get("/kepatuhan/2019-TW1/beku/1/publik.pdf").status_code == 404


@pytest.mark.ckan_config("ckanext.satudata.public_board", "off")
def test_where_the_board_is_not_public_its_papers_are_not(frozen, app):
    assert app.get(f"/kepatuhan/{town.LAST.code}/beku/1/publik.pdf").status_code == 404


@pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
def test_each_revision_keeps_its_own(frozen, app):
    first = kept("publik.pdf")
    freeze(reason="keberatan")
    assert listed("wali") == {1: ALL, 2: set()}, "not made yet"
    assert helpers.call_action("satudata_snapshot_verify")["agrees"], "what is owed is not missing"
    assert work.run().failed == 0
    assert listed("wali") == {1: ALL, 2: ALL}
    assert kept("publik.pdf") == first != kept("publik.pdf", 2)
    page = app.get(f"/kepatuhan/{town.LAST.code}").body
    for revision in (1, 2):
        assert f"/beku/{revision}/publik.xlsx" in page
        assert f"/beku/{revision}/lengkap.xlsx" not in page


def test_a_worker_killed_in_between_makes_them_later_and_the_same(monkeypatch):
    town.build()
    freeze()

    class Killed(BaseException):
        pass

    exporter, made = files.exporter, []

    def killing(extension, *rest):
        made.append(extension)
        if len(made) == 3:
            raise Killed
        return exporter(extension, *rest)

    monkeypatch.setattr(files, "exporter", killing)
    with pytest.raises(Killed):
        work.run()
    model.Session.rollback()
    assert listed("wali") == {1: set()}, "all or none"
    monkeypatch.setattr(files, "exporter", exporter)
    _due_now()
    assert work.run().done == 1
    assert listed("wali") == {1: ALL}
    first = {name: kept(name) for name in ALL}
    # What happens afterwards changes nothing of papers that are made late.
    row = paper_making.snapshots.latest(town.LAST)
    town.office("dinas-baru", "Dinas Baru")
    model.Session.commit()
    with paper_making.speaking(paper_making.portal_language()):
        for name in ALL:
            assert paper_making._paper(row, *name.split(".")) == first[name]


def test_made_once_however_often_it_is_asked_for(frozen):
    paper_making.make(papers.key(town.LAST, 1), {})
    paper_making.make(papers.key(town.LAST, 7), {})
    model.Session.commit()
    assert listed("wali") == {1: ALL}


@pytest.mark.parametrize("statement", [
    "UPDATE satudata_snapshot_paper SET content = 'x'",
    "DELETE FROM satudata_snapshot_paper",
    "TRUNCATE satudata_snapshot_paper",
])
def test_the_database_refuses_to_change_a_paper(frozen, statement):
    with pytest.raises(sa.exc.DBAPIError, match="never changed or removed"):
        model.Session.execute(sa.text(statement))
    model.Session.rollback()


@pytest.mark.parametrize("statement", [
    "UPDATE satudata_snapshot_paper SET content = 'x' WHERE document = 'publik'",
    "UPDATE satudata_snapshot_paper SET content = 'x', size = 1, "
    "sha256 = encode(sha256('x'), 'hex') WHERE document = 'publik' AND format = 'pdf'",
    "DELETE FROM satudata_snapshot_paper WHERE document = 'lengkap'",
    "DELETE FROM satudata_snapshot_paper",
])
def test_a_paper_that_was_changed_or_is_missing_shows(frozen, statement):
    model.Session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    model.Session.execute(sa.text(statement))
    model.Session.commit()
    assert helpers.call_action("satudata_snapshot_verify", quarter=town.LAST.code)["faults"] == [
        {"quarter": town.LAST.code, "revision": 1, "fault": "paper"}
    ]


def test_the_list_names_the_hash_of_what_is_sent(frozen):
    [one] = helpers.call_action("satudata_snapshot_list", dict(WALI))
    for paper in one["papers"]:
        content = kept(f"{paper['document']}.{paper['format']}")
        assert (paper["sha256"], paper["size"]) == (canonical.sha256_hex(content), len(content))
        assert paper["url"].endswith(
            f"/kepatuhan/{town.LAST.code}/beku/1/{paper['document']}.{paper['format']}")


def test_the_hash_is_mailed_to_who_keeps_watch_and_to_no_one_else(frozen):
    """Those who are told are the walidata (not who froze it), koordinator and pimpinan."""
    told = {}
    for role in ("koordinator", "pimpinan", "pembina", "walidata"):
        told[factories.User(name=f"p-{role}")["id"]] = role
        town.people.grant(next(reversed(told)), role, town.SYSTEM)
    model.Session.commit()
    done = freeze(reason="keberatan")
    work.run()
    found = {}
    with paper_making.speaking("en"):
        for id, role in told.items():
            found[role] = [one.words.todo for one in notices.latest(model.User.get(id), 5)]
    assert found.pop("pembina") == []
    assert all(done["sha256"] in todo for [todo] in found.values())


def _due_now() -> None:
    model.Session.execute(sa.text("UPDATE satudata_work SET not_before = clock_timestamp()"))
    model.Session.commit()
