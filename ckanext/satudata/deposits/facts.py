"""What the judgement of an obligation rests on, read from the tables for many at once."""
from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.model import event

from .counting import DepositFact
from .model import deposit, dispensation, obligation_version
from .schedule import Dispensation, ObligationVersion, ScheduledPeriod

#: How the end of a deposit is called in the judgement.
ENDINGS = {
    "deposit.withdrawn": "withdrawn", "deposit.returned": "returned", "deposit.revoked": "revoked",
}


@dataclass
class Facts:
    """Versions, dispensations and deposits of one obligation.

    ``is_timed``: no deposit came or ended in the running transaction, whose time is not fixed yet.
    """

    versions: list[ObligationVersion] = field(default_factory=list)
    dispensations: dict[str, Dispensation] = field(default_factory=dict)
    deposits: dict[str, list[DepositFact]] = field(default_factory=lambda: defaultdict(list))
    is_timed: bool = True


def facts(ids: Collection[UUID]) -> dict[UUID, Facts]:
    """Facts of the given obligations as they are now, the running transaction included.

    What it has recorded happens now, until its time is fixed (``events.stamp``). Three queries,
    however many obligations.
    """
    found: dict[UUID, Facts] = {id: Facts() for id in ids}
    for id, rows in _grouped(_versions(ids)):
        found[id].versions = standing(rows)
    for row in _dispensations(ids):
        found[row["obligation"]].dispensations[row["period"]] = Dispensation(
            row["period"], row["until"]
        )
    for row in _deposits(ids):
        found[row["obligation"]].deposits[row["period"]].append(
            DepositFact(
                id=row["id"],
                happened_at=row["happened_at"],
                kind=row["kind"],
                inferred=row["inferred"],
                replaces=row["replaces"],
                ended=ENDINGS.get(row["ending"]),
                ended_at=row["ended_at"],
            )
        )
        if not row["is_timed"]:
            found[row["obligation"]].is_timed = False
    return found


def standing(rows: Iterable[Any]) -> list[ObligationVersion]:
    """Versions in force, from rows in the order of recording.

    A version holds from its date on; it takes the place of all earlier recorded ones that would
    have begun on or after that date.
    """
    kept: list[ObligationVersion] = []
    for row in rows:
        version = ObligationVersion(
            effective_from=row["effective_from"],
            opd=row["opd"],
            frekuensi=row["frekuensi"],
            tahun_awal=row["tahun_awal"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            jadwal=tuple(
                ScheduledPeriod(item["period"], dt.date.fromisoformat(item["date"]))
                for item in row["jadwal"]
            ),
        )
        start = version.effective_from
        kept = [
            earlier for earlier in kept
            if start is not None
            and (earlier.effective_from is None or earlier.effective_from < start)
        ]
        kept.append(version)
    return kept


def _versions(ids: Collection[UUID]) -> Sequence[Any]:
    return model.Session.execute(
        sa.select(obligation_version)
        .where(obligation_version.c.obligation.in_(list(ids)))
        .order_by(obligation_version.c.obligation, obligation_version.c.event_seq)
    ).mappings().all()


def _dispensations(ids: Collection[UUID]) -> Sequence[Any]:
    """The latest dispensation of each period that was not taken back, oldest first."""
    return model.Session.execute(
        sa.select(dispensation)
        .where(dispensation.c.obligation.in_(list(ids)), dispensation.c.withdrawn_by.is_(None))
        .order_by(dispensation.c.event_seq)
    ).mappings().all()


def _deposits(ids: Collection[UUID]) -> Sequence[Any]:
    created, ended = event.alias("created"), event.alias("ended")
    moment = sa.func.clock_timestamp()
    return model.Session.execute(
        sa.select(
            deposit.c.id, deposit.c.obligation, deposit.c.period, deposit.c.kind,
            deposit.c.inferred, deposit.c.replaces,
            sa.func.coalesce(created.c.happened_at, moment).label("happened_at"),
            ended.c.type.label("ending"),
            sa.case(
                (ended.c.seq.isnot(None), sa.func.coalesce(ended.c.happened_at, moment))
            ).label("ended_at"),
            sa.and_(
                created.c.happened_at.isnot(None),
                sa.or_(ended.c.seq.is_(None), ended.c.happened_at.isnot(None)),
            ).label("is_timed"),
        )
        .join(created, created.c.seq == deposit.c.created_by)
        .outerjoin(ended, ended.c.seq == deposit.c.ended_by)
        .where(deposit.c.obligation.in_(list(ids)))
        .order_by(deposit.c.created_by)
    ).mappings().all()


def _grouped(rows: Sequence[Any]) -> Iterator[tuple[UUID, list[Any]]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row["obligation"]].append(row)
    yield from groups.items()
