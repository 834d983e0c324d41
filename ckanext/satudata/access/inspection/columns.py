"""What the columns of a table hold: findings of personal data, column by column.

A column is looked at as one text with a line for each cell, so that the patterns run over many
cells at once. What is kept of it are counts, the first rows, and a few hundred values to tell
different ones apart: never for longer than the inspection, and none of it is in a finding.

The verdict (docs/access.md, "Personal data"):
*certain* is a number of the right structure in a column so named, or at least five different ones
that make a tenth of its values; *doubtful* are fewer of them, titles alone, phones and private
mail. Long numbers that fit by chance, and codes that look like birth dates, are nothing.
Pure: no CKAN, no database.
"""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import headers, structure
from .headers import Title
from .structure import Shape, Wording

CERTAIN, DOUBTFUL = "pasti", "ragu"

#: "at least five different ones that make up a tenth of the values that are not empty"
DIFFERENT, SHARE = 5, 0.1
#: Of numbers of one length fewer than this part fit by chance: one in forty of all long numbers
#: has the structure of a NIK.
BY_CHANCE = 0.1
#: So many rows are named in a finding, so many values are told apart and checked.
ROWS, VALUES = 20, 500
#: What can only be doubtful needs no longer to be counted then.
ENOUGH = 50_000

_AS_ZEROS = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
#: What people and spreadsheets put between digits, as bytes of UTF-8 where it is not ASCII.
_SEPARATORS = b" .-'\t" + bytes(range(0x80, 0x100))
#: Digits of the shortest number that belongs to a person.
_SHORTEST = 10
_LONG = b"0" * _SHORTEST
_RUN = re.compile(rf"\d{{{_SHORTEST},}}")
# Begins with what is sought: the search then jumps from one to the next.
_BETWEEN_DIGITS = re.compile(
    r"[ \t.\-'’‘`\u00a0\u2007\u202f\u2010-\u2015](?<=\d.)(?<!\d{15}.)"
    r"[ \t.\-'’‘`\u00a0\u2007\u202f\u2010-\u2015]*(?=\d)"
)
#: A number with decimals is an amount or a place on earth, however many digits it has.
_DECIMAL = re.compile(r"(?m)^([ \t]*[+-]?\d+)\.(\d+[ \t]*)$")


@dataclass(frozen=True)
class Finding:
    """What was found in a column; it never holds a value.

    :param kind: see ``personal-data.json``, ``labels``
    :param certainty: ``pasti`` or ``ragu``
    :param column: the title, or the letter of the column where the title is a value
    :param key: by which answers remember the column
    :param rows: the first rows, by the numbers that a spreadsheet shows
    :param count: how many values
    :param sheet: the sheet, or the file within an archive; empty where there is only one
    """

    kind: str
    certainty: str
    column: str
    key: str
    rows: tuple[int, ...] = ()
    count: int = 0
    sheet: str = ""


@dataclass
class Tally:
    """What was seen of one shape in one column.

    :param count: how many values fit, and ``shaped``: how many have as many digits
    :param values: some of the different ones, and ``refused``: how many did not pass the check
    """

    shape: Shape | Wording
    count: int = 0
    shaped: int = 0
    rows: list[int] = field(default_factory=list)
    values: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    @property
    def days(self) -> int:
        """How many different birth days the values have; all are different if it has none."""
        day = self.shape.day if isinstance(self.shape, Shape) else None
        return len(self.values if day is None else {value[day] for value in self.values})

    def is_by_chance(self) -> bool:
        """Whether these are other numbers, of which some happen to fit."""
        return self.count < BY_CHANCE * self.shaped

    def is_of_people(self) -> bool:
        """Whether the values are born on many days; region codes in front of serials are not."""
        return len(self.values) < DIFFERENT or 2 * self.days > len(self.values)

    def take_runs(
        self, runs: Sequence[str], lengths: set[int], text: str, first_row: int
    ) -> None:
        """Count among the runs of digits in the text of some cells; ``lengths``: of the runs."""
        shape = self.shape
        if not isinstance(shape, Shape) or not shape.lengths & lengths:
            return
        shaped = runs if lengths <= shape.lengths else [
            run for run in runs if len(run) in shape.lengths]
        self.shaped += len(shaped)
        self._take(list(filter(shape.fits.fullmatch, shaped)), text, first_row, alone=True)

    def take_text(self, text: str, first_row: int) -> None:
        """Count in the text of some cells."""
        if isinstance(self.shape, Wording):
            self._take(self.shape.fits.findall(text), text, first_row, alone=False)

    def _take(self, found: list[str], text: str, first_row: int, *, alone: bool) -> None:
        if not found:
            return
        check = self.shape.check
        room = VALUES - len(self.values)
        if check is None:
            if room > 0:
                self.values.update(list(dict.fromkeys(found))[:room])
        else:
            for value in set(found) - self.values - self.refused:
                if len(self.values) + len(self.refused) >= VALUES:
                    break
                (self.values if check(value) else self.refused).add(value)
            if len(self.values) + len(self.refused) < VALUES:
                found = [value for value in found if value in self.values]
            elif len(self.refused) > len(self.values):
                # They have told that the pattern is not to be trusted here.
                found = []
        self.count += len(found)
        if found and len(self.rows) < ROWS:
            self._note_rows(set(found), text, first_row, alone=alone)

    def _note_rows(self, found: set[str], text: str, first_row: int, *, alone: bool) -> None:
        place, row = 0, first_row
        for match in (_RUN if alone else self.shape.fits).finditer(text):
            if match.group() not in found:
                continue
            row += text.count("\n", place, match.start())
            place = match.start()
            if not self.rows or self.rows[-1] != row:
                self.rows.append(row)
            if len(self.rows) >= ROWS:
                break


