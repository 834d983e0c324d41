"""Keeping the search index in step with what is not in CKAN's own tables, and with the database.

CKAN writes to Solr before it commits. So three things can leave the index out of step: Solr was
away, the commit failed after Solr was told, or the process was killed in between. The first two
leave work owed (``journal/work.py``); the third is found by comparing (:func:`out_of_step`).
"""
from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import logic, model
from ckan.lib import search
from ckan.types import Context
from sqlalchemy.event import listens_for

from ckanext.satudata.journal import work
from ckanext.satudata.schema import fields

from . import computed, readers, submissions, visibility

log = logging.getLogger(__name__)

#: Kind of the work that brings one dataset's entry in the index in step; its key is the id.
OWED = "index"

#: Datasets compared with one query to Solr; ids fetched from it at a time.
BATCH, PAGE = 500, 5000

#: Under this key a session remembers which datasets its transaction has told Solr about.
_TOLD = "satudata_indexed"


def refresh(package_id: str) -> None:
    """Index a dataset as the running transaction sees it, before the commit, as CKAN does.

    When Solr cannot be reached it is owed instead, and comes after the commit.
    """
    try:
        _index(package_id)
    except search.SearchIndexError as error:
        log.warning("The index does not answer, %s is indexed later: %s", package_id, error)
        work.owe(OWED, package_id)


def repair(package_id: str, data: Mapping[str, Any]) -> None:
    """The handler of :data:`OWED`: make a dataset's entry what the database says of it now.

    :raises ckan.lib.search.SearchIndexError: Solr cannot be reached
    """
    submissions.lock(package_id)
    if model.Session.get(model.Package, package_id) is None:
        search.clear(package_id)
    else:
        _index(package_id)


def told(package_id: str) -> None:
    """Remember that Solr was told of a dataset by a transaction that is not committed yet."""
    model.Session().info.setdefault(_TOLD, set()).add(package_id)


def out_of_step(package_ids: Collection[str]) -> dict[str, str]:
    """Datasets whose entry in the index is not what the database says, and what differs.

    Asks Solr once and the database four times for any number of datasets up to :data:`BATCH`.
    """
    rows = _packages(package_ids)
    labels = readers.labels_of(rows)
    states = submissions.status_of([row.id for row in rows])
    entries = _entries([row.id for row in rows])
    drops = tk.asbool(tk.config.get("ckan.search.remove_deleted_packages"))
    found = {}
    for row in rows:
        entry = entries.get(row.id)
        if drops and row.state == "deleted":
            difference = "deleted, and still in the index" if entry else None
        elif entry is None:
            difference = "not in the index"
        else:
            wanted = {
                "state": row.state,
                "private": "private" if row.private else "public",
                "readers": frozenset(labels[row.id]),
                "status": states[row.id] if visibility.is_governed(row.type) else None,
                "content": _second(row.metadata_modified.isoformat()),
            }
            different = [name for name, value in wanted.items() if entry[name] != value]
            difference = ", ".join(different) and f"differs in {', '.join(different)}"
        if difference:
            found[row.id] = difference
    return found


def indexed_ids() -> Iterator[str]:
    """The ids of all datasets in the index."""
    solr, mark = search.make_connection(), "*"
    while True:
        page = solr.search(
            "*:*", fq=_ours(), fl="id", sort="index_id asc", rows=PAGE, cursorMark=mark
        )
        yield from (one["id"] for one in page.docs)
        if page.nextCursorMark == mark:
            return
        mark = page.nextCursorMark


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


# --- parts --------------------------------------------------------------------------------------


def _index(package_id: str) -> None:
    try:
        _send(package_id)
    except search.SearchIndexError:
        # Solr does not know: nothing is to be taken back when this ends without a commit.
        model.Session().info.get(_TOLD, set()).discard(package_id)
        raise


def _send(package_id: str) -> None:
    if tk.check_ckan_version(min_version="2.12"):
        logic.index_update_package(Context(ignore_auth=True), package_id)  # pyright: ignore
        return
    context = {"ignore_auth": True, "validate": False, "use_cache": False}
    dataset = tk.get_action("package_show")(context, {"id": package_id})  # pyright: ignore
    search.index_for("Package").update_dict(dataset)


def _packages(ids: Collection[str]) -> list[Any]:
    package: Any = model.Package
    return list(model.Session.execute(
        sa.select(
            package.id, package.type, package.state, package.private, package.owner_org,
            package.creator_user_id, package.metadata_modified,
        ).where(package.id.in_(list(ids)))
    ))


def _entries(ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What the index holds of datasets. Labels are not stored there, so they are counted out."""
    if not ids:
        return {}
    each = {"type": "terms", "limit": -1}
    answer = search.make_connection().search("*:*", **{
        "fq": [_ours(), "{!terms f=id}" + ",".join(ids)],
        "fl": "id,state,capacity,metadata_modified", "rows": len(ids),
        "json.facet": json.dumps({"ids": {**each, "field": "id", "facet": {
            "labels": {**each, "field": "permission_labels"},
            "status": {**each, "field": "status_alur"},
        }}}),
    })
    buckets = {
        bucket["val"]: bucket
        for bucket in answer.raw_response["facets"].get("ids", {}).get("buckets", [])
    }
    return {
        one["id"]: {
            "state": one.get("state"),
            "private": one.get("capacity"),
            "readers": frozenset(_values(buckets[one["id"]], "labels")),
            "status": next(iter(_values(buckets[one["id"]], "status")), None),
            "content": _second(one["metadata_modified"]),
        }
        for one in answer.docs
    }


def _values(bucket: Mapping[str, Any], name: str) -> list[str]:
    return [one["val"] for one in bucket.get(name, {}).get("buckets", [])]


def _second(moment: Any) -> str:
    """A moment to the second: Solr keeps no more than thousandths, and not always those."""
    text = moment if isinstance(moment, str) else moment.isoformat()
    return text[:19]


def _ours() -> str:
    return f'+entity_type:package +site_id:"{tk.config["ckan.site_id"]}"'


@listens_for(model.Session, "after_commit")
def _after_commit(session: Any) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_TOLD, None)


@listens_for(model.Session, "after_soft_rollback")
def _after_rollback(session: Any, previous: Any) -> None:
    """Solr knows what the database has forgotten: that is mended soon."""
    if previous.nested:
        return
    if ids := session.info.pop(_TOLD, None):
        work.owe_apart(OWED, sorted(ids))
