"""The text for a phone group: copied by a button, or selected by hand where no script runs."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_plugins", "clean_db")]


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: Any, browser: Any, portal: str) -> Iterator[Any]:
    """The browser of an office's clerk, with and without a script; its errors fail the test."""
    from ckan import model
    from ckan.tests import helpers

    from tests.report.town import PASSWORD, build, item

    opds = build()
    model.Session.commit()
    helpers.call_action(
        "organization_member_create", id="dinkes", username="petugas", role="editor")
    item(opds["dinkes"], "Jumlah posyandu aktif")
    model.Session.commit()
    context = browser.new_context(
        base_url=portal, java_script_enabled=request.param,
        permissions=["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    failed: list[str] = []
    opened.on("pageerror", lambda error: failed.append(str(error)))
    opened.goto("/en/user/login")
    opened.fill("input[name=login]", "petugas")
    opened.fill("input[name=password]", PASSWORD)
    opened.press("input[name=password]", "Enter")
    opened.wait_for_selector(".account.authed")
    opened.has_script = request.param
    yield opened
    context.close()
    assert failed == []


def test_it_is_copied_or_selected(page: Any) -> None:
    page.goto("/en/satudata")
    page.click("summary:has-text('Text for the phone group')")
    text = page.input_value("#satudata-phone-1")
    assert "Jumlah posyandu aktif" in text
    button = page.locator("[data-satudata-copy]")
    assert button.is_visible() is page.has_script
    if page.has_script:
        button.click()
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n") == text
