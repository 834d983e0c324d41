"""Pages of the portal: each sees what is theirs, can do it, and is told when it goes wrong."""
from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

from ckanext.satudata.deposits import obligations, owed, store
from ckanext.satudata.journal import clock


@pytest.fixture
def browse(app):
    """Open or post a page as a person (None: nobody)."""
    tokens: dict[str, str] = {}

    def open_page(person: str | None, address: str, data=None, status: int = 200):
        headers = {}
        if person is not None:
            if person not in tokens:
                tokens[person] = factories.APIToken(user=person)["token"]
            headers["Authorization"] = tokens[person]
        if data is None:
            return app.get(address, headers=headers, status=status, follow_redirects=False)
        return app.post(
            address, data=data, headers=headers, status=status, follow_redirects=False
        )

    return open_page


@pytest.mark.parametrize("address", ["/satudata", "/satudata/verifikasi"])
def test_a_stranger_is_shown_the_way_in(kota, browse, address):
    answer = browse(None, address, status=302)
    assert "/user/login" in answer.headers["Location"]


DESKS = {
    "petugas": ("Jumlah balita", True), "kepala": ("Jumlah balita", True),
    "anggota": ("Jumlah balita", False), "lain": ("Jumlah balita", False),
    "wali": ("Jumlah balita", False), "koor": ("Jumlah balita", False),
}


@pytest.mark.parametrize(("person", "shown"), [(who, shown) for who, (_, shown) in DESKS.items()])
def test_what_is_owed_stands_on_the_desk_of_those_who_deposit_it(kota, browse, person, shown):
    kota.item()
    assert ("Jumlah balita" in browse(person, "/satudata").body) is shown


@pytest.mark.parametrize("person", ["petugas", "koor", "anggota"])
def test_only_the_walidata_sees_the_queue(kota, browse, person):
    browse(person, "/satudata/verifikasi", status=403)
    browse("wali", "/satudata/verifikasi")


def test_an_office_deposits_a_file_and_the_walidata_accepts_it(kota, browse, upload):
    id = str(kota.item())
    page = browse("petugas", f"/satudata/setor/{id}").body
    oldest = min(owed.open_of(kota_id(id))).code
    assert f'value="{oldest}"' in page

    browse("petugas", f"/satudata/setor/{id}", status=302, data={
        "period": oldest, "kind": "file", "key": "k", "upload": (upload().stream, "balita.csv"),
    })
    [row] = helpers.call_action("satudata_deposit_list")["results"]
    assert (row["period"], row["status"], row["filename"]) == (oldest, "menunggu", "balita.csv")

    assert "Jumlah balita" in browse("wali", "/satudata/verifikasi").body
    look = browse("wali", f"/satudata/setoran/{row['id']}").body
    assert "kode" in look and row["sha256"] in look
    assert browse("wali", f"/satudata/setoran/{row['id']}/berkas").body.startswith("kode,jumlah")

    browse("wali", f"/satudata/setoran/{row['id']}/accept", status=302,
           data={"sha256": row["sha256"]})
    assert helpers.call_action("satudata_deposit_show", id=row["id"])["status"] == "diterima"


def kota_id(id: str):
    from uuid import UUID

    return UUID(id)


def test_a_returned_deposit_stands_on_the_desk_with_its_reason(kota, browse, call):
    id = str(kota.item())
    deposit = call("petugas", "satudata_deposit_create", obligation_id=id, kind="nil")
    browse("wali", f"/satudata/setoran/{deposit['id']}/return", status=302,
           data={"note": "angka kelurahan Kauman belum ada"})
    desk = browse("petugas", "/satudata").body
    assert "angka kelurahan Kauman belum ada" in desk
    assert desk.count(f"/setor/{id}?period={deposit['period']}") == 1, "said once, with its reason"


@pytest.mark.parametrize("person", ["lain", "koor", "anggota"])
def test_nobody_else_opens_the_form_of_an_office(kota, browse, person):
    browse(person, f"/satudata/setor/{kota.item()}", status=403)


@pytest.mark.parametrize("person", ["lain", "koor"])
def test_a_waiting_file_is_for_its_office_and_the_walidata(kota, browse, call, upload, person):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                   upload=upload())
    browse(person, f"/satudata/setoran/{deposit['id']}/berkas", status=404)
    browse("petugas", f"/satudata/setoran/{deposit['id']}/berkas")


@pytest.mark.parametrize("address", [
    "/satudata/setor/tidak-ada", "/satudata/setor/00000000-0000-0000-0000-000000000000",
    "/satudata/setoran/tidak-ada", "/satudata/verifikasi/tidak-ada",
])
def test_a_wrong_address_is_a_page_not_an_error(kota, browse, address):
    browse("wali", address, status=404)


def test_a_mistake_in_the_form_is_said_and_nothing_is_written(kota, browse):
    id = kota.item()
    page = browse("petugas", f"/satudata/setor/{id}", data={"kind": "file", "key": "k"})
    assert "alert" in page.body
    assert store.find(obligations=[id])[0] == 0


def test_the_same_form_twice_is_one_deposit(kota, browse):
    id = kota.item()
    for _ in range(2):
        browse("petugas", f"/satudata/setor/{id}", status=302, data={"kind": "nil", "key": "k"})
    assert store.find(obligations=[id])[0] == 1


def broken_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "rusak")
    file.seek(0)
    return FileStorage(file, filename="rusak.xlsx")


def test_a_preview_shows_broken_files_as_no_preview(kota, browse, call, upload):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                   upload=broken_workbook())
    browse("wali", f"/satudata/setoran/{deposit['id']}")


def test_a_submitted_dataset_is_reviewed_with_its_checks(kota, browse):
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], title="Jumlah posyandu")
    page = browse("wali", f"/satudata/verifikasi/{dataset['name']}").body
    assert "Jumlah posyandu" in page
    assert obligations.of_dataset(dataset["id"]) is None
    assert clock.city_today() <= dt.date.max
