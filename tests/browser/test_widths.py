"""No page of ours is wider than the screen it is read on, and none breaks there.

CKAN 2.12's own pages are a few pixels wider than a phone: what its ``/about`` has is not ours.
"""
from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_plugins", "clean_db")]

BEYOND = "Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"
WIDTHS = {"phone": 390, "desk": 1280}
PUBLIC = ("/opd", "/kepatuhan", "/kepatuhan/{last}", "/kepatuhan/{last}/dinkes",
          "/kepatuhan/{last}/butir", "/kepatuhan/riwayat", "/kepatuhan/tahun/{year}",
          "/kepatuhan/tahun/{year}/epss")
#: A dataset with long words in its fields, and its file, public.
DATASET = ("/dataset/{dataset}", "/dataset/{dataset}/resource/{resource}")
OFFICE = ("/satudata", "/satudata/setor/{item}", "/satudata/setor/{item}?period={period}",
          "/satudata/setoran/{deposit}", "/satudata/setoran/{personal}",
          "/satudata/dataset/{dataset}/hapus", "/satudata/dataset/{dataset}/berkas-baru",
          "/satudata/setor-banyak", "/satudata/daftar-data", "/satudata/daftar-data/butir/{item}",
          "/satudata/dispensasi")
WALIDATA = ("/satudata", "/satudata/verifikasi", "/satudata/setoran/{deposit}",
            "/satudata/setoran/{personal}", "/satudata/verifikasi/{dataset}",
            "/satudata/verifikasi/sekaligus", "/kepatuhan/{last}/beku", "/satudata/daftar-data",
            "/satudata/daftar-data/butir/{item}", "/satudata/daftar-data/butir/{item}/ubah",
            "/satudata/daftar-data/butir-baru", "/satudata/daftar-data/impor",
            "/satudata/daftar-data/hubungkan?year=all", "/satudata/dispensasi",
            "/satudata/surat", "/satudata/komitmen", "/satudata/pengingat")


@pytest.fixture
def addresses() -> dict[str, str]:
    """A city with something long to say: a title without blanks, a reason, a waiting deposit."""
    from ckan import model
    from ckan.tests import helpers

    from ckanext.satudata.deposits import store
    from tests.report.town import LAST, SYSTEM, build, item

    opds = build()
    model.Session.commit()
    helpers.call_action(
        "organization_member_create", id="dinkes", username="petugas", role="editor")
    long = item(opds["dinkes"], "Jumlah_balita_menurut_" + "kelurahan_dan_kecamatan_" * 6)
    period = f"{LAST.first:%Y-%m}"
    deposit = store.create(long, period, "nil", SYSTEM, note="alasan" * 60)
    other = item(opds["dinkes"], "Jumlah posyandu")
    returned = store.create(other, period, "nil", SYSTEM)
    store.end(returned, "deposit.returned", "alasan" * 60, SYSTEM)
    model.Session.commit()
    return {
        "last": LAST.code, "year": str(LAST.year), "item": str(long),
        "deposit": str(deposit), "period": period,
        **_public_dataset(), "personal": _doubtful_deposit(str(other)),
    }


def _public_dataset() -> dict[str, str]:
    """A public dataset whose fields and file names have long words, and something to answer."""
    from ckan import model
    from ckan.tests import helpers
    from werkzeug.datastructures import FileStorage

    from ckanext.satudata.access import lifecycle, submissions
    from ckanext.satudata.access.inspection import running

    made = helpers.call_action(
        "package_create", {"user": "petugas"}, name="lebar", owner_org="dinkes",
        title="Jumlah_balita_menurut_" + "kelurahan_" * 12, notes="kata" * 60,
        klasifikasi_akses="terbuka", sds_definisi="definisi" * 30)
    file = helpers.call_action(
        "resource_create", {"user": "petugas"}, package_id=made["id"], format="CSV",
        name="jumlah_balita_" * 8 + "akhir",
        upload=FileStorage(io.BytesIO(b"nama,jumlah\nBudi,1\n"), filename="a" * 90 + ".csv"))
    submissions.save(submissions.require(made["id"]), status=lifecycle.TERVERIFIKASI)
    model.Session.commit()
    helpers.call_action("package_patch", {"user": "wali"}, id=made["id"], private=False)
    running.ensure({file["id"]: made["id"]})
    return {"dataset": made["name"], "resource": file["id"]}


def _doubtful_deposit(item: str) -> str:
    """A waiting file about which the walidata is asked."""
    from ckan import model
    from ckan.tests import helpers
    from werkzeug.datastructures import FileStorage

    from ckanext.satudata.access.inspection import running
    from ckanext.satudata.deposits import store

    made = helpers.call_action(
        "satudata_deposit_create", {"user": "petugas"}, obligation_id=item,
        upload=FileStorage(io.BytesIO(b"nama,jumlah\nBudi,1\n"), filename="b" * 90 + ".csv"))
    row = store.get(UUID(made["id"]))
    running.ensure({row["resource_id"]: None})
    model.Session.commit()
    return made["id"]


@pytest.fixture
def open_page(browser: Any, portal: str, addresses: dict[str, str]) -> Iterator[Any]:
    """Open a page as a person at a width; a script's error fails the test."""
    from tests.report.town import PASSWORD

    failed: list[str] = []
    contexts: dict[tuple[str | None, int], Any] = {}

    def opened(person: str | None, width: int, address: str) -> Any:
        if (person, width) not in contexts:
            context = browser.new_context(
                base_url=portal, viewport={"width": width, "height": 844})
            page = contexts[person, width] = context.new_page()
            page.on("pageerror", lambda error: failed.append(str(error)))
            if person is not None:
                page.goto("/user/login")
                page.fill("input[name=login]", person)
                page.fill("input[name=password]", PASSWORD)
                page.press("input[name=password]", "Enter")
                page.wait_for_load_state()
        page = contexts[person, width]
        answer = page.goto(address.format(**addresses))
        assert answer.status < 400, (address, answer.status)
        return page

    yield opened
    for page in contexts.values():
        page.context.close()
    assert failed == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize(("person", "pages"), [
    (None, (*PUBLIC, *DATASET)), ("petugas", (*PUBLIC, *DATASET, *OFFICE)),
    ("wali", (*PUBLIC, *DATASET, *WALIDATA)),
])
def test_nothing_is_wider_than_the_screen(open_page, person, pages, width) -> None:
    wide = {}
    stock = open_page(person, width, "/about").evaluate(BEYOND)
    for address in pages:
        page = open_page(person, width, address)
        beyond = page.evaluate(BEYOND)
        if beyond > stock:
            wide[address] = beyond, page.evaluate(
                """() => [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 4).map(e => e.tagName + '.' + e.className)""")
    assert not wide


def test_a_file_is_called_by_its_whole_name_on_the_page_of_its_dataset(open_page) -> None:
    page = open_page(None, WIDTHS["phone"], "/dataset/{dataset}")
    name = page.locator(".resource-item .heading").first
    assert "akhir" in name.inner_text()
    assert page.locator(".satudata-inline").count() == 0, "nothing to answer for a stranger"
