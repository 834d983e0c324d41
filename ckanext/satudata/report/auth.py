"""Who may read the report, and who may freeze it."""
from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.satudata import config
from ckanext.satudata.deposits.listing import reader
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.quarters import Quarter, QuarterError
from ckanext.satudata.opd import people

from . import snapshots

__all__ = [
    "satudata_compliance_history",
    "satudata_compliance_report",
    "satudata_compliance_year",
    "satudata_snapshot_freeze",
    "satudata_snapshot_list",
    "satudata_snapshot_show",
    "satudata_snapshot_verify",
]


@tk.auth_allow_anonymous_access
def satudata_compliance_report(context: Context, data_dict: DataDict) -> AuthResult:
    """Members of offices and holders of roles: always. Others: as ``public_board`` says."""
    if not only_frozen(context):
        return {"success": True}
    if config.public_board() == config.OFF:
        return {"success": False, "msg": tk._("The compliance board is not public on this portal.")}
    if not data_dict.get("as_of") and _is_frozen(data_dict.get("quarter")):
        return {"success": True}
    return {"success": False, "msg": tk._("Only frozen quarters are public on this portal.")}


def only_frozen(context: Context) -> bool:
    """Whether the caller may see no quarter that is not frozen."""
    return not reader(context).inside and config.public_board() != config.LIVE


@tk.auth_allow_anonymous_access
def satudata_compliance_history(context: Context, data_dict: DataDict) -> AuthResult:
    """As the list of snapshots; quarters that the caller may not see are left out."""
    return satudata_snapshot_list(context, data_dict)


@tk.auth_allow_anonymous_access
def satudata_compliance_year(context: Context, data_dict: DataDict) -> AuthResult:
    """As the list of snapshots; quarters that the caller may not see are left out."""
    return satudata_snapshot_list(context, data_dict)


@tk.auth_allow_anonymous_access
def satudata_snapshot_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody, unless the board is not public at all."""
    if config.public_board() != config.OFF or reader(context).inside:
        return {"success": True}
    return {"success": False, "msg": tk._("The compliance board is not public on this portal.")}


@tk.auth_allow_anonymous_access
def satudata_snapshot_show(context: Context, data_dict: DataDict) -> AuthResult:
    """As the list of snapshots."""
    return satudata_snapshot_list(context, data_dict)


@tk.auth_allow_anonymous_access
def satudata_snapshot_verify(context: Context, data_dict: DataDict) -> AuthResult:
    """As the list of snapshots: whoever is shown a hash may ask whether it holds."""
    return satudata_snapshot_list(context, data_dict)


def satudata_snapshot_freeze(context: Context, data_dict: DataDict) -> AuthResult:
    """The walidata."""
    if people.has_role(actor(context).person, people.WALIDATA):
        return {"success": True}
    return {"success": False, "msg": tk._("Only the walidata freezes a quarter.")}


def _is_frozen(code: str | None) -> bool:
    try:
        return bool(code) and snapshots.is_frozen(Quarter.parse(str(code)))
    except QuarterError:
        return False
