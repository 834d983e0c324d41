"""Template helpers: where a dataset stands, and what this person can do about it."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.model import note
from ckanext.satudata.schema import checking, completeness

from . import lifecycle, readers, submissions, visibility
from .reading import Reader

__all__ = ["satudata_standing"]


def satudata_standing(pkg: dict[str, Any]) -> dict[str, Any] | None:
    """What the strip on a dataset's page says; None for those whom it is not for.

    :param pkg: as ``package_show`` gives it
    :returns: ``status``, ``reason`` (of a return or revocation), ``changed`` (labels of fields),
        ``requested``, ``checks`` (for a dataset that can be submitted), ``may_submit``,
        ``may_withdraw``, ``may_ask_unpublish``
    """
    user: Any = tk.current_user
    if not user.is_authenticated or not visibility.is_governed(pkg.get("type")):
        return None
    package = model.Package.get(pkg["id"])
    row = submissions.get(pkg["id"])
    if package is None or row is None or package.state == "deleted":
        return None
    kinds = set(Reader) if user.sysadmin else readers.readers(user, package, visibility.TERTUTUP)
    if not kinds & {Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA}:
        return None
    writes = Reader.EDITOR in kinds and package.state == "active"
    may_submit = writes and row.status in lifecycle.states_for(lifecycle.SUBMIT)
    return {
        "status": row.status,
        "inherited": row.inherited,
        "reason": _note(row.returned_by_event) if row.status in (
            lifecycle.DIKEMBALIKAN, lifecycle.DICABUT) else None,
        "changed": completeness.labels(row.changed_fields, checking.reader_language()),
        "requested": row.requested,
        "checks": checking.check_dataset(pkg, {}) if may_submit else None,
        "may_submit": may_submit,
        "may_withdraw": writes and row.status == lifecycle.DIAJUKAN,
        "may_ask_unpublish": (
            writes and not package.private and row.status == lifecycle.TERVERIFIKASI
            and not row.requested
        ),
    }


def _note(seq: int | None) -> str | None:
    if seq is None:
        return None
    return model.Session.execute(
        sa.select(note.c.text).where(note.c.event_seq == seq)
    ).scalar_one_or_none()
