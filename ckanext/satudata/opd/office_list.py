"""The office list as it is stored, and what an import writes into it."""
from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context

from ckanext.satudata import compat
from ckanext.satudata.journal import values
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.translation import N_

from . import imports, store
from .imports import COLUMNS, Entry, Known, Plan, Problem

#: A larger part of the offices than this is retired only when asked for twice.
MANY = 0.1

_LATER = ("pengganti",)


def known() -> list[Known]:
    """All active organizations in the plain values of a sheet; three queries."""
    group = model.Group
    rows = model.Session.execute(
        sa.select(group.id, group.name, group.title)
        .where(group.is_organization.is_(True), group.state == "active")
        .order_by(group.name)
    ).all()
    ids = [row.id for row in rows]
    extras = compat.group_extras(ids, tuple(COLUMNS))
    names = {row.id: row.name for row in rows}
    parents = store.parents_of(ids)
    today = city_today()
    found = []
    for row in rows:
        stored = _plain(extras.get(row.id, {}))
        stored["title"] = row.title or row.name
        stored["induk"] = names.get(parents.get(row.id, ""))
        last = values.date(stored["berlaku_sampai"])
        found.append(Known(row.name, stored, current=last is None or last > today))
    return found


def run(
    context: Context, rows: Sequence[Row], *, dry_run: bool, retire_missing: bool, confirm: bool
) -> dict[str, Any]:
    """Plan and, unless it is a dry run or something is wrong, do it in one transaction.

    :returns: as the action ``satudata_opd_import``
    :raises tk.ValidationError: on ``confirm``, when more than a tenth would be retired
    """
    offices = known()
    plan = imports.plan(rows, offices, _taken_names())
    retired = plan.absent if retire_missing and plan.entries else []
    if not plan.problems and not dry_run:
        _refuse_many(len(retired), sum(one.current for one in offices), confirm)
        _write(context, plan, retired)
    done = not plan.problems
    return {
        "created": [entry.name for entry in plan.created] if done else [],
        "updated": [entry.name for entry in plan.updated] if done else [],
        "unchanged": [entry.name for entry in plan.unchanged] if done else [],
        "retired": [one.name for one in retired] if done else [],
        "absent": [one.name for one in plan.absent if one not in retired] if done else [],
        "errors": [told(problem) for problem in plan.problems],
    }


def told(problem: Problem) -> dict[str, Any]:
    """A problem in the reader's language: {row, field, message}."""
    message = tk._(problem.message).format(**problem.places)
    return {"row": problem.row, "field": problem.field, "message": message}


def export() -> str:
    """The office list as CSV that can be imported again; offices are named by their codes."""
    offices = known()
    code = {one.name: one.values.get("kode_opd") or one.name for one in offices}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS.values())
    for one in sorted(offices, key=lambda one: (one.values.get("kode_opd") or "~", one.name)):
        writer.writerow([_cell(column, one.values.get(column), code) for column in COLUMNS])
    return out.getvalue()


def _cell(column: str, value: Any, code: Mapping[str, str]) -> str:
    if column == "induk":
        return code.get(value, "")
    if column == "pengganti":
        return ";".join(code.get(name, name) for name in value or [])
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return "" if value is None else str(value)


def _plain(extras: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in COLUMNS:
        value = extras.get(column)
        if column in imports.CODED_LISTS or column == "pengganti":
            found[column] = values.items(value)
        elif column == "wajib_setor":
            found[column] = values.boolean(value)
        elif column in imports.DATES:
            day = values.date(value)
            found[column] = day.isoformat() if day else None
        else:
            found[column] = values.text(value)
    return found


def _taken_names() -> list[str]:
    return list(model.Session.execute(sa.select(model.Group.name)).scalars())


def _refuse_many(retired: int, current: int, confirm: bool) -> None:
    if confirm or retired <= current * MANY:
        return
    message = tk._(
        "{count} of {total} offices are not in the file and would be retired. "
        "If that is meant, say confirm=true as well."
    )
    raise tk.ValidationError({"confirm": [message.format(count=retired, total=current)]})


def _write(context: Context, plan: Plan, retired: Sequence[Known]) -> None:
    """All or nothing: CKAN's own commits are put off until the last office is written."""
    inner = cast(Context, {
        "user": context.get("user", ""), "ignore_auth": True, "defer_commit": True,
    })
    try:
        for entry in plan.created:
            _attempt(plan, entry, lambda entry=entry: _create(inner, entry))
        for entry in plan.created:
            # Successors may be offices that this very import makes.
            if later := {key: entry.values[key] for key in _LATER if entry.values.get(key)}:
                _attempt(plan, entry, lambda e=entry, d=later: _patch(inner, e.name, d))
        for entry in plan.updated:
            _attempt(plan, entry, lambda entry=entry: _patch(inner, entry.name, entry.changes))
        for one in retired:
            _patch(inner, one.name, {"berlaku_sampai": city_today().isoformat()})
    except _Stopped:
        model.Session.rollback()
        return
    except BaseException:
        model.Session.rollback()
        raise
    model.repo.commit()


class _Stopped(Exception):
    """CKAN refused an office; what was written before it is rolled back."""


def _attempt(plan: Plan, entry: Entry, write: Any) -> None:
    try:
        write()
    except tk.ValidationError as error:
        for field, messages in error.error_dict.items():
            text = "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
            plan.problems.append(Problem(entry.row, field, N_("{message}"), {"message": text}))
        raise _Stopped from error


def _create(context: Context, entry: Entry) -> None:
    first = {key: value for key, value in entry.values.items() if key not in _LATER}
    data = {"name": entry.name, "type": "organization", **_sent(first)}
    made = tk.get_action("organization_create")(cast(Context, dict(context)), data)
    # CKAN makes its caller the admin of what it creates; an import is no reason to belong there.
    model.Session.flush()
    for member in model.Session.query(model.Member).filter_by(
        group_id=made["id"], table_name="user"
    ):
        member.delete()


def _patch(context: Context, name: str, changes: Mapping[str, Any]) -> None:
    tk.get_action("organization_patch")(
        cast(Context, dict(context)), {"id": name, **_sent(changes)}
    )


def _sent(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values as CKAN's forms and validators take them."""
    return {
        key: "" if value is None else str(value).lower() if isinstance(value, bool) else value
        for key, value in changes.items()
    }
