"""Whether an office has signed the commitment (Komitmen Bersama). Pure: no CKAN, no database.

docs/letters.md, "Commitments": the head who signed is the head of today, and its last day is not
over.
"""
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

SIGNED, NONE, NEW_HEAD, EXPIRED = "signed", "none", "new_head", "expired"

#: How an office may stand, those first who have to sign.
STANDINGS = (NONE, NEW_HEAD, EXPIRED, SIGNED)


@dataclass(frozen=True)
class Commitment:
    """An undertaking that was signed, by the head of an office.

    :param opd: key of the office
    :param position: of whoever signed, in words
    :param signed_on: the date on the document
    :param valid_until: its last day; None: until there is another
    :param paper: id of the document in the storage
    :param seq: number of the event that recorded it
    """

    id: UUID
    opd: UUID
    signatory: str
    position: str | None
    signed_on: dt.date
    valid_until: dt.date | None
    paper: str
    format: str
    sha256: str
    seq: int


def standing(latest: Commitment | None, head: str | None, day: dt.date) -> str:
    """How an office stands on a day: one of :data:`STANDINGS`.

    :param latest: its latest commitment, if any
    :param head: name of its head on that day; nobody's, where it is not known: then no new head
        is known either
    """
    if latest is None:
        return NONE
    if latest.valid_until is not None and latest.valid_until < day:
        return EXPIRED
    if head and not is_same_person(latest.signatory, head):
        return NEW_HEAD
    return SIGNED


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, titles and remarks in brackets left aside."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    """A name without what stands in brackets, after the first comma, or ends in a dot."""
    text = re.sub(r"\([^)]*\)", " ", name).partition(",")[0].casefold()
    words = [word for word in text.split() if not word.endswith(".")]
    return " ".join(words or text.split())
