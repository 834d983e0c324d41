"""Keeping the search index in step with what is not in CKAN's own tables."""
from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import logic
from ckan.lib import search
from ckan.types import Context

from ckanext.satudata.schema import fields

from . import computed


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


def with_computed(pkg_dict: dict[str, Any]) -> dict[str, Any]:
    """Put computed values where search finds them, and into the stored dict of its answers.

    They were computed a moment ago, when the dataset was shown to be indexed: 2.12 puts them into
    the validated dict, 2.11 into the other one, whose validation drops what no schema names.
    """
    stored = json.loads(pkg_dict["validated_data_dict"])
    known = {**stored, **{key: pkg_dict[key] for key in computed.OWN if key in pkg_dict}}
    if not all(known.get(key) for key in computed.OWN):
        known = {**stored, **computed.fields_of(stored)}
    names = fields.computed_names() - {"private"}
    found = {key: value for key, value in known.items() if key in names}
    pkg_dict.update(found)
    if any(stored.get(key) != value for key, value in found.items()):
        pkg_dict["validated_data_dict"] = json.dumps({**stored, **found})
    return pkg_dict
