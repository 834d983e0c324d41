"""What follows for the inspections when a dataset is saved, purged, or holds personal data.

Runs in the saving transaction (see ``access.saving.Step``); the looking itself comes after it.
"""
from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

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
from ckanext.satudata.journal.events import JOB, Actor, record

from . import running, store
from .content import CERTAIN, TooSlow, as_dicts, inspect
from .table import Known


def before_dataset_saved(
    context: Context, old: Mapping[str, Any] | None, new: dict[str, Any]
) -> None:
    """Refuse a file that certainly holds personal data where it would be public at once.

    Saving is easy everywhere else: what is not public is looked at when somebody wants to open it.
    What takes longer than anybody waits for is not public before it was looked at, but deposited.
    """
    if not _is_public_at_once(old, new):
        return
    resources = new.get("resources") or ()
    errors: list[Any] = [{} for _ in resources]
    # One patience for all of them: the person waits once.
    deadline = time.monotonic() + running.PATIENCE
    for place, upload in files.uploads(context, resources).items():
        errors[place] = _errors_of(resources[place], upload, deadline)
    if any(errors):
        raise tk.ValidationError({"resources": errors})


def _is_public_at_once(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    if saving.given_class(new) in (visibility.TERBATAS, visibility.TERTUTUP):
        return False
    if old is not None:
        return not old["private"] and old["state"] != "deleted"
    return policy.enforcement() == visibility.WARN and not saving.as_bool(new.get("private"))


def _errors_of(
    resource: Mapping[str, Any], upload: FileStorage, deadline: float
) -> dict[str, list[str]]:
    known = Known(running.dictionary(resource.get("kamus_data")))
    try:
        with running.borrowed(upload.stream) as file:
            found = inspect(file, known, deadline=deadline)
    except TooSlow:
        return {"upload": [tk._(
            "Looking for personal data in this file takes longer than you can wait for here. "
            "Deposit it instead (setor, satudata_deposit_create): it is looked at before it is "
            "taken.")]}
    certain = [one for one in as_dicts(found.findings) if one["certainty"] == CERTAIN]
    obstacles = [running.Obstacle("certain", "", one) for one in certain]
    return {"upload": [running.words(one) for one in obstacles]} if obstacles else {}


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
