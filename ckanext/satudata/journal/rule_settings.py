"""What may be set in a new version of the rules, read from text or JSON. Pure.

Keys: ``timezone``, ``workdays`` (0 = Monday), ``mending_days``, ``unchanged_limit``,
``grace_days`` (by frequency; in text ``grace_days.bulanan=12``) and ``holidays`` (days by year: a
year that is named has just these days, other years stay as they were).
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from . import values
from .calendar import CalendarError, RuleVersion, default_holidays

NUMBERS = ("mending_days", "unchanged_limit")
KEYS = ("timezone", "workdays", *NUMBERS, "grace_days", "holidays")


def read(text: str) -> dict[str, Any]:
    """The setting ``key=value``; raises :class:`CalendarError` for what is none."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise CalendarError(f"write key=value: {text!r}")
    if key.startswith("grace_days."):
        return {"grace_days": {key.removeprefix("grace_days."): value}}
    if key not in ("timezone", "workdays", *NUMBERS):
        raise CalendarError(
            f"{key!r} is none of timezone, workdays, {', '.join(NUMBERS)}, grace_days.FREQUENCY"
        )
    return {key: values.items(value) if key == "workdays" else value}


def together(settings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several settings as one; of two for the same thing the later stands."""
    found: dict[str, Any] = {}
    for setting in settings:
        for key, value in setting.items():
            if key in ("grace_days", "holidays"):
                if not isinstance(value, Mapping):
                    raise CalendarError(f"{key}: not a list of names with values")
                found[key] = {**found.get(key, {}), **value}
            else:
                found[key] = value
    return found


def changed(before: RuleVersion, settings: Mapping[str, Any], start: dt.date) -> RuleVersion:
    """The version before with what is set, from a day on.

    :raises CalendarError: a key or value that makes no sense
    """
    unknown = settings.keys() - set(KEYS)
    if unknown:
        raise CalendarError(f"none of {', '.join(KEYS)}: {', '.join(sorted(unknown))}")
    told: dict[str, Any] = {
        key: _number(key, settings[key]) for key in NUMBERS if key in settings
    }
    if "timezone" in settings:
        told["timezone"] = str(settings["timezone"])
    if "workdays" in settings:
        told["workdays"] = frozenset(_number("workdays", day) for day in settings["workdays"])
    if "grace_days" in settings:
        grace = {code: _number(code, days) for code, days in settings["grace_days"].items()}
        unknown = grace.keys() - before.grace_days.keys()
        if unknown:
            raise CalendarError(f"no frequency with grace days: {', '.join(sorted(unknown))}")
        told["grace_days"] = {**before.grace_days, **grace}
    if "holidays" in settings:
        told["holidays"] = _holidays(before, settings["holidays"])
    return replace(before, effective_from=start, recorded_at=None, **told)


def library_year(year: int, besides: Iterable[dt.date] = ()) -> dict[str, Any]:
    """A year's days off as the library knows them, and others that were decreed besides."""
    days = {day for day in default_holidays([year]) if day.year == year} | set(besides)
    return {"holidays": {str(year): sorted(day.isoformat() for day in days)}}


def by_year(days: Iterable[dt.date]) -> dict[str, Any]:
    """Days off as a setting: the years that are named have just these."""
    found: dict[str, list[str]] = {}
    for day in sorted(set(days)):
        found.setdefault(str(day.year), []).append(day.isoformat())
    return {"holidays": found}


def _holidays(before: RuleVersion, told: Mapping[str, Any]) -> frozenset[dt.date]:
    kept = set(before.holidays)
    for name, days in told.items():
        year = _number("holidays", name)
        kept = {day for day in kept if day.year != year}
        for text in days:
            day = values.date(text)
            if day is None or day.year != year:
                raise CalendarError(f"{text!r} is no day of {year}")
            kept.add(day)
    return frozenset(kept)


def _number(key: str, value: Any) -> int:
    try:
        if isinstance(value, int | str) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        pass
    raise CalendarError(f"{key}: {value!r} is no whole number")
