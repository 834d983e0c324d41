"""Fields of a dataset that the portal computes: shown and indexed, ignored when sent."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ckanext.satudata.schema import content, fields

from . import lifecycle, saving, submissions, visibility

#: Later rooms add functions that give more computed fields of a dataset; ``plugin.py`` fills it.
#: What they give must not differ from reader to reader: it goes into the search index.
PROVIDERS: list[Callable[[Mapping[str, Any]], Mapping[str, str]]] = []

#: What this room computes.
OWN = ("status_alur", "hasil_pemeriksaan", "content_hash")


def fields_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """The computed fields of a dataset as it stands in the running transaction.

    :param dataset: as ``package_show`` makes it, before or after its validation
    """
    row, files = submissions.with_files(dataset["id"])
    if row is None:
        return {}
    flat = saving.flat(dataset)
    found = {
        "status_alur": row.status,
        "hasil_pemeriksaan": row.result,
        "content_hash": content.content_hash(flat, files),
    }
    for provider in PROVIDERS:
        found.update(provider(flat))
    return found


def show(dataset: dict[str, Any]) -> None:
    """Put the computed fields into a dataset that is about to be shown.

    For a public dataset out of the index that says them already nothing is asked of the database:
    every change of status goes with a new document in the index.
    """
    if not visibility.is_governed(dataset.get("type")):
        return
    known = dataset.get("status_alur") in lifecycle.STATES and dataset.get("content_hash")
    if known and dataset.get("state") == "active" and dataset.get("private") is False:
        return
    found = fields_of(dataset)
    if found:
        for name in fields.computed_names() - {"private"}:
            dataset.pop(name, None)
        dataset.update(found)
