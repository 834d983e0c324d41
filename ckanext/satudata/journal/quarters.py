"""Quarters: the four triwulan of a calendar year, which is also the fiscal year.

Triwulan I is 1 January to 31 March, II 1 April to 30 June, III 1 July to 30 September and
IV 1 October to 31 December. A quarter is written ``2026-TW3``. Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

#: Official numbering of the quarters on screen and paper, first to fourth.
ROMAN = ("I", "II", "III", "IV")

#: Years that can be written in a code of four digits and still leave room to reckon around them.
FIRST_YEAR, LAST_YEAR = 1900, 2999

_CODE = re.compile(r"([0-9]{4})-TW([1-4])")


class QuarterError(ValueError):
    """Something is not a quarter; the message says what is allowed."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year; quarters compare in the order of time.

    ``year`` is the calendar year (1900 to 2999), ``number`` 1 to 4. Raises :class:`QuarterError`
    for anything else.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise QuarterError(f"a quarter's year is {FIRST_YEAR} to {LAST_YEAR}: {self.year}")
        if not 1 <= self.number <= 4:
            raise QuarterError(f"a quarter is 1, 2, 3 or 4: {self.number}")

    @classmethod
    def parse(cls, code: str) -> Quarter:
        """The quarter written as ``code``, for example ``2026-TW3``; raises QuarterError."""
        match = _CODE.fullmatch(code) if isinstance(code, str) else None
        if match is None:
            raise QuarterError(f"not a quarter (like 2026-TW3, TW1 to TW4): {code!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter in which ``day`` lies (a plain date of the city's calendar)."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def from_index(cls, index: int) -> Quarter:
        """The quarter whose :attr:`index` is ``index``."""
        year, number = divmod(index, 4)
        return cls(year, number + 1)

    @property
    def index(self) -> int:
        """Year * 4 + 0…3: consecutive quarters have consecutive numbers."""
        return self.year * 4 + self.number - 1

    @property
    def code(self) -> str:
        """The code, for example ``2026-TW3``."""
        return f"{self.year:04d}-TW{self.number}"

    @property
    def roman(self) -> str:
        """The number as it is written on screen and in letters: ``III``."""
        return ROMAN[self.number - 1]

    @property
    def first(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> dt.date:
        """The last day."""
        if self.number == 4:
            return dt.date(self.year, 12, 31)
        return dt.date(self.year, self.number * 3 + 1, 1) - dt.timedelta(days=1)

    def next(self) -> Quarter:
        """The quarter after this one."""
        return self.from_index(self.index + 1)

    def previous(self) -> Quarter:
        """The quarter before this one."""
        return self.from_index(self.index - 1)

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.code


def quarter_index(day: dt.date) -> int:
    """The index of the quarter in which ``day`` lies, without making a :class:`Quarter`."""
    return day.year * 4 + (day.month - 1) // 3
