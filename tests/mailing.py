"""A real mail server for tests, and the mails that it took."""
from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.environments import Environment
from sandbox.layout import Clone
from sandbox.mail import mails

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The sandbox's mail catcher, a real SMTP server, in a process of its own."""
    box = tmp_path_factory.mktemp("mail")
    ports = [_free_port(), _free_port()]
    tools = Environment(Clone(ROOT), "tools")
    process = subprocess.Popen([
        tools.python, "-I", ROOT / "sandbox" / "mail.py", box, *map(str, ports),
    ])
    try:
        _wait_for(ports[0])
        yield SimpleNamespace(box=box, server=f"127.0.0.1:{ports[0]}")
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def letters(post: Any, monkeypatch: pytest.MonkeyPatch, with_plugins: None) -> Any:
    """The mails that a test sends, by the address of who gets them, the newest first."""
    import ckan.plugins.toolkit as tk
    from ckan import model

    monkeypatch.setitem(tk.config, "smtp.server", post.server)
    before = {number for number, _ in mails(post.box)}

    def to(user: dict[str, Any]) -> list[Any]:
        address = model.User.get(user["id"]).email
        return [
            mail for number, mail in mails(post.box)
            if number not in before and address in str(mail["To"])
        ]

    return to


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the mail catcher did not start")
