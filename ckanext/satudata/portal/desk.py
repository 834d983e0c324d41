"""What stands on a person's desk: what they owe, what came back, what waits for them."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk

from ckanext.satudata.access import lifecycle
from ckanext.satudata.access.inspection import running
from ckanext.satudata.deposits import dispensations, inspected, listing, obligations, owed, store
from ckanext.satudata.deposits.periods import label
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd import store as office_store
from ckanext.satudata.opd.tree import Office

from . import asking

#: Rows of a list on the desk; the rest is a number and a link.
SHOWN = 50


@dataclass
class Desk:
    """The desk of one person."""

    quarter: Quarter
    today: dt.date
    roles: frozenset[str] = frozenset()
    offices: list[dict[str, Any]] = field(default_factory=list)
    owed: list[dict[str, Any]] = field(default_factory=list)
    arrears: list[dict[str, Any]] = field(default_factory=list)
    returned: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    returned_datasets: list[dict[str, Any]] = field(default_factory=list)
    excused: list[dict[str, Any]] = field(default_factory=list)
    drafts: int = 0
    queue: int = 0
    deposits: int = 0
    opinions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def overdue(self) -> int:
        """How many of the periods owed are past their day."""
        return sum(1 for one in self.owed if one["overdue"])

    @property
    def is_walidata(self) -> bool:
        """Whether the person checks what others hand in."""
        return people.WALIDATA in self.roles


def desk() -> Desk:
    """The desk of the person at the browser."""
    today = clock.city_today()
    found = Desk(Quarter.of(today), today, roles=people.roles_of(tk.current_user.id))
    found.offices = asking.call("organization_list_for_user", permission="update_dataset")
    # A sysadmin may act for every office, but owes nothing.
    if found.offices and not getattr(tk.current_user, "sysadmin", False):
        _office(found)
    if found.is_walidata:
        found.queue = asking.call("satudata_verification_queue", limit=1)["count"]
        found.deposits, _ = store.find(status=store.WAITING, attached=False, limit=0)
    if people.PEMBINA in found.roles:
        found.opinions = asking.call("satudata_opinion_list", limit=SHOWN)["results"]
    return found


def shown(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of deposits as the pages show them to a walidata, with titles and checks."""
    checks = inspected.short(rows)
    return titled([
        {
            "id": str(row["id"]), "obligation_id": str(row["obligation"]), "by": row["person"],
            "period": row["period"], "kind": row["kind"], "filename": row["filename"],
            "sha256": row["sha256"], "happened_at": row["happened_at"].isoformat(),
            "assigned_to": row["assigned_to"],
            "last_day": (day := row.get("last_day")) and day.isoformat(),
            "checks": checks.get(row["resource_id"]),
        }
        for row in rows
    ])


def in_words(found: Sequence[running.Obstacle]) -> list[str]:
    """What certainly keeps a file from being accepted: column, rows, and what to do."""
    return [running.words(one) for one in found if one.code == "certain"]


def titled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deposits with the title and the office of the items they are for."""
    terms = obligations.latest([UUID(row["obligation_id"]) for row in rows]) if rows else {}
    offices = office_store.offices()
    return [
        {
            **row,
            "title": terms[UUID(row["obligation_id"])].title,
            "klasifikasi_akses": terms[UUID(row["obligation_id"])].klasifikasi_akses,
            "office": offices[terms[UUID(row["obligation_id"])].opd].title,
        }
        for row in rows
    ]


def office(opd: UUID) -> Office:
    """The office with this key, as it is now."""
    return office_store.offices()[opd]


def period_label(code: str) -> str:
    """A period as it is read: "Agustus 2026"."""
    return label(code, str(tk.h.lang() or "id"))


def open_periods(obligation_id: Any, today: dt.date) -> list[Any]:
    """Periods of an item that a deposit may be for now: the open ones that have begun."""
    return [period for period in sorted(owed.open_of(obligation_id)) if period.first <= today]


def _office(found: Desk) -> None:
    keys = {office_store.key(one["id"]) for one in found.offices}
    _, found.excused = dispensations.find(
        listing.Reader(everything=False, opds=frozenset(keys)), status=dispensations.IN_FORCE,
        due_from=found.quarter.first, limit=SHOWN)
    deposits = owed.waiting_or_returned(keys)
    in_the_way = inspected.in_the_way([row for row in deposits if row["status"] == store.WAITING])
    rows = titled([
        {**_plain(row), "found": in_words(in_the_way.get(row["id"], ()))} for row in deposits
    ])
    found.returned = [row for row in rows if row["status"] == store.RETURNED and row["open"]]
    came_back = {(row["obligation_id"], row["period"]) for row in found.returned}
    # What came back stands with its reason, and not a second time among what is owed.
    still = [
        one for one in asking.call("satudata_owed_list")["results"]
        if (one["obligation_id"], one["period"]) not in came_back
    ]
    # An office is in the row of the quarter in which the last allowed day falls.
    first = found.quarter.first.isoformat()
    found.owed = [one for one in still if one["last_day"] >= first]
    found.arrears = sorted(
        (one for one in still if one["last_day"] < first),
        key=lambda one: one["last_day"], reverse=True,
    )
    found.waiting = [row for row in rows if row["status"] == store.WAITING]
    owners = " OR ".join(f'"{one["id"]}"' for one in found.offices)
    mine = f"owner_org:({owners})"
    found.returned_datasets = _search(
        f"{mine} AND status_alur:({lifecycle.DIKEMBALIKAN} OR {lifecycle.DICABUT})", SHOWN
    )["results"]
    found.drafts = _search(f"{mine} AND status_alur:{lifecycle.DRAF}", 0)["count"]


def _search(query: str, rows: int) -> dict[str, Any]:
    return asking.call(
        "package_search", fq=query, rows=rows, include_private=True, include_drafts=True
    )


def _plain(row: Any) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "obligation_id": str(row["obligation"]),
        "period": row["period"],
        "kind": row["kind"],
        "status": row["status"],
        "filename": row["filename"],
        "note": row["note"],
        "open": row["open"],
        "mending_until": row["mending_until"],
    }
