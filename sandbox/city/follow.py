"""What follows a judgement in the sample city: signed commitments, and letters in several states.

Through the plugin's own actions, as everything else; each step may be run again.
"""
from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import typst
from werkzeug.datastructures import FileStorage

from ckanext.satudata.letters import life
from ckanext.satudata.opd import commitments as signed
from ckanext.satudata.opd.store import key, offices

from . import read
from .steps import Loading, call, frozen_quarters

#: In ``komitmen.csv``: the head has not signed; the head before this one has.
NOT_SIGNED, BEFORE = "belum", "kepala_lama"

#: The states to which letters are brought, in turn; reprimands wait for the mayor first.
_STATES = {
    life.REQUEST: (life.ANSWERED, life.SENT, life.SENT, life.SIGNED, life.NUMBERED, life.DRAFT),
    life.REPRIMAND: (life.NUMBERED, life.SENT, life.DRAFT),
}
#: The steps that lead to each state.
_WAY = (life.NUMBER, life.SIGN, life.SEND, life.ANSWER)
_REACHED = (life.DRAFT, life.NUMBERED, life.SIGNED, life.SENT, life.ANSWERED)


def commitments(loading: Loading) -> None:
    """Most heads have signed in January; who has not, or not since a new head, is in a file."""
    city, path = loading.city, loading.city_dir / "komitmen.csv"
    said = {row["singkatan"]: row for row in read.rows(path)} if path.exists() else {}
    known = {office.name: office.group_id for office in offices().values()}
    there = signed.latest()
    for office in city.offices:
        row = said.get(office.abbreviation, {"keadaan": "", "penanda_tangan": ""})
        if not office.on_board or row["keadaan"] == NOT_SIGNED or key(known[office.name]) in there:
            continue
        before = row["keadaan"] == BEFORE
        day = dt.date(city.today.year - before, 1, 12)
        call(
            loading.walidata, "satudata_commitment_create", organization=office.name,
            signatory=row["penanda_tangan"] or None, date=min(day, city.today).isoformat(),
            document=_scan("Komitmen Bersama Penguatan Satu Data", office.title),
        )


def letters(loading: Loading) -> None:
    """Letters of the latest frozen quarter: some answered, some to be signed, some drafts."""
    quarter = frozen_quarters(loading.city.today)[-1]
    number = 0
    for kind, states in _STATES.items():
        data = {"kind": kind, "quarter": quarter.code}
        done = call(loading.walidata, "satudata_letter_draft_many", **data)
        found = sorted(
            (*done["existing"], *done["drafted"]), key=lambda one: one["organization"]["name"])
        for place, one in enumerate(found):
            number += 1
            _bring(loading, one, states[place % len(states)], number)


def _bring(loading: Loading, letter: dict[str, Any], state: str, number: int) -> None:
    today = loading.city.today
    whole = call(loading.walidata, "satudata_letter_show", id=letter["id"])
    # No letter is older than the state that it cites.
    cited = dt.date.fromisoformat(whole["as_of"][:10])
    written = max(today - dt.timedelta(days=12), cited)
    sent = max(today - dt.timedelta(days=10), written)
    answered = max(sent, min(sent + dt.timedelta(days=5), today))
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        life.NUMBER: lambda: {
            "number": f"000.7/{number}/417.101/{written.year}", "date": written.isoformat()},
        life.SIGN: lambda: {
            "signed": _scan("Surat yang ditandatangani", letter["organization"]["title"])},
        life.SEND: lambda: {"sent_on": sent.isoformat()},
        life.ANSWER: lambda: {
            "answer": "Data sedang dilengkapi dan akan disetor (contoh).",
            "answered_on": answered.isoformat(),
            "promised_on": (max(answered, today) + dt.timedelta(days=7)).isoformat(),
        },
    }
    for place in range(_REACHED.index(letter["state"]), _REACHED.index(state)):
        call(
            loading.walidata, "satudata_letter_update", id=letter["id"], **steps[_WAY[place]]())


def _scan(title: str, office: str) -> FileStorage:
    """A page that says what it stands for; the same one gives the same bytes."""
    source = b'#set document(date: none)\n#sys.inputs.words'
    page = typst.compile(
        source, format="pdf", ignore_system_fonts=True,
        sys_inputs={"words": f"CONTOH. {title}: {office}"},
    )
    return FileStorage(io.BytesIO(page), filename="contoh.pdf")
