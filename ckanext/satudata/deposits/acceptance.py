"""Accepting a deposit: the waiting file becomes a resource of the item's dataset."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.satudata.access import saving, submissions
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.opd import store as offices
from ckanext.satudata.schema import content

from . import obligations, steps, store
from .files import resource_format
from .periods import label


def accept(context: Context, row: Mapping[str, Any], note: str | None, by: Actor) -> None:
    """Accept a locked, waiting deposit; commits together with the dataset it changes.

    What is public stays verified: what was added is what was looked at.
    """
    if row["kind"] != "file" or row["attached"]:
        store.accept(row["id"], row["sha256"], note, by)
        return
    package_id = _dataset(context, row)
    store.accept(row["id"], row["sha256"], note, by, package_id)
    submissions.keep_file(package_id, row["resource_id"], row["sha256"], row["size"])
    tk.get_action("resource_create")(_own(context), _resource(package_id, row))
    _still_verified(package_id)


def _dataset(context: Context, row: Mapping[str, Any]) -> str:
    """The dataset for the file; an item without one gets a draft, for its office to complete."""
    _, package_id = obligations.package_of(row["obligation"])
    if package_id is not None:
        return package_id
    terms = obligations.latest([row["obligation"]])[row["obligation"]]
    dataset = tk.get_action("package_create")(
        cast(Context, {**_own(context), steps.FOR_ITEM: row["obligation"]}),
        {
            "name": f"butir-{row['obligation']}",
            "title": terms.title,
            "owner_org": offices.offices()[terms.opd].group_id,
            "frekuensi": terms.frekuensi,
            "klasifikasi_akses": terms.klasifikasi_akses,
        },
    )
    return dataset["id"]


def _resource(package_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "package_id": package_id,
        "id": row["resource_id"],
        "name": f"{label(row['period'], 'id')} ({row['filename']})",
        "url": row["filename"],
        "url_type": "upload",
        "format": resource_format(row["filename"]),
        "size": row["size"],
        "hash": f"sha256:{row['sha256']}",
        "periode": row["period"],
        "jenis_berkas": "data",
    }


def _still_verified(package_id: str) -> None:
    """Let the verification name the content with the new file."""
    row = submissions.get(package_id)
    if row is None or row.verified_hash is None or row.changed_fields:
        return
    dataset = tk.get_action("package_show")(
        cast(Context, {"ignore_auth": True, "use_cache": False}), {"id": package_id}
    )
    _, hashes = submissions.with_files(package_id)
    submissions.save(row, verified_hash=content.content_hash(dataset, hashes))
    model.Session.commit()


def _own(context: Context) -> Context:
    """A context for what the portal itself does when a walidata has decided."""
    return cast(Context, {
        "user": context.get("user", ""),
        "auth_user_obj": context.get("auth_user_obj"),
        "ignore_auth": True,
        saving.DECIDED: True,
    })
