"""The derived table of periods: what each obligation owes, and what has come for it.

A row says what was known of one period between two moments of recording. It is written in the
transaction of whatever changed it, as the last thing before its commit, so a report "as of" a
moment reads nothing else.
"""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model
from sqlalchemy.event import listens_for

from ckanext.satudata.journal import clock, events, rules
from ckanext.satudata.journal.calendar import RuleBook
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.journal.model import event

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
#: Under this key a session keeps which obligations its transaction has changed, by which event.
_CHANGED = "satudata_changed_obligations"
#: Key of a row among the open ones of its obligation: a period, or a quarter without judgement.
Key = tuple[str, int | None]


def lock(ids: Collection[UUID]) -> None:
    """Keep others off obligations until the commit: whoever changes what they owe waits here.

    Always in the same order, and before ``events.stamp``: so of two transactions the second waits
    for the first and then reads what it wrote, and neither waits for the other.
    """
    pending = sorted(set(ids))
    for start in range(0, len(pending), CHUNK):
        model.Session.execute(
            sa.select(obligation.c.id)
            .where(obligation.c.id.in_(pending[start:start + CHUNK]))
            .order_by(obligation.c.id)
            .with_for_update()
        )


def refresh(ids: Collection[UUID], cause: int) -> None:
    """Let the commit bring the open rows of obligations up to date with what was written.

    Nothing is read or written yet: the journal's clock is taken when all else is done, the index
    of CKAN included, and what stands between it and the commit is the database's work alone.

    :param cause: number of the event that changed something; its time closes and opens rows
    """
    lock(ids)
    model.Session().info.setdefault(_CHANGED, {}).update(dict.fromkeys(ids, cause))


def standing(id: UUID) -> list[dict[str, Any]]:
    """What an obligation owes as the running transaction leaves it, whose events happen now."""
    return list(wanted(facts([id])[id], rules.rule_book(), horizon()).values())


def look(ids: Collection[UUID]) -> Changes:
    """What would change in the rows of obligations; nothing is written."""
    book, until = rules.rule_book(), horizon()
    pending = sorted(set(ids))
    changes = Changes()
    for start in range(0, len(pending), CHUNK):
        changes.look(facts(pending[start:start + CHUNK]), book, until)
    return changes


def all_ids() -> list[UUID]:
    """The keys of all obligations, in order."""
    return list(
        model.Session.execute(sa.select(obligation.c.id).order_by(obligation.c.id)).scalars()
    )


# --- how far ahead it is written ----------------------------------------------------------------

#: Event that says up to which day what is owed has been written for every obligation.
EXTENDED = "horizon.extended"


def horizon() -> dt.date:
    """Up to which last day periods are written ahead: the end of next year."""
    return dt.date(clock.city_today().year + 1, 12, 31)


def written_until() -> dt.date:
    """Up to which last day the periods of every obligation are written.

    What is changed or added is written up to the horizon of its own day, so this is the horizon
    of the last extension, or, before there was one, of the first obligation.
    """
    extended = model.Session.execute(
        sa.select(event.c.data["until"].astext)
        .where(event.c.type == EXTENDED).order_by(event.c.seq.desc()).limit(1)
    ).scalar_one_or_none()
    if extended is not None:
        return dt.date.fromisoformat(extended)
    first = model.Session.execute(
        sa.select(event.c.recorded_at).join(obligation, obligation.c.created_by == event.c.seq)
        .where(event.c.recorded_at.isnot(None)).order_by(event.c.seq).limit(1)
    ).scalar_one_or_none()
    # The first day of a year in the city may be the last one of the year before in UTC.
    return dt.date((first - dt.timedelta(days=1)).year + 1, 12, 31) if first else horizon()


def extend_horizon(by: Actor, progress: Callable[[int, int], None] | None = None) -> int:
    """Write what is owed up to the end of next year, if that is not done yet; commits.

    For every day: it does nothing once a year has been written, and goes on where it was
    interrupted.

    :param progress: told after each part: (obligations done, all of them)
    :returns: how many rows were closed or opened
    """
    until = horizon()
    if written_until() >= until:
        return 0
    book, ids, number = rules.rule_book(), all_ids(), 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start:start + CHUNK]
        lock(chunk)
        changes = Changes()
        changes.look(facts(chunk), book, until)
        if changes.number:
            # A part of its own: nobody has to wait until all of them are written.
            cause = events.record(
                "horizon.written", "register", "horizon", by, data={"until": until.isoformat()}
            )
            changes.write(dict.fromkeys(chunk, cause), events.stamp(cause))
        model.Session.commit()
        number += changes.number
        if progress is not None:
            progress(min(start + CHUNK, len(ids)), len(ids))
    events.record(EXTENDED, "register", "horizon", by, data={"until": until.isoformat()})
    model.Session.commit()
    return number


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


