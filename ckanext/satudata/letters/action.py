"""Actions about letters."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import ckan.plugins as p
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, clock, papers
from ckanext.satudata.journal.events import actor, record
from ckanext.satudata.opd import store as offices

from . import content, drafting, levels, life, reading, store
from .commitment_action import (
    satudata_commitment_create,
    satudata_commitment_list,
    satudata_commitment_withdraw,
)
from .offices import an_office
from .reminder_action import satudata_reminder_list

tk = p.toolkit

__all__ = [
    "satudata_commitment_create",
    "satudata_commitment_list",
    "satudata_commitment_withdraw",
    "satudata_letter_candidates",
    "satudata_letter_draft",
    "satudata_letter_draft_many",
    "satudata_letter_list",
    "satudata_letter_show",
    "satudata_letter_update",
    "satudata_reminder_list",
]

#: Characters of the number of a letter.
_NUMBER = 100


# --- drafting -----------------------------------------------------------------------------------


def satudata_letter_draft(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Draft a letter to an office about a quarter. It is numbered, signed and sent by people.

    docs/letters.md, "Who gets a letter". What it says is kept as it is known now.

    :param kind: ``data_request`` or ``reprimand``
    :type kind: string
    :param quarter: code such as ``2026-TW2``: frozen; for a request also one that is no trial
    :type quarter: string
    :param organization: name or id of the office; if it has ended, its successor is written to
    :type organization: string
    :param level: of a reprimand: 1 to 3, none higher than the quarters in a row make it (default)
    :type level: integer

    :returns: the letter, see ``satudata_letter_show``
    :rtype: dictionary

    :raises ValidationError: none is due to the office or of this level, or it has one of this kind
        already
    :raises NotAuthorized: the caller is no walidata
    """
    tk.check_access("satudata_letter_draft", context, data_dict)
    kind = asked.one_of(data_dict, "kind", life.KINDS)
    quarter, office = asked.quarter(data_dict), an_office(data_dict)
    level = _level(data_dict, kind)
    store.hold(quarter)
    basis = drafting.Basis(kind, quarter)
    one = next((one for one in basis.candidates.values() if one.row["id"] == office.id), None)
    if one is None:
        raise _wrong("organization", tk._("No letter of this kind is due to this office."))
    if one.letter is not None:
        raise _wrong("organization", tk._(
            "This office has this letter already: its state is {state}. Cancel it to draft another."
        ).format(state=one.letter["state"]))
    if one.addressee is None:
        raise _wrong("organization", tk._("This office has ended, and no other took over."))
    if level is not None and level > (one.level or 0):
        raise _wrong("level", tk._("The quarters in a row make a level of {level}, no higher one."
                                   ).format(level=one.level))
    [id] = drafting.draft(basis, [one], actor(context), level)
    _commit()
    return _shown(context, id)


