"""Who may keep the register, and who may deposit and decide."""
from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan import authz
from ckan.types import AuthResult, Context, DataDict

from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import people

__all__ = [
    "satudata_decide_bulk",
    "satudata_deposit_accept",
    "satudata_deposit_assign",
    "satudata_deposit_bulk",
    "satudata_deposit_create",
    "satudata_deposit_list",
    "satudata_deposit_return",
    "satudata_deposit_show",
    "satudata_deposit_withdraw",
    "satudata_dispensation_list",
    "satudata_file_check",
    "satudata_finding_answer",
    "satudata_obligation_excuse",
    "satudata_obligation_list",
    "satudata_obligation_show",
    "satudata_owed_list",
    "satudata_register_agree",
    "satudata_register_keep",
    "satudata_register_list",
]


def satudata_register_keep(context: Context, data_dict: DataDict) -> AuthResult:
    """Koordinator or walidata keep the daftar data."""
    return _roles(context, people.KOORDINATOR, people.WALIDATA)


def satudata_register_agree(context: Context, data_dict: DataDict) -> AuthResult:
    """The koordinator records what the Forum agreed (Perpres 39/2019 art. 27)."""
    return _roles(context, people.KOORDINATOR)


def satudata_obligation_excuse(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata."""
    return _roles(context, people.WALIDATA)


@tk.auth_allow_anonymous_access
def satudata_obligation_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; the rows are those that the reader may see."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def satudata_obligation_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; an item that the reader may not see is not there."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def satudata_register_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; the rows are those that the reader may see."""
    return {"success": True}


def satudata_dispensation_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; the rows are those of their own offices, or all for the walidata,
    koordinator and pimpinan (docs/access.md, "Who may see what")."""
    return {"success": bool(context.get("user"))}


def satudata_owed_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Members of an office, for their own."""
    return {"success": bool(context.get("user"))}


def satudata_deposit_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Editor or admin of the office that answers for the item, or admin of one above it.

    ``group_id``: id of that office's organization.
    """
    return _own_office(context, data_dict.get("group_id"), "update_dataset")


def satudata_deposit_bulk(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; each file is deposited by itself, as its office allows."""
    return {"success": bool(context.get("user"))}


def satudata_deposit_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """As for depositing."""
    return satudata_deposit_create(context, data_dict)


def satudata_deposit_accept(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata; that it is somebody else than the depositor is looked at by the action."""
    return _roles(context, people.WALIDATA)


def satudata_deposit_return(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata."""
    return _roles(context, people.WALIDATA)


def satudata_deposit_assign(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata."""
    return _roles(context, people.WALIDATA)


def satudata_decide_bulk(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata; each piece is asked for as if it were decided alone."""
    return _roles(context, people.WALIDATA)


def satudata_file_check(context: Context, data_dict: DataDict) -> AuthResult:
    """Members of the office (and admins above it), and the walidata. ``group_id`` as above."""
    return satudata_deposit_show(context, data_dict)


def satudata_finding_answer(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata."""
    return _roles(context, people.WALIDATA)


def satudata_deposit_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; the rows are those of their own offices, or all for the walidata."""
    return {"success": bool(context.get("user"))}


def satudata_deposit_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Members of the office (and admins above it), and the walidata. ``group_id`` as above."""
    own = _own_office(context, data_dict.get("group_id"), "read")
    return own if own.get("success") else _roles(context, people.WALIDATA)


def _own_office(context: Context, group_id: str | None, permission: str) -> AuthResult:
    user = context.get("user")
    if user and authz.has_user_permission_for_group_or_org(group_id, user, permission):
        return {"success": True}
    return {"success": False, "msg": tk._("Only the office that owes this item may do this.")}


def _roles(context: Context, *roles: str) -> AuthResult:
    if people.has_role(actor(context).person, *roles):
        return {"success": True}
    return {"success": False, "msg": tk._("You do not hold the role that this needs.")}
