"""Two clones, and a demo and a test run of one clone, must not meet."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.console import SandboxError
from sandbox.layout import Clone, Stack, inner_port, locked, port_is_free

UNIX_SOCKET_BYTES = 107


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("sandbox.layout.SOCKETS", tmp_path)
    return Clone(tmp_path / "clone").stack("demo")


def test_sockets_of_different_clones_and_stacks_are_apart() -> None:
    one, other = Clone(Path("/a/clone")), Clone(Path("/b/clone"))
    directories = {
        one.stack("demo").sockets,
        one.stack("test").sockets,
        other.stack("demo").sockets,
    }
    assert len(directories) == 3


def test_socket_paths_are_short_however_deep_the_clone_is() -> None:
    deep = Clone(Path("/" + "/".join(["directory"] * 40)))
    longest = deep.stack("test").sockets / "pg" / ".s.PGSQL.5432.lock"
    assert len(os.fsencode(longest)) <= UNIX_SOCKET_BYTES


def test_a_socket_directory_of_somebody_else_is_refused(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    stack.sockets.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxError, match="belongs to somebody else"):
        stack.prepare()


def test_memory_is_added_to_and_survives_a_broken_file(stack: Stack) -> None:
    stack.remember(port=5001)
    stack.remember(ckan="2.11")
    assert stack.remembered() == {"port": 5001, "ckan": "2.11"}
    stack.memory_file.write_text("{ half")
    assert stack.remembered() == {}


def test_an_inner_port_is_kept_until_somebody_takes_it(stack: Stack) -> None:
    first = inner_port(stack, "solr")
    assert inner_port(stack, "solr") == first
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", first))
        taker.listen()
        assert not port_is_free(first)
        assert inner_port(stack, "solr") != first


def test_a_held_lock_says_so_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        with pytest.raises(SandboxError, match="taken"), locked(path, "taken"):
            pass
    finally:
        holder.communicate(b"\n")
    with locked(path, "taken"):
        pass


_HOLD = """
import fcntl, sys
handle = open(sys.argv[1], "a")
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""
