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

from ckanext.satudata.access import lifecycle
from ckanext.satudata.deposits.model import obligation, state
from ckanext.satudata.journal.model import event

from . import evaluation
from .evaluation import BITS, EXCUSED, LATE, MISSING, ON_TIME, PENDING, Figures


@dataclass(frozen=True)
class Moment:
    """At which moment a quarter is looked at.

    ``known``: rows recorded before it are read. ``at``: deadlines are compared with it.
    ``until``: deposits that happened before it count. The three differ only for quarters of before
    the portal, whose deposits are judged as if each was recorded when it happened, and for
    revisions, in which deposits count by the moment of the first freezing.
    """

    quarter: int
    known: dt.datetime
    at: dt.datetime
    until: dt.datetime


def figures(moments: Sequence[Moment]) -> list[dict[UUID, Figures]]:
    """Own figures of each office (units not summed) for each of the moments, in their order."""
    found: list[dict[UUID, Figures]] = [{} for _ in moments]
    if not moments:
        return found
    per_item = item_bits(moments).subquery()
    query = sa.select(
        per_item.c.place, per_item.c.opd, per_item.c.bits, sa.func.count()
    ).group_by(per_item.c.place, per_item.c.opd, per_item.c.bits)
    counts: dict[tuple[int, UUID], list[tuple[int, int]]] = {}
    for place, opd, bits, number in model.Session.execute(query):
        counts.setdefault((place, opd), []).append((bits, number))
    for (place, opd), numbers in counts.items():
        found[place][opd] = evaluation.figures_of(numbers)
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
    before: int, trial: Collection[int], moment: Moment
) -> sa.sql.Select[Any]:
    """Query of the rows that are still missing from quarters before ``before`` that were no trial.

    The columns are those of the table of periods; ``moment.quarter`` is not looked at.
    """
    came = state.c.counts_from.is_(None)
    if moment.until < moment.known:
        came = came | (state.c.counts_from >= moment.until)
    return sa.select(state).where(
        state.c.quarter < before, state.c.quarter.notin_(list(trial)),
        state.c.sys_from < moment.known, state.c.sys_to >= moment.known,
        state.c.deadline <= moment.at,
        state.c.deadline.isnot(None),
        came,
        sa.text("NOT satudata_state.waived"),
        sa.or_(state.c.mending_until.is_(None), state.c.mending_until <= moment.at),
    )


#: Events that can take a submission from one state to another, or its dataset away.
_MOVES = tuple(sorted(
    {lifecycle.EVENT_TYPES[row.event] for row in lifecycle.TABLE if row.event != lifecycle.EDIT}
))
_GONE = ("dataset.deleted", "dataset.purged")


def metadata_scores(known: dt.datetime) -> dict[str, tuple[int, int]]:
    """Completeness of what offices had published: (sum of scores 0-100, datasets) by group id.

    A dataset counts while the last event that says where its submission stands says *verified*,
    with the score and the office it had when it was last decided to be so.
    """
    # Decisions name the state in ``to``; closing and opening have classes there.
    status = sa.func.coalesce(event.c.data["status"].astext, event.c.data["to"].astext)
    said = event.c.type.in_(_GONE) | status.in_(lifecycle.STATES)
    latest = (
        sa.select(event.c.object_id, event.c.type, status.label("status"))
        .where(event.c.type.in_([*_MOVES, *_GONE]), event.c.recorded_at < known, said)
        .distinct(event.c.object_id)
        .order_by(event.c.object_id, event.c.seq.desc())
        .subquery()
    )
    office, score = event.c.data["opd"].astext, event.c.data["score"].astext
    scored = (
        sa.select(event.c.object_id, office.label("office"), score.label("score"))
        .where(
            event.c.type.in_(_MOVES), event.c.recorded_at < known, score.isnot(None),
            status == lifecycle.TERVERIFIKASI,
        )
        .distinct(event.c.object_id)
        .order_by(event.c.object_id, event.c.seq.desc())
        .subquery()
    )
    rows = model.Session.execute(
        sa.select(
            scored.c.office, sa.func.sum(sa.cast(scored.c.score, sa.Integer)), sa.func.count()
        )
        .join(latest, latest.c.object_id == scored.c.object_id)
        .where(latest.c.type.notin_(_GONE), latest.c.status == lifecycle.TERVERIFIKASI)
        .group_by(scored.c.office)
    )
    return {group_id: (total, number) for group_id, total, number in rows}


def item_bits(moments: Sequence[Moment]) -> sa.sql.Select[Any]:
    """Query of one row for each (moment, office, obligation) with the states of its periods.

    ``place`` is that of the moment. ``bits`` adds up ``evaluation.BITS``; 0 for an obligation
    that cannot be judged.
    """
    looked = sa.values(
        sa.column("place", sa.Integer),
        sa.column("quarter", sa.Integer),
        sa.column("known", sa.DateTime(timezone=True)),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("until", sa.DateTime(timezone=True)),
        name="looked",
    ).data([
        (place, one.quarter, one.known, one.at, one.until) for place, one in enumerate(moments)
    ])
    # In the order of ``evaluation.period_state``; the first that holds is the state.
    came = state.c.counts_from < looked.c.until
    bits = sa.case(
        (state.c.deadline.is_(None), 0),
        (came & (state.c.counts_from < state.c.deadline), BITS[ON_TIME]),
        (state.c.waived, BITS[EXCUSED]),
        (came, BITS[LATE]),
        (looked.c.at < state.c.deadline, BITS[PENDING]),
        (looked.c.at < state.c.mending_until, BITS[PENDING]),
        else_=BITS[MISSING],
    )
    return (
        sa.select(
            looked.c.place, state.c.opd, state.c.obligation, sa.func.bit_or(bits).label("bits")
        )
        .select_from(state.join(looked, looked.c.quarter == state.c.quarter))
        .where(state.c.sys_from < looked.c.known, state.c.sys_to >= looked.c.known)
        .group_by(looked.c.place, state.c.opd, state.c.obligation)
    )
