"""Which periods an item owes and by which day: the plugin's own rule, asked for one item."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

from ckanext.satudata.deposits.frequencies import frequency
from ckanext.satudata.deposits.periods import (
    Period,
    current_period,
    default_tahun_awal,
    parse_period,
)
from ckanext.satudata.deposits.schedule import (
    DuePeriod,
    ObligationVersion,
    ScheduledPeriod,
    due_periods,
    last_allowed_day,
)
from ckanext.satudata.journal.calendar import RuleBook, default_rules
from ckanext.satudata.journal.quarters import Quarter

from .model import RegisterItem

_DAY = dt.timedelta(days=1)


def rule_book(years: Iterable[int]) -> RuleBook:
    """The rules a new portal starts with: national holidays, default grace days."""
    return RuleBook((default_rules(years),))


def key_of(*parts: str) -> UUID:
    """A lasting key for something that has a name only."""
    return uuid5(NAMESPACE_URL, "contoh:" + "/".join(parts))


def version_of(item: RegisterItem) -> ObligationVersion:
    """The one version that an item of the sample register has."""
    return ObligationVersion(
        None, key_of(item.office_code), item.frekuensi, None, item.valid_from, item.valid_until,
        tuple(ScheduledPeriod(period, day) for period, day in item.jadwal),
    )


def owed(item: RegisterItem, rules: RuleBook, until: dt.date) -> list[DuePeriod]:
    """The periods that an item owes with a last allowed day up to ``until``, oldest first."""
    return due_periods([version_of(item)], {}, rules, until)


def quarters_before(today: dt.date, count: int) -> list[Quarter]:
    """The ``count`` quarters before that of ``today``, oldest first."""
    now = Quarter.of(today).index
    return [Quarter.from_index(index) for index in range(now - count, now)]


def latest_period(frekuensi: str, today: dt.date, rules: RuleBook) -> str:
    """The latest period whose last allowed day is over; last year where there is no rhythm."""
    if not frequency(frekuensi).has_rhythm:
        return str(today.year - 1)
    start = default_tahun_awal(frekuensi, dt.date(today.year - 1, 1, 1))
    period = current_period(frekuensi, today, start)
    while period is not None and last_allowed_day(period, frekuensi, rules) >= today:
        period = current_period(frekuensi, period.first - _DAY, start)
    return period.code if period else str(today.year - 1)


def before(code: str, frekuensi: str, count: int) -> list[str]:
    """``code`` with the periods of its rhythm before it, ``count`` in all, oldest first."""
    found = [parse_period(code)]
    if frequency(frekuensi).has_rhythm and not frequency(frekuensi).needs_start_year:
        while len(found) < count:
            earlier = current_period(frekuensi, found[-1].first - _DAY)
            if earlier is None:
                break
            found.append(earlier)
    return [period.code for period in reversed(found)]


def span(codes: Iterable[str]) -> tuple[dt.date, dt.date]:
    """First and last day of the periods ``codes``."""
    found: list[Period] = [parse_period(code) for code in codes]
    return min(period.first for period in found), max(period.last for period in found)
