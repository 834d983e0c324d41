"""Writing and reading events: what happened, who did it, how, and when it was recorded."""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from flask import has_request_context, request

from . import work
from .model import event, note

#: Ways by which an event came in.
SESSION, TOKEN, CLI, JOB = "session", "token", "cli", "job"

#: Key of the WSGI environment under which the way is named where there is no real request.
VIA = "satudata.via"

#: Types of events that people are told of (``opd/notices.py``); ``plugin.py`` fills it.
TOLD: set[str] = set()

#: Kind of the work owed by such an event; its key is the event's number.
TELL = "tell"

#: Events written with one statement.
CHUNK = 1000


# One short statement for any number of rows: what SQLAlchemy would write of a thousand takes it
# half a second.
_MANY = sa.text("""
    INSERT INTO satudata_event
        (type, object_type, object_id, data, happened_at, person, via, origin)
    SELECT type, object_type, object_id, data, happened_at, :person, :via, :origin
      FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb))
           AS (type text, object_type text, object_id text, data jsonb, happened_at timestamptz))
           WITH ORDINALITY AS r (type, object_type, object_id, data, happened_at, place)
     ORDER BY place
    RETURNING seq
""")


@dataclass(frozen=True)
class Actor:
    """A person (id of a CKAN user; None for the system itself) and the way they came by."""

    person: str | None
    via: str


def actor(context: Context) -> Actor:
    """Who is behind an action call, and whether by browser session, API token, CLI or job."""
    user = context.get("auth_user_obj") or None
    person = getattr(user, "id", None)
    if person is None and (name := context.get("user")):
        found = model.User.get(name)
        person = found.id if found else None
    if not has_request_context():
        return Actor(person, context.get("satudata_via", CLI))  # type: ignore[typeddict-item]
    # A command that makes a request context of its own, to speak the city's language.
    if VIA in request.environ:
        return Actor(person, request.environ[VIA])
    header = tk.config.get("apitoken_header_name") or "Authorization"
    return Actor(person, TOKEN if header in request.headers else SESSION)


def record(  # noqa: PLR0913 (an event says so much)
    type: str,
    object_type: str,
    object_id: str,
    by: Actor,
    *,
    text: str | None = None,
    hash: str | None = None,
    data: Mapping[str, Any] | None = None,
    happened_at: dt.datetime | None = None,
    origin: str = "langsung",
) -> int:
    """Put an event into the running transaction, to be committed with what it is about.

    Its times are given by the database at commit. ``happened_at`` may be earlier only for origin
    ``impor`` and ``kertas``; the database refuses it otherwise.

    :param type: what happened, ``noun.participle`` (``deposit.created``)
    :param object_type: kind of the thing it happened to (``dataset``, ``deposit``, ``opd`` …)
    :param object_id: its id
    :param text: a note or reason; kept apart, so that it can be redacted
    :param hash: hash of what was looked at, for decisions
    :returns: the event's number
    """
    seq = model.Session.execute(
        sa.insert(event)
        .values(
            type=type, object_type=object_type, object_id=object_id, person=by.person, via=by.via,
            hash=hash, data=dict(data or {}), happened_at=happened_at, origin=origin,
        )
        .returning(event.c.seq)
    ).scalar_one()
    if text:
        model.Session.execute(sa.insert(note).values(event_seq=seq, text=text))
    if type in TOLD:
        work.owe(TELL, str(seq))
    return seq


def record_many(
    rows: Sequence[Mapping[str, Any]], by: Actor, origin: str = "langsung"
) -> list[int]:
    """Many events at once, in the order given; see :func:`record`. Nobody is told of them.

    :param rows: dicts with the keys ``type``, ``object_type``, ``object_id`` and optionally
        ``data`` and ``happened_at``
    :returns: the events' numbers, in the same order
    """
    seqs: list[int] = []
    for start in range(0, len(rows), CHUNK):
        values = [
            {
                "type": row["type"], "object_type": row["object_type"],
                "object_id": row["object_id"], "data": dict(row.get("data") or {}),
                "happened_at": (moment := row.get("happened_at")) and moment.isoformat(),
            }
            for row in rows[start:start + CHUNK]
        ]
        result = model.Session.execute(
            _MANY,
            {"rows": json.dumps(values), "person": by.person, "via": by.via, "origin": origin},
        )
        seqs.extend(sorted(result.scalars()))
    return seqs


def stamp(seq: int) -> dt.datetime:
    """The time of recording of an event of the running transaction, fixed now instead of at commit.

    From here to the commit no other transaction can record anything, so stamp late and commit soon.
    Needed where something derived from the event carries its time.
    """
    model.Session.execute(sa.text("SET CONSTRAINTS satudata_event_time IMMEDIATE"))
    return model.Session.execute(
        sa.select(event.c.recorded_at).where(event.c.seq == seq)
    ).scalar_one()


def said(seqs: Collection[int]) -> dict[int, dict[str, Any]]:
    """Who did what these events say, when and with which words: {by, at, note} by their numbers."""
    rows = model.Session.execute(
        sa.select(event.c.seq, event.c.person, event.c.recorded_at, note.c.text)
        .outerjoin(note, note.c.event_seq == event.c.seq)
        .where(event.c.seq.in_(list(seqs)))
    ) if seqs else ()
    return {
        seq: {"by": person, "at": at.isoformat() if at else None, "note": text}
        for seq, person, at, text in rows
    }


def history(objects: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Events of the given (object_type, object_id), oldest first, with their notes.

    :returns: dicts {seq, type, object, id, happened_at, recorded_at, by, via, note, hash}; ``by``
        is the id of a person; of a note that was redacted ``redacted_at`` and ``redacted_because``
        say when and on what grounds
    """
    redaction, grounds = event.alias("redaction"), note.alias("grounds")
    rows = model.Session.execute(
        sa.select(
            event, note.c.text, note.c.redacted_by,
            redaction.c.recorded_at.label("redacted_at"), grounds.c.text.label("redacted_because"),
        )
        .outerjoin(note, note.c.event_seq == event.c.seq)
        .outerjoin(redaction, redaction.c.seq == note.c.redacted_by)
        .outerjoin(grounds, grounds.c.event_seq == note.c.redacted_by)
        .where(sa.tuple_(event.c.object_type, event.c.object_id).in_(list(objects)))
        .order_by(event.c.seq)
    ).mappings()
    return [
        {
            "seq": row["seq"],
            "type": row["type"],
            "object": row["object_type"],
            "id": row["object_id"],
            "happened_at": row["happened_at"].isoformat(),
            "recorded_at": row["recorded_at"].isoformat(),
            "origin": row["origin"],
            "by": row["person"],
            "via": row["via"],
            "note": row["text"],
            "redacted": row["redacted_by"] is not None,
            "redacted_at": row["redacted_at"] and row["redacted_at"].isoformat(),
            "redacted_because": row["redacted_because"],
            "hash": row["hash"],
            "data": row["data"],
        }
        for row in rows
    ]
