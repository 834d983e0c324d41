"""What happens at the doors of CKAN when an organization is written.

``before_organization_write`` and ``before_member_write`` are called by the chained actions before
CKAN's own; ``after_organization_saved`` by CKAN's hooks, in the transaction, before its commit.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from flask import has_request_context

from ckanext.satudata import compat
from ckanext.satudata.journal import values
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import Actor, actor

from . import people, store
from .tree import circular

CREATE, UPDATE, DELETE, PURGE = "create", "update", "delete", "purge"

#: Fields on which figures and rights rest, beside the place in the tree (``induk``).
PROTECTED = (
    "kode_opd", "wajib_setor", "berlaku_dari", "berlaku_sampai", "pengganti", "peran_satu_data",
)

LISTS = ("pengganti", "peran_satu_data")

_ACTOR = "satudata_organization_actor"
_MISSING = object()


def may_keep_offices(context: Context) -> bool:
    """Whether the caller may grant roles and change codes, parents and validity of offices.

    That is a sysadmin, a walidata with the right to administer, or code that runs with
    ``ignore_auth``.
    """
    if context.get("ignore_auth"):
        return True
    user = model.User.get(actor(context).person)
    return user is not None and user.state == model.State.ACTIVE and (
        bool(user.sysadmin) or people.administers(user.id)
    )


def before_organization_write(context: Context, data_dict: dict[str, Any], kind: str) -> None:
    """Guard an organization's protected fields and keep its place in the tree.

    Protected fields that a whole dict leaves out keep their values. ``induk`` (the parent's name)
    and CKAN's own ``groups`` are kept in step: whichever of the two was changed decides.

    :param data_dict: as given to the CKAN action; completed in place
    :param kind: ``create``, ``update``, ``delete`` or ``purge``; patching ends in an update
    :raises tk.ValidationError: a protected field is changed by somebody who may not; an unknown
        parent; a parent that would make a circle; a code that another office has; deleting an
        office that has units
    :raises tk.NotAuthorized: deleting, for somebody who may not keep offices
    """
    group = model.Group.get(data_dict.get("id")) if kind != CREATE else None
    if kind != CREATE and (group is None or not group.is_organization):
        return
    by = actor(context)
    if group is not None and kind in (DELETE, PURGE):
        _before_removal(context, group)
        if kind == PURGE:
            store.record_purge(group.id, by)
    else:
        keeps = may_keep_offices(context)
        old = _Stored(group)
        _guard_fields(old, data_dict, keeps)
        _guard_parent(old, data_dict, keeps)
    model.Session().info[_ACTOR] = by


def before_member_write(context: Context, data_dict: Mapping[str, Any]) -> None:
    """Refuse to move an office by CKAN's member actions, which would leave ``induk`` behind.

    :raises tk.ValidationError: for ``object_type`` ``group`` on an organization
    """
    if data_dict.get("object_type") != "group":
        return
    group = model.Group.get(cast(str, data_dict.get("id")))
    if group is not None and group.is_organization:
        raise tk.ValidationError(
            {"object_type": [tk._("The parent of an office is set in its field induk.")]}
        )


def after_organization_saved(group: model.Group) -> None:
    """Record a version of the office in the transaction that saves its organization."""
    # CKAN calls the same hooks for datasets.
    if not isinstance(group, model.Group) or not group.is_organization:
        return
    model.Session.flush()
    info = model.Session().info
    by = info.pop(_ACTOR, None) or _somebody()
    before = store.latest(group.id)
    store.record_version(group.id, by)
    if before is not None and before.name != group.name:
        _follow_name(group, before.name)


class _Stored:
    """What is stored of an organization before the write; empty for a new one."""

    def __init__(self, group: model.Group | None) -> None:
        self.id = group.id if group else None
        self.extras: dict[str, str] = {}
        self.parent: str | None = None
        if group:
            self.extras = compat.group_extras([group.id], (*PROTECTED, "induk")).get(group.id, {})
            self.parent = store.parents_of([group.id]).get(group.id)


def _guard_fields(old: _Stored, data_dict: dict[str, Any], keeps: bool) -> None:
    errors: dict[str, Any] = {}
    for field in PROTECTED:
        stored, given = old.extras.get(field), _given(data_dict, field)
        if given is _MISSING:
            if stored is not None:
                data_dict[field] = values.items(stored) if field in LISTS else stored
        elif not keeps and _comparable(field, given) != _comparable(field, stored):
            errors[field] = [_not_yours()]
    code = values.text(data_dict.get("kode_opd"))
    if code and "kode_opd" not in errors and code != old.extras.get("kode_opd"):
        other = _other_with_code(code, old.id)
        if other:
            errors["kode_opd"] = [tk._("{office} has this code.").format(office=other)]
    if errors:
        raise tk.ValidationError(errors)


def _guard_parent(old: _Stored, data_dict: dict[str, Any], keeps: bool) -> None:
    parent = _wanted_parent(old, data_dict)
    if (parent.id if parent else None) != old.parent:
        if not keeps:
            raise tk.ValidationError({"induk": [_not_yours()]})
        if parent is not None and old.id is not None:
            _refuse_circle(old.id, parent.id)
    data_dict["induk"] = parent.name if parent else ""
    data_dict["groups"] = [{"name": parent.name}] if parent else []


def _wanted_parent(old: _Stored, data_dict: Mapping[str, Any]) -> model.Group | None:
    """The parent that the caller asks for; the stored one if nothing is said about it."""
    stored = model.Group.get(old.parent) if old.parent else None
    named = _given(data_dict, "induk")
    if named is not _MISSING:
        name = values.text(named)
        known = {None, old.extras.get("induk") or None}
        if stored:
            known |= {stored.name, stored.id}
        if name not in known or (name is None and old.extras.get("induk")):
            return _organization(name) if name else None
    groups = data_dict.get("groups")
    if groups is None:
        return stored
    if len(groups) > 1:
        raise tk.ValidationError({"induk": [tk._("An office stands under one other at most.")]})
    reference = next((one.get("id") or one.get("name") for one in groups), None)
    if reference is None and data_dict.get("induk"):
        return stored
    if stored is not None and reference in (stored.id, stored.name):
        return stored
    return _organization(reference) if reference else None


def _organization(reference: str) -> model.Group:
    group = model.Group.get(reference) if values.is_storable(str(reference)) else None
    if group is None or not group.is_organization or group.state != "active":
        raise tk.ValidationError(
            {"induk": [tk._("There is no office named {name}.").format(name=reference)]}
        )
    return group


def _refuse_circle(group_id: str, parent_id: str) -> None:
    # Two moves at once could make a circle that neither sees.
    model.Session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('satudata_opd_tree'))"))
    parents: dict[str, str | None] = {**store.parents_of(None), group_id: parent_id}
    if group_id in circular(parents):
        raise tk.ValidationError(
            {"induk": [tk._("An office cannot stand under itself or one of its own units.")]}
        )


def _before_removal(context: Context, group: model.Group) -> None:
    if not may_keep_offices(context):
        raise tk.NotAuthorized(_not_yours())
    units = model.Session.execute(
        sa.select(sa.func.count())
        .select_from(model.Member)
        .join(model.Group, model.Group.id == model.Member.group_id)
        .where(
            model.Member.table_name == "group", model.Member.table_id == group.id,
            model.Member.state == "active", model.Group.state == "active",
            model.Group.is_organization.is_(True),
        )
    ).scalar_one()
    if units:
        raise tk.ValidationError(
            {"message": [tk._("The office has units: give them another parent first.")]}
        )


def _other_with_code(code: str, group_id: str | None) -> str | None:
    """Title of another office with this code that has not ended."""
    today = city_today()
    return next(
        (
            office.title for office in store.offices().values()
            if office.kode_opd == code and office.group_id != group_id
            and office.active and (office.berlaku_sampai or today) >= today
        ),
        None,
    )


def _follow_name(group: model.Group, old: str) -> None:
    """Write a changed name where other offices refer to it as ``induk`` or ``pengganti``."""
    referring = [
        id for id, extras in compat.group_extras(None, ("induk", "pengganti")).items()
        if extras.get("induk") == old or old in values.items(extras.get("pengganti"))
    ]
    for id in referring:
        other: Any = model.Group.get(id)
        if other is None or other.id == group.id:
            continue
        extras: dict[str, str] = other.extras
        if extras.get("induk") == old:
            extras["induk"] = group.name
        if "pengganti" in extras:
            extras["pengganti"] = extras["pengganti"].replace(f'"{old}"', f'"{group.name}"')
    model.Session.flush()


def _given(data_dict: Mapping[str, Any], field: str) -> Any:
    if field in data_dict:
        return data_dict[field]
    for extra in data_dict.get("extras") or ():
        if extra.get("key") == field and not extra.get("deleted"):
            return extra.get("value")
    return _MISSING


def _comparable(field: str, value: Any) -> Any:
    if field == "wajib_setor":
        return values.boolean(value)
    if field.startswith("berlaku_"):
        return values.date(value) or values.text(value)
    if field in LISTS:
        return set(values.items(value))
    return values.text(value)


def _not_yours() -> str:
    return tk._("Only a sysadmin or a walidata with the right to administer may change this.")


def _somebody() -> Actor:
    """Who is behind a save that came through no door of ours."""
    user = getattr(tk.current_user, "name", "") if has_request_context() else ""
    return actor(cast(Context, {"user": user}))
