"""Sysadmins see all; when it is closed, that they looked is recorded."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context
from flask import g, has_request_context, request

from ckanext.satudata.journal.events import actor, record

from . import submissions, visibility

#: Read actions of the API that show one dataset; they may be posted.
_READS = ("package_show", "resource_show")


def shown(context: Context, dataset: Mapping[str, Any]) -> None:
    """Record that a sysadmin is shown a closed dataset, once in a request.

    Our own rule: docs/access.md, "Who may see what".
    """
    if not dataset.get("private") or not visibility.is_governed(dataset.get("type")):
        return
    if not _is_reading_request():
        return
    user: Any = tk.current_user
    if not user.is_authenticated or not user.sysadmin:
        return
    row = submissions.get(dataset["id"])
    klass = visibility.reading_class(
        dataset.get("klasifikasi_akses"), row.verified_class if row else None)
    if klass != visibility.TERTUTUP:
        return
    seen = g.setdefault("satudata_read", set())
    if dataset["id"] in seen:
        return
    seen.add(dataset["id"])
    record(
        "dataset.read", "dataset", dataset["id"], actor(context), data={"page": request.endpoint}
    )
    model.Session.commit()


def _is_reading_request() -> bool:
    """Whether nothing else is being written that a commit would cut in two."""
    if not has_request_context() or request.endpoint is None:
        return False
    if request.method == "GET":
        return True
    called = (request.view_args or {}).get("logic_function")
    return request.blueprint == "api" and called in _READS
