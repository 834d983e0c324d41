"""One file looked at once, from its first block of rows to its last: findings and tables.

Pure: no CKAN, no database. The same bytes with the same dictionary give the same answer.
"""
from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from . import headers
from .columns import CERTAIN, DOUBTFUL, Column, Finding
from .reading import Sheet, Unreadable, sheets
from .table import SAMPLE, Known, Table, check_codes, check_dictionary, check_sample

#: Version of what is looked for: a file that was looked at by an older one is looked at again.
RULES = 1

#: Columns that are told apart; what stands further right is looked at as one.
MAX_COLUMNS = 1000
#: Sheets of which the table is judged (personal data is looked for in all).
MAX_TABLES = 20
#: Among so many first rows the one with the titles is looked for.
_TOP = 20
UNREADABLE = "unreadable"


class TooSlow(Exception):
    """The time allowed was over before the file was."""


@dataclass
class Inspection:
    """What was found in a file."""

    findings: list[Finding] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def was_read(self) -> bool:
        """Whether all of it could be read."""
        return all(one.kind != UNREADABLE for one in self.findings)


def inspect(
    file: IO[bytes], known: Known | None = None, *, deadline: float | None = None,
    cut_off: tuple[type[Exception], ...] = (),
) -> Inspection:
    """Look at a file.

    :param file: open for reading, can be sought
    :param known: dictionary and region codes
    :param deadline: by ``time.monotonic()``
    :param cut_off: errors that come from outside and say nothing of the file; raised as they are
    :raises TooSlow: the deadline is over
    """
    found = Inspection()
    try:
        for sheet in sheets(file):
            _take(found, sheet, known or Known(), deadline)
    except (TooSlow, *cut_off):
        raise
    except Exception:
        # The parsers of other people's formats fail in many ways; each means the same.
        _unread(found, Unreadable("damaged"))
    if not found.tables and found.was_read:
        found.tables.append(Table("", []))
        found.tables[0].add("no-rows")
    return found


def unread(what: Unreadable) -> Inspection:
    """The inspection of something that could not be read at all."""
    found = Inspection()
    _unread(found, what)
    return found


def has_rows(file: IO[bytes]) -> bool:
    """Whether a file has anything in it but titles; what cannot be read counts as having."""
    any_sheet = False
    try:
        for sheet in sheets(file):
            if isinstance(sheet, Unreadable):
                return True
            any_sheet = True
            filled = 0
            for block in sheet.blocks:
                filled += sum(any(map(str.strip, row)) for row in block[:_TOP * 5])
                if filled > (1 if sheet.titled else 0):
                    return True
    except Exception:
        # As above: it is looked at later, and said then.
        return True
    return not any_sheet


