"""Versions of offices: what the figures rest on, as it was known at any moment."""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata import compat
from ckanext.satudata.journal import values
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor, record_many
from ckanext.satudata.journal.model import event, note

from .model import opd, opd_version
from .tree import Office

#: For organizations whose id is not a UUID (very old portals).
NAMESPACE = uuid.UUID("6f0d3c5e-5a1c-5b1e-9d58-2a6f3f0c7b11")

_COLUMNS = (
    "name", "title", "kode_opd", "singkatan", "jenis_opd", "parent", "wajib_setor",
    "berlaku_dari", "berlaku_sampai", "pengganti", "active", "kepala_nama",
)
_EXTRAS = (
    "kode_opd", "singkatan", "jenis_opd", "wajib_setor", "berlaku_dari", "berlaku_sampai",
    "pengganti", "kepala_nama",
)


def key(group_id: str) -> UUID:
    """The office's key of 16 bytes for an organization's id."""
    try:
        return UUID(group_id)
    except ValueError:
        return uuid.uuid5(NAMESPACE, group_id)


def group_of(office: UUID) -> str:
    """The id of the organization that an office's key stands for."""
    return model.Session.execute(sa.select(opd.c.group_id).where(opd.c.id == office)).scalar_one()


def offices(as_of: dt.datetime | None = None) -> dict[UUID, Office]:
    """All offices, each in its latest version recorded before ``as_of``.

    Without ``as_of``: as they are now, with what the running transaction wrote. One query.
    """
    query = _versions()
    if as_of is not None:
        query = query.where(event.c.recorded_at < as_of)
    return _read(query)


def current() -> dict[UUID, Office]:
    """All active offices as CKAN has them now, those never recorded included; a few queries."""
    model.Session.flush()
    return {office.id: office for office in _current(None).values()}


def latest(group_id: str) -> Office | None:
    """The office of an organization as it was last recorded, or None."""
    return _read(_versions().where(opd_version.c.opd == key(group_id))).get(key(group_id))


def record_version(group_id: str, by: Actor, *, reason: str | None = None) -> bool:
    """Record what an organization says now, if the figures depend on what changed.

    To be called in the transaction that changes the organization, before its commit.

    :returns: whether a version was written
    """
    return bool(record_versions([group_id], by, reason=reason))


def record_versions(
    group_ids: Collection[str] | None, by: Actor, *, reason: str | None = None
) -> list[UUID]:
    """Record changed versions of many organizations, in the same few statements.

    :param group_ids: ids of organizations; None for all that are active
    :param by: who changed them
    :param reason: a note for each event
    :returns: keys of the offices that got a version
    """
    model.Session.flush()
    current = _current(group_ids)
    if not current:
        return []
    latest = _locked(current.values())
    changed = []
    for office in current.values():
        before = latest.get(office.id)
        now = office if office.active else _ended(office, before)
        if now != before:
            changed.append((now, before))
    _write(changed, by, reason)
    return [now.id for now, _ in changed]


def record_purge(group_id: str, by: Actor) -> None:
    """Record that an organization is about to vanish from CKAN; its past stays."""
    before = _locked([Office(key(group_id), group_id, "", "")]).get(key(group_id))
    if before is None or not before.active:
        return
    _write([(_ended(replace(before, active=False), before), before)], by, None)


def ensure(group_id: str, by: Actor | None = None) -> UUID:
    """Key of an organization's office, with a first version if it has none yet.

    For organizations that were there before the plugin. Does not commit.
    """
    found = sa.select(opd_version.c.opd).where(opd_version.c.opd == key(group_id)).limit(1)
    if model.Session.execute(found).first() is None:
        record_version(group_id, by or Actor(None, CLI))
    return key(group_id)


def _versions() -> sa.sql.Select[Any]:
    return sa.select(opd_version, opd.c.group_id)


def _read(query: sa.sql.Select[Any]) -> dict[UUID, Office]:
    # The running transaction's own versions have no time yet and are the latest.
    rows = model.Session.execute(
        query.select_from(
            opd_version.join(opd, opd.c.id == opd_version.c.opd).join(
                event, event.c.seq == opd_version.c.event_seq
            )
        )
        .distinct(opd_version.c.opd)
        .order_by(
            opd_version.c.opd, event.c.recorded_at.desc().nulls_first(),
            opd_version.c.event_seq.desc(),
        )
    ).mappings()
    return {
        row["opd"]: Office(
            id=row["opd"],
            group_id=row["group_id"],
            **{column: row[column] for column in _COLUMNS if column != "pengganti"},
            pengganti=tuple(row["pengganti"]),
        )
        for row in rows
    }


def _locked(wanted: Collection[Office]) -> dict[UUID, Office]:
    """Latest versions of these offices, with their rows locked against a second writer."""
    model.Session.execute(
        pg.insert(opd)
        .values([{"id": one.id, "group_id": one.group_id} for one in wanted])
        .on_conflict_do_nothing()
    )
    keys = [one.id for one in wanted]
    model.Session.execute(
        sa.select(opd.c.id).where(opd.c.id.in_(keys)).order_by(opd.c.id).with_for_update()
    )
    return _read(_versions().where(opd_version.c.opd.in_(keys)))


