"""Actions about offices and the roles of persons."""
from __future__ import annotations

from typing import Any

import ckan.plugins as p
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata import compat
from ckanext.satudata.journal import asked, clock, redacting, sheets, values
from ckanext.satudata.journal.events import actor

from . import office_list, people, store
from .tree import Office, Tree

tk = p.toolkit

__all__ = [
    "satudata_note_redact",
    "satudata_opd_import",
    "satudata_opd_tree",
    "satudata_role_grant",
    "satudata_role_list",
    "satudata_role_revoke",
]


def satudata_note_redact(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Redact the note of an event: its text goes for good, the event stays and says so.

    Notes are reasons, remarks on fields and comments; UU 27/2022 gives persons a right to have
    what is said of them erased. The reason given here is kept in the history: it names no person.

    :param seq: number of the event, as ``satudata_history`` gives it
    :type seq: integer
    :param reason: on what grounds
    :type reason: string

    :returns: {seq, of, object, id}: the event that says so, the one whose note is gone, and what
        both are about
    :rtype: dictionary

    :raises ValidationError: no reason, or the event has no note (any more)
    :raises ObjectNotFound: there is no such event

    Sysadmins and walidata with the right to administer.
    """
    tk.check_access("satudata_note_redact", context, data_dict)
    seq = asked.whole(data_dict, "seq", 1, 2**63 - 1)
    reason = asked.text(data_dict, "reason", asked.TEXT)
    said = redacting.redact(seq, reason, actor(context))
    model.Session.commit()
    return said


def satudata_opd_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Bring the office list to what a sheet says. Again with the same sheet changes nothing.

    Only the columns that the sheet has are touched. Everything is written in one transaction, or
    nothing if anything is wrong.

    :param rows: list of dicts with the names of the organization's fields (``title`` as ``nama``)
        or ``code, name, abbreviation, kind, parent_code, role, urusan, wajib_setor``
    :type rows: list of dicts
    :param upload: instead of ``rows``: a CSV, XLSX or JSON file
    :param dry_run: only say what would happen (default: False)
    :type dry_run: bool
    :param retire_missing: let the offices that the sheet does not have end today (default: False);
        a sheet without rows retires nothing
    :type retire_missing: bool
    :param confirm: say that retiring more than a tenth of the offices is meant
    :type confirm: bool

    :returns: ``created``, ``updated``, ``unchanged``, ``retired``, ``absent`` (lists of names) and
        ``errors``, a list of {row, field, message}; with errors nothing was written
    :rtype: dictionary

    :raises ValidationError: no rows and no file, a file that cannot be read, or more than a tenth
        to be retired without ``confirm``

    Sysadmins and walidata with the right to administer.
    """
    tk.check_access("satudata_opd_import", context, data_dict)
    try:
        rows = asked.rows(data_dict)
    except sheets.SheetError as error:
        message = tk._(error.message).format(**error.places)
        if error.row is None:
            raise tk.ValidationError({"upload": [message]}) from error
        return {
            **{key: [] for key in ("created", "updated", "unchanged", "retired", "absent")},
            "errors": [{"row": error.row, "field": "file", "message": message}],
        }
    return office_list.run(
        context, rows,
        dry_run=asked.flag(data_dict, "dry_run"),
        retire_missing=asked.flag(data_dict, "retire_missing"),
        confirm=asked.flag(data_dict, "confirm"),
    )


@tk.side_effect_free
def satudata_opd_tree(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The offices of the city and their units.

    :param as_of: as it was recorded before this moment (ISO 8601; without a zone: the city's);
        default: now
    :type as_of: string

    :returns: offices at the top, by code: {name, title, kode_opd, peran_satu_data, wajib_setor,
        children}. Offices that did not exist on that day are left out.
    :rtype: list of dictionaries

    :raises ValidationError: ``as_of`` is no moment, or is to come

    Everybody may call this.
    """
    tk.check_access("satudata_opd_tree", context, data_dict)
    as_of = asked.moment(data_dict)
    if as_of is None:
        offices, day = store.current(), clock.city_today()
    else:
        offices = store.offices(as_of)
        day = as_of.astimezone(asked.city_zone()).date()
    standing = {
        key: office for key, office in offices.items() if office.active and office.exists_on(day)
    }
    roles = compat.group_extras(
        [office.group_id for office in standing.values()], ("peran_satu_data",)
    )
    tree = Tree(standing)

    def nested(office: Office) -> dict[str, Any]:
        return {
            "name": office.name,
            "title": office.title,
            "kode_opd": office.kode_opd,
            "peran_satu_data": values.items(
                roles.get(office.group_id, {}).get("peran_satu_data")
            ),
            "wajib_setor": office.wajib_setor,
            "children": [nested(child) for child in tree.children(office.id)],
        }

    return [nested(office) for office in tree.children(None)]


def satudata_role_grant(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Grant a person a city-wide role. A grant of the same role whose days overlap is replaced.

    :param user: name or id of the user
    :type user: string
    :param role: walidata, koordinator, pembina, ppid or pimpinan
    :type role: string
    :param from: first day (default: today in the city)
    :type from: string
    :param until: last day (default: until revoked)
    :type until: string
    :param administers: with the right to grant roles and keep codes, parents and validity of
        offices; for a walidata only (default: False)
    :type administers: bool

    :returns: the grant: {id, user, role, from, until, administers, active, revoked}
    :rtype: dictionary

    :raises ValidationError: an unknown user or role, no date, an end before the beginning

    Sysadmins and walidata with the right to administer.
    """
    tk.check_access("satudata_role_grant", context, data_dict)
    user, role = _user_and_role(data_dict)
    dates = {key: asked.optional_day(data_dict, key) for key in ("from", "until")}
    try:
        granted = people.grant(
            user.id, role, actor(context), valid_from=dates["from"], valid_until=dates["until"],
            administers=asked.flag(data_dict, "administers"),
        )
    except ValueError as error:
        raise tk.ValidationError({str(error): [_grant_message(str(error))]}) from error
    _commit(context)
    return _grants([granted])[0]


def satudata_role_revoke(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take a city-wide role from a person, at once.

    :param user: name or id of the user
    :type user: string
    :param role: the role
    :type role: string

    :returns: the grant that was ended (the latest, should there be several)
    :rtype: dictionary

    :raises ValidationError: an unknown user or role
    :raises ObjectNotFound: the person does not hold the role

    Sysadmins and walidata with the right to administer.
    """
    tk.check_access("satudata_role_revoke", context, data_dict)
    user, role = _user_and_role(data_dict)
    ended = people.revoke(user.id, role, actor(context))
    if not ended:
        raise tk.ObjectNotFound(tk._("The person does not hold this role."))
    _commit(context)
    one = next(one for one in people.grants(user.id, role) if one.id == ended[0].id)
    return _grants([one])[0]


@tk.side_effect_free
def satudata_role_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Grants of city-wide roles, newest first.

    :param user: only of this user (name or id)
    :type user: string
    :param role: only of this role
    :type role: string
    :param all: those that ended, were revoked or have not begun as well (default: False)
    :type all: bool

    :returns: grants as of ``satudata_role_grant``
    :rtype: list of dictionaries

    :raises ValidationError: an unknown user or role

    Sysadmins and walidata with the right to administer; everybody for themselves, with ``user``.
    """
    person, named = None, asked.optional_name(data_dict, "user")
    if named is not None:
        user = model.User.get(named)
        person = user.id if user else ""
    tk.check_access("satudata_role_list", context, {**data_dict, "person": person})
    if person == "":
        raise tk.ValidationError({"user": [tk._("There is no such user.")]})
    role = asked.optional_name(data_dict, "role")
    if role and role not in people.ROLES:
        raise tk.ValidationError({"role": [_grant_message("role")]})
    found = _grants(people.grants(person, role))
    return found if asked.flag(data_dict, "all") else [one for one in found if one["active"]]


def _user_and_role(data_dict: DataDict) -> tuple[model.User, str]:
    user = model.User.get(asked.name(data_dict, "user"))
    role = asked.name(data_dict, "role")
    if user is None or user.state != "active":
        raise tk.ValidationError({"user": [tk._("There is no such user.")]})
    if role not in people.ROLES:
        raise tk.ValidationError({"role": [_grant_message("role")]})
    return user, role


def _grant_message(field: str) -> str:
    return {
        "role": tk._("There is no such role."),
        "until": tk._("The last day is before the first."),
        "administers": tk._("Only a walidata can have the right to administer."),
    }[field]


def _grants(found: list[people.Grant]) -> list[dict[str, Any]]:
    names = _user_names({one.person for one in found})
    today = clock.city_today()
    return [
        {
            "id": str(one.id),
            "user": names.get(one.person, one.person),
            "role": one.role,
            "from": one.valid_from.isoformat(),
            "until": one.valid_until.isoformat() if one.valid_until else None,
            "administers": one.administers,
            "active": one.holds_on(today),
            "revoked": one.revoked,
        }
        for one in found
    ]


def _user_names(ids: set[str]) -> dict[str, str]:
    rows = model.Session.execute(
        sa.select(model.User.id, model.User.name).where(model.User.id.in_(list(ids)))
    )
    return {row.id: row.name for row in rows}


def _commit(context: Context) -> None:
    if not context.get("defer_commit"):
        model.repo.commit()
