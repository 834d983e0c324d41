"""A new version of the rules: what it would move, and writing it with all that follows."""
from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import state
from ckanext.satudata.journal import events, rules
from ckanext.satudata.journal.calendar import RuleVersion
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report.model import snapshot


@dataclass
class Moved:
    """What a version of the rules changes.

    ``days``: how many items have a period whose last allowed day moves, by (period, from, to).
    ``others``: how many periods change in another way (the hour of the day's end, what counts).
    """

    days: Counter[tuple[str, dt.date, dt.date]] = field(default_factory=Counter)
    others: int = 0


def change(version: RuleVersion, by: Actor, reason: str | None, *, dry_run: bool) -> Moved:
    """Record a version of the rules and bring what is owed up to date, in one transaction.

    :param dry_run: only look; nothing is written
    :returns: what moves
    :raises tk.ValidationError: on ``effective_from``: a day that is over, one before the day of a
        version that follows, or something of a frozen quarter would change
    """
    try:
        moved = _change(version, by, reason)
    except tk.ValidationError:
        model.Session.rollback()
        raise
    if dry_run:
        model.Session.rollback()
    else:
        model.Session.commit()
    return moved


def _change(version: RuleVersion, by: Actor, reason: str | None) -> Moved:
    cause = rules.change(version, by, reason)
    ids = state.all_ids()
    state.lock(ids)
    # Looked at before the journal's clock is held: others go on recording in the meantime.
    changes = state.look(ids)
    frozen = set(model.Session.execute(sa.select(snapshot.c.quarter).distinct()).scalars())
    if touched := sorted(frozen & changes.quarters()):
        raise tk.ValidationError({"effective_from": [tk._(
            "This would change what was due in {quarters}, which is frozen."
        ).format(quarters=", ".join(Quarter.from_index(index).code for index in touched))]})
    changes.write(dict.fromkeys(ids, cause), events.stamp(cause))
    moved = Moved()
    for period, before, after in changes.moves():
        if before is None or after is None or before == after:
            moved.others += 1
        else:
            moved.days[(period, before, after)] += 1
    return moved
