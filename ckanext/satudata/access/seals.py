"""Ways out that CKAN leaves open: what it lists without asking whether the reader may see it."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context


def visible_tags(context: Context) -> set[str] | None:
    """Names of the free tags of datasets that the caller may see; None for all of them.

    CKAN lists the tags of private datasets to everybody.
    """
    if context.get("ignore_auth") or authz.is_sysadmin(context.get("user")):
        return None
    found = tk.get_action("package_search")(
        {"user": context.get("user", ""), "auth_user_obj": context.get("auth_user_obj")},
        {"rows": 0, "facet.field": ["tags"], "facet.limit": -1, "include_private": True},
    )
    return {item["name"] for item in found["search_facets"]["tags"]["items"]}


def is_seen(tag: Any, visible: set[str] | None) -> bool:
    """Whether a tag (its name or dict) is among the visible ones; those of vocabularies are."""
    if visible is None:
        return True
    if isinstance(tag, str):
        return tag in visible
    return bool(tag.get("vocabulary_id")) or tag["name"] in visible


def free_tag(name_or_id: str) -> str | None:
    """Name of a free tag; None when it is none or belongs to a vocabulary."""
    tag = model.Tag.get(name_or_id)
    return tag.name if tag is not None and not tag.vocabulary_id else None
