"""Accounts, memberships and roles from a sheet."""
from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context

from ckanext.satudata.journal import sheets, values
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.schema import codes
from ckanext.satudata.translation import N_

from . import office_list, people
from .imports import Problem, References

ALIASES = {
    "user": "user", "username": "user", "user_name": "user", "name": "user", "nama_akun": "user",
    "akun": "user", "fullname": "fullname", "full_name": "fullname", "nama_lengkap": "fullname",
    "nama": "fullname", "email": "email", "e_mail": "email", "surel": "email", "opd": "opd",
    "organization": "opd", "kode_opd": "opd", "singkatan": "opd", "capacity": "capacity",
    "kapasitas": "capacity", "hak": "capacity", "role": "role", "roles": "role", "peran": "role",
    "from": "from", "dari": "from", "until": "until", "sampai": "until",
    "administers": "administers", "mengelola": "administers", "password": "password",
    "kata_sandi": "password",
}
CAPACITIES = ("admin", "editor", "member")


@dataclass
class Person:
    """One row, read."""

    row: int
    user: str
    fullname: str = ""
    email: str = ""
    password: str = ""
    opd: str | None = None
    capacity: str | None = None
    roles: list[str] = field(default_factory=list)
    administers: bool = False
    dates: dict[str, Any] = field(default_factory=dict)


def run(context: Context, rows: Sequence[Row], *, dry_run: bool) -> dict[str, Any]:
    """Create accounts, put them into their offices and grant roles, in one transaction.

    A person may have several rows. Passwords are set for new accounts only; without one the
    person asks CKAN for a new one by mail. A dry run does the same and rolls it back.

    :returns: ``created``, ``updated``, ``unchanged`` (names of users) and ``errors``
        [{row, field, message}]; with errors nothing was written
    """
    problems: list[Problem] = []
    persons = read(rows, problems)
    done: dict[str, str] = {}
    if not problems:
        inner = cast(Context, {
            "user": context.get("user", ""), "ignore_auth": True, "defer_commit": True,
        })
        try:
            for person in persons:
                _one(inner, person, done, problems)
        except BaseException:
            model.Session.rollback()
            raise
        if problems or dry_run:
            model.Session.rollback()
        else:
            model.repo.commit()
    if problems:
        done = {}
    return {
        **{
            what: [name for name, was in done.items() if was == what]
            for what in ("created", "updated", "unchanged")
        },
        "errors": [office_list.told(problem) for problem in problems],
    }


def read(rows: Sequence[Row], problems: list[Problem]) -> list[Person]:
    """The persons of a sheet; what is wrong goes to ``problems``."""
    look_up = References(office_list.known())
    try:
        rows = sheets.renamed(rows, ALIASES)
    except sheets.SheetError as error:
        problems.append(Problem(error.row, "file", error.message, error.places))
        return []
    return [_read(row, look_up, problems) for row in rows]


def _read(row: Row, look_up: References, problems: list[Problem]) -> Person:
    person = Person(
        row.number, row.text("user").lower(), row.text("fullname"), row.text("email"),
        row.text("password"),
    )

    def wrong(column: str, message: str) -> None:
        problems.append(Problem(row.number, column, message, {"value": row.text(column)}))

    if not person.user:
        wrong("user", N_("A user name is needed."))
    _place(person, row, look_up, wrong, problems)
    for text in values.items(row.cells.get("role")):
        role = codes.normalise("peran_orang", text)
        if role is None:
            wrong("role", N_("Not a role: {value}"))
        else:
            person.roles.append(role)
    administers = values.boolean(row.cells.get("administers"))
    if administers is None and row.text("administers"):
        wrong("administers", N_("Neither yes nor no: {value}"))
    person.administers = bool(administers)
    if person.administers and people.WALIDATA not in person.roles:
        wrong("administers", N_("Only a walidata can have the right to administer."))
    for column in ("from", "until"):
        person.dates[column] = values.date(row.cells.get(column))
        if row.text(column) and person.dates[column] is None:
            wrong(column, N_("Not a date (2026-08-17): {value}"))
    return person


def _place(
    person: Person, row: Row, look_up: References, wrong: Any, problems: list[Problem]
) -> None:
    """The office and what the person may do in it; an office alone says only where they sit."""
    capacity = row.text("capacity").lower()
    if capacity and capacity not in CAPACITIES:
        wrong("capacity", N_("Neither admin nor editor nor member: {value}"))
    if row.text("opd"):
        found = look_up.find(row.text("opd"))
        if isinstance(found, Problem):
            problems.append(Problem(row.number, "opd", found.message, found.places))
        elif capacity in CAPACITIES:
            person.opd, person.capacity = found, capacity
    elif capacity:
        wrong("opd", N_("An office is needed for this capacity."))


def _one(
    context: Context, person: Person, done: dict[str, str], problems: list[Problem]
) -> None:
    try:
        user, what = _account(context, person)
        changed = _membership(context, person, user)
        changed = _roles(context, person, user) or changed
    except tk.ValidationError as error:
        for column, messages in error.error_dict.items():
            text = "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
            problems.append(Problem(person.row, column, N_("{message}"), {"message": text}))
        return
    if what == "unchanged" and changed:
        what = "updated"
    if done.get(person.user) in (None, "unchanged"):
        done[person.user] = what


def _account(context: Context, person: Person) -> tuple[model.User, str]:
    user = model.User.get(person.user)
    if user is None:
        tk.get_action("user_create")(cast(Context, dict(context)), {
            "name": person.user, "fullname": person.fullname, "email": person.email,
            "password": person.password or secrets.token_urlsafe(24),
        })
        model.Session.flush()
        return cast(model.User, model.User.get(person.user)), "created"
    if user.state != "active":
        raise tk.ValidationError({"user": [tk._("This account was deleted.")]})
    changes = {
        key: value for key, value in (("fullname", person.fullname), ("email", person.email))
        if value and value != getattr(user, key)
    }
    if not changes:
        return user, "unchanged"
    tk.get_action("user_patch")(cast(Context, dict(context)), {"id": user.id, **changes})
    return user, "updated"


def _membership(context: Context, person: Person, user: model.User) -> bool:
    group = model.Group.get(person.opd) if person.opd else None
    if group is None:
        return False
    model.Session.flush()
    member = model.Member
    held = model.Session.execute(
        sa.select(member.capacity).where(
            member.group_id == group.id, member.table_name == "user",
            member.table_id == user.id, member.state == "active",
        )
    ).scalar()
    if held == person.capacity:
        return False
    tk.get_action("member_create")(cast(Context, dict(context)), {
        "id": group.id, "object": user.id, "object_type": "user", "capacity": person.capacity,
    })
    return True


def _roles(context: Context, person: Person, user: model.User) -> bool:
    changed = False
    for role in person.roles:
        before = {one.id for one in people.grants(user.id, role) if not one.revoked}
        try:
            granted = people.grant(
                user.id, role, actor(context), valid_from=person.dates["from"],
                valid_until=person.dates["until"],
                administers=person.administers and role == people.WALIDATA,
            )
        except ValueError as error:
            raise tk.ValidationError(
                {"until": [tk._("The last day is before the first.")]}
            ) from error
        changed = changed or granted.id not in before
    return changed
