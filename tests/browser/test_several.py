"""Several files in a browser: sent with progress or without a script, on a phone, confirmed."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_plugins", "clean_db")]

PHONE = (390, 844)
LONG = "Jumlah_balita_menurut_" + "kelurahan_dan_kecamatan_" * 4
BEYOND = "Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: Any, browser: Any, portal: str) -> Iterator[Any]:
    """A phone of the office's clerk, with and without a script; its errors fail the test."""
    from ckan import model
    from ckan.tests import helpers

    from tests.report.town import PASSWORD, build, item

    opds = build()
    model.Session.commit()
    helpers.call_action(
        "organization_member_create", id="dinkes", username="petugas", role="editor")
    item(opds["dinkes"], LONG)
    item(opds["dinkes"], "Jumlah posyandu aktif")
    model.Session.commit()
    context = browser.new_context(
        base_url=portal, viewport={"width": PHONE[0], "height": PHONE[1]},
        java_script_enabled=request.param)
    opened = context.new_page()
    failed: list[str] = []
    opened.on("pageerror", lambda error: failed.append(str(error)))
    opened.goto("/en/user/login")
    opened.fill("input[name=login]", "petugas")
    opened.fill("input[name=password]", PASSWORD)
    opened.press("input[name=password]", "Enter")
    opened.wait_for_selector(".account.authed")
    yield opened
    context.close()
    assert failed == []


def test_files_are_sent_confirmed_and_deposited(page: Any) -> None:
    stock = page.goto("/en/about") and (page.evaluate(BEYOND))
    page.goto("/en/satudata/setor-banyak")
    page.set_input_files("#satudata-files", [
        {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": b"kode,jumlah\n1,2\n"}
        for name in (LONG, "posyandu aktif")
    ])
    page.click("form[data-upload] button[type=submit]")
    page.wait_for_selector("text=Deposit what is chosen")
    assert "/setor-banyak/" in page.url
    assert page.locator("select[name^=item-]").count() == 2
    # Its styles may come a moment later than its words.
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"{BEYOND} <= {stock}")
    page.click("text=Deposit what is chosen")
    page.wait_for_selector("text=2 files are deposited")
    assert page.locator("text=Waiting for the walidata").count()


def test_what_is_not_taken_is_told_where_it_was_sent(page: Any) -> None:
    page.goto("/en/satudata/setor-banyak")
    page.set_input_files("#satudata-files", [
        {"name": "rusak.zip", "mimeType": "application/zip", "buffer": b"no zip"}])
    page.click("form[data-upload] button[type=submit]")
    page.wait_for_selector("text=not a ZIP")
    assert page.locator("form[data-upload] button[type=submit]").is_enabled()
