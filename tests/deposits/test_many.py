"""Many files deposited at once: by a ZIP, each as if alone, none twice."""
from __future__ import annotations

import io
import uuid
import zipfile

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from werkzeug.datastructures import FileStorage

from ckanext.satudata import compat
from ckanext.satudata.deposits import bundles, many
from ckanext.satudata.deposits.model import deposit
from ckanext.satudata.journal import work
from ckanext.satudata.opd.store import ensure


def zipped(*names: str, **contents: str) -> FileStorage:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, contents.get(name, f"kode,jumlah\n{name},{number}\n"))
    out.seek(0)
    return FileStorage(out, filename="setoran.zip")


def deposits() -> list[tuple[str, str]]:
    model.Session.rollback()
    rows = model.Session.execute(sa.select(deposit.c.period, deposit.c.filename))
    return sorted((period, name) for period, name in rows)


@pytest.fixture
def items(kota):
    return {name: str(kota.item(title)) for name, title in (
        ("stunting", "Jumlah balita stunting"), ("posyandu", "Jumlah posyandu aktif"),
        ("hamil", "Jumlah ibu hamil"))}


NAMES = ("balita stunting 2026-08.csv", "posyandu_aktif_2026-07.csv")


def test_a_dry_run_says_what_each_file_is_for_and_deposits_nothing(items, call):
    found = call("petugas", "satudata_deposit_bulk", dry_run=True,
                 upload=zipped(*NAMES, "laporan keuangan.csv"))
    assert [(one["file"], one["status"]) for one in found["files"]] == [
        (NAMES[0], "matched"), (NAMES[1], "matched"), ("laporan keuangan.csv", "unmatched")]
    first = found["files"][0]["candidates"][0]
    assert (first["obligation_id"], first["period"], first["organization"]) == (
        items["stunting"], "2026-08", "dinkes")
    assert deposits() == []


def test_the_same_zip_twice_gives_the_same_deposits(items, call):
    first = call("petugas", "satudata_deposit_bulk", upload=zipped(*NAMES))
    again = call("petugas", "satudata_deposit_bulk", upload=zipped(*NAMES))
    assert first["errors"] == again["errors"] == []
    assert [one["id"] for one in first["deposits"]] == [one["id"] for one in again["deposits"]]
    assert deposits() == [("2026-07", NAMES[1]), ("2026-08", NAMES[0])]


def test_the_same_files_without_a_period_do_not_go_on_to_the_next_one(items, call):
    for _ in range(3):
        call("petugas", "satudata_deposit_bulk", upload=zipped("balita stunting.csv"))
    assert len(deposits()) == 1


def test_what_was_withdrawn_may_come_again(items, call):
    [one] = call("petugas", "satudata_deposit_bulk", upload=zipped(NAMES[0]))["deposits"]
    call("petugas", "satudata_deposit_withdraw", id=one["id"])
    for _ in range(2):
        [other] = call("petugas", "satudata_deposit_bulk", upload=zipped(NAMES[0]))["deposits"]
    assert other["id"] != one["id"] and other["status"] == "menunggu" and len(deposits()) == 2


def test_as_long_as_a_file_is_not_matched_nothing_is_deposited(items, call):
    found = call("petugas", "satudata_deposit_bulk", upload=zipped(*NAMES, "keuangan.csv"))
    assert [one["id"] for one in found["errors"]] == ["keuangan.csv"]
    assert found["deposits"] == [] and deposits() == []


def test_what_a_person_chose_counts_and_the_others_are_left_out(items, call):
    pack = zipped("a.csv", "b.csv", "c.csv")
    found = call("petugas", "satudata_deposit_bulk", upload=pack, items=[
        {"file": "a.csv", "obligation_id": items["hamil"], "period": "2026-06"},
        {"file": "c.csv", "obligation_id": items["stunting"]},
    ])
    assert found["errors"] == []
    oldest = found["deposits"][1]["period"]
    assert deposits() == sorted([("2026-06", "a.csv"), (oldest, "c.csv")])
    assert found["deposits"][1]["obligation_id"] == items["stunting"]


def test_what_is_refused_is_an_error_of_its_file_and_the_others_are_deposited(items, call):
    found = call("petugas", "satudata_deposit_bulk", upload=zipped("a.exe", "b.csv"), items=[
        {"file": "a.exe", "obligation_id": items["hamil"], "period": "2026-06"},
        {"file": "b.csv", "obligation_id": items["stunting"], "period": "2026-06"},
    ])
    assert [one["id"] for one in found["errors"]] == ["a.exe"]
    assert "upload" in found["errors"][0]["fields"] and len(found["deposits"]) == 1


