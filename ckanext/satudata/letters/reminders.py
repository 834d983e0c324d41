"""Who is reminded of what today, and the text for an office's phone group.

docs/operator.md, "Reminders", has the rules in words. A step is told once: what is told has a name
(:class:`Reason`), and the database keeps those that were. Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ckanext.satudata.deposits.periods import label, parse_period
from ckanext.satudata.journal.calendar import RuleBook, is_working_day
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report.wording import Words

#: So long after its last day (days) an item is still reminded of; then it is for letters.
OVERDUE_DAYS = 91

#: Periods of fewer days come so often that they are told of once a week, when one is overdue.
SHORT_DAYS = 28

#: Who may be reminded: members of the office itself by their capacity; admins of its parent.
ADMIN, EDITOR, PARENT = "admin", "editor", "parent"
WHOM = (ADMIN, EDITOR, PARENT)

#: Items in a text for a phone group; a screen full of words is not read.
ON_THE_PHONE = 10

_DAY = dt.timedelta(days=1)
_INDONESIAN = Words("id")


@dataclass(frozen=True)
class Settings:
    """What a city has set (options below ``ckanext.satudata.reminders``).

    :param whom: of :data:`WHOM`; empty: nobody is reminded
    :param before: days before the last allowed day
    :param again: days from one reminder of an overdue item to the next; 0: it is reminded of once
    :param closing: days before the end of the quarter
    """

    whom: frozenset[str] = frozenset(WHOM)
    before: tuple[int, ...] = (7,)
    again: int = 7
    closing: tuple[int, ...] = (10, 3)


class Open(NamedTuple):
    """A period for which nothing has come."""

    obligation: UUID
    opd: UUID
    period: str
    last_day: dt.date


class Reason(NamedTuple):
    """Why an office is reminded: a step that an item (or the office, ``about``) has reached."""

    about: UUID
    step: str
    opd: UUID


class Counts(NamedTuple):
    """How many items a reminder is about, by what is the matter with them."""

    overdue: int
    soon: int


@dataclass(frozen=True)
class Day:
    """What a day reaches.

    :param works: whether people work on it: on other days nobody is reminded
    :param until: the day before the next working day: what reaches a step until then is told today
    """

    today: dt.date
    works: bool
    until: dt.date
    settings: Settings = Settings()

    @property
    def quarter(self) -> Quarter:
        """The running quarter."""
        return Quarter.of(self.today)

    @property
    def closes(self) -> int | None:
        """The step that the end of the quarter has reached, in days."""
        return _reached(self.quarter.last, self.until, self.settings.closing)

    @property
    def first(self) -> dt.date:
        """The earliest last day that is reminded of."""
        return self.today - OVERDUE_DAYS * _DAY

    @property
    def last(self) -> dt.date:
        """The latest last day that is reminded of."""
        ahead = self.until + max(self.settings.before, default=0) * _DAY
        return max(ahead, self.quarter.last) if self.closes is not None else ahead


def day(today: dt.date, rules: RuleBook, settings: Settings) -> Day:
    """A day by the city's calendar."""
    works = is_working_day(today, rules.for_period_ending(today))
    return Day(today, works, rules.after_working_days(today, 1) - _DAY, settings)


def reasons(rows: Iterable[Open], of: Day) -> Iterator[Reason]:
    """The steps that are reached on a day, whether they were told before or not.

    :param rows: periods for which nothing has come, with last days from ``of.first`` to ``of.last``
    """
    closing = set()
    for row in rows:
        if (step := _step(row, of)) is not None:
            yield Reason(row.obligation, step, row.opd)
        if of.closes is not None and row.last_day in of.quarter:
            closing.add(row.opd)
    for opd in closing:
        yield Reason(opd, f"closing:{of.quarter.code}:{of.closes}", opd)


def _step(row: Open, of: Day) -> str | None:
    over = (of.today - row.last_day).days
    if over <= 0:
        reached = _reached(row.last_day, of.until, of.settings.before)
        if reached is None or _is_short(row.period):
            return None
        # With its day: an extension is a new last day, which is told of anew.
        return f"soon:{reached}:{row.period}:{row.last_day}"
    if _is_short(row.period):
        year, week, _ = of.today.isocalendar()
        return f"overdue:{year}-W{week:02}"
    time = (over - 1) // of.settings.again if of.settings.again else 0
    return f"overdue:{time}:{row.period}:{row.last_day}"


def _reached(end: dt.date, until: dt.date, steps: Sequence[int]) -> int | None:
    """The nearest of the steps that lies not before a day's end."""
    left = (end - until).days
    return min((step for step in steps if left <= step), default=None)


@lru_cache(maxsize=4096)
def _is_short(period: str) -> bool:
    found = parse_period(period)
    return (found.last - found.first).days + 1 < SHORT_DAYS


def counts(rows: Iterable[Open], of: Day) -> dict[UUID, Counts]:
    """How many periods of each office a reminder of this day is about."""
    overdue: defaultdict[UUID, int] = defaultdict(int)
    soon: defaultdict[UUID, int] = defaultdict(int)
    for row in rows:
        (overdue if row.last_day < of.today else soon)[row.opd] += 1
    return {opd: Counts(overdue[opd], soon[opd]) for opd in {*overdue, *soon}}


def shared(
    offices: Iterable[UUID], recipients: Mapping[UUID, Iterable[str]]
) -> dict[str, list[UUID]]:
    """The offices of which each person is told, in one digest.

    :param recipients: persons by office
    """
    found: dict[str, list[UUID]] = {}
    for opd in sorted(offices):
        for person in recipients.get(opd, ()):
            found.setdefault(person, []).append(opd)
    return found


# --- for the phone ------------------------------------------------------------------------------


class Line(NamedTuple):
    """An item as a phone group reads it."""

    title: str
    period: str
    last_day: dt.date


def phone_text(
    office: str, city: str, lines: Sequence[Line], unnamed: int, today: dt.date, url: str
) -> str:
    """A short text in Indonesian, to be copied into a phone group by a person.

    :param lines: items that anybody may read about, the soonest first
    :param unnamed: how many more there are, which are only counted
    :param url: where to deposit
    """
    parts = [
        f"Yth. Bapak/Ibu pengelola data {office},",
        f"mohon bantuannya menyetorkan data berikut di portal Satu Data {city}:",
    ]
    named = lines[:ON_THE_PHONE]
    late = [line for line in named if line.last_day < today]
    early = [line for line in named if line.last_day >= today]
    for heading, word, found in (
        ("Lewat batas waktu", "batas", late), ("Segera jatuh tempo", "paling lambat", early),
    ):
        if found:
            parts.append("\n".join([f"{heading}:", *(
                f"- {line.title}, {label(line.period, 'id')} "
                f"({word} {_INDONESIAN.date(line.last_day)})" for line in found
            )]))
    if more := unnamed + len(lines) - len(named):
        parts.append(f"dan {more} data lain." if named else f"{more} data.")
    parts += [f"Setor di sini: {url}", "Terima kasih."]
    return "\n\n".join(parts)
