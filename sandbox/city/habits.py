"""Habits of offices: how much of what is due in a quarter comes, and when."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import read
from .choice import Dice

ON_TIME, LATE, IMPROVING, AVERAGE, NEVER = "tepat", "telat", "membaik", "sedang", "belum_pernah"
COMPLETE, PARTIAL, SILENT = "lengkap", "sebagian", "belum_setor"
HABITS = (ON_TIME, LATE, IMPROVING, AVERAGE, NEVER)


@dataclass(frozen=True)
class Conduct:
    """How an office behaves in one quarter.

    ``result``: what the quarter must show at its end. ``share``: part of what is due that comes
    when it is partial. ``late``: part of what comes that is late.
    """

    result: str
    share: float
    late: float


@dataclass(frozen=True)
class Habit:
    """The habit of an office: ``silent`` and ``last`` count quarters back from the latest ended."""

    kind: str
    silent: frozenset[int]
    last: str

    def conduct(self, ago: int, dice: Dice, key: str) -> Conduct:
        """Its conduct ``ago`` quarters before the latest ended one (-1: the running one)."""
        if self.kind == NEVER or ago in self.silent:
            return Conduct(SILENT, 0.0, 0.0)
        if ago == -1 and self.last == SILENT:
            return Conduct(SILENT, 0.0, 0.0)
        if self.kind == ON_TIME:
            return Conduct(COMPLETE, 1.0, 0.0)
        if self.kind == LATE:
            complete = self.last == COMPLETE
            return Conduct(COMPLETE if complete else PARTIAL, 0.9, 1.0)
        if self.kind == IMPROVING:
            return self._improving(ago)
        share = dice.between(0.65, 0.92, key, ago, "bagian")
        whole = ago > 0 and dice.chance(0.2, key, ago, "lengkap")
        return Conduct(COMPLETE if whole else PARTIAL, share, 0.25)

    def _improving(self, ago: int) -> Conduct:
        """From a third, mostly late, to nearly or wholly complete and on time."""
        grown = (12 - ago) / 12
        whole = self.last == COMPLETE and ago <= 2
        share, late = min(0.95, 0.3 + 0.65 * grown), max(0.05, 0.8 * (1 - grown))
        return Conduct(COMPLETE if whole else PARTIAL, share, late)


def of_city(city_dir: Path) -> dict[str, Habit]:
    """The habits of the offices on the board, by abbreviation."""
    found = {}
    for abbreviation, row in read.table(city_dir / "kebiasaan.csv").items():
        if row["kebiasaan"] not in HABITS:
            raise ValueError(f"kebiasaan.csv: {row['kebiasaan']!r} is no habit")
        silent = frozenset(int(text) for text in row["diam"].split(";") if text)
        found[abbreviation] = Habit(row["kebiasaan"], silent, row["akhir"])
    return found
