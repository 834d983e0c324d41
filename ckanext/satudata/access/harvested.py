"""What ckanext-harvest does and keeps: it writes as a job, and shows to everybody what came.

A harvest object is a thing as it came, whole, before anybody verified it: it is read like a draft
of its dataset, whatever became of that. A source writes into datasets of any office, so it is
the walidata's. Docs/access.md, "Harvesting". Nothing here is there without that plugin.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal import asked

from . import hiding, policy, readers, seals, visibility

Action = Callable[[Context, dict[str, Any]], Any]

#: CKAN's type of the record that a source is.
SOURCE = "harvest"

#: Where a job says in words what went wrong, with ids and values of what came.
_ERRORS = ("object_error_summary", "gather_error_summary")

_object = sa.table(
    "harvest_object", sa.column("id", sa.Text), sa.column("guid", sa.Text),
    sa.column("package_id", sa.Text), sa.column("harvest_source_id", sa.Text),
)


def may_keep_source(context: Context, kind: str | None) -> bool:
    """Whether the caller may make, change and run records of this type: sources are special."""
    return kind != SOURCE or policy.may_verify(context)


@tk.side_effect_free
@tk.chained_action
def harvest_object_show(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> dict[str, Any]:
    """See ckanext-harvest's own action; what the caller may not read is not there."""
    try:
        found = next_action(context, data_dict)
    except tk.ObjectNotFound:
        found = None
    if found is None or not _may_read(context, found):
        raise tk.ObjectNotFound(tk._("There is no such harvest object."))
    return found


@tk.side_effect_free
@tk.chained_action
def harvest_object_list(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> list[str]:
    """Those of datasets that the caller may see."""
    ids = next_action(context, data_dict)
    if seals.may_see_all(context):
        return ids
    rows = model.Session.execute(
        sa.select(_object.c.id, _object.c.package_id).where(
            _object.c.id == sa.any_(sa.literal(ids, pg.ARRAY(sa.Text))),
            _object.c.package_id.is_not(None),
        )
    )
    of = {row.id: row.package_id for row in rows}
    seen = hiding.visible(context, set(of.values()))
    return [id for id in ids if of.get(id) in seen]


@tk.side_effect_free
@tk.chained_action
def harvest_source_list(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> list[dict[str, Any]]:
    """Those that the caller may see."""
    # Harvest's own action asks for no right, which CKAN takes for an error.
    tk.check_access("harvest_source_list", context, data_dict)
    found = next_action(context, data_dict)
    seen = hiding.visible(context, [one["id"] for one in found])
    return [one for one in found if one["id"] in seen]


@tk.side_effect_free
@tk.chained_action
def harvest_source_show_status(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> dict[str, Any]:
    """What went wrong, with what did not come in, is for whoever runs the source."""
    found = next_action(context, data_dict)
    return found if policy.may_verify(context) else _without_errors(found)


@tk.chained_action
def harvest_source_clear(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Its datasets are purged one by one: by whom CKAN lets, with all that follows of it."""
    source = asked.name(data_dict, "id")
    tk.check_access("harvest_source_clear", context, {"id": source})
    ids = model.Session.execute(
        sa.select(_object.c.package_id).distinct().where(
            _object.c.harvest_source_id == source, _object.c.package_id.is_not(None))
    ).scalars().all()
    for id in ids:
        tk.get_action("dataset_purge")(tk.fresh_context(context), {"id": id})
    return next_action(context, data_dict)


def _may_read(context: Context, found: Mapping[str, Any]) -> bool:
    if seals.may_see_all(context):
        return True
    packages = _datasets_of(found)
    if not packages:
        return policy.may_verify(context)
    user = hiding.person(context)
    return all(
        hiding.sees(context, package) and (
            not visibility.is_governed(package.type)
            or readers.may_read_file(user, package, draft=True)
        ) for package in packages
    )


def _datasets_of(found: Mapping[str, Any]) -> list[model.Package]:
    """The dataset that an object became; of one that became none, those it was meant for.

    A CKAN's datasets come with their ids, what else comes has been here under the same guid.
    """
    ids = {found.get("package")}
    if not found.get("package"):
        ids = {found.get("guid")} | set(model.Session.execute(
            sa.select(_object.c.package_id).where(
                _object.c.guid == found.get("guid"),
                _object.c.harvest_source_id == found.get("source"),
            )
        ).scalars())
    packages = (model.Session.get(model.Package, id) for id in ids if id)
    return [package for package in packages if package is not None]


def _without_errors(status: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a source without the words of its errors."""
    job = status.get("last_job")
    if not job:
        return dict(status)
    return {**status, "last_job": {**job, **{name: [] for name in _ERRORS if name in job}}}


def indexed(pkg_dict: dict[str, Any]) -> dict[str, Any]:
    """A source for Solr, which gives it to whoever sees the source: without the errors."""
    if pkg_dict.get("type") != SOURCE:
        return pkg_dict
    found = {**pkg_dict}
    if isinstance(found.get("status"), dict):
        found["status"] = _without_errors(found["status"])
    for name in ("data_dict", "validated_data_dict"):
        data = json.loads(found[name]) if found.get(name) else {}
        if data.get("status"):
            found[name] = json.dumps({**data, "status": _without_errors(data["status"])})
    return found


def actions() -> dict[str, Any]:
    """The sealed actions by the names of ckanext-harvest's, if it is there."""
    if not p.plugin_loaded("harvest"):
        return {}
    return {
        seal.__name__: seal for seal in (
            harvest_object_show, harvest_object_list, harvest_source_list,
            harvest_source_show_status, harvest_source_clear,
        )
    }
