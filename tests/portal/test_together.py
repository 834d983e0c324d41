"""Accepting many at once on one page: what stands there, what not and why, what comes of it."""
from __future__ import annotations

import re

import pytest
from ckan import model

from ckanext.satudata.deposits import green, greenness, store
from ckanext.satudata.journal import work
from tests.counting import counted

from .test_pages import browse

__all__ = ["browse"]

ADDRESS = "/satudata/verifikasi/sekaligus"


def table(first: int) -> str:
    """A file with eighteen rows, of which one number is ``first``."""
    rows = [f"35.76.{n:02},{n * 10}" for n in range(1, 18)]
    return "\n".join(["kode,jumlah", f"35.76.18,{first}", *rows]) + "\n"


@pytest.fixture
def two_files(kota, call, upload):
    """A maker of items with an accepted file and a second one that waits; the waiting deposit."""
    def make(second=None, by="petugas", periods=("2023-12", "2024-01"), **more):
        id = str(kota.item())
        first = call(by, "satudata_deposit_create", obligation_id=id, period=periods[0],
                     upload=upload(table(100)))
        call("wali", "satudata_deposit_accept", id=first["id"], sha256=first["sha256"])
        waiting = call(by, "satudata_deposit_create", obligation_id=id, period=periods[1],
                       upload=upload(second or table(110)), **more)
        work.run()
        return waiting

    return make


def reasons(deposit) -> tuple[str, ...]:
    [row] = store.get_many([deposit["id"]])
    return greenness.of_deposits([row])[row["id"]]


LOOKS = {
    "green": ({}, ()),
    "another column": ({"second": table(110).replace("jumlah", "banyak")}, (green.COLUMNS,)),
    "the same file": ({"second": table(100)}, (green.SAME,)),
    "not the oldest open period": ({"periods": ("2023-12", "2024-03")}, (green.PERIOD,)),
    "a note": ({"note": "Kelurahan Meri menyusul."}, (green.NOTE,)),
    "rows gone": ({"second": "\n".join(table(110).splitlines()[:12]) + "\n"}, (green.MOVED,)),
    "a fault": ({"second": table(110) + "\n\n999,1,2\n"}, None),
}


@pytest.mark.parametrize(("more", "expected"), LOOKS.values(), ids=LOOKS)
def test_what_real_files_say(two_files, more, expected):
    found = reasons(two_files(**more))
    assert (green.TABLE in found) if expected is None else (found == expected), found


def test_what_is_ticked_is_accepted_as_a_job_and_what_changed_meanwhile_is_told(
    kota, call, browse, two_files
):
    good, gone, amiss = two_files(), two_files(), two_files(second=table(100))
    page = browse("wali", ADDRESS).body
    picks = re.findall(r'name="pick" [^>]*value="([^"]+)"', page)
    assert picks == [f"{one['id']} {one['sha256']}" for one in (good, gone)]
    assert amiss["id"] not in page
    call("petugas", "satudata_deposit_withdraw", id=gone["id"])

    answer = browse("wali", ADDRESS, data={"pick": picks}, status=302)
    work.run()
    job = browse("wali", answer.headers["Location"]).body
    assert good["id"] not in job and gone["id"] in job
    assert [store.get(one["id"])["status"] for one in (good, gone, amiss)] == [
        "diterima", "ditarik", "menunggu"]
    assert good["id"] not in browse("wali", ADDRESS).body


def test_nobody_is_offered_their_own(kota, browse, two_files):
    from ckanext.satudata.opd import people

    own = two_files()
    assert own["id"] in browse("wali", ADDRESS).body
    people.grant(kota.users["petugas"]["id"], people.WALIDATA, kota.system)
    model.Session.commit()
    assert own["id"] not in browse("petugas", ADDRESS).body


def test_the_queue_says_why_something_is_not_green(kota, browse, two_files):
    amiss = two_files(note="Kelurahan Meri menyusul.")
    page = browse("wali", "/en/satudata/verifikasi").body
    assert amiss["id"] in page and "with a note" in page


@pytest.mark.parametrize("person", ["petugas", "koor", "anggota"])
def test_only_a_walidata_sees_the_page(kota, browse, person):
    browse(person, ADDRESS, status=403)
    browse(None, ADDRESS, status=302)


@pytest.mark.parametrize("picks", [[], [""], ["x"], ["x y"], [" y"], ["a" * 500]])
def test_a_form_that_says_nothing_does_nothing(kota, browse, picks):
    answer = browse("wali", ADDRESS, data={"pick": picks}, status=302)
    work.run()
    browse("wali", answer.headers["Location"])


def test_a_job_of_somebody_else_is_not_there(kota, call, browse):
    job = call("wali", "satudata_decide_bulk", items=[{"id": "x"}], decision="accept")
    browse("wali", f"/satudata/pekerjaan/{job['id']}")
    browse("wali2", f"/satudata/pekerjaan/{job['id']}", status=404)
    browse("wali", "/satudata/pekerjaan/x", status=404)


def test_looking_at_many_costs_as_many_queries_as_looking_at_few(kota, call, upload):
    def some(n):
        for _ in range(n):
            call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                 upload=upload())
        work.run()
        _, rows = store.find(status=store.WAITING)
        greenness.of_deposits(rows)
        with counted() as seen:
            greenness.of_deposits(rows)
        return len(rows), len(seen)

    (few, cost), (many, cost_of_many) = some(3), some(12)
    assert (few, many) == (3, 15) and cost == cost_of_many
