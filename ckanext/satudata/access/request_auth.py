"""Who may ask for access, and who decides."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from ckan.types import AuthResult, Context, DataDict

from . import policy, requests

__all__ = [
    "satudata_access_request_comment",
    "satudata_access_request_create",
    "satudata_access_request_grant",
    "satudata_access_request_list",
    "satudata_access_request_refuse",
    "satudata_access_request_revoke",
    "satudata_access_request_withdraw",
]


def satudata_access_request_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the asking office, admins of the offices above it."""
    return policy.answer(policy.may_write_for(context, data_dict.get("organization")))


def satudata_access_request_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the asking office, admins of the offices above it."""
    return policy.answer(policy.may_write_for(context, _request(data_dict).get("organization")))


def satudata_access_request_comment(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the owning office, admins of the offices above it."""
    return policy.answer(policy.may_write_for(context, _request(data_dict).get("owner_org")))


def satudata_access_request_grant(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata; who asked themself is refused by the action."""
    return policy.answer(policy.may_verify(context))


def satudata_access_request_refuse(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return policy.answer(policy.may_verify(context))


def satudata_access_request_revoke(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata; editors and admins of the owning office, admins of the offices above it."""
    return policy.answer(policy.may_verify(context) or policy.may_write_for(
        context, _request(data_dict).get("owner_org")))


def satudata_access_request_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody who is signed in; each sees what concerns their offices, a walidata all."""
    return policy.answer(bool(context.get("user")))


def _request(data_dict: DataDict) -> Any:
    try:
        return requests.get(UUID(str(data_dict.get("id")))) or {}
    except ValueError:
        return {}
