"""The judgement in SQL: figures of offices for whole quarters, counted where the rows are.

Says the same as ``evaluation``, which is the rule in readable form; a test holds the two together.
One statement for any number of quarters, whatever the number of offices and obligations.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.model import obligation, state
from ckanext.satudata.journal.model import event

from .evaluation import Figures


@dataclass(frozen=True)
class Moment:
    """At which moment a quarter is looked at.

    ``known``: rows recorded before it are read. ``at``: what had happened by then counts, and
    deadlines are compared with it. The two differ only for quarters of before the portal, whose
    deposits are judged as if each was recorded when it happened.
    """

    quarter: int
    known: dt.datetime
    at: dt.datetime


def figures(moments: Sequence[Moment]) -> dict[int, dict[UUID, Figures]]:
    """Own figures of each office (units not summed) by quarter index."""
    found: dict[int, dict[UUID, Figures]] = {moment.quarter: {} for moment in moments}
    if not moments:
        return found
    per_item = _items(moments).subquery()
    due = per_item.c.on_time | per_item.c.late | per_item.c.missing
    came = per_item.c.on_time | per_item.c.late

    def number(condition: Any) -> Any:
        return sa.func.count().filter(condition)

    query = sa.select(
        per_item.c.quarter,
        per_item.c.opd,
        number(due),
        number(due & ~per_item.c.missing),
        number(per_item.c.missing & came),
        number(per_item.c.missing & ~came),
        number(~due & ~per_item.c.pending & per_item.c.excused),
        number(~due & per_item.c.pending),
        number(~due & ~per_item.c.pending & ~per_item.c.excused),
        number(per_item.c.on_time & ~per_item.c.late & ~per_item.c.missing),
    ).group_by(per_item.c.quarter, per_item.c.opd)
    for quarter, opd, *numbers in model.Session.execute(query):
        found[quarter][opd] = Figures(*numbers)
    return found


def hidden(quarter: int, known: dt.datetime, seen_opds: Collection[UUID]) -> dict[UUID, int]:
    """Items per office in a quarter that may not be named to a reader.

    :param seen_opds: offices whose items the reader may see whatever their class
    """
    rows = model.Session.execute(
        sa.select(state.c.opd, sa.func.count(sa.distinct(state.c.obligation)))
        .join(obligation, obligation.c.id == state.c.obligation)
        .where(
            state.c.quarter == quarter, state.c.sys_from < known, state.c.sys_to >= known,
            obligation.c.klasifikasi_akses != "terbuka",
            state.c.opd.notin_(list(seen_opds)),
        )
        .group_by(state.c.opd)
    )
    return {row[0]: row[1] for row in rows}


def arrears(
    before: int, trial: Collection[int], known: dt.datetime
) -> dict[UUID, dict[int, int]]:
    """Periods missing from earlier quarters that were no trial, by office and quarter."""
    rows = model.Session.execute(
        sa.select(state.c.opd, state.c.quarter, sa.func.count())
        .where(
            state.c.quarter < before, state.c.quarter.notin_(list(trial)),
            state.c.sys_from < known, state.c.sys_to >= known,
            state.c.deadline <= known,
            state.c.deadline.isnot(None),
            state.c.counts_from.is_(None),
            sa.text("NOT waived"),
            sa.or_(state.c.mending_until.is_(None), state.c.mending_until <= known),
        )
        .group_by(state.c.opd, state.c.quarter)
    )
    found: dict[UUID, dict[int, int]] = {}
    for opd, quarter, number in rows:
        found.setdefault(opd, {})[quarter] = number
    return found


#: Decisions after which a dataset is published, and those after which it is not.
_PUBLISHED = ("dataset.verified", "dataset.unblocked")
_TAKEN_BACK = ("dataset.revoked", "dataset.deleted")


def metadata_scores(known: dt.datetime) -> dict[str, tuple[int, int]]:
    """Completeness of what offices had published: (sum of scores 0-100, datasets) by group id.

    Each dataset counts with the score it had when it was last verified.
    """
    latest = (
        sa.select(event.c.object_id, event.c.type, event.c.data)
        .where(event.c.type.in_([*_PUBLISHED, *_TAKEN_BACK]), event.c.recorded_at < known)
        .distinct(event.c.object_id)
        .order_by(event.c.object_id, event.c.seq.desc())
        .subquery()
    )
    office, score = latest.c.data["opd"].astext, latest.c.data["score"].astext
    rows = model.Session.execute(
        sa.select(office, sa.func.sum(sa.cast(score, sa.Integer)), sa.func.count())
        .where(latest.c.type.in_(_PUBLISHED), score.isnot(None))
        .group_by(office)
    )
    return {group_id: (total, number) for group_id, total, number in rows}


def first_quarter() -> int | None:
    """Index of the earliest quarter in which anything was ever owed."""
    return model.Session.execute(sa.select(sa.func.min(state.c.quarter))).scalar_one_or_none()


def _items(moments: Sequence[Moment]) -> Any:
    """One row for each (quarter, office, obligation), with whether any of its periods is …"""
    looked = sa.values(
        sa.column("quarter", sa.Integer),
        sa.column("known", sa.DateTime(timezone=True)),
        sa.column("at", sa.DateTime(timezone=True)),
        name="looked",
    ).data([(moment.quarter, moment.known, moment.at) for moment in moments])
    known, at = looked.c.known, looked.c.at
    judged = state.c.deadline.isnot(None)
    came = state.c.counts_from.isnot(None) & (state.c.counts_from < at)
    on_time = judged & came & (state.c.counts_from < state.c.deadline)
    excused = judged & ~on_time & state.c.waived
    late = judged & came & ~on_time & ~state.c.waived
    empty = judged & ~came & ~state.c.waived
    pending = empty & (
        (at < state.c.deadline) | (state.c.mending_until.isnot(None) & (at < state.c.mending_until))
    )
    missing = empty & ~pending

    def anyone(condition: Any, name: str) -> Any:
        return sa.func.coalesce(sa.func.bool_or(condition), sa.false()).label(name)

    return (
        sa.select(
            state.c.quarter, state.c.opd, state.c.obligation,
            anyone(on_time, "on_time"), anyone(late, "late"), anyone(missing, "missing"),
            anyone(pending, "pending"), anyone(excused, "excused"),
        )
        .select_from(state.join(looked, looked.c.quarter == state.c.quarter))
        .where(state.c.sys_from < known, state.c.sys_to >= known)
        .group_by(state.c.quarter, state.c.opd, state.c.obligation)
    )
