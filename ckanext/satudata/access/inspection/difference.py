"""How a file differs from the last accepted one of the same item.

Rows are matched by their words (region, sex, kind…), without the columns that say the period; what
is compared are the numbers. "12 of 18 unchanged to the digit" is what makes a reviewer look twice.
Pure: no CKAN, no database.
"""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from . import headers
from .reading import Unreadable, sheets

#: Rows that are compared; what lies beyond is not looked at, and said to be.
MOST = 20_000
#: A number that moved by more than this part of what it was is counted as moved far.
FAR = 0.5
#: Of the cells of a column that holds numbers so many are.
_NUMERIC = 0.8
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Difference:
    """What a reviewer is told of two files.

    :param added: titles that are new; ``removed``: that are gone
    :param before: rows of the earlier file, ``now``: of this one, ``matched``: in both
    :param unchanged: matched rows whose numbers all are the same to the digit
    :param far: matched rows with a number that moved by more than half of what it was
    :param by: the title of the column of words that tells the rows apart; empty: there are several
    :param cut: whether a file was too long to be compared whole
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    before: int
    now: int
    matched: int
    unchanged: int
    far: int
    by: str = ""
    cut: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As it is stored."""
        return {**asdict(self), "added": list(self.added), "removed": list(self.removed)}


@dataclass(frozen=True)
class First:
    """The first sheet of a file, in memory."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    cut: bool = False


def first_table(
    file: IO[bytes], cut_off: tuple[type[Exception], ...] = ()
) -> First | None:
    """The first sheet that has rows; None when it cannot be read as one.

    :param cut_off: as for ``content.inspect``
    """
    try:
        for sheet in sheets(file):
            if isinstance(sheet, Unreadable) or not sheet.titled:
                return None
            rows: list[list[str]] = []
            for block in sheet.blocks:
                rows.extend(row for row in block if any(map(str.strip, row)))
                if len(rows) > MOST:
                    break
            if len(rows) > 1:
                return First(rows[0], rows[1:MOST + 1], len(rows) > MOST)
    except cut_off:
        raise
    except Exception:
        # As in content.inspect: parsers fail in many ways.
        return None
    return None


def compare(before: First, now: First) -> Difference | None:
    """The difference; None when one of them has values where titles should be."""
    if any(headers.is_value(title) for title in (*before.titles, *now.titles)):
        return None
    old, new = _places(before.titles), _places(now.titles)
    shared = [key for key in new if key in old]
    periods = headers.facts()["period_columns"]
    numbers = [
        key for key in shared
        if key not in periods and _is_numeric(before.rows, old[key])
        and _is_numeric(now.rows, new[key])
    ]
    words = [key for key in shared if key not in numbers and key not in periods]
    rows_before = _by_words(before.rows, [old[key] for key in words])
    rows_now = _by_words(now.rows, [new[key] for key in words])
    if len(rows_before) < len(before.rows) or len(rows_now) < len(now.rows):
        # Several periods in one file: they tell its rows apart.
        words = [key for key in shared if key not in numbers]
        rows_before = _by_words(before.rows, [old[key] for key in words])
        rows_now = _by_words(now.rows, [new[key] for key in words])
    matched = [key for key in rows_now if key in rows_before]
    pairs = [
        [(_cell(rows_before[row], old[key]), _cell(rows_now[row], new[key])) for key in numbers]
        for row in matched
    ]
    telling = [key for key in words if len({_cell(row, new[key]) for row in now.rows}) > 1]
    return Difference(
        added=tuple(now.titles[place].strip() for key, place in new.items() if key not in old),
        removed=tuple(
            before.titles[place].strip() for key, place in old.items() if key not in new),
        before=len(before.rows), now=len(now.rows), matched=len(matched),
        unchanged=sum(bool(pair) and all(was == is_now for was, is_now in pair) for pair in pairs),
        far=sum(any(_is_far(was, is_now) for was, is_now in pair) for pair in pairs),
        by=now.titles[new[telling[0]]].strip() if len(telling) == 1 else "",
        cut=before.cut or now.cut,
    )


def _places(titles: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, title in enumerate(titles):
        if key := headers.key(title):
            found.setdefault(key, place)
    return found


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _is_numeric(rows: Sequence[Sequence[str]], place: int) -> bool:
    filled = [cell for row in rows if (cell := _cell(row, place))]
    return bool(filled) and _NUMERIC * len(filled) <= sum(
        _NUMBER.fullmatch(cell) is not None and cell.count(".") < 2 for cell in filled)


def _by_words(
    rows: Sequence[Sequence[str]], places: Sequence[int]
) -> Mapping[tuple[str, ...], Sequence[str]]:
    return {tuple(_cell(row, place).casefold() for place in places): row for row in rows}


def _is_far(was: str, is_now: str) -> bool:
    try:
        before, now = (float(text.replace(",", ".")) for text in (was, is_now))
    except ValueError:
        return False
    return abs(now - before) > FAR * max(abs(before), 1)
