"""The daftar data in the tables: obligations, their versions, dispensations, agreements.

Every function writes into the running transaction, event first, and lets the derived state follow
at its commit (``state.refresh``); the caller commits.
"""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.events import Actor, record, record_many
from ckanext.satudata.opd import store as offices

from . import state, versions
from .model import dispensation, obligation, obligation_version, register_agreement
from .model import state as state_table
from .periods import default_tahun_awal


@dataclass(frozen=True)
class Terms:
    """What a version of an obligation says.

    ``opd`` is the key of the office, ``jadwal`` a tuple of (period code, last allowed day),
    ``code`` the item's number on the official list.
    """

    title: str
    opd: UUID
    frekuensi: str
    valid_from: dt.date
    valid_until: dt.date | None = None
    tahun_awal: int | None = None
    prioritas: bool = False
    klasifikasi_akses: str = "tertutup"
    jadwal: tuple[tuple[str, dt.date], ...] = ()
    register_year: int | None = None
    code: str | None = None

    @property
    def start_year(self) -> int | None:
        """The year from which periods of several years count; None for other rhythms."""
        if self.tahun_awal is not None:
            return self.tahun_awal
        return default_tahun_awal(self.frekuensi, self.valid_from)

    def row(self) -> dict[str, Any]:
        """Values of the columns of a version."""
        row = asdict(self)
        row["jadwal"] = [{"period": code, "date": day.isoformat()} for code, day in self.jadwal]
        return row

    def as_data(self) -> dict[str, Any]:
        """The same as JSON, for the event."""
        row = self.row()
        for key in ("valid_from", "valid_until"):
            row[key] = row[key] and row[key].isoformat()
        row["opd"] = str(self.opd)
        return row

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Terms:
        """The terms that a version's row holds."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["jadwal"] = tuple(
            (item["period"], dt.date.fromisoformat(item["date"])) for item in row["jadwal"]
        )
        return cls(**values)


def create_many(
    items: Sequence[tuple[str | None, Terms]], by: Actor, *, origin: str = "langsung"
) -> list[UUID]:
    """New obligations, in one transaction; each an event.

    :param items: (id of the linked dataset or None, terms)
    :returns: their ids, in the same order
    """
    batch = Batch(by)
    ids = batch.create(items, origin=origin)
    batch.finish()
    return ids


def change_many(
    changes: Sequence[tuple[UUID, Terms, dt.date | None]], by: Actor
) -> None:
    """New versions of obligations that are locked: (id, terms, the date from which they hold).

    A date None replaces what was said from the beginning: only for what is not frozen yet.
    """
    batch = Batch(by)
    batch.change(changes)
    batch.finish()


class Batch:
    """Many changes of obligations in one transaction; :meth:`finish` lets their state follow.

    Obligations that are changed have been locked before (:func:`locked`).
    """

    def __init__(self, by: Actor) -> None:
        self.by = by
        self.touched: list[UUID] = []
        self.cause: int | None = None

    def create(
        self, items: Sequence[tuple[str | None, Terms]], origin: str = "langsung"
    ) -> list[UUID]:
        """New obligations: (id of the linked dataset or None, terms); their ids."""
        if not items:
            return []
        rules.keep_first(self.by)
        ids = [uuid.uuid4() for _ in items]
        seqs = record_many(
            [
                {"type": "obligation.created", "object_type": "obligation", "object_id": str(id),
                 "data": {**terms.as_data(), "package_id": package}}
                for id, (package, terms) in zip(ids, items, strict=True)
            ],
            self.by, origin,
        )
        model.Session.execute(
            sa.insert(obligation),
            [
                {"id": id, "package_id": package, "created_by": seq,
                 "klasifikasi_akses": terms.klasifikasi_akses}
                for id, seq, (package, terms) in zip(ids, seqs, items, strict=True)
            ],
        )
        self._write([(id, terms, None) for id, (_, terms) in zip(ids, items, strict=True)], seqs)
        return ids

    def change(
        self, changes: Sequence[tuple[UUID, Terms, dt.date | None]], *,
        type: str = "obligation.changed", text: str | None = None,
    ) -> None:
        """New versions: (id, terms, the date from which they hold)."""
        if not changes:
            return
        rows = [
            {"type": type, "object_type": "obligation", "object_id": str(id),
             "data": {**terms.as_data(), "effective_from": start and start.isoformat()}}
            for id, terms, start in changes
        ]
        if text:
            seqs = [record(**row, by=self.by, text=text) for row in rows]
        else:
            seqs = record_many(rows, self.by)
        self._write(changes, seqs)
        for klass in {terms.klasifikasi_akses for _, terms, _ in changes}:
            ids = [id for id, terms, _ in changes if terms.klasifikasi_akses == klass]
            model.Session.execute(
                sa.update(obligation)
                .where(obligation.c.id.in_(ids)).values(klasifikasi_akses=klass)
            )

    def retire(self, held: Mapping[UUID, Terms], last_day: dt.date, reason: str) -> None:
        """End obligations (by id, with their latest terms): nothing later is owed any more.

        From today on; what was due before stays as it was judged. One that ends earlier anyway
        stays as it is: retiring never lengthens.
        """
        today = clock.city_today()
        self.change(
            [
                (id, replace(terms, valid_until=last_day), today) for id, terms in held.items()
                if terms.valid_until is None or terms.valid_until > last_day
            ],
            type="obligation.retired", text=reason,
        )

    def finish(self) -> None:
        """Let what is owed follow at the commit."""
        if self.cause is not None:
            state.refresh(self.touched, self.cause)

    def _write(
        self, changes: Sequence[tuple[UUID, Terms, dt.date | None]], seqs: Sequence[int]
    ) -> None:
        model.Session.execute(
            sa.insert(obligation_version),
            [
                {**terms.row(), "obligation": id, "event_seq": seq, "effective_from": start}
                for seq, (id, terms, start) in zip(seqs, changes, strict=True)
            ],
        )
        self.touched += [id for id, _, _ in changes]
        self.cause = seqs[-1]


def retire(id: UUID, last_day: dt.date, reason: str, by: Actor) -> None:
    """End an obligation: nothing with a last allowed day after ``last_day`` is owed any more."""
    batch = Batch(by)
    batch.retire(locked([id]), last_day, reason)
    batch.finish()


def link(id: UUID, package_id: str | None, by: Actor) -> None:
    """Say which dataset an obligation's files go to."""
    link_many([(id, package_id)], by)


