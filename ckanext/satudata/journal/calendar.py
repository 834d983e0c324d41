"""The city's calendar: days, working days, and the versions of the rules that the figures rest on.

A day begins and ends in the city's time zone. The last allowed day of a period moves to the next
working day; a working day is one of the city's weekdays of work (Monday to Friday) that is no
holiday. Grace days, holidays, working days, the time for mending and the time zone are versioned:
a changed rule holds for periods that end on or after its date, so that nothing is judged by a rule
made afterwards. Pure: no CKAN, no database.
"""
from __future__ import annotations

import csv
import datetime as dt
import io
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Monday to Friday.
DEFAULT_WORKDAYS = frozenset(range(5))
DEFAULT_TIMEZONE = "Asia/Jakarta"
#: Working days after the day of a return in which a mended deposit keeps its first time.
DEFAULT_MENDING_DAYS = 5
#: Statements "unchanged" that are accepted in a row; the next one is refused.
DEFAULT_UNCHANGED_LIMIT = 2

_DAY = dt.timedelta(days=1)


class CalendarError(ValueError):
    """A rule, a set of rules or a time zone is not usable; the message says why."""


def _default_grace_days() -> dict[str, int]:
    """Grace days by frequency, from the data file that all rooms read."""
    path = resources.files("ckanext.satudata") / "schema" / "data" / "frequencies.csv"
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return {row["code"]: int(row["grace_days"]) for row in rows if row["grace_days"]}


#: Days after the end of a period in which its file may still come, by frequency code.
DEFAULT_GRACE_DAYS: Mapping[str, int] = MappingProxyType(_default_grace_days())


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone called ``name`` (IANA); raises :class:`CalendarError` when unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(f"unknown time zone: {name!r}") from error