class Changes:
    """What has to be closed and opened so that the rows say what the facts say."""

    def __init__(self) -> None:
        self.closing: list[dict[str, Any]] = []
        self.opening: list[dict[str, Any]] = []

    @property
    def number(self) -> int:
        """How many rows are closed or opened."""
        return len(self.closing) + len(self.opening)

    def look(self, known: dict[UUID, Facts], book: RuleBook, until: dt.date) -> None:
        """Compare what is written of obligations with what their facts ask for."""
        held = _open_rows(list(known))
        for id, fact in known.items():
            rows, have = wanted(fact, book, until), held.get(id, {})
            for key in have.keys() - rows.keys():
                self.closing.append(dict(have[key]))
            for key, row in rows.items():
                old = have.get(key)
                if old is not None:
                    if all(old[name] == row[name] for name in VALUES):
                        continue
                    self.closing.append(dict(old))
                self.opening.append({**row, "inferred": bool(row["inferred"]), "obligation": id})

    def quarters(self) -> set[int]:
        """Indices of the quarters in which something changes."""
        return {row["quarter"] for row in [*self.closing, *self.opening]}

    def moves(self) -> Iterator[tuple[str, dt.date | None, dt.date | None]]:
        """(period, last allowed day before, and after) of all that changes; None: not owed."""
        before = {(row["obligation"], row["period"]): row["last_day"] for row in self.closing}
        after = {(row["obligation"], row["period"]): row["last_day"] for row in self.opening}
        for key in before.keys() | after.keys():
            yield key[1], before.get(key), after.get(key)

    def write(self, causes: Mapping[UUID, int], moment: dt.datetime) -> None:
        """Close and open the rows at one time, each in the name of its obligation's event."""
        _close(self.closing, causes, moment)
        if self.opening:
            model.Session.execute(sa.insert(state), [
                {**row, "opened_by": causes[row["obligation"]], "sys_from": moment}
                for row in self.opening
            ])


def _open_rows(ids: Iterable[UUID]) -> dict[UUID, dict[Key, Any]]:
    rows = model.Session.execute(
        sa.select(state).where(state.c.obligation.in_(list(ids)), state.c.closed_by.is_(None))
    ).mappings()
    held: dict[UUID, dict[Key, Any]] = {}
    for row in rows:
        key = (row["period"], None if row["period"] else row["quarter"])
        held.setdefault(row["obligation"], {})[key] = row
    return held


# One statement for all of them: thousands change when history is imported or a rule changes.
_CLOSE = sa.text("""
    UPDATE satudata_state AS held SET closed_by = r.cause, sys_to = :moment
      FROM jsonb_to_recordset(CAST(:rows AS jsonb))
           AS r (obligation uuid, period text, quarter int, cause bigint)
     WHERE held.obligation = r.obligation AND held.period = r.period AND held.quarter = r.quarter
       AND held.closed_by IS NULL
""")


def _close(
    rows: list[dict[str, Any]], causes: Mapping[UUID, int], moment: dt.datetime
) -> None:
    if rows:
        keys = [
            {"obligation": str(row["obligation"]), "period": row["period"],
             "quarter": row["quarter"], "cause": causes[row["obligation"]]}
            for row in rows
        ]
        model.Session.execute(_CLOSE, {"rows": json.dumps(keys), "moment": moment})


# --- at the commit ------------------------------------------------------------------------------


def _bring_up_to_date(causes: Mapping[UUID, int]) -> None:
    """Work out and write what obligations owe; the commit comes right after it."""
    book, until = rules.rule_book(), horizon()
    pending = sorted(causes)
    changes, timeless = Changes(), []
    for start in range(0, len(pending), CHUNK):
        known = facts(pending[start:start + CHUNK])
        timeless += [id for id, fact in known.items() if not fact.is_timed]
        changes.look({id: fact for id, fact in known.items() if fact.is_timed}, book, until)
    # Others record nothing from here to the commit: what does not need the time was done before.
    moment = events.stamp(max(causes.values()))
    for start in range(0, len(timeless), CHUNK):
        changes.look(facts(timeless[start:start + CHUNK]), book, until)
    changes.write(causes, moment)


# CKAN's own listener, which writes to Solr, was there first and has run.
@listens_for(model.Session, "before_commit")
def _before_commit(session: Any) -> None:
    if not session.in_nested_transaction() and (causes := session.info.get(_CHANGED)):
        _bring_up_to_date(causes)
        session.info.pop(_CHANGED)


@listens_for(model.Session, "after_soft_rollback")
def _after_rollback(session: Any, previous: Any) -> None:
    if not previous.nested:
        session.info.pop(_CHANGED, None)
