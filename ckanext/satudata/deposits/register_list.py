"""Actions that show the daftar data of a year: its items, one item, what may belong to them."""
from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.access import hiding
from ckanext.satudata.journal import asked, clock, events
from ckanext.satudata.journal.model import event
from ckanext.satudata.opd import store as offices

from . import dispensations, likeness, listing, obligations, versions
from .asked import access_class, frequency_code, organization
from .model import obligation, obligation_version, register_agreement, state

#: States of an item, by its days and today.
IN_FORCE, UPCOMING, ENDED = "in_force", "upcoming", "ended"
STATES = (IN_FORCE, UPCOMING, ENDED)

#: Items of a page of proposals, and proposals for each.
A_PAGE, PROPOSED = 25, 3


@tk.side_effect_free
def satudata_register_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Items of the daftar data as it stands, that the caller may see, by title.

    :param year: of the register; default: all there are
    :type year: integer
    :param organization: name or id of the office that answers for them
    :type organization: string
    :param q: words of the title
    :type q: string
    :param frekuensi: code of the frequency
    :type frekuensi: string
    :param klasifikasi_akses: access class
    :type klasifikasi_akses: string
    :param state: ``in_force`` (owes today), ``upcoming`` or ``ended``
    :type state: string
    :param linked: whether a dataset is linked; only for those who keep the daftar data
    :type linked: boolean
    :param limit: how many (default 50, at most 1,000)
    :type limit: integer
    :param offset: how many to leave out
    :type offset: integer

    :returns: ``count`` and ``results``, each {id, title, organization, package_id, frekuensi,
        tahun_awal, valid_from, valid_until, prioritas, klasifikasi_akses, jadwal, register_year,
        code, state}
    :rtype: dictionary

    :raises ValidationError: what makes no sense, by field
    :raises NotAuthorized: ``linked`` was asked by somebody else
    """
    tk.check_access("satudata_register_list", context, data_dict)
    opd, conditions = _conditions(context, data_dict)
    limit, offset = asked.page(data_dict, 50, 1000)
    who = listing.reader(context)
    count, rows = listing.items(
        who, opd=opd, words=asked.optional(data_dict, "q") or "", limit=limit, offset=offset,
        narrow=lambda version: [one(version) for one in conditions],
    )
    return {"count": count, "results": _plain(who, rows)}


@tk.side_effect_free
def satudata_obligation_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One item of the daftar data with the periods that it owes.

    :param id: id of the item
    :type id: string

    :returns: as an item of ``satudata_register_list``, with ``periods``: {period, last_day,
        waived, extended, came} by last allowed day, ``dispensations`` as of
        ``satudata_dispensation_list``, and ``retired``: {by, at, note}, who ended the item and
        why, or None; the last two are empty for those who may not see dispensations
    :rtype: dictionary

    :raises ObjectNotFound: there is no such item for the caller
    """
    tk.check_access("satudata_obligation_show", context, data_dict)
    who, id = listing.reader(context), asked.identifier(data_dict)
    row = listing.one(id) if obligations.package_of(id)[0] else None
    if row is None or not who.may_see(row["opd"], row["klasifikasi_akses"]):
        raise tk.ObjectNotFound(tk._("There is no such item in the daftar data."))
    [item] = _plain(who, [row])
    periods = model.Session.execute(
        sa.select(
            state.c.period, state.c.last_day, state.c.waived, state.c.extended,
            state.c.counts_from.isnot(None).label("came"),
        )
        .where(
            state.c.obligation == id, state.c.closed_by.is_(None), state.c.deadline.isnot(None))
        .order_by(state.c.last_day, state.c.period)
    ).mappings()
    _, given = dispensations.find(who, item=id, limit=asked.FURTHEST)
    return {
        **item,
        "periods": [{**one, "last_day": one["last_day"].isoformat()} for one in periods],
        "dispensations": given,
        "retired": _retired(id) if who.everything or row["opd"] in who.opds else None,
    }


