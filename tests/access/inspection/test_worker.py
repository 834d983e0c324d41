"""From the API to a worker and back: a file and a link are looked at by a process of their own."""
from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs

from ckanext.satudata.access.inspection import store
from ckanext.satudata.journal import work
from ckanext.satudata.journal.model import work as owed
from tests.access.serving_files import running, sends
from tests.access.town import Town, call, upload

from .numbers import niks

pytestmark = pytest.mark.usefixtures("strict")

NIKS = ("nik,jumlah\n" + "".join(f"{one},1\n" for one in niks(6))).encode()

#: CKAN's own worker; it ends when the queue is empty.
_WORKER = """
import os
from ckan.cli import load_config
from ckan.config.middleware import make_app
make_app(load_config(os.environ["CKAN_INI"]))
import ckan.plugins.toolkit as tk
tk.config["ckanext.satudata.fetch.allow"] = ["127.0.0.1"]
from ckan.lib.jobs import Worker
Worker().work(burst=True)
"""


@pytest.fixture
def idle(town: Town) -> None:
    """A queue with nothing in it, and nothing owed from before."""
    from ckan.lib.redis import connect_to_redis

    model.Session.execute(sa.delete(owed))
    model.Session.commit()
    jobs.get_queue().empty()
    connect_to_redis().delete(work._wake_key())


def checked(town: Town, resource: dict[str, Any]) -> dict[str, Any]:
    return call(town["editor"], "satudata_file_check", resource_id=resource["id"])


def test_what_comes_in_by_the_api_is_looked_at_by_a_worker(town: Town, idle: None) -> None:
    dataset = town.draft()
    with running() as server:
        file = call(
            town["editor"], "resource_create", package_id=dataset["id"], name="Berkas",
            upload=upload("data.csv", NIKS), url="data.csv", format="CSV")
        link = call(
            town["editor"], "resource_create", package_id=dataset["id"], name="Tautan",
            url=server.at("/x.csv", sends()), format="CSV")
        assert checked(town, file)["status"] == checked(town, link)["status"] == store.WAITING
        assert len(jobs.get_queue()) == 1, "one wake-up for all of it"
        model.Session.remove()
        ended = subprocess.run(
            [sys.executable, "-c", _WORKER], env={**os.environ}, capture_output=True, text=True,
            timeout=240, check=False,
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        assert [path for path, _ in server.asked] == ["/x.csv"]
    found = checked(town, file)
    assert found["status"] == store.DONE
    assert [one["kind"] for one in found["personal_data"]] == ["nik"]
    found = checked(town, link)
    assert (found["status"], found["personal_data"]) == (store.DONE, [])
    assert not [one for one in work.pending() if one.kind == store.OWED]
    with pytest.raises(tk.ObjectNotFound):
        call(town["outsider"], "satudata_file_check", resource_id=file["id"])
