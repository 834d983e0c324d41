"""Dispensations as they were given: by whom, why, until when, and whether they still hold."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal import clock, events
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store as offices

from . import versions
from .listing import Reader
from .model import dispensation, obligation_version, state

#: How a dispensation stands: the latest one of a period that was not taken back holds.
IN_FORCE, OVER, REPLACED, WITHDRAWN = "in_force", "over", "replaced", "withdrawn"
STATES = (IN_FORCE, OVER, REPLACED, WITHDRAWN)


def find(
    who: Reader, *, opd: UUID | None = None, quarter: Quarter | None = None,
    status: str | None = None, item: UUID | None = None, due_from: dt.date | None = None,
    limit: int = 50, offset: int = 0,
) -> tuple[int, list[dict[str, Any]]]:
    """(how many dispensations the reader may see, a page of them, the latest first).

    :param opd: only of this office, the one that answers for the period
    :param quarter: only of periods that fall due in it
    :param status: one of :data:`STATES`
    :param item: only of this item
    :param due_from: only of periods with this last allowed day or a later one
    :returns: as ``satudata_dispensation_list``
    """
    given = _rows().subquery()
    query = sa.select(given)
    if not who.everything:
        query = query.where(given.c.opd.in_(list(who.opds)))
    for column, wanted in (
        (given.c.opd, opd), (given.c.quarter, quarter and quarter.index),
        (given.c.status, status), (given.c.obligation, item),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if due_from is not None:
        query = query.where(given.c.last_day >= due_from)
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    rows = model.Session.execute(
        query.order_by(given.c.event_seq.desc()).limit(limit).offset(offset)).mappings().all()
    said = events.said([
        seq for row in rows for seq in (row["event_seq"], row["withdrawn_by"]) if seq is not None])
    names = {key: office.name for key, office in offices.offices().items()}
    return count, [_plain(row, said, names) for row in rows]


def _rows() -> sa.sql.Select[Any]:
    """All dispensations with their item, the period as it now stands, and how they stand."""
    given = dispensation.c
    version = versions.latest(
        obligation_version.c.obligation, obligation_version.c.title, obligation_version.c.opd
    ).subquery()
    later = dispensation.alias("later")
    replaced = sa.exists().where(
        later.c.obligation == given.obligation, later.c.period == given.period,
        later.c.event_seq > given.event_seq, later.c.withdrawn_by.is_(None),
    )
    status = sa.case(
        (given.withdrawn_by.isnot(None), WITHDRAWN), (replaced, REPLACED),
        (given.until < clock.city_today(), OVER), else_=IN_FORCE,
    )
    return (
        sa.select(
            dispensation, version.c.title, status.label("status"),
            # The period stays with the office that answered for it, whoever has the item now.
            sa.func.coalesce(state.c.opd, version.c.opd).label("opd"),
            state.c.quarter, state.c.last_day, state.c.counts_from,
        )
        .join(version, version.c.obligation == given.obligation)
        .outerjoin(state, sa.and_(
            state.c.obligation == given.obligation, state.c.period == given.period,
            state.c.closed_by.is_(None),
        ))
    )


def _plain(
    row: Mapping[Any, Any], said: Mapping[int, Any], names: Mapping[UUID, str]
) -> dict[str, Any]:
    return {
        "id": row["event_seq"],
        "obligation_id": str(row["obligation"]),
        "title": row["title"],
        "organization": names[row["opd"]],
        "period": row["period"],
        "last_day": row["last_day"] and row["last_day"].isoformat(),
        "quarter": None if row["quarter"] is None else Quarter.from_index(row["quarter"]).code,
        "until": row["until"] and row["until"].isoformat(),
        "status": row["status"],
        "came": row["counts_from"] is not None,
        "given": said[row["event_seq"]],
        "withdrawn": said.get(row["withdrawn_by"]),
    }