@tk.side_effect_free
def satudata_obligation_proposals(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Items without a dataset, each with the datasets of its office whose titles are most alike.

    A dataset that is linked to an item of the same register, or that the caller may not see, is
    not proposed. Nothing is linked: that is ``satudata_obligation_link``.

    :param year: of the register; default: all items
    :type year: integer
    :param organization: name or id of the office
    :type organization: string
    :param limit: how many items (default 25, at most 100)
    :type limit: integer
    :param offset: how many to leave out
    :type offset: integer

    :returns: ``count`` and ``results``: an item as of ``satudata_register_list`` with
        ``proposals``, a list of {package_id, name, title, score}, the best first; score from 0 to
        100
    :rtype: dictionary

    :raises ValidationError: what makes no sense, by field
    :raises NotAuthorized: the caller is neither koordinator nor walidata
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    narrowed = {key: data_dict.get(key) for key in ("year", "organization")}
    opd, conditions = _conditions(context, {**narrowed, "linked": False})
    today = clock.city_today()
    limit, offset = asked.page(data_dict, A_PAGE, 100)
    who = listing.reader(context)
    count, rows = listing.items(
        who, opd=opd, limit=limit, offset=offset,
        narrow=lambda version: [
            *(one(version) for one in conditions), sa.not_(_is(ENDED, version, today))],
    )
    items = _plain(who, rows)
    groups = {office.name: office.group_id for office in offices.offices().values()}
    wanted = {groups[one["organization"]] for one in items}
    there = _datasets(context, wanted)
    taken = _taken([one["package_id"] for found in there.values() for one in found])
    return {"count": count, "results": [
        {**one, "proposals": _proposals(one, there[groups[one["organization"]]], taken)}
        for one in items
    ]}


@tk.side_effect_free
def satudata_dispensation_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Dispensations that the caller may see, the latest first: their own office's, or all.

    :param organization: name or id of the office
    :type organization: string
    :param quarter: the quarter in which the period falls due, such as ``2026-TW3``
    :type quarter: string
    :param status: ``in_force``, ``over`` (the day of the extension is past), ``replaced`` or
        ``withdrawn``
    :type status: string
    :param limit: how many (default 50, at most 1,000)
    :type limit: integer
    :param offset: how many to leave out
    :type offset: integer

    :returns: ``count`` and ``results``: {id, obligation_id, title, organization, period, last_day,
        quarter, until, status, came, given: {by, at, note}, withdrawn: the same or None};
        ``until`` None: a waiver
    :rtype: dictionary

    :raises ValidationError: what makes no sense, by field
    """
    tk.check_access("satudata_dispensation_list", context, data_dict)
    opd = offices.key(organization(data_dict).id) if data_dict.get("organization") else None
    status = None
    if data_dict.get("status"):
        status = asked.one_of(data_dict, "status", dispensations.STATES)
    limit, offset = asked.page(data_dict, 50, 1000)
    count, rows = dispensations.find(
        listing.reader(context), opd=opd, quarter=asked.optional_quarter(data_dict), status=status,
        limit=limit, offset=offset,
    )
    return {"count": count, "results": rows}


def agreements(year: int) -> list[dict[str, Any]]:
    """The Forum's agreements on the daftar data of a year, the latest first.

    :returns: {agreed_on, minutes, by, at} of each
    """
    found = model.Session.execute(
        sa.select(register_agreement).where(register_agreement.c.year == year)
        .order_by(register_agreement.c.event_seq.desc())
    ).mappings().all()
    said = events.said([row["event_seq"] for row in found])
    return [
        {"agreed_on": row["agreed_on"], "minutes": row["minutes"],
         "by": said[row["event_seq"]]["by"], "at": said[row["event_seq"]]["at"]}
        for row in found
    ]


# --- parts --------------------------------------------------------------------------------------


def _conditions(context: Context, data: Mapping[str, Any]) -> tuple[UUID | None, list[Any]]:
    """The office asked for, and further conditions, each a function of a version's columns."""
    found: list[Any] = []
    year = asked.optional_whole(data, "year", 2000, 2999)
    if year is not None:
        found.append(lambda version: version.register_year == year)
    if data.get("frekuensi"):
        frekuensi = frequency_code(data)
        found.append(lambda version: version.frekuensi == frekuensi)
    if data.get("klasifikasi_akses"):
        # By the class that readers go by: it is the item's of today.
        klass = access_class(data)
        found.append(lambda _: obligation.c.klasifikasi_akses == klass)
    if data.get("state"):
        wanted, today = asked.one_of(data, "state", STATES), clock.city_today()
        found.append(lambda version: _is(wanted, version, today))
    if data.get("linked") not in (None, ""):
        tk.check_access("satudata_register_keep", context, dict(data))
        linked = asked.flag(data, "linked")
        found.append(lambda _: obligation.c.package_id.isnot(None) == linked)
    opd = offices.key(organization(data).id) if data.get("organization") else None
    return opd, found


def _is(wanted: str, version: Any, today: dt.date) -> Any:
    ended = sa.and_(version.valid_until.isnot(None), version.valid_until < today)
    if wanted == ENDED:
        return ended
    begun = version.valid_from <= today
    return sa.not_(begun) if wanted == UPCOMING else sa.and_(begun, sa.not_(ended))


def _state(item: Mapping[str, Any], today: str) -> str:
    if item["valid_until"] is not None and item["valid_until"] < today:
        return ENDED
    return IN_FORCE if item["valid_from"] <= today else UPCOMING


def _plain(who: listing.Reader, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    names = {id: office.name for id, office in offices.offices().items()}
    today = clock.city_today().isoformat()
    return [
        {**one, "state": _state(one, today)}
        for one in who.without_hidden(listing.as_item(row, names) for row in rows)
    ]


def _retired(id: UUID) -> dict[str, Any] | None:
    """Who ended an item, when and why; None: nobody did."""
    seq = model.Session.execute(
        sa.select(sa.func.max(event.c.seq)).where(
            event.c.object_type == "obligation", event.c.object_id == str(id),
            event.c.type == "obligation.retired",
        )
    ).scalar_one_or_none()
    return events.said([seq])[seq] if seq is not None else None


def _datasets(context: Context, groups: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Datasets of offices that the caller may see, by the organization's id; a few queries."""
    package: Any = model.Package
    rows = model.Session.execute(
        sa.select(package.id, package.name, package.title, package.owner_org)
        .where(
            package.owner_org.in_(list(groups)), package.type == "dataset",
            package.state == "active",
        )
        .order_by(package.name)
    ).all() if groups else []
    seen = hiding.visible(context, [row.id for row in rows]) if rows else set()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row.id in seen:
            found[row.owner_org].append(
                {"package_id": row.id, "name": row.name, "title": row.title or row.name})
    return found


def _taken(ids: Collection[str]) -> set[tuple[str, int | None]]:
    """(dataset, year) of each register in which one of these datasets has its item already."""
    version = versions.latest(
        obligation_version.c.obligation, obligation_version.c.register_year).subquery()
    rows = model.Session.execute(
        sa.select(obligation.c.package_id, version.c.register_year)
        .join(version, version.c.obligation == obligation.c.id)
        .where(obligation.c.package_id.in_(list(ids)))
    ) if ids else ()
    return {(package_id, year) for package_id, year in rows}


def _proposals(
    item: Mapping[str, Any], there: Sequence[Mapping[str, Any]],
    taken: set[tuple[str, int | None]],
) -> list[dict[str, Any]]:
    free = {
        one["package_id"]: one for one in there
        if (one["package_id"], item["register_year"]) not in taken
    }
    found = likeness.proposals(
        item["title"], {id: one["title"] for id, one in free.items()}, PROPOSED)
    return [{**free[one.key], "score": one.score} for one in found]
