"""The services under CKAN: PostgreSQL, Redis and Solr of one stack, as one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sandbox import environments
from sandbox.console import doing, say
from sandbox.environments import Environment
from sandbox.layout import Clone, Stack, locked
from sandbox.postgres import Postgres
from sandbox.redis import Redis
from sandbox.solr import Solr, ensure_jars
from sandbox.supervision import Program, Supervisor

PATIENCE = 90
First = TypeVar("First")
Second = TypeVar("Second")


@dataclass(frozen=True)
class Services:
    """The services of one stack and their manager."""

    stack: Stack
    tools: Environment
    postgres: Postgres
    redis: Redis
    solr: Solr
    supervisor: Supervisor

    @classmethod
    def of(cls, stack: Stack, tools: Environment, *, fast: bool = False) -> Services:
        """Describe a stack's services without starting anything."""
        return cls(
            stack,
            tools,
            Postgres(stack, tools, fast=fast),
            Redis(stack, tools, keep=not fast),
            Solr(stack, tools),
            Supervisor(stack, tools),
        )

    def running(self) -> bool:
        """Whether all three answer."""
        return (
            self.supervisor.running()
            and self.postgres.ready()
            and self.redis.ready()
            and self.solr.ready()
        )

    def start(self) -> None:
        """Start the three services and wait until they answer; running ones are left alone."""
        with locked(self.stack.clone.state / f".lock-services-{self.stack.name}"):
            if self.running():
                return
            self.supervisor.stop()
            self.stack.prepare()
            for part in (self.postgres, self.redis, self.solr):
                part.prepare()
            with doing("starting PostgreSQL, Redis and Solr"):
                self.supervisor.write(self.programs())
                self.supervisor.start()
                for part in ("postgres", "redis", "solr"):
                    self.supervisor.wait_for(part, getattr(self, part).ready, PATIENCE)

    def programs(self) -> Sequence[Program]:
        """How the process manager runs the three."""
        return [self.postgres.program(), self.redis.program(), self.solr.program()]

    def stop(self) -> bool:
        """End everything of the stack; returns whether anything was running."""
        return self.supervisor.stop()

    def forget(self) -> None:
        """Stop, and remove all data of the stack."""
        self.stop()
        self.postgres.forget()
        self.stack.forget()


def install(stack: Stack) -> Environment:
    """Bring the services' programs into the clone; at once when they are there."""
    tools = environments.tools(stack.clone, before=lambda: end_all(stack.clone))
    ensure_jars(stack.clone, tools)
    return tools


def end_all(clone: Clone) -> None:
    """End the demo and kept test services of a clone, whose programs are about to be replaced."""
    for name in ("demo", "test"):
        if Services.of(clone.stack(name), Environment(clone, "tools")).stop():
            say(f"  the {name} services have ended: their programs are renewed")


def in_parallel(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run two pieces of work at the same time and return both results."""
    with ThreadPoolExecutor(1) as other:
        pending = other.submit(second)
        done = first()
        return done, pending.result()
