"""What an office is told when it deposits, at once and whole; and what its desk puts first."""
from __future__ import annotations

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import helpers

from ckanext.satudata.access import lifecycle, submissions
from ckanext.satudata.access.inspection.masking import masked
from ckanext.satudata.deposits import owed, store
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter
from tests.access.inspection.looking import look
from tests.access.inspection.numbers import niks

from .test_pages import browse

__all__ = ["browse"]

PERSONS = niks(6)
PERSONAL = "nik,jumlah\n" + "".join(f"{one},1\n" for one in PERSONS)


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.body, "html.parser")


def send(browse, upload, id, text, **more):
    """Deposit with the form; the page that follows."""
    answer = browse("petugas", f"/en/satudata/setor/{id}", status=302, data={
        "kind": "file", "key": "k", "upload": (upload(text).stream, "data.csv"), **more})
    return browse("petugas", answer.headers["Location"])


@pytest.mark.parametrize(("klass", "told"), [("terbuka", True), ("tertutup", False)])
def test_whoever_deposits_personal_data_is_told_at_once_where_and_what_to_do(
    kota, browse, upload, klass, told
):
    page = soup(send(browse, upload, kota.item(klasifikasi_akses=klass), PERSONAL))
    warning = page.select_one("#satudata-personal")
    assert bool(warning) is told
    if told:
        text = warning.get_text(" ", strip=True)
        assert "column nik" in text and "rows 2, 3" in text and "another file" in text
        assert warning.select("a[href*='/satudata/setor/']")
    assert not any(one in str(page) for one in PERSONS), "never the numbers"
    desk = soup(browse("petugas", "/en/satudata"))
    assert ("column nik" in desk.get_text()) is told


def test_what_would_be_refused_is_not_offered_and_numbers_have_dots(kota, browse, call, upload):
    personal = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                    upload=upload(PERSONAL))
    harmless = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item("Lain")),
                    upload=upload())
    look()
    for deposit, offered in ((personal, False), (harmless, True)):
        page = soup(browse("wali", f"/en/satudata/setoran/{deposit['id']}"))
        assert bool(page.select("form[action$='/accept']")) is offered
        assert page.select("form[action$='/return']")
        assert not any(one in str(page) for one in PERSONS)
    page = soup(browse("wali", f"/en/satudata/setoran/{personal['id']}"))
    assert PERSONS[0][:6] + "•" * 10 in page.get_text()
    file = browse("wali", f"/en/satudata/setoran/{personal['id']}/berkas").body
    assert PERSONS[0] in file, "whoever may have the file gets it whole"


MASKED = {
    PERSONS[0]: PERSONS[0][:6] + "•" * 10,
    f"NIK {PERSONS[1]} (ibu)": f"NIK {PERSONS[1][:6]}{'•' * 10} (ibu)",
    " ".join(PERSONS[2][n:n + 4] for n in range(0, 16, 4)): PERSONS[2][:6] + "•" * 10,
    "35.76.01": "35.76.01", "1234567890123456": "1234567890123456", "12,5": "12,5", "": "",
}


@pytest.mark.parametrize(("cell", "shown"), MASKED.items())
def test_only_numbers_of_persons_have_dots(cell, shown):
    assert masked(cell) == shown


def test_a_dataset_with_such_a_file_is_not_offered_to_be_verified(kota, browse, call, upload):
    item = kota.item(klasifikasi_akses="tertutup")
    given = call("petugas", "satudata_deposit_create", obligation_id=str(item),
                 upload=upload(PERSONAL))
    id = call("wali", "satudata_deposit_accept", id=given["id"],
              sha256=given["sha256"])["package_id"]
    call("petugas", "package_patch", id=id, klasifikasi_akses="terbuka")
    submissions.save(submissions.require(id), status=lifecycle.DIAJUKAN)
    model.Session.commit()
    look()
    page = soup(browse("wali", f"/en/satudata/verifikasi/{id}"))
    assert page.select_one("form[action$='/verify'] button").has_attr("disabled")
    assert "keeps it from being public" in page.select_one("form[action$='/verify']").get_text()


def test_the_form_says_what_stands_and_takes_its_place_when_that_is_ticked(
    kota, browse, call, upload
):
    id = kota.item()
    period = max(one for one in owed.open_of(id) if one.last < clock.city_today()).code
    first = call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil",
                 period=period)
    desk = soup(browse("petugas", "/en/satudata"))
    [way] = desk.select(f"a[href*='/setor/{id}?period={period}']")
    form = soup(browse("petugas", way["href"]))
    [box] = form.select("input[type=checkbox][name=replaces]")
    assert box["value"] == first["id"] and not box.has_attr("checked")
    chosen = {"kind": "nil", "key": "k2", "period": period, "replaces_for": period}
    refused = browse("petugas", f"/en/satudata/setor/{id}", data=chosen)
    assert "waits for the walidata already" in refused.body
    browse("petugas", f"/en/satudata/setor/{id}", status=302,
           data={**chosen, "replaces": box["value"]})
    statuses = [row["status"] for row in store.find(obligations=[id])[1]]
    assert statuses == [store.WITHDRAWN, store.WAITING]


def test_a_box_about_another_period_means_nothing(kota, browse, call):
    id = kota.item()
    open_ones = sorted(owed.open_of(id))
    first = call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil",
                 period=open_ones[0].code)
    browse("petugas", f"/en/satudata/setor/{id}", status=302, data={
        "kind": "nil", "key": "k", "period": open_ones[1].code, "replaces": first["id"],
        "replaces_for": open_ones[0].code})
    assert store.find(obligations=[id], status=store.WAITING)[0] == 2


def test_a_correction_says_so_to_whoever_checks_it(kota, browse, call):
    id = str(kota.item())
    first = call("petugas", "satudata_deposit_create", obligation_id=id, kind="nil")
    call("wali", "satudata_deposit_accept", id=first["id"])
    second = call("petugas", "satudata_deposit_create", obligation_id=id, kind="nil",
                  period=first["period"], replaces=first["id"])
    page = soup(browse("wali", f"/en/satudata/setoran/{second['id']}"))
    assert page.select(f"header a[href$='/setoran/{first['id']}']")


def test_the_desk_puts_this_quarter_first_and_arrears_apart(kota, browse):
    today = clock.city_today()
    first = Quarter.of(today).first
    kota.item(valid_from=dt.date(today.year - 2, 1, 1))
    desk = soup(browse("petugas", "/en/satudata"))

    def days(section):
        return [a["href"].partition("period=")[2] for a in section.select("a[href*='/setor/']")]

    now, before = (
        days(heading.find_parent("section")) for heading in desk.select("section h2")
        if "Still to be deposited" in heading.get_text() or "Arrears" in heading.get_text())
    due = {row["period"]: row["last_day"] for row in helpers.call_action(
        "satudata_owed_list", {"user": "petugas", "ignore_auth": False})["results"]}
    assert set(now) | set(before) == set(due) and now and before
    assert [due[one] for one in now] == sorted(due[one] for one in now)
    assert [due[one] for one in before] == sorted((due[one] for one in before), reverse=True)
    assert all(dt.date.fromisoformat(due[one]) >= first for one in now)
    assert all(dt.date.fromisoformat(due[one]) < first for one in before)


@pytest.mark.parametrize(("klass", "status"), [("terbuka", 403), ("tertutup", 404)])
def test_the_form_of_a_hidden_item_is_not_there(kota, browse, klass, status):
    browse("lain", f"/en/satudata/setor/{kota.item(klasifikasi_akses=klass)}", status=status)
