"""Versions of the rules in the database: grace days, holidays, working days, time zone.

The first version comes from the configuration and is kept with the first thing that rests on it;
from then on the configuration has no say (a changed option must not change old figures).
"""
from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import sqlalchemy as sa
from ckan import model
from ckan.exceptions import CkanConfigurationException
from ckan.plugins import toolkit as tk

from ckanext.satudata import config

from . import clock
from .calendar import CalendarError, RuleBook, RuleVersion, default_rules, zone
from .events import Actor, record
from .model import event, rule_version

# One who changes the rules keeps off those who write by them, and they keep off that one.
_LOCK_SHARED = sa.text("SELECT pg_advisory_xact_lock_shared(hashtext('satudata:rules'))")
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('satudata:rules'))")

#: Years whose holidays the first version of the rules lists, around the year of its making.
YEARS_BACK, YEARS_AHEAD = 10, 15


def rule_book(as_of: dt.datetime | None = None) -> RuleBook:
    """The rules as recorded before ``as_of`` (default: all, the running transaction included).

    Before anything was recorded that rests on them, the rules are what the configuration says.
    """
    query = (
        sa.select(rule_version.c.content, event.c.recorded_at)
        .join(event, event.c.seq == rule_version.c.event_seq)
        .order_by(rule_version.c.effective_from.nulls_first(), rule_version.c.event_seq)
    )
    if as_of is not None:
        # The first version is what everything rested on all along, whenever it was written down.
        query = query.where(
            sa.or_(event.c.recorded_at < as_of, rule_version.c.effective_from.is_(None))
        )
    versions = []
    for content, recorded_at in model.Session.execute(query).all():
        recorded = {}
        if content["effective_from"] is not None:
            # What the running transaction writes has no time yet: it was not known until now.
            recorded = {"recorded_at": (recorded_at or clock.now()).isoformat()}
        versions.append(RuleVersion.from_json({**content, **recorded}))
    return RuleBook(tuple(versions) or (from_config(),))


def hold() -> None:
    """Let nobody change the rules until the transaction ends; a change under way is waited for.

    Comes before any lock of an item: a change of the rules locks them in this order, too.
    """
    model.Session.execute(_LOCK_SHARED)


def keep_first(by: Actor) -> None:
    """Write the first version of the rules down, if none is yet.

    Whoever writes what rests on the rules begins here: a change of the rules is waited for.
    """
    hold()
    if model.Session.execute(sa.select(sa.exists().where(rule_version.c.event_seq > 0))).scalar():
        return
    # Two first writers at once: the second waits for the first to commit, and then finds its row.
    model.Session.execute(sa.text("LOCK TABLE satudata_rule_version IN SHARE ROW EXCLUSIVE MODE"))
    if model.Session.execute(sa.select(sa.exists().where(rule_version.c.event_seq > 0))).scalar():
        return
    _write(from_config(), by)


def change(version: RuleVersion, by: Actor, reason: str | None = None) -> int:
    """Record a new version of the rules; what is owed has to be brought up to date with it.

    Its date may not lie before today: nothing is judged by a rule made afterwards.

    :returns: number of the event
    :raises tk.ValidationError: on ``effective_from``
    """
    model.Session.execute(_LOCK)
    keep_first(by)
    today = clock.today(zone(version.timezone))
    if version.effective_from is None or version.effective_from < max(today, clock.city_today()):
        raise tk.ValidationError(
            {"effective_from": [tk._("A new version of the rules takes effect today or later.")]}
        )
    last = rule_book().versions[-1].effective_from
    if last is not None and last > version.effective_from:
        raise tk.ValidationError({"effective_from": [tk._(
            "A version of the rules follows on {date}: change the rules from that day or later."
        ).format(date=last.isoformat())]})
    return _write(version, by, reason)


def from_config() -> RuleVersion:
    """The first version of the rules: national holidays, the city's own days off, the options.

    :raises CkanConfigurationException: an option or the file of holidays cannot be read
    """
    year = clock.now().year
    try:
        return default_rules(
            range(year - YEARS_BACK, year + YEARS_AHEAD + 1),
            timezone=config.timezone(),
            own_holidays=_own_holidays(config.holidays_file()),
            mending_days=config.mending_days(),
            unchanged_limit=config.unchanged_limit(),
        )
    except CalendarError as error:
        raise CkanConfigurationException(str(error)) from error


def _write(version: RuleVersion, by: Actor, reason: str | None = None) -> int:
    content = version.to_json()
    seq = record("rules.changed", "rules", "rules", by, text=reason, data=content)
    model.Session.execute(
        sa.insert(rule_version).values(
            event_seq=seq, effective_from=version.effective_from, content=content
        )
    )
    return seq


def _own_holidays(path: str) -> list[dt.date]:
    if not path:
        return []
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return [dt.date.fromisoformat(row["tanggal"].strip()) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise CkanConfigurationException(
            f"ckanext.satudata.holidays_file = {path}: a CSV with the columns tanggal "
            f"(2026-08-17) and keterangan is needed ({error})"
        ) from error
