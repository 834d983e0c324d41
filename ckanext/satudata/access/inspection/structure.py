"""The structure of numbers that belong to persons, as patterns for whole columns at once.

A NIK is the region (six digits), the birth date (women: day + 40) and a serial; a spreadsheet
keeps fifteen digits, so its last one is often lost and serials of one digit are ``0000``. A NIP is
birth date, month of appointment (``21`` for contract staff), sex and serial. Sources:
``access-rules.json``, ``patterns``. Pure: no CKAN, no database.

The place in a NIK is looked at as far as the province: lists of regencies lag behind the law, and a
NIK keeps the code of its time. The check digits of an NPWP are those of python-stdnum.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from stdnum.id import npwp as _stdnum_npwp

from .headers import facts

#: Days (women: + 40) and months that exist; 29 February in leap years only.
_BORN = (
    r"(?:(?:0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(?:0[13578]|1[02])\d\d"
    r"|(?:0[1-9]|[12]\d|30|4[1-9]|[56]\d|70)(?:0[469]|11)\d\d"
    r"|(?:0[1-9]|1\d|2[0-8]|4[1-9]|5\d|6[0-8])02\d\d"
    r"|[26]902(?:[02468][048]|[13579][26]))"
)
_DAY_AND_MONTH = (
    r"(?:(?:0[1-9]|[12]\d|3[01])(?:0[13578]|1[02])|(?:0[1-9]|[12]\d|30)(?:0[469]|11)"
    r"|(?:0[1-9]|[12]\d)02)"
)
_BORN_YEAR_FIRST = (
    r"(?:19[3-9]\d|20[01]\d)(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)(?:0[1-9]|[12]\d|30)|02(?:0[1-9]|[12]\d))"
)


@dataclass(frozen=True)
class Shape:
    """A kind of number: how many digits in one run, and what they say.

    :param fits: matches the whole run when its structure is right
    :param lengths: how many digits it has; of those that have so many, few fit by chance
    :param check: what a pattern cannot say, asked of different values; None: nothing
    :param day: the date of birth within a value; numbers of persons have many, codes have few
    """

    kind: str
    fits: re.Pattern[str]
    lengths: frozenset[int]
    check: Callable[[str], bool] | None = None
    day: slice | None = None


@dataclass(frozen=True)
class Wording:
    """A kind of text, found anywhere in a cell."""

    kind: str
    fits: re.Pattern[str]
    check: Callable[[str], bool] | None = None


def _shape(
    kind: str, fits: str, *lengths: int, check: Callable[[str], bool] | None = None,
    day: slice | None = None,
) -> Shape:
    return Shape(kind, re.compile(fits), frozenset(lengths), check, day)


def is_npwp(value: str) -> bool:
    """Whether digits are an NPWP: fifteen, a NIK, or ``0`` before fifteen; six more for a branch.

    15 and 0 + 15 digits have a check digit. A NIK as NPWP is told by the structure of a NIK.
    """
    digits = re.sub(r"\D", "", value)
    if len(digits) == 22:
        digits = digits[:16]
    if len(digits) == 16 and not digits.startswith("0"):
        return nik().fits.fullmatch(digits) is not None
    return _stdnum_npwp.is_valid(digits)


def _appointed_grown_up(value: str) -> bool:
    return int(value[8:12]) - int(value[0:4]) >= 15


@lru_cache(maxsize=2)
def nik(*, damaged: bool = False) -> Shape:
    """A NIK; ``damaged``: out of a spreadsheet, where the serial may have become ``0000``."""
    serial = r"\d{4}" if damaged else r"(?!0000)\d{4}"
    provinces = "|".join(facts()["provinces"])
    return _shape("nik", rf"(?:{provinces})\d{{4}}{_BORN}{serial}", 16, day=slice(6, 12))


@lru_cache(maxsize=1)
def nkk() -> Shape:
    """The number of a family card: region, date of issue, serial. Told from a NIK by its title."""
    provinces = "|".join(facts()["provinces"])
    return _shape("nkk", rf"(?:{provinces})\d{{4}}{_DAY_AND_MONTH}\d{{6}}", 16)


#: By their structure alone, whatever the title says.
NIP = _shape(
    "nip", _BORN_YEAR_FIRST + r"(?:19|20)\d\d(?:0[1-9]|1[0-2]|21)[12]\d{3}", 18,
    check=_appointed_grown_up, day=slice(0, 8),
)
PHONE = _shape("phone", r"(?:62|0)8[1-9]\d{7,10}", 10, 11, 12, 13, 14)
NPWP_WRITTEN = Wording(
    "npwp", re.compile(r"\d{2}\.\d{3}(?<!\d{3}\.\d{3})\.\d{3}\.\d-\d{3}\.\d{3}(?!\d)"), is_npwp
)

# Begins with the one letter that is sought, and is bounded: no text makes the search slow. What is
# kept of an address is its domain, which is enough to tell an office's from others.
_DOMAIN = r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
_OFFICE = r"(?:[A-Za-z0-9-]{1,63}\.){0,8}go\.id(?![A-Za-z0-9-]|\.[A-Za-z0-9])"
EMAIL = Wording(
    "email", re.compile(rf"@(?<=[A-Za-z0-9._%+-]@)(?!{_OFFICE}){_DOMAIN}", re.IGNORECASE))

#: Below a title that names the kind.
BY_TITLE: dict[str, Shape | Wording] = {
    "nip": NIP,
    "npwp": _shape("npwp", r"\d+", 15, 16, 22, check=is_npwp),
    "rekening": _shape("rekening", r"\d+", *range(10, 17)),
    "bpjs": _shape("bpjs", r"\d+", 13),
    "nisn": _shape("nisn", r"(?:0[0-2]|9\d)\d{8}", 10),
    "ibu_kandung": Wording("ibu_kandung", re.compile(
        r"(?m)^(?!(?:ya|tidak|ada)$)[^\W\d_][^\d\n]{2,}$", re.IGNORECASE)),
    "sidik_jari": Wording("sidik_jari", re.compile(r"(?m)^[A-Za-z0-9+/=]{24,}$")),
}

#: ``3,57601E+15``: what a spreadsheet leaves of a number of fifteen digits and more.
SCIENTIFIC = Wording("scientific", re.compile(
    r"(?<![\d.,])[1-9](?:[.,]\d{1,17})?E\+1[4-7](?!\d)", re.IGNORECASE))


def by_title(kind: str) -> Shape | Wording | None:
    """How values of a kind look below a title that names it; None: no structure is known."""
    if kind == "nik":
        return nik(damaged=True)
    return nkk() if kind == "nkk" else BY_TITLE.get(kind)
