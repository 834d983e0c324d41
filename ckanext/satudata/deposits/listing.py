"""Looking items of the daftar data up, for a reader."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, model
from ckan.types import Context

from ckanext.satudata.access import hiding
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import key

from . import versions
from .model import obligation, register_agreement, state
from .obligations import Terms

#: Roles that see every item with its state.
SEES_ALL = (people.WALIDATA, people.KOORDINATOR, people.PIMPINAN)


@dataclass(frozen=True)
class Reader:
    """Who reads items and reports, and what may be named to them today.

    :param everything: may see every item, whatever its class
    :param opds: offices whose items they may see (own ones, and those below, for admins)
    :param inside: belongs to the city's administration: a member of an office, or a role
    :param context: of the call, by which datasets are shown or hidden; None: nothing is hidden
    """

    everything: bool
    opds: frozenset[UUID] = frozenset()
    inside: bool = False
    context: Context | None = None

    def may_see(self, opd: UUID, klass: str) -> bool:
        """Whether an item of an office and access class may be named."""
        return self.everything or klass == "terbuka" or opd in self.opds

    def without_hidden(self, items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Items as actions give them, ``package_id`` None where the dataset is hidden from them.

        The title of an item is named by the item's class; its dataset may be a draft still. The
        number of queries is the same for any number of items.
        """
        found = list(items)
        ids = {one["package_id"] for one in found if one["package_id"]}
        if self.context is None or not ids:
            return found
        hidden = ids - hiding.visible(self.context, ids)
        return [
            {**one, "package_id": None} if one["package_id"] in hidden else one for one in found
        ]


EVERYTHING = Reader(everything=True, inside=True)


def reader(context: Context) -> Reader:
    """The reader behind an action call."""
    if context.get("ignore_auth"):
        return EVERYTHING
    user = context.get("user")
    if not user:
        return Reader(everything=False, context=context)
    if authz.is_sysadmin(user):
        return EVERYTHING
    roles = people.roles_of(actor(context).person)
    if roles.intersection(SEES_ALL):
        return Reader(everything=True, inside=True, context=context)
    own = tk.get_action("organization_list_for_user")(
        {"user": user, "ignore_auth": False}, {"id": user, "permission": "read"}
    )
    opds = frozenset(key(organization["id"]) for organization in own)
    return Reader(
        everything=False, opds=opds, inside=bool(opds or roles), context=context
    )


def items(
    who: Reader, *, opd: UUID | None = None, words: str = "", limit: int = 100, offset: int = 0,
    as_of: dt.datetime | None = None, narrow: Callable[[Any], Sequence[Any]] = lambda _: (),
) -> tuple[int, list[Any]]:
    """(how many items the reader may see, a page of them by title).

    :param as_of: items as they were known at this moment; who may see them goes by today
    :param narrow: further conditions, of the columns of the version
    """
    version = versions.latest(as_of=as_of).subquery()
    query = sa.select(version, obligation.c.package_id).join(
        obligation, obligation.c.id == version.c.obligation
    )
    if not who.everything:
        query = query.where(
            (obligation.c.klasifikasi_akses == "terbuka") | version.c.opd.in_(list(who.opds))
        )
    if opd is not None:
        query = query.where(version.c.opd == opd)
    query = query.where(*has_words(version.c.title, words), *narrow(version.c))
    count = model.Session.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    rows = model.Session.execute(
        query.order_by(sa.collate(version.c.title, "C"), version.c.obligation)
        .limit(limit).offset(offset)
    ).mappings().all()
    return count, list(rows)


def has_words(column: Any, words: str) -> list[Any]:
    """Conditions that a column of text has each of the words, in either case."""
    found = []
    for word in words.split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found.append(column.ilike(f"%{escaped}%"))
    return found


def as_item(row: Mapping[Any, Any], names: Mapping[UUID, str]) -> dict[str, Any]:
    """An item (a version with the dataset it is linked to) as actions give it.

    :param names: names of the offices by key
    """
    terms = Terms.from_row(row)
    return {
        "id": str(row["obligation"]),
        **{key: value for key, value in terms.as_data().items() if key != "opd"},
        "organization": names[terms.opd],
        "package_id": row["package_id"],
    }


def one(id: UUID) -> Mapping[Any, Any]:
    """An item in its latest version, with the dataset it is linked to."""
    version = versions.latest().subquery()
    return model.Session.execute(
        sa.select(version, obligation.c.package_id)
        .join(obligation, obligation.c.id == version.c.obligation)
        .where(obligation.c.id == id)
    ).mappings().one()


def open_day(id: UUID, period: str) -> dt.date | None:
    """The last allowed day of a period as it now stands, or None if it is not owed."""
    return model.Session.execute(
        sa.select(state.c.last_day).where(
            state.c.obligation == id, state.c.period == period, state.c.closed_by.is_(None)
        )
    ).scalar_one_or_none()


def count_register(year: int) -> int:
    """How many items the daftar data of a year has."""
    version = versions.latest().subquery()
    return model.Session.execute(
        sa.select(sa.func.count()).select_from(version).where(version.c.register_year == year)
    ).scalar_one()


def registers() -> list[tuple[int | None, int, dt.date | None]]:
    """(year, how many items, the latest agreement's day) of each register, oldest first.

    The year is None for items that were derived from datasets.
    """
    version = versions.latest().subquery()
    agreed: dict[int, dt.date] = {}
    for year, day in model.Session.execute(
        sa.select(register_agreement.c.year, register_agreement.c.agreed_on)
        .order_by(register_agreement.c.event_seq)
    ):
        agreed[year] = day
    rows = model.Session.execute(
        sa.select(version.c.register_year, sa.func.count())
        .group_by(version.c.register_year)
        .order_by(version.c.register_year.nulls_last())
    )
    return [(year, count, agreed.get(year)) for year, count in rows]