def link_many(links: Sequence[tuple[UUID, str | None]], by: Actor) -> None:
    """The same for many obligations."""
    if not links:
        return
    state.lock([id for id, _ in links])
    record_many(
        [
            {"type": "obligation.linked", "object_type": "obligation", "object_id": str(id),
             "data": {"package_id": package_id}}
            for id, package_id in links
        ],
        by,
    )
    model.Session.execute(
        sa.update(obligation)
        .where(obligation.c.id == sa.bindparam("b_id"))
        .values(package_id=sa.bindparam("b_package"))
        .execution_options(synchronize_session=False),
        [{"b_id": id, "b_package": package_id} for id, package_id in links],
    )


def excuse(id: UUID, period: str, until: dt.date | None, reason: str, by: Actor) -> None:
    """A dispensation for one period: an extension to ``until``, or a waiver when that is None."""
    state.lock([id])
    seq = record(
        "obligation.excused", "obligation", str(id), by, text=reason,
        data={"period": period, "until": until and until.isoformat()},
    )
    model.Session.execute(
        sa.insert(dispensation).values(event_seq=seq, obligation=id, period=period, until=until)
    )
    state.refresh([id], seq)


def take_back_excuse(id: UUID, period: str, reason: str | None, by: Actor) -> int:
    """Take the standing dispensations of a period back; returns how many there were."""
    state.lock([id])
    seq = record(
        "obligation.excuse_withdrawn", "obligation", str(id), by, text=reason,
        data={"period": period},
    )
    done = model.Session.execute(
        sa.update(dispensation)
        .where(
            dispensation.c.obligation == id, dispensation.c.period == period,
            dispensation.c.withdrawn_by.is_(None),
        )
        .values(withdrawn_by=seq)
        .returning(dispensation.c.event_seq)
    ).scalars().all()
    state.refresh([id], seq)
    return len(done)


def agree(
    year: int, agreed_on: dt.date, minutes: str, by: Actor, *, origin: str = "langsung"
) -> int:
    """The Forum's agreement on the daftar data of a year (Perpres 39/2019 art. 27)."""
    seq = record(
        "register.agreed", "register", str(year), by, origin=origin,
        data={"year": year, "agreed_on": agreed_on.isoformat(), "minutes": minutes},
    )
    model.Session.execute(
        sa.insert(register_agreement).values(
            event_seq=seq, year=year, agreed_on=agreed_on, minutes=minutes
        )
    )
    return seq


def latest(
    ids: Sequence[UUID] | None = None, as_of: dt.datetime | None = None
) -> dict[UUID, Terms]:
    """The latest recorded terms of obligations (default: of all), one query."""
    query = versions.latest(as_of=as_of)
    if ids is not None:
        query = query.where(obligation_version.c.obligation.in_(list(ids)))
    return {
        row["obligation"]: Terms.from_row(row)
        for row in model.Session.execute(query).mappings()
    }


def latest_of(id: UUID) -> Terms:
    """The latest recorded terms of one obligation."""
    return latest([id])[id]


def group_of(id: UUID) -> str:
    """The id of the organization that now answers for an obligation."""
    return offices.group_of(latest_of(id).opd)


def locked(ids: Sequence[UUID]) -> dict[UUID, Terms]:
    """The latest terms of obligations, which nobody else changes until the commit."""
    state.lock(ids)
    return latest(ids)


def of_dataset(package_id: str, period: str | None = None) -> UUID | None:
    """The obligation that a dataset's file is for, or None.

    Each year's register has an item of its own for the dataset: the file is for the one that owes
    its period; when none does, or without a period, for that of the latest register.
    """
    ids = all_of_dataset(package_id)
    if period is None or len(ids) < 2:
        return ids[0] if ids else None
    owing = model.Session.execute(
        sa.select(state_table.c.obligation).where(
            state_table.c.obligation.in_(ids), state_table.c.period == period,
            state_table.c.closed_by.is_(None),
        )
    ).scalars().all()
    return next((id for id in ids if id in owing), ids[0])


def all_of_dataset(package_id: str) -> list[UUID]:
    """The obligations that are linked to a dataset, that of the latest register first."""
    version = (
        versions.latest(obligation_version.c.obligation, obligation_version.c.register_year)
        .join(obligation, obligation.c.id == obligation_version.c.obligation)
        .where(obligation.c.package_id == package_id)
        .subquery()
    )
    return list(model.Session.execute(
        sa.select(version.c.obligation).order_by(
            version.c.register_year.desc().nulls_last(), version.c.obligation
        )
    ).scalars())


def package_of(id: UUID) -> tuple[bool, str | None]:
    """(whether the obligation exists, the dataset it is linked to)."""
    row = model.Session.execute(
        sa.select(obligation.c.package_id).where(obligation.c.id == id)
    ).one_or_none()
    return (row is not None, row[0] if row is not None else None)
