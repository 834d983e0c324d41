"""Template helpers: where a dataset stands, what this person can do about it, what happened."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.asked import context
from ckanext.satudata.journal.model import event, note
from ckanext.satudata.schema import checking, completeness

from . import choices, lifecycle, policy, readers, remarks, saving, submissions, visibility
from .closed_page import satudata_closed, satudata_closures
from .reading import Reader
from .seals import get_featured_groups, get_featured_organizations
from .submissions import Submission

__all__ = [
    "get_featured_groups",
    "get_featured_organizations",
    "satudata_closed",
    "satudata_closures",
    "satudata_history_of",
    "satudata_person_names",
    "satudata_remarks",
    "satudata_standing",
]

#: Events about a request of the office; the latest says how it stands.
_ABOUT_REQUESTS = tuple(
    lifecycle.EVENT_TYPES[one] for one in (
        lifecycle.ASK_DELETE, lifecycle.ASK_UNPUBLISH, lifecycle.TAKE_BACK, lifecycle.REFUSE,
        lifecycle.GRANT,
    )
)


def satudata_standing(pkg: dict[str, Any]) -> dict[str, Any] | None:
    """What the strip on a dataset's page says; None for those whom it is not for.

    :param pkg: as ``package_show`` gives it
    :returns: ``status``, ``inherited``, ``reason`` and ``remarks`` (of a return or revocation),
        ``changed`` (labels of fields), ``request`` ({what, note}), ``refused`` ({note}),
        ``checks`` (for a dataset that can be submitted), ``choices`` (events, see ``choices``),
        ``checks_it`` (whether this person decides about it)
    """
    found = _for_office(pkg)
    if found is None:
        return None
    package, row, kinds = found
    writes = Reader.EDITOR in kinds and package.state == "active"
    may_submit = writes and row.status in lifecycle.states_for(lifecycle.SUBMIT)
    checks = checking.check_dataset(pkg, {}) if may_submit else None
    latest = _latest_request(package.id)
    return {
        "status": row.status,
        "inherited": row.inherited,
        **_came_back(pkg, row),
        "changed": completeness.labels(row.changed_fields, checking.reader_language()),
        "request": row.requested and {
            "what": row.requested, "note": latest["text"] if latest else None},
        "refused": latest if latest and latest["type"] == lifecycle.EVENT_TYPES[
            lifecycle.REFUSE] else None,
        "checks": checks,
        "choices": _office_choices(package, row, checks, latest) if writes else [],
        "checks_it": policy.may_verify(context()),
    }


def satudata_remarks(package_id: str | None) -> dict[str, Any] | None:
    """Why a dataset came back, beside the form in which it is mended; None when it did not.

    :returns: ``reason`` and ``remarks`` ({field, label, note})
    """
    if not package_id or not tk.current_user.is_authenticated:
        return None
    try:
        pkg = tk.get_action("package_show")(context(), {"id": package_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return None
    found = _for_office(pkg)
    said = _came_back(pkg, found[1]) if found else None
    return said if said and (said["reason"] or said["remarks"]) else None


def satudata_history_of(pkg: dict[str, Any]) -> list[dict[str, Any]] | None:
    """What happened to a dataset, newest first, as far as this person may see it; else None."""
    user: Any = tk.current_user
    if not user.is_authenticated or not visibility.is_governed(pkg.get("type")):
        return None
    try:
        events = tk.get_action("satudata_history")(context(), {"id": pkg["id"]})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return None
    files, language = remarks.file_names(pkg), checking.reader_language()
    return [
        {
            **one,
            "about": remarks.label(one["field"], files) if one.get("field") else _office(
                one.get("organization")),
            "changed": completeness.labels(one.get("changed") or (), language),
        }
        for one in reversed(events)
    ] or None


def _office(id: str | None) -> str | None:
    group = model.Group.get(id) if id else None
    return (group.title or group.name) if group else None


def satudata_person_names(ids: Iterable[str | None]) -> dict[str, str]:
    """What persons are called on the screen, by id, in one query; nothing of it is kept."""
    wanted = {id for id in ids if id}
    if not wanted:
        return {}
    user: Any = model.User
    rows = model.Session.execute(
        sa.select(user.id, user.name, user.fullname).where(user.id.in_(list(wanted)))
    )
    return {id: fullname or name for id, name, fullname in rows}


def _for_office(
    pkg: Mapping[str, Any]
) -> tuple[model.Package, Submission, set[Reader]] | None:
    """The dataset, where it stands, and what this person is to it; None if it is not for them."""
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
    return package, row, kinds


def _office_choices(
    package: model.Package, row: Submission, checks: completeness.Completeness | None,
    latest: Mapping[str, Any] | None,
) -> list[choices.Choice]:
    """The buttons of the office; what it may do by itself is no request.

    What was asked with a reason is not asked again; the stock buttons ask without one.
    """
    fails = set()
    if checks is None or not checks.complete:
        fails.add(lifecycle.COMPLETE)
    if not row.requested:
        fails.add(lifecycle.REQUESTED)
    if package.private:
        fails.add(lifecycle.PUBLIC)
    found = choices.choices(row.status, choices.OFFICE, [lifecycle.OFFICE], fails)
    asks = policy.enforcement() == visibility.STRICT and (
        not package.private or saving.is_owed(package.id, saving.STEPS)()
    )
    reasoned = bool(latest and latest["text"])
    return [
        one for one in found
        if one.event not in lifecycle.REQUESTS or (
            (asks or one.event != lifecycle.ASK_DELETE)
            and (not row.requested
                 or (lifecycle.REQUESTS[one.event] == row.requested and not reasoned))
        )
    ]


def _came_back(pkg: Mapping[str, Any], row: Submission) -> dict[str, Any]:
    seq = row.returned_by_event
    if seq is None or row.status not in (lifecycle.DIKEMBALIKAN, lifecycle.DICABUT):
        return {"reason": None, "remarks": []}
    reason = model.Session.execute(
        sa.select(note.c.text).where(note.c.event_seq == seq)
    ).scalar_one_or_none()
    return {"reason": reason, "remarks": remarks.labelled(remarks.of(pkg["id"], seq), pkg)}


def _latest_request(package_id: str) -> dict[str, Any] | None:
    row = model.Session.execute(
        sa.select(event.c.type, note.c.text)
        .outerjoin(note, note.c.event_seq == event.c.seq)
        .where(
            event.c.object_type == "dataset", event.c.object_id == package_id,
            event.c.type.in_(_ABOUT_REQUESTS),
        )
        .order_by(event.c.seq.desc()).limit(1)
    ).mappings().first()
    return dict(row) if row else None
