"""What an obligation owes, and by which day: the last allowed day decides everything.

The last allowed day of a period is the end of the period and the grace days of its frequency,
moved to the next working day; or the day that the obligation's own schedule gives, as given; or
the day of an extension. It decides whether the period is owed (the day lies in the validity of the
obligation), in which quarter it is due, and which office answers for it (the one responsible on
that day). On time is what came before 24:00 of that day in the city's time zone.

How versions of an obligation follow each other, where the rule in words leaves room:

* The first version holds from the beginning, whatever its date: the validity limits it.
* A *rhythm* is a frequency with its ``tahun_awal``. A changed rhythm starts with its first period
  that begins on or after the date of the change; a period belongs to the rhythm that has started
  on its first day. So no day is left without a period; a long period that began under the old
  rhythm is still owed when the new one starts inside it. A frequency without a rhythm starts on
  the date itself.
* A change moves only days that are not over, and only to days that are not over on its own date:
  nothing is judged by a rule made afterwards. What would reach back leaves the day as it was.
* ``tahun_awal`` that nobody gave is reckoned from the validity of the first version with that
  frequency, so that a later version does not shift the periods. No period is older than it.
* An extension never shortens, and never goes beyond ``valid_until``. A waiver leaves the day.
* A schedule entry for a period that the rhythm does not have is no obligation: :func:`faults`
  names it.

Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ckanext.satudata.journal.calendar import (
    RuleBook,
    end_of_day,
    is_working_day,
    next_working_day,
)
from ckanext.satudata.journal.quarters import Quarter, quarter_index

from .frequencies import CONTINUOUS, SCHEDULED, UNKNOWN, Frequency, frequency
from .periods import (
    Period,
    PeriodError,
    current_period,
    default_tahun_awal,
    is_of_rhythm,
    parse_period,
    periods_between,
)

_DAY = dt.timedelta(days=1)


class ScheduleError(ValueError):
    """An obligation's versions or schedule make no sense; the message says why."""


class ScheduledPeriod(NamedTuple):
    """One entry of an obligation's own schedule: the last allowed ``day`` of ``period``."""

    period: str
    day: dt.date


@dataclass(frozen=True)
class ObligationVersion:
    """An obligation as it stands from ``effective_from`` (None = from the beginning).

    ``opd``: the responsible office. ``frekuensi``: a code of the frequency table. ``tahun_awal``:
    first year of several-year periods. ``valid_from``, ``valid_until`` (None = open): last allowed
    days that count. ``jadwal``: its own schedule, one entry a period.
    """

    effective_from: dt.date | None
    opd: UUID
    frekuensi: str
    tahun_awal: int | None
    valid_from: dt.date
    valid_until: dt.date | None
    jadwal: tuple[ScheduledPeriod, ...] = ()

    def __post_init__(self) -> None:
        listed = [entry.period for entry in self.jadwal]
        if len(listed) != len(set(listed)):
            double = sorted({code for code in listed if listed.count(code) > 1})
            raise ScheduleError(f"more than one day in the schedule for: {', '.join(double)}")


class Dispensation(NamedTuple):
    """The standing dispensation for a period: an extension to ``until``, or a waiver (None)."""

    period: str
    until: dt.date | None


class DuePeriod(NamedTuple):
    """A period that is owed.

    ``last_day``: the last allowed day. ``deadline``: its 24:00 in UTC; what came before it is on
    time. ``opd``: the office that answers. ``quarter``: index of the quarter it is due in.
    ``continuous``: a month of data that flows all the time; whatever arrives in it counts for it.
    """

    period: str
    last_day: dt.date
    deadline: dt.datetime
    opd: UUID
    quarter: int
    waived: bool
    extended: bool
    continuous: bool = False


class UnjudgedQuarter(NamedTuple):
    """A quarter in which an obligation cannot be judged, and the office that stands for it."""

    quarter: int
    opd: UUID


