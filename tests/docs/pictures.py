"""Takes the pictures of the documentation anew, from a running demo that has the sample city.

``python -m tests.docs.pictures http://127.0.0.1:5000``, in an environment that has playwright; a
Chromium has to be on the machine. Looks only: what the guides speak of (a deposit that came back,
deposits and datasets that wait) has to be there. For pictures without holes set
``ckan.gravatar_default = disabled``.
"""
from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from sandbox.accounts import PASSWORD

from .tables import DOCS

WIDTH = 1280
QUARTER = "2026-TW3"
#: An office with units, and one whose desk is not too full and has something that came back.
LARGE, SMALL = "dinkes-ppkb", "bpkpd"


class Camera:
    """A browser in front of a portal."""

    def __init__(self, portal: str, browser: Any) -> None:
        self.portal = portal.rstrip("/")
        self.browser = browser

    @contextmanager
    def person(self, name: str | None) -> Iterator[Page]:
        """A page of a person who is signed in, in Indonesian; None: of nobody."""
        context = self.browser.new_context(
            viewport={"width": WIDTH, "height": 900}, locale="id-ID", timezone_id="Asia/Jakarta"
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        if name:
            page.goto(f"{self.portal}/user/login")
            page.fill("input[name=login]", name)
            page.fill("input[name=password]", PASSWORD)
            page.click("form button[type=submit]:visible >> nth=-1")
            page.wait_for_load_state()
        yield page
        context.close()

    def take(self, page: Page, path: str, picture: str, height: int) -> None:
        """A picture of the top of a page."""
        page.set_viewport_size({"width": WIDTH, "height": height})
        if path:
            page.goto(self.portal + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=DOCS / "images" / f"{picture}.png")


def _first(page: Page, portal: str, path: str, selector: str) -> str:
    """The address behind the first link that fits, as a path."""
    page.goto(portal + path)
    address = page.locator(selector).first.get_attribute("href") or ""
    return address.removeprefix(portal)


def shoot(camera: Camera) -> None:
    """All pictures."""
    board, queue, portal = f"/kepatuhan/{QUARTER}", "/satudata/verifikasi", camera.portal
    with camera.person(None) as page:
        camera.take(page, board, "board", 1000)
        camera.take(page, f"{board}/{LARGE}", "papan-opd", 1000)
    with camera.person(f"{SMALL}-editor") as page:
        camera.take(page, "/satudata", "meja-opd", 1000)
        camera.take(page, "", "dikembalikan", 430)
        owed = _first(
            page, portal, "/satudata", "section:not(.satudata-came-back) a[href*='/setor/']"
        )
        camera.take(page, owed, "setor", 800)
    with camera.person(f"{LARGE}-editor") as page:
        draft = _first(
            page, portal, f"/dataset/?q=status_alur:draf&organization={LARGE}",
            ".dataset-heading a, .dataset-title a",
        )
        camera.take(page, draft, "ajukan", 800)
    with camera.person("walidata") as page:
        camera.take(page, queue, "antrean", 1000)
        waiting = _first(page, portal, queue, "a[href*='/setoran/']")
        camera.take(page, waiting, "periksa-setoran", 1060)
        submitted = _first(
            page, portal, queue, "a[href*='/satudata/verifikasi/']:not([href$='/sekaligus'])"
        )
        camera.take(page, submitted, "periksa-dataset", 1000)
        camera.take(page, f"{board}/beku", "bekukan", 560)


def main(portal: str) -> None:
    """Take the pictures of the portal at this address."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        shoot(Camera(portal, browser))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
