"""Work owed: what has to follow a transaction (index, mail, a file to look at), and surely does.

Whoever changes something says in the same transaction what must follow (:func:`owe`): a row that
is committed or lost together with the change. CKAN's job queue is told after the commit; that is a
wake-up and no more. A worker that is killed, a queue that is away or a wake-up that gets lost leave
the row where it is, and ``ckan satudata daily`` does what was left.
"""
from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
import redis
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from rq.timeouts import BaseTimeoutException
from sqlalchemy.event import listens_for
from sqlalchemy.exc import DBAPIError

from .model import work

log = logging.getLogger(__name__)

#: A handler carries out one kind of work: called with the key and the data of the row. It runs in
#: ``model.Session``, which is committed after it. It may be called again for work that was done, or
#: twice at once, and must then do no harm: it looks at how things are and locks what it changes.
Handler = Callable[[str, Mapping[str, Any]], None]

#: Handlers by kind; ``plugin.py`` fills it from the rooms.
HANDLERS: dict[str, Handler] = {}

#: Kinds that may take long and that nobody waits for: they come when nothing else is due.
LAST: set[str] = set()

#: Seconds until the next try after a failed or interrupted one: four times longer each time.
FIRST_PAUSE, LONGEST_PAUSE = 30, 6 * 3600

#: How long one job of the queue works on, and after how long the queue ends it (seconds).
JOB_SECONDS, JOB_TIMEOUT = 600, 3600

#: A wake-up that nobody has answered counts for so long (seconds); then there is another one.
WAKE_SECONDS = 60

#: A piece that is owed anew each time it is done is left for a later run after so many times.
REPEATS = 3

#: Characters of an error that are kept.
_ERROR = 300

#: Under this key a session remembers that its transaction owes something for now.
_OWES = "satudata_owes"


@dataclass(frozen=True)
class Counts:
    """What a run has done: pieces of work carried out, and tries that failed."""

    done: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Owed:
    """A piece of work that is still owed.

    :param attempts: how often it was begun
    :param last_error: what went wrong the last time; None: nothing, or it was interrupted
    """

    kind: str
    key: str
    owed_at: dt.datetime
    not_before: dt.datetime
    attempts: int
    last_error: str | None


