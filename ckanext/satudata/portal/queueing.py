"""What the walidata's queue shows: which part of it, how old each is, who has how much of it."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import action, queue
from ckanext.satudata.deposits import store
from ckanext.satudata.deposits.model import deposit
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.calendar import end_of_day, local_date, working_days
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd import store as offices

from . import asking

#: Datasets, and deposits, on one page.
A_PAGE = 20

#: Decisions by which the load of a walidata is counted.
DECIDED = (
    "dataset.verified", "dataset.unblocked", "dataset.returned", "dataset.revoked",
    "deposit.accepted", "deposit.returned",
)


@dataclass(frozen=True)
class Part:
    """The part of the queue that an address asks for.

    :param assigned: id or name of a walidata, ``-`` for nobody in particular; None: all
    """

    organization: str | None
    assigned: str | None
    sort: str
    page: int

    def asked(self) -> dict[str, Any]:
        """For ``satudata_verification_queue``."""
        wanted: dict[str, Any] = {
            "limit": A_PAGE, "offset": (self.page - 1) * A_PAGE, "sort": self.sort,
        }
        if self.organization:
            wanted["organization"] = self.organization
        if self.assigned:
            wanted["assigned_to"] = self.assigned
        return wanted

    def address(self, **other: Any) -> str:
        """The address of this part, or of one that differs."""
        said = {"organization": self.organization, "assigned": self.assigned, "sort": self.sort,
                "page": None, **other}
        if said["sort"] == queue.AGE:
            said["sort"] = None
        return tk.h.url_for("satudata_portal.queue", **{
            key: value for key, value in said.items() if value})


def part(args: Mapping[str, str]) -> Part:
    """The part of the queue that the parameters of an address name."""
    sort = args.get("sort")
    return Part(
        args.get("organization") or None, args.get("assigned") or None,
        sort if sort in queue.SORTS else queue.AGE, asking.page_number(args.get("page")),
    )


def deposits(wanted: Part) -> tuple[int, list[Any]]:
    """How many deposits wait, and the rows of a page; a fixed number of queries.

    Organization and person have been looked up before, by the queue of datasets.
    """
    group = model.Group.get(wanted.organization) if wanted.organization else None
    person = model.User.get(wanted.assigned) if wanted.assigned else None
    return store.find(
        status=store.WAITING, attached=False, opds=[offices.key(group.id)] if group else None,
        assigned_to=person.id if person else ("" if wanted.assigned == action.NOBODY else None),
        by_deadline=wanted.sort == queue.DEADLINE,
        limit=A_PAGE, offset=(wanted.page - 1) * A_PAGE,
    )


def ages() -> Callable[[str | None], int]:
    """A function that says how many working days have passed since a moment (ISO 8601)."""
    now = clock.now()
    held = rules.rule_book().in_force_at(now)
    today = local_date(now, held)

    def age(moment: str | None) -> int:
        if not moment:
            return 0
        return working_days(local_date(dt.datetime.fromisoformat(moment), held), today, held)

    return age


def load() -> list[dict[str, Any]]:
    """What each walidata has before them, and has decided since the quarter began; most first.

    :returns: {person, datasets, deposits, decided}
    """
    persons = list(people.holders(people.WALIDATA))
    datasets = queue.waiting().subquery()
    counted = {
        "datasets": _per(datasets.c.assigned_to, sa.true()),
        "deposits": _per(deposit.c.assigned_to, sa.and_(
            deposit.c.status == store.WAITING, deposit.c.attached.is_(False))),
        "decided": _per(event.c.person, sa.and_(
            event.c.type.in_(DECIDED), event.c.recorded_at >= _quarter_began())),
    }
    rows = [
        {"person": person, **{what: found.get(person, 0) for what, found in counted.items()}}
        for person in persons
    ]
    return sorted(rows, key=lambda row: (-row["datasets"] - row["deposits"], row["person"]))


def _per(person: Any, condition: Any) -> dict[str, int]:
    rows = model.Session.execute(
        sa.select(person, sa.func.count()).where(condition, person.isnot(None)).group_by(person)
    )
    return {row[0]: row[1] for row in rows}


def _quarter_began() -> dt.datetime:
    held = rules.rule_book().in_force_at(clock.now())
    first = Quarter.of(clock.city_today()).first
    return end_of_day(first - dt.timedelta(days=1), held)
