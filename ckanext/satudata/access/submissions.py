"""Where each dataset stands: reading and writing the table of submissions.

Nothing here commits. Whoever writes holds the lock of :func:`lock` first.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects import postgresql as pg

from . import lifecycle, visibility
from .model import file, submission


@dataclass(frozen=True)
class Submission:
    """A row of the table, or what stands for one of a dataset that was there before the plugin."""

    package_id: str
    status: str
    verified_class: str | None = None
    verified_hash: str | None = None
    verified_at: dt.datetime | None = None
    changed_fields: tuple[str, ...] = ()
    submitted_by: str | None = None
    submitted_at: dt.datetime | None = None
    assigned_to: str | None = None
    inherited: bool = False
    authors: tuple[str, ...] = ()
    returned_by_event: int | None = None
    requested: str | None = None
    requested_by_event: int | None = None
    opinion_asked_at: dt.datetime | None = None
    opinion: str | None = None
    opinion_by_event: int | None = None

    @property
    def result(self) -> str:
        """``hasil_pemeriksaan``."""
        return lifecycle.RESULTS[self.status]


_NAMES = tuple(one.name for one in fields(Submission))
_LISTS = ("changed_fields", "authors")
_COLUMNS = tuple(submission.c[name] for name in _NAMES)


def lock(*package_ids: str) -> None:
    """Hold off every other writer of these datasets until the transaction ends.

    It is CKAN's own row that is locked, as ``package_patch`` does, and several in the order of
    their ids: so no deadlock.
    """
    package: Any = model.Package
    model.Session.execute(
        sa.select(package.id).where(package.id.in_(package_ids))
        .order_by(package.id).with_for_update()
    )


def get(package_id: str) -> Submission | None:
    """Where one dataset stands; None when there is no such dataset."""
    return of([package_id]).get(package_id)


def require(package_id: str) -> Submission:
    """Where a dataset stands that is known to be there.

    :raises LookupError: it is not
    """
    row = get(package_id)
    if row is None:
        raise LookupError(package_id)
    return row


def of(package_ids: Collection[str]) -> dict[str, Submission]:
    """Where many datasets stand, by id, in one query; inherited ones included."""
    if not package_ids:
        return {}
    package: Any = model.Package
    rows = model.Session.execute(
        sa.select(package.id.label("id"), package.private, package.state, *_COLUMNS)
        .select_from(
            sa.outerjoin(package.__table__, submission, submission.c.package_id == package.id)
        )
        .where(package.id.in_(list(package_ids)))
    ).mappings()
    return {row["id"]: _submission(row) for row in rows}


def status_of(package_ids: Collection[str]) -> dict[str, str]:
    """Status of many datasets, by id, in one query; inherited ones included."""
    return {id: row.status for id, row in of(package_ids).items()}


def with_files(package_id: str) -> tuple[Submission | None, dict[str, str]]:
    """Where a dataset stands and the SHA-256 of its known files by resource id, in one query."""
    package: Any = model.Package
    hashes = (
        sa.select(sa.func.jsonb_object_agg(file.c.resource_id, file.c.sha256))
        .where(file.c.package_id == package_id)
        .scalar_subquery()
    )
    row = model.Session.execute(
        sa.select(
            package.id.label("id"), package.private, package.state, hashes.label("files"),
            *_COLUMNS,
        )
        .select_from(
            sa.outerjoin(package.__table__, submission, submission.c.package_id == package.id)
        )
        .where(package.id == package_id)
    ).mappings().first()
    return (_submission(row), dict(row["files"] or {})) if row else (None, {})


def create(package_id: str, author: str | None, verified_class: str | None) -> Submission:
    """The row of a dataset that is being born, in the transaction that creates it."""
    row = Submission(
        package_id, lifecycle.DRAF, verified_class=verified_class,
        authors=(author,) if author else (),
    )
    model.Session.execute(sa.insert(submission).values(_values(row)))
    return row


def save(row: Submission, **changes: Any) -> Submission:
    """Write a row with changes; one that only stood for an inherited dataset becomes real."""
    changed = replace(row, **changes)
    statement = pg.insert(submission).values(_values(changed))
    model.Session.execute(
        statement.on_conflict_do_update(
            index_elements=[submission.c.package_id],
            set_={name: statement.excluded[name] for name in _NAMES if name != "package_id"},
        )
    )
    return changed


def forget(package_id: str) -> None:
    """Remove what is known of a dataset that is purged; its events stay."""
    model.Session.execute(sa.delete(submission).where(submission.c.package_id == package_id))
    model.Session.execute(sa.delete(file).where(file.c.package_id == package_id))


def keep_file(package_id: str, resource_id: str, sha256: str, size: int) -> None:
    """Remember the bytes of a resource's file, in the transaction that stores them."""
    statement = pg.insert(file).values(
        resource_id=resource_id, package_id=package_id, sha256=sha256, size=size
    )
    model.Session.execute(
        statement.on_conflict_do_update(
            index_elements=[file.c.resource_id],
            set_={name: statement.excluded[name] for name in ("package_id", "sha256", "size")},
        )
    )


def keep_only_files(package_id: str, resource_ids: Collection[str]) -> None:
    """Forget the files of resources that a dataset no longer has."""
    model.Session.execute(
        sa.delete(file).where(
            file.c.package_id == package_id, file.c.resource_id.not_in(list(resource_ids))
        )
    )


def hashes_of(resource_ids: Collection[str]) -> dict[str, str]:
    """The SHA-256 of the known files among these resources, by their ids, in one query."""
    rows = model.Session.execute(
        sa.select(file.c.resource_id, file.c.sha256)
        .where(file.c.resource_id.in_(list(resource_ids)))
    )
    return {row.resource_id: row.sha256 for row in rows}


def forget_file(resource_id: str) -> None:
    """There are no bytes here behind a resource any more."""
    model.Session.execute(sa.delete(file).where(file.c.resource_id == resource_id))


def with_author(row: Submission, person: str | None) -> tuple[str, ...]:
    """The authors of a submission with one more person."""
    if person is None or person in row.authors:
        return row.authors
    return (*row.authors, person)


def _submission(row: Mapping[Any, Any]) -> Submission:
    if row["package_id"] is None:
        status = lifecycle.inherited_status(private=row["private"], state=row["state"])
        # An inherited dataset is as open as it was: without this its next edit would hide it.
        public = status == lifecycle.TERVERIFIKASI
        return Submission(
            row["id"], status, visibility.TERBUKA if public else None, inherited=True
        )
    values = {name: row[name] for name in _NAMES}
    return Submission(**{**values, **{name: tuple(values[name] or ()) for name in _LISTS}})


def _values(row: Submission) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _NAMES}
    return {**values, **{name: list(values[name]) for name in _LISTS}}
