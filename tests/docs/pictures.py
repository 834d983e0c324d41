"""Takes the pictures of the documentation anew, from a running demo that has the sample city.

``python -m tests.docs.pictures http://127.0.0.1:5000``, in an environment that has playwright; a
Chromium has to be on the machine. Looks only; nothing in the portal is changed.
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


def shoot(camera: Camera, office: str) -> None:
    """All pictures; ``office``: name of an organization that owes and got something back."""
    board, portal = f"/kepatuhan/{QUARTER}", camera.portal
    with camera.person(None) as page:
        camera.take(page, board, "board", 1000)
    with camera.person(f"{office}-editor") as page:
        camera.take(page, "/satudata", "meja-opd", 900)
        camera.take(page, _first(page, portal, "/satudata", "a[href*='/setor/']"), "setor", 860)
        camera.take(page, f"{board}/{office}", "papan-opd", 1000)
        draft = _first(
            page, portal, f"/dataset/?q=status_alur:draf&organization={office}",
            ".dataset-heading a, .dataset-item h2 a",
        )
        if draft:
            camera.take(page, draft, "ajukan", 700)
    with camera.person("walidata") as page:
        queue = "/satudata/verifikasi"
        camera.take(page, queue, "antrean", 860)
        waiting = _first(page, portal, queue, "a[href*='/setoran/']")
        camera.take(page, waiting, "periksa-setoran", 900)
        submitted = _first(page, portal, queue, "a[href*='/satudata/verifikasi/']")
        camera.take(page, submitted, "periksa-dataset", 900)
        camera.take(page, f"{board}/beku", "bekukan", 640)


def main(arguments: list[str]) -> None:
    """Take the pictures of the portal at the first argument."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        shoot(Camera(arguments[0], browser), arguments[1])
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
