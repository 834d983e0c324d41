"""Deposits in the tables: what came, for which period, and how it ended.

Every function writes into the running transaction, event first, and lets the derived state follow
at its commit (``state.refresh``); the caller commits.
"""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal import rules
from ckanext.satudata.journal.events import Actor, record, record_many
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.model import note as note_table

from . import state, versions
from .model import deposit, obligation_version
from .model import state as state_table
from .periods import Period, parse_period

WAITING, ACCEPTED, RETURNED, WITHDRAWN = "menunggu", "diterima", "dikembalikan", "ditarik"

#: How a deposit ends, and the status it then has. A revocation is a return.
ENDS = {
    "deposit.returned": RETURNED, "deposit.revoked": RETURNED, "deposit.withdrawn": WITHDRAWN,
}


@dataclass(frozen=True)
class File:
    """A file that came: where it stands in CKAN's storage, and what it is."""

    resource_id: str | None
    sha256: str | None = None
    size: int | None = None
    filename: str | None = None
    url: str | None = None


NO_FILE = File(None)


def create(  # noqa: PLR0913 (what came is described by so many facts)
    obligation: UUID,
    period: str,
    kind: str,
    by: Actor,
    *,
    package_id: str | None = None,
    file: File = NO_FILE,
    inferred: bool = False,
    attached: bool = False,
    status: str = WAITING,
    note: str | None = None,
    idempotency_key: str | None = None,
    replaces: Mapping[str, Any] | None = None,
) -> UUID:
    """A new deposit; it counts from the moment it is recorded, however long the check takes.

    It takes the place of the latest one returned for the same period, if any.

    :param replaces: the standing deposit whose place it takes: one that waits is withdrawn with
        it, one that was accepted stands, and this is its correction
    """
    rules.keep_first(by)
    state.lock([obligation])
    id = uuid.uuid4()
    if replaces is not None and replaces["status"] == WAITING:
        _write_end(replaces, "deposit.withdrawn", None, by)
    mended = replaces["id"] if replaces is not None and replaces["status"] == ACCEPTED else (
        _last_returned(obligation, period))
    seq = record(
        "deposit.created", "deposit", str(id), by, text=note, hash=file.sha256,
        data={
            "obligation": str(obligation), "package_id": package_id, "period": period,
            "kind": kind, "inferred": inferred, "status": status, "size": file.size,
            "replaces": mended and str(mended),
        },
    )
    model.Session.execute(
        sa.insert(deposit).values(
            id=id, obligation=obligation, package_id=package_id, resource_id=file.resource_id,
            period=period, inferred=inferred, kind=kind, status=status, sha256=file.sha256,
            attached=attached,
            size=file.size, filename=file.filename, url=file.url, replaces=mended,
            created_by=seq, person=by.person, idempotency_key=idempotency_key,
        )
    )
    state.refresh([obligation], seq)
    return id


@dataclass(frozen=True)
class Past:
    """A deposit of the past, from a sheet."""

    obligation: UUID
    period: str
    kind: str
    happened_at: dt.datetime


def import_past(rows: Sequence[Past], by: Actor) -> list[UUID]:
    """Deposits of before the portal, each an event marked ``impor`` with its own time."""
    if not rows:
        return []
    rules.keep_first(by)
    state.lock({row.obligation for row in rows})
    ids = [uuid.uuid4() for _ in rows]
    seqs = record_many(
        [
            {"type": "deposit.created", "object_type": "deposit", "object_id": str(id),
             "happened_at": row.happened_at,
             "data": {"obligation": str(row.obligation), "period": row.period, "kind": row.kind,
                      "inferred": False, "status": ACCEPTED}}
            for id, row in zip(ids, rows, strict=True)
        ],
        by, "impor",
    )
    model.Session.execute(
        sa.insert(deposit),
        [
            {"id": id, "obligation": row.obligation, "period": row.period, "kind": row.kind,
             "status": ACCEPTED, "created_by": seq, "person": by.person}
            for id, seq, row in zip(ids, seqs, rows, strict=True)
        ],
    )
    state.refresh({row.obligation for row in rows}, seqs[-1])
    return ids