def due_periods(
    versions: Sequence[ObligationVersion],
    dispensations: Mapping[str, Dispensation],
    rules: RuleBook,
    until: dt.date,
) -> list[DuePeriod]:
    """All periods of an obligation whose last allowed day is not after ``until``.

    ``versions``: in the order of their days; of two with one day the later stands.
    ``dispensations``: the standing one of each period, by its code. Ordered by last day and code.
    Raises :class:`ScheduleError` for versions out of order, FrequencyError and PeriodError for
    codes that do not exist.
    """
    timeline = _Timeline(versions)
    found = []
    for period in timeline.candidates(dispensations, rules, until):
        due = timeline.due(period, dispensations.get(period.code), rules)
        if due is not None and due.last_day <= until:
            found.append(due)
    found.sort(key=lambda due: (due.last_day, due.period))
    return found


def unjudged_quarters(
    versions: Sequence[ObligationVersion], until: dt.date
) -> list[UnjudgedQuarter]:
    """The quarters, up to that of ``until``, in which an obligation counts as unjudged.

    An obligation of unknown frequency, or one that is owed by schedule only and has none, is not
    judged: it is counted in each quarter that its validity touches, under the office responsible
    on the quarter's last day. Which version that is decides alike about frequency and validity.
    """
    if not versions:
        return []
    timeline = _Timeline(versions)
    first = quarter_index(min(version.valid_from for version in versions))
    found = []
    for index in range(first, quarter_index(until) + 1):
        quarter = Quarter.from_index(index)
        version = timeline.version_on(quarter.last)
        since = max(version.valid_from, quarter.first)
        touched = since <= min(version.valid_until or quarter.last, quarter.last)
        if touched and not is_judged(version):
            found.append(UnjudgedQuarter(index, version.opd))
    return found


def is_judged(version: ObligationVersion) -> bool:
    """Whether a version says when something is due: it has a rhythm or a schedule."""
    nature = frequency(version.frekuensi).nature
    return nature != UNKNOWN and (nature != SCHEDULED or bool(version.jadwal))


def faults(version: ObligationVersion) -> list[str]:
    """What is wrong with a version, in plain English, one sentence each; empty when nothing is."""
    found = []
    rhythm = frequency(version.frekuensi)
    if not is_judged(version):
        found.append(f"nothing says when it is due: {rhythm.code} without a schedule")
    if version.valid_until is not None and version.valid_until < version.valid_from:
        found.append("it ends before it begins")
    start = version.tahun_awal
    if start is None:
        start = default_tahun_awal(rhythm.code, version.valid_from)
    for entry in version.jadwal:
        try:
            period = parse_period(entry.period)
        except PeriodError as error:
            found.append(str(error))
            continue
        if rhythm.has_rhythm and not is_of_rhythm(period, rhythm.code, start):
            found.append(f"{entry.period} is no period of {rhythm.code}")
        elif rhythm.nature == UNKNOWN:
            found.append(f"{entry.period} is scheduled, but the frequency is unknown")
    return found


def last_allowed_day(period: Period, frekuensi: str, rules: RuleBook) -> dt.date:
    """The last allowed day by the calendar alone: end, grace days, next working day.

    ``terus_menerus`` has no grace and is not moved. The rules are those for periods that end on
    the last day of ``period``.
    """
    key = ("last day", frekuensi, period.last)
    day: dt.date | None = rules.cache.get(key)
    if day is None:
        day = period.last
        if frequency(frekuensi).nature != CONTINUOUS:
            version = rules.for_period_ending(day)
            grace = version.grace_days.get(frekuensi, 0)
            day = next_working_day(day + dt.timedelta(days=grace), version)
        rules.cache[key] = day
    return day


def _deadline(day: dt.date, period: Period, rules: RuleBook) -> dt.datetime:
    """24:00 of ``day`` in the time zone that holds for ``period``."""
    version = rules.for_period_ending(period.last)
    key = ("end of day", version.timezone, day)
    moment: dt.datetime | None = rules.cache.get(key)
    if moment is None:
        moment = rules.cache[key] = end_of_day(day, version)
    return moment


