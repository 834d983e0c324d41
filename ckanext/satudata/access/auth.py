"""Who may do what with a submission, and who may have the files."""
from __future__ import annotations

from typing import Any

import ckan.plugins as p
from ckan import authz, model
from ckan.types import AuthResult, Context, DataDict

from ckanext.satudata.opd.people import PEMBINA, PPID, WALIDATA, has_role

from . import harvested, hiding, policy, readers, reading, visibility
from .reading import Reader
from .request_auth import (
    satudata_access_request_comment,
    satudata_access_request_create,
    satudata_access_request_grant,
    satudata_access_request_list,
    satudata_access_request_refuse,
    satudata_access_request_revoke,
    satudata_access_request_withdraw,
)

tk = p.toolkit

__all__ = [
    "package_collaborator_list",
    "package_delete",
    "package_show",
    "package_update",
    "resource_create",
    "resource_show",
    "satudata_access_request_comment",
    "satudata_access_request_create",
    "satudata_access_request_grant",
    "satudata_access_request_list",
    "satudata_access_request_refuse",
    "satudata_access_request_revoke",
    "satudata_access_request_withdraw",
    "satudata_assign",
    "satudata_closure_list",
    "satudata_comment",
    "satudata_dataset_return",
    "satudata_dataset_revoke",
    "satudata_dataset_submit",
    "satudata_dataset_unblock",
    "satudata_dataset_verify",
    "satudata_dataset_withdraw",
    "satudata_determine",
    "satudata_history",
    "satudata_opinion_list",
    "satudata_request_create",
    "satudata_request_grant",
    "satudata_request_refuse",
    "satudata_request_withdraw",
    "satudata_verification_queue",
]


def satudata_dataset_submit(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the own OPD, admins of the offices above it."""
    return _office(context, data_dict)


def satudata_dataset_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the own OPD, admins of the offices above it."""
    return _office(context, data_dict)


def satudata_dataset_verify(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata; four eyes are asked by the action, of sysadmins too."""
    return _verifier(context)


def satudata_dataset_return(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_dataset_revoke(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_request_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the own OPD, admins of the offices above it."""
    return _office(context, data_dict)


def satudata_request_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins of the own OPD, admins of the offices above it."""
    return _office(context, data_dict)


def satudata_request_refuse(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_request_grant(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_verification_queue(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_assign(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return _verifier(context)


def satudata_comment(context: Context, data_dict: DataDict) -> AuthResult:
    """A pembina."""
    return policy.answer(_holds(context, PEMBINA))


def satudata_opinion_list(context: Context, data_dict: DataDict) -> AuthResult:
    """A pembina, for what they may see, and a walidata."""
    return policy.answer(_holds(context, PEMBINA, WALIDATA))


def satudata_dataset_unblock(context: Context, data_dict: DataDict) -> AuthResult:
    """Sysadmins, with a reason that is recorded."""
    return policy.answer(False)


def satudata_determine(context: Context, data_dict: DataDict) -> AuthResult:
    """A PPID."""
    return policy.answer(_holds(context, PPID))


def satudata_closure_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody who is signed in; the action shows each what concerns them."""
    return policy.answer(bool(context.get("user")))


def satudata_history(context: Context, data_dict: DataDict) -> AuthResult:
    """Own OPD, walidata, koordinator, pimpinan; a pembina sees their own comments."""
    package = model.Package.get(data_dict.get("id"))
    user = model.User.get(context.get("user") or "")
    if package is None or user is None:
        return policy.answer(False)
    kinds = readers.readers(user, package, visibility.TERTUTUP)
    return policy.answer(
        bool(kinds & {Reader.MEMBER, Reader.EDITOR, *reading.ROLES} - {Reader.PPID}))


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_show(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets. For the others there is no such dataset.

    :raises ObjectNotFound: as for one that is not there
    """
    answer = next_auth(context, data_dict or {})
    if not answer["success"]:
        raise hiding.not_there()
    return answer


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def resource_show(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets, if the table of readers gives them the file and not the metadata alone."""
    data_dict = data_dict or {}
    answer = next_auth(context, data_dict)
    if not answer["success"]:
        return answer
    resource = context.get("resource") or model.Resource.get(data_dict.get("id") or "")
    package = model.Package.get(resource.package_id) if resource else None
    user = hiding.person(context)
    if package is None or readers.may_read_file(user, package):
        return answer
    return {"success": False, "msg": tk._(
        "You may read what the dataset says, not its files: ask the office for access.")}


@tk.chained_auth_function
def package_update(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets; collaborators only what is ``terbuka``, or inherited without a class.

    A source of harvests is the walidata's.
    """
    data_dict = data_dict or {}
    answer = next_auth(context, data_dict)
    if not answer["success"]:
        _hide(context, data_dict)
        return answer
    package = context.get("package") or model.Package.get(data_dict.get("id"))
    if package is not None and not harvested.may_keep_source(context, package.type):
        return policy.answer(False)
    if not authz.check_config_permission("allow_dataset_collaborators"):
        return answer
    if (
        package is None or not package.private or not visibility.is_governed(package.type)
        or not package.owner_org or policy.may_write_for(context, package.owner_org)
    ):
        return answer
    klass, _ = readers.standing(package)
    if klass in reading.COLLABORATIVE:
        return answer
    _hide(context, data_dict)
    return policy.answer(False)


@tk.chained_auth_function
def resource_create(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets; refused for what is not there, where CKAN's own page would break."""
    try:
        return next_auth(context, data_dict or {})
    except tk.ObjectNotFound:
        return policy.answer(False)


@tk.chained_auth_function
def package_delete(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets (for what is public their call is a request), and a walidata."""
    data_dict = data_dict or {}
    answer = next_auth(context, data_dict)
    if answer["success"]:
        return answer
    if not _holds(context, WALIDATA):
        _hide(context, data_dict)
        return answer
    return {"success": True}


@tk.chained_auth_function
def package_collaborator_list(
    next_auth: Any, context: Context, data_dict: DataDict | None
) -> AuthResult:
    """Whom CKAN lets; it fails for a dataset that is not there and for who is not signed in."""
    data_dict = data_dict or {}
    if not hiding.sees(context, hiding.dataset(data_dict.get("id"))):
        raise hiding.not_there()
    if not context.get("user"):
        return policy.answer(False)
    return next_auth(context, data_dict)


def _hide(context: Context, data_dict: DataDict) -> None:
    """Whoever may not do it and sees nothing of the dataset learns only that there is none."""
    package = context.get("package") or model.Package.get(data_dict.get("id"))
    if package is not None and not hiding.sees(context, package):
        raise hiding.not_there()


def _office(context: Context, data_dict: DataDict) -> AuthResult:
    package = model.Package.get(data_dict.get("id"))
    return policy.answer(
        package is not None and policy.may_write_for(context, package.owner_org))


def _verifier(context: Context) -> AuthResult:
    return policy.answer(policy.may_verify(context))


def _holds(context: Context, *roles: str) -> bool:
    user = model.User.get(context.get("user") or "")
    return user is not None and has_role(user.id, *roles)
