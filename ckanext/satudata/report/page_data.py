"""What the pages of the report need from CKAN: reports, snapshots, choices, rights."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz
from ckan.types import Context

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people

from .wording import Words

#: Items asked for at a time when there are too many for one answer.
PAGE = 5000
#: Quarters offered in the list of quarters, besides all that are frozen.
RECENT = 8


@dataclass(frozen=True)
class Choice:
    """A quarter to choose on the board."""

    quarter: Quarter
    label: str
    frozen: bool
    running: bool


def words() -> Words:
    """The words of the report in the reader's language."""
    lang = str(tk.h.lang() or "id")
    return Words(lang, tk._, tk.ungettext)


def context() -> Context:
    """A fresh context for the person at the browser."""
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user}  # type: ignore


def report(quarter: Quarter, **wanted: Any) -> dict[str, Any]:
    """The report of a quarter as the reader may see it; see ``satudata_compliance_report``.

    :raises NotAuthorized, ObjectNotFound, ValidationError: as the action does
    """
    asked = {key: value for key, value in wanted.items() if value is not None}
    return tk.get_action("satudata_compliance_report")(
        context(), {"quarter": quarter.code, **asked}
    )


def report_before(quarter: Quarter) -> dict[str, Any] | None:
    """The report of the quarter before, without items; None when the reader may not see it."""
    try:
        return report(quarter.previous(), obligations=False)
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):
        return None


def items(report_: Mapping[str, Any], organization: str | None = None) -> Iterator[dict[str, Any]]:
    """The items of a report that the reader may see, asked for page by page if need be.

    :param report_: an answer of :func:`report`, with or without its items
    :param organization: the office it was asked for, if any
    """
    if "obligations" in report_:
        yield from report_["obligations"]
        return
    # A frozen quarter is asked for as frozen; a moving one as of the moment already shown.
    as_of = None if report_["frozen"] else report_["as_of"]
    quarter, offset = Quarter.parse(report_["quarter"]), 0
    while True:
        page = report(
            quarter, as_of=as_of, organization=organization, obligations=True,
            limit=PAGE, offset=offset,
        )["obligations"]
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def snapshots() -> list[dict[str, Any]]:
    """All frozen quarters, the latest revision of each, newest quarter first."""
    try:
        listed = tk.get_action("satudata_snapshot_list")(context(), {})
    except tk.NotAuthorized:
        return []
    latest: dict[str, dict[str, Any]] = {}
    for snapshot in listed:
        known = latest.get(snapshot["quarter"])
        if known is None or known["revision"] < snapshot["revision"]:
            latest[snapshot["quarter"]] = snapshot
    return [latest[quarter] for quarter in sorted(latest, reverse=True)]


def current_quarter() -> Quarter:
    """The quarter in which today lies, in the city."""
    return Quarter.of(clock.city_today())


def choices(frozen: list[dict[str, Any]], only_frozen: bool) -> list[Choice]:
    """Quarters to choose, newest first: the frozen ones, and the last two years unless hidden."""
    now, said = current_quarter(), words()
    marked = {Quarter.parse(snapshot["quarter"]) for snapshot in frozen}
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


def may_freeze(quarter: Quarter) -> bool:
    """Whether the reader may freeze a quarter, its end being over."""
    if quarter.last >= clock.city_today():
        return False
    try:
        tk.check_access("satudata_snapshot_freeze", context(), {"quarter": quarter.code})
    except tk.NotAuthorized:
        return False
    return True


def moment(text: str) -> dt.datetime:
    """The moment that a report's ``as_of`` names."""
    return dt.datetime.fromisoformat(text)