def accept(
    id: UUID, sha256: str | None, note: str | None, by: Actor, package_id: str | None = None
) -> None:
    """Take a waiting deposit. What it counts for does not change: it counted from the start."""
    record("deposit.accepted", "deposit", str(id), by, text=note, hash=sha256,
           data={"package_id": package_id})
    values = {"status": ACCEPTED, **({"package_id": package_id} if package_id else {})}
    model.Session.execute(sa.update(deposit).where(deposit.c.id == id).values(**values))


def decide_attached(package_id: str, type: str, note: str | None, by: Actor) -> None:
    """Decide the deposits that wait as resources of a dataset, with the dataset itself.

    :param type: ``deposit.accepted``, or a key of :data:`ENDS`
    """
    ids = lock_attached(package_id)
    if type == "deposit.accepted":
        for id in ids:
            accept(id, None, note, by)
    else:
        _end(ids, type, note, by)


def lock_attached(package_id: str) -> list[UUID]:
    """The deposits that wait as resources of a dataset, locked until the transaction ends."""
    return list(model.Session.execute(
        sa.select(deposit.c.id)
        .where(
            deposit.c.package_id == package_id, deposit.c.status == WAITING,
            deposit.c.attached.is_(True),
        )
        .order_by(deposit.c.id).with_for_update()
    ).scalars())


def end(id: UUID, type: str, note: str | None, by: Actor) -> None:
    """Return, revoke or withdraw a deposit: from now on it does not count.

    :param type: a key of :data:`ENDS`
    """
    _end([id], type, note, by)


def _end(ids: Sequence[UUID], type: str, note: str | None, by: Actor) -> None:
    """The same for several."""
    rows = model.Session.execute(
        sa.select(deposit.c.id, deposit.c.obligation, deposit.c.sha256)
        .where(deposit.c.id.in_(list(ids))).order_by(deposit.c.id)
    ).mappings().all()
    seq = None
    for row in rows:
        seq = _write_end(row, type, note, by)
    if seq is not None:
        state.refresh({row["obligation"] for row in rows}, seq)


def _write_end(row: Mapping[Any, Any], type: str, note: str | None, by: Actor) -> int:
    seq = record(type, "deposit", str(row["id"]), by, text=note, hash=row["sha256"])
    model.Session.execute(
        sa.update(deposit).where(deposit.c.id == row["id"])
        .values(status=ENDS[type], ended_by=seq)
    )
    return seq


def lock(id: UUID) -> None:
    """Keep others off a deposit until the commit; its item has been locked before."""
    model.Session.execute(sa.select(deposit.c.id).where(deposit.c.id == id).with_for_update())


def get(id: UUID) -> Any | None:
    """One deposit as a mapping with the times of its event, or None."""
    return model.Session.execute(_query().where(deposit.c.id == id)).mappings().one_or_none()


def standing(obligation: UUID, period: str) -> Sequence[Any]:
    """Deposits for a period that neither came back nor were withdrawn, the latest first."""
    return model.Session.execute(
        _query()
        .where(
            deposit.c.obligation == obligation, deposit.c.period == period,
            deposit.c.status.in_([WAITING, ACCEPTED]),
        )
        .order_by(deposit.c.created_by.desc())
    ).mappings().all()


def get_many(ids: Collection[UUID]) -> Sequence[Any]:
    """Deposits by their ids, as :func:`get` gives one; one query, the oldest first."""
    return model.Session.execute(
        _query().where(deposit.c.id.in_(list(ids))).order_by(deposit.c.created_by)
    ).mappings().all()


