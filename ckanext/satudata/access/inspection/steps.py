"""What follows for the inspections when a dataset is saved, purged, or holds personal data.

Runs in the saving transaction (see ``access.saving.Step``); the looking itself comes after it.
"""
from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import time
import uuid
from collections.abc import Mapping
from typing import IO, Any, cast

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context
from werkzeug.datastructures import FileStorage

from ckanext.satudata.access import (
    files,
    lifecycle,
    policy,
    saving,
    submissions,
    taking_back,
    visibility,
)
from ckanext.satudata.access.fetching import FetchError
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import JOB, Actor, record

from . import running, sources, store
from .content import CERTAIN, TooSlow, as_dicts, inspect
from .table import Known

#: So long the rows of one call are written, and longer.
_WRITTEN_WITHIN = dt.timedelta(hours=1)


def before_dataset_saved(
    context: Context, old: Mapping[str, Any] | None, new: dict[str, Any]
) -> None:
    """Refuse a file that certainly holds personal data where it would be public at once.

    Saving is easy everywhere else: what is not public is looked at when somebody wants to open it.
    What takes longer than anybody waits for is not public before it was looked at, but deposited.
    """
    resources = new.get("resources") or ()
    if not all(isinstance(one, Mapping) for one in resources):
        # CKAN says so.
        return
    before = {one["id"]: one for one in (old or {}).get("resources") or ()}
    uploads = files.uploads(context, resources)
    # A deposit that is accepted is a file that was stored, and looked at, when it came.
    accepted = saving.ADDED in context
    errors: list[Any] = [
        _still_rows(one, before, place in uploads)
        or (not accepted and _no_file(one, before, place in uploads))
        for place, one in enumerate(resources)
    ]
    if _is_public_at_once(old, new):
        # One patience for all of them: the person waits once.
        deadline = time.monotonic() + running.PATIENCE
        for place, upload in uploads.items():
            errors[place] = _errors_of(resources[place], upload, deadline)
        for place, resource in enumerate(resources):
            if not context.get("ignore_auth") and _is_new_link(resource, before):
                errors[place] = _errors_of_link(resource, deadline)
    if any(errors):
        raise tk.ValidationError({"resources": errors})


def _is_public_at_once(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    if saving.given_class(new) in (visibility.TERBATAS, visibility.TERTUTUP):
        return False
    if old is not None:
        if (new.get("state") or old["state"]) == "deleted":
            return False
        if not old["private"] or old["state"] == "deleted":
            return True
        asked = saving.as_bool(new.get("private")) is False
        return asked and policy.enforcement() == visibility.WARN
    return policy.enforcement() == visibility.WARN and not saving.as_bool(new.get("private"))


def _still_rows(
    resource: dict[str, Any], before: Mapping[str, Mapping[str, Any]], upload: bool
) -> dict[str, list[str]]:
    """Rows would stay in the DataStore behind a file that is looked at in their place."""
    known = before.get(str(resource.get("id")))
    if known is None or not files.is_rows(known) or files.is_rows(resource):
        return {}
    if not upload and resource.get("url") in (None, "", known.get("url")):
        # Whoever sends a resource without its kind means no other.
        resource["url_type"] = known["url_type"]
        return {}
    return {"url": [tk._(
        "Here are rows of the DataStore. Add the file or link as one of its own, and remove this "
        "one.")]}


def _no_file(
    resource: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]], upload: bool
) -> dict[str, list[str]]:
    """CKAN keeps the bytes of files that are gone, and would serve them to whoever names them."""
    known = before.get(str(resource.get("id"))) or {}
    if upload or resource.get("url_type") != "upload" or known.get("url_type") == "upload":
        return {}
    return {"url": [tk._("There is no file with this resource. Upload it.")]}


def _is_new_link(
    resource: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]
) -> bool:
    known = before.get(str(resource.get("id"))) or {}
    return files.is_link(resource) and known.get("url") != resource.get("url")


def _errors_of(
    resource: Mapping[str, Any], upload: FileStorage, deadline: float
) -> dict[str, list[str]]:
    try:
        with running.borrowed(upload.stream) as file:
            return _certain(file, resource, deadline, "upload")
    except TooSlow:
        return {"upload": [_too_slow()]}


def _errors_of_link(resource: Mapping[str, Any], deadline: float) -> dict[str, list[str]]:
    """What leads to no file is taken: a walidata is asked, and it is tried again every day."""
    try:
        with (
            sources.linked(str(resource["url"]), deadline) as found,
            running.borrowed(found) as file,
        ):
            return _certain(file, resource, deadline, "url")
    except FetchError:
        return {}
    except TooSlow:
        return {"url": [_too_slow()]}


def _too_slow() -> str:
    return tk._(
        "Looking for personal data in this file takes longer than you can wait for here. "
        "Deposit it instead (setor, satudata_deposit_create): it is looked at before it is "
        "taken.")


