"""Actions about deposits: give, decide, look."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.access import addresses
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.journal import asked, clock, rules
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store as offices
from ckanext.satudata.schema.checking import reader_language

from . import acceptance, files, inspected, listing, obligations, owed, replacing, store
from .asked import a_period, organization, reason_given
from .assigning import satudata_deposit_assign
from .bulk import satudata_decide_bulk
from .check_action import satudata_file_check, satudata_finding_answer
from .counting import FILE, KINDS, unchanged_allowed
from .many import satudata_deposit_bulk
from .obligation_action import (
    satudata_obligation_create,
    satudata_obligation_excuse,
    satudata_obligation_link,
    satudata_obligation_retire,
    satudata_obligation_update,
    satudata_register_agree,
)
from .periods import Period, is_of_rhythm, label
from .register_action import satudata_register_import
from .register_list import (
    satudata_dispensation_list,
    satudata_obligation_proposals,
    satudata_obligation_show,
    satudata_register_list,
)

__all__ = [
    "satudata_decide_bulk",
    "satudata_deposit_accept",
    "satudata_deposit_assign",
    "satudata_deposit_bulk",
    "satudata_deposit_create",
    "satudata_deposit_list",
    "satudata_deposit_return",
    "satudata_deposit_show",
    "satudata_deposit_withdraw",
    "satudata_dispensation_list",
    "satudata_file_check",
    "satudata_finding_answer",
    "satudata_obligation_create",
    "satudata_obligation_excuse",
    "satudata_obligation_link",
    "satudata_obligation_proposals",
    "satudata_obligation_retire",
    "satudata_obligation_show",
    "satudata_obligation_update",
    "satudata_owed_list",
    "satudata_register_agree",
    "satudata_register_import",
    "satudata_register_list",
]

#: So many open periods a refusal names.
NAMED = 6


def satudata_deposit_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Deposit a file, a nil report, or the statement that the data is unchanged.

    It counts from the moment it is recorded; how long the check takes does not matter
    (Perpres 39/2019 art. 32–34).

    :param obligation_id: id of the item of the daftar data; or
    :type obligation_id: string
    :param package_id: id or name of the dataset that the item is linked to
    :type package_id: string
    :param period: code of the period, such as ``2026-08``; default: the oldest ended one that is
        still open, else the running one
    :type period: string
    :param kind: ``file`` (default), ``nil`` or ``unchanged``
    :type kind: string
    :param upload: the file, for kind ``file``
    :type upload: FileStorage (multipart)
    :param url: or a link to it, which is fetched once, now; for what is ``terbuka`` only
    :type url: string
    :param note: a remark for whoever checks
    :type note: string
    :param idempotency_key: the same key again gives the same deposit, and no second one
    :type idempotency_key: string
    :param replaces: id of the deposit for the same period whose place this one takes; needed
        where one waits (it is withdrawn) or was accepted (it stands, and this corrects it)
    :type replaces: string

    :returns: the deposit
    :rtype: dictionary

    :raises ValidationError: what is wrong, by field
    :raises ObjectNotFound: there is no such item or dataset
    :raises NotAuthorized: the caller is no editor or admin of the office that owes the item
    """
    id, package_id = _obligation(context, data_dict)
    terms = obligations.latest_of(id)
    _refuse_others(context, data_dict, terms)
    key = asked.optional_name(data_dict, "idempotency_key")
    if key and (before := store.with_key(id, key)):
        model.Session.rollback()
        return _same(before, data_dict)
    note = asked.optional(data_dict, "note", asked.TEXT)
    kind = _kind(data_dict)
    url = _link(kind, data_dict)
    period, inferred = _period(data_dict.get("period"), id, terms)
    by = actor(context)
    named = asked.identifier(data_dict, "replaces") if data_dict.get("replaces") else None
    replacing.replaced(id, period.code, named)
    file = _file(data_dict, url, id, package_id) if kind == "file" else store.NO_FILE
    replaces = replacing.held(id, period.code, named, by)
    if kind == "unchanged":
        _refuse_unchanged(id, package_id, period)
    deposit = store.create(
        id, period.code, kind, by, package_id=package_id, file=file, inferred=inferred, note=note,
        idempotency_key=key, replaces=replaces,
    )
    if file.resource_id and file.sha256:
        inspections.expect(file.resource_id, file.sha256, package_id)
    model.Session.commit()
    return _shown(store.get(deposit))