def _ended(office: Office, before: Office | None) -> Office:
    """A deleted office keeps its place in the tree and exists until today at the latest."""
    if before is not None and not before.active:
        end = before.berlaku_sampai
    else:
        end = min(filter(None, (office.berlaku_sampai, city_today())))
    return replace(
        office, active=False, berlaku_sampai=end, parent=before.parent if before else office.parent
    )


def _write(
    changed: Collection[tuple[Office, Office | None]], by: Actor, reason: str | None
) -> None:
    if not changed:
        return
    seqs = record_many(
        [
            {
                "type": "opd.recorded", "object_type": "opd", "object_id": now.group_id,
                "data": _difference(now, before),
            }
            for now, before in changed
        ],
        by,
    )
    model.Session.execute(
        sa.insert(opd_version).values([
            {
                "event_seq": seq, "opd": now.id,
                **{column: getattr(now, column) for column in _COLUMNS if column != "pengganti"},
                "pengganti": list(now.pengganti),
            }
            for seq, (now, _) in zip(seqs, changed, strict=True)
        ])
    )
    if reason:
        model.Session.execute(
            sa.insert(note).values([{"event_seq": seq, "text": reason} for seq in seqs])
        )


def _difference(now: Office, before: Office | None) -> dict[str, Any]:
    """Old and new value of each field that changed."""
    old = asdict(before) if before else {}
    return {
        field: [_plain(old.get(field)), _plain(value)]
        for field, value in asdict(now).items()
        if field in _COLUMNS and old.get(field) != value
    }


def _plain(value: Any) -> Any:
    if isinstance(value, UUID | dt.date):
        return str(value)
    return [str(one) for one in value] if isinstance(value, tuple) else value


def _current(group_ids: Collection[str] | None) -> dict[str, Office]:
    """Offices as CKAN's own tables say, by the organizations' ids."""
    group = model.Group
    query = sa.select(group.id, group.name, group.title, group.state).where(
        group.is_organization.is_(True)
    )
    if group_ids is None:
        query = query.where(group.state == "active")
    else:
        query = query.where(group.id.in_(list(group_ids)))
    rows = model.Session.execute(query).all()
    ids = None if group_ids is None else [row.id for row in rows]
    extras = compat.group_extras(ids, _EXTRAS)
    parents = parents_of(ids)
    successors = _keys_by_name({
        name for found in extras.values() for name in values.items(found.get("pengganti"))
    })
    return {
        row.id: _office(row, extras.get(row.id, {}), parents.get(row.id), successors)
        for row in rows
    }


def _office(
    row: Any, extras: Mapping[str, Any], parent: str | None, successors: Mapping[str, UUID]
) -> Office:
    obliged = values.boolean(extras.get("wajib_setor"))
    return Office(
        id=key(row.id),
        group_id=row.id,
        name=row.name,
        title=row.title or row.name,
        kode_opd=values.text(extras.get("kode_opd")),
        singkatan=values.text(extras.get("singkatan")),
        jenis_opd=values.text(extras.get("jenis_opd")),
        parent=key(parent) if parent else None,
        # Never given: an office owes deposits itself, a unit below one is summed into it.
        wajib_setor=parent is None if obliged is None else obliged,
        berlaku_dari=values.date(extras.get("berlaku_dari")),
        berlaku_sampai=values.date(extras.get("berlaku_sampai")),
        pengganti=tuple(
            successors[name] for name in values.items(extras.get("pengganti"))
            if name in successors
        ),
        active=row.state == "active",
        kepala_nama=values.text(extras.get("kepala_nama")),
    )


def parents_of(group_ids: Collection[str] | None) -> dict[str, str]:
    """Id of the organization above each, by CKAN's own hierarchy; None asks for all."""
    member, group = model.Member, model.Group
    query = (
        sa.select(member.group_id, member.table_id)
        .join(group, group.id == member.table_id)
        .where(
            member.table_name == "group", member.state == "active",
            group.is_organization.is_(True),
        )
        # Should there be two, the same one is taken each time.
        .order_by(member.group_id, group.name.desc())
    )
    if group_ids is not None:
        query = query.where(member.group_id.in_(list(group_ids)))
    return {row.group_id: row.table_id for row in model.Session.execute(query)}


def _keys_by_name(names: Collection[str]) -> dict[str, UUID]:
    """Keys of organizations that are named by name or id."""
    if not names:
        return {}
    group = model.Group
    rows = model.Session.execute(
        sa.select(group.id, group.name).where(
            sa.or_(group.name.in_(list(names)), group.id.in_(list(names)))
        )
    )
    return {name: key(id) for id, label in rows for name in (id, label)}
