"""The items behind the figures of a quarter: chosen, ordered and paged by the database."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import versions
from ckanext.satudata.deposits.listing import Reader, has_words
from ckanext.satudata.deposits.model import obligation, state
from ckanext.satudata.opd.tree import Office

from . import evaluation, figures
from .figures import Moment
from .wording import ITEM_STATES

#: Orders in which items may be asked for: by office and title, or what is missing first.
BY_OFFICE, BY_STATUS = "office", "status"
ORDERS = (BY_OFFICE, BY_STATUS)


@dataclass(frozen=True)
class Wanted:
    """Which items of a quarter are asked for.

    :param opds: only those under these offices; None for all
    :param ids: only these
    :param status: only those in this state
    :param klass: only those of this access class, as it is today
    :param words: only those whose titles have all of these words
    :param order: one of :data:`ORDERS`
    :param limit: how many; None for all
    """

    opds: Collection[UUID] | None = None
    ids: Collection[UUID] | None = None
    status: str | None = None
    klass: str | None = None
    words: str = ""
    order: str = BY_OFFICE
    limit: int | None = None
    offset: int = 0


#: Items that are read from the database at a time where they are streamed.
BATCH = 1000

#: What :func:`_period` reads of a row.
_OF_PERIOD = (
    "period", "last_day", "deadline", "waived", "extended", "counts_from", "kind", "inferred",
    "mending_until",
)

#: Every item, in the order of offices.
ALL = Wanted()


def count(moment: Moment, reader: Reader, wanted: Wanted) -> int:
    """How many items the reader may see of those asked for, on all pages."""
    query = _keys(moment, reader, wanted).subquery()
    return model.Session.execute(sa.select(sa.func.count()).select_from(query)).scalar_one()


def page(
    moment: Moment,
    reader: Reader,
    wanted: Wanted,
    offices: Mapping[UUID, Office],
    local: Callable[[dt.datetime], str],
) -> list[dict[str, Any]]:
    """Items of a quarter that the reader may see, with their periods.

    :param local: writes a moment in the city's time zone
    """
    chosen = _chosen(moment, reader, wanted)
    rows = _rows_of(moment, chosen)
    found = []
    for row in chosen:
        periods = [
            _period(period, moment, local)
            for period in rows.get((row["obligation"], row["opd"]), ()) if period["deadline"]
        ]
        found.append(_item(row, periods, offices))
    return reader.without_hidden(found)


def stream(
    moment: Moment,
    reader: Reader,
    wanted: Wanted,
    offices: Mapping[UUID, Office],
    local: Callable[[dt.datetime], str],
) -> Iterator[dict[str, Any]]:
    """All the items of :func:`page`, in the same order: read as they are asked for, never held.

    Nothing may be committed meanwhile: the rows come from a cursor of this transaction.
    """
    chosen = _choose(moment, reader, wanted).subquery()
    query = (
        sa.select(chosen, *(state.c[name] for name in _OF_PERIOD))
        .join(state, (state.c.obligation == chosen.c.obligation) & (state.c.opd == chosen.c.opd))
        .where(*_of_quarter(moment))
        .order_by(
            chosen.c.opd, sa.collate(chosen.c.title, "C"), chosen.c.obligation,
            state.c.deadline, state.c.period,
        )
        .execution_options(stream_results=True, max_row_buffer=BATCH)
    )
    batch: list[dict[str, Any]] = []
    rows = model.Session.execute(query).mappings()
    for _key, group in groupby(rows, key=lambda row: (row["obligation"], row["opd"])):
        own = list(group)
        periods = [_period(row, moment, local) for row in own if row["deadline"]]
        batch.append(_item(own[0], periods, offices))
        if len(batch) >= BATCH:
            yield from reader.without_hidden(batch)
            batch = []
    yield from reader.without_hidden(batch)


def _item(
    row: Mapping[Any, Any], periods: list[dict[str, Any]], offices: Mapping[UUID, Office]
) -> dict[str, Any]:
    return {
        "id": str(row["obligation"]),
        "title": row["title"],
        "organization": offices[row["opd"]].name,
        "package_id": row["package_id"],
        "frekuensi": row["frekuensi"],
        "klasifikasi_akses": row["klasifikasi_akses"],
        "status": evaluation.obligation_status(one["status"] for one in periods),
        "periods": periods,
    }


def arrears(
    rows: sa.sql.Select[Any], moment: Moment, reader: Reader, limit: int, offset: int
) -> list[Any]:
    """Periods in arrears that the reader may see, the oldest first.

    :param rows: query of the rows of periods (``figures.arrears``)
    """
    behind, version = rows.subquery(), versions.latest(as_of=moment.known).subquery()
    query = (
        sa.select(
            behind.c.obligation, behind.c.opd, behind.c.period, behind.c.last_day,
            behind.c.quarter, version.c.title, version.c.frekuensi,
            obligation.c.klasifikasi_akses, obligation.c.package_id, version.c.opd.label("holder"),
        )
        .join(obligation, obligation.c.id == behind.c.obligation)
        .join(version, version.c.obligation == behind.c.obligation)
        .order_by(
            behind.c.last_day, sa.collate(version.c.title, "C"), behind.c.obligation,
            behind.c.period,
        )
        .limit(limit).offset(offset)
    )
    return list(model.Session.execute(_visible(query, reader, behind)).all())


def count_arrears(rows: sa.sql.Select[Any], reader: Reader) -> int:
    """How many periods in arrears the reader may see."""
    behind = rows.subquery()
    query = sa.select(sa.func.count()).select_from(behind).join(
        obligation, obligation.c.id == behind.c.obligation
    )
    return model.Session.execute(_visible(query, reader, behind)).scalar_one()


def holders(
    rows: sa.sql.Select[Any], known: dt.datetime, opds: Collection[UUID]
) -> list[tuple[UUID, UUID, int]]:
    """Arrears of some offices by who now answers for the item: (then, now, number of periods)."""
    behind, version = rows.subquery(), versions.latest(as_of=known).subquery()
    query = (
        sa.select(behind.c.opd, version.c.opd, sa.func.count())
        .join(version, version.c.obligation == behind.c.obligation)
        .where(behind.c.opd.in_(list(opds)))
        .group_by(behind.c.opd, version.c.opd)
    )
    return [tuple(row) for row in model.Session.execute(query)]


def held_by(known: dt.datetime, opds: Collection[UUID]) -> Any:
    """Query of the items for which one of these offices answers, as known at a moment."""
    version = versions.latest(as_of=known).subquery()
    return sa.select(version.c.obligation).where(version.c.opd.in_(list(opds)))


def _visible(query: Any, reader: Reader, rows: Any) -> Any:
    if reader.everything:
        return query
    return query.where(
        (obligation.c.klasifikasi_akses == "terbuka") | rows.c.opd.in_(list(reader.opds))
    )


def _keys(moment: Moment, reader: Reader, wanted: Wanted) -> Any:
    """(obligation, opd, bits) of the items asked for."""
    items = figures.item_bits([moment])
    if wanted.opds is not None:
        items = items.where(state.c.opd.in_(list(wanted.opds)))
    if wanted.ids is not None:
        items = items.where(state.c.obligation.in_(list(wanted.ids)))
    keys = items.subquery()
    query = sa.select(keys.c.obligation, keys.c.opd, keys.c.bits).join(
        obligation, obligation.c.id == keys.c.obligation
    )
    query = _visible(query, reader, keys)
    if wanted.status:
        query = query.where(keys.c.bits.in_(evaluation.bits_of(wanted.status)))
    if wanted.klass:
        query = query.where(obligation.c.klasifikasi_akses == wanted.klass)
    if wanted.words.strip():
        version = versions.latest(as_of=moment.known).subquery()
        query = query.join(version, version.c.obligation == keys.c.obligation).where(
            *has_words(version.c.title, wanted.words)
        )
    return query


def _choose(moment: Moment, reader: Reader, wanted: Wanted) -> Any:
    """Query of the items asked for, with their terms and bits, in no order."""
    keys = _keys(moment, reader, wanted).subquery()
    version = versions.latest(as_of=moment.known).subquery()
    return (
        sa.select(
            keys.c.obligation, keys.c.opd, keys.c.bits, version.c.title, version.c.frekuensi,
            version.c.klasifikasi_akses, obligation.c.package_id,
        )
        .join(version, version.c.obligation == keys.c.obligation)
        .join(obligation, obligation.c.id == keys.c.obligation)
    )


def _chosen(moment: Moment, reader: Reader, wanted: Wanted) -> Sequence[Any]:
    chosen = _choose(moment, reader, wanted).subquery()
    order: list[Any] = [chosen.c.opd, sa.collate(chosen.c.title, "C"), chosen.c.obligation]
    if wanted.order == BY_STATUS:
        place = sa.case(
            *(
                (chosen.c.bits.in_(evaluation.bits_of(status)), number)
                for number, status in enumerate(ITEM_STATES)
            ),
            else_=len(ITEM_STATES),
        )
        order = [place, sa.func.lower(chosen.c.title), chosen.c.obligation, chosen.c.opd]
    query = sa.select(chosen).order_by(*order).offset(wanted.offset)
    if wanted.limit is not None:
        query = query.limit(wanted.limit)
    return model.Session.execute(query).mappings().all()


def _rows_of(moment: Moment, chosen: Sequence[Any]) -> dict[tuple[UUID, UUID], list[Any]]:
    found: dict[tuple[UUID, UUID], list[Any]] = {}
    query = (
        sa.select(state)
        .where(*_of_quarter(moment))
        .order_by(state.c.deadline, state.c.period)
    )
    # A few are asked for by name; of many, the whole quarter is read in one scan.
    if len(chosen) <= 1000:
        query = query.where(state.c.obligation.in_([row["obligation"] for row in chosen]))
    for row in model.Session.execute(query).mappings():
        found.setdefault((row["obligation"], row["opd"]), []).append(row)
    return found


def _of_quarter(moment: Moment) -> tuple[Any, ...]:
    """Conditions: rows of the moment's quarter as known then."""
    return (
        state.c.quarter == moment.quarter,
        state.c.sys_from < moment.known, state.c.sys_to >= moment.known,
    )


def _period(
    row: Mapping[Any, Any], moment: Moment, local: Callable[[dt.datetime], str]
) -> dict[str, Any]:
    came = evaluation.has_come(row["counts_from"], moment.until)
    return {
        "period": row["period"],
        "last_day": row["last_day"].isoformat(),
        "status": evaluation.period_state(
            deadline=row["deadline"], waived=row["waived"], counts_from=row["counts_from"],
            mending_until=row["mending_until"], as_of=moment.at, deposits_until=moment.until,
        ),
        "extended": row["extended"],
        "kind": row["kind"] if came else None,
        "inferred": row["inferred"] and came,
        "happened_at": local(row["counts_from"]) if came else None,
    }
