"""Access requests between offices: reading and writing their table.

Which offices are let in to a restricted dataset is asked anew each time (:func:`granted`): a grant
that is revoked, or whose last day is over, gives nothing from then on. Nothing here commits.
"""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model
from sqlalchemy import orm

from ckanext.satudata.journal.clock import city_day
from ckanext.satudata.journal.model import event, note

from . import request_life
from .model import access_request

_package: Any = model.Package
_group: Any = model.Group
_columns = access_request.c


def granted(package_id: str) -> set[str]:
    """Ids of the organizations to which a dataset's files are granted today."""
    rows = model.Session.execute(
        sa.select(_columns.organization).where(
            _columns.package_id == package_id, _columns.status == request_life.GRANTED,
            _columns.until >= city_day(),
        )
    )
    return set(rows.scalars())


def create(package_id: str, organization: str, person: str | None, wished: dt.date | None,
           seq: int) -> UUID:
    """A new request that waits for the walidata.

    :param person: id of whoever asks
    :param wished: the last day that is wished for
    :param seq: number of the event that says so
    """
    id = uuid.uuid4()
    model.Session.execute(
        sa.insert(access_request).values(
            id=id, package_id=package_id, organization=organization,
            status=request_life.WAITING, person=person, wished_until=wished, asked_by=seq,
        )
    )
    return id


def save(id: UUID, **values: Any) -> None:
    """Change columns of a request."""
    model.Session.execute(
        sa.update(access_request).where(_columns.id == id).values(**values)
    )


def end(package_id: str, organization: str, status: str, seq: int) -> None:
    """End all grants of an office for a dataset that still last: it is let in by none of them.

    :param status: how they stand from now on
    :param seq: number of the event that ends them
    """
    model.Session.execute(
        sa.update(access_request)
        .where(
            _columns.package_id == package_id, _columns.organization == organization,
            _columns.status == request_life.GRANTED, _columns.until >= city_day(),
        )
        .values(status=status, ended_by=seq)
    )


def forget(package_id: str) -> None:
    """Remove the requests for a dataset that is purged; their events stay."""
    model.Session.execute(
        sa.delete(access_request).where(_columns.package_id == package_id)
    )


def get(id: UUID) -> Mapping[Any, Any] | None:
    """One request with its dataset's ``owner_org``, as it is now; None when there is none."""
    return model.Session.execute(
        sa.select(access_request, _package.owner_org)
        .join(_package, _package.id == _columns.package_id)
        .where(_columns.id == id)
    ).mappings().first()


def of_office(package_id: str, organization: str, statuses: Collection[str]) -> UUID | None:
    """The latest request of an office for a dataset that stands in one of these states."""
    return model.Session.execute(
        sa.select(_columns.id)
        .where(
            _columns.package_id == package_id, _columns.organization == organization,
            _columns.status.in_(list(statuses)),
        )
        .order_by(_columns.asked_by.desc())
        .limit(1)
    ).scalar()


def find(
    *,
    id: UUID | None = None,
    offices: Collection[str] | None = None,
    package_id: str | None = None,
    organization: str | None = None,
    status: str | None = None,
    limit: int,
    offset: int = 0,
) -> tuple[int, Sequence[Mapping[Any, Any]]]:
    """How many requests there are and one page of them: what waits first, then the latest.

    :param offices: ids of the organizations that ask or own; None: all
    """
    asking = orm.aliased(_group)
    query = (
        sa.select(
            access_request, _package.owner_org, _package.title, _package.name, _package.state,
            _package.private, _package.type, _package.creator_user_id,
            asking.title.label("organization_title"), asking.name.label("organization_name"),
            (_columns.until >= city_day()).label("lasts"),
        )
        .join(_package, _package.id == _columns.package_id)
        .outerjoin(asking, asking.id == _columns.organization)
    )
    if offices is not None:
        query = query.where(sa.or_(
            _columns.organization.in_(list(offices)), _package.owner_org.in_(list(offices))))
    for column, value in (
        (_columns.id, id), (_columns.package_id, package_id), (_columns.organization, organization),
        (_columns.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.order_by(None).subquery())
    ).scalar_one()
    rows = model.Session.execute(
        query.order_by(
            (_columns.status == request_life.WAITING).desc(), _columns.asked_by.desc()
        ).limit(limit).offset(offset)
    ).mappings().all() if limit else []
    return count, rows


def ending(first: dt.date, last: dt.date) -> Sequence[Mapping[Any, Any]]:
    """Grants whose last day lies between two days, and whose dataset is still there."""
    return model.Session.execute(
        sa.select(_columns.id, _columns.package_id, _columns.organization, _columns.until)
        .join(_package, _package.id == _columns.package_id)
        .where(
            _columns.status == request_life.GRANTED, _columns.until.between(first, last),
            _package.state == "active",
        )
        .order_by(_columns.until, _columns.asked_by)
    ).mappings().all()


def comments(ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Comments of the owning offices on requests, oldest first, by the id of each."""
    if not ids:
        return {}
    request = event.c.data["request"].astext
    rows = model.Session.execute(
        sa.select(request, event.c.person, event.c.recorded_at, note.c.text)
        .join(note, note.c.event_seq == event.c.seq)
        .where(
            event.c.type == request_life.EVENT_TYPES[request_life.COMMENT],
            request.in_(list(ids)),
        )
        .order_by(event.c.seq)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for id, person, at, text in rows:
        found.setdefault(id, []).append({
            "by": person, "at": at.isoformat() if at else None, "note": text,
        })
    return found