@pytest.mark.parametrize("chosen", [
    "x", [1], [{"file": "a.csv"}], [{"file": "z.csv", "obligation_id": "{item}"}],
    [{"file": "a.csv", "obligation_id": str(uuid.uuid4())}],
    [{"file": "a.csv", "obligation_id": "{item}", "period": "x"}],
    [{"file": "a.csv", "obligation_id": "{item}"}, {"file": "a.csv", "obligation_id": "{item}"}],
])
def test_a_choice_that_makes_no_sense_is_refused_whole(items, call, chosen):
    if isinstance(chosen, list):
        chosen = [
            {key: items["hamil"] if value == "{item}" else value for key, value in one.items()}
            if isinstance(one, dict) else one for one in chosen]
    with pytest.raises((tk.ValidationError, tk.ObjectNotFound)):
        call("petugas", "satudata_deposit_bulk", upload=zipped("a.csv"), items=chosen)
    assert deposits() == []


WHO = {"petugas": True, "kepala": True, "anggota": False, "lain": None, "koor": False,
       "wali": False, "": False}


@pytest.mark.parametrize("person", WHO)
def test_only_those_who_deposit_for_the_office_may(kota, items, call, person):
    if WHO[person] is False:
        with pytest.raises(tk.NotAuthorized):
            call(person, "satudata_deposit_bulk", upload=zipped(NAMES[0]))
    elif WHO[person] is None:
        # Another office: the items of this one are not named to them.
        found = call(person, "satudata_deposit_bulk", upload=zipped(NAMES[0]))
        assert found["files"][0]["candidates"] == [] and found["deposits"] == []
        with pytest.raises(tk.NotAuthorized):
            call(person, "satudata_deposit_bulk", upload=zipped(NAMES[0]), organization="dinkes")
        with pytest.raises(tk.ValidationError):
            call(person, "satudata_deposit_bulk", upload=zipped(NAMES[0]), items=[
                {"file": NAMES[0], "obligation_id": items["stunting"]}])
    else:
        assert call(person, "satudata_deposit_bulk", upload=zipped(NAMES[0]))["deposits"]
    assert len(deposits()) == (1 if WHO[person] else 0)


def test_who_deposits_for_very_many_offices_says_for_which(items, call, monkeypatch):
    from ckan.tests import factories

    factories.Sysadmin(name="sys")
    monkeypatch.setattr(many, "MOST_OFFICES", 1)
    with pytest.raises(tk.ValidationError) as refused:
        call("sys", "satudata_deposit_bulk", upload=zipped(NAMES[0]))
    assert list(refused.value.error_dict) == ["organization"]
    found = call("sys", "satudata_deposit_bulk", upload=zipped(NAMES[0]), organization="dinkes")
    assert len(found["deposits"]) == 1


def test_a_title_hidden_from_an_office_is_never_proposed_to_it(kota, call):
    kota.item("Data rahasia balita", klasifikasi_akses="tertutup")
    kota.item("Data rahasia halte", opd=ensure(kota.dishub["id"]), klasifikasi_akses="tertutup")
    found = call("lain", "satudata_deposit_bulk", dry_run=True, upload=zipped("rahasia balita.csv"))
    assert "rahasia balita" not in str(found["files"][0]["candidates"])


def test_many_files_are_a_job_that_a_second_run_does_not_repeat(kota, call, monkeypatch):
    monkeypatch.setattr(many, "AT_ONCE", 2)
    for name in ("apel", "belimbing", "ceri", "durian"):
        kota.item(f"Panen {name}")
    pack = [f"panen {name} 2026-08.csv" for name in ("apel", "belimbing", "ceri", "durian")]
    started = call("petugas", "satudata_deposit_bulk", upload=zipped(*pack))
    assert started["deposits"] == [] and started["job"]
    work.run()
    job = call("petugas", "satudata_job_show", id=started["job"])
    assert (job["state"], job["done"], job["errors"]) == ("selesai", 4, [])
    assert len(deposits()) == 4
    again = call("petugas", "satudata_deposit_bulk", upload=zipped(*pack))
    work.run()
    assert call("petugas", "satudata_job_show", id=again["job"])["errors"] == []
    assert len(deposits()) == 4


def test_a_bundle_is_removed_when_its_time_is_over(kota):
    secret = bundles.keep(bundles.taken([zipped("a.csv")]), bundles.WAITS)
    model.Session.commit()
    with bundles.opened(secret) as kept:
        assert list(bundles.files(kept)) == ["a.csv"]
    bundles.forget(secret, {})
    bundles.forget(secret, {})
    with pytest.raises(tk.ObjectNotFound):
        bundles.opened(secret)
    with pytest.raises(OSError):
        compat.open_upload(secret)


@pytest.mark.parametrize("bad", [
    None, "x", FileStorage(io.BytesIO(b"a,b"), filename=""),
    FileStorage(io.BytesIO(b"no zip"), filename="a.zip"), zipped(), zipped("../a.csv"),
    zipped("dalam.zip"),
])
def test_what_is_no_zip_to_be_taken_is_refused(items, call, bad):
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_bulk", upload=bad)
    assert deposits() == []
