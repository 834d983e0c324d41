"""Which deposits may be accepted together with others: those at which all is green.

*Green* is a file of which nothing is left to ask: it was looked at, nothing was found in it that
nobody has answered, its table is sound, its columns are those of the last accepted file of the
item, few of its numbers have moved, and it is for the period that the portal itself proposes. What
is not green has a reason, and is looked at by itself (docs/access.md, "Many at once"). So is every
dataset: what it says has no last period to be compared with.
Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .counting import FILE

#: Why something is not green, in the order in which it is said.
NO_FILE = "no_file"
UNCHECKED = "unchecked"
FINDING = "finding"
TABLE = "table"
FIRST = "first"
CUT = "cut"
COLUMNS = "columns"
MOVED = "moved"
SAME = "same"
PERIOD = "period"
NOTE = "note"

REASONS = {
    NO_FILE: "there is no file: a nil report, or the statement that nothing has changed",
    UNCHECKED: "the file has not been looked at yet",
    FINDING: "perhaps personal data, and nobody has answered",
    TABLE: "the table has faults",
    FIRST: "there is no earlier file that it could be compared with",
    CUT: "the file is too long to be compared whole",
    COLUMNS: "the columns are not those of the last accepted file",
    MOVED: "too many rows are new, gone, or have a number that moved by more than half",
    SAME: "every number is that of the last accepted file",
    PERIOD: "it is for another period than the one proposed",
    NOTE: "the office has written a note",
}

#: Status of a finished inspection.
_CHECKED = "selesai"


@dataclass(frozen=True)
class Look:
    """What is known of one file, or of a deposit without one.

    :param status: of the inspection; None: there is none
    :param unanswered: findings that nobody has answered, or that must stay in
    :param difference: to the last accepted file of the item, as it is stored; None: unknown
    :param as_proposed: whether it is for the period that the portal proposed (or inferred)
    """

    kind: str
    status: str | None
    unanswered: int
    is_sound: bool | None
    difference: Mapping[str, Any] | None
    as_proposed: bool
    has_note: bool = False


def why_not(look: Look, share: int) -> tuple[str, ...]:
    """Why a deposit is not green; empty: it is.

    :param share: so many percent of the rows may be new, gone or have moved far
    """
    if look.kind != FILE:
        return (NO_FILE,)
    checks = (
        (UNCHECKED, look.status != _CHECKED),
        (FINDING, look.unanswered > 0),
        (TABLE, look.status == _CHECKED and not look.is_sound),
        *_compared(look.difference, share),
        (PERIOD, not look.as_proposed),
        (NOTE, look.has_note),
    )
    return tuple(reason for reason, holds in checks if holds)


def moved(difference: Mapping[str, Any]) -> tuple[int, int]:
    """Of how many rows how many are new, gone, or have a number that moved far."""
    before, now, matched = (difference[key] for key in ("before", "now", "matched"))
    return difference["far"] + (before - matched) + (now - matched), max(before, now)


def _compared(
    difference: Mapping[str, Any] | None, share: int
) -> Iterable[tuple[str, bool]]:
    if difference is None:
        return ((FIRST, True),)
    changed, rows = moved(difference)
    same = difference["matched"] == difference["unchanged"] == max(rows, 1)
    return (
        (CUT, bool(difference["cut"])),
        (COLUMNS, bool(difference["added"] or difference["removed"])),
        (MOVED, changed * 100 > share * rows),
        (SAME, same),
    )
