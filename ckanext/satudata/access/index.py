"""Keeping the search index in step with what is not in CKAN's own tables."""
from __future__ import annotations

import json
from typing import Any

from ckan import logic
from ckan.lib import search
from ckan.types import Context

import ckan.plugins.toolkit as tk


def refresh(package_id: str) -> None:
    """Index a dataset as the running transaction sees it, before the commit, as CKAN does.

    :raises ckan.lib.search.SearchIndexError: Solr cannot be reached; nothing is committed then
    """
    if tk.check_ckan_version(min_version="2.12"):
        logic.index_update_package(Context(ignore_auth=True), package_id)  # pyright: ignore
        return
    context = {"ignore_auth": True, "validate": False, "use_cache": False}
    dataset = tk.get_action("package_show")(context, {"id": package_id})  # pyright: ignore
    search.index_for("Package").update_dict(dataset)


def with_computed(pkg_dict: dict[str, Any], computed: dict[str, str]) -> dict[str, Any]:
    """Put computed values where search finds them, and into the stored dicts of answers."""
    pkg_dict.update({key: computed[key] for key in ("status_alur", "hasil_pemeriksaan")})
    stored = json.loads(pkg_dict["validated_data_dict"])
    if any(stored.get(key) != value for key, value in computed.items()):
        stored.update(computed)
        pkg_dict["validated_data_dict"] = json.dumps(stored)
    return pkg_dict
