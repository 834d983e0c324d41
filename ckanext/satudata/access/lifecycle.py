"""The life of a submission, as one table that code, tests and documentation read.

A row says: in this state, on this event, by these people, if the guard holds, the submission goes
to that state, with these effects. What is in no row cannot happen. Pure: no CKAN, no database.
"""
from __future__ import annotations

from dataclasses import dataclass

DRAF, DIAJUKAN, TERVERIFIKASI = "draf", "diajukan", "terverifikasi"
DIKEMBALIKAN, DICABUT = "dikembalikan", "dicabut"

STATES = (DRAF, DIAJUKAN, TERVERIFIKASI, DIKEMBALIKAN, DICABUT)

#: ``hasil_pemeriksaan`` of each state.
RESULTS = {
    DRAF: "belum", DIAJUKAN: "belum", TERVERIFIKASI: "sesuai",
    DIKEMBALIKAN: "tidak_sesuai", DICABUT: "tidak_sesuai",
}

#: Who may bring an event about. ``office``: editor or admin of the own OPD, or of one above it.
OFFICE, WALIDATA, SYSADMIN, WRITER, SYSTEM = "office", "walidata", "sysadmin", "writer", "system"

# Events.
CREATE, SUBMIT, WITHDRAW, VERIFY, RETURN = "create", "submit", "withdraw", "verify", "return"
REVOKE, UNBLOCK, EDIT, CLOSE, OPEN = "revoke", "unblock", "edit", "close", "open"
ASK_UNPUBLISH, ASK_DELETE = "ask_unpublish", "ask_delete"
REFUSE, GRANT, TAKE_BACK = "refuse", "grant", "take_back"
FIND_PERSONAL = "find_personal"

#: What an office asks for with each event, as the table of submissions keeps it.
DELETE, UNPUBLISH = "delete", "unpublish"
REQUESTS = {ASK_DELETE: DELETE, ASK_UNPUBLISH: UNPUBLISH}

#: How the journal calls each event.
EVENT_TYPES = {
    CREATE: "dataset.created",
    SUBMIT: "dataset.submitted",
    WITHDRAW: "dataset.withdrawn",
    VERIFY: "dataset.verified",
    RETURN: "dataset.returned",
    REVOKE: "dataset.revoked",
    UNBLOCK: "dataset.unblocked",
    EDIT: "dataset.edited",
    CLOSE: "dataset.closed",
    OPEN: "dataset.opening_asked",
    ASK_UNPUBLISH: "dataset.unpublishing_asked",
    ASK_DELETE: "dataset.deletion_asked",
    REFUSE: "dataset.request_refused",
    GRANT: "dataset.request_granted",
    TAKE_BACK: "dataset.request_withdrawn",
    FIND_PERSONAL: "dataset.personal_data_found",
}

# Guards.
COMPLETE = "complete"
SAME_CONTENT = "same_content"
FOUR_EYES = "four_eyes"
NOTE = "note"
SOMETHING_TO_CHECK = "something_to_check"
EVIDENCE = "evidence"
NO_EVIDENCE = "no_evidence"
INSPECTED = "inspected"
REQUESTED = "requested"
DELETE_ASKED, UNPUBLISH_ASKED = "delete_asked", "unpublish_asked"
PUBLIC = "public"
OPINION = "opinion"

GUARDS = {
    COMPLETE: "nothing needed is missing (the completeness check)",
    SAME_CONTENT: "the hash sent back is the hash of the content as it now is",
    FOUR_EYES: "the person submitted and wrote nothing of what is checked, sysadmins included",
    NOTE: "a reason is given (to return: at least a remark on a field or file)",
    SOMETHING_TO_CHECK: "something has changed since the last verification",
    EVIDENCE: "the closure gives its reason, or waits for the PPID's determination",
    NO_EVIDENCE: "the closure gives no reason yet",
    INSPECTED: "what is to be open was checked for personal data: nothing certain in its files,"
               " every doubt answered",
    OPINION: "the pembina's opinion on data prioritas is there, or was waited for long enough",
    REQUESTED: "the office asked to unpublish or delete",
    DELETE_ASKED: "the office asked to delete",
    UNPUBLISH_ASKED: "the office asked to unpublish",
    PUBLIC: "it is public",
}

# Effects.
EFFECTS = {
    "new": "a row is written; whoever created the dataset is an author",
    "submitted": "submitter and time are kept; on data prioritas the pembina's opinion is asked",
    "withdrawn": "submitter and time are forgotten",
    "verified": "class, hash and time of the verification are kept; authors and changes are"
                " cleared; private is decided anew",
    "returned": "the reason is kept; private is decided anew",
    "revoked": "the reason is kept, the verified hash is forgotten; private is decided anew; a"
               " request to unpublish is granted thereby",
    "author": "whoever wrote is an author; changed content has another hash",
    "changed": "the names of the changed fields are kept; whoever wrote is an author",
    "closed": "the more closed class counts from now on; private at once",
    "opening": "the class given waits; the one verified counts for readers",
    "requested": "the request is put into the walidata's queue, with its reason",
    "refused": "the request is taken out of the queue; the office reads the reason",
    "taken_back": "the request is taken out of the queue",
    "deleted": "the request is granted: the dataset is deleted",
    "unpublished": "the request is granted: the verification is revoked; private is decided anew",
    "hidden": "private at once, until another file or class is there",
    "granted": "the request is granted: it is not public any more",
}