@dataclass(frozen=True)
class RuleVersion:
    """One version of the rules.

    ``effective_from``: it holds for periods that end on or after this day; None = always.
    ``timezone``: IANA name. ``workdays``: weekdays of work, 0 = Monday. ``holidays``: days off.
    ``grace_days``: days after a period's end, by frequency code. ``mending_days``: working days
    after a return. ``unchanged_limit``: statements "unchanged" accepted in a row.
    ``recorded_at``: when it was recorded, None = no later than the day it takes effect.

    Raises :class:`CalendarError` when a value makes no sense.
    """

    effective_from: dt.date | None
    timezone: str
    workdays: frozenset[int]
    holidays: frozenset[dt.date]
    grace_days: Mapping[str, int] = field(hash=False)
    mending_days: int = DEFAULT_MENDING_DAYS
    unchanged_limit: int = DEFAULT_UNCHANGED_LIMIT
    recorded_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        zone(self.timezone)
        if not self.workdays or not self.workdays <= frozenset(range(7)):
            raise CalendarError("working days are one or more of 0 (Monday) to 6 (Sunday)")
        if any(days < 0 for days in self.grace_days.values()):
            raise CalendarError("grace days are never negative")
        if self.mending_days < 0 or self.unchanged_limit < 0:
            raise CalendarError("mending days and the limit of 'unchanged' are never negative")
        if self.recorded_at is not None and self.recorded_at.utcoffset() is None:
            raise CalendarError("the time of recording needs a time zone")

    def to_json(self) -> dict[str, Any]:
        """Plain values (strings, numbers, lists, dicts) that :meth:`from_json` takes back."""
        return {
            "effective_from": self.effective_from and self.effective_from.isoformat(),
            "timezone": self.timezone,
            "workdays": sorted(self.workdays),
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "grace_days": dict(sorted(self.grace_days.items())),
            "mending_days": self.mending_days,
            "unchanged_limit": self.unchanged_limit,
            "recorded_at": self.recorded_at
            and self.recorded_at.astimezone(dt.timezone.utc).isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RuleVersion:
        """The version that :meth:`to_json` wrote; other data raises :class:`CalendarError`."""
        try:
            start, recorded = data.get("effective_from"), data.get("recorded_at")
            return cls(
                effective_from=start and dt.date.fromisoformat(start),
                timezone=data["timezone"],
                workdays=frozenset(data["workdays"]),
                holidays=frozenset(map(dt.date.fromisoformat, data["holidays"])),
                grace_days=dict(data["grace_days"]),
                mending_days=data["mending_days"],
                unchanged_limit=data["unchanged_limit"],
                recorded_at=recorded and dt.datetime.fromisoformat(recorded),
            )
        except CalendarError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CalendarError(f"not a version of the rules: {error}") from error


@dataclass(frozen=True)
class RuleBook:
    """All versions of the rules, in the order of the days from which they hold.

    The first one holds from the beginning (``effective_from`` None); of two with the same day the
    later in the sequence stands. Raises :class:`CalendarError` for another order.
    """

    versions: tuple[RuleVersion, ...]
    #: Room for what other modules work out from this book alone; never part of its value.
    cache: dict[Any, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )
    _starts: tuple[dt.date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "versions", tuple(self.versions))
        if not self.versions or self.versions[0].effective_from is not None:
            raise CalendarError("the first version of the rules holds from the beginning")
        starts = [version.effective_from for version in self.versions[1:]]
        if None in starts:
            raise CalendarError("only the first version of the rules holds from the beginning")
        days = [day for day in starts if day is not None]
        if days != sorted(days):
            raise CalendarError("versions of the rules stand in the order of their days")
        object.__setattr__(self, "_starts", tuple(days))

    def for_period_ending(self, day: dt.date) -> RuleVersion:
        """The version for a period whose last day is ``day``."""
        return self.versions[bisect_right(self._starts, day)]

    def in_force_at(self, instant: dt.datetime) -> RuleVersion:
        """The version in force at a moment: the last whose own day had begun in its own zone."""
        for version in reversed(self.versions):
            start = version.effective_from
            if start is None or local_date(instant, version) >= start:
                return version
        raise AssertionError("the first version holds always")  # pragma: no cover

    def known_at(self, instant: dt.datetime) -> RuleBook:
        """The book as it was known at a moment: without the versions recorded later."""
        if all(_known(version, instant) for version in self.versions[1:]):
            return self
        later = tuple(version for version in self.versions[1:] if _known(version, instant))
        return RuleBook((self.versions[0], *later))

    def mending_until(self, returned_at: dt.datetime) -> dt.datetime:
        """Until when a deposit that was returned at ``returned_at`` can be mended (exclusive).

        That is the end of the last of the working days after the day of the return, by the
        calendar as known at that moment: each of those days by the version in force on it.
        Takes and gives aware datetimes, the answer in UTC.
        """
        known = self.known_at(returned_at)
        rules = known.in_force_at(returned_at)
        day = known.after_working_days(local_date(returned_at, rules), rules.mending_days)
        return end_of_day(day, rules)

    def after_working_days(self, day: dt.date, number: int) -> dt.date:
        """The last of so many working days after a day, each by the version in force on it."""
        while number > 0:
            day += _DAY
            number -= is_working_day(day, self.for_period_ending(day))
        return day

    def to_json(self) -> dict[str, Any]:
        """Plain values that :meth:`from_json` takes back."""
        return {"versions": [version.to_json() for version in self.versions]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RuleBook:
        """The book that :meth:`to_json` wrote; raises :class:`CalendarError` for anything else."""
        versions = data.get("versions") if isinstance(data, Mapping) else None
        if not isinstance(versions, (list, tuple)):
            raise CalendarError("not a book of rules: it has no list of versions")
        return cls(tuple(RuleVersion.from_json(version) for version in versions))


def _known(version: RuleVersion, instant: dt.datetime) -> bool:
    if version.recorded_at is not None:
        return version.recorded_at <= instant
    start = version.effective_from
    return start is None or local_date(instant, version) >= start


def is_working_day(day: dt.date, rules: RuleVersion) -> bool:
    """Whether ``day`` is a weekday of work and no holiday."""
    return day.weekday() in rules.workdays and day not in rules.holidays


def next_working_day(day: dt.date, rules: RuleVersion) -> dt.date:
    """``day`` itself when it is a working day, else the first one after it."""
    while not is_working_day(day, rules):
        day += _DAY
    return day


def working_days(first: dt.date, last: dt.date, rules: RuleVersion) -> int:
    """How many working days lie after ``first`` up to and including ``last``; 0 if none does."""
    days = (first + _DAY * number for number in range(1, (last - first).days + 1))
    return sum(is_working_day(day, rules) for day in days)


def end_of_day(day: dt.date, rules: RuleVersion) -> dt.datetime:
    """24:00 of ``day`` in the city's time zone, as an aware datetime in UTC.

    What happens at exactly this moment belongs to the next day.
    """
    midnight = dt.datetime.combine(day + _DAY, dt.time(), zone(rules.timezone))
    return midnight.astimezone(dt.timezone.utc)


def local_date(instant: dt.datetime, rules: RuleVersion) -> dt.date:
    """The city's date at ``instant`` (aware); raises :class:`CalendarError` for a naive one."""
    if instant.utcoffset() is None:
        raise CalendarError(f"a moment needs a time zone: {instant!r}")
    return instant.astimezone(zone(rules.timezone)).date()


def default_holidays(years: Iterable[int]) -> frozenset[dt.date]:
    """Indonesia's public holidays and joint leave days (cuti bersama) of ``years``.

    From the library ``holidays``, categories public and government. Days by the moon are
    estimates, and joint leave is not known, until the government has announced a year: record a
    new version of the rules then.
    """
    import holidays

    found = holidays.country_holidays(
        "ID", years=list(years), categories=("public", "government"), expand=False
    )
    return frozenset(found)


def default_rules(
    years: Iterable[int],
    *,
    timezone: str = DEFAULT_TIMEZONE,
    own_holidays: Iterable[dt.date] = (),
    mending_days: int = DEFAULT_MENDING_DAYS,
    unchanged_limit: int = DEFAULT_UNCHANGED_LIMIT,
) -> RuleVersion:
    """The first version of a city's rules: national holidays of ``years`` and its own days off."""
    return RuleVersion(
        effective_from=None,
        timezone=timezone,
        workdays=DEFAULT_WORKDAYS,
        holidays=default_holidays(years) | frozenset(own_holidays),
        grace_days=DEFAULT_GRACE_DAYS,
        mending_days=mending_days,
        unchanged_limit=unchanged_limit,
    )
