"""The register of commitments (Komitmen Bersama): what was recorded, and what of it holds."""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.papers import Paper

from . import store
from .model import commitment
from .signing import Commitment

_columns = commitment.c
_READ = (
    "id", "opd", "signatory", "position", "signed_on", "valid_until", "paper", "format", "sha256",
)


def latest(as_of: dt.datetime | None = None) -> dict[UUID, Commitment]:
    """The latest commitment of each office, by the date on it; one query.

    :param as_of: as recorded before this moment, withdrawals too; None: as it is now
    """
    gone = event.alias("gone")
    query = sa.select(commitment).outerjoin(gone, gone.c.seq == _columns.withdrawn_by)
    if as_of is None:
        query = query.where(_columns.withdrawn_by.is_(None))
    else:
        query = query.join(event, event.c.seq == _columns.event_seq).where(
            event.c.recorded_at < as_of,
            sa.or_(_columns.withdrawn_by.is_(None), gone.c.recorded_at >= as_of),
        )
    rows = model.Session.execute(
        query.distinct(_columns.opd)
        .order_by(_columns.opd, _columns.signed_on.desc(), _columns.event_seq.desc())
    ).mappings()
    return {row["opd"]: _commitment(row) for row in rows}


def of_offices(offices: Collection[UUID]) -> list[Commitment]:
    """All commitments of these offices that were not withdrawn, the latest first."""
    rows = model.Session.execute(
        sa.select(commitment)
        .where(_columns.opd.in_(list(offices)), _columns.withdrawn_by.is_(None))
        .order_by(_columns.signed_on.desc(), _columns.event_seq.desc())
    ).mappings()
    return [_commitment(row) for row in rows]


def get(id: UUID) -> Commitment | None:
    """A commitment that was not withdrawn."""
    row = model.Session.execute(
        sa.select(commitment).where(_columns.id == id, _columns.withdrawn_by.is_(None))
    ).mappings().first()
    return _commitment(row) if row else None


def create(
    group_id: str, signatory: str, position: str | None, signed_on: dt.date,
    valid_until: dt.date | None, paper: Paper, by: Actor,
) -> UUID:
    """Record what the head of an office has signed; does not commit.

    The event names no person: names stand in the register alone.
    """
    id = uuid.uuid4()
    seq = record(
        "commitment.recorded", "commitment", str(id), by, hash=paper.sha256,
        data={
            "organization": group_id, "signed_on": signed_on.isoformat(),
            "valid_until": valid_until and valid_until.isoformat(),
        },
    )
    model.Session.execute(sa.insert(commitment).values(
        id=id, opd=store.ensure(group_id, by), event_seq=seq, signatory=signatory,
        position=position, signed_on=signed_on, valid_until=valid_until, paper=paper.id,
        format=paper.format, sha256=paper.sha256,
    ))
    return id


def withdraw(one: Commitment, reason: str, by: Actor) -> None:
    """Take back what was recorded by mistake; the record stays, and reports of then keep it."""
    seq = record("commitment.withdrawn", "commitment", str(one.id), by, text=reason)
    model.Session.execute(
        sa.update(commitment)
        .where(_columns.id == one.id, _columns.withdrawn_by.is_(None))
        .values(withdrawn_by=seq)
    )


def _commitment(row: Any) -> Commitment:
    return Commitment(**{name: row[name] for name in _READ}, seq=row["event_seq"])
