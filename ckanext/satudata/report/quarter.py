"""A quarter judged from the database: the report as a dict, for any moment and reader.

The same quarter and the same ``as_of`` give the same figures, whenever they are asked for.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import obligations
from ckanext.satudata.deposits.listing import Reader
from ckanext.satudata.deposits.model import obligation, obligation_version, state
from ckanext.satudata.journal import rules
from ckanext.satudata.journal.calendar import RuleBook, end_of_day, local_date, zone
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store
from ckanext.satudata.opd.tree import Office

from . import evaluation, figures
from .evaluation import Figures, Judgement, OfficeFacts
from .model import imported_result, snapshot, snapshot_office


@dataclass
class Judged:
    """One quarter at one moment: what every way of showing it is made from."""

    quarter: Quarter
    as_of: dt.datetime

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
        moment = figures.Moment(self.quarter.index, self.as_of, self.as_of)
        own = figures.figures([moment])[self.quarter.index]
        return self.board(self.quarter, own, self.offices)

    def board(
        self, quarter: Quarter, own: dict[UUID, Figures], offices: Mapping[UUID, Office]
    ) -> Judgement:
        """Own figures summed into the rows of the board."""
        return evaluation.sum_board({}, own, facts_of(offices, quarter), self.as_of)

    @cached_property
    def agreements(self) -> dict[int, list[tuple[dt.date, dt.datetime, str]]]:
        """Agreements on the registers, as known at the moment."""
        return obligations.agreed_days(self.as_of)

    def is_trial(self, quarter: Quarter) -> bool:
        """Percobaan: its year's register was not agreed, and that recorded, by its last day.

        An agreement that was imported counts by its date.
        """
        for agreed_on, recorded_at, origin in self.agreements.get(quarter.year, ()):
            rule = self.book.for_period_ending(quarter.last)
            day = agreed_on if origin == "impor" else local_date(recorded_at, rule)
            if day <= quarter.last:
                return False
        return True

    # --- earlier quarters ----------------------------------------------------------------------

    @cached_property
    def earlier(self) -> list[Quarter]:
        """Quarters before this one in which anything was owed, oldest first."""
        first = figures.first_quarter()
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

    def _past_statuses(self) -> dict[int, dict[UUID, str]]:
        """Statuses by earlier quarter: as frozen, as imported, else as of its own end."""
        found = self._frozen_statuses()
        installed = _installed_at()
        brought = self._imported_statuses()
        moments = []
        for quarter in self.earlier:
            if quarter.index in found:
                continue
            end = min(self.end_of(quarter), self.as_of)
            before_portal = end <= installed
            if before_portal and quarter.index in brought:
                found[quarter.index] = brought[quarter.index]
            else:
                known = self.as_of if before_portal else end
                moments.append(figures.Moment(quarter.index, known, end))
        judged = figures.figures(moments)
        for moment in moments:
            quarter = Quarter.from_index(moment.quarter)
            offices = self.offices if moment.known == self.as_of else store.offices(moment.known)
            rows = self.board(quarter, judged[moment.quarter], offices or self.offices).board
            found[moment.quarter] = {opd: row.status for opd, row in rows.items()}
        return found

    def _frozen_statuses(self) -> dict[int, dict[UUID, str]]:
        latest = (
            sa.select(snapshot.c.quarter, sa.func.max(snapshot.c.revision).label("revision"))
            .join(event, event.c.seq == snapshot.c.event_seq)
            .where(snapshot.c.quarter < self.quarter.index, event.c.recorded_at < self.as_of)
            .group_by(snapshot.c.quarter)
            .subquery()
        )
        rows = model.Session.execute(
            sa.select(snapshot_office.c.quarter, snapshot_office.c.opd, snapshot_office.c.status)
            .join(
                latest,
                (latest.c.quarter == snapshot_office.c.quarter)
                & (latest.c.revision == snapshot_office.c.revision),
            )
        )
        return _by_quarter(rows)

    def _imported_statuses(self) -> dict[int, dict[UUID, str]]:
        rows = model.Session.execute(
            sa.select(
                imported_result.c.quarter, imported_result.c.opd, imported_result.c.status
            )
            .join(event, event.c.seq == imported_result.c.event_seq)
            .where(event.c.recorded_at < self.as_of)
            .order_by(imported_result.c.event_seq)
        )
        return _by_quarter(rows)

    @cached_property
    def arrears(self) -> dict[UUID, evaluation.Arrears]:
        """Arrears of each row of the board; those of an office that ended pass to its heir."""
        found: dict[UUID, evaluation.Arrears] = {}
        rows = figures.arrears(self.quarter.index, self.trials, self.as_of)
        anchors = evaluation.board_offices(facts_of(self.offices, self.quarter))
        for opd, quarters in rows.items():
            heir = self._heir(opd)
            then, now = anchors.get(opd, opd), anchors.get(heir, heir)
            entry = found.setdefault(now, evaluation.Arrears())
            number = sum(quarters.values())
            entry.arrears += number
            entry.arrears_inherited += number if then != now else 0
        return found

    def _heir(self, opd: UUID) -> UUID:
        seen = {opd}
        office = self.offices.get(opd)
        today = local_date(self.as_of, self.book.versions[-1])
        while (
            office is not None and office.pengganti
            and office.berlaku_sampai is not None and office.berlaku_sampai < today
            and office.pengganti[0] not in seen
        ):
            seen.add(office.pengganti[0])
            office = self.offices.get(office.pengganti[0])
        return office.id if office is not None else opd

    # --- items ---------------------------------------------------------------------------------

    def items(
        self, reader: Reader, opds: Collection[UUID] | None = None,
        limit: int | None = None, offset: int = 0,
    ) -> list[dict[str, Any]]:
        """Obligations of the quarter that the reader may see, with their periods.

        :param opds: only those under these offices
        """
        chosen = self._item_keys(reader, opds, limit, offset)
        rows = self._rows_of(chosen)
        items = []
        for id, opd, title, frekuensi, klass, package in chosen:
            periods = [self._period(row) for row in rows.get((id, opd), ()) if row["deadline"]]
            items.append({
                "id": str(id),
                "title": title,
                "organization": self.offices[opd].name,
                "package_id": package,
                "frekuensi": frekuensi,
                "klasifikasi_akses": klass,
                "status": evaluation.obligation_status(p["status"] for p in periods),
                "periods": periods,
            })
        return items

    def count_items(self, reader: Reader, opds: Collection[UUID] | None = None) -> int:
        """How many there are in :meth:`items`."""
        query = self._items_query(reader, opds).subquery()
        return model.Session.execute(
            sa.select(sa.func.count()).select_from(query)
        ).scalar_one()

    def _items_query(self, reader: Reader, opds: Collection[UUID] | None) -> Any:
        query = (
            sa.select(state.c.obligation, state.c.opd)
            .join(obligation, obligation.c.id == state.c.obligation)
            .where(*self._known_rows())
            .distinct()
        )
        if opds is not None:
            query = query.where(state.c.opd.in_(list(opds)))
        if not reader.everything:
            query = query.where(
                (obligation.c.klasifikasi_akses == "terbuka")
                | state.c.opd.in_(list(reader.opds))
            )
        return query

    def _item_keys(
        self, reader: Reader, opds: Collection[UUID] | None, limit: int | None, offset: int
    ) -> Sequence[Any]:
        keys = self._items_query(reader, opds).subquery()
        version = (
            sa.select(obligation_version)
            .join(event, event.c.seq == obligation_version.c.event_seq)
            .where(event.c.recorded_at < self.as_of)
            .distinct(obligation_version.c.obligation)
            .order_by(obligation_version.c.obligation, obligation_version.c.event_seq.desc())
            .subquery()
        )
        query = (
            sa.select(
                keys.c.obligation, keys.c.opd, version.c.title, version.c.frekuensi,
                version.c.klasifikasi_akses, obligation.c.package_id,
            )
            .join(version, version.c.obligation == keys.c.obligation)
            .join(obligation, obligation.c.id == keys.c.obligation)
            .order_by(
                keys.c.opd, sa.collate(version.c.title, "C"), keys.c.obligation
            )
            .offset(offset)
        )
        if limit is not None:
            query = query.limit(limit)
        return model.Session.execute(query).all()

    def _rows_of(self, chosen: Sequence[Any]) -> dict[tuple[UUID, UUID], list[Any]]:
        found: dict[tuple[UUID, UUID], list[Any]] = {}
        query = sa.select(state).where(*self._known_rows()).order_by(
            state.c.deadline, state.c.period
        )
        # A few are asked for by name; of many, the whole quarter is read in one scan.
        if len(chosen) <= 1000:
            query = query.where(state.c.obligation.in_([row[0] for row in chosen]))
        for row in model.Session.execute(query).mappings():
            found.setdefault((row["obligation"], row["opd"]), []).append(row)
        return found

    def _known_rows(self) -> tuple[Any, ...]:
        return (
            state.c.quarter == self.quarter.index,
            state.c.sys_from < self.as_of, state.c.sys_to >= self.as_of,
        )

    def _period(self, row: Mapping[str, Any]) -> dict[str, Any]:
        moment = row["counts_from"]
        return {
            "period": row["period"],
            "last_day": row["last_day"].isoformat(),
            "status": evaluation.period_state(
                deadline=row["deadline"], waived=row["waived"], counts_from=moment,
                mending_until=row["mending_until"], as_of=self.as_of,
            ),
            "extended": row["extended"],
            "kind": row["kind"],
            "inferred": row["inferred"],
            "happened_at": moment and self.local(moment),
        }

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
        anchors = evaluation.board_offices(facts_of(self.offices, self.quarter))
        found: dict[UUID, list[UUID]] = {}
        for unit, head in anchors.items():
            found.setdefault(head, []).append(unit)
        return found

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


def _by_quarter(rows: Iterable[Any]) -> dict[int, dict[UUID, str]]:
    found: dict[int, dict[UUID, str]] = {}
    for quarter, opd, status in rows:
        found.setdefault(quarter, {})[opd] = status
    return found


def _installed_at() -> dt.datetime:
    """When the portal's first own event was recorded."""
    return model.Session.execute(
        sa.select(sa.func.min(event.c.recorded_at))
    ).scalar_one()
