"""Periods: the time a file is about, and how it is written.

==============  ==========================================================================
code            period
==============  ==========================================================================
``2026``        a year
``2026-S1``     a half-year (1, 2)
``2026-C1``     four months, caturwulan (1 to 3)
``2026-TW3``    a quarter, triwulan (1 to 4)
``2026-B4``     two months (1 to 6)
``2026-08``     a month
``2026-DM17``   two ISO weeks (01 to 26): weeks 1-2, 3-4 …; a 53rd week joins the last
``2026-W34``    an ISO week (01 to 52 or 53)
``2026-08-17``  a day
``2024/2026``   several years, the first and the last
``2026!``       once, something of the year 2026
==============  ==========================================================================

A code has one form only (``2026-08``, never ``2026-8``); :mod:`.period_text` understands
what people write. Pure: no CKAN, no database.
"""
from __future__ import annotations

import calendar as months
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ckanext.satudata.journal.quarters import FIRST_YEAR, LAST_YEAR, ROMAN

from .frequencies import Frequency, frequency

_DAY = dt.timedelta(days=1)

ALLOWED = (
    "2026, 2026-S1, 2026-C1, 2026-TW3, 2026-B4, 2026-08, 2026-DM17, 2026-W34, 2026-08-17, "
    "2024/2026 or 2026!"
)

#: Letters of the codes that cut a year into parts of some months.
_PARTS = {"B": 2, "TW": 3, "C": 4, "S": 6}
_LETTERS = {step: letter for letter, step in _PARTS.items()}

_CODE = re.compile(
    r"""(?P<year>[0-9]{4})
    (?: -(?P<part>S|C|TW|B)(?P<number>[1-9])
      | -(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?
      | -(?P<weeks>DM|W)(?P<week>[0-9]{2})
      | /(?P<until>[0-9]{4})
      | (?P<once>!)
    )?""",
    re.VERBOSE,
)


class PeriodError(ValueError):
    """A text is no period, or a rhythm has none; the message says what is allowed."""


@dataclass(frozen=True)
class Period:
    """A period: the code it is written with, its first and its last day. Ordered by time."""

    code: str
    first: dt.date
    last: dt.date

    def __lt__(self, other: Period) -> bool:
        return (self.first, self.last, self.code) < (other.first, other.last, other.code)

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.code


def parse_period(code: str) -> Period:
    """The period written as ``code`` in its one form; raises :class:`PeriodError`."""
    if not isinstance(code, str):
        raise refused(code)
    return _parse(code)


