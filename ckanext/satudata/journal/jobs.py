"""Jobs: many pieces that one person set going at once, each carried out as their own act.

A job is work owed (``journal/work.py``): a killed worker leaves it where it stands and the next one
goes on. A piece is ticked off in the transaction that carries it out, so that none is carried out
twice. Whether the person still may is asked anew before each; what fails is an error of that piece.
"""
from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from rq.timeouts import BaseTimeoutException
from sqlalchemy.exc import DBAPIError, OperationalError

from . import work
from .events import Actor
from .model import job, job_item
from .speaking import speaking

log = logging.getLogger(__name__)

#: Kind of the work that is owed; its key is the id of the job.
OWED = "job"

#: So long a job goes on (seconds); then other work has its turn, and it is owed again.
SECONDS = 300

WAITING, RUNNING, DONE, STOPPED = "menunggu", "berjalan", "selesai", "dihentikan"
STATES = (WAITING, RUNNING, DONE, STOPPED)


@dataclass(frozen=True)
class Runner:
    """How the pieces of one kind of job are carried out.

    :param auth: name of the auth function that the person must pass before each piece
    :param carry_out: called with a context of the person, the data of the job and of the piece;
        it commits, or raises one of CKAN's errors
    """

    auth: str
    carry_out: Callable[[Context, Mapping[str, Any], Mapping[str, Any]], object]


#: Runners by kind of job; ``plugin.py`` fills it from the rooms.
RUNNERS: dict[str, Runner] = {}


def start(
    kind: str, items: Sequence[Mapping[str, Any]], data: Mapping[str, Any], by: Actor,
    language: str,
) -> UUID:
    """Keep a job in the running transaction; it is carried out from the commit on.

    :param kind: one of :data:`RUNNERS`
    :param items: the pieces, each with an ``id`` by which its error is told
    :param data: what holds for all of them
    :param language: in which errors are told
    :returns: its id
    """
    id = uuid.uuid4()
    model.Session.execute(sa.insert(job).values(
        id=id, kind=kind, person=by.person, via=by.via, language=language, data=dict(data),
        state=WAITING,
    ))
    if items:
        model.Session.execute(sa.insert(job_item), [
            {"job": id, "number": number, "data": dict(item)}
            for number, item in enumerate(items, 1)
        ])
    work.owe(OWED, str(id))
    return id


def carry_out(key: str, data: Mapping[str, Any]) -> None:
    """The handler of :data:`OWED`: go on with a job where it stands."""
    id = UUID(key)
    found = _get(id)
    if found is None or found["state"] in (DONE, STOPPED):
        return
    runner = RUNNERS[found["kind"]]
    _set_state(id, RUNNING)
    numbers = model.Session.execute(
        sa.select(job_item.c.number)
        .where(job_item.c.job == id, sa.not_(job_item.c.is_done))
        .order_by(job_item.c.number)
    ).scalars().all()
    model.Session.commit()
    end = time.monotonic() + SECONDS
    with speaking(found["language"], found["via"]):
        for place, number in enumerate(numbers):
            if place and time.monotonic() > end:
                work.owe(OWED, key)
                return
            if refused := _refused(runner, found["person"]):
                _set_state(id, STOPPED, refused)
                return
            _piece(runner, found, number)
    _end(id)


def show(id: UUID) -> dict[str, Any] | None:
    """A job as it stands, for those who may see it; None when there is none.

    :returns: {id, kind, state, done, total, errors, stopped_by, created_at, ended_at, person};
        ``done`` counts all that were carried out, those with an error too; ``errors``:
        {id, message, fields} of each
    """
    found = _get(id)
    if found is None:
        return None
    items = job_item.c
    total, done = model.Session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(items.is_done)).where(items.job == id)
    ).one()
    errors = model.Session.execute(
        sa.select(items.data["id"].as_string().label("id"), items.error)
        .where(items.job == id, items.error.isnot(None)).order_by(items.number)
    ).mappings()
    ended = found["ended_at"]
    return {
        "id": str(id), "kind": found["kind"], "person": found["person"], "state": found["state"],
        "done": done, "total": total,
        "errors": [{"id": row["id"], **row["error"]} for row in errors],
        "stopped_by": found["stopped_by"],
        "created_at": found["created_at"].isoformat(),
        "ended_at": ended.isoformat() if ended else None,
    }