class Column:
    """One column of a sheet while its rows pass by."""

    def __init__(self, place: int, title: str, *, named: bool, spreadsheet: bool) -> None:
        """
        :param place: 0 for the first column
        :param named: whether its title may be said; else its letter is
        :param spreadsheet: whether numbers have been through a spreadsheet's fifteen digits
        """
        self.said: Title | None = headers.read(title) if named else None
        self.name = title.strip() if named and title.strip() else letter(place)
        self.key = (headers.key(title) if named else "") or f"#{letter(place).lower()}"
        self.filled = 0
        self.first_row: int | None = None
        expected = structure.by_title(self.said.kind) if self.said and self.said.certain else None
        self.expected = Tally(expected) if expected else None
        self.scientific = Tally(structure.SCIENTIFIC)
        self.numbers = [Tally(structure.nik(damaged=spreadsheet)), Tally(structure.NIP)]
        self.written = Tally(structure.NPWP_WRITTEN)
        self.phones = Tally(structure.PHONE)
        self.mail = Tally(structure.EMAIL)
        self.by_digits = [
            *self.numbers, self.phones, *([self.expected] if self.expected else []),
        ]

    def look(self, cells: Sequence[str], first_row: int) -> None:
        """Take in more cells.

        :param first_row: the number of the first one's row; the others follow it
        """
        filled = len(cells) - cells.count("")
        if not filled:
            return
        if self.first_row is None:
            self.first_row = first_row + next(i for i, cell in enumerate(cells) if cell)
        self.filled += filled
        text = "\n".join(cells)
        if text.count("\n") >= len(cells):
            text = "\n".join(cell.replace("\n", " ") for cell in cells)
        raw = text.encode("utf-8", "replace")
        bare = raw.translate(None, _SEPARATORS)
        if self.expected is not None:
            self.expected.take_text(text, first_row)
            self.scientific.take_text(text, first_row)
        if _LONG in bare.translate(_AS_ZEROS):
            if b"-" in raw:
                self.written.take_text(text, first_row)
            plain = text if len(bare) == len(raw) else _plain(text)
            runs = _RUN.findall(plain)
            lengths = set(map(len, runs))
            for tally in self.by_digits:
                if tally is self.phones and tally.shaped > ENOUGH:
                    continue
                tally.take_runs(runs, lengths, plain, first_row)
        if b"@" in raw and self.mail.count < ENOUGH:
            self.mail.take_text(text, first_row)

    def finding(self) -> Finding | None:
        """The verdict; one finding for a column, the gravest."""
        if not self.filled:
            return None
        if self.said and self.said.certain:
            return self._below_a_certain_title(self.said)
        tallies = (*self.numbers, self.written)
        for tally in tallies:
            if self._is_many(tally):
                return self._found(tally, CERTAIN)
        for tally in (*tallies, self.phones, self.mail):
            if tally.count and not tally.is_by_chance() and tally.is_of_people():
                return self._found(tally, DOUBTFUL)
        return self._asked(self.said) if self.said else None

    def _is_many(self, tally: Tally) -> bool:
        return (
            len(tally.values) >= DIFFERENT and tally.count >= SHARE * self.filled
            and not tally.is_by_chance() and tally.is_of_people()
        )

    def _below_a_certain_title(self, said: Title) -> Finding:
        """One value that fits is enough, for a number whose structure says something."""
        expected = [] if self.expected is None else [self.expected]
        if said.kind in _STRUCTURED:
            for tally in (*expected, *self.numbers, self.written, self.scientific):
                if tally.count:
                    return self._found(
                        tally, CERTAIN, said.kind if tally is self.scientific else None)
        elif any(tally.count >= self.filled / 2 for tally in expected):
            return self._found(expected[0], CERTAIN)
        else:
            for tally in (*self.numbers, self.written):
                if self._is_many(tally):
                    return self._found(tally, CERTAIN)
        return self._asked(said)

    def _found(self, tally: Tally, certainty: str, kind: str | None = None) -> Finding:
        return Finding(
            kind or tally.shape.kind, certainty, self.name, self.key, tuple(tally.rows),
            tally.count,
        )

    def _asked(self, said: Title) -> Finding:
        rows = () if self.first_row is None else (self.first_row,)
        return Finding(said.kind, DOUBTFUL, self.name, self.key, rows, self.filled)


#: Kinds of which the structure of one value is telling.
_STRUCTURED = ("nik", "nkk", "nip", "npwp")


def letter(place: int) -> str:
    """The letter of a column as spreadsheets have it: A for 0, AA for 26."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _plain(text: str) -> str:
    """Cells without what stands between the digits of a number."""
    if "." in text:
        text = _DECIMAL.sub(r"\1,\2", text)
    return _BETWEEN_DIGITS.sub("", text)
