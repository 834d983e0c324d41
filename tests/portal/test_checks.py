"""What was found in a file stands beside its preview, and a walidata answers there."""
from __future__ import annotations

import re

import pytest
from ckan.tests import factories

from tests.access.inspection.looking import look
from tests.access.inspection.numbers import niks

NIKS = "nik,jumlah\n" + "".join(f"{one},1\n" for one in niks(6))
NAMES = "nama,jumlah\nBudi,1\n"


@pytest.fixture
def browse(app):
    """Open or post a page as a person."""
    def open_page(person: str, address: str, data=None, status: int = 200):
        headers = {"Authorization": factories.APIToken(user=person)["token"]}
        if data is None:
            return app.get(address, headers=headers, status=status, follow_redirects=False)
        return app.post(
            address, data=data, headers=headers, status=status, follow_redirects=False)

    return open_page


def deposit(kota, call, upload, text):
    return call(
        "petugas", "satudata_deposit_create", obligation_id=str(kota.item()), upload=upload(text))


def checks(page: str) -> str:
    """What the page says below the preview of the file."""
    return page.partition('class="satudata-inspection"')[2]


def test_a_certain_finding_names_column_and_rows_and_no_value(kota, call, upload, browse):
    given = deposit(kota, call, upload, NIKS)
    address = f"/satudata/setoran/{given['id']}"
    assert "Berkas sedang diperiksa." in checks(browse("petugas", address).body)
    look()
    for person in ("petugas", "wali"):
        said = checks(browse(person, address).body)
        assert "Data pribadi" in said and "kolom nik" in said and "baris 2, 3" in said
        assert "/jawab" not in said
        assert not any(one in said for one in niks(6))


def test_a_doubt_is_answered_on_the_page_by_a_walidata(kota, call, upload, browse):
    given = deposit(kota, call, upload, NAMES)
    look()
    address = f"/satudata/setoran/{given['id']}"
    assert "/jawab" not in checks(browse("petugas", address).body)
    said = checks(browse("wali", address).body)
    [form] = set(re.findall(r'action="(?:http://[^/"]+)?(/satudata/temuan/\w+/jawab)"', said))
    answer = {"answer": "bukan_pribadi", "reason": "Nama jalan."}
    browse("petugas", form, data=answer, status=403)
    browse("wali", form.replace("/temuan/", "/temuan/x"), data=answer, status=404)
    browse("wali", form, data={"answer": "bukan_pribadi"}, status=302)
    assert "Sudah dijawab" not in checks(browse("wali", address).body)
    browse("wali", form, data=answer, status=302)
    assert "Sudah dijawab" in checks(browse("petugas", address).body)


def test_the_office_sees_it_on_the_page_of_the_dataset_and_others_do_not(
    kota, call, upload, browse
):
    given = deposit(kota, call, upload, "a,b\n1,2,3\n")
    accepted = call("wali", "satudata_deposit_accept", id=given["id"], sha256=given["sha256"])
    name = call("wali", "package_show", id=accepted["package_id"])["name"]
    for person in ("petugas", "wali"):
        said = checks(browse(person, f"/dataset/{name}").body)
        assert "Ada baris yang selnya lebih banyak daripada judul kolom." in said
    page = browse("koor", f"/dataset/{name}").body
    assert "satudata-inspection" not in page


def test_where_no_row_is_in_both_files_none_is_said_to_be_unchanged(kota, call, upload, browse):
    item = str(kota.item())
    texts = [
        "wilayah,jumlah\n" + "".join(f"{place} {n},{n}\n" for n in range(9))
        for place in ("Kelurahan", "Puskesmas")
    ]
    for period, text in zip(("2026-07", "2026-08"), texts, strict=True):
        given = call("petugas", "satudata_deposit_create", obligation_id=item, period=period,
                     upload=upload(text))
        look()
        if period == "2026-07":
            call("wali", "satudata_deposit_accept", id=given["id"], sha256=given["sha256"])
    page = checks(browse("wali", f"/en/satudata/setoran/{given['id']}").body)
    assert "no row can be compared" in page and "unchanged to the digit" not in page
