"""The life of an access request, as one table that code, tests and documentation read.

An office asks for the files of a restricted dataset of another one. A row says: in this state, on
this event, by these people, if the guards hold, the request goes to that state. What is in no row
cannot happen. That a grant is over is no event: its last day says so. Pure: no CKAN, no database.
"""
from __future__ import annotations

from dataclasses import dataclass

WAITING, GRANTED, REFUSED = "menunggu", "diberikan", "ditolak"
REVOKED, WITHDRAWN = "dicabut", "ditarik"

STATES = (WAITING, GRANTED, REFUSED, REVOKED, WITHDRAWN)

#: Who may bring an event about. ``asker`` and ``owner``: editors and admins of the asking and of
#: the owning office, admins of the offices above it.
ASKER, OWNER, WALIDATA = "asker", "owner", "walidata"

ASK, GRANT, REFUSE, REVOKE = "ask", "grant", "refuse", "revoke"
WITHDRAW, COMMENT = "withdraw", "comment"

#: How the journal calls each event; it happens to the dataset that is asked for.
EVENT_TYPES = {
    ASK: "access.asked",
    GRANT: "access.granted",
    REFUSE: "access.refused",
    REVOKE: "access.revoked",
    WITHDRAW: "access.withdrawn",
    COMMENT: "access.commented",
}

RESTRICTED, NOT_LET_IN, NONE_WAITS = "restricted", "not_let_in", "none_waits"
REASON, LAST_DAY, ANOTHER_PERSON = "reason", "last_day", "another_person"
LASTS = "lasts"

GUARDS = {
    RESTRICTED: "the dataset is `terbatas` and verified: a grant gives the files",
    NOT_LET_IN: "the office is not the owner, nor let in by `opd_diizinkan`",
    NONE_WAITS: "no request of this office for this dataset waits",
    REASON: "a reason is given",
    LAST_DAY: "a last day is given, today or later",
    ANOTHER_PERSON: "the person did not ask themself, sysadmins included",
    LASTS: "the last day is not over; all grants of the office for the dataset end together",
}


@dataclass(frozen=True)
class Transition:
    """One row: ``state`` None is before the beginning; guards hold all together."""

    state: str | None
    event: str
    target: str
    who: tuple[str, ...]
    guards: tuple[str, ...] = ()


TABLE = (
    Transition(None, ASK, WAITING, (ASKER,), (RESTRICTED, NOT_LET_IN, NONE_WAITS, REASON)),
    Transition(WAITING, COMMENT, WAITING, (OWNER,), (REASON,)),
    Transition(WAITING, GRANT, GRANTED, (WALIDATA,), (RESTRICTED, ANOTHER_PERSON, LAST_DAY)),
    Transition(WAITING, REFUSE, REFUSED, (WALIDATA,), (REASON,)),
    Transition(WAITING, WITHDRAW, WITHDRAWN, (ASKER,)),
    Transition(GRANTED, REVOKE, REVOKED, (OWNER, WALIDATA), (LASTS, REASON)),
    Transition(GRANTED, WITHDRAW, WITHDRAWN, (ASKER,), (LASTS,)),
)


def transition(state: str | None, event: str) -> Transition | None:
    """The row for an event in a state; None: it cannot happen there."""
    return next((row for row in TABLE if row.state == state and row.event == event), None)


def events_for(state: str, who: frozenset[str]) -> tuple[str, ...]:
    """What people who are all these may do with a request in a state."""
    return tuple(row.event for row in TABLE if row.state == state and who & set(row.who))
