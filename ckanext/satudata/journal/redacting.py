"""Redacting a note: its text goes for good, the event it belongs to stays.

UU 27/2022 (art. 8, 43 and 44) lets a person have their data erased; a note is the only place of the
journal that holds words. Nothing that is counted or frozen rests on them.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from .events import Actor, record
from .model import event, job, note

#: Type of the event that says so; it stands in the history of what the note was about.
REDACTED = "note.redacted"


#: One act of a person writes its words at most so far apart (seconds): the reason for which a
#: dataset goes back is also that of the deposits that came with it.
_ONE_ACT = 5


def redact(seq: int, reason: str, by: Actor) -> dict[str, Any]:
    """Take the text of a note away, and of what the same act said in the same words.

    The caller commits.

    :param seq: number of the event the note belongs to
    :param reason: on what grounds; kept as the note of the new event
    :returns: {seq, of, object, id}: the event that says so, the one given, what both are about
    :raises tk.ObjectNotFound: there is no such event
    :raises tk.ValidationError: on ``seq``: it has no note, or that is gone already
    """
    first = model.Session.execute(sa.select(event).where(event.c.seq == seq)).mappings().first()
    if first is None:
        raise tk.ObjectNotFound(tk._("There is no such event."))
    text = _text(seq)
    done = 0
    for one in [first, *_same_words(first, text)]:
        said = record(
            REDACTED, one["object_type"], one["object_id"], by, text=reason,
            data={"of": one["seq"]},
        )
        done = done or said
        model.Session.execute(
            sa.update(note).where(note.c.event_seq == one["seq"])
            .values(text=None, redacted_by=said)
        )
    # What was decided about many things at once keeps the same words for all of them.
    model.Session.execute(
        sa.update(job)
        .where(job.c.ended_at.isnot(None), job.c.data["note"].as_string() == text)
        .values(data=job.c.data.op("-")(sa.literal("note")))
    )
    return {"seq": done, "of": seq, "object": first["object_type"], "id": first["object_id"]}


def _text(seq: int) -> str:
    """The text of a note, locked: of two who redact at once the second is told that it is done."""
    said = model.Session.execute(
        sa.select(note.c.text).where(note.c.event_seq == seq).with_for_update()
    ).mappings().first()
    if said is None or said["text"] is None:
        model.Session.rollback()
        raise tk.ValidationError({"seq": [
            tk._("This event has no note.") if said is None
            else tk._("The note was redacted already.")
        ]})
    return said["text"]


def _same_words(first: Mapping[Any, Any], text: str) -> Sequence[Mapping[Any, Any]]:
    window = dt.timedelta(seconds=_ONE_ACT)
    return model.Session.execute(
        sa.select(event)
        .join(note, note.c.event_seq == event.c.seq)
        .where(
            event.c.seq != first["seq"], event.c.person.is_not_distinct_from(first["person"]),
            event.c.recorded_at.between(
                first["recorded_at"] - window, first["recorded_at"] + window),
            note.c.text == text,
        )
        .order_by(event.c.seq)
        .with_for_update(of=note)
    ).mappings().all()
