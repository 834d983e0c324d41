"""Letters as a reader gets them, and what that person may do with each."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context

from ckanext.satudata.access import policy
from ckanext.satudata.deposits.listing import Reader, reader
from ckanext.satudata.journal import events
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd import store as offices

from . import content, levels, life, settings, store

Row = Mapping[Any, Any]

#: Events that the office which is written to reads of: what went before is the city's own.
_FOR_OFFICE = {life.EVENT_TYPES[one] for one in (life.SEND, life.ANSWER, life.OUTCOME)}
_NAMES = {type: event for event, type in life.EVENT_TYPES.items()}

#: Papers of a letter; the signed one besides, once it is there.
DOCX, PDF, SIGNED = "docx", "pdf", "signed"


@dataclass(frozen=True)
class Caller:
    """Whoever calls, asked once for any number of letters.

    :param writes: keys of the offices for which they write
    """

    reads: Reader
    roles: frozenset[str]
    writes: frozenset[UUID]

    def who(self, row: Row) -> frozenset[str]:
        """What the caller is to a letter, in the words of the table of its life."""
        return self.roles | ({life.OFFICE} if row["addressee"] in self.writes else set())

    def may_read(self, row: Row) -> bool:
        """Whether a letter is there for the caller."""
        return life.may_read(row["state"], self.reads.everything, row["addressee"] in
                             self.reads.opds)


def caller(context: Context) -> Caller:
    """The caller of an action."""
    roles = set(people.roles_of(actor(context).person)) & {life.WALIDATA, life.PIMPINAN}
    if policy.may_verify(context):  # a sysadmin, and the site itself, stand in for a walidata
        roles.add(life.WALIDATA)
    reads = reader(context)
    # Whoever sees everything answers for an office only as a walidata does.
    writes = frozenset[UUID]() if reads.everything or not reads.opds else _writes(context)
    return Caller(reads, frozenset(roles), writes)


def _writes(context: Context) -> frozenset[UUID]:
    found = tk.get_action("organization_list_for_user")(
        {"user": context.get("user") or ""}, {"permission": "update_dataset"})
    return frozenset(offices.key(one["id"]) for one in found)


def heads(rows: Sequence[Row], who: Caller) -> list[dict[str, Any]]:
    """Letters without what they say; no query, however many there are."""
    return [
        {
            "id": str(row["id"]), "kind": row["kind"], "level": row["level"],
            "quarter": Quarter.from_index(row["quarter"]).code,
            "organization": row["content"]["office"],
            "addressee": {
                name: row["content"]["addressee"][name] for name in ("id", "name", "title")
            },
            "state": row["state"], "number": row["number"], "date": _day(row["date"]),
            "deadline": row["content"]["deadline"], "sent_on": _day(row["sent_on"]),
            "answered_on": _day(row["answered_on"]), "promised_on": _day(row["promised_on"]),
            "sha256": row["content"]["sha256"],
            "files": [*((DOCX, PDF) if who.reads.everything else ()),
                      *([SIGNED] if row["paper"] else [])],
            "may": list(life.events_for(row["state"], who.who(row))),
        }
        for row in rows
    ]


def whole(row: Row, who: Caller) -> dict[str, Any]:
    """A letter with what it says and what happened to it."""
    said = row["content"]
    titles = store.nameable([item["id"] for item in said["missing"]])
    return {
        **heads([row], who)[0],
        "revision": said["revision"], "as_of": said["as_of"], "figures": said["figures"],
        "in_a_row": said["in_a_row"], "earlier": said["earlier"],
        "unrecorded": levels.unrecorded(row["level"], said["earlier"]),
        "silent_units": said["silent_units"],
        "items": [
            {**item, "title": titles[item["id"]]}
            for item in said["missing"] if item["id"] in titles
        ],
        "unnamed": content.unnamed_count(said, titles),
        "signed_sha256": row["sha256"],
        "events": [
            {
                "event": _NAMES[one["type"]], "by": one["by"], "at": one["recorded_at"],
                "note": one["note"],
            }
            for one in events.history([("letter", str(row["id"]))])
            if who.reads.everything or one["type"] in _FOR_OFFICE
        ],
    }


#: What is said of a letter beside the office that it is about.
_DONE = (
    "id", "kind", "level", "state", "number", "date", "sent_on", "answered_on", "promised_on",
)


def done(quarter: Quarter, context: Context) -> dict[str, list[dict[str, Any]]]:
    """The letters of a quarter that the caller may read, by the id of the judged office."""
    found: dict[str, list[dict[str, Any]]] = {}
    reads = reader(context)
    if not (reads.everything or reads.opds):
        return found
    for row in store.standing(quarter):
        if life.may_read(row["state"], reads.everything, row["addressee"] in reads.opds):
            found.setdefault(row["group_id"], []).append({name: row[name] for name in _DONE})
    return found


def document(row: Row) -> bytes:
    """A letter in Word's format.

    :raises tk.ValidationError: its template cannot be used
    """
    titles = store.nameable([item["id"] for item in row["content"]["missing"]])
    return settings.filled(row["kind"], content.words(row, titles))


def file_name(row: Row, extension: str) -> str:
    """The name of a letter's file."""
    kind = "teguran" if row["kind"] == life.REPRIMAND else "permintaan-data"
    quarter = Quarter.from_index(row["quarter"]).code
    return f"surat-{kind}-{quarter}-{row['content']['office']['name']}.{extension}"


def reads(user: model.User, row: Row) -> bool:
    """Whether a person may read a letter: for notices, which no action stands behind."""
    if authz.is_sysadmin(user.name):
        return True
    context: Any = {"user": user.name, "auth_user_obj": user}
    return caller(context).may_read(row)


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
