"""Supervisor runs the parts: it restarts what dies and keeps a log for each."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.console import SandboxError
from sandbox.environments import Environment
from sandbox.layout import Stack
from sandbox.processes import run

# Every part inherits this variable, so that one is known even when its manager is gone.
_MARK = "SATUDATA_STACK"
_LOG_BYTES = "10MB"


@dataclass(frozen=True)
class Program:
    """One part as the process manager sees it.

    `priority` orders starting (low first) and stopping (high first); `stop_seconds` is how long
    it may take to end before it is killed.
    """

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    priority: int = 50

    def section(self, log: Path) -> str:
        """The program's section of the process manager's configuration."""
        lines = {
            "command": escape(shlex.join(str(word) for word in self.command)),
            "directory": "/",
            "autostart": "true",
            "autorestart": "true",
            "startretries": "5",
            "startsecs": "1",
            "priority": str(self.priority),
            "stopsignal": self.stop_signal,
            "stopwaitsecs": str(self.stop_seconds),
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": escape(str(log / f"{self.name}.log")),
            "stdout_logfile_maxbytes": _LOG_BYTES,
            "stdout_logfile_backups": "2",
        }
        if self.user:
            lines["user"] = self.user
        if self.env:
            pairs = (f'{name}="{escape(value)}"' for name, value in self.env.items())
            lines["environment"] = ",".join(pairs)
        return "\n".join([f"[program:{self.name}]", *(f"{k} = {v}" for k, v in lines.items())])


def escape(text: str) -> str:
    """Percent signs mean interpolation to the process manager."""
    return text.replace("%", "%%")


@dataclass(frozen=True)
class Supervisor:
    """The process manager of one stack."""

    stack: Stack
    tools: Environment

    @property
    def configuration(self) -> Path:
        return self.stack.home / "supervisord.conf"

    @property
    def socket(self) -> Path:
        return self.stack.sockets / "supervisor"

    def write(self, programs: Sequence[Program]) -> None:
        """Write the configuration for these programs."""
        log = self.stack.log
        general = f"""\
[unix_http_server]
file = {self.socket}
chmod = 0700
[supervisord]
logfile = {log}/supervisord.log
logfile_maxbytes = 5MB
pidfile = {self.stack.home}/supervisord.pid
childlogdir = {log}
directory = {self.stack.home}
user = {_account()}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://{self.socket}
"""
        sections = [general, *(program.section(log) for program in programs)]
        self.configuration.write_text("\n".join(sections) + "\n")

    def running(self) -> bool:
        """Whether the process manager of this stack is up."""
        if not (self.configuration.exists() and self.tools.python.exists()):
            return False
        return self._control("pid").returncode == 0

    def states(self) -> dict[str, str]:
        """The state of each part (`RUNNING`, `FATAL`, ...); empty when nothing runs."""
        words = (line.split() for line in self._control("status").stdout.splitlines())
        return {found[0]: found[1] for found in words if len(found) > 1 and found[1].isupper()}

    def start(self) -> None:
        """Start the process manager, or let a running one take over the new configuration."""
        if self.running():
            self._control("update")
            return
        run(
            [self.tools.python, "-m", "supervisor.supervisord", "-c", self.configuration],
            env=self.tools.variables(**{_MARK: str(self.stack.home)}),
            log=self.stack.log / "start.log",
        )

    def restart(self, name: str) -> None:
        """Restart one part."""
        done = self._control("restart", name)
        if "ERROR" in done.stdout:
            raise SandboxError(f"{name} could not be restarted: {done.stdout.strip()}")

    def stop(self, seconds: float = 60) -> bool:
        """End all parts and the manager itself; returns whether anything was running."""
        was_running = self.running()
        if was_running:
            self._control("shutdown")
        deadline = time.monotonic() + seconds
        while self.running() or (was_running and self.alive()):
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The services do not end. See {self.stack.log}/supervisord.log; "
                    f"their manager's process id is in {self.stack.home}/supervisord.pid."
                )
            time.sleep(0.1)
        return self._end_leftovers() or was_running

    def leftovers(self) -> list[int]:
        """Process ids of this stack's parts whose manager was killed."""
        mark = f"{_MARK}={self.stack.home}".encode()
        installed = f"{self.stack.clone.environments}/"
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = mark in (process / "environ").read_bytes().split(b"\0")
                # Redis writes its title over its variables; its program and socket tell.
                ours = os.readlink(process / "exe").startswith(installed)
                here = str(self.stack.sockets).encode() in (process / "cmdline").read_bytes()
            except OSError:
                continue
            if marked or (ours and here):
                found.append(int(process.name))
        return found

    def _end_leftovers(self, seconds: float = 20) -> bool:
        found = self.leftovers()
        deadline = time.monotonic() + seconds
        while pids := self.leftovers():
            patient = time.monotonic() < deadline
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT if patient else signal.SIGKILL)
            time.sleep(0.3)
        return bool(found)

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until a part answers; say where its log is when it does not."""
        deadline = time.monotonic() + seconds
        pause = 0.05
        while not ready():
            if self.states().get(name, "FATAL") == "FATAL" or time.monotonic() > deadline:
                log = self.stack.log / f"{name}.log"
                tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
                raise SandboxError("\n    ".join([f"{name} does not start. Its log: {log}", *tail]))
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    def alive(self) -> bool:
        """Whether the manager's process exists; cheaper than asking it."""
        try:
            pid = int((self.stack.home / "supervisord.pid").read_text())
            return str(self.configuration).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False

    def _control(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.tools.python, "-m", "supervisor.supervisorctl", "-c", self.configuration, *words],
            env=self.tools.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _account() -> str:
    return "root" if os.getuid() == 0 else str(os.getuid())
