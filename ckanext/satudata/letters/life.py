"""The life of a letter, as one table that code, tests and documentation read.

The software drafts; people number, sign and send, outside, and record it here. What is in no row
cannot happen. Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

REQUEST, REPRIMAND = "data_request", "reprimand"
KINDS = (REQUEST, REPRIMAND)

DRAFT, NUMBERED, SIGNED = "konsep", "bernomor", "ditandatangani"
SENT, ANSWERED, CANCELLED = "dikirim", "dijawab", "batal"
STATES = (DRAFT, NUMBERED, SIGNED, SENT, ANSWERED, CANCELLED)

#: States in which the office that a letter is written to may read it.
OUT = (SENT, ANSWERED)

#: Who may bring an event about. ``office``: editors and admins of the office that is written to,
#: admins of the offices above it.
WALIDATA, PIMPINAN, OFFICE = "walidata", "pimpinan", "office"

MAKE, NUMBER, SIGN, SEND = "draft", "number", "sign", "send"
ANSWER, OUTCOME, CANCEL = "answer", "outcome", "cancel"

#: How the journal calls each event.
EVENT_TYPES = {
    MAKE: "letter.drafted", NUMBER: "letter.numbered", SIGN: "letter.signed",
    SEND: "letter.sent", ANSWER: "letter.answered", OUTCOME: "letter.outcome",
    CANCEL: "letter.cancelled",
}
#: The parameter of ``satudata_letter_update`` that names each event by being given.
PARAMETERS = {
    NUMBER: "number", SIGN: "signed", SEND: "sent_on", ANSWER: "answer", OUTCOME: "outcome",
    CANCEL: "cancel",
}

#: The step that comes next, by the state.
NEXT = {DRAFT: NUMBER, NUMBERED: SIGN, SIGNED: SEND, SENT: ANSWER, ANSWERED: OUTCOME}

JUDGED, OWING, SECOND, ONCE = "judged", "owing", "second", "once"
FREE_NUMBER, FILE, IN_ORDER, WORDS = "free_number", "file", "in_order", "words"

GUARDS: Mapping[str, str] = {
    JUDGED: "the quarter is no trial; for a reprimand it is frozen",
    OWING: "a data request: the office is not `lengkap`, nor `nihil`; a reprimand: it is "
           "`belum_setor`, or below the rate that the city sets",
    SECOND: "a reprimand: an earlier quarter is frozen too",
    ONCE: "the office has no letter of this kind for the quarter that is not cancelled",
    FREE_NUMBER: "no other letter that is not cancelled has the number, which is filled in; "
                 "the date is neither to come nor before the state that it cites",
    FILE: "the signed letter is given, as PDF, JPG or PNG",
    IN_ORDER: "the day is neither to come nor before the one it follows (date, sending)",
    WORDS: "it is said in words: the answer, the outcome, the reason",
}


@dataclass(frozen=True)
class Transition:
    """One row: ``state`` None is before the beginning; guards hold all together."""

    state: str | None
    event: str
    target: str
    who: tuple[str, ...]
    guards: tuple[str, ...]
    effect: str


_HANDLERS = (PIMPINAN, WALIDATA)
_CANCEL = ((WALIDATA,), (WORDS,), "another one may be drafted; the office never sees it")
_ANSWER = (
    (OFFICE, WALIDATA), (WORDS, IN_ORDER),
    "the walidata and the pimpinan are told, with the day promised",
)
_OUTCOME = ((WALIDATA,), (WORDS,), "what came of it stands beside it")

TABLE = (
    Transition(
        None, MAKE, DRAFT, (WALIDATA,), (JUDGED, OWING, SECOND, ONCE),
        "what it says is kept; walidata and pimpinan are told"),
    Transition(
        DRAFT, NUMBER, NUMBERED, (WALIDATA,), (FREE_NUMBER,),
        "its deadline counts from its date; earlier letters are referred to; the pimpinan is told"),
    Transition(
        NUMBERED, NUMBER, NUMBERED, (WALIDATA,), (FREE_NUMBER,), "a mistake in them is mended"),
    Transition(NUMBERED, SIGN, SIGNED, _HANDLERS, (FILE,), "the signed letter is kept"),
    Transition(
        SIGNED, SEND, SENT, _HANDLERS, (IN_ORDER,), "the office reads it, and is told"),
    Transition(SENT, ANSWER, ANSWERED, *_ANSWER),
    Transition(ANSWERED, ANSWER, ANSWERED, *_ANSWER),
    Transition(SENT, OUTCOME, SENT, *_OUTCOME),
    Transition(ANSWERED, OUTCOME, ANSWERED, *_OUTCOME),
    Transition(DRAFT, CANCEL, CANCELLED, *_CANCEL),
    Transition(NUMBERED, CANCEL, CANCELLED, *_CANCEL),
    Transition(SIGNED, CANCEL, CANCELLED, *_CANCEL),
)


def transition(state: str | None, event: str) -> Transition | None:
    """The row for an event in a state; None: it cannot happen there."""
    return next((row for row in TABLE if row.state == state and row.event == event), None)


def events_for(state: str, who: Collection[str]) -> tuple[str, ...]:
    """What people who are all these may do with a letter in a state."""
    return tuple(row.event for row in TABLE if row.state == state and set(row.who) & set(who))


def may_read(state: str, everything: bool, own: bool) -> bool:
    """Whether somebody may read a letter (docs/letters.md, "Who reads a letter").

    :param everything: a walidata, koordinator, pimpinan or sysadmin
    :param own: a member of the office that is written to, or an admin above it
    """
    return everything or (own and state in OUT)