def _certain(
    file: IO[bytes], resource: Mapping[str, Any], deadline: float, field: str
) -> dict[str, list[str]]:
    known = Known(running.dictionary(resource.get("kamus_data")))
    found = inspect(file, known, deadline=deadline)
    obstacles = [
        running.Obstacle("certain", "", one) for one in as_dicts(found.findings)
        if one["certainty"] == CERTAIN
    ]
    return {field: [running.words(one) for one in obstacles]} if obstacles else {}


def before_rows_written(records: Any) -> None:
    """Refuse rows that certainly hold personal data where they would be public at once.

    :param records: as ``datastore_create`` takes them; nonsense is left to it
    :raises tk.ValidationError: on ``records``
    """
    if not isinstance(records, list) or not records:
        return
    file = io.BytesIO(json.dumps(records, default=str).encode())
    try:
        errors = _certain(file, {}, time.monotonic() + running.PATIENCE, "records")
    except TooSlow:
        errors = {"records": [_too_slow()]}
    if errors:
        raise tk.ValidationError(errors)  # pyright: ignore[reportArgumentType]


def rows_come(resource_id: str) -> None:
    """Before rows are written: their database commits by itself, and this process may end there.

    Commits. Whoever decides about the dataset then looks at the rows as they are.
    """
    store.unsettled(resource_id, clock.now() + _WRITTEN_WITHIN)
    model.Session.commit()


def rows_written(package_id: str, resource_id: str, by: Actor) -> None:
    """Rows of a dataset are about to change: other content, to be looked at anew.

    In the transaction that holds off whoever decides about the dataset until they are written.
    """
    submissions.lock(package_id)
    mark = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    submissions.keep_file(package_id, resource_id, mark, 0)
    store.expect(resource_id, mark, package_id)
    saving.files_changed(package_id, by, of=resource_id)


def link_changed(package_id: str, resource_id: str) -> None:
    """A link leads to something else than was looked at: whoever verified it is asked again."""
    submissions.lock(package_id)
    if submissions.get(package_id) is not None:
        saving.files_changed(package_id, Actor(None, JOB), of=resource_id)


def after_dataset_saved(context: Context, dataset: Mapping[str, Any]) -> None:
    """Owe a look at each file that is new, and at each whose dictionary has changed."""
    new = store.missing(dataset["id"])
    for resource_id, sha256 in new:
        store.belongs_to(resource_id, dataset["id"])
        store.expect(resource_id, sha256, dataset["id"])
    resources = {
        one["id"]: one for one in dataset.get("resources") or () if one.get("kamus_data")
    }
    for kept in store.of(set(resources) - {id for id, _ in new}).values():
        known = Known(running.dictionary(resources[kept.resource_id]["kamus_data"]))
        if kept.status == store.DONE and kept.rules != running.rules_of(known):
            store.again(kept.resource_id)
    _expect_links(dataset)


def _expect_links(dataset: Mapping[str, Any]) -> None:
    """Owe a look at what each new link leads to; forget what an address that is gone led to."""
    others = {
        one["id"]: one for one in dataset.get("resources") or ()
        if one.get("url_type") != "upload" and not files.is_rows(one)
    }
    known = store.of(others)
    for id, resource in others.items():
        if not files.is_link(resource):
            continue
        mark = sources.address_mark(resource["url"])
        if id not in known or known[id].sha256 != mark:
            submissions.forget_file(id)
            store.expect(id, mark, dataset["id"])
    store.drop([id for id in known if not files.is_link(others[id])])


def before_dataset_purged(package_id: str, by: Actor) -> None:
    """What was found goes with the dataset."""
    store.forget(package_id)


def hide(package_id: str) -> None:
    """Take back a public dataset of which a file certainly holds personal data; does not commit.

    The verification is revoked with it, so that whatever takes the file's place is looked at by a
    walidata. The portal itself does this, by the table of ``lifecycle``. Whether it is needed is
    asked with the dataset locked: the file may have been exchanged, or the dataset closed, since.
    """
    submissions.lock(package_id)
    package = model.Session.get(model.Package, package_id)
    if package is None:
        return
    model.Session.refresh(package)
    if package.private or package.state != "active" or not store.is_certain(package_id):
        return
    row = submissions.require(package_id)
    [transition] = lifecycle.transitions(row.status, lifecycle.FIND_PERSONAL)
    seq = record(
        lifecycle.EVENT_TYPES[lifecycle.FIND_PERSONAL], "dataset", package_id, Actor(None, JOB),
        data={"from": row.status, "to": transition.target},
    )
    if transition.effect == "revoked":
        submissions.save(
            row, status=transition.target, verified_hash=None, returned_by_event=seq)
    site_user = tk.get_action("get_site_user")(
        cast(Context, {"ignore_auth": True, "defer_commit": True}), {})
    taking_back.take_back(
        cast(Context, {"ignore_auth": True, "user": site_user["name"]}), package)