# --- the versions of one obligation in time ----------------------------------------------------


class _Stage(NamedTuple):
    """A version with what follows from it and from the versions before."""

    version: ObligationVersion
    #: First day on which it is in force; the first version's is the beginning of time.
    since: dt.date
    rhythm: Frequency
    tahun_awal: int | None
    #: Serial number of the rhythm: versions that do not change it share one.
    run: int
    #: The day its rhythm starts.
    start: dt.date
    schedule: dict[str, dt.date]


class _Timeline:
    """The versions of one obligation, ready to be asked about days and periods."""

    def __init__(self, versions: Sequence[ObligationVersion]) -> None:
        self.stages: list[_Stage] = []
        for position, version in enumerate(versions):
            after = versions[position + 1] if position + 1 < len(versions) else None
            if position and after is not None and after.effective_from == version.effective_from:
                continue  # overtaken on its own day: it never holds
            self.stages.append(self._stage(version))

    def _stage(self, version: ObligationVersion) -> _Stage:
        rhythm = frequency(version.frekuensi)
        schedule = {entry.period: entry.day for entry in version.jadwal}
        before = self.stages[-1] if self.stages else None
        if before is None:
            awal = _start_year(version, None)
            return _Stage(version, dt.date.min, rhythm, awal, 0, dt.date.min, schedule)
        since = version.effective_from
        if since is None or since < before.since:
            raise ScheduleError("versions of an obligation stand in the order of their days")
        awal = _start_year(version, before)
        if (rhythm, awal) == (before.rhythm, before.tahun_awal):
            return _Stage(version, since, rhythm, awal, before.run, before.start, schedule)
        start = _first_begin(rhythm, awal, since)
        return _Stage(version, since, rhythm, awal, before.run + 1, start, schedule)

    def version_on(self, day: dt.date) -> ObligationVersion:
        """The version in force on ``day``."""
        return self._stage_on(day).version

    def _stage_on(self, day: dt.date) -> _Stage:
        for stage in reversed(self.stages):
            if stage.since <= day:
                return stage
        return self.stages[0]  # pragma: no cover - the first one holds from the beginning

    # -- which periods may be owed

    def candidates(
        self, dispensations: Mapping[str, Dispensation], rules: RuleBook, until: dt.date
    ) -> Iterable[Period]:
        """Each period that may have a last allowed day in the validity, once."""
        found: dict[str, Period] = {}
        if self.stages:
            for period in self._by_calendar(rules, until):
                found[period.code] = period
        for stage in self.stages:
            for code in stage.schedule:
                if code not in found:
                    found[code] = parse_period(code)
        for code in dispensations:
            if code not in found:
                found[code] = parse_period(code)
        return found.values()

    def _by_calendar(self, rules: RuleBook, until: dt.date) -> Iterator[Period]:
        """The periods that follow from the rhythms, from the first that can fall in the validity.

        A last allowed day by the calendar is never before the period's last day, so nothing that
        ends after ``until`` can be due by then.
        """
        opens = min(stage.version.valid_from for stage in self.stages)
        closes = max(stage.version.valid_until or dt.date.max for stage in self.stages)
        runs = {stage.run: stage for stage in reversed(self.stages)}
        for run, stage in sorted(runs.items()):
            if not stage.rhythm.has_rhythm:
                continue
            ends = [other.start for other in self.stages if other.run > run]
            stop = min([until, closes, *(day - _DAY for day in ends)])
            # The period in which a rhythm stops may end long after, when its grace still runs.
            begin = max(stage.start, min(_earliest_end(stage.rhythm, rules, opens), stop))
            for period in periods_between(stage.rhythm.code, begin, stop, stage.tahun_awal):
                if period.first >= stage.start and period.last <= until:
                    yield period

    # -- the last allowed day

    def due(
        self, period: Period, dispensation: Dispensation | None, rules: RuleBook
    ) -> DuePeriod | None:
        """The period with its last allowed day, or None when it is not owed."""
        day, owner = self._day(period, rules)
        if day is None:
            return None
        until = dispensation.until if dispensation is not None else None
        extended = False
        if until is not None:
            limit = self.version_on(until).valid_until
            until = until if limit is None else min(until, limit)
            extended = until > day
            day = max(day, until)
        version = self.version_on(day)
        if day < version.valid_from or (
            version.valid_until is not None and day > version.valid_until
        ):
            return None
        return DuePeriod(
            period.code,
            day,
            _deadline(day, period, rules),
            version.opd,
            quarter_index(day),
            dispensation is not None and dispensation.until is None,
            extended,
            owner.rhythm.nature == CONTINUOUS and is_of_rhythm(period, owner.rhythm.code),
        )

    def _day(self, period: Period, rules: RuleBook) -> tuple[dt.date | None, _Stage]:
        """The last allowed day without dispensation, and the stage whose period it is.

        Each change is looked at in turn, as long as the day is not over.
        """
        owner = self.stages[0]
        day: dt.date | None = None
        for stage in self.stages:
            if day is not None and day < stage.since:
                break
            # The rhythm that has started on the period's first day, as far as is known by now.
            owner = stage if stage.start <= period.first else owner
            proposed = self._proposed(period, stage, owner, day, rules)
            if proposed is None or proposed >= stage.since:
                day = proposed
            elif day is None and stage is owner and stage.rhythm.has_rhythm:
                day = last_allowed_day(period, stage.rhythm.code, rules)
        return day, owner

    def _proposed(
        self,
        period: Period,
        stage: _Stage,
        owner: _Stage,
        day: dt.date | None,
        rules: RuleBook,
    ) -> dt.date | None:
        """The day that one stage gives to a period; ``day`` is what the stages before gave."""
        listed = stage.schedule.get(period.code)
        if stage.rhythm.nature == SCHEDULED and listed is not None:
            return listed
        if stage.run != owner.run:
            return day  # a period of an older rhythm, which goes on
        if not is_of_rhythm(period, stage.rhythm.code, stage.tahun_awal):
            return None
        return listed or last_allowed_day(period, stage.rhythm.code, rules)


