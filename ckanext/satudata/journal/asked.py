"""What callers of actions send in any room: yes or no, a moment, the rows of a sheet.

Each function returns the value or raises ValidationError on the field it came in.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from . import clock, rules, sheets, values
from .calendar import zone
from .quarters import FIRST_YEAR


def flag(data: Mapping[str, Any], field: str, default: bool = False) -> bool:
    """Yes or no; nothing is ``default``."""
    value = data.get(field)
    if value in (None, ""):
        return default
    answer = values.boolean(value)
    if answer is None:
        raise tk.ValidationError({field: [
            tk._("Neither yes nor no: {value}").format(value=value)
        ]})
    return answer


def moment(data: Mapping[str, Any], field: str = "as_of") -> dt.datetime | None:
    """A moment that is not in the future (ISO 8601); without an offset, in the city's time zone."""
    given = data.get(field)
    if not given:
        return None
    found = given if isinstance(given, dt.datetime) else _moment(str(given).strip())
    # Beyond the years of quarters Python's own arithmetic ends.
    if found is None or found.year < FIRST_YEAR:
        raise tk.ValidationError({field: [
            tk._("Not a moment. Write it as 2026-10-01T00:00:00+07:00.")
        ]})
    if found.utcoffset() is None:
        found = found.replace(tzinfo=city_zone())
    if found > clock.now():
        raise tk.ValidationError({field: [tk._("This moment lies in the future.")]})
    return found


def city_zone() -> dt.tzinfo:
    """The city's time zone by the rules now in force."""
    return zone(rules.rule_book().in_force_at(clock.now()).timezone)


def rows(data: Mapping[str, Any]) -> list[sheets.Row]:
    """The rows of an uploaded sheet (``upload``), or those given as dicts (``rows``).

    :raises sheets.SheetError: the file cannot be read as rows
    """
    upload = data.get("upload")
    if upload:
        content = upload.read() if hasattr(upload, "read") else upload
        if isinstance(content, str):
            content = content.encode()
        return sheets.read(content, getattr(upload, "filename", None) or "")
    if data.get("rows") is None:
        raise tk.ValidationError({"rows": [tk._("Give rows or a file.")]})
    return sheets.from_dicts(data["rows"])


def _moment(text: str) -> dt.datetime | None:
    # A plus sign in an address arrives as a blank; Python 3.10 does not know the letter Z.
    if "T" in text:
        text = text.replace(" ", "+")
    try:
        return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