# --- parts --------------------------------------------------------------------------------------


def _context(person: str) -> Context:
    """A context in which a person acts themself: everything is asked."""
    user = model.User.get(person)
    context: Any = {
        "user": user.name if user else "", "auth_user_obj": user, "ignore_auth": False,
    }
    return cast(Context, context)


def _refused(runner: Runner, person: str) -> str | None:
    """Why the person may not go on, as things are now; None when they may."""
    model.Session.expire_all()
    user = model.User.get(person)
    if user is None or user.state != model.State.ACTIVE:
        return tk._("The person who asked for it has no account any more.")
    try:
        tk.check_access(runner.auth, _context(person), {})
    except tk.NotAuthorized as error:
        return str(error.message or tk._("You may not do this."))
    return None


def _piece(runner: Runner, found: Mapping[str, Any], number: int) -> None:
    """One piece: ticked off together with what it does, or with its error."""
    item = model.Session.execute(
        sa.select(job_item.c.data)
        .where(
            job_item.c.job == found["id"], job_item.c.number == number,
            sa.not_(job_item.c.is_done),
        )
        .with_for_update(skip_locked=True)
    ).scalar()
    if item is None:
        # Another process has it, or has had it.
        model.Session.rollback()
        return
    _tick_off(found["id"], number)
    error = None
    try:
        runner.carry_out(_context(found["person"]), found["data"], item)
    except (tk.ValidationError, tk.NotAuthorized, tk.ObjectNotFound) as refused:
        error = words(refused)
    except BaseTimeoutException:
        # The queue ends this job: the piece is not done, and nothing is wrong with it.
        raise
    except Exception as fault:
        if _passes(fault):
            raise
        # A fault in one piece must not keep the others from their turn.
        log.exception("A piece of job %s failed: %s", found["id"], item)
        error = {"message": tk._("It could not be done; the log of the portal says why."),
                 "fields": {}}
    if error is not None:
        model.Session.rollback()
    # Whoever refuses or begins anew has rolled the tick back.
    _tick_off(found["id"], number, error)
    model.Session.commit()


def _passes(fault: Exception) -> bool:
    """Whether it is of the moment: the database is away, or two waited for each other."""
    return isinstance(fault, OperationalError) or (
        isinstance(fault, DBAPIError) and fault.connection_invalidated)


def _tick_off(id: UUID, number: int, error: Mapping[str, Any] | None = None) -> None:
    model.Session.execute(
        sa.update(job_item)
        .where(job_item.c.job == id, job_item.c.number == number)
        .values(is_done=True, error=sa.null() if error is None else dict(error))
    )


def words(error: Exception) -> dict[str, Any]:
    """One of CKAN's errors in words: {message, fields}; all in one line, and by field."""
    if not isinstance(error, tk.ValidationError):
        return {"message": str(getattr(error, "message", "") or error) or tk._(
            "It is not there any more."), "fields": {}}
    fields = {
        str(field): [str(one) for one in (said if isinstance(said, list) else [said])]
        for field, said in error.error_dict.items()
    }
    return {"message": " ".join(one for said in fields.values() for one in said), "fields": fields}


def _get(id: UUID) -> Mapping[Any, Any] | None:
    return model.Session.execute(sa.select(job).where(job.c.id == id)).mappings().one_or_none()


def _set_state(id: UUID, state: str, stopped_by: str | None = None) -> None:
    ended = {"ended_at": sa.func.clock_timestamp()} if state == STOPPED else {}
    model.Session.execute(
        sa.update(job).where(job.c.id == id, job.c.state.in_([WAITING, RUNNING]))
        .values(state=state, stopped_by=stopped_by, **ended)
    )
    model.Session.commit()


def _end(id: UUID) -> None:
    """The job is over, unless another process still has a piece of it."""
    left = sa.exists().where(job_item.c.job == id, sa.not_(job_item.c.is_done))
    model.Session.execute(
        sa.update(job).where(job.c.id == id, job.c.state == RUNNING, sa.not_(left))
        .values(state=DONE, ended_at=sa.func.clock_timestamp())
    )
    model.Session.commit()