def as_dicts(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as they are stored."""
    return [{**asdict(one), "rows": list(one.rows)} for one in findings]


# -- parts ---------------------------------------------------------------------------------------


def _take(
    found: Inspection, sheet: Sheet | Unreadable, known: Known, deadline: float | None
) -> None:
    if isinstance(sheet, Unreadable):
        _unread(found, sheet)
        return
    looking = _Looking(sheet, known, len(found.tables) < MAX_TABLES)
    try:
        for block in sheet.blocks:
            if deadline is not None and time.monotonic() > deadline:
                raise TooSlow
            looking.take(block)
    except Unreadable as error:
        _unread(found, Unreadable(error.reason, sheet.name))
    found.findings.extend(looking.findings())
    if looking.table is not None:
        looking.finish()
        found.tables.append(looking.table)


def _unread(found: Inspection, what: Unreadable) -> None:
    name = what.name if not headers.is_value(what.name) else ""
    found.findings.append(Finding(
        UNREADABLE, DOUBTFUL, "", f"#file:{headers.key(name)}:{what.reason}", sheet=name))


class _Looking:
    """A sheet while its blocks pass by."""

    def __init__(self, sheet: Sheet, known: Known, judged: bool) -> None:
        self.sheet = sheet
        self.name = "" if headers.is_value(sheet.name) else sheet.name
        self.known = known
        self.judged = judged and sheet.titled
        self.columns: list[Column] = []
        self.titles: list[str] = []
        self.named = sheet.titled
        self.table: Table | None = None
        self.row = sheet.first_row
        self.title_row: int | None = None

    def take(self, block: list[list[str]]) -> None:
        """Look at the next rows."""
        if self.title_row is None:
            self._begin(block)
        if max(map(len, block), default=0) > MAX_COLUMNS:
            block = [_narrowed(row) for row in block]
        first, self.row = self.row, self.row + len(block)
        cells = list(itertools.zip_longest(*block, fillvalue=""))
        while len(self.columns) < len(cells):
            self._add("")
        titles_here = self.named and self.title_row is not None and (
            first <= self.title_row < self.row)
        for place, whole in enumerate(cells):
            column = whole
            if titles_here:
                # The titles themselves are no values.
                at = (self.title_row or 0) - first
                column = (*whole[:at], "", *whole[at + 1:])
            self.columns[place].look(column, first)
            if self.table is not None and place < len(self.titles):
                check_codes(
                    self.table, place, self.titles[place], column, first, self.known)
        if self.table is not None:
            self._judge(block, first)

    def _begin(self, block: list[list[str]]) -> None:
        """Find the titles among the first rows."""
        filled = [sum(bool(cell.strip()) for cell in row) for row in block[:_TOP]]
        if not any(filled):
            return
        enough = max(1, 0.6 * max(filled))
        at = next(place for place, count in enumerate(filled) if count >= enough)
        self.title_row = self.row + at
        titles = block[at] if self.sheet.titled else []
        if any(headers.is_value(title) for title in titles):
            # Values where titles should be: none of them may be said.
            self.named = False
        self.titles = [title.strip() for title in titles][:MAX_COLUMNS]
        while self.sheet.spreadsheet and self.titles and not self.titles[-1]:
            self.titles.pop()
        for title in self.titles:
            self._add(title)
        if self.judged:
            self.table = Table(self.name, [column.name for column in self.columns])
            self._judge_titles(block, at)

    def _add(self, title: str) -> None:
        self.columns.append(Column(
            len(self.columns), title, named=self.named, spreadsheet=self.sheet.spreadsheet))

    def _judge_titles(self, block: list[list[str]], at: int) -> None:
        assert self.table is not None and self.title_row is not None  # noqa: S101 (just set)
        if at > 0 and self.sheet.first_row == 1:
            self.table.add("title-rows", self.title_row)
        sample = [self._fitted(row) for row in block[at + 1:at + 1 + SAMPLE]]
        while sample and not any(cell.strip() for cell in sample[-1]):
            sample.pop()
        if self.titles:
            check_sample(self.table, self.titles, sample, self.title_row, self.known)
        check_dictionary(self.table, self.titles, self.known)

    def _fitted(self, row: list[str]) -> list[str]:
        """A row of a spreadsheet as wide as the titles: it has no ends of its own."""
        if not self.sheet.spreadsheet:
            return row
        end = len(row)
        while end > len(self.titles) and not row[end - 1].strip():
            end -= 1
        return [*row[:end], *[""] * (len(self.titles) - end)]

    def _judge(self, block: list[list[str]], first: int) -> None:
        """Count the rows, and those that are too wide or too narrow, beyond the sample."""
        assert self.table is not None and self.title_row is not None  # noqa: S101 (as above)
        seen = self.title_row + SAMPLE
        self.table.rows += sum(map(any, block))
        if first <= self.title_row < self.row:
            before = block[:self.title_row - first + 1]
            self.table.rows -= sum(map(any, before))
        if self.sheet.spreadsheet or set(map(len, block)) == {len(self.titles)}:
            return
        for number, row in enumerate(block, first):
            if number > seen and row and len(row) != len(self.titles):
                many = len(row) > len(self.titles)
                self.table.add("extra-cell" if many else "missing-cell", number)

    def finish(self) -> None:
        """When the last row has passed."""
        if self.table is not None and not self.table.rows:
            self.table.add("no-rows")

    def findings(self) -> list[Finding]:
        """What was found in the columns."""
        found = (column.finding() for column in self.columns)
        return [replace(one, sheet=self.name) for one in found if one is not None]


def _narrowed(row: list[str]) -> list[str]:
    if len(row) <= MAX_COLUMNS:
        return row
    return [*row[:MAX_COLUMNS - 1], " | ".join(row[MAX_COLUMNS - 1:])]


__all__ = [
    "CERTAIN", "DOUBTFUL", "RULES", "UNREADABLE", "Inspection", "TooSlow", "as_dicts", "has_rows",
    "inspect", "unread",
]
