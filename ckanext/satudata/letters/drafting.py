"""Drafting letters of a quarter: whom they are due to, and what each says.

docs/letters.md, "Who gets a letter". The facts are those of the frozen report, or of the report as
it is known now where the quarter is not frozen.
"""
from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk

from ckanext.satudata import compat, config
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import commitments, signing
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.tree import Office
from ckanext.satudata.report import snapshots
from ckanext.satudata.report.quarter import Judged

from . import levels, settings, store
from .life import DRAFT, EVENT_TYPES, MAKE, REPRIMAND, REQUEST

#: Letters were drafted with one call: whom it concerns is told once, not letter by letter.
MANY_DRAFTED = "letters.drafted"

#: Quarters back in which an office may have been below the rate.
_BACK = 12


@dataclass(frozen=True)
class Candidate:
    """An office to which a letter is due.

    :param row: its row in the report
    :param in_a_row: in how many quarters in a row, this one among them
    :param addressee: who is written to; None: the office has ended, and nobody took over
    :param letter: the one it has already, if any
    :param unrecorded: levels below its own of which no letter is on record
    """

    row: Mapping[str, Any]
    in_a_row: int
    level: int | None
    addressee: Office | None
    letter: Mapping[Any, Any] | None
    unrecorded: Sequence[int] = ()


class Basis:
    """The judged quarter that letters of a kind rest on.

    :raises tk.ValidationError: no letter of this kind is written of this quarter
    """

    def __init__(self, kind: str, quarter: Quarter) -> None:
        self.kind, self.quarter = kind, quarter
        self.snapshot = snapshots.latest_of([quarter]).get(quarter)
        self.today = clock.city_today()
        if self.snapshot is None:
            self._may_be_live()
        elif kind == REPRIMAND and not self._frozen_before:
            raise _wrong(tk._("Reprimands begin with the second frozen quarter."))

    def _may_be_live(self) -> None:
        if self.kind == REPRIMAND:
            raise _wrong(tk._("The quarter is not frozen: a reprimand rests on a frozen quarter."))
        if self.quarter.first > self.today:
            raise _wrong(tk._("The quarter has not begun."))
        if self._judged.is_trial(self.quarter):
            raise _wrong(tk._("The quarter is a trial: no letters are written of it."))

    @cached_property
    def _judged(self) -> Judged:
        return Judged(self.quarter, clock.now())

    @cached_property
    def _frozen_before(self) -> list[int]:
        return sorted({
            row["quarter"] for row in snapshots.listed() if row["quarter"] < self.quarter.index
        })

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report without its items."""
        if self.snapshot is not None:
            return snapshots.public_document(self.snapshot)
        return json.loads(self._live[1])

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """All items of the quarter, by nobody's rights: what is named is looked at when shown."""
        if self.snapshot is not None:
            return snapshots.obligations_of(self.snapshot)
        return json.loads(self._live[0])["obligations"]

    @cached_property
    def _live(self) -> tuple[str, str]:
        return snapshots.documents(self._judged)

    @cached_property
    def offices(self) -> dict[UUID, Office]:
        """All offices as they are now."""
        return offices.offices()

    @cached_property
    def candidates(self) -> dict[str, Candidate]:
        """The offices to which a letter is due, in the report's order, by name."""
        standing = {row["opd"]: row for row in store.standing(self.quarter, self.kind)}
        found = {}
        for row in self.report["organizations"]:
            if not levels.is_due(self.kind, row, self._below):
                continue
            opd, times = offices.key(row["id"]), self._in_a_row(row)
            level = levels.level(times) if self.kind == REPRIMAND else None
            found[row["name"]] = Candidate(
                row, times, level, levels.addressee(opd, self.offices, self.today),
                standing.get(opd), levels.unrecorded(level, self._reprimands.get(opd, ())),
            )
        return found

    @cached_property
    def _below(self) -> Any:
        return settings.below()

    def _in_a_row(self, row: Mapping[str, Any]) -> int:
        if self.kind == REQUEST:
            return row["consecutive_incomplete"]
        earlier = [
            None if (one := rows.get(row["id"])) is None or one["status"] == "nihil"
            else levels.is_due(REPRIMAND, one, self._below)
            for rows in self._rows_before
        ]
        return max(row["consecutive_missed"], levels.in_a_row([*earlier, True]))

    @cached_property
    def _rows_before(self) -> list[dict[str, Mapping[str, Any]]]:
        """Rows of offices by id in the frozen quarters before, oldest first."""
        if not self._below:
            return []  # the report itself says how often an office was silent
        wanted = [
            Quarter.from_index(index) for index in self._frozen_before
            if index >= self.quarter.index - _BACK
        ]
        found = snapshots.latest_of(wanted)
        return [
            {row["id"]: row for row in snapshots.public_document(found[one])["organizations"]}
            for one in wanted
        ]

    # --- what a letter says ---------------------------------------------------------------------

    @cached_property
    def _reprimands(self) -> dict[UUID, list[Mapping[Any, Any]]]:
        """Reprimands on record that one of the quarter may refer to, by the judged office."""
        found: dict[UUID, list[Mapping[Any, Any]]] = {}
        if self.kind == REPRIMAND:
            keys = [offices.key(row["id"]) for row in self.report["organizations"]]
            for row in store.numbered_before(self.quarter, keys):
                if row["kind"] == REPRIMAND:
                    found.setdefault(row["opd"], []).append(row)
        return found

    @cached_property
    def _commitments(self) -> Mapping[UUID, signing.Commitment]:
        return commitments.latest()

    @cached_property
    def _units(self) -> dict[str, list[Mapping[str, Any]]]:
        """Own rows of offices and units, by the office in whose row they count."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.report["units"]:
            head = self.report["board_of"].get(row["name"], row["name"])
            found.setdefault(head, []).append(row)
        return found

    @cached_property
    def _missing(self) -> dict[str, list[dict[str, Any]]]:
        """Items with periods that are missing, by the office in whose row they count."""
        found: dict[str, list[dict[str, Any]]] = {}
        titles = {row["name"]: row["title"] for row in self.report["units"]}
        for item in self.items:
            periods = [
                {"period": one["period"], "last_day": one["last_day"]}
                for one in item["periods"] if one["status"] == "missing"
            ]
            office = item["organization"]
            head = self.report["board_of"].get(office, office)
            if periods:
                found.setdefault(head, []).append({
                    "id": item["id"], "frekuensi": item["frekuensi"], "periods": periods,
                    "unit": titles.get(office, office) if office != head else "",
                })
        return found

    @cached_property
    def _positions(self) -> dict[str, str]:
        """Positions of the heads of those who are written to, by the organization's id."""
        ids = [one.addressee.group_id for one in self.candidates.values() if one.addressee]
        return {
            id: fields.get("kepala_jabatan", "")
            for id, fields in compat.group_extras(ids, ("kepala_jabatan",)).items()
        }

    def content(self, one: Candidate) -> dict[str, Any]:
        """All that a letter says, but for number, date and titles."""
        assert one.addressee is not None  # noqa: S101 (who is not written to has no letter)
        row, to = one.row, one.addressee
        opd = offices.key(row["id"])
        frozen = self.snapshot
        return {
            "quarter": self.quarter.code, "as_of": self.report["as_of"],
            "revision": frozen["revision"] if frozen else None,
            "sha256": frozen["sha256"] if frozen else None,
            "office": {name: row[name] for name in ("id", "name", "title")},
            "addressee": {
                "id": to.group_id, "name": to.name, "title": to.title, "successor": to.id != opd,
                "position": self._positions.get(to.group_id) or f"Kepala {to.title}",
            },
            "figures": {name: row[name] for name in ("due", "fulfilled", "partial", "missing")},
            "in_a_row": one.in_a_row,
            "missing": self._missing.get(row["name"], []),
            "silent_units": [
                unit["title"] for unit in self._units.get(row["name"], ())
                if unit["status"] == "belum_setor" and unit["name"] != row["name"]
            ],
            "commitment": _commitment(self._commitments.get(to.id)),
            "earlier": earlier(self.kind, self.quarter, opd, one.level),
            "drafted_on": self.today.isoformat(),
            "deadline": deadline(self.today).isoformat(),
            "settings": settings.of_letter(self.kind, self.today),
        }


