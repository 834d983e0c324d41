"""Accepting a deposit: the waiting file becomes a resource of the item's dataset.

One transaction with one commit: the deposit, the dataset if the item has none, the file. Rows are
locked in the order that all who change a dataset keep (``steps.hold``): the dataset, the rules, its
items, its deposits.
"""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context

from ckanext.satudata.access import saving, submissions
from ckanext.satudata.journal import rules
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.opd import store as offices

from . import inspected, obligations, state, steps, store
from .files import published_name, resource_format
from .periods import label


def found(id: UUID) -> Mapping[str, Any]:
    """A deposit.

    :raises tk.ObjectNotFound: there is none with this id
    """
    row = store.get(id)
    if row is None:
        raise tk.ObjectNotFound(tk._("There is no such deposit."))
    return row


def readable(context: Context, id: UUID) -> Mapping[str, Any]:
    """A deposit, for its office and the walidata; for anybody else there is none.

    :raises tk.ObjectNotFound: there is none with this id, or none for the caller
    """
    row = found(id)
    try:
        tk.check_access(
            "satudata_deposit_show", tk.fresh_context(context),
            {"group_id": obligations.group_of(row["obligation"])})
    except tk.NotAuthorized:
        raise tk.ObjectNotFound(tk._("There is no such deposit.")) from None
    return row


def waiting(id: UUID) -> Mapping[str, Any]:
    """A deposit that waits, locked: of two who decide at once, the second is told so.

    :raises tk.ObjectNotFound: there is none with this id
    :raises tk.ValidationError: on ``id``: it does not wait any more
    """
    row = hold(id)
    if row["status"] != store.WAITING:
        model.Session.rollback()
        raise tk.ValidationError({"id": [tk._("This deposit is not waiting any more.")]})
    return row


def hold(id: UUID) -> Mapping[str, Any]:
    """A deposit, locked together with its item and its dataset.

    Of two who decide at once the second waits here and then reads what the first has written.
    """
    while True:
        row = found(id)
        package_id = dataset_of(row["obligation"])
        if package_id is not None:
            submissions.lock(package_id)
        rules.hold()
        state.lock([row["obligation"]])
        if dataset_of(row["obligation"]) == package_id:
            # What was read before the locks is not to be believed any more.
            model.Session.expire_all()
            store.lock(id)
            return found(id)
        # The item was linked meanwhile: begin again, in the right order.
        model.Session.rollback()


def accept(context: Context, row: Mapping[str, Any], note: str | None, by: Actor) -> None:
    """Accept a locked, waiting deposit; commits together with the dataset it changes.

    What is public stays verified: what was added is what was looked at.

    :param row: as :func:`waiting` gives it
    """
    if row["kind"] != "file" or row["attached"]:
        store.accept(row["id"], row["sha256"], note, by)
        inspected.adopt(row, obligations.package_of(row["obligation"])[1])
        return
    package_id = dataset_of(row["obligation"])
    if package_id is None:
        _into_new(context, row, note, by)
        return
    _taken(package_id, row, note, by)
    resource = {**_resource(row), "package_id": package_id}
    tk.get_action("resource_create")(_own(context, row, package_id), resource)


def dataset_of(obligation: UUID) -> str | None:
    """The dataset that an item's files go to; one that was deleted or purged is none."""
    _, package_id = obligations.package_of(obligation)
    package: Any = model.Package
    return package_id and model.Session.execute(
        sa.select(package.id).where(package.id == package_id, package.state != "deleted")
    ).scalar_one_or_none()


def _taken(package_id: str, row: Mapping[str, Any], note: str | None, by: Actor) -> None:
    store.accept(row["id"], row["sha256"], note, by, package_id)
    inspected.adopt(row, package_id)
    submissions.keep_file(package_id, row["resource_id"], row["sha256"], row["size"])


def _into_new(context: Context, row: Mapping[str, Any], note: str | None, by: Actor) -> None:
    """An item without a dataset gets a draft with the file, for its office to complete.

    Whoever deposited the file is its author, and not the walidata who accepted it.
    """
    package_id = str(uuid.uuid4())
    _taken(package_id, row, note, by)
    terms = obligations.latest_of(row["obligation"])
    own: dict[str, Any] = {**_own(context, row, None), steps.FOR_ITEM: row["obligation"]}
    depositor = model.User.get(row["person"]) if row["person"] else None
    if depositor is not None:
        # CKAN's creator of the dataset; who accepted stands in the events.
        own["user"] = depositor.name
    tk.get_action("package_create")(cast(Context, own), {
        "id": package_id,
        "name": _free_name(f"butir-{row['obligation']}"),
        "title": terms.title,
        "owner_org": offices.group_of(terms.opd),
        "frekuensi": terms.frekuensi,
        "klasifikasi_akses": terms.klasifikasi_akses,
        "resources": [_resource(row)],
    })


def _free_name(name: str) -> str:
    """A name for a dataset; one that was deleted still has its own."""
    return name if model.Package.get(name) is None else f"{name}-{uuid.uuid4().hex[:6]}"


def _resource(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["resource_id"],
        "name": f"{label(row['period'], 'id')} ({row['filename']})",
        "url": published_name(row["filename"]),
        "url_type": "upload",
        "format": resource_format(row["filename"]),
        "size": row["size"],
        "hash": f"sha256:{row['sha256']}",
        "periode": row["period"],
        "jenis_berkas": "data",
    }


def _own(context: Context, row: Mapping[str, Any], package_id: str | None) -> Context:
    """A context for what the portal itself does when a walidata has decided."""
    return cast(Context, {
        "user": context.get("user", ""),
        "auth_user_obj": context.get("auth_user_obj"),
        "ignore_auth": True,
        "use_cache": False,
        saving.DECIDED: True,
        saving.ADDED: saving.Added(
            row["person"], package_id is not None and _is_as_verified(package_id)),
    })


def _is_as_verified(package_id: str) -> bool:
    """Whether the content of a dataset is just what was verified."""
    row = submissions.get(package_id)
    if row is None or row.verified_hash is None:
        return False
    return saving.current(package_id)["content_hash"] == row.verified_hash
