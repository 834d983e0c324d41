"""A quarter judged from the database: the report as a dict, for any moment and reader.

The same quarter and the same ``as_of`` give the same figures, whenever they are asked for.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.listing import Reader
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import rules
from ckanext.satudata.journal.calendar import RuleBook, end_of_day, local_date, zone
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import commitments, signing, store
from ckanext.satudata.opd.tree import Office

from . import evaluation, figures, item_rows, past
from .evaluation import Figures, Judgement, OfficeFacts


@dataclass
class Judged:
    """One quarter at one moment: what every way of showing it is made from."""

    quarter: Quarter
    as_of: dt.datetime
    #: In a revision the moment of the first freezing: later deposits do not count.
    first_frozen: dt.datetime | None = None
    #: Whether the quarter before is judged too (:attr:`judgement_before`).
    compares: bool = False

    @property
    def deposits_until(self) -> dt.datetime:
        """Deposits count that happened before this moment."""
        return self.first_frozen or self.as_of

    @property
    def moment(self) -> figures.Moment:
        """The moment as the figures want it."""
        return figures.Moment(
            self.quarter.index, self.as_of, self.as_of, self.deposits_until
        )

    @cached_property
    def book(self) -> RuleBook:
        """The rules as known at the moment."""
        return rules.rule_book(self.as_of)

    @cached_property
    def timezone(self) -> dt.tzinfo:
        """The city's time zone in the quarter."""
        return zone(self.book.for_period_ending(self.quarter.last).timezone)

    @cached_property
    def offices(self) -> dict[UUID, Office]:
        """All offices as known at the moment."""
        return store.offices(self.as_of)

    @cached_property
    def end(self) -> dt.datetime:
        """24:00 of the quarter's last day."""
        return self.end_of(self.quarter)

    def end_of(self, quarter: Quarter) -> dt.datetime:
        """24:00 of a quarter's last day in the city."""
        return end_of_day(quarter.last, self.book.for_period_ending(quarter.last))

    @cached_property
    def judgement(self) -> Judgement:
        """The figures of the board and of every unit."""
        return self.board(self.quarter, self._figures[self.moment], self.offices)

    @cached_property
    def judgement_before(self) -> Judgement:
        """The same of the quarter before as it stands at this moment; see ``compares``."""
        before = self.quarter.previous()
        return self.board(before, self._figures[self._moment_before], self.offices)

    @property
    def _moment_before(self) -> figures.Moment:
        return figures.Moment(self.quarter.index - 1, self.as_of, self.as_of, self.as_of)

    @cached_property
    def _figures(self) -> dict[figures.Moment, dict[UUID, Figures]]:
        """Own figures of offices for every moment that the report looks at, in one statement."""
        wanted = {self.moment, *self._past_moments}
        if self.compares:
            wanted.add(self._moment_before)
        moments = list(wanted)
        return dict(zip(moments, figures.figures(moments), strict=True))

    def board(
        self, quarter: Quarter, own: dict[UUID, Figures], offices: Mapping[UUID, Office]
    ) -> Judgement:
        """Own figures summed into the rows of the board."""
        return evaluation.sum_board({}, own, facts_of(offices, quarter), self.as_of)

    def is_trial(self, quarter: Quarter) -> bool:
        """Percobaan: its year's register was not agreed, and that recorded, by its last day.

        An agreement that was imported counts by its date.
        """
        for agreed in self._past.agreements.get(quarter.year, ()):
            rule = self.book.for_period_ending(quarter.last)
            day = (agreed.agreed_on if agreed.origin == "impor"
                   else local_date(agreed.recorded_at, rule))
            if day <= quarter.last:
                return False
        return True

    # --- earlier quarters ----------------------------------------------------------------------

    @cached_property
    def earlier(self) -> list[Quarter]:
        """Quarters before this one in which anything was owed, oldest first."""
        first = self._past.first_quarter
        if first is None:
            return []
        return [Quarter.from_index(index) for index in range(first, self.quarter.index)]

    @cached_property
    def trials(self) -> frozenset[int]:
        """Indices of earlier quarters that were trials."""
        return frozenset(quarter.index for quarter in self.earlier if self.is_trial(quarter))

    @cached_property
    def runs(self) -> dict[UUID, evaluation.Runs]:
        """Quarters in a row for each office of the board."""
        past = self._past_statuses()
        current = self.is_trial(self.quarter)
        found = {}
        for opd, row in self.judgement.board.items():
            history = [
                (past.get(quarter.index, {}).get(opd), quarter.index in self.trials)
                for quarter in self.earlier
            ]
            found[opd] = evaluation.runs([*history, (row.status, current)])
        return found

    def _past_statuses(self) -> Mapping[int, Mapping[UUID, str]]:
        """Statuses by earlier quarter: as frozen, as imported, else as of its own end."""
        found: dict[int, Mapping[UUID, str]] = dict(self._past.frozen)
        for quarter in self.earlier:
            if quarter.index not in found and self._counts_as_imported(quarter):
                found[quarter.index] = self._past.imported[quarter.index]
        for moment in self._past_moments:
            quarter = Quarter.from_index(moment.quarter)
            offices = self.offices if moment.known == self.as_of else store.offices(moment.known)
            rows = self.board(quarter, self._figures[moment], offices or self.offices).board
            found[moment.quarter] = {opd: row.status for opd, row in rows.items()}
        return found

    @cached_property
    def _past_moments(self) -> list[figures.Moment]:
        """The moments by which earlier quarters are judged that are neither frozen nor imported.

        Trial quarters are left out: they neither count nor break.
        """
        found = []
        for quarter in self.earlier:
            if quarter.index in self._past.frozen or quarter.index in self.trials:
                continue
            if not self._counts_as_imported(quarter):
                end = min(self.end_of(quarter), self.as_of)
                known = self.as_of if end <= self._past.installed_at else end
                found.append(figures.Moment(quarter.index, known, end, end))
        return found

    def _counts_as_imported(self, quarter: Quarter) -> bool:
        """Whether a quarter of before the portal is taken from the result brought for it."""
        end = min(self.end_of(quarter), self.as_of)
        return end <= self._past.installed_at and quarter.index in self._past.imported

    @cached_property
    def _past(self) -> past.Past:
        return past.read(self.quarter.index, self.as_of)

    @cached_property
    def arrears(self) -> dict[UUID, evaluation.Arrears]:
        """Arrears of each row of the board; those of an office that ended pass to its heir."""
        return evaluation.count_arrears(
            (
                (then, now, number)
                for (then, now), number in self._arrears_by_office.items()
            ),
            self._anchors,
        )

    @cached_property
    def _arrears_by_office(self) -> dict[tuple[UUID, UUID], int]:
        """Periods in arrears by the office that answered then and the one that answers now."""
        behind = self._arrears_rows().subquery()
        counted: dict[UUID, int] = {}
        for opd, number in model.Session.execute(
            sa.select(behind.c.opd, sa.func.count()).group_by(behind.c.opd)
        ):
            counted[opd] = number
        ended = [opd for opd in counted if self._passes_on(opd)]
        found = {(opd, opd): counted[opd] for opd in counted if opd not in ended}
        if ended:
            for then, holder, number in item_rows.holders(self._arrears_rows(), self.as_of, ended):
                pair = then, self.heir(then, holder)
                found[pair] = found.get(pair, 0) + number
        return found

    def arrears_page(
        self, reader: Reader, heads: Collection[UUID] | None, limit: int, offset: int
    ) -> tuple[int, int, list[dict[str, Any]]]:
        """The periods behind the number of arrears.

        :param heads: only those counted in these rows of the board; None for all
        :returns: how many the reader may see, how many are counted besides, and a page of them,
            the oldest first, each with the office that answered for it and the one that does now
        """
        pairs = {
            pair: number for pair, number in self._arrears_by_office.items()
            if heads is None or self._anchors.get(pair[1], pair[1]) in heads
        }
        rows = self._arrears_rows()
        whole = {
            then for then, _ in pairs
            if all(pair in pairs for pair in self._arrears_by_office if pair[0] == then)
        }
        wanted = state.c.opd.in_(list(whole))
        for then, now in pairs:
            if then not in whole:
                # After a split: only the items that have gone to these successors.
                wanted |= (state.c.opd == then) & state.c.obligation.in_(
                    item_rows.held_by(self.as_of, self._holders_for(then, now))
                )
        rows = rows.where(wanted)
        seen = item_rows.count_arrears(rows, reader)
        found = [
            {
                "id": str(row.obligation), "title": row.title,
                "organization": self.offices[row.opd].name,
                "answers": self.offices[self.heir(row.opd, row.holder)].name,
                "package_id": row.package_id, "frekuensi": row.frekuensi,
                "klasifikasi_akses": row.klasifikasi_akses, "period": row.period,
                "last_day": row.last_day.isoformat(),
                "quarter": Quarter.from_index(row.quarter).code,
            }
            for row in item_rows.arrears(rows, self.moment, reader, limit, offset)
        ]
        return seen, sum(pairs.values()) - seen, reader.without_hidden(found)

    def _arrears_rows(self) -> sa.sql.Select[Any]:
        return figures.arrears(self.quarter.index, self.trials, self.moment)

    def heir(self, then: UUID, holder: UUID) -> UUID:
        """The office that makes good what another left behind; see ``evaluation.heir``."""
        return evaluation.heir(then, holder, self._passes_on, self._successors)

    def _holders_for(self, then: UUID, now: UUID) -> list[UUID]:
        """The offices that, answering for an item now, make ``now`` the heir of ``then``."""
        return [opd for opd in self.offices if self.heir(then, opd) == now]

    def _passes_on(self, opd: UUID) -> bool:
        """Whether an office has ended, and another one took over."""
        office = self.offices.get(opd)
        return bool(
            office is not None and office.berlaku_sampai is not None
            and office.berlaku_sampai < self._today and self._successors(opd)
        )

    def _successors(self, opd: UUID) -> list[UUID]:
        office = self.offices.get(opd)
        return [one for one in office.pengganti if one in self.offices] if office else []

    @cached_property
    def _today(self) -> dt.date:
        """The city's date at the moment, by the rules in force then."""
        return local_date(self.as_of, self.book.in_force_at(self.as_of))

    @cached_property
    def _anchors(self) -> dict[UUID, UUID]:
        """For each office the one in whose row of the board it counts."""
        return evaluation.board_offices(facts_of(self.offices, self.quarter))

    # --- items ---------------------------------------------------------------------------------

    def items(
        self, reader: Reader, wanted: item_rows.Wanted = item_rows.ALL
    ) -> list[dict[str, Any]]:
        """Items of the quarter that the reader may see, with their periods."""
        return item_rows.page(self.moment, reader, wanted, self.offices, self.local)

    def count_items(self, reader: Reader, wanted: item_rows.Wanted) -> int:
        """How many there are in :meth:`items`, on all pages."""
        return item_rows.count(self.moment, reader, wanted)

    def local(self, moment: dt.datetime) -> str:
        """A moment as ISO 8601 in the city's time zone."""
        return moment.astimezone(self.timezone).isoformat()

    # --- the report ----------------------------------------------------------------------------

    def heads(self) -> dict[str, Any]:
        """The head of the report: quarter, span, moment, totals."""
        return {
            "quarter": self.quarter.code,
            "from": self.quarter.first.isoformat(),
            "until": self.quarter.last.isoformat(),
            "as_of": self.local(self.as_of),
            "deposits_until": self.local(self.deposits_until),
            "frozen": False,
            "trial": self.is_trial(self.quarter),
            "totals": self.judgement.totals(),
        }

    def rows(self, roll_up: bool = True) -> list[dict[str, Any]]:
        """Rows of offices in the order of their codes: the board's, or everybody's own."""
        chosen = self.judgement.board if roll_up else self.judgement.own
        return sorted(
            (self._office_row(id, row, summed=roll_up) for id, row in chosen.items()),
            key=lambda row: (row["kode_opd"] or "~", row["title"], row["name"]),
        )

    def board_names(self) -> dict[str, str]:
        """For each office with a row of its own: the office in whose row of the board it counts."""
        return {
            self.offices[unit].name: self.offices[head].name
            for unit, head in self.judgement.board_of.items()
        }

    @cached_property
    def _scores(self) -> dict[str, tuple[int, int]]:
        return figures.metadata_scores(self.as_of)

    def _score(self, ids: Iterable[UUID]) -> int | None:
        """Mean completeness of what offices have published, half up; None without any."""
        found = [self._scores.get(self.offices[id].group_id, (0, 0)) for id in ids]
        total, number = (sum(part) for part in zip(*found, strict=True))
        return (2 * total + number) // (2 * number) if number else None

    @cached_property
    def _units(self) -> dict[UUID, list[UUID]]:
        """Every office and unit by the office in whose row of the board it counts."""
        found: dict[UUID, list[UUID]] = {}
        for unit, head in self._anchors.items():
            found.setdefault(head, []).append(unit)
        return found

    @cached_property
    def _commitments(self) -> Mapping[UUID, signing.Commitment]:
        """The latest commitment of each office, as recorded at the moment."""
        return commitments.latest(self.as_of)

    def _has_signed(self, office: Office) -> bool | None:
        """Whether the head of then had signed; None for a unit, which signs nothing itself."""
        if office.id not in self.judgement.board:
            return None
        latest = self._commitments.get(office.id)
        return signing.standing(latest, office.kepala_nama, self._today) == signing.SIGNED

    def _office_row(self, id: UUID, row: Figures, *, summed: bool) -> dict[str, Any]:
        office = self.offices[id]
        above = self.offices.get(office.parent) if office.parent else None
        run = self.runs.get(id, evaluation.Runs(0, 0))
        behind = self.arrears.get(id, evaluation.Arrears())
        return {
            "id": office.group_id,
            "name": office.name,
            "title": office.title,
            "kode_opd": office.kode_opd,
            "parent": above and above.name,
            **row.as_dict(),
            "arrears": behind.arrears,
            "arrears_inherited": behind.arrears_inherited,
            "consecutive_missed": run.consecutive_missed,
            "consecutive_incomplete": run.consecutive_incomplete,
            "commitment_signed": self._has_signed(office),
            "metadata_score": self._score(self._units.get(id, [id]) if summed else [id]),
        }


def facts_of(offices: Mapping[UUID, Office], quarter: Quarter) -> list[OfficeFacts]:
    """Offices as the judgement of a quarter wants them, in the order of their codes."""
    return [
        OfficeFacts(
            id=office.id,
            parent=office.parent,
            wajib_setor=office.wajib_setor,
            existed=office.exists_between(quarter.first, quarter.last),
        )
        for office in sorted(offices.values(), key=lambda o: (o.kode_opd or "~", o.title, o.name))
    ]