def owe(
    kind: str,
    key: str,
    data: Mapping[str, Any] | None = None,
    not_before: dt.datetime | None = None,
) -> None:
    """Say in the running transaction what must follow it; said twice, it is owed once.

    :param kind: one of :data:`HANDLERS`
    :param key: what it is about; together with the kind it is the name of this piece of work
    :param data: what else the handler needs to know; the latest counts
    :param not_before: the earliest moment for it; default: as soon as the transaction is committed
    """
    columns = work.c
    moment: Any = sa.func.clock_timestamp() if not_before is None else not_before
    # A row that is being worked on right now is locked: it is passed by, and a new one written,
    # since what the handler has seen may be older than this. So nobody here ever waits.
    waiting = model.Session.execute(
        sa.select(columns.id)
        .where(columns.kind == kind, columns.key == key)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar()
    if waiting is None:
        model.Session.execute(
            sa.insert(work).values(kind=kind, key=key, data=dict(data or {}), not_before=moment)
        )
    else:
        model.Session.execute(
            sa.update(work)
            .where(columns.id == waiting)
            .values(data=dict(data or {}), not_before=sa.func.least(columns.not_before, moment))
        )
    if not_before is None:
        model.Session().info[_OWES] = True


def owe_many(kind: str, moments: Mapping[str, dt.datetime | None]) -> None:
    """:func:`owe` for many pieces of a kind that need no data, in a few statements.

    :param moments: the earliest moment for each, by its key; None: as soon as it is committed
    """
    columns = work.c
    waiting = set(model.Session.execute(
        sa.select(columns.key)
        .where(columns.kind == kind, columns.key.in_(list(moments)))
        .with_for_update(skip_locked=True)
    ).scalars())
    for moment in set(moments.values()):
        keys = [key for key, wanted in moments.items() if wanted == moment]
        at: Any = sa.func.clock_timestamp() if moment is None else moment
        model.Session.execute(
            sa.update(work)
            .where(columns.kind == kind, columns.key.in_(waiting.intersection(keys)))
            .values(not_before=sa.func.least(columns.not_before, at))
        )
        if new := [{"kind": kind, "key": key, "data": {}} for key in keys if key not in waiting]:
            model.Session.execute(sa.insert(work).values(not_before=at), new)
    if None in moments.values():
        model.Session().info[_OWES] = True


def owe_apart(kind: str, keys: Iterable[str]) -> None:
    """Owe work that belongs to no transaction, because that has just been rolled back.

    A database that is away is said in the log only: the daily comparison finds what this was for.
    """
    rows = [{"kind": kind, "key": key} for key in keys]
    try:
        with model.ensure_engine().begin() as connection:
            connection.execute(
                sa.insert(work).values(not_before=sa.func.clock_timestamp()), rows
            )
    except DBAPIError as error:
        log.warning("The database is away, nothing is owed for %s %s: %s", kind, rows, error)
        return
    wake()


def run(limit: int | None = None, seconds: float | None = None) -> Counts:
    """Carry out what is owed and due, the longest waiting first, the kinds of :data:`LAST` last.

    Call it with a clean session.

    Any number of processes may run at once: no two take the same row. A piece that fails is tried
    again after a pause that grows; so is one whose process was killed.

    :param limit: at most so many pieces
    :param seconds: begin nothing more after this time
    """
    done = failed = 0
    begun: Counter[tuple[str, str]] = Counter()
    end = None if seconds is None else time.monotonic() + seconds
    # Its own connection holds the rows: handlers may commit as often as they like.
    with model.ensure_engine().connect() as connection:
        while limit is None or done + failed < limit:
            if end is not None and time.monotonic() > end:
                break
            taken = _take(connection)
            if taken is None:
                break
            begun[taken[:2]] += 1
            if begun[taken[:2]] > REPEATS:
                continue
            went_well = _carry_out(connection, *taken)
            done += went_well is True
            failed += went_well is False
    return Counts(done, failed)


def job() -> None:
    """The job of CKAN's queue: nothing but a wake-up."""
    connect_to_redis().delete(_wake_key())
    try:
        run(seconds=JOB_SECONDS)
    finally:
        # Also when the queue has ended a piece that took too long: the others have their turn.
        if _listed(work.c.not_before <= sa.func.clock_timestamp(), 1):
            wake()


def wake() -> None:
    """Tell CKAN's job queue that something is owed; many calls in a short time are one wake-up."""
    try:
        if connect_to_redis().set(_wake_key(), "1", nx=True, ex=WAKE_SECONDS):
            tk.enqueue_job(
                job, title="satudata: work owed",
                rq_kwargs={"timeout": JOB_TIMEOUT, "result_ttl": 0, "failure_ttl": 3600},
            )
    except redis.RedisError as error:
        log.warning("Work is owed and the queue is away; `ckan satudata daily` does it: %s", error)


def pending(limit: int = 1000) -> list[Owed]:
    """What is owed, the next due first."""
    return _listed(sa.true(), limit)


def failed(limit: int = 1000) -> list[Owed]:
    """What is owed and was begun at least once without getting done, the next due first."""
    return _listed(work.c.attempts > 0, limit)


def count() -> int:
    """How many pieces are owed."""
    return model.Session.execute(sa.select(sa.func.count()).select_from(work)).scalar_one()


# --- parts --------------------------------------------------------------------------------------


def _take(connection: Any) -> tuple[str, str, list[int]] | None:
    """The next piece that is due: its rows, with their next try written down before it begins.

    Work that kills its process would otherwise be the first again, for ever.
    """
    columns = work.c
    with connection.begin():
        first = connection.execute(
            sa.select(columns.kind, columns.key)
            .where(columns.not_before <= sa.func.clock_timestamp())
            .order_by(columns.kind.in_(LAST), columns.not_before, columns.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if first is None:
            return None
        kind, key = first
        rows = connection.execute(
            sa.select(columns.id, columns.attempts)
            .where(
                columns.kind == kind, columns.key == key,
                columns.not_before <= sa.func.clock_timestamp(),
            )
            .with_for_update(skip_locked=True)
        ).all()
        ids = [row.id for row in rows]
        pause = dt.timedelta(seconds=_pause(max(row.attempts for row in rows)))
        connection.execute(
            sa.update(work)
            .where(columns.id.in_(ids))
            .values(
                attempts=columns.attempts + 1, not_before=sa.func.clock_timestamp() + pause,
                last_error=None,
            )
        )
    return kind, key, ids


def _carry_out(connection: Any, kind: str, key: str, ids: list[int]) -> bool | None:
    """Do a piece of work, its rows locked: gone afterwards, or with the error.

    :returns: whether it went well; None: somebody owed it anew in between and holds it
    """
    columns = work.c
    with connection.begin():
        rows = connection.execute(
            sa.select(columns.id, columns.data)
            .where(columns.id.in_(ids))
            .order_by(columns.id.desc())
            .with_for_update(skip_locked=True)
        ).all()
        if len(rows) < len(ids):
            return None
        try:
            model.Session.expire_all()
            _handler(kind)(key, rows[0].data)
            model.Session.commit()
        except BaseTimeoutException:
            # The queue ends this job: the piece did not fail, and is begun again after its pause.
            model.Session.rollback()
            raise
        except Exception as error:
            # Whatever a handler stumbles over: the others must still have their turn.
            model.Session.rollback()
            log.exception("Work owed failed and is tried again: %s %s", kind, key)
            connection.execute(
                sa.update(work).where(columns.id.in_(ids)).values(last_error=_words(error))
            )
            return False
        connection.execute(sa.delete(work).where(columns.id.in_(ids)))
    return True


def _pause(attempts: int) -> int:
    return min(FIRST_PAUSE * 4 ** min(attempts, 10), LONGEST_PAUSE)


def _handler(kind: str) -> Handler:
    if kind not in HANDLERS:
        raise LookupError(f"nothing here does work of this kind: {kind}")
    return HANDLERS[kind]


def _words(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".replace("\0", " ")
    return " ".join(text.split())[:_ERROR]


def _listed(condition: Any, limit: int) -> list[Owed]:
    columns = work.c
    rows = model.Session.execute(
        sa.select(
            columns.kind, columns.key, columns.owed_at, columns.not_before, columns.attempts,
            columns.last_error,
        )
        .where(condition)
        .order_by(columns.not_before, columns.id)
        .limit(limit)
    )
    return [Owed(*row) for row in rows]


def _wake_key() -> str:
    return f"ckan:{tk.config['ckan.site_id']}:satudata:woken"


@listens_for(model.Session, "after_commit")
def _after_commit(session: Any) -> None:
    # A savepoint that is released is no commit yet.
    if not session.in_nested_transaction() and session.info.pop(_OWES, False):
        wake()


@listens_for(model.Session, "after_soft_rollback")
def _after_rollback(session: Any, previous: Any) -> None:
    if not previous.nested:
        session.info.pop(_OWES, None)
