"""No page of ours is wider than the screen it is read on, and none breaks there.

CKAN 2.12's own pages are a few pixels wider than a phone: what its ``/about`` has is not ours.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_plugins", "clean_db")]

BEYOND = "Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"
WIDTHS = {"phone": 390, "desk": 1280}
PUBLIC = ("/opd", "/kepatuhan", "/kepatuhan/{last}", "/kepatuhan/{last}/dinkes",
          "/kepatuhan/{last}/butir")
OFFICE = ("/satudata", "/satudata/setor/{item}")
WALIDATA = ("/satudata", "/satudata/verifikasi", "/satudata/setoran/{deposit}",
            "/kepatuhan/{last}/beku")


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
    return {"last": LAST.code, "item": str(long), "deposit": str(deposit)}


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
    (None, PUBLIC), ("petugas", (*PUBLIC, *OFFICE)), ("wali", (*PUBLIC, *WALIDATA)),
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