def satudata_deposit_accept(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Accept a waiting deposit: its file becomes a resource of the dataset, the same bytes.

    :param id: id of the deposit
    :type id: string
    :param sha256: of the file that was looked at; needed for kind ``file``
    :type sha256: string
    :param note: a remark
    :type note: string

    :returns: the deposit
    :rtype: dictionary

    :raises ValidationError: it does not wait any more, the hash is not that of its file, the
        caller deposited it (four eyes, sysadmins included), or (``personal_data``) what was found
        in the file keeps it from being public
    :raises ObjectNotFound: there is no such deposit
    :raises NotAuthorized: the caller is not a walidata
    """
    id = asked.identifier(data_dict)
    tk.check_access("satudata_deposit_accept", context, data_dict)
    note = asked.optional(data_dict, "note", asked.TEXT)
    sha256 = asked.optional_name(data_dict, "sha256")
    row = acceptance.waiting(id)
    # The role may have ended while somebody else held the dataset.
    tk.check_access("satudata_deposit_accept", context, data_dict)
    by = actor(context)
    if by.person is not None and by.person == row["person"]:
        raise tk.ValidationError({"id": [
            tk._("Whoever deposited a file does not accept it: somebody else has to look.")
        ]})
    if row["kind"] == "file" and sha256 != row["sha256"]:
        raise tk.ValidationError({"sha256": [
            tk._("This is not the hash of the waiting file. Look at the file again.")
        ]})
    inspected.refuse_personal(row)
    try:
        acceptance.accept(context, row, note, by)
        model.Session.commit()
    except Exception:
        # No half of it may wait for somebody else's commit.
        model.Session.rollback()
        raise
    return _shown(store.get(id))


def satudata_deposit_return(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Send a waiting deposit back to the office, with the reason (Perpres 39/2019 art. 34).

    A corrected one that comes within the time for mending counts from the time of this one.

    :param id: id of the deposit
    :type id: string
    :param note: the reason
    :type note: string

    :returns: the deposit
    :rtype: dictionary
    """
    id = asked.identifier(data_dict)
    tk.check_access("satudata_deposit_return", context, data_dict)
    note = reason_given(data_dict)
    acceptance.waiting(id)
    tk.check_access("satudata_deposit_return", context, data_dict)
    store.end(id, "deposit.returned", note, actor(context))
    model.Session.commit()
    return _shown(store.get(id))


def satudata_deposit_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Withdraw a deposit of the own office that still waits.

    :param id: id of the deposit
    :type id: string
    :param note: a remark
    :type note: string

    :returns: the deposit
    :rtype: dictionary
    """
    id = asked.identifier(data_dict)
    row = acceptance.readable(context, id)
    owner = obligations.group_of(row["obligation"])
    tk.check_access("satudata_deposit_withdraw", context, {"group_id": owner})
    note = asked.optional(data_dict, "note", asked.TEXT)
    replacing.refuse_attached(acceptance.waiting(id))
    store.end(id, "deposit.withdrawn", note, actor(context))
    model.Session.commit()
    return _shown(store.get(id))


@tk.side_effect_free
def satudata_deposit_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One deposit, for its office and the walidata.

    :param id: id of the deposit
    :type id: string

    :returns: {id, obligation_id, package_id, resource_id, kind, period, status, sha256, size,
        filename, happened_at, recorded_at, by, note, inferred, replaces, checks}; ``replaces``: id
        of the returned deposit that it mends, or of the accepted one that it corrects;
        ``checks``: {status, certain, doubtful, sound, rows, difference} of its file (see
        ``satudata_file_check``), or None
    :rtype: dictionary

    :raises ObjectNotFound: there is no such deposit, or the caller is neither of its office nor a
        walidata
    """
    return _shown(acceptance.readable(context, asked.identifier(data_dict)))


@tk.side_effect_free
def satudata_deposit_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Deposits that the caller may see, the oldest first.

    :param organization: name or id of an office
    :type organization: string
    :param status: ``menunggu``, ``diterima``, ``dikembalikan`` or ``ditarik``
    :type status: string
    :param obligation_id: only those of one item
    :type obligation_id: string
    :param limit: how many (default 100, at most 1,000)
    :type limit: integer
    :param offset: how many to leave out
    :type offset: integer

    :returns: ``count`` and ``results``
    :rtype: dictionary
    """
    tk.check_access("satudata_deposit_list", context, data_dict)
    status = None
    if data_dict.get("status"):
        status = asked.one_of(data_dict, "status", (
            store.WAITING, store.ACCEPTED, store.RETURNED, store.WITHDRAWN))
    opds = _readable(context)
    if data_dict.get("organization"):
        wanted = offices.key(organization(data_dict).id)
        opds = {wanted} if opds is None or wanted in opds else set()
    only = None
    if data_dict.get("obligation_id"):
        only = [asked.identifier(data_dict, "obligation_id")]
    count, rows = store.find(
        status=status, opds=opds, obligations=only,
        limit=asked.whole(data_dict, "limit", 1, 1000, 100),
        offset=asked.whole(data_dict, "offset", 0, asked.FURTHEST, 0),
    )
    checks = inspected.short(rows)
    return {"count": count, "results": [_shown(row, checks) for row in rows]}


@tk.side_effect_free
def satudata_owed_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What the caller's offices still owe: periods for which nothing has come, soonest first.

    :param organization: name or id of one of them; default: all
    :type organization: string
    :param until: last allowed days up to this day; default: the running quarter's end
    :type until: string (date)

    :returns: ``results``: {obligation_id, title, organization, package_id, frekuensi,
        klasifikasi_akses, period, last_day, overdue, mending_until}
    :rtype: dictionary
    """
    tk.check_access("satudata_owed_list", context, data_dict)
    own = {offices.key(group["id"]): group for group in _own_offices(context)}
    if data_dict.get("organization"):
        wanted = offices.key(organization(data_dict).id)
        own = {key: group for key, group in own.items() if key == wanted}
    now = clock.now()
    until = asked.optional_day(data_dict, "until") or Quarter.of(clock.city_today()).last
    return {"results": listing.reader(context).without_hidden(
        {
            "obligation_id": str(row["obligation"]),
            "title": row["title"],
            "organization": own[row["opd"]]["name"],
            "package_id": row["package_id"],
            "frekuensi": row["frekuensi"],
            "klasifikasi_akses": row["klasifikasi_akses"],
            "period": row["period"],
            "last_day": row["last_day"].isoformat(),
            "overdue": row["deadline"] <= now,
            "mending_until": row["mending_until"] and row["mending_until"].isoformat(),
        }
        for row in owed.open_periods(own, until)
    )}


# --- parts --------------------------------------------------------------------------------------


def _obligation(context: Context, data_dict: DataDict) -> tuple[UUID, str | None]:
    """The item meant, and the id of its dataset if it has one."""
    named = asked.optional_name(data_dict, "package_id")
    if data_dict.get("obligation_id"):
        id = asked.identifier(data_dict, "obligation_id")
        exists, package_id = obligations.package_of(id)
        if not exists:
            raise _no_item()
        return id, package_id
    package = tk.get_action("package_show")(
        cast(Context, {"user": context.get("user"), "ignore_auth": context.get("ignore_auth")}),
        {"id": named or asked.name(data_dict, "package_id")},
    )
    given = data_dict.get("period")
    id = obligations.of_dataset(package["id"], a_period(given).code if given else None)
    if id is None:
        raise _not_linked()
    return id, package["id"]


def _refuse_others(context: Context, data_dict: DataDict, terms: obligations.Terms) -> None:
    """Only the item's office deposits; for whoever may not even read it there is no item."""
    try:
        tk.check_access(
            "satudata_deposit_create", context, {"group_id": offices.group_of(terms.opd)})
    except tk.NotAuthorized:
        if listing.reader(context).may_see(terms.opd, terms.klasifikasi_akses):
            raise
        if data_dict.get("obligation_id"):
            raise _no_item() from None
        raise _not_linked() from None


def _no_item() -> tk.ObjectNotFound:
    return tk.ObjectNotFound(tk._("There is no such item in the daftar data."))


def _not_linked() -> tk.ValidationError:
    return tk.ValidationError({"package_id": [tk._(
        "No item of the daftar data is linked to this dataset. Ask the walidata to link one."
    )]})


def _kind(data_dict: DataDict) -> str:
    return asked.one_of({**data_dict, "kind": data_dict.get("kind") or FILE}, "kind", KINDS)


def _link(kind: str, data_dict: DataDict) -> str | None:
    url = asked.optional(data_dict, "url", addresses.LONGEST)
    if url is not None and kind != "file":
        raise tk.ValidationError({"url": [tk._("A link is possible for a file only.")]})
    if url is not None and data_dict.get("upload"):
        raise tk.ValidationError({"url": [tk._(
            "A file and a link were given: only one of them can be what is deposited. Take the "
            "other out."
        )]})
    return url


def _file(
    data_dict: DataDict, url: str | None, id: UUID, package_id: str | None
) -> store.File:
    """The file that was sent, or that a link leads to."""
    if url is None:
        return files.keep(data_dict.get("upload"))
    if not inspected.takes_links(id, package_id):
        raise tk.ValidationError({"url": [tk._(
            "What is not open is deposited as an uploaded file only: a link's address is the "
            "file.")]})
    return files.keep_link(url)


def _same(before: Mapping[str, Any], data_dict: DataDict) -> dict[str, Any]:
    """The deposit that came with the same key, if this is the same call again."""
    period = data_dict.get("period")
    same = (
        before["status"] in (store.WAITING, store.ACCEPTED)
        and before["kind"] == _kind(data_dict)
        and (period in (None, "") or a_period(period).code == before["period"])
    )
    if not same:
        raise tk.ValidationError({"idempotency_key": [tk._(
            "The same form was sent before with other content, or its deposit has ended since. "
            "Open the form again."
        )]})
    return _shown(before)


def _period(value: Any, id: UUID, terms: obligations.Terms) -> tuple[Period, bool]:
    today = clock.city_today()
    if value in (None, ""):
        found = owed.proposed(id, terms.frekuensi, terms.start_year, today)
        if found is None:
            raise tk.ValidationError({"period": [tk._("Say which period the data is about.")]})
        return found, True
    try:
        period = a_period(value)
    except tk.ValidationError as error:
        said = [*asked.messages(error), _open_in_words(id, today)]
        raise tk.ValidationError({"period": said}) from error
    listed = {code for code, _ in terms.jadwal}
    named = label(period.code, reader_language())
    if period.code not in listed and not is_of_rhythm(period, terms.frekuensi, terms.start_year):
        refusal = tk._("{period} is not a period of this item.")
    elif listing.open_day(id, period.code) is None:
        refusal = tk._("{period} is not owed for this item.")
    elif period.first > today and period.code not in listed:
        refusal = tk._("{period} has not begun yet.")
    else:
        return period, False
    raise tk.ValidationError({"period": [
        f"{refusal.format(period=named)} {_open_in_words(id, today)}"]})


def _open_in_words(id: UUID, today: dt.date) -> str:
    """The periods that a deposit may be for now, the latest ones by their names."""
    begun = [one for one in sorted(owed.open_of(id)) if one.first <= today]
    if not begun:
        return tk._("Nothing is open.")
    said = ", ".join(label(one.code, reader_language()) for one in begun[-NAMED:])
    if len(begun) > NAMED:
        return tk._("{n} periods are open, the last of them: {periods}.").format(
            n=len(begun), periods=said)
    return tk._("Open: {periods}.").format(periods=said)


def _refuse_unchanged(id: UUID, package_id: str | None, period: Period) -> None:
    limit = rules.rule_book().for_period_ending(period.last).unchanged_limit
    same = {id, *(obligations.all_of_dataset(package_id) if package_id else ())}
    if not unchanged_allowed(store.kinds_before(same, period), limit):
        model.Session.rollback()
        raise tk.ValidationError({"kind": [tk._(
            "\"Unchanged\" needs a file before it, and is taken at most {limit} times running. "
            "Deposit a file, or a nil report if nothing happened."
        ).format(limit=limit)]})


def _own_offices(context: Context) -> list[dict[str, Any]]:
    return tk.get_action("organization_list_for_user")(
        cast(Context, {"user": context.get("user")}), {"permission": "read"}
    )


def _readable(context: Context) -> set[UUID] | None:
    """Offices whose deposits the caller may see; None for all."""
    if context.get("ignore_auth"):
        return None
    try:
        tk.check_access("satudata_deposit_accept", cast(Context, dict(context)), {})
    except tk.NotAuthorized:
        return {offices.key(group["id"]) for group in _own_offices(context)}
    return None


def _shown(row: Any, checks: Mapping[str, Any] | None = None) -> dict[str, Any]:
    known = inspected.short([row]) if checks is None else checks
    accepted = row["status"] == store.ACCEPTED
    return {
        "id": str(row["id"]),
        "obligation_id": str(row["obligation"]),
        "package_id": row["package_id"],
        # While it waits, the id of the file is its only lock.
        "resource_id": row["resource_id"] if accepted else None,
        "kind": row["kind"],
        "period": row["period"],
        "inferred": row["inferred"],
        "attached": row["attached"],
        "status": row["status"],
        "sha256": row["sha256"],
        "size": row["size"],
        "filename": row["filename"],
        "happened_at": row["happened_at"].isoformat(),
        "recorded_at": row["recorded_at"].isoformat(),
        "by": row["person"],
        "note": row["note"],
        "replaces": row["replaces"] and str(row["replaces"]),
        "checks": known.get(row["resource_id"]),
    }
