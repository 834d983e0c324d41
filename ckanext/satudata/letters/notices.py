"""What people are told of letters: drafts that wait, what to sign, what was sent, answered."""
from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.opd import notices, people
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.notices import Happening, Words
from ckanext.satudata.translation import N_

from . import drafting, life, reading, reminding, store

_TYPES = life.EVENT_TYPES

#: Events of a letter: what is said, what is to be done, and whether its office is told.
_OF_LETTERS = {
    _TYPES[life.NUMBER]: (
        N_("Letter to sign: {number}, {office}"),
        N_("Sign it outside and record the signed letter."), (people.PIMPINAN,)),
    _TYPES[life.SEND]: (
        N_("A letter was sent to your office: {number}"),
        N_("Read it, deposit what it names, and answer by {deadline}."), None),
    _TYPES[life.ANSWER]: (
        N_("Answered: {number}, {office}"),
        N_("Read the answer and record what came of it."), (people.WALIDATA, people.PIMPINAN)),
}


class _Drafted:
    """Letters were drafted: those who number and sign them are told once for all."""

    def people(self, happening: Happening) -> Collection[str]:
        return set(people.holders(people.WALIDATA, people.PIMPINAN))

    def words(self, happening: Happening, user: model.User) -> Words | None:
        if not people.has_role(user.id, people.WALIDATA, people.PIMPINAN):
            return None
        number, quarter = happening.data["number"], happening.data["quarter"]
        return Words(
            tk.ungettext(
                "{n} letter was drafted for {quarter}", "{n} letters were drafted for {quarter}",
                number,
            ).format(n=number, quarter=quarter),
            tk._("Have them numbered and signed, and record it."),
            tk.h.url_for("satudata_letters.index", quarter=quarter, _external=True),
        )


class _Letter:
    """Something became of one letter; whoever may read it may be told."""

    def people(self, happening: Happening) -> Collection[str]:
        roles = _OF_LETTERS[happening.kind][2]
        if roles is not None:
            return set(people.holders(*roles))
        row = store.get(UUID(happening.object_id))
        return people.heads_of(offices.group_of(row["addressee"])) if row else ()

    def words(self, happening: Happening, user: model.User) -> Words | None:
        row = store.get(UUID(happening.object_id))
        if row is None or not reading.reads(user, row):
            return None
        title, todo, _ = _OF_LETTERS[happening.kind]
        said = row["content"]
        return Words(
            tk._(title).format(number=row["number"], office=said["addressee"]["title"]),
            tk._(todo).format(deadline=tk.h.satudata_day(said["deadline"])),
            tk.h.url_for("satudata_letters.letter", id=row["id"], _external=True),
            happening.note, decided=False,
        )


#: Tellers of this room by kind of happening.
TELLERS: dict[str, notices.Teller] = {
    drafting.MANY_DRAFTED: _Drafted(), **dict.fromkeys(_OF_LETTERS, _Letter()),
    **reminding.TELLERS,
}