@dataclass(frozen=True)
class Transition:
    """One row: ``state`` None is before the beginning; guards hold all together."""

    state: str | None
    event: str
    target: str
    who: tuple[str, ...]
    guards: tuple[str, ...] = ()
    effect: str = ""


def _rows() -> tuple[Transition, ...]:
    row = Transition
    unsettled = (DRAF, DIAJUKAN, DIKEMBALIKAN, DICABUT)
    return (
        row(None, CREATE, DRAF, (WRITER,), effect="new"),
        *(row(state, SUBMIT, DIAJUKAN, (OFFICE,), (COMPLETE,), "submitted")
          for state in (DRAF, DIKEMBALIKAN, DICABUT)),
        row(DIAJUKAN, WITHDRAW, DRAF, (OFFICE,), effect="withdrawn"),
        row(DIAJUKAN, VERIFY, TERVERIFIKASI, (WALIDATA,),
            (SAME_CONTENT, FOUR_EYES, COMPLETE, OPINION, INSPECTED), "verified"),
        row(TERVERIFIKASI, VERIFY, TERVERIFIKASI, (WALIDATA,),
            (SOMETHING_TO_CHECK, SAME_CONTENT, FOUR_EYES, COMPLETE, INSPECTED), "verified"),
        row(DIAJUKAN, RETURN, DIKEMBALIKAN, (WALIDATA,), (SAME_CONTENT, NOTE), "returned"),
        row(TERVERIFIKASI, REVOKE, DICABUT, (WALIDATA,), (SAME_CONTENT, NOTE), "revoked"),
        row(DIAJUKAN, UNBLOCK, TERVERIFIKASI, (SYSADMIN,),
            (SAME_CONTENT, COMPLETE, NOTE, INSPECTED), "verified"),
        row(TERVERIFIKASI, UNBLOCK, TERVERIFIKASI, (SYSADMIN,),
            (SOMETHING_TO_CHECK, SAME_CONTENT, COMPLETE, NOTE, INSPECTED), "verified"),
        *(row(state, EDIT, state, (WRITER,), effect="author") for state in unsettled),
        row(TERVERIFIKASI, EDIT, TERVERIFIKASI, (WRITER,), effect="changed"),
        *(row(state, CLOSE, state, (WRITER, WALIDATA), effect="closed") for state in unsettled),
        row(TERVERIFIKASI, CLOSE, TERVERIFIKASI, (WRITER, WALIDATA), (EVIDENCE,), "closed"),
        row(TERVERIFIKASI, CLOSE, DRAF, (WRITER, WALIDATA), (NO_EVIDENCE,), "closed"),
        *(row(state, OPEN, state, (WRITER,), effect="opening") for state in unsettled),
        row(TERVERIFIKASI, OPEN, DIAJUKAN, (WRITER,), effect="opening"),
        row(TERVERIFIKASI, ASK_UNPUBLISH, TERVERIFIKASI, (OFFICE,), (PUBLIC, NOTE), "requested"),
        # What is owed or was public once is not deleted by its office alone, wherever it stands.
        *(row(state, ASK_DELETE, state, (OFFICE,), (NOTE,), "requested") for state in STATES),
        *(row(state, TAKE_BACK, state, (OFFICE,), (REQUESTED,), "taken_back") for state in STATES),
        *(row(state, REFUSE, state, (WALIDATA,), (REQUESTED, NOTE), "refused")
          for state in STATES),
        row(TERVERIFIKASI, FIND_PERSONAL, DICABUT, (SYSTEM,), (PUBLIC,), "revoked"),
        *(row(state, FIND_PERSONAL, state, (SYSTEM,), (PUBLIC,), "hidden") for state in unsettled),
        *(row(state, GRANT, state, (WALIDATA,), (DELETE_ASKED, SAME_CONTENT), "deleted")
          for state in STATES),
        row(TERVERIFIKASI, GRANT, DICABUT, (WALIDATA,), (UNPUBLISH_ASKED, SAME_CONTENT),
            "unpublished"),
        *(row(state, GRANT, state, (WALIDATA,), (UNPUBLISH_ASKED, SAME_CONTENT), "granted")
          for state in unsettled),
    )


TABLE: tuple[Transition, ...] = _rows()


def transitions(state: str | None, event: str) -> tuple[Transition, ...]:
    """The rows for an event in a state: none (it cannot happen there), one, or one per guard."""
    return tuple(row for row in TABLE if row.state == state and row.event == event)


def states_for(event: str) -> tuple[str, ...]:
    """The states in which an event can happen, in the order of the life."""
    found = {row.state for row in TABLE if row.event == event}
    return tuple(state for state in STATES if state in found)


def inherited_status(*, private: bool, state: str) -> str:
    """Where a dataset stands that was there before the plugin.

    What was public counts as verified (*diwariskan*); its gaps are listed, nothing is hidden.
    """
    return TERVERIFIKASI if state == "active" and not private else DRAF
