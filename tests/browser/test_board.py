"""The board as a person meets it: from the menu to the silent offices, and to a frozen quarter."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_plugins", "clean_db")]

MAYOR, PHONE, WALL = (1280, 800), (390, 844), (1920, 1080)


@pytest.fixture
def page(browser: Any, portal: str) -> Iterator[Any]:
    """A page of a fresh browser profile; a script's error on it fails the test."""
    from tests.report.town import build

    build()
    context = browser.new_context(base_url=portal, viewport={"width": MAYOR[0], "height": MAYOR[1]})
    opened = context.new_page()
    failed: list[str] = []
    opened.on("pageerror", lambda error: failed.append(str(error)))
    yield opened
    context.close()
    assert failed == []


def _open(page: Any, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None and answer.ok, answer and answer.status


def _sign_in(page: Any, name: str) -> None:
    from tests.report.town import PASSWORD

    _open(page, "/en/user/login")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".account.authed")


def _bottom(page: Any, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    return box["y"] + box["height"]


def test_the_mayor_sees_who_has_not_deposited_without_scrolling(page: Any) -> None:
    from tests.report.town import LAST

    _open(page, "/en/kepatuhan")
    assert page.locator("header nav li.active").inner_text() == "Compliance"
    page.click(f"a[rel=prev]:has-text('{LAST.roman} {LAST.year}')")
    page.wait_for_url(f"**/kepatuhan/{LAST.code}")
    assert _bottom(page, "#belum_setor li h3") <= MAYOR[1]

    def size(selector: str) -> float:
        return page.locator(selector).first.evaluate(
            "element => parseFloat(getComputedStyle(element).fontSize)"
        )

    # The sentence is the largest text but for the figures; a silent office is larger than others.
    assert size("h1") > size("#belum_setor h3") > size("#sebagian li a") * 1.3
    order = [page.locator(f"#{status}").bounding_box()["y"] for status in (
        "belum_setor", "sebagian", "lengkap", "nihil", "tabel",
    )]
    assert order == sorted(order)


@pytest.mark.parametrize("address", ["", "/dinkes", "/butir"])
def test_nothing_sticks_out_on_a_phone(page: Any, address: str) -> None:
    from tests.report.town import LAST

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    _open(page, f"/en/kepatuhan/{LAST.code}{address}")
    # Tables scroll within their own box; nothing else is wider than the screen.
    sticking_out = page.evaluate(
        """() => [...document.querySelectorAll("article *")]
            .filter(element => !element.closest(".table-responsive"))
            .filter(element => element.getBoundingClientRect().right > innerWidth)
            .map(element => element.outerHTML.slice(0, 80))"""
    )
    assert sticking_out == []


def test_the_wall_screen_needs_no_scrolling_for_what_matters(page: Any) -> None:
    from tests.report.town import LAST

    page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
    _open(page, f"/en/kepatuhan/{LAST.code}?layar=1")
    assert _bottom(page, "#belum_setor") <= WALL[1]
    assert page.locator("header.masthead").count() == 0


def test_a_walidata_looks_into_an_office_and_freezes_the_quarter(page: Any) -> None:
    from tests.report.town import LAST, SECRET

    _sign_in(page, "wali")
    _open(page, f"/en/kepatuhan/{LAST.code}")
    page.click("#sebagian a")
    assert page.locator("h1").inner_text() == "Dinas Kesehatan"
    assert page.locator(f"text={SECRET}").count() == 1
    page.select_option("#butir select[name=status]", "missing")
    page.click("#butir button")
    assert page.locator(".satudata-item").count() == 2

    _open(page, f"/en/kepatuhan/{LAST.code}")
    page.click("text=Freeze this quarter")
    page.click("article form button[type=submit]")
    page.wait_for_url(f"**/kepatuhan/{LAST.code}")
    assert "The quarter is frozen" in page.locator(".flash-messages").inner_text()
    assert "Frozen" in page.locator(".satudata-mark").inner_text()
    with page.expect_download() as download:
        page.click("text=XLSX")
    assert download.value.suggested_filename == f"kepatuhan-{LAST.code}-beku-1.xlsx"


def test_a_filter_and_an_order_work_without_a_script(
    browser: Any, portal: str, page: Any
) -> None:
    from tests.report.town import LAST

    plain = browser.new_context(base_url=portal, java_script_enabled=False).new_page()
    _open(plain, f"/en/kepatuhan/{LAST.code}")
    plain.click("#tabel th a:has-text('Arrears')")
    assert "urut=-arrears" in plain.url
    plain.select_option("#tabel select[name=status]", "lengkap")
    plain.click("#tabel form button")
    assert "urut=-arrears" in plain.url
    assert plain.locator("#tabel tbody tr").count() == 1
    plain.click("summary:has-text('Choose a quarter')")
    assert plain.locator(".satudata-menu a").first.is_visible()
    plain.context.close()