def _start_year(version: ObligationVersion, before: _Stage | None) -> int | None:
    """``tahun_awal`` of a version; reckoned once for versions that keep the frequency."""
    if not frequency(version.frekuensi).needs_start_year:
        return None
    if version.tahun_awal is not None:
        return version.tahun_awal
    kept = before is not None and before.version.frekuensi == version.frekuensi
    if before is not None and kept and before.version.tahun_awal is None:
        return before.tahun_awal
    return default_tahun_awal(version.frekuensi, version.valid_from)


def _first_begin(rhythm: Frequency, tahun_awal: int | None, since: dt.date) -> dt.date:
    """The first day of the first period of a rhythm that begins on or after ``since``."""
    if not rhythm.has_rhythm:
        return since
    if tahun_awal is not None:
        since = max(since, dt.date(tahun_awal, 1, 1))
    period = current_period(rhythm.code, since, tahun_awal)
    if period is None or period.first == since:
        return since
    return period.last + _DAY


def _earliest_end(rhythm: Frequency, rules: RuleBook, opens: dt.date) -> dt.date:
    """The earliest day on which a period can end and still be due on or after ``opens``.

    What ends so early that its grace is over on the last working day before ``opens`` is moved
    to that day at the latest.
    """
    earliest = opens
    for version in rules.versions:
        day = opens - _DAY
        while not is_working_day(day, version):
            day -= _DAY
        grace = version.grace_days.get(rhythm.code, 0)
        earliest = min(earliest, day - dt.timedelta(days=grace) + _DAY)
    return earliest
