"""Which closures end, wait for the PPID's determination, or have to be looked at again.

The table follows what datasets say, in the transaction that saves them. Nothing here commits.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal import clock

from . import closing, requests, visibility
from .closing import CLOSURE, GRANT, REVIEW, WAITING, Terms
from .model import closure

#: Grants that ended longer ago than this are nobody's news any more (days).
OLD_GRANT = 30

_package: Any = model.Package
_group: Any = model.Group
_columns = closure.c
_LAST_DAYS = {
    WAITING: _columns.waiting_until, CLOSURE: _columns.closed_until, REVIEW: _columns.review_until,
}


@dataclass(frozen=True)
class End:
    """Something that ends, or has ended and waits for a decision.

    :param kind: one of ``closing.KINDS``
    :param last_day: the last day on which it holds
    :param organization: of a grant: the id of the office that has it
    :param request: of a grant: the id of the access request
    """

    kind: str
    package_id: str
    last_day: dt.date
    organization: str | None = None
    request: str | None = None


def ending(day: dt.date) -> list[End]:
    """All that ends on a day or before it, the soonest first.

    Closures whose day is over stay here until somebody has decided; so does what waits for a
    determination. Grants that are over are named for some weeks.

    :param day: a day of the city: today for what ends now, a later one for what will
    """
    found = [
        End(row["kind"], row["package_id"], row["last_day"])
        for row in model.Session.execute(_ends(day).subquery().select()).mappings()
    ]
    first = min(day, clock.city_today()) - dt.timedelta(days=OLD_GRANT)
    found += [
        End(GRANT, row["package_id"], row["until"], row["organization"], str(row["id"]))
        for row in requests.ending(first, day)
    ]
    return sorted(found, key=lambda one: (one.last_day, one.kind, one.package_id))


def find(
    kinds: Collection[str], last: dt.date | None, offices: Collection[str] | None,
    limit: int | None, offset: int = 0,
) -> tuple[int, Sequence[Mapping[Any, Any]]]:
    """How many ends of closures there are and one page of them, the soonest first.

    :param kinds: of ``waiting``, ``closure``, ``review``
    :param last: only those with a last day until then
    :param offices: ids of the owning organizations; None: all
    :param limit: rows of the page; 0: only count, None: all
    """
    ends = _ends(last).subquery()
    query = (
        sa.select(
            ends, _package.name, _package.title, _package.owner_org,
            _group.title.label("organization_title"),
        )
        .join(_package, _package.id == ends.c.package_id)
        .outerjoin(_group, _group.id == _package.owner_org)
        .where(ends.c.kind.in_(list(kinds)))
    )
    if offices is not None:
        query = query.where(_package.owner_org.in_(list(offices)))
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    rows = model.Session.execute(
        query.order_by(ends.c.last_day, ends.c.package_id, ends.c.kind)
        .limit(limit).offset(offset)
    ).mappings().all() if limit != 0 else []
    return count, rows


def get(package_id: str) -> Terms:
    """The terms of one dataset's closure, as it was last saved."""
    row = model.Session.execute(
        sa.select(closure).where(_columns.package_id == package_id)
    ).mappings().first()
    return Terms(**{name: row[name] for name in asdict(Terms())}) if row else Terms()


def follow(package_id: str, dataset: Mapping[str, Any], verified_class: str | None) -> None:
    """Keep the terms of a dataset that is being saved.

    :param dataset: its fields as they are stored
    :param verified_class: the class that counts until the next verification
    """
    given = visibility.class_code(dataset.get("klasifikasi_akses"))
    if not {given, verified_class} & {visibility.TERBATAS, visibility.TERTUTUP}:
        forget(package_id)
        return
    known = get(package_id)
    now = closing.terms(dataset, known.waiting_since, clock.city_today())
    if now == known:
        return
    statement = pg.insert(closure).values(package_id=package_id, **asdict(now))
    model.Session.execute(statement.on_conflict_do_update(
        index_elements=[_columns.package_id],
        set_={name: statement.excluded[name] for name in asdict(now)},
    ))


def determined(package_id: str) -> None:
    """The PPID has decided: what waits later begins to wait anew."""
    model.Session.execute(
        sa.update(closure).where(_columns.package_id == package_id)
        .values(waiting_since=None, waiting_until=None)
    )


def forget(package_id: str) -> None:
    """There is no closure any more, or no dataset."""
    model.Session.execute(sa.delete(closure).where(_columns.package_id == package_id))


def _ends(last: dt.date | None) -> Any:
    """One row for each last day of a closure that still stands."""
    parts = []
    for kind, column in _LAST_DAYS.items():
        part = (
            sa.select(
                sa.literal(kind).label("kind"), _columns.package_id, column.label("last_day"))
            .join(_package, _package.id == _columns.package_id)
            .where(column.isnot(None), _package.state == "active", _package.private.is_(True))
        )
        parts.append(part if last is None else part.where(column <= last))
    return sa.union_all(*parts)
