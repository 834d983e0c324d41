"""What is known of earlier quarters without judging them: frozen, imported, agreed upon."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.model import register_agreement, state
from ckanext.satudata.journal.model import event

from .model import imported_result, snapshot, snapshot_office


@dataclass(frozen=True)
class Agreement:
    """When the Forum agreed on the daftar data of a year, and when that was recorded (Perpres
    39/2019 art. 27).
    """

    agreed_on: dt.date
    recorded_at: dt.datetime
    origin: str


@dataclass(frozen=True)
class Past:
    """Statuses of offices by index of the quarter, as ``frozen`` (the latest revision) and as
    ``imported``; the earliest quarter in which anything was owed; when the portal's first own
    event was recorded; the agreements on the registers by year.
    """

    frozen: Mapping[int, Mapping[UUID, str]]
    imported: Mapping[int, Mapping[UUID, str]]
    first_quarter: int | None
    installed_at: dt.datetime
    agreements: Mapping[int, Sequence[Agreement]]


def read(before: int, as_of: dt.datetime) -> Past:
    """The past of a quarter as recorded before a moment; one query."""
    first = _first_quarter().scalar_subquery()
    installed = sa.select(sa.func.min(event.c.recorded_at)).scalar_subquery()
    rows = model.Session.execute(
        sa.union_all(
            # One row that is always there carries what belongs to no quarter.
            sa.select(
                sa.literal(0).label("place"), sa.null().label("quarter"), sa.null().label("opd"),
                sa.null().label("status"), first.label("first"), installed.label("recorded_at"),
                sa.cast(sa.null(), sa.Date).label("agreed_on"),
            ),
            _frozen(before, as_of), _imported(as_of), _agreements(as_of),
        ).order_by("place")
    ).all()
    frozen: dict[int, dict[UUID, str]] = {}
    imported: dict[int, dict[UUID, str]] = {}
    agreements: dict[int, list[Agreement]] = {}
    for row in rows[1:]:
        if row.place == _AGREED:
            agreements.setdefault(row.quarter, []).append(
                Agreement(row.agreed_on, row.recorded_at, row.status))
            continue
        found = frozen if row.place == _FROZEN else imported
        found.setdefault(row.quarter, {})[row.opd] = row.status
    return Past(frozen, imported, rows[0].first, rows[0].recorded_at, agreements)


def installed_at() -> dt.datetime | None:
    """When the portal's first event was recorded: before it nothing was known."""
    return model.Session.execute(sa.select(sa.func.min(event.c.recorded_at))).scalar()


def first_quarter() -> int | None:
    """Index of the earliest quarter in which anything was owed; None if nothing ever was."""
    return model.Session.execute(_first_quarter()).scalar()


def _first_quarter() -> sa.sql.Select:
    return sa.select(sa.func.min(state.c.quarter))


_FROZEN, _IMPORTED, _AGREED = 1, 2, 3


def _frozen(before: int, as_of: dt.datetime) -> sa.sql.Select:
    latest = (
        sa.select(snapshot.c.quarter, sa.func.max(snapshot.c.revision).label("revision"))
        .join(event, event.c.seq == snapshot.c.event_seq)
        .where(snapshot.c.quarter < before, event.c.recorded_at < as_of)
        .group_by(snapshot.c.quarter)
        .subquery()
    )
    return sa.select(
        sa.literal(_FROZEN), snapshot_office.c.quarter, snapshot_office.c.opd,
        snapshot_office.c.status, sa.null(), sa.null(), sa.null(),
    ).join(
        latest,
        (latest.c.quarter == snapshot_office.c.quarter)
        & (latest.c.revision == snapshot_office.c.revision),
    )


def _imported(as_of: dt.datetime) -> sa.sql.Select:
    """Of several results for one quarter and office the one recorded last."""
    latest = (
        sa.select(imported_result)
        .join(event, event.c.seq == imported_result.c.event_seq)
        .where(event.c.recorded_at < as_of)
        .distinct(imported_result.c.quarter, imported_result.c.opd)
        .order_by(
            imported_result.c.quarter, imported_result.c.opd, imported_result.c.event_seq.desc()
        )
        .subquery()
    )
    return sa.select(
        sa.literal(_IMPORTED), latest.c.quarter, latest.c.opd, latest.c.status,
        sa.null(), sa.null(), sa.null(),
    )


def _agreements(as_of: dt.datetime) -> sa.sql.Select:
    """A year stands where the others have the index of a quarter."""
    return (
        sa.select(
            sa.literal(_AGREED), register_agreement.c.year, sa.null(), event.c.origin, sa.null(),
            event.c.recorded_at, register_agreement.c.agreed_on,
        )
        .join(event, event.c.seq == register_agreement.c.event_seq)
        .where(event.c.recorded_at < as_of)
    )
