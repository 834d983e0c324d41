"""How a value is written: dates, years, region codes, standard codes, lists.

Each ``parse_*`` takes what people, sheets and programs send and returns the one form that is
stored; it raises :class:`BadValue` with a key of :data:`HINTS` when the text means nothing.
Pure: no CKAN, no database; the validators and the completeness check both stand on it.
"""
from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ckanext.satudata.translation import N_

#: What is allowed, said in English; the validators translate it.
HINTS = {
    "date": N_("Write the date as 2026-08-31 or 31/08/2026."),
    "date_or_year": N_("Write a year (2026), a month (2026-08) or a date (2026-08-31)."),
    "year": N_("Write years with four digits, for example 2026."),
    "region": N_("Write the Kemendagri region code with dots, for example 35.76 or 35.76.01.1003."),
    "region_bps": N_("Write the BPS region code with 2, 4, 7 or 10 digits, for example 3576."),
    "sds": N_("Write the code as in SD00001.00.00, or N/A where no standard exists."),
    "email": N_("Write an e-mail address such as data@contoh.go.id."),
    "phone": N_("Write a phone number: digits, spaces and + ( ) - . / only."),
    "boolean": N_("Answer yes or no."),
    "text": N_("Give a text."),
    "list": N_("Give a list of texts."),
    "dictionary": N_("Give the data dictionary as a JSON list with one object per column."),
}

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_YEAR = re.compile(r"[12]\d{3}")
_REGION = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
_REGION_BPS = re.compile(r"\d{2}|\d{4}|\d{7}|\d{10}")
_SDS = re.compile(r"(SD|SP|ST|SE|UL)\d{5}\.\d{2}\.\d{2}")
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_PHONE = re.compile(r"[+(]?\d[\d\s()+./-]{3,}(?:\s*(?:ext|psw)\.?\s*\d+)?", re.IGNORECASE)

_YES = frozenset({"true", "ya", "y", "yes", "1", "wajib", "benar", "on"})
_NO = frozenset({"false", "tidak", "t", "no", "n", "0", "salah", "off", "bukan"})
_NO_STANDARD = frozenset({"N/A", "NA", "-", "TIDAK ADA", "BELUM ADA"})


class BadValue(ValueError):
    """The text means nothing for this field; ``hint`` is the key of what is allowed."""

    def __init__(self, hint: str) -> None:
        super().__init__(HINTS[hint])
        self.hint = hint


def parse_date(value: Any) -> str:
    """A calendar date as ``YYYY-MM-DD``; day first where slashes or dots are used."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    text = str(value).strip()
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.group(1, 2, 3)
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.group(1, 2, 3)
    else:
        raise BadValue("date")
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise BadValue("date") from None


def parse_date_or_year(value: Any) -> str:
    """A year, a month or a date: ``2026``, ``2026-08`` or ``2026-08-31``."""
    text = str(value).strip()
    if _YEAR.fullmatch(text):
        return text
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match.group(2)) <= 12:
        return f"{match.group(1)}-{int(match.group(2)):02d}"
    try:
        return parse_date(value)
    except BadValue:
        raise BadValue("date_or_year") from None


def parse_year(value: Any) -> str:
    """A year of four digits."""
    text = str(value).strip()
    if isinstance(value, bool) or not _YEAR.fullmatch(text):
        raise BadValue("year")
    return text


def parse_region(value: Any) -> str:
    """A Kemendagri region code with dots, down to kelurahan or desa."""
    return _matching(_REGION, str(value).strip(), "region")


def parse_region_bps(value: Any) -> str:
    """A BPS region code: digits only."""
    return _matching(_REGION_BPS, str(value).strip(), "region_bps")


def parse_sds(value: Any) -> str:
    """A code of the national list of statistical standards (SDSN), or ``N/A``."""
    text = str(value).strip().upper()
    return "N/A" if text in _NO_STANDARD else _matching(_SDS, text, "sds")


def parse_email(value: Any) -> str:
    """An e-mail address, only roughly checked: mail servers know better."""
    return _matching(_EMAIL, str(value).strip(), "email")


def parse_phone(value: Any) -> str:
    """A phone number as people write it."""
    return _matching(_PHONE, str(value).strip(), "phone")


def parse_boolean(value: Any) -> str:
    """``true`` or ``false``, from ya/tidak, yes/no, 1/0."""
    text = str(value).strip().casefold()
    if text in _YES:
        return "true"
    if text in _NO:
        return "false"
    raise BadValue("boolean")


def parse_list(value: Any) -> list[str]:
    """Several texts, from a list, a JSON list, or text separated by ``;`` or line ends.

    Blank ones and repetitions fall away; the order stays.
    """
    if isinstance(value, str):
        value = _split(value)
    if isinstance(value, (Mapping, bytes)) or not isinstance(value, Iterable):
        raise BadValue("list")
    texts: dict[str, None] = {}
    for item in value:
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise BadValue("list")
        if text := str(item).strip():
            texts[text] = None
    return list(texts)


def parse_dictionary(value: Any) -> list[dict[str, Any]]:
    """A data dictionary: MS-Var records, one object for each column of the file."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise BadValue("dictionary") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadValue("dictionary")
    return value


def load_list(value: Any) -> list[Any]:
    """A stored list as a list; what is not JSON counts as one text."""
    if isinstance(value, list):
        return value
    if value is None or value == "":
        return []
    try:
        loaded = json.loads(value)
    except (TypeError, ValueError):
        return [value]
    return loaded if isinstance(loaded, list) else [value]


def dump_list(value: list[Any]) -> str:
    """A list as it is stored: JSON, readable, in the order given."""
    return json.dumps(value, ensure_ascii=False)


def first_day(value: str) -> dt.date:
    """The first day of a stored year, month or date."""
    return dt.date.fromisoformat((value + "-01-01")[:10])


def region_codes(text: str) -> frozenset[str]:
    """The codes of a city's region file: CSV text with the column ``kode_kemendagri``."""
    rows = csv.DictReader(text.splitlines())
    return frozenset(code for row in rows if (code := (row.get("kode_kemendagri") or "").strip()))


def _matching(pattern: re.Pattern[str], text: str, hint: str) -> str:
    if not pattern.fullmatch(text):
        raise BadValue(hint)
    return text


def _split(text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            loaded = json.loads(text)
        except ValueError:
            raise BadValue("list") from None
        return loaded
    return re.split(r"[;\r\n]+", text)