def draft(
    basis: Basis, chosen: Sequence[Candidate], by: Actor, most: int | None = None
) -> list[UUID]:
    """Draft letters to offices that have none yet; does not commit.

    :param chosen: of :attr:`Basis.candidates`, each with an addressee and without a letter
    :param most: the highest level to draft; None: each as computed
    :returns: ids of the letters
    """
    made = []
    for candidate in chosen:
        one, computed = candidate, candidate.level
        if most is not None and computed is not None:
            one = replace(candidate, level=min(computed, most))
        id, content = uuid.uuid4(), basis.content(one)
        seq = record(
            EVENT_TYPES[MAKE], "letter", str(id), by, hash=content["sha256"],
            data={
                "kind": basis.kind, "quarter": basis.quarter.code, "level": one.level,
                "computed": computed, "organization": one.row["id"],
                "addressee": content["addressee"]["id"],
            },
        )
        store.create(
            id=id, kind=basis.kind, quarter=basis.quarter.index, level=one.level, state=DRAFT,
            opd=offices.key(one.row["id"]), addressee=offices.key(content["addressee"]["id"]),
            content=content, drafted_by=seq,
        )
        made.append(id)
    if made:
        record(
            MANY_DRAFTED, "letters", f"{basis.quarter.code}/{basis.kind}", by,
            data={"number": len(made), "kind": basis.kind, "quarter": basis.quarter.code},
        )
    return made


def earlier(kind: str, quarter: Quarter, opd: UUID, level: int | None) -> list[dict[str, Any]]:
    """The letters that one refers to: the request of the quarter, from the second level on the
    reprimands of the year before as well; a request refers to none."""
    if kind == REQUEST:
        return []
    return [
        {
            "kind": row["kind"], "level": row["level"], "number": row["number"],
            "date": row["date"].isoformat(), "quarter": Quarter.from_index(row["quarter"]).code,
        }
        for row in store.numbered_before(quarter, [opd])
        if row["kind"] == REQUEST or (level or 1) > 1
    ]


def deadline(day: dt.date) -> dt.date:
    """The day by which the data is to come, for a letter of a day."""
    return rules.rule_book().after_working_days(day, config.letter_days())


def numbered(row: Mapping[Any, Any], day: dt.date) -> dict[str, Any]:
    """What a letter says once it has its date: deadline and earlier letters as they are now."""
    quarter = Quarter.from_index(row["quarter"])
    return {
        **row["content"], "deadline": deadline(day).isoformat(),
        "earlier": earlier(row["kind"], quarter, row["opd"], row["level"]),
    }


def _commitment(one: signing.Commitment | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "signatory": one.signatory, "position": one.position,
        "signed_on": one.signed_on.isoformat(),
    }


def _wrong(message: str) -> tk.ValidationError:
    return tk.ValidationError({"quarter": [message]})
