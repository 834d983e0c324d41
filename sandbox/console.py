"""What the launcher says while it works, and how it fails: one line with the remedy."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class SandboxError(Exception):
    """Something a person can put right; the message says what and how, without a traceback."""


def say(text: str) -> None:
    """Print one line of progress on standard error, so that standard output stays for answers."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Say that a piece of work begins and, when it took long enough to wonder, how long it took."""
    say(f"  {what} ...")
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    if took >= 2:
        say(f"  {what}: {took:.0f} s")
