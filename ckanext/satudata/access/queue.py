"""The walidata's queue: what waits for a decision, each with every check already run."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.lib import search

from ckanext.satudata.journal import events
from ckanext.satudata.schema import checking

from . import lifecycle, saving
from .inspection import running
from .inspection import store as inspections
from .model import submission

DEFAULT_LIMIT, MAX_LIMIT = 20, 100

#: How the queue can be sorted: the longest waiting first, or by the day on which a period of the
#: dataset's item is due.
AGE, DEADLINE = "age", "deadline"
SORTS = (AGE, DEADLINE)

#: SQL of the last day of a dataset's soonest open period, given the column of its id: a later room
#: knows; ``plugin.py`` fills it.
DUE: list[Callable[[Any], Any]] = []

_package: Any = model.Package


def waiting() -> sa.sql.Select[Any]:
    """Submitted, or verified and changed since, or asked to be unpublished or deleted."""
    return (
        sa.select(submission, _package.owner_org)
        .join(_package, _package.id == submission.c.package_id)
        .where(
            _package.state == "active",
            sa.or_(
                submission.c.status == lifecycle.DIAJUKAN,
                sa.and_(
                    submission.c.status == lifecycle.TERVERIFIKASI,
                    sa.func.cardinality(submission.c.changed_fields) > 0,
                ),
                submission.c.requested.isnot(None),
            ),
        )
    )


def page(
    organization: str | None, assigned_to: str | None, limit: int, offset: int, sort: str = AGE
) -> tuple[int, list[dict[str, Any]]]:
    """Count and one page. The number of queries is always the same.

    :param organization: id of the owning organization
    :param assigned_to: id of a person; an empty string: nobody in particular
    :param sort: one of :data:`SORTS`
    """
    query = waiting()
    if organization is not None:
        query = query.where(_package.owner_org == organization)
    if assigned_to is not None:
        query = query.where(submission.c.assigned_to == (assigned_to or None))
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    order = [
        (submission.c.status == lifecycle.DIAJUKAN).desc(),
        submission.c.submitted_at.nulls_last(), submission.c.package_id,
    ]
    last_day: Any = sa.literal(None, sa.Date)
    for due in DUE:
        last_day = due(submission.c.package_id)
    last_day = last_day.label("last_day")
    if sort == DEADLINE:
        order = [last_day.nulls_last(), *order]
    rows = model.Session.execute(
        query.add_columns(last_day, _package.metadata_modified)
        .order_by(*order).limit(limit).offset(offset)
    ).mappings().all()
    datasets = _datasets({
        row["package_id"]: row["metadata_modified"].isoformat() for row in rows
    })
    reasons = events.said([row["requested_by_event"] for row in rows if row["requested_by_event"]])
    files = inspections.of_packages(list(datasets))
    return count, [
        _entry(row, datasets[row["package_id"]], reasons, files[row["package_id"]])
        for row in rows
    ]


def _datasets(modified: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The datasets by id, in one search; what the index lacks or knows as it was: one by one.

    :param modified: ids with the moments at which the datasets were changed last
    """
    found = _indexed(list(modified)) if modified else {}
    for id, moment in modified.items():
        # To the second, as the index keeps it (see ``index.out_of_step``).
        if id not in found or found[id]["metadata_modified"][:19] != moment[:19]:
            found[id] = saving.current(id)
    return found


def _indexed(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    # Not by the action: other plugins ask the database for each row of its answer.
    found = search.query_for(model.Package).run({
        "q": "*:*", "fq": "id:({})".format(" OR ".join(f'"{one}"' for one in ids)),
        "fl": "id validated_data_dict", "rows": len(ids),
    })
    return {one["id"]: json.loads(one["validated_data_dict"]) for one in found["results"]}


def _entry(
    row: Any, dataset: dict[str, Any], reasons: dict[int, dict[str, Any]],
    files: Sequence[inspections.Kept],
) -> dict[str, Any]:
    at, last_day = row["submitted_at"], row["last_day"]
    return {
        **{key: dataset.get(key) for key in (
            "id", "name", "title", "klasifikasi_akses", "private", "status_alur", "content_hash",
            "organization", "metadata_modified",
        )},
        "submitted_by": row["submitted_by"],
        "submitted_at": at.isoformat() if at else None,
        "last_day": last_day.isoformat() if last_day else None,
        "assigned_to": row["assigned_to"],
        "authors": list(row["authors"]),
        "changed_fields": list(row["changed_fields"]),
        "requested": row["requested"] and {
            "what": row["requested"], **reasons.get(row["requested_by_event"], {}),
        },
        "checks": {
            **checking.check_dataset(dataset, {}).as_dict(),
            "files": [{"resource_id": one.resource_id, **running.short(one)} for one in files],
        },
    }
