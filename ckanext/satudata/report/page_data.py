"""What the pages of the report need from CKAN: reports, snapshots, choices, rights."""
from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import context
from ckanext.satudata.journal.asked import messages as all_messages
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people, store

from . import snapshots as frozen
from .wording import Words

#: Quarters offered in the list of quarters, besides all that are frozen.
RECENT = 8


@dataclass(frozen=True)
class Choice:
    """A quarter to choose on the board."""

    quarter: Quarter
    label: str
    frozen: bool
    running: bool


@dataclass(frozen=True)
class Waiting:
    """How many deposits of an office nobody has checked yet."""

    name: str
    title: str
    number: int


def words() -> Words:
    """The words of the report in the reader's language.

    Each message is looked up once: a file says the same few in a hundred thousand rows.
    """
    lang = str(tk.h.lang() or "id")
    return Words(lang, cache(tk._), tk.ungettext)


def messages(error: tk.ValidationError) -> list[str]:
    """The messages of a refusal, each once."""
    return list(dict.fromkeys(all_messages(error)))


def page_count(count: int, size: int) -> int:
    """How many pages a list of ``count`` rows has; an empty list has one."""
    return -(-count // size) or 1


def report(quarter: Quarter, **wanted: Any) -> dict[str, Any]:
    """The report of a quarter as the reader may see it; see ``satudata_compliance_report``.

    :raises NotAuthorized, ObjectNotFound, ValidationError: as the action does
    """
    asked = {key: value for key, value in wanted.items() if value is not None}
    return tk.get_action("satudata_compliance_report")(
        context(), {"quarter": quarter.code, **asked}
    )


def listed() -> list[dict[str, Any]]:
    """All snapshots that the reader may know of, newest quarter and revision first."""
    try:
        return tk.get_action("satudata_snapshot_list")(context(), {})
    except tk.NotAuthorized:
        return []


def latest(snapshots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of snapshots in the order of :func:`listed` the latest revision of each quarter."""
    found: dict[str, dict[str, Any]] = {}
    for snapshot in snapshots:
        found.setdefault(snapshot["quarter"], snapshot)
    return list(found.values())


def waiting(quarter: Quarter) -> list[Waiting]:
    """Offices whose deposits for periods due in a quarter wait unchecked, most first."""
    offices = store.offices()
    found = [
        Waiting(offices[opd].name, offices[opd].title, number)
        for opd, number in frozen.waiting(quarter)
    ]
    return sorted(found, key=lambda one: (-one.number, one.title))


def excused(quarter: Quarter) -> list[dict[str, Any]]:
    """Dispensations of a quarter that hold, as far as the reader may see them."""
    try:
        return tk.get_action("satudata_dispensation_list")(
            context(), {"quarter": quarter.code, "status": "in_force", "limit": 100}
        )["results"]
    except tk.NotAuthorized:
        return []


def current_quarter() -> Quarter:
    """The quarter in which today lies, in the city."""
    return Quarter.of(clock.city_today())


def choices(known: list[dict[str, Any]], only_frozen: bool, now: Quarter) -> list[Choice]:
    """Quarters to choose, newest first: the frozen ones, and the last two years unless hidden.

    :param now: the running quarter
    """
    said = words()
    marked = {Quarter.parse(snapshot["quarter"]) for snapshot in known}
    offered = set(marked)
    if not only_frozen:
        offered |= {Quarter.from_index(now.index - back) for back in range(RECENT)}
    return [
        Choice(quarter, said.quarter(quarter), quarter in marked, quarter == now)
        for quarter in sorted(offered, reverse=True)
    ]


def is_internal() -> bool:
    """Whether the reader holds a city-wide role: they may see whom to call."""
    user = tk.current_user
    if not user.is_authenticated:
        return False
    return authz.is_sysadmin(user.name) or bool(people.roles_of(user.id))


def may_freeze(quarter: Quarter, today: dt.date) -> bool:
    """Whether the reader may freeze a quarter, its end being over."""
    if quarter.last >= today:
        return False
    try:
        tk.check_access("satudata_snapshot_freeze", context(), {"quarter": quarter.code})
    except tk.NotAuthorized:
        return False
    return True
