"""What is left of a stack whose manager was killed is found and ended, and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.environments import Environment
from sandbox.layout import Clone
from sandbox.postgres import Postgres
from sandbox.supervision import Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    clone = Clone(tmp_path)
    return Supervisor(clone.stack("demo"), Environment(clone, "tools"))


def sleeper(**variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sleep", "60"], env={"PATH": "/usr/bin:/bin", **variables})


@pytest.fixture
def orphan(supervisor: Supervisor) -> Iterator[subprocess.Popen[bytes]]:
    process = sleeper(SATUDATA_STACK=str(supervisor.stack.home))
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same clone's other stack."""
    process = sleeper(SATUDATA_STACK=str(Clone(tmp_path).stack("test").home))
    yield process
    process.kill()
    process.wait()


def test_leftovers_are_those_of_this_stack(
    supervisor: Supervisor, orphan: subprocess.Popen[bytes], stranger: subprocess.Popen[bytes]
) -> None:
    assert supervisor.leftovers() == [orphan.pid]


def test_stopping_ends_leftovers_too(
    supervisor: Supervisor, orphan: subprocess.Popen[bytes], stranger: subprocess.Popen[bytes]
) -> None:
    assert supervisor.stop()
    assert orphan.wait(timeout=5) != 0
    assert stranger.poll() is None


def test_nothing_to_stop_is_no_error(supervisor: Supervisor) -> None:
    assert not supervisor.stop()


def test_a_process_id_that_is_somebody_elses_now_is_not_our_manager(
    supervisor: Supervisor,
) -> None:
    supervisor.stack.home.mkdir(parents=True)
    (supervisor.stack.home / "supervisord.pid").write_text(f"{os.getpid()}\n")
    assert not supervisor.alive()


@pytest.mark.parametrize("pid", [str(os.getpid()), "99999999"])
def test_a_database_lock_of_a_crashed_machine_is_dropped(
    pid: str, supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.postgres.OUTSIDE", tmp_path)
    postgres = Postgres(supervisor.stack, supervisor.tools)
    postgres.data.mkdir(parents=True)
    lock = postgres.data / "postmaster.pid"
    lock.write_text(f"{pid}\n{postgres.data}\n")
    postgres._drop_stale_lock()
    assert not lock.exists()
