"""Template helpers: what was found in files, for those who may see it."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.access import files, visibility
from ckanext.satudata.access.inspection import running, store
from ckanext.satudata.journal.asked import context

__all__ = ["satudata_file_check", "satudata_file_checks", "satudata_may_answer"]


def satudata_file_check(deposit_id: str) -> dict[str, Any] | None:
    """What was found in the file of a deposit (see the action); None: nothing, or not for you."""
    try:
        return tk.get_action("satudata_file_check")(context(), {"deposit_id": deposit_id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None


def satudata_file_checks(pkg: dict[str, Any]) -> list[dict[str, Any]]:
    """What was found in the files of a dataset; empty for those who may not see it.

    :param pkg: as ``package_show`` gives it
    :returns: {``name``, ``check``} for each file; ``check`` None: it was never looked at
    """
    found = [one for one in pkg.get("resources") or () if files.is_looked_at(one)]
    package = model.Package.get(pkg["id"]) if found else None
    if package is None or not visibility.is_governed(package.type) or not _may_see(package):
        return []
    kept = store.of([one["id"] for one in found])
    said = store.answers([pkg["id"]]) if kept else {}
    return [
        {
            "name": one.get("name") or one["url"].rpartition("/")[2],
            "check": running.shown(kept[one["id"]], said) if one["id"] in kept else None,
        }
        for one in found
    ]


def satudata_may_answer() -> bool:
    """Whether the person at the browser answers what is doubtful."""
    return _is_allowed("satudata_finding_answer", {})


def _may_see(package: model.Package) -> bool:
    return _is_allowed("satudata_file_check", {"group_id": package.owner_org})


def _is_allowed(action: str, about: dict[str, Any]) -> bool:
    if not tk.current_user.is_authenticated:
        return False
    try:
        tk.check_access(action, context(), about)
    except tk.NotAuthorized:
        return False
    return True
