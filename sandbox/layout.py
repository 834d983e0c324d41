"""Where everything of a clone lives.

`.sandbox/` inside the clone holds all state, so that two clones never meet. Only unix sockets
live elsewhere, in a short directory under `/tmp`: their paths may not exceed 107 bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.console import SandboxError

CKAN_VERSIONS = ("2.11", "2.12")
# Not $TMPDIR: it may be long, and another terminal may have another.
SOCKETS = Path("/tmp")  # noqa: S108 - what is made there is checked to be ours


@dataclass(frozen=True)
class Clone:
    """One checkout of the repository.

    `root` is its directory; the environments and Solr's jars in `state` are shared by the
    demo and the tests, everything that holds data belongs to a `Stack`.
    """

    root: Path

    @property
    def state(self) -> Path:
        return self.root / ".sandbox"

    @property
    def environments(self) -> Path:
        return self.state / "env"

    @property
    def jars(self) -> Path:
        return self.state / "solr-jars"

    @property
    def log(self) -> Path:
        return self.state / "log"

    def stack(self, name: str) -> Stack:
        return Stack(self, name)


@dataclass(frozen=True)
class Stack:
    """One running set of services with its own data: `demo` or `test`."""

    clone: Clone
    name: str

    @property
    def home(self) -> Path:
        return self.clone.state / self.name

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def sockets(self) -> Path:
        """A short directory for unix sockets, the same for each start from this clone."""
        key = hashlib.sha256(f"{self.home}".encode()).hexdigest()[:10]
        return SOCKETS / f"satudata-{os.getuid()}-{key}"

    @property
    def memory_file(self) -> Path:
        return self.home / "memory.json"

    def remembered(self) -> dict[str, Any]:
        """What an earlier start chose: ports, CKAN's version, the pieces of an address."""
        try:
            return json.loads(self.memory_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}

    def remember(self, **facts: Any) -> None:
        """Add facts to the stack's memory; the file is replaced in one step."""
        self.home.mkdir(parents=True, exist_ok=True)
        merged = {**self.remembered(), **facts}
        fresh = self.memory_file.with_suffix(".new")
        fresh.write_text(json.dumps(merged, indent=1, sort_keys=True))
        fresh.replace(self.memory_file)

    def prepare(self) -> None:
        """Make the stack's directories; refuse a socket directory that is somebody else's."""
        self.log.mkdir(parents=True, exist_ok=True)
        # Root hands PostgreSQL to an unprivileged user, who must pass through.
        own_directory(self.sockets, 0o711 if os.getuid() == 0 else 0o700)

    def forget(self) -> None:
        """Remove all data of the stack; environments and jars stay."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


def own_directory(path: Path, mode: int) -> None:
    """Make a directory where others may write, too; refuse one that somebody else has made."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise SandboxError(f"{path} belongs to somebody else. Remove it and start again.")
    path.chmod(mode)


@contextmanager
def locked(path: Path, busy: str | None = None) -> Iterator[None]:
    """Hold a lock file: wait for it, or with `busy` fail at once with that message."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError as error:
            raise SandboxError(busy or "busy") from error
        yield


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def inner_port(stack: Stack, name: str) -> int:
    """A free loopback port for an inner service: the one used last time if it is still free."""
    ports = stack.remembered().get("ports", {})
    known = ports.get(name)
    if known and port_is_free(known):
        return known
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stack.remember(ports={**ports, name: port})
    return port
