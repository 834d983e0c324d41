"""A second portal, a process of its own with a database of its own, to harvest from.

Run as a program it makes the portal, says what is there and does what it is told, a line each.
It has the services of the tests; in the index and in Redis the two are told apart by ``site_id``.
"""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SITE = "satudata_second"
PLUGINS = "satudata scheming_datasets scheming_organizations activity"


class Second:
    """The portal as the tests have it.

    :param url: its address
    :param open: id of a public dataset with a file
    :param closed: id of one that nobody outside sees
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        said = self._said()
        self.url, self.open, self.closed = said["url"], said["open"], said["closed"]

    def retitle(self, title: str) -> None:
        """Give the public dataset another title."""
        assert self._process.stdin is not None
        print(title, file=self._process.stdin, flush=True)
        assert self._said()["title"] == title

    def _said(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError("the second portal has ended")


@contextmanager
def running() -> Iterator[Second]:
    """The second portal, while the block runs."""
    import sqlalchemy as sa
    from ckan import __version__

    own = sa.engine.make_url(os.environ["CKAN_SQLALCHEMY_URL"])
    name, template = f"{own.database}_second", f"template_{__version__.replace('.', '_')}"
    server = sa.create_engine(own.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def drop(connection: Any) -> None:
        connection.execute(sa.text(f'drop database if exists "{name}" with (force)'))

    with server.connect() as connection:
        drop(connection)
        connection.execute(sa.text(f'create database "{name}" template "{template}"'))
    # As it is written: made anew it has signs that an ini file does not take.
    url = os.environ["CKAN_SQLALCHEMY_URL"].replace(f"/{own.database}", f"/{name}", 1)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "CKAN_SQLALCHEMY_URL": url, "CKAN_SITE_ID": SITE},
    )
    try:
        yield Second(process)
    finally:
        process.communicate(timeout=60)
        with server.connect() as connection:
            drop(connection)


def _main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = os.environ["CKAN_SITE_URL"] = f"http://127.0.0.1:{listening.getsockname()[1]}"

    from ckan.cli import load_config
    from ckan.cli.db import _run_migrations
    from ckan.config.middleware import make_app
    from ckan.lib import search
    from werkzeug.serving import make_server

    config = load_config(os.environ["CKAN_INI"])
    config["ckan.plugins"] = PLUGINS
    app = make_app(config)
    _run_migrations("satudata", None, True)
    with app._wsgi_app.test_request_context():
        search.clear_all()
        from ..town import CLOSED, build_town, call

        town = build_town()
        shown = town.verified(title="Jumlah pasar")
        closed = town.verified(title="Rahasia", klasifikasi_akses="tertutup", **CLOSED)
        server = make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"url": url, "open": shown["id"], "closed": closed["id"]}), flush=True)
        for line in sys.stdin:
            done = call(town["sysadmin"], "package_patch", id=shown["id"], title=line.strip())
            print(json.dumps({"title": done["title"]}), flush=True)
        search.clear_all()


if __name__ == "__main__":
    _main()
