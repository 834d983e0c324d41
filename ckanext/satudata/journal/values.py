"""Reading plain values, however a form, the API, a sheet or the database wrote them. Pure."""
from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from typing import Any

from .quarters import FIRST_YEAR, LAST_YEAR

# What PostgreSQL cannot keep (NUL) and UTF-8 cannot say (halves of a surrogate pair).
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

TRUE = frozenset({"true", "ya", "yes", "y", "1", "wajib", "on", "t"})
FALSE = frozenset({"false", "tidak", "no", "n", "0", "tidak wajib", "off", "f"})


def text(value: Any) -> str | None:
    """Text without blanks around it, or None when there is none."""
    return str(value).strip() or None if value is not None else None


def boolean(value: Any) -> bool | None:
    """Yes or no in either language, or None for neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if value is not None else ""
    return True if word in TRUE else False if word in FALSE else None


def is_storable(text: str) -> bool:
    """Whether the database can keep this text and a page show it."""
    return _UNSTORABLE.search(text) is None


def date(value: Any) -> dt.date | None:
    """A day from a date, ``2026-08-17`` or ``17/08/2026``, or None for anything else.

    Days are of the years that quarters have: around them there is room to reckon.
    """
    day = _date(value)
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    word = str(value or "").strip()
    local = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", word)
    try:
        if local:
            day, month, year = (int(part) for part in local.groups())
            return dt.date(year, month, day)
        return dt.date.fromisoformat(word[:10]) if re.match(r"\d{4}-\d\d-\d\d", word) else None
    except ValueError:
        return None


def items(value: Any) -> list[str]:
    """The members of a list that is a list, its JSON, or text with ``;`` or ``,`` between them."""
    if value is None:
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, str):
        value = re.split(r"[;,]" if ";" not in value else ";", value)
    if not isinstance(value, list | tuple | set | frozenset):
        value = [value]
    return [word for word in (str(one).strip() for one in value) if word]