@lru_cache(maxsize=65536)
def _parse(code: str) -> Period:
    match = _CODE.fullmatch(code)
    if match is None:
        raise refused(code)
    year = int(match["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise refused(code, f"years go from {FIRST_YEAR} to {LAST_YEAR}")
    if match["part"]:
        return _part(year, match["part"], int(match["number"]), code)
    if match["weeks"]:
        return _weeks(year, match["weeks"], int(match["week"]), code)
    if match["day"]:
        return _one_day(year, int(match["month"]), int(match["day"]), code)
    if match["month"]:
        if not 1 <= int(match["month"]) <= 12:
            raise refused(code, "a month is 01 to 12")
        return _month(year, int(match["month"]))
    if match["until"]:
        return _years(year, int(match["until"]), code)
    return Period(code, dt.date(year, 1, 1), dt.date(year, 12, 31))


def is_period(code: str) -> bool:
    """Whether ``code`` is a period in its one form."""
    try:
        parse_period(code)
    except PeriodError:
        return False
    return True


def refused(text: object, reason: str = "") -> PeriodError:
    """The error for a text that is no period: what it was, why, and what is allowed."""
    explained = f"{reason}; allowed are" if reason else "allowed are"
    return PeriodError(f"not a period: {text!r} ({explained} {ALLOWED})")


def _part(year: int, letter: str, number: int, code: str) -> Period:
    step = _PARTS[letter]
    if number > 12 // step:
        raise refused(code, f"{letter} goes from 1 to {12 // step}")
    return _months(year, number * step - step + 1, step, code)


def _months(year: int, month: int, count: int, code: str) -> Period:
    last = month + count - 1
    end = dt.date(year, last, months.monthrange(year, last)[1])
    return Period(code, dt.date(year, month, 1), end)


def _month(year: int, month: int) -> Period:
    return _months(year, month, 1, f"{year:04d}-{month:02d}")


def _one_day(year: int, month: int, day: int, code: str) -> Period:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        raise refused(code, "there is no such day") from None
    return Period(code, date, date)


def weeks_in(year: int) -> int:
    """How many ISO weeks the ISO year ``year`` has: 52 or 53 (28 December is in the last)."""
    return dt.date(year, 12, 28).isocalendar()[1]


def _weeks(year: int, letters: str, number: int, code: str) -> Period:
    total = weeks_in(year)
    if letters == "W":
        if not 1 <= number <= total:
            raise refused(code, f"{year} has the weeks W01 to W{total}")
        return _week_span(year, number, number, code)
    if not 1 <= number <= 26:
        raise refused(code, "DM goes from 01 to 26")
    last = total if number == 26 else number * 2
    return _week_span(year, number * 2 - 1, last, code)


def _week_span(year: int, first: int, last: int, code: str) -> Period:
    return Period(
        code, dt.date.fromisocalendar(year, first, 1), dt.date.fromisocalendar(year, last, 7)
    )


def _years(first: int, last: int, code: str) -> Period:
    if not first < last <= LAST_YEAR:
        raise refused(code, "the second year is later than the first")
    return Period(code, dt.date(first, 1, 1), dt.date(last, 12, 31))


# --- rhythms ---------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def current_period(
    frequency_code: str, day: dt.date, tahun_awal: int | None = None
) -> Period | None:
    """The period of a rhythm in which ``day`` lies.

    None when the frequency has no rhythm, or when ``day`` is before ``tahun_awal``, from which
    periods of several years count (none is older). Raises :class:`PeriodError` when such a rhythm
    has no ``tahun_awal``, FrequencyError for an unknown frequency.
    """
    rhythm = frequency(frequency_code)
    if rhythm.unit == "day":
        return Period(day.isoformat(), day, day)
    if rhythm.unit == "iso_week":
        return _week_of(rhythm.step, day)
    if rhythm.unit == "month":
        return _months_of(rhythm.step, day)
    if rhythm.unit == "year":
        return _years_of(rhythm, day, tahun_awal)
    return None


def _week_of(step: int, day: dt.date) -> Period:
    year, week, _ = day.isocalendar()
    if step == 1:
        return _week_span(year, week, week, f"{year:04d}-W{week:02d}")
    number = min((week + 1) // 2, 26)
    return _weeks(year, "DM", number, f"{year:04d}-DM{number:02d}")


def _months_of(step: int, day: dt.date) -> Period:
    if step == 1:
        return _month(day.year, day.month)
    number = (day.month - 1) // step + 1
    code = f"{day.year:04d}-{_LETTERS[step]}{number}"
    return _months(day.year, number * step - step + 1, step, code)


def _years_of(rhythm: Frequency, day: dt.date, tahun_awal: int | None) -> Period | None:
    if rhythm.step == 1:
        return Period(f"{day.year:04d}", dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
    if tahun_awal is None:
        raise PeriodError(f"{rhythm.code} needs tahun_awal: its periods count from that year")
    if day.year < tahun_awal:
        return None
    first = day.year - (day.year - tahun_awal) % rhythm.step
    last = first + rhythm.step - 1
    return Period(f"{first:04d}/{last:04d}", dt.date(first, 1, 1), dt.date(last, 12, 31))


def default_tahun_awal(frequency_code: str, valid_from: dt.date) -> int | None:
    """From which year a rhythm of several years counts when nobody said so.

    So that a period ended in the year before ``valid_from``. None for other rhythms.
    """
    rhythm = frequency(frequency_code)
    return valid_from.year - rhythm.step if rhythm.needs_start_year else None


def periods_between(
    frequency_code: str,
    first_day: dt.date,
    last_day: dt.date,
    tahun_awal: int | None = None,
) -> Iterator[Period]:
    """The periods of a rhythm that touch the days ``first_day`` to ``last_day``, oldest first.

    They are made one at a time. Frequencies without a rhythm have none; several-year rhythms
    none before ``tahun_awal``, which they need (:class:`PeriodError`).
    """
    rhythm = frequency(frequency_code)
    if not rhythm.has_rhythm:
        return
    day = first_day
    if rhythm.needs_start_year and tahun_awal is not None:
        day = max(day, dt.date(tahun_awal, 1, 1))
    while day <= last_day:
        period = current_period(frequency_code, day, tahun_awal)
        if period is None:  # pragma: no cover - a rhythm has a period for each day from its start
            return
        yield period
        day = period.last + _DAY


def is_of_rhythm(period: Period, frequency_code: str, tahun_awal: int | None = None) -> bool:
    """Whether ``period`` is one of the periods of a rhythm, in its code as well."""
    if not frequency(frequency_code).has_rhythm:
        return False
    return current_period(frequency_code, period.first, tahun_awal) == period


# --- words -----------------------------------------------------------------------------------

#: Names of the months, January first, by language.
MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}
_WORDS = {
    "id": {"S": "Semester", "TW": "Triwulan", "C": "Caturwulan", "year": "Tahun ",
           "week": "Minggu", "once": "Sekali"},
    "en": {"S": "Half-year", "TW": "Quarter", "C": "Four months", "year": "", "week": "Week",
           "once": "Once"},
}


def label(code: str, lang: str = "id") -> str:
    """What people read for a period: "Agustus 2026", "Triwulan III 2026", "August 2026".

    ``lang``: ``en``… gives English, all else Indonesian, the official language. Raises
    :class:`PeriodError`. :mod:`.period_text` understands each label.
    """
    period = parse_period(code)
    lang = "en" if lang.lower().startswith("en") else "id"
    words = _WORDS[lang]
    match = _CODE.fullmatch(code)
    if match is None:  # pragma: no cover - parse_period has just read it
        raise refused(code)
    year = match["year"]
    if match["part"] == "B":
        names = MONTHS[lang]
        return f"{names[period.first.month - 1]}–{names[period.last.month - 1]} {year}"
    if match["part"]:
        return f"{words[match['part']]} {ROMAN[int(match['number']) - 1]} {year}"
    if match["weeks"]:
        return _week_label(period, match, lang)
    if match["day"]:
        return _date_label(period.first, lang)
    if match["month"]:
        return f"{MONTHS[lang][period.first.month - 1]} {year}"
    if match["until"]:
        return f"{words['year']}{year}–{match['until']}"
    if match["once"]:
        return f"{words['once']}, {year}"
    return f"{words['year']}{year}"


def _date_label(day: dt.date, lang: str) -> str:
    return f"{day.day} {MONTHS[lang][day.month - 1]} {day.year}"


def _week_label(period: Period, match: re.Match[str], lang: str) -> str:
    """The week's number and its days: nobody knows by heart when week 34 is."""
    weeks = str(int(match["week"]))
    if match["weeks"] == "DM":
        weeks = f"{period.first.isocalendar()[1]}–{period.last.isocalendar()[1]}"
    first, last, names = period.first, period.last, MONTHS[lang]
    since = str(first.day)
    if first.year != last.year:
        since = _date_label(first, lang)
    elif first.month != last.month:
        since = f"{first.day} {names[first.month - 1]}"
    days = f"{since}–{_date_label(last, lang)}"
    return f"{_WORDS[lang]['week']} {weeks} {match['year']} ({days})"
