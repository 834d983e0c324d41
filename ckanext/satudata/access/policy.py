"""How strictly the portal holds to the rule, and who may verify."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, model
from ckan.types import AuthResult, Context

from ckanext.satudata import config
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.opd.people import WALIDATA, has_role


def enforcement() -> str:
    """``strict`` or ``warn``: as configured, else by what was there when the plugin came.

    A portal that had no datasets then is strict, one that had some warns: an upgrade
    hides nothing (docs/access.md, "Who sees a dataset, and when it becomes public").
    """
    if configured := config.enforcement():
        return configured
    had = model.Session.execute(
        sa.select(event.c.data["datasets"].as_integer())
        .where(event.c.type == "portal.installed")
        .order_by(event.c.seq)
        .limit(1)
    ).scalar()
    return config.WARN if had else config.STRICT


def may_verify(context: Context) -> bool:
    """Whether the caller may verify: a walidata, a sysadmin, or code with ``ignore_auth``.

    That somebody may verify in general says nothing about a dataset they wrote: see four eyes.
    """
    if context.get("ignore_auth"):
        return True
    user = model.User.get(actor(context).person)
    return user is not None and user.state == model.State.ACTIVE and (
        bool(user.sysadmin) or has_role(user.id, WALIDATA)
    )


def may_write_for(context: Context, organization: Any) -> bool:
    """Whether the caller is editor or admin of an office, or admin of one above it."""
    return bool(organization) and authz.has_user_permission_for_group_or_org(
        organization, context.get("user"), "update_dataset")


def answer(allowed: bool) -> AuthResult:
    """What a function of ``auth`` says."""
    return {"success": True} if allowed else {
        "success": False, "msg": tk._("You may not do this.")}
