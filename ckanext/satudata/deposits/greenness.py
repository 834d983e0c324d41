"""Which waiting deposits are green, read for many at once.

The number of queries does not depend on how many there are. What green is: ``green.py``.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ckanext.satudata import config
from ckanext.satudata.access.inspection import running
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.journal import asked

from . import green, obligations, owed
from .counting import infer_period
from .periods import PeriodError, current_period, parse_period


def of_deposits(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, tuple[str, ...]]:
    """Why each of these deposits is not green, by id; empty: it is.

    :param rows: as ``store.find`` gives them
    """
    share = config.green_share()
    return {id: green.why_not(look, share) for id, look in _looks(rows).items()}


def _looks(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, green.Look]:
    files = inspections.of({row["resource_id"] for row in rows if row["resource_id"]})
    said = inspections.answers_of(
        {str(row["obligation"]) for row in rows}
        | {row["package_id"] for row in rows if row["package_id"]})
    proposed = _proposed(rows)
    looks = {}
    for row in rows:
        kept = files.get(row["resource_id"])
        subjects = [row["package_id"], str(row["obligation"])]
        short = running.short(kept) if kept else {}
        looks[row["id"]] = green.Look(
            kind=row["kind"], status=short.get("status"), is_sound=short.get("sound"),
            unanswered=len(running.unanswered(kept, subjects, said)) if kept else 0,
            difference=short.get("difference"), as_proposed=row["id"] in proposed,
            has_note=bool(row["note"]),
        )
    return looks


def _proposed(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Those deposits that are for the period which the portal proposes for their item.

    Their own period is asked for as if nothing had come for it.
    """
    wanted = {row["obligation"] for row in rows}
    terms = obligations.latest(list(wanted))
    open_ones = owed.open_of_many(wanted)
    zone = asked.city_zone()
    found = set()
    for row in rows:
        if row["inferred"]:
            found.add(row["id"])
            continue
        own, day = parse_period(row["period"]), row["happened_at"].astimezone(zone).date()
        item = terms[row["obligation"]]
        try:
            current = current_period(item.frekuensi, day, item.start_year)
        except PeriodError:
            current = None
        if infer_period([*open_ones[row["obligation"]], own], current, day) == own:
            found.add(row["id"])
    return found
