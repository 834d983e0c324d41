"""Bringing the past into the portal: the one door that may give past times.

What comes through here is marked *impor*. Deposits count from the time that the sheet gives,
results stand for quarters of before the portal, agreements count by their date.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import obligations, register, store
from ckanext.satudata.deposits.imports import Known
from ckanext.satudata.deposits.model import deposit, register_agreement, state
from ckanext.satudata.deposits.periods import is_of_rhythm, parse_period
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.calendar import end_of_day, zone
from ckanext.satudata.journal.events import Actor, record_many
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.opd import office_list
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.imports import Problem, References
from ckanext.satudata.report.model import imported_result
from ckanext.satudata.schema import codes
from ckanext.satudata.translation import N_

from . import sheets
from .sheets import PastAgreement, PastDeposit, PastResult

ORIGIN = "impor"


@dataclass
class Found:
    """What the sheets say that is not stored yet, and how much of it was there already."""

    deposits: list[store.Past] = field(default_factory=list)
    results: list[PastResult] = field(default_factory=list)
    agreements: list[PastAgreement] = field(default_factory=list)
    unchanged: int = 0


def run(book: Mapping[str, Sequence[Row]], by: Actor, *, dry_run: bool = False) -> dict[str, Any]:
    """Import sheets of history in one transaction; the same again adds nothing.

    :param book: rows by the name of their sheet
    :returns: ``deposits``, ``results``, ``agreements`` (how many are new), ``unchanged`` and
        ``errors`` [{sheet, row, field, message}]; with errors nothing was written
    """
    # Two imports of one file at once would each add all of it.
    model.Session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('satudata_history'))"))
    now = _now()
    found, errors = Found(), []
    for name, rows in book.items():
        problems: list[Problem] = []
        _sort(sheets.read(rows, now, problems), now, found, problems)
        errors += [{"sheet": name, **office_list.told(problem)} for problem in problems]
    if errors or dry_run:
        model.Session.rollback()
    else:
        _write(found, by)
        model.Session.commit()
    counted = Found() if errors else found
    return {
        "deposits": len(counted.deposits), "results": len(counted.results),
        "agreements": len(counted.agreements), "unchanged": counted.unchanged, "errors": errors,
    }


def _now() -> sheets.Now:
    moment = clock.now()
    book = rules.rule_book()
    return sheets.Now(
        _remembered(References(office_list.known()).find),
        zone(book.in_force_at(moment).timezone), moment,
    )


def _remembered(find: Callable[[str], str | Problem]) -> Callable[[str], str | Problem]:
    """The same office is named in thousands of rows."""
    known: dict[str, str | Problem] = {}

    def look_up(text: str) -> str | Problem:
        if text not in known:
            known[text] = find(text)
        return known[text]

    return look_up


def _sort(
    rows: Sequence[sheets.Past], now: sheets.Now, found: Found, problems: list[Problem]
) -> None:
    _deposits([row for row in rows if isinstance(row, PastDeposit)], found, problems)
    _results([row for row in rows if isinstance(row, PastResult)], now, found, problems)
    _agreements([row for row in rows if isinstance(row, PastAgreement)], found)


# --- deposits -----------------------------------------------------------------------------------


def _deposits(rows: Sequence[PastDeposit], found: Found, problems: list[Problem]) -> None:
    if not rows:
        return
    items = _Items(rows)
    past = []
    for row in rows:
        item = items.of(row)
        if isinstance(item, Problem):
            problems.append(item)
        else:
            past.append(store.Past(item, row.period, row.kind, row.happened_at))
    stored = _stored({one.obligation for one in past})
    for one in sorted(past, key=lambda one: one.happened_at):
        key = (one.obligation, one.period, one.kind, one.happened_at)
        if key in stored:
            found.unchanged += 1
        else:
            stored.add(key)
            found.deposits.append(one)


class _Items:
    """Finds the item of the daftar data that a row is about: the year's that owes its period."""

    def __init__(self, rows: Sequence[PastDeposit]) -> None:
        wanted = {(row.office, codes.fold(row.title)) for row in rows}
        coded = {row.code for row in rows} - {None}
        self._by_key: dict[Any, list[Known]] = {}
        self._by_code: dict[Any, list[Known]] = {}
        ids = []
        for one in register.known():
            if one.key in wanted or one.values["code"] in coded:
                ids.append(one.id)
                self._by_key.setdefault(one.key, []).append(one)
                self._by_code.setdefault(one.values["code"], []).append(one)
        self._owed = _owed_by(ids)

    def of(self, row: PastDeposit) -> UUID | Problem:
        """The id of the item, or what is wrong."""
        options = self._by_key.get((row.office, codes.fold(row.title)), [])
        if row.code is not None:
            options = self._by_code.get(row.code) or options
        if not options:
            return Problem(row.row, "title", N_(
                "The daftar data has no such item of this office: {value}"), {"value": row.title})
        owing = [one for one in options if (one.id, row.period) in self._owed]
        if not owing:
            owing = [one for one in options if _has(one, row.period)]
        if not owing:
            return Problem(row.row, "period", N_("{period} is not a period of this item."),
                           {"period": row.period})
        year = _nearest(owing, row.happened_at.year)
        owing = [one for one in owing if one.year == year]
        if len(owing) > 1:
            return Problem(row.row, "title", N_(
                "More than one item is meant: {value}. Give its id_ddd."), {"value": row.title})
        return owing[0].id