def satudata_letter_draft_many(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Draft letters to several offices about a quarter, in one transaction; again, it adds none.

    :param kind: ``data_request`` or ``reprimand``
    :type kind: string
    :param quarter: as in ``satudata_letter_draft``
    :type quarter: string
    :param organizations: names of offices; default: all to which the letter is due
    :type organizations: list of strings
    :param level: of reprimands: the highest to draft, 1 to 3 (default: each as computed)
    :type level: integer

    :returns: ``drafted``: letters as in ``satudata_letter_list``; ``existing``: those that the
        offices had already; ``ended``: names of offices that ended and have no successor
    :rtype: dictionary

    :raises ValidationError: no such letter is written of the quarter, or none is due to an office
    :raises NotAuthorized: the caller is no walidata
    """
    tk.check_access("satudata_letter_draft_many", context, data_dict)
    kind, quarter = asked.one_of(data_dict, "kind", life.KINDS), asked.quarter(data_dict)
    names, level = _names(data_dict), _level(data_dict, kind)
    store.hold(quarter)
    basis = drafting.Basis(kind, quarter)
    if unknown := sorted(set(names or ()) - set(basis.candidates)):
        raise _wrong("organizations", tk._(
            "No letter of this kind is due to: {names}").format(names=", ".join(unknown)[:1000]))
    wanted = [
        one for name, one in basis.candidates.items() if names is None or name in names
    ]
    chosen = [one for one in wanted if one.letter is None and one.addressee is not None]
    made = drafting.draft(basis, chosen, actor(context), level)
    _commit()
    there = [one.letter["id"] for one in wanted if one.letter is not None]
    who = reading.caller(context)
    return {
        "drafted": reading.heads([_there(id) for id in made], who),
        "existing": reading.heads([_there(id) for id in there], who),
        "ended": [
            one.row["name"] for one in wanted if one.letter is None and one.addressee is None
        ],
    }


@tk.side_effect_free
def satudata_letter_candidates(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """To whom letters about a quarter are due, at which level, and who has one already.

    :param kind: ``data_request`` or ``reprimand``
    :type kind: string
    :param quarter: as in ``satudata_letter_draft``
    :type quarter: string

    :returns: {organization {id, name, title}, status, due, missing, partial, rate, in_a_row (for a
        request: quarters not complete), level, unrecorded (lower levels of which the portal has no
        letter), addressee (title; None: the office has ended and nobody took over), letter {id,
        state} or None}, in the order of the report
    :rtype: list of dictionaries

    :raises ValidationError: no such letter is written of the quarter
    :raises NotAuthorized: the caller is no walidata
    """
    tk.check_access("satudata_letter_candidates", context, data_dict)
    kind, quarter = asked.one_of(data_dict, "kind", life.KINDS), asked.quarter(data_dict)
    return [
        {
            "organization": {name: one.row[name] for name in ("id", "name", "title")},
            **{name: one.row[name] for name in (
                "status", "due", "missing", "partial", "rate")},
            "in_a_row": one.in_a_row, "level": one.level, "unrecorded": list(one.unrecorded),
            "addressee": one.addressee and one.addressee.title,
            "letter": one.letter and {"id": str(one.letter["id"]), "state": one.letter["state"]},
        }
        for one in drafting.Basis(kind, quarter).candidates.values()
    ]


# --- what becomes of it -------------------------------------------------------------------------


def satudata_letter_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record one step of a letter: its number, signing, sending, answer, outcome, or its end.

    Which step it is, is said by the one parameter among ``number``, ``signed``, ``sent_on``,
    ``answer``, ``outcome`` and ``cancel`` that is given (docs/letters.md, "The life of a letter").

    :param id: id of the letter
    :type id: string
    :param number: the number it was given
    :type number: string
    :param date: with ``number``: the date on it, not before the state it cites (default: today)
    :type date: string
    :param signed: the signed letter, as PDF, JPG or PNG
    :type signed: FileStorage (multipart)
    :param sent_on: the day on which it was sent
    :type sent_on: string
    :param answer: what the office answered
    :type answer: string
    :param answered_on: with ``answer``: the day of the answer (default: today)
    :type answered_on: string
    :param promised_on: with ``answer``: the day by which the office promises the data
    :type promised_on: string
    :param outcome: what came of it
    :type outcome: string
    :param cancel: why it is cancelled
    :type cancel: string

    :returns: the letter, see ``satudata_letter_show``
    :rtype: dictionary

    :raises ObjectNotFound: there is no such letter for the caller
    :raises ValidationError: no step or several, not possible where the letter stands, or what it
        needs is not there
    :raises NotAuthorized: the step is somebody else's
    """
    tk.check_access("satudata_letter_update", context, data_dict)
    row = _readable(context, data_dict)
    event = _event(data_dict)
    _allowed(context, row, event)
    now = store.get(row["id"], lock=True)
    assert now is not None  # noqa: S101 (letters are never deleted)
    transition = _allowed(context, now, event)
    case = _Case(now, data_dict, clock.city_today())
    _STEPS[event](case)
    data = {"state": transition.target, **{
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in case.values.items() if name not in ("content", "paper", "format")
    }}
    record(
        life.EVENT_TYPES[event], "letter", str(now["id"]), actor(context), text=case.text,
        hash=case.values.get("sha256"), data=data,
    )
    store.save(now["id"], state=transition.target, **case.values)
    _commit()
    return _shown(context, now["id"])


@dataclass
class _Case:
    """A step under way: the locked letter, what was sent, and what is to be written."""

    row: Mapping[Any, Any]
    sent: Mapping[str, Any]
    today: dt.date
    values: dict[str, Any] = field(default_factory=dict)
    text: str | None = None

    def day(self, name: str, after: dt.date | None) -> dt.date:
        """A day that is neither to come nor before another one; today unless it is given."""
        day = asked.optional_day(self.sent, name) or self.today
        if day > self.today:
            raise _wrong(name, tk._("This day is still to come."))
        if after is not None and day < after:
            raise _wrong(name, tk._("This day is before {day}.").format(day=after.isoformat()))
        return day

    def say(self, name: str) -> None:
        """The words of the step."""
        self.text = asked.text(self.sent, name, asked.TEXT)


def _number(case: _Case) -> None:
    number = asked.text(case.sent, "number", _NUMBER)
    if not content.is_filled(number):
        raise _wrong("number", tk._("Fill the serial of the number in: its blank is still there."))
    day, cited = case.day("date", None), content.cited_on(case.row["content"])
    if day < cited:
        raise _wrong("date", tk._(
            "The letter cites the state of {day}: it cannot bear an earlier date."
        ).format(day=cited.isoformat()))
    if store.has_number(number, case.row["id"]):
        raise _wrong("number", tk._("Another letter has this number."))
    case.values = {
        "number": number, "date": day, "content": drafting.numbered(case.row, day),
    }


def _sign(case: _Case) -> None:
    paper = papers.keep(case.sent, "signed")
    case.values = {"paper": paper.id, "format": paper.format, "sha256": paper.sha256}


def _send(case: _Case) -> None:
    case.values = {"sent_on": case.day("sent_on", case.row["date"])}


def _answer(case: _Case) -> None:
    case.say("answer")
    case.values = {"answered_on": case.day("answered_on", case.row["sent_on"])}
    promised = asked.optional_day(case.sent, "promised_on")
    if promised is not None and promised < case.values["answered_on"]:
        raise _wrong("promised_on", tk._("This day is before the answer."))
    case.values["promised_on"] = promised


_STEPS: Mapping[str, Callable[[_Case], None]] = {
    life.NUMBER: _number, life.SIGN: _sign, life.SEND: _send, life.ANSWER: _answer,
    life.OUTCOME: lambda case: case.say("outcome"),
    life.CANCEL: lambda case: case.say("cancel"),
}


def _event(data_dict: DataDict) -> str:
    given = [
        event for event, name in life.PARAMETERS.items() if data_dict.get(name) not in (None, "")
    ]
    if len(given) != 1:
        names = ", ".join(life.PARAMETERS.values())
        raise _wrong("id", tk._("Give one of these, for one step: {names}").format(names=names))
    return given[0]


def _allowed(context: Context, row: Mapping[Any, Any], event: str) -> life.Transition:
    """The row of the table for an event.

    :raises tk.ValidationError: it cannot happen where the letter stands
    :raises tk.NotAuthorized: it is nobody's whom the caller is
    """
    transition = life.transition(row["state"], event)
    if transition is None:
        raise _wrong("state", tk._("This is not possible where the letter stands now."))
    if not reading.caller(context).who(row) & set(transition.who):
        raise tk.NotAuthorized(tk._("You may not do this."))
    return transition


# --- reading ------------------------------------------------------------------------------------


@tk.side_effect_free
def satudata_letter_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Letters, those of the latest quarter first.

    :param quarter: only of this quarter
    :type quarter: string
    :param kind: only ``data_request`` or ``reprimand``
    :type kind: string
    :param state: only in this state: konsep, bernomor, ditandatangani, dikirim, dijawab or batal
    :type state: string
    :param organization: only about this office, or written to it (name or id)
    :type organization: string
    :param limit: rows, 50 unless given, at most 100
    :type limit: integer
    :param offset: rows to skip
    :type offset: integer

    :returns: ``count`` and ``results``: letters without what they say
    :rtype: dictionary

    Walidata, koordinator and pimpinan see all; others what was sent to their offices.
    """
    tk.check_access("satudata_letter_list", context, data_dict)
    who = reading.caller(context)
    limit, offset = asked.page(data_dict)
    office = an_office(data_dict) if data_dict.get("organization") not in (None, "") else None
    count, rows = store.find(
        addressees=None if who.reads.everything else who.reads.opds,
        office=office and offices.key(office.id), quarter=asked.optional_quarter(data_dict),
        kind=_one_of(data_dict, "kind", life.KINDS),
        state=_one_of(data_dict, "state", life.STATES), limit=limit, offset=offset,
    )
    return {"count": count, "results": reading.heads(rows, who)}


@tk.side_effect_free
def satudata_letter_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A letter: what it says and what became of it.

    :param id: id of the letter
    :type id: string

    :returns: {id, kind, level, quarter, organization and addressee {id, name, title}, state,
        number, date, deadline, sent_on, answered_on, promised_on, sha256 (of the snapshot it rests
        on), revision, as_of, figures, in_a_row, earlier, unrecorded (as in
        ``satudata_letter_candidates``), silent_units, items [{id, title, unit,
        frekuensi, periods}] that everybody who receives it may see, unnamed (how many others),
        files, signed_sha256, events [{event, by, at, note}], may}
    :rtype: dictionary

    :raises ObjectNotFound: there is no such letter for the caller
    """
    tk.check_access("satudata_letter_show", context, data_dict)
    return reading.whole(_readable(context, data_dict), reading.caller(context))


# --- parts --------------------------------------------------------------------------------------


def _readable(context: Context, data_dict: DataDict) -> Mapping[Any, Any]:
    row = store.get(asked.identifier(data_dict))
    if row is None or not reading.caller(context).may_read(row):
        raise tk.ObjectNotFound(tk._("There is nothing with this id."))
    return row


def _there(id: UUID) -> Mapping[Any, Any]:
    row = store.get(id)
    assert row is not None  # noqa: S101 (it was there just now)
    return row


def _shown(context: Context, id: UUID) -> dict[str, Any]:
    return reading.whole(_there(id), reading.caller(context))


def _names(data_dict: DataDict) -> list[str] | None:
    given = data_dict.get("organizations")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _wrong("organizations", tk._("A list of names is needed here."))
    return given


def _level(data_dict: DataDict, kind: str) -> int | None:
    level = asked.optional_whole(data_dict, "level", levels.LEVELS[0], levels.LEVELS[-1])
    if level is not None and kind != life.REPRIMAND:
        raise _wrong("level", tk._("Only reprimands have a level."))
    return level


def _one_of(data_dict: DataDict, name: str, allowed: Any) -> str | None:
    if data_dict.get(name) in (None, ""):
        return None
    return asked.one_of(data_dict, name, allowed)


def _commit() -> None:
    model.Session.commit()


def _wrong(name: str, message: str) -> tk.ValidationError:
    return tk.ValidationError({name: [message]})
