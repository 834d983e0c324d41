"""The report as one reader gets it: live or frozen, whole or one office's, its items or a page."""
from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.listing import Reader
from ckanext.satudata.deposits.model import obligation
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd.store import key

from . import figures, snapshots
from .quarter import Judged

#: Items that come with a report unasked for; of more, the caller asks for pages.
UNASKED_LIMIT = 5000

#: What is not kept in the figures of a quarter but belongs to a row of an office.
EXTRA = {"commitment_signed": None}


def live(
    quarter: Quarter,
    as_of: dt.datetime,
    reader: Reader,
    *,
    office: str | None = None,
    roll_up: bool = True,
    items: bool | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> dict[str, Any]:
    """A quarter judged as of a moment.

    :param office: name of an organization: its row, then those of its units, and their items only
    :param items: whether to give the items; None: if there are no more than 5,000
    """
    judged = Judged(quarter, as_of)
    board_of = judged.board_names()
    rows, names = _chosen(judged.rows(), judged.rows(roll_up=False), board_of, office, roll_up)
    opds = {key(row["id"]) for row in judged.rows(roll_up=False) if row["name"] in names}
    hidden = _hidden_by_name(judged, reader)
    report = {
        **judged.heads(),
        "organizations": _with_hidden(rows, hidden, board_of, office, roll_up),
        "hidden_obligations": sum(n for name, n in hidden.items() if name in names),
    }
    only = opds if office else None
    if items is None:
        items = limit is not None or judged.count_items(reader, only) <= UNASKED_LIMIT
    if items:
        report["obligations"] = judged.items(reader, only, limit, offset)
    return report


def frozen(
    row: Mapping[str, Any],
    reader: Reader,
    *,
    office: str | None = None,
    roll_up: bool = True,
    items: bool | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> dict[str, Any]:
    """A snapshot by today's rights: the figures as frozen, items named if they may be today."""
    document = snapshots.document(row)
    board_of = document["board_of"]
    rows, names = _chosen(
        document["organizations"], document["units"], board_of, office, roll_up
    )
    groups = {unit["name"]: unit["id"] for unit in document["units"]}
    wanted = [item for item in document["obligations"] if item["organization"] in names]
    today = _today([UUID(item["id"]) for item in wanted])
    seen, hidden = [], Counter()
    for item in wanted:
        klass, package_id = today.get(UUID(item["id"]), ("tertutup", None))
        if reader.may_see(key(groups[item["organization"]]), klass):
            seen.append({**item, "klasifikasi_akses": klass, "package_id": package_id})
        else:
            hidden[item["organization"]] += 1
    head = {
        name: value for name, value in document.items()
        if name not in ("organizations", "units", "board_of", "obligations", "rules")
    }
    report = {
        **head,
        "revision": row["revision"],
        "sha256": row["sha256"],
        "organizations": _with_hidden(rows, hidden, board_of, office, roll_up),
        "hidden_obligations": sum(hidden.values()),
    }
    if items is None:
        items = limit is not None or len(seen) <= UNASKED_LIMIT
    if items:
        end = None if limit is None else offset + limit
        report["obligations"] = seen[offset:end]
    return report


def _chosen(
    board: list[dict[str, Any]],
    units: list[dict[str, Any]],
    board_of: Mapping[str, str],
    office: str | None,
    roll_up: bool,
) -> tuple[list[dict[str, Any]], set[str]]:
    """The rows to give, and the names of the offices whose items belong to them."""
    if office is None:
        return (board if roll_up else units), {unit["name"] for unit in units}
    below = {name for name, head in board_of.items() if head == office} | {office}
    head = [row for row in board if row["name"] == office]
    own = [row for row in units if row["name"] in below and row["name"] != office]
    if not head:
        head = [row for row in units if row["name"] == office]
    return head + own, below


def _with_hidden(
    rows: list[dict[str, Any]],
    hidden: Mapping[str, int],
    board_of: Mapping[str, str],
    office: str | None,
    roll_up: bool,
) -> list[dict[str, Any]]:
    """Rows with the number of items that may not be named; in a summed row, with its units'."""
    summed: Counter[str] = Counter()
    for name, number in hidden.items():
        summed[board_of.get(name, name)] += number
    heads = {office} if office else set(board_of.values()) if roll_up else set()
    return [
        {**row, **EXTRA, "hidden": (summed if row["name"] in heads else hidden).get(row["name"], 0)}
        for row in rows
    ]


def _hidden_by_name(judged: Judged, reader: Reader) -> dict[str, int]:
    if reader.everything:
        return {}
    numbers = figures.hidden(judged.quarter.index, judged.as_of, reader.opds)
    return {judged.offices[opd].name: number for opd, number in numbers.items()}


def _today(ids: list[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """Class and linked dataset of items, as they are now."""
    rows = model.Session.execute(
        sa.select(obligation.c.id, obligation.c.klasifikasi_akses, obligation.c.package_id).where(
            obligation.c.id.in_(ids)
        )
    )
    return {id: (klass, package_id) for id, klass, package_id in rows}
