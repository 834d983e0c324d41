"""Asking the pembina for an opinion, keeping it, and what waits for one."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata import compat, config
from ckanext.satudata.journal import asked, clock, rules
from ckanext.satudata.journal.calendar import local_date
from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.opd import people

from . import lifecycle, opinion, submissions, visibility
from .model import submission
from .reading import Reader, readers_of
from .submissions import Submission

#: Whether an item of a dataset is data prioritas: a later room knows; ``plugin.py`` fills it.
PRIORITY: list[Callable[[str], bool]] = []


def ask(package_id: str, klass: str, by: Actor) -> dt.datetime | None:
    """Ask for an opinion on a dataset that is being submitted, if one is wanted.

    In the transaction of the submission.

    :param klass: the class by which it is read (``visibility.reading_class``)
    :returns: when it was asked for; None: it is not wanted
    """
    wanted = opinion.is_wanted(
        priority=any(asks(package_id) for asks in PRIORITY),
        secret=not _is_seen(klass), somebody=bool(people.holders(people.PEMBINA)),
    )
    if not wanted:
        return None
    record(opinion.ASKED, "dataset", package_id, by)
    return clock.now()


def waits_until(row: Submission) -> dt.date | None:
    """The last day on which the verification of a dataset waits for the opinion, if it does."""
    return wait_of([row])[row.package_id]


def wait_of(rows: Collection[Submission]) -> dict[str, dt.date | None]:
    """The same for many, by the ids of the datasets; the number of queries is always the same."""
    asked_for = [
        row for row in rows
        if row.opinion_asked_at is not None and row.status == lifecycle.DIAJUKAN
    ]
    found: dict[str, dt.date | None] = {row.package_id: None for row in rows}
    if not asked_for:
        return found
    held, today = rules.rule_book().in_force_at(clock.now()), clock.city_today()
    days = config.opinion_days()
    for row in asked_for:
        asked_on = row.opinion_asked_at and local_date(row.opinion_asked_at, held)
        if asked_on and opinion.is_waited_for(asked_on, row.opinion, today, days, held):
            found[row.package_id] = opinion.last_day(asked_on, days, held)
    return found


def give(package: model.Package, said: str, text: str, hash: str, by: Actor) -> int:
    """Keep the opinion of a pembina, the latest stands; does not commit.

    :param hash: of the content that was looked at
    :returns: the number of its event
    :raises tk.ValidationError: none is asked for
    """
    submissions.lock(package.id)
    row = submissions.require(package.id)
    if row.opinion_asked_at is None or row.status != lifecycle.DIAJUKAN:
        raise tk.ValidationError({"opinion": [tk._("No opinion is asked for on this dataset.")]})
    seq = record(opinion.EVENT_TYPES[said], "dataset", package.id, by, text=text, hash=hash)
    submissions.save(row, opinion=said, opinion_by_event=seq)
    return seq


@tk.side_effect_free
def satudata_opinion_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Submitted data prioritas on which the pembina's opinion is asked for and not given yet.

    :param limit: rows, 50 unless given, at most 100
    :type limit: integer
    :param offset: rows to skip
    :type offset: integer

    :returns: ``count`` and ``results``: {id, name, title, organization, asked_at, until}; until
        that day the verification waits (None: it waits no longer)
    :rtype: dictionary

    A pembina and a walidata may call this.
    """
    tk.check_access("satudata_opinion_list", context, data_dict)
    limit, offset = asked.page(data_dict)
    package: Any = model.Package
    group: Any = model.Group
    query = (
        sa.select(submission.c.package_id, package.name, package.title,
                  group.title.label("organization"), submission.c.opinion_asked_at)
        .join(package, package.id == submission.c.package_id)
        .outerjoin(group, group.id == package.owner_org)
        .where(
            package.state == "active", submission.c.status == lifecycle.DIAJUKAN,
            submission.c.opinion_asked_at.isnot(None), submission.c.opinion.is_(None),
        )
    )
    rows = model.Session.execute(
        query.order_by(submission.c.opinion_asked_at, submission.c.package_id)
    ).mappings().all()
    standing = submissions.of([row["package_id"] for row in rows])
    said = compat.package_extras(list(standing), ["klasifikasi_akses"])
    # Its class may have become more closed since it was asked for.
    seen = [row for row in rows if _is_seen(visibility.reading_class(
        said.get(row["package_id"], {}).get("klasifikasi_akses"),
        standing[row["package_id"]].verified_class))]
    page = seen[offset:offset + limit]
    waits = wait_of([standing[row["package_id"]] for row in page])
    return {"count": len(seen), "results": [
        {
            "id": row["package_id"], "name": row["name"], "title": row["title"],
            "organization": row["organization"],
            "asked_at": row["opinion_asked_at"].isoformat(),
            "until": (day := waits[row["package_id"]]) and day.isoformat(),
        }
        for row in page
    ]}


def _is_seen(klass: str) -> bool:
    """Whether a pembina may see what is submitted with this class."""
    return Reader.PEMBINA in readers_of(klass, verified=False)
