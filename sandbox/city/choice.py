"""Choices that look random and never change: each is a function of the seed and of what it is for.

No state: adding a question somewhere does not move the answers elsewhere.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Dice:
    """A source of choices for one ``seed``; every answer depends on the ``keys`` alone."""

    seed: int

    def number(self, *keys: object) -> int:
        """A whole number of 0 to 2**64 - 1."""
        text = "\x1f".join([str(self.seed), *map(str, keys)])
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def unit(self, *keys: object) -> float:
        """A number from 0 up to, not including, 1."""
        return self.number(*keys) / 2**64

    def whole(self, low: int, high: int, *keys: object) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.number(*keys) % (high - low + 1)

    def between(self, low: float, high: float, *keys: object) -> float:
        """A number from ``low`` up to ``high``."""
        return low + (high - low) * self.unit(*keys)

    def chance(self, share: float, *keys: object) -> bool:
        """True in ``share`` of the cases."""
        return self.unit(*keys) < share

    def pick(self, options: Sequence[T], *keys: object) -> T:
        """One of ``options``."""
        return options[self.number(*keys) % len(options)]

    def shuffled(self, items: Iterable[T], *keys: object) -> list[T]:
        """``items`` in an order that depends on what each is (its text), not on where it stood."""
        return sorted(items, key=lambda item: (self.number(*keys, item), str(item)))


def token(*parts: object, size: int = 8) -> str:
    """A short name that says nothing about ``parts`` and is always the same for them."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()[:size]