def _has(item: Known, code: str) -> bool:
    """Whether a period is one of an item at all, be it owed or not."""
    return code in dict(item.values["jadwal"]) or is_of_rhythm(
        parse_period(code), item.values["frekuensi"], item.values["tahun_awal"]
    )


def _nearest(items: Iterable[Known], year: int) -> int | None:
    """The register's year that is nearest; a derived item (None) is the last choice."""
    return min(
        (one.year for one in items),
        key=lambda found: (found is None, abs((found or 0) - year), -(found or 0)),
    )


def _owed_by(ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    rows = model.Session.execute(
        sa.select(state.c.obligation, state.c.period).where(
            state.c.obligation.in_(list(ids)), state.c.closed_by.is_(None)
        )
    )
    return {(id, period) for id, period in rows}


def _stored(ids: Collection[UUID]) -> set[tuple[UUID, str, str, dt.datetime]]:
    rows = model.Session.execute(
        sa.select(
            deposit.c.obligation, deposit.c.period, deposit.c.kind, event.c.happened_at
        )
        .join(event, event.c.seq == deposit.c.created_by)
        .where(deposit.c.obligation.in_(list(ids)), event.c.origin == ORIGIN)
    )
    return {tuple(row) for row in rows}


# --- results and agreements ---------------------------------------------------------------------


def _results(
    rows: Sequence[PastResult], now: sheets.Now, found: Found, problems: list[Problem]
) -> None:
    if not rows:
        return
    installed, book = _first_event(), rules.rule_book()
    keys = _keys({row.office for row in rows})
    stored = _stored_results()
    for row in rows:
        end = end_of_day(row.quarter.last, book.for_period_ending(row.quarter.last))
        if end > min(now.now, installed or now.now):
            problems.append(Problem(row.row, "quarter", N_(
                "{quarter} was not over before this portal began: the portal judges it itself."),
                {"quarter": row.quarter.code}))
            continue
        key = (row.quarter.index, keys[row.office])
        said = (row.status, row.due, row.fulfilled)
        if stored.get(key) == said:
            found.unchanged += 1
        else:
            stored[key] = said
            found.results.append(row)


def _first_event() -> dt.datetime | None:
    """When the portal's first own event was recorded."""
    return model.Session.execute(sa.select(sa.func.min(event.c.recorded_at))).scalar_one()


def _keys(names: Collection[str]) -> dict[str, UUID]:
    """Keys of offices by the names of their organizations."""
    group: Any = model.Group
    rows = model.Session.execute(
        sa.select(group.name, group.id).where(
            group.is_organization.is_(True), group.name.in_(list(names))
        )
    )
    return {name: offices.ensure(id) for name, id in rows.all()}


def _stored_results() -> dict[tuple[int, UUID], tuple[str, int | None, int | None]]:
    rows = model.Session.execute(
        sa.select(imported_result).order_by(imported_result.c.event_seq)
    ).mappings()
    return {
        (row["quarter"], row["opd"]): (row["status"], row["due"], row["fulfilled"])
        for row in rows
    }


def _agreements(rows: Sequence[PastAgreement], found: Found) -> None:
    stored = {
        tuple(row) for row in model.Session.execute(
            sa.select(
                register_agreement.c.year, register_agreement.c.agreed_on,
                register_agreement.c.minutes,
            )
        )
    }
    for row in sorted(rows, key=lambda row: row.date):
        key = (row.year, row.date, row.minutes)
        if key in stored:
            found.unchanged += 1
        else:
            stored.add(key)
            found.agreements.append(row)


# --- writing ------------------------------------------------------------------------------------


def _write(found: Found, by: Actor) -> None:
    for row in found.agreements:
        obligations.agree(row.year, row.date, row.minutes, by, origin=ORIGIN)
    _write_results(found.results, by)
    store.import_past(found.deposits, by)


def _write_results(rows: Sequence[PastResult], by: Actor) -> None:
    if not rows:
        return
    keys = _keys({row.office for row in rows})
    seqs = record_many(
        [
            {"type": "result.imported", "object_type": "result",
             "object_id": f"{row.quarter.code}/{keys[row.office]}",
             "data": {"quarter": row.quarter.code, "opd": str(keys[row.office]),
                      "status": row.status, "due": row.due, "fulfilled": row.fulfilled}}
            for row in rows
        ],
        by, ORIGIN,
    )
    model.Session.execute(
        sa.insert(imported_result),
        [
            {"quarter": row.quarter.index, "opd": keys[row.office], "event_seq": seq,
             "status": row.status, "due": row.due, "fulfilled": row.fulfilled}
            for seq, row in zip(seqs, rows, strict=True)
        ],
    )
