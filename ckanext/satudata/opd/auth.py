"""Who may keep the office list and grant roles."""
from __future__ import annotations

import ckan.plugins as p
from ckan.types import AuthFunction, AuthResult, Context, DataDict

from ckanext.satudata.journal.events import actor

from . import people, steps

tk = p.toolkit

__all__ = [
    "organization_create",
    "organization_update",
    "satudata_note_redact",
    "satudata_opd_import",
    "satudata_opd_tree",
    "satudata_role_grant",
    "satudata_role_list",
    "satudata_role_revoke",
]


def satudata_opd_import(context: Context, data_dict: DataDict) -> AuthResult:
    """A sysadmin or a walidata with the right to administer."""
    return _keepers(context)


def satudata_note_redact(context: Context, data_dict: DataDict) -> AuthResult:
    """A sysadmin or a walidata with the right to administer."""
    return _keepers(context)


def satudata_role_grant(context: Context, data_dict: DataDict) -> AuthResult:
    """A sysadmin or a walidata with the right to administer."""
    return _keepers(context)


def satudata_role_revoke(context: Context, data_dict: DataDict) -> AuthResult:
    """A sysadmin or a walidata with the right to administer."""
    return _keepers(context)


def satudata_role_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Who may grant roles sees all grants; everybody else their own, if they ask for just these."""
    person = actor(context).person
    if person is not None and data_dict.get("person") == person:
        return {"success": True}
    return _keepers(context)


@tk.auth_allow_anonymous_access
def satudata_opd_tree(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody: which offices a city has is public."""
    return {"success": True}


@tk.chained_auth_function
def organization_create(
    next_auth: AuthFunction, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets, and a walidata with the right to administer."""
    return _or_administers(next_auth, context, data_dict)


@tk.chained_auth_function
def organization_update(
    next_auth: AuthFunction, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets, and a walidata with the right to administer."""
    return _or_administers(next_auth, context, data_dict)


def _keepers(context: Context) -> AuthResult:
    if steps.may_keep_offices(context):
        return {"success": True}
    return {
        "success": False,
        "msg": tk._("Only a sysadmin or a walidata with the right to administer may do this."),
    }


def _or_administers(
    next_auth: AuthFunction, context: Context, data_dict: DataDict | None
) -> AuthResult:
    allowed = next_auth(context, data_dict or {})
    if not allowed.get("success") and people.administers(actor(context).person):
        return {"success": True}
    return allowed
