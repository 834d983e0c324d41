"""Freezing with real processes: two at once give one, and one killed in the middle gives none."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from ckan import model
from ckan.tests import helpers

from tests.report import town

pytestmark = [pytest.mark.usefixtures("with_plugins", "clean_db"), pytest.mark.slow]

#: Freezes in the name of a walidata; says ``ready`` and waits for a line just before its commit.
FREEZE = """
import os, sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
app = make_app(load_config(os.environ["CKAN_INI"]))
import ckan.plugins.toolkit as tk
from ckanext.satudata.report import snapshots
freeze = snapshots.freeze

def waiting(*args):
    if "early" in sys.argv:
        print("ready", flush=True)
        sys.stdin.readline()
    done = freeze(*args)
    if "late" in sys.argv:
        print("ready", flush=True)
        sys.stdin.readline()
    return done

snapshots.freeze = waiting
with app._wsgi_app.test_request_context():
    try:
        done = tk.get_action("satudata_snapshot_freeze")({"user": "wali"}, {"quarter": sys.argv[1]})
        print("revision", done["revision"])
    except tk.ValidationError as refused:
        print("refused", *refused.error_dict)
"""


def start(when: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FREEZE, town.LAST.code, when], env={**os.environ}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def ready(process: Any) -> None:
    for line in process.stdout:
        if line.strip() == "ready":
            return
    pytest.fail(process.stderr.read()[-2000:])


def frozen() -> list[int]:
    model.Session.remove()
    return [one["revision"] for one in helpers.call_action("satudata_snapshot_list")]


@pytest.fixture
def city() -> None:
    town.build()
    model.Session.remove()


def test_two_at_once_give_one_snapshot(city: None) -> None:
    both = [start("early"), start("early")]
    for process in both:
        ready(process)
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=120)[0].split()[-1] for process in both)
    assert said == ["1", "quarter"], "one is revision 1, the other is refused on its quarter"
    assert frozen() == [1]


def test_a_freeze_killed_before_its_commit_leaves_nothing_and_nobody_waits(city: None) -> None:
    process = start("late")
    ready(process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert frozen() == []
    done = helpers.call_action(
        "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False}, quarter=town.LAST.code
    )
    assert (done["revision"], done["previous_sha256"]) == (1, None)
    assert helpers.call_action("satudata_snapshot_verify")["agrees"]
