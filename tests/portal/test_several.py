"""Depositing several files on pages: sent, proposed, confirmed; none twice, nobody else's."""
from __future__ import annotations

import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import many
from ckanext.satudata.deposits.model import deposit
from ckanext.satudata.journal import work

from .test_pages import browse

__all__ = ["browse"]

ADDRESS = "/en/satudata/setor-banyak"


def file(name: str, text: str = ""):
    return (io.BytesIO((text or f"kode,jumlah\n{name},1\n").encode()), name)


def zipped(*names: str):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, f"kode,jumlah\n{name},1\n")
    out.seek(0)
    return (out, "setoran.zip")


def deposits() -> list[tuple[str, str]]:
    model.Session.rollback()
    rows = model.Session.execute(sa.select(deposit.c.period, deposit.c.filename))
    return sorted((period, name) for period, name in rows)


def form_of(page: str) -> dict[str, str]:
    """What the page would send if nothing was changed."""
    sent = dict(re.findall(r'name="(file-\d+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]*name="([\w-]+)">(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


@pytest.fixture
def sent(kota, browse):
    kota.item("Jumlah balita stunting")
    kota.item("Jumlah posyandu aktif")

    def send(*uploads, person="petugas"):
        answer = browse(person, ADDRESS, data={"upload": list(uploads)}, status=302)
        return answer.headers["Location"].split("localhost")[-1].partition("?")[0]

    return send


@pytest.mark.parametrize(("person", "status"), [
    ("petugas", 200), ("kepala", 200), ("lain", 200), ("anggota", 403), ("wali", 403),
    ("koor", 403), (None, 302)])
def test_only_those_who_deposit_see_the_page(kota, browse, person, status):
    browse(person, ADDRESS, status=status)


NAMES = ("balita stunting 2026-08.csv", "posyandu_aktif_2026-07.csv")


@pytest.mark.parametrize("as_zip", [True, False])
def test_files_are_proposed_and_deposited_when_confirmed_and_not_twice(sent, browse, as_zip):
    uploads = [zipped(*NAMES)] if as_zip else [file(name) for name in NAMES]
    address = sent(*uploads)
    page = browse("petugas", address).body
    assert deposits() == []
    form = form_of(page)
    assert form["period-1"] == "2026-08" and form["item-1"]
    for _ in range(2):
        browse("petugas", address, data=form, status=302)
    # The whole once more, as an impatient clerk does.
    again = sent(*([zipped(*NAMES)] if as_zip else [file(name) for name in NAMES]))
    browse("petugas", again, data=form_of(browse("petugas", again).body), status=302)
    assert deposits() == [("2026-07", NAMES[1]), ("2026-08", NAMES[0])]


def test_what_is_left_out_is_not_deposited_and_what_is_not_sure_is_not_chosen(sent, browse):
    address = sent(file("laporan keuangan.csv"), file(NAMES[0]))
    form = form_of(browse("petugas", address).body)
    assert form["item-1"] == ""
    browse("petugas", address, data=form, status=302)
    assert deposits() == [("2026-08", NAMES[0])]


def test_what_is_refused_is_told_by_its_name(sent, browse):
    address = sent(file(NAMES[0], "kode,jumlah\n"), file(NAMES[1]))
    page = browse("petugas", address, data=form_of(browse("petugas", address).body)).body
    assert f"{NAMES[0]}: There is nothing in the file" in page.replace("&#39;", "'")
    assert deposits() == [("2026-07", NAMES[1])]


def test_many_become_a_job_whose_page_leads_back_to_the_desk(sent, browse, monkeypatch):
    monkeypatch.setattr(many, "AT_ONCE", 1)
    address = sent(*(file(name) for name in NAMES))
    answer = browse("petugas", address, data=form_of(browse("petugas", address).body), status=302)
    work.run()
    page = browse("petugas", answer.headers["Location"]).body
    assert "2 of 2 done" in page and "verifikasi" not in page.partition("<article")[2]
    assert len(deposits()) == 2


def test_files_of_somebody_else_are_not_there(sent, browse):
    address = sent(file(NAMES[0]))
    for person in ("kepala", "lain"):
        browse(person, address, status=404)
        browse(person, address, data={"file-1": NAMES[0]}, status=404)


@pytest.mark.parametrize("upload", [
    [], [file("")], [zipped("../a.csv")], [zipped("a.zip")], [zipped()],
    [file("a.zip", "no zip")], [file("dalam.zip", "x"), file("b.csv")],
], ids=range(7))
def test_what_is_not_taken_is_told_at_once(kota, browse, upload):
    page = browse("petugas", ADDRESS, data={"upload": upload} if upload else {}).body
    assert "satudata-files" in page and ("flash" in page or "alert" in page)


@pytest.mark.parametrize("form", [
    {}, {"file-1": "x", "item-1": "x"}, {"file-1": "x" * 5000, "item-1": "y"},
    {"file-1": NAMES[0], "item-1": "00000000-0000-0000-0000-000000000000"},
])
def test_a_form_that_makes_no_sense_is_told_and_nothing_is_deposited(sent, browse, form):
    address = sent(file(NAMES[0]))
    browse("petugas", address, data=form)
    assert deposits() == []
