"""Persons and their city-wide roles.

A role is granted to a person, with dates; belonging to an office, or what an office is in Satu
Data (``peran_satu_data``), gives nobody one. Nothing here is cached: a role ends at once.
"""
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.clock import city_day, city_today
from ckanext.satudata.journal.events import Actor, record

from .model import role_grant

WALIDATA, KOORDINATOR, PEMBINA = "walidata", "koordinator", "pembina"
PPID, PIMPINAN = "ppid", "pimpinan"

ROLES = (WALIDATA, KOORDINATOR, PEMBINA, PPID, PIMPINAN)


@dataclass(frozen=True)
class Grant:
    """A role given to a person.

    :param person: id of a CKAN user
    :param valid_until: last day on which it holds; None: until revoked
    :param administers: a walidata's right to grant roles and keep codes, parents and validity
    """

    id: uuid.UUID
    person: str
    role: str
    valid_from: dt.date
    valid_until: dt.date | None
    administers: bool = False
    revoked: bool = False

    def holds_on(self, day: dt.date) -> bool:
        """Whether the grant holds on a day."""
        return (
            not self.revoked and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def roles_of(user_id: str | None) -> frozenset[str]:
    """City-wide roles a person holds today, in the city's time zone; one short query.

    :param user_id: id of a CKAN user; None (anonymous) holds none, nor does a deleted user
    """
    if not user_id:
        return frozenset()
    return frozenset(model.Session.execute(_ROLES_OF, {"person": user_id}).scalars())


def has_role(user_id: str | None, *roles: str) -> bool:
    """Whether a person holds at least one of the roles today."""
    return not roles_of(user_id).isdisjoint(roles)


def administers(user_id: str | None) -> bool:
    """Whether a person is a walidata with the right to administer. Sysadmins are not asked here."""
    if not user_id:
        return False
    query = _today(user_id, role_grant.c.id).where(
        role_grant.c.role == WALIDATA, role_grant.c.administers.is_(True)
    )
    return model.Session.execute(query.limit(1)).first() is not None


def holders(*roles: str) -> dict[str, frozenset[str]]:
    """Active users who hold any of the roles today (all roles when none is named).

    :returns: roles by the id of the person
    """
    found: dict[str, set[str]] = {}
    rows = model.Session.execute(
        _today(None, role_grant.c.person, role_grant.c.role).where(
            role_grant.c.role.in_(roles or ROLES)
        )
    )
    for person, role in rows:
        found.setdefault(person, set()).add(role)
    return {person: frozenset(held) for person, held in found.items()}


def of_office(group_id: str | None, *capacities: str) -> set[str]:
    """Ids of the active persons who are this (``admin``, ``editor``, ``member``) in an office."""
    member, user = model.Member, model.User
    return set(model.Session.execute(
        sa.select(user.id)
        .join(member, member.table_id == user.id)
        .where(
            member.group_id == group_id, member.table_name == "user", member.state == "active",
            member.capacity.in_(capacities), user.state == "active",
        )
    ).scalars())


def heads_of(group_id: str | None) -> set[str]:
    """Who answers for an office here: its admins; its editors where there is no admin."""
    return of_office(group_id, "admin") or of_office(group_id, "editor")


def grant(
    person: str,
    role: str,
    by: Actor,
    *,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
    administers: bool = False,
) -> Grant:
    """Give a person a role; does not commit.

    A grant of the same role whose days overlap is replaced by this one; the same grant again
    changes nothing.

    :param valid_from: first day; default today in the city
    :raises ValueError: an unknown role, an end before the beginning, or the right to administer
        with a role other than walidata
    """
    first = valid_from or city_today()
    if role not in ROLES:
        raise ValueError("role")
    if valid_until is not None and valid_until < first:
        raise ValueError("until")
    if administers and role != WALIDATA:
        raise ValueError("administers")
    _lock(person)
    overlapping = _overlapping(person, role, first, valid_until)
    wanted = (first, valid_until, administers)
    for one in overlapping:
        # "From today" said again tomorrow is the same grant.
        begun = one.valid_from if valid_from is None and one.valid_from <= first else first
        if (one.valid_from, one.valid_until, one.administers) == (begun, *wanted[1:]):
            return one
    new = Grant(uuid.uuid4(), person, role, first, valid_until, administers)
    seq = record("role.granted", "role_grant", str(new.id), by, data=_data(new))
    if overlapping:
        model.Session.execute(
            sa.update(role_grant)
            .where(role_grant.c.id.in_([one.id for one in overlapping]))
            .values(revoked_by=seq)
        )
    model.Session.execute(
        sa.insert(role_grant).values(
            id=new.id, person=person, role=role, valid_from=first, valid_until=valid_until,
            administers=administers, granted_by=seq,
        )
    )
    return new


def revoke(person: str, role: str, by: Actor) -> list[Grant]:
    """Take a role from a person, at once, whatever its dates; does not commit.

    :returns: the grants that were ended (none: there was nothing to take)
    """
    _lock(person)
    found = [one for one in grants(person=person, role=role) if not one.revoked]
    for one in found:
        seq = record("role.revoked", "role_grant", str(one.id), by, data=_data(one))
        model.Session.execute(
            sa.update(role_grant).where(role_grant.c.id == one.id).values(revoked_by=seq)
        )
    return found


def grants(person: str | None = None, role: str | None = None) -> list[Grant]:
    """All grants there ever were, newest first, of a person or a role when given."""
    query = sa.select(role_grant).order_by(role_grant.c.granted_by.desc())
    if person is not None:
        query = query.where(role_grant.c.person == person)
    if role is not None:
        query = query.where(role_grant.c.role == role)
    return [_grant(row) for row in model.Session.execute(query).mappings()]


def _today(person: str | None, *columns: Any) -> Any:
    held = role_grant.c
    query = (
        sa.select(*columns)
        .join(model.User, model.User.id == held.person)
        .where(
            model.User.state == "active",
            held.revoked_by.is_(None),
            held.valid_from <= city_day(),
            sa.or_(held.valid_until.is_(None), held.valid_until >= city_day()),
        )
    )
    return query if person is None else query.where(held.person == person)


# Built once: it is asked with every search of somebody who is signed in.
_ROLES_OF = _today(None, role_grant.c.role).where(role_grant.c.person == sa.bindparam("person"))


def _overlapping(
    person: str, role: str, first: dt.date, last: dt.date | None
) -> Collection[Grant]:
    return [
        one for one in grants(person, role)
        if not one.revoked
        and (last is None or one.valid_from <= last)
        and (one.valid_until is None or one.valid_until >= first)
    ]


def _lock(person: str) -> None:
    model.Session.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("satudata_role:" + person)))
    )


def _data(one: Grant) -> dict[str, Any]:
    return {
        "person": one.person, "role": one.role, "from": one.valid_from.isoformat(),
        "until": one.valid_until and one.valid_until.isoformat(), "administers": one.administers,
    }


def _grant(row: Any) -> Grant:
    return Grant(
        row["id"], row["person"], row["role"], row["valid_from"], row["valid_until"],
        row["administers"], row["revoked_by"] is not None,
    )