def with_key(obligation: UUID, key: str) -> Any | None:
    """The deposit that came with an idempotency key before.

    Of two calls with the same key at once the second waits here for the first to commit.
    """
    model.Session.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"satudata:{obligation}:{key}")))
    )
    return model.Session.execute(
        _query().where(deposit.c.obligation == obligation, deposit.c.idempotency_key == key)
    ).mappings().one_or_none()


def of_resource(resource_id: str) -> UUID | None:
    """The deposit whose file a resource is, if any."""
    return model.Session.execute(
        sa.select(deposit.c.id).where(deposit.c.resource_id == resource_id).limit(1)
    ).scalar_one_or_none()


def find(
    *,
    obligations: Collection[UUID] | None = None,
    status: str | None = None,
    opds: Collection[UUID] | None = None,
    attached: bool | None = None,
    assigned_to: str | None = None,
    by_deadline: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> tuple[int, list[Any]]:
    """Deposits, the oldest waiting first; (how many in all, the page asked for).

    :param attached: only those that are (not) checked with their dataset
    :param assigned_to: id of a walidata who looks at them; an empty string: nobody in particular
    :param by_deadline: those first whose period was to come first
    """
    query = _query()
    if assigned_to is not None:
        query = query.where(deposit.c.assigned_to == (assigned_to or None))
    if attached is not None:
        query = query.where(deposit.c.attached.is_(attached))
    if obligations is not None:
        query = query.where(deposit.c.obligation.in_(list(obligations)))
    if status is not None:
        query = query.where(deposit.c.status == status)
    if opds is not None:
        # An item that moved to another office took its deposits along.
        latest = versions.latest(
            obligation_version.c.obligation, obligation_version.c.opd).subquery()
        owned = sa.select(latest.c.obligation).where(latest.c.opd.in_(list(opds)))
        query = query.where(deposit.c.obligation.in_(owned))
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    last_day = (
        sa.select(sa.func.max(state_table.c.last_day))
        .where(
            state_table.c.obligation == deposit.c.obligation,
            state_table.c.period == deposit.c.period, state_table.c.closed_by.is_(None),
        )
        .scalar_subquery()
    )
    order = (last_day.nulls_last(), deposit.c.created_by) if by_deadline else (
        deposit.c.created_by,)
    rows = model.Session.execute(
        query.add_columns(last_day.label("last_day")).order_by(*order).limit(limit).offset(offset)
    ).mappings().all()
    return count, list(rows)


def assign(id: UUID, person: str | None, by: Actor) -> None:
    """Say which walidata looks at a deposit; None: nobody in particular."""
    record("deposit.assigned", "deposit", str(id), by, data={"to": person})
    model.Session.execute(
        sa.update(deposit).where(deposit.c.id == id).values(assigned_to=person))


def kinds_before(obligations: Collection[UUID], period: Period) -> list[str]:
    """What counted for the periods that ended before this one, oldest first.

    :param obligations: the items of one dataset in the registers of all years
    """
    rows = model.Session.execute(
        sa.select(state_table.c.period, state_table.c.kind).where(
            state_table.c.obligation.in_(list(obligations)), state_table.c.closed_by.is_(None),
            state_table.c.kind.isnot(None),
        )
    )
    counted = sorted((parse_period(code).last, kind) for code, kind in rows)
    return [kind for last, kind in counted if last < period.last]


def _last_returned(obligation: UUID, period: str) -> UUID | None:
    return model.Session.execute(
        sa.select(deposit.c.id)
        .where(
            deposit.c.obligation == obligation, deposit.c.period == period,
            deposit.c.status == RETURNED,
        )
        .order_by(deposit.c.ended_by.desc())
        .limit(1)
    ).scalar_one_or_none()


def _query() -> Any:
    said = note_table.alias("said")
    return (
        sa.select(
            deposit, event.c.happened_at, event.c.recorded_at, said.c.text.label("note")
        )
        .join(event, event.c.seq == deposit.c.created_by)
        .outerjoin(said, said.c.event_seq == deposit.c.created_by)
    )
