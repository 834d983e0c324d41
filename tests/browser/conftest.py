"""A browser and a portal for it: Chromium of the machine, CKAN behind a server in this process."""
from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

#: Names under which distributions install it.
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "no Chromium on this machine: apt-get install -y chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail(INSTALL)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def portal(ckan_config: Any, monkeypatch: pytest.MonkeyPatch, with_plugins: None) -> Iterator[str]:
    """Address of CKAN with the plugin, with real sessions and forms checked for their token."""
    from ckan.tests.helpers import _get_test_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        # A browser opens connections that it never uses.
        timeout = 5

    server = make_server(
        "127.0.0.1", 0, lambda *_: iter(()), threaded=True, request_handler=Handler)
    # Answers that are still being made hold database sessions: the next test waits for them.
    server.daemon_threads = False
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(ckan_config, "WTF_CSRF_ENABLED", True)
    server.app = _get_test_app().app
    # Making an application sets the address of the file of options again.
    monkeypatch.setitem(ckan_config, "ckan.site_url", address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()
