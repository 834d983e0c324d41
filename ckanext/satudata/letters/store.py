"""Reading and writing the table of letters. Nothing here commits."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import visibility
from ckanext.satudata.deposits import versions
from ckanext.satudata.deposits.model import obligation
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd.model import opd

from .life import CANCELLED, OUT, REPRIMAND, REQUEST
from .model import letter

Row = Mapping[Any, Any]
_columns = letter.c
#: Quarters back from which earlier reprimands are referred to.
_YEAR = 4


def get(id: UUID, *, lock: bool = False) -> Row | None:
    """One letter; locked until the transaction ends."""
    query = sa.select(letter).where(_columns.id == id)
    return model.Session.execute(query.with_for_update() if lock else query).mappings().first()


def create(**values: Any) -> None:
    """A new letter."""
    model.Session.execute(sa.insert(letter).values(**values))


def save(id: UUID, **values: Any) -> None:
    """Change columns of a letter."""
    model.Session.execute(sa.update(letter).where(_columns.id == id).values(**values))


def hold(quarter: Quarter) -> None:
    """Let nobody else draft letters of a quarter until the transaction ends."""
    _hold(f"satudata_letter:{quarter.code}")


def standing(quarter: Quarter, kind: str | None = None) -> Sequence[Row]:
    """The letters of a quarter that were not cancelled, without what they say.

    With ``group_id``, the id of the organization that was judged.
    """
    query = (
        sa.select(*_heads(), opd.c.group_id)
        .join(opd, opd.c.id == _columns.opd)
        .where(_columns.quarter == quarter.index, _columns.state != CANCELLED)
    )
    if kind is not None:
        query = query.where(_columns.kind == kind)
    return model.Session.execute(query.order_by(_columns.drafted_by)).mappings().all()


def numbered_before(quarter: Quarter, offices: Collection[UUID]) -> Sequence[Row]:
    """Letters that one of a quarter may refer to: its requests, and the reprimands of a year.

    Those that have their number and were not cancelled, the oldest first.
    """
    request = (_columns.kind == REQUEST) & (_columns.quarter == quarter.index)
    reprimand = (_columns.kind == REPRIMAND) & _columns.quarter.between(
        quarter.index - _YEAR, quarter.index - 1
    )
    return model.Session.execute(
        sa.select(*_heads())
        .where(
            _columns.opd.in_(list(offices)), _columns.number.isnot(None),
            _columns.state != CANCELLED, sa.or_(request, reprimand),
        )
        .order_by(_columns.date, _columns.drafted_by)
    ).mappings().all()


def has_number(number: str, besides: UUID) -> bool:
    """Whether another letter that was not cancelled has this number.

    Nobody else asks for the number until the transaction ends.
    """
    _hold(f"satudata_letter_number:{number}")
    return bool(model.Session.execute(sa.select(sa.exists().where(
        _columns.number == number, _columns.state != CANCELLED, _columns.id != besides,
    ))).scalar())


def find(
    *, addressees: Collection[UUID] | None = None, office: UUID | None = None,
    quarter: Quarter | None = None, kind: str | None = None, state: str | None = None,
    limit: int, offset: int = 0,
) -> tuple[int, Sequence[Row]]:
    """How many letters there are and one page of them: the latest quarter first.

    :param addressees: only those that are out and written to these offices; None: all
    :param office: only those about this office, or written to it
    """
    query = sa.select(letter)
    if addressees is not None:
        query = query.where(_columns.addressee.in_(list(addressees)), _columns.state.in_(OUT))
    if office is not None:
        query = query.where(sa.or_(_columns.opd == office, _columns.addressee == office))
    if quarter is not None:
        query = query.where(_columns.quarter == quarter.index)
    for column, value in ((_columns.kind, kind), (_columns.state, state)):
        if value is not None:
            query = query.where(column == value)
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    rows = model.Session.execute(
        query.order_by(_columns.quarter.desc(), _columns.drafted_by.desc(), _columns.id)
        .limit(limit).offset(offset)
    ).mappings().all() if limit else []
    return count, rows


def counts(addressees: Collection[UUID] | None) -> dict[str, int]:
    """How many letters there are in each state; ``addressees`` as in :func:`find`."""
    query = sa.select(_columns.state, sa.func.count().label("number")).group_by(_columns.state)
    if addressees is not None:
        query = query.where(_columns.addressee.in_(list(addressees)), _columns.state.in_(OUT))
    return {row.state: row.number for row in model.Session.execute(query)}


def nameable(ids: Collection[str]) -> dict[str, str]:
    """Titles of those items that everybody who receives a letter may see today, by id.

    A letter has copies for offices that are shown what is open and no more, so these are the open
    ones (docs/letters.md, "What a letter names").
    """
    if not ids:
        return {}
    version = versions.latest().subquery()
    rows = model.Session.execute(
        sa.select(version.c.obligation, version.c.title)
        .join(obligation, obligation.c.id == version.c.obligation)
        .where(
            obligation.c.id.in_([UUID(id) for id in ids]),
            obligation.c.klasifikasi_akses == visibility.TERBUKA,
        )
    )
    return {str(id): title for id, title in rows}


def _hold(what: str) -> None:
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what))))


def _heads() -> list[Any]:
    return [column for column in _columns if column.name != "content"]
