"""The derived table of periods: what each obligation owes, and what has come for it.

A row says what was known of one period between two moments of recording. It is written in the
transaction of whatever changed it, so a report "as of" a moment reads nothing else.
"""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal import clock, events, rules
from ckanext.satudata.journal.calendar import RuleBook

from .counting import counting, deposits_for
from .facts import Facts, facts
from .model import obligation, state
from .schedule import due_periods, unjudged_quarters

#: Obligations worked on at a time: bounds memory, not the transaction.
CHUNK = 500

#: What a row says of its period, beside its key.
VALUES = (
    "opd", "last_day", "deadline", "waived", "extended",
    "counts_from", "kind", "inferred", "mending_until",
)
#: Key of a row among the open ones of its obligation: a period, or a quarter without judgement.
Key = tuple[str, int | None]


def refresh(ids: Collection[UUID], cause: int) -> int:
    """Bring the open rows of obligations up to date with what the transaction has written.

    :param cause: number of the event that changed something; its time closes and opens rows
    :returns: how many rows were closed or opened
    """
    moment = events.stamp(cause)
    book = rules.rule_book()
    until = horizon()
    changed = 0
    pending = list(ids)
    for start in range(0, len(pending), CHUNK):
        chunk = pending[start:start + CHUNK]
        changed += _refresh_chunk(facts(chunk), book, until, cause, moment)
    return changed


def refresh_all(cause: int) -> int:
    """The same for every obligation: after a change of rules, and once a year for the horizon."""
    ids = model.Session.execute(sa.select(obligation.c.id)).scalars().all()
    return refresh(ids, cause)


def horizon() -> dt.date:
    """Up to which last day periods are written ahead: the end of next year."""
    return dt.date(clock.city_today().year + 1, 12, 31)


def wanted(known: Facts, book: RuleBook, until: dt.date) -> dict[Key, dict[str, Any]]:
    """Rows that an obligation should have open: its periods, and its quarters without judgement."""
    rows: dict[Key, dict[str, Any]] = {}
    for due in due_periods(known.versions, known.dispensations, book, until):
        counts = counting(deposits_for(due, known.deposits, book), book)
        rows[(due.period, None)] = {
            "opd": due.opd, "period": due.period, "quarter": due.quarter,
            "last_day": due.last_day, "deadline": due.deadline,
            "waived": due.waived, "extended": due.extended,
            "counts_from": counts.counts_from, "kind": counts.kind,
            "inferred": counts.inferred, "mending_until": counts.mending_until,
        }
    for quarter, opd in unjudged_quarters(known.versions, until):
        rows[("", quarter)] = {
            "opd": opd, "period": "", "quarter": quarter, "last_day": None, "deadline": None,
            "waived": False, "extended": False, "counts_from": None, "kind": None,
            "inferred": False, "mending_until": None,
        }
    return rows


def _refresh_chunk(
    known: dict[UUID, Facts], book: RuleBook, until: dt.date, cause: int, moment: dt.datetime
) -> int:
    held = _open_rows(list(known))
    closing: list[dict[str, Any]] = []
    opening: list[dict[str, Any]] = []
    for id, fact in known.items():
        rows, have = wanted(fact, book, until), held.get(id, {})
        for key in have.keys() - rows.keys():
            closing.append(_closing(id, have[key]))
        for key, row in rows.items():
            old = have.get(key)
            if old is not None:
                if all(old[name] == row[name] for name in VALUES):
                    continue
                closing.append(_closing(id, old))
            opening.append(
                {**row, "inferred": bool(row["inferred"]), "obligation": id,
                 "opened_by": cause, "sys_from": moment}
            )
    _close(closing, cause, moment)
    if opening:
        model.Session.execute(sa.insert(state), opening)
    return len(closing) + len(opening)


def _open_rows(ids: Iterable[UUID]) -> dict[UUID, dict[Key, Any]]:
    rows = model.Session.execute(
        sa.select(state).where(state.c.obligation.in_(list(ids)), state.c.closed_by.is_(None))
    ).mappings()
    held: dict[UUID, dict[Key, Any]] = {}
    for row in rows:
        key = (row["period"], None if row["period"] else row["quarter"])
        held.setdefault(row["obligation"], {})[key] = row
    return held


def _closing(id: UUID, row: Any) -> dict[str, Any]:
    return {"obligation": str(id), "period": row["period"], "quarter": row["quarter"]}


# One statement for all of them: thousands change when history is imported or a rule changes.
_CLOSE = sa.text("""
    UPDATE satudata_state AS held SET closed_by = :cause, sys_to = :moment
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (obligation uuid, period text, quarter int)
     WHERE held.obligation = r.obligation AND held.period = r.period AND held.quarter = r.quarter
       AND held.closed_by IS NULL
""")


def _close(rows: list[dict[str, Any]], cause: int, moment: dt.datetime) -> None:
    if rows:
        model.Session.execute(
            _CLOSE, {"rows": json.dumps(rows), "cause": cause, "moment": moment}
        )
