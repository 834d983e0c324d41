"""All that a day needs, safe to run again at any time: one line for cron.

Each part is a piece of its own: one that fails is kept with its error and the others have their
turn. What each run did stands in a table, so that ``check`` can say that none has run.
"""
from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import index
from ckanext.satudata.access import notices as dataset_notices
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.deposits import state
from ckanext.satudata.journal import work
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.journal.model import run as table
from ckanext.satudata.letters import reminding
from ckanext.satudata.opd import notices

from . import checks

log = logging.getLogger(__name__)

#: Parts that read everything are left out when they were done less than this ago (hours).
SELDOM_HOURS = 20

#: What is owed is worked on for so long (seconds); a run that comes once an hour finds no other.
WORK_SECONDS = 1800

#: Runs are remembered for so long (days).
KEPT_DAYS = 400

# Any constant will do, as long as nothing else in the database locks the same one.
_LOCK = 739_201_940


class Running(Exception):
    """Another run is under way."""


def run(by: Actor) -> Iterator[tuple[str, str, bool]]:
    """Do all parts, within a request context.

    :returns: of each part its name, what it did or what went wrong, and whether it went well
    :raises Running: another run is under way
    """
    with _alone():
        id = model.Session.execute(
            sa.insert(table).values().returning(table.c.id)
        ).scalar_one()
        model.Session.commit()
        done: dict[str, str] = {}
        failed: dict[str, str] = {}
        for name, part in PARTS.items():
            if name in SELDOM and _is_fresh(name):
                continue
            words, went_well = _tried(name, part, by)
            (done if went_well else failed)[name] = words
            yield name, words, went_well
        model.Session.execute(
            sa.update(table).where(table.c.id == id).values(
                ended_at=sa.func.clock_timestamp(), done=done, failed=failed)
        )
        model.Session.commit()


def _tried(name: str, part: Callable[[Actor], str], by: Actor) -> tuple[str, bool]:
    """What a part did or what went wrong, and whether it went well."""
    try:
        return part(by), True
    except Exception as error:
        # Whatever a part stumbles over: the others must still have their turn.
        model.Session.rollback()
        log.exception("The daily part %s failed", name)
        return " ".join(f"{type(error).__name__}: {error}".split())[:300], False


# --- parts --------------------------------------------------------------------------------------


def _ends(by: Actor) -> str:
    told, over = dataset_notices.tell_ends(by)
    return f"{told} told, {over} newly run out"


def _periods(by: Actor) -> str:
    return f"{state.extend_horizon(by)} rows, written until {state.written_until()}"


def _reminders(by: Actor) -> str:
    return f"{len(reminding.remind())} people reminded"


def _index(by: Actor) -> str:
    number = 0
    for fault in checks.indexed():
        work.owe(index.OWED, fault.subject)
        number += 1
    model.Session.commit()
    return f"{number} out of step"


def _links(by: Actor) -> str:
    ids = inspections.public_links()
    work.owe_many(inspections.LINK, dict.fromkeys(ids))
    model.Session.commit()
    return f"{len(ids)} links of public datasets to be fetched again"


def _purge(by: Actor) -> str:
    number = notices.purge()
    model.Session.execute(
        sa.delete(table).where(
            table.c.started_at < sa.func.clock_timestamp() - dt.timedelta(days=KEPT_DAYS))
    )
    model.Session.commit()
    return f"{number} old notices removed"


def _work(by: Actor) -> str:
    counts = work.run(seconds=WORK_SECONDS)
    if counts.failed:
        raise RuntimeError(
            f"{counts.done} done, {counts.failed} failed: ckan satudata check names them")
    return f"{counts.done} done, {work.count()} left for later"


#: The parts in their order; work comes last, with what the others have owed.
PARTS: dict[str, Callable[[Actor], str]] = {
    "periods": _periods, "ends": _ends, "reminders": _reminders, "index": _index, "links": _links,
    "purge": _purge, "work": _work,
}

#: Parts that read everything: once a day is enough, however often the command runs.
SELDOM = ("index", "links", "purge")


def _is_fresh(name: str) -> bool:
    return model.Session.execute(
        sa.select(sa.exists().where(
            table.c.done.has_key(name),
            table.c.started_at > sa.func.clock_timestamp() - dt.timedelta(hours=SELDOM_HOURS),
        ))
    ).scalar_one()


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time; a run that is killed lets go with its connection."""
    with model.ensure_engine().connect() as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK))).scalar():
            raise Running
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
