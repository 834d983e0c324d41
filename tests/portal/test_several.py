"""Depositing several files on pages: sent, proposed, confirmed; none twice, nobody else's."""
from __future__ import annotations

import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.helpers import helper_functions
from ckan.tests import factories

from ckanext.satudata.deposits import bundles, many
from ckanext.satudata.deposits.model import deposit
from ckanext.satudata.journal import work
from ckanext.satudata.opd.store import ensure

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


def test_why_a_file_is_not_deposited_is_told_before_and_after(sent, browse, monkeypatch):
    told: list[str] = []
    for name in ("flash_success", "flash_notice"):
        monkeypatch.setitem(helper_functions, name, told.append)
    address = sent(file(NAMES[0]))
    browse("petugas", address, data=form_of(browse("petugas", address).body), status=302)
    # Another file for a period that waits, one of a kind that is not taken, and one that is.
    address = sent(file(NAMES[0], "kode,jumlah\nlain,2\n"),
                   file("posyandu_aktif_2026-06.html"), file(NAMES[1]))
    page = browse("petugas", address).body
    reason = "A deposit for August 2026 waits for the walidata already."
    assert reason in page and "Files of this kind are not taken." in page
    form = form_of(page)
    assert [form[f"item-{n}"] != "" for n in (1, 2, 3)] == [False, False, True]
    told.clear()
    browse("petugas", address, data=form, status=302)
    after = "\n".join(told)
    assert "1 file is deposited" in after and "2 files are not deposited" in after
    assert f"{NAMES[0]} ({reason})" in after and "Files of this kind are not taken." in after
    assert deposits() == [("2026-07", NAMES[1]), ("2026-08", NAMES[0])]
    # Whoever chooses the item all the same is refused, and no other month gets the file.
    first = re.search(r'<option value="([0-9a-f-]{36})"', page)
    assert first is not None
    refused = browse("petugas", address, data={**form, "item-1": first[1], "item-3": ""}).body
    assert f"{NAMES[0]}: " in refused and len(deposits()) == 2


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


def test_an_address_does_not_name_what_is_stored(sent, browse):
    address = sent(file(NAMES[0]))
    model.Session.rollback()
    kept = [one.key for one in work.pending() if one.kind == bundles.FORGET]
    assert kept and not any(key in address for key in kept)
    for key in kept:
        browse("petugas", f"{ADDRESS}/{key}", status=404)


def test_who_deposits_for_very_many_offices_says_for_which_before_files_are_kept(
    kota, browse, sent, monkeypatch
):
    people = [{"name": "petugas", "capacity": "editor"}]
    dinsos = factories.Organization(name="dinsos", users=people)
    kota.item("Jumlah panti", opd=ensure(dinsos["id"]))
    assert 'name="organization"' not in browse("petugas", ADDRESS).body
    monkeypatch.setattr(many, "MOST_OFFICES", 1)
    assert 'name="organization"' in browse("petugas", ADDRESS).body
    kept = []
    monkeypatch.setattr(bundles, "keep", lambda *args, keep=bundles.keep: (
        kept.append(1), keep(*args))[1])
    for office, said in (("", "for which office"), ("dishub", ""), ("tidak-ada", "")):
        form = {"upload": [file(NAMES[0])], "organization": office}
        assert said in browse("petugas", ADDRESS, data=form, status=200).body
    assert not kept
    form = {"upload": [file("panti 2026-08.csv")], "organization": "dinsos"}
    answer = browse("petugas", ADDRESS, data=form, status=302)
    address = answer.headers["Location"].split("localhost")[-1]
    page = browse("petugas", address).body
    assert "Jumlah panti" in page and "balita" not in page
    [action] = re.findall(r'action="([^"]*setor-banyak/[^"]*)"', page)
    browse("petugas", action, data=form_of(page), status=302)
    assert deposits() == [("2026-08", "panti 2026-08.csv")]
    browse("petugas", address.replace("dinsos", "dishub"), status=403)


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
