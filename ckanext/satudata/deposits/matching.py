"""Which item of an office each of several files is for. Pure: it proposes, a person confirms."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from . import likeness

#: How a file stands: one item is meant; more than one may be; none is alike.
MATCHED, AMBIGUOUS, UNMATCHED = "matched", "ambiguous", "unmatched"

#: Candidates that are named for a file.
MOST = 5


@dataclass(frozen=True)
class Item:
    """An item that files may be for.

    :param office: name of the organization that answers for it
    :param marks: what names it without doubt: its id, its code, the name of its dataset
    :param open: codes of the periods for which nothing has come, as far as they have begun
    :param proposed: the one of them that a file without a period is for; None: nothing is open
    :param came: periods for which this very file has come, by its sha256
    :param waiting: codes of the periods for which a deposit waits, in order
    """

    id: UUID
    title: str
    office: str
    marks: tuple[str, ...]
    open: tuple[str, ...]
    proposed: str | None
    came: tuple[tuple[str, str], ...] = ()
    waiting: tuple[str, ...] = ()

    def candidate(self, file: File, score: int) -> Candidate:
        """The item for a file: for the period it came for before, the one its name tells, else the
        one proposed; for none where a deposit waits for the one its name tells."""
        period = dict(self.came).get(file.sha256) or likeness.period_in(file.name, self.open)
        waits = None if period else likeness.period_in(file.name, self.waiting)
        if not period and not waits:
            period = self.proposed
            waits = None if period else next(reversed(self.waiting), None)
        return Candidate(self.id, period, score, waits)


@dataclass(frozen=True)
class File:
    """A file that came: its name as it is shown, and its hash."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Candidate:
    """An item that a file may be for, with the period and the score (100: named without doubt).

    :param waits: code of the period for which a deposit waits already; then ``period`` is None
    """

    item: UUID
    period: str | None
    score: int
    waits: str | None = None


@dataclass(frozen=True)
class Match:
    """A file with what it may be for; ``status`` says whether the first one is meant."""

    file: File
    status: str
    candidates: tuple[Candidate, ...]


def matches(files: Sequence[File], items: Sequence[Item]) -> list[Match]:
    """What each file is for, in the order of the files.

    An item is named by a mark in the file's name, else by likeness of the title. Two files for the
    same period of an item, and a file for whose item nothing is open, are for a person to say.
    """
    known = {one.id: one for one in items}
    found = [_match(one, known) for one in files]
    wanted = Counter(_target(one) for one in found if one.status == MATCHED)
    return [
        replace(one, status=AMBIGUOUS)
        if one.status == MATCHED and (wanted[_target(one)] > 1 or _target(one)[1] is None) else one
        for one in found
    ]


def _target(one: Match) -> tuple[UUID, str | None]:
    return one.candidates[0].item, one.candidates[0].period


def _match(file: File, known: dict[UUID, Item]) -> Match:
    marked = likeness.named(file.name, {id: one.marks for id, one in known.items()})
    alike = likeness.proposals(
        likeness.stem(file.name), {id: one.title for id, one in known.items()}, MOST)
    scores = dict.fromkeys(marked, 100) | {
        one.key: one.score for one in alike if one.key not in marked}
    candidates = tuple(
        known[id].candidate(file, score) for id, score in scores.items()
    )
    if not candidates:
        return Match(file, UNMATCHED, ())
    sure = len(marked) == 1 or (not marked and likeness.is_sure(alike))
    return Match(file, MATCHED if sure else AMBIGUOUS, candidates)
