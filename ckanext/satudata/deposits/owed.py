"""What an office still owes: its open periods, soonest first."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.model import note
from ckanext.satudata.journal.quarters import quarter_index

from . import versions
from .counting import infer_period
from .model import deposit, obligation, obligation_version, state
from .periods import Period, current_period, parse_period
from .store import RETURNED, WAITING

#: That something is owed for a period, as things stand, and nothing has come.
_NOTHING_CAME = (
    state.c.closed_by.is_(None), state.c.deadline.isnot(None), sa.text("NOT waived"),
    state.c.counts_from.is_(None),
)


def open_periods(opds: Collection[UUID], until: dt.date) -> Sequence[Mapping[Any, Any]]:
    """Periods of these offices for which nothing has come, due by ``until``, soonest first.

    One query. Rows: obligation, title, frekuensi, klasifikasi_akses, package_id, opd, period,
    last_day, deadline, extended, mending_until.
    """
    due = (*_NOTHING_CAME, state.c.opd.in_(list(opds)), state.c.last_day <= until)
    said = obligation_version.c
    version = (
        versions.latest(said.obligation, said.title, said.frekuensi)
        .where(said.obligation.in_(sa.select(state.c.obligation).where(*due)))
        .subquery()
    )
    return model.Session.execute(
        sa.select(
            state.c.obligation, version.c.title, version.c.frekuensi,
            obligation.c.klasifikasi_akses, obligation.c.package_id,
            state.c.opd, state.c.period, state.c.last_day, state.c.deadline, state.c.extended,
            state.c.mending_until,
        )
        .join(obligation, obligation.c.id == state.c.obligation)
        .join(version, version.c.obligation == state.c.obligation)
        .where(*due)
        .order_by(state.c.last_day, sa.collate(version.c.title, "C"), state.c.obligation)
    ).mappings().all()


def open_between(first: dt.date, last: dt.date) -> Sequence[Any]:
    """Periods of all offices for which nothing has come, with last days from ``first`` to ``last``.

    One query. Rows: obligation, opd, period, last_day. What was returned is not among them while
    it can be mended.
    """
    now = sa.func.clock_timestamp()
    return model.Session.execute(
        sa.select(state.c.obligation, state.c.opd, state.c.period, state.c.last_day)
        .where(
            *_NOTHING_CAME,
            state.c.quarter.between(quarter_index(first), quarter_index(last)),
            state.c.last_day.between(first, last),
            state.c.mending_until.is_(None) | (state.c.mending_until <= now),
        )
    ).all()


def owing(first: dt.date, last: dt.date) -> set[UUID]:
    """Offices that owe something, come or not, with a last day from ``first`` to ``last``."""
    return set(model.Session.execute(
        sa.select(state.c.opd).distinct().where(
            state.c.quarter.between(quarter_index(first), quarter_index(last)),
            state.c.closed_by.is_(None), state.c.deadline.isnot(None),
            state.c.last_day.between(first, last),
        )
    ).scalars())


def open_of(obligation_id: UUID) -> list[Period]:
    """Periods of one obligation for which nothing has come."""
    return open_of_many([obligation_id])[obligation_id]


def open_of_many(obligations: Collection[UUID]) -> dict[UUID, list[Period]]:
    """The same for many, by their keys, in one query."""
    rows = model.Session.execute(
        sa.select(state.c.obligation, state.c.period).where(
            *_NOTHING_CAME, state.c.obligation.in_(list(obligations)),
        )
    )
    found: dict[UUID, list[Period]] = {id: [] for id in obligations}
    for id, code in rows:
        found[id].append(parse_period(code))
    return found


def due_of_dataset(package_id: Any) -> sa.sql.ColumnElement[Any]:
    """SQL of the last day of a dataset's soonest period for which nothing has come.

    For the walidata's queue (``access/queue.py``), for the rows that are looked at only.

    :param package_id: a column
    """
    return (
        sa.select(sa.func.min(state.c.last_day))
        .join(obligation, obligation.c.id == state.c.obligation)
        .where(*_NOTHING_CAME, obligation.c.package_id == package_id)
        .scalar_subquery()
    )


def proposed(
    obligation_id: UUID, frekuensi: str, tahun_awal: int | None, today: dt.date
) -> Period | None:
    """The period a file without one is for: the oldest ended one still open, else the current."""
    current = current_period(frekuensi, today, tahun_awal)
    return infer_period(open_of(obligation_id), current, today)


def waiting_or_returned(opds: Collection[UUID]) -> Sequence[Mapping[Any, Any]]:
    """Deposits of these offices that wait for the walidata or came back, newest first.

    Each with the note of its return, whether its period is ``open`` still, and until when it can
    be mended (``mending_until``). One query.
    """
    return model.Session.execute(
        sa.select(
            deposit, note.c.text.label("note"), state.c.mending_until,
            state.c.counts_from.is_(None).label("open"),
        )
        .join(
            state,
            (state.c.obligation == deposit.c.obligation) & (state.c.period == deposit.c.period),
        )
        .outerjoin(note, note.c.event_seq == deposit.c.ended_by)
        .where(
            state.c.closed_by.is_(None), state.c.opd.in_(list(opds)),
            deposit.c.status.in_([WAITING, RETURNED]),
        )
        .order_by(deposit.c.created_by.desc())
    ).mappings().all()
