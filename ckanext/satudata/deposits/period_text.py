"""Reading periods as people write them: "TW III 2026", "agustus 2026", "2026-8", "17/8/2026".

Only what can mean one thing is understood; the rest is refused with the list of codes. Stored
periods never pass through here: a code has one form. Pure: no CKAN, no database.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .periods import MONTHS, PeriodError, is_period, parse_period, refused, weeks_in

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
_PART_WORDS = {
    "S": "S", "SM": "S", "SMT": "S", "SEM": "S", "SEMESTER": "S", "HALF-YEAR": "S", "HALF": "S",
    "C": "C", "CW": "C", "CAWU": "C", "CATURWULAN": "C", "FOUR MONTHS": "C",
    "TW": "TW", "TRIWULAN": "TW", "TRIW": "TW", "Q": "TW", "QUARTER": "TW", "KUARTAL": "TW",
    "B": "B", "DWIBULAN": "B", "DWIWULAN": "B",
    "DM": "DM", "DWIMINGGU": "DM", "W": "W", "MINGGU": "W", "WEEK": "W", "PEKAN": "W",
}
_MONTH_NUMBERS = {
    name.upper(): number for names in MONTHS.values() for number, name in enumerate(names, 1)
}
_MONTH_NUMBERS |= {
    "JAN": 1, "FEB": 2, "PEB": 2, "PEBRUARI": 2, "MAR": 3, "APR": 4, "JUN": 6, "JUL": 7,
    "AGU": 8, "AGS": 8, "AGT": 8, "AUG": 8, "SEP": 9, "SEPT": 9, "OKT": 10, "OCT": 10, "NOV": 11,
    "NOP": 11, "NOPEMBER": 11, "DES": 12, "DEC": 12,
}


def _any_of(words: dict[str, object] | dict[str, str] | dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_PART = rf"(?P<part>{_any_of(_PART_WORDS)})[ .-]*(?:KE[ -]*)?"
_NUMBER = r"(?P<number>[0-9]{1,2}|I{1,3}|IV|VI?)"
_MONTH = rf"(?P<month>{_any_of(_MONTH_NUMBERS)})\.?"
_YEAR = r"(?:TAHUN |TH\.? ?|THN\.? ?)?(?P<year>[0-9]{4})"
_SEP = r"[ ,./-]*"


def normalise_period(text: str | float) -> str:
    """The code of the period that ``text`` means.

    Understood, in any case: the codes with one digit for two or a blank for the dash, the part
    before or after the year, Roman numbers, names of months in Indonesian and English, dates as
    day/month/year, and every label that :func:`~.periods.label` writes. A number of a sheet counts
    as its year. Raises :class:`PeriodError` for anything else.
    """
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    if not isinstance(text, (str, int)) or isinstance(text, bool):
        raise refused(text)
    folded = unicodedata.normalize("NFKC", str(text)).upper()
    folded = re.sub(r"[‐‑‒–—−]", "-", folded)
    folded = re.sub(r"\s*\([^()]*\)\s*$", "", folded)
    folded = re.sub(r"\s*([-/!,])\s*", r"\1", re.sub(r"\s+", " ", folded)).strip()
    if is_period(folded):
        return folded
    for pattern, read in _READERS:
        match = pattern.fullmatch(folded)
        if match is not None:
            return _written(read(match), text)
    raise refused(text)


def _written(code: str | None, text: object) -> str:
    if code is None:
        raise refused(text)
    try:
        return parse_period(code).code
    except PeriodError:
        raise refused(text) from None


def _number(text: str) -> int:
    return _ROMAN[text] if text in _ROMAN else int(text)


def _read_part(match: re.Match[str]) -> str:
    part, number = _PART_WORDS[match["part"]], _number(match["number"])
    digits = f"{number:02d}" if part in ("DM", "W") else str(number)
    return f"{match['year']}-{part}{digits}"


def _read_month(match: re.Match[str]) -> str:
    return f"{match['year']}-{_MONTH_NUMBERS[match['month']]:02d}"


def _read_day(match: re.Match[str]) -> str:
    return f"{_read_month(match)}-{int(match['day']):02d}"


def _read_numbers(match: re.Match[str]) -> str:
    found = match.groupdict()
    code = f"{found['year']}-{int(found['m']):02d}"
    return f"{code}-{int(found['d']):02d}" if found.get("d") else code


def _read_months(match: re.Match[str]) -> str | None:
    """"Juli-Agustus 2026": the two, three, four or six months that a code stands for."""
    first, last = _MONTH_NUMBERS[match["month"]], _MONTH_NUMBERS[match["last"]]
    step = last - first + 1
    letter = {2: "B", 3: "TW", 4: "C", 6: "S"}.get(step)
    return f"{match['year']}-{letter}{last // step}" if letter and last % step == 0 else None


def _read_two_weeks(match: re.Match[str]) -> str | None:
    first, last, year = int(match["first"]), int(match["last"]), int(match["year"])
    if not 1 <= year <= 9999 or first % 2 == 0:
        return None
    whole = weeks_in(year) if first == 51 else first + 1
    return f"{year:04d}-DM{(first + 1) // 2:02d}" if last == whole else None


def _read_years(match: re.Match[str]) -> str:
    return f"{match['year']}/{match['until']}"


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (_YEAR, lambda match: match["year"]),
        (rf"{_YEAR}{_SEP}{_PART}{_NUMBER}", _read_part),
        (rf"{_PART}{_NUMBER}{_SEP}{_YEAR}", _read_part),
        (rf"{_MONTH}{_SEP}{_YEAR}", _read_month),
        (rf"{_YEAR}{_SEP}{_MONTH}", _read_month),
        (rf"(?P<day>[0-9]{{1,2}}){_SEP}{_MONTH}{_SEP}{_YEAR}", _read_day),
        (rf"{_MONTH}-(?P<last>{_any_of(_MONTH_NUMBERS)})\.?{_SEP}{_YEAR}", _read_months),
        (r"(?P<year>[0-9]{4})[-/.](?P<m>[0-9]{1,2})(?:[-/.](?P<d>[0-9]{1,2}))?", _read_numbers),
        (r"(?:(?P<d>[0-9]{1,2})[-/.])?(?P<m>[0-9]{1,2})[-/.](?P<year>[0-9]{4})", _read_numbers),
        (r"(?:MINGGU|WEEK|PEKAN) (?P<first>[0-9]{1,2})-(?P<last>[0-9]{1,2}) (?P<year>[0-9]{4})",
         _read_two_weeks),
        (r"(?:TAHUN )?(?P<year>[0-9]{4})(?:[-/]| ?S\.?/?D\.? ?)(?P<until>[0-9]{4})", _read_years),
        (r"(?:SEKALI|ONCE),? ?(?P<year>[0-9]{4})", lambda match: f"{match['year']}!"),
    )
)
