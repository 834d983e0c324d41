"""Actions by which one office asks for the files of another's restricted dataset."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import ckan.plugins as p
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, clock, events
from ckanext.satudata.journal.events import Actor, actor, record

from . import hiding, policy, readers, reading, request_life, requests, saving, visibility
from .reading import Reader, Sight
from .request_life import ASKER, OWNER, WALIDATA

tk = p.toolkit

__all__ = [
    "satudata_access_request_comment",
    "satudata_access_request_create",
    "satudata_access_request_grant",
    "satudata_access_request_list",
    "satudata_access_request_refuse",
    "satudata_access_request_revoke",
    "satudata_access_request_withdraw",
]


def satudata_access_request_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Ask for the files of a restricted (``terbatas``) dataset of another office.

    Permenkominfo 1/2023 art. 10 (sharing inside government); docs/access.md, "Access requests".

    :param package_id: id or name of the dataset
    :param organization: id or name of the office that asks; may be left out by whoever edits for
        one office only
    :param reason: what the data is needed for
    :param until: the last day that is wished for (optional)

    :returns: the access request: ``id``, ``package_id``, ``title`` and ``name`` (None for whoever
        may not see the dataset), ``organization`` {id, name, title}, ``owner_org``, ``status``
        (menunggu, diberikan, ditolak, dicabut, ditarik), ``lasts`` (a grant that holds today),
        ``wished_until``, ``until``, ``asked`` and ``decided`` and ``ended`` {by, at, note},
        ``comments`` [{by, at, note}], ``may`` (what the caller may do with it)
    :raises ObjectNotFound: there is no such dataset for the caller
    :raises ValidationError: the dataset is not restricted or not verified, the office has the files
        already or waits for an answer, no reason

    Editors and admins of the asking office may call this.
    """
    package = hiding.seen(context, data_dict, "package_id")
    office = _asking(context, data_dict)
    called = {"package_id": package.id, "organization": office.id}
    tk.check_access("satudata_access_request_create", context, called)
    reason = asked.text(data_dict, "reason", asked.TEXT)
    wished = asked.optional_day(data_dict, "until")
    _not_past(wished)
    with saving.one_write(context, package, "satudata_access_request_create", called):
        _restricted(package)
        _not_let_in(package, office)
        if requests.of_office(package.id, office.id, [request_life.WAITING]) is not None:
            raise tk.ValidationError({"package_id": [tk._(
                "A request of this office for this dataset waits for an answer already.")]})
        by = actor(context)
        seq = _record(request_life.ASK, package.id, by, reason, {
            "organization": office.id, "until": wished and wished.isoformat(),
        })
        id = requests.create(package.id, office.id, by.person, wished, seq)
    return _shown_one(context, id)


def satudata_access_request_grant(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give an office the files it asked for, until a day.

    :param id: id of the access request; or
    :param package_id: id or name of the dataset, and
    :param organization: id or name of the office that asked
    :param until: the last day on which it holds
    :param reason: a remark (optional)

    :returns: the access request, see ``satudata_access_request_create``
    :raises ValidationError: it does not wait, no last day or one that is past, the dataset is not
        restricted and verified
    :raises NotAuthorized: the caller asked themself (sysadmins included)

    A walidata may call this.
    """
    return _decide(context, data_dict, request_life.GRANT, "satudata_access_request_grant")


def satudata_access_request_refuse(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Refuse an access request, with the reason.

    :param id: id of the access request; or
    :param package_id: id or name of the dataset, and
    :param organization: id or name of the office that asked
    :param reason: why, for the office

    :returns: the access request, see ``satudata_access_request_create``
    :raises ValidationError: no reason; it does not wait

    A walidata may call this.
    """
    return _decide(context, data_dict, request_life.REFUSE, "satudata_access_request_refuse")


def satudata_access_request_revoke(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take a grant away, at once: all that the office has for this dataset by requests.

    :param id: id of the access request; or
    :param package_id: id or name of the dataset, and
    :param organization: id or name of the office that asked
    :param reason: why, for the office

    :returns: the access request, see ``satudata_access_request_create``
    :raises ValidationError: no reason; nothing is granted, or it is over

    Editors and admins of the owning office may call this, and a walidata.
    """
    return _decide(context, data_dict, request_life.REVOKE, "satudata_access_request_revoke")


def satudata_access_request_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take back a request that waits, or give back what was granted.

    :param id: id of the access request; or
    :param package_id: id or name of the dataset, and
    :param organization: id or name of the office that asked
    :param reason: why (optional)

    :returns: the access request, see ``satudata_access_request_create``
    :raises ValidationError: it is decided and gives nothing

    Editors and admins of the asking office may call this.
    """
    return _decide(context, data_dict, request_life.WITHDRAW, "satudata_access_request_withdraw")


def satudata_access_request_comment(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say what the owning office thinks of a request that waits.

    :param id: id of the access request; or
    :param package_id: id or name of the dataset, and
    :param organization: id or name of the office that asked
    :param reason: the comment

    :returns: the access request, see ``satudata_access_request_create``
    :raises ValidationError: no text; it does not wait

    Editors and admins of the owning office may call this.
    """
    return _decide(context, data_dict, request_life.COMMENT, "satudata_access_request_comment")


@tk.side_effect_free
def satudata_access_request_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Access requests: those that wait first, then the latest.

    :param package_id: id or name of a dataset (optional)
    :param organization: id or name of the office that asks (optional)
    :param status: menunggu, diberikan, ditolak, dicabut or ditarik (optional)
    :param limit: rows, 50 unless given, at most 100
    :param offset: rows to skip

    :returns: ``count`` and ``results``, see ``satudata_access_request_create``

    A walidata sees all; others those that their offices ask or are asked.
    """
    tk.check_access("satudata_access_request_list", context, data_dict)
    caller = _caller(context)
    package_id = organization = status = None
    if asked.optional_name(data_dict, "package_id"):
        package_id = hiding.seen(context, data_dict, "package_id").id
    if given := asked.optional_name(data_dict, "organization"):
        organization = _office(given).id
    if asked.optional_name(data_dict, "status"):
        status = asked.one_of(data_dict, "status", request_life.STATES)
    limit, offset = asked.page(data_dict)
    count, rows = requests.find(
        offices=None if caller.sees_all else caller.reads, package_id=package_id,
        organization=organization, status=status, limit=limit, offset=offset,
    )
    return {"count": count, "results": _shown(context, caller, rows)}


# --- who calls, about what ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Caller:
    """Whoever calls: the offices they read and write for, asked once for any number of rows."""

    person: str | None
    sees_all: bool
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def who(self, row: Mapping[Any, Any]) -> frozenset[str]:
        """What the caller is to a request, in the words of the table."""
        found = {WALIDATA} if self.sees_all else set()
        if row["organization"] in self.writes:
            found.add(ASKER)
        if row["owner_org"] in self.writes:
            found.add(OWNER)
        return frozenset(found)


def _caller(context: Context) -> _Caller:
    person = actor(context).person
    user = model.User.get(person) if person else None

    def offices(permission: str) -> frozenset[str]:
        if user is None:
            return frozenset()
        found = tk.get_action("organization_list_for_user")(
            {"user": user.name}, {"permission": permission})
        return frozenset(one["id"] for one in found)

    return _Caller(
        person, policy.may_verify(context), offices("read"), offices("update_dataset"),
    )


def _office(given: str) -> Any:
    group = model.Group.get(given)
    if group is None or not group.is_organization or group.state != "active":
        raise tk.ValidationError({"organization": [tk._("There is no such office.")]})
    return group


def _asking(context: Context, data_dict: DataDict) -> Any:
    """The office for which is asked: the one that is named, else the caller's only one."""
    if given := asked.optional_name(data_dict, "organization"):
        return _office(given)
    offices = _caller(context).writes
    if len(offices) != 1:
        raise tk.ValidationError({"organization": [tk._("Say which office asks.")]})
    return _office(next(iter(offices)))


def _request(context: Context, data_dict: DataDict, event: str) -> Mapping[Any, Any]:
    """The request that is meant, by its id or by dataset and office.

    :raises tk.ObjectNotFound: there is none that the caller may know of
    """
    missing = tk.ObjectNotFound(tk._("There is no such access request."))
    if data_dict.get("id") in (None, "") and data_dict.get("package_id"):
        package = hiding.seen(context, data_dict, "package_id")
        office = _office(asked.name(data_dict, "organization"))
        states = [row.state for row in request_life.TABLE if row.event == event and row.state]
        id = requests.of_office(package.id, office.id, states)
        if id is None:
            raise missing
    else:
        id = asked.identifier(data_dict)
    row = requests.get(id)
    caller = _caller(context)
    if row is None or not (
        caller.sees_all or {row["organization"], row["owner_org"]} & caller.reads
    ):
        raise missing
    return row


# --- deciding -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A request under decision, its dataset locked, as it is now."""

    package: model.Package
    row: Mapping[Any, Any]
    by: Actor
    reason: str | None
    until: dt.date | None


def _decide(
    context: Context, data_dict: DataDict, event: str, action: str
) -> dict[str, Any]:
    """Carry out an event of the life of a request, in one transaction."""
    row = _request(context, data_dict, event)
    called = {"id": str(row["id"])}
    tk.check_access(action, context, called)
    reason = asked.optional(data_dict, "reason", asked.TEXT)
    package = model.Package.get(row["package_id"])
    if package is None:
        raise hiding.not_there()
    with saving.one_write(context, package, action, called):
        # As it is now that nobody else can decide it.
        now = requests.get(row["id"])
        transition = request_life.transition(now["status"], event) if now else None
        if now is None or transition is None:
            raise tk.ValidationError({"status": [tk._(
                "This is not possible where the request stands now.")]})
        until = asked.day(data_dict, "until") if event == request_life.GRANT else None
        case = _Case(package, now, actor(context), reason, until)
        for guard in transition.guards:
            _GUARDS[guard](case)
        _carry_out(case, transition)
    return _shown_one(context, row["id"])


def _carry_out(case: _Case, transition: request_life.Transition) -> None:
    row, event = case.row, transition.event
    seq = _record(event, case.package.id, case.by, case.reason, {
        "request": str(row["id"]), "organization": row["organization"],
        **({"until": case.until.isoformat()} if case.until else {}),
    })
    if event in (request_life.GRANT, request_life.REFUSE):
        requests.save(row["id"], status=transition.target, decided_by=seq, until=case.until)
    elif transition.state == request_life.GRANTED:
        requests.end(case.package.id, row["organization"], transition.target, seq)
    elif event == request_life.WITHDRAW:
        requests.save(row["id"], status=transition.target, ended_by=seq)


def _record(
    event: str, package_id: str, by: Actor, text: str | None, data: Mapping[str, Any]
) -> int:
    return record(
        request_life.EVENT_TYPES[event], "dataset", package_id, by, text=text, data=data)


def opens_files(package: model.Package) -> bool:
    """Whether a grant would give an office the files, by the table of readers."""
    klass, verified = readers.standing(package)
    return package.state == "active" and package.private and klass == visibility.TERBATAS and (
        reading.TABLE[klass, verified][Reader.PERMITTED_OPD] is Sight.ALL
    )


def _restricted(package: model.Package) -> None:
    if opens_files(package):
        return
    raise tk.ValidationError({"package_id": [tk._(
        "Access is granted to restricted (terbatas) datasets that are verified; this is none.")]})


def _not_let_in(package: model.Package, office: Any) -> None:
    if office.id == package.owner_org:
        raise tk.ValidationError({"organization": [tk._(
            "This office owns the dataset: it needs no access.")]})
    if {office.id, office.name} & readers.named(package):
        raise tk.ValidationError({"organization": [tk._(
            "The dataset names this office among its readers: it has the files already.")]})


def _reason(case: _Case) -> None:
    if not case.reason:
        raise tk.ValidationError({"reason": [tk._("A reason is needed.")]})


def _last_day(case: _Case) -> None:
    _not_past(case.until)


def _not_past(day: dt.date | None) -> None:
    if day is not None and day < clock.city_today():
        raise tk.ValidationError({"until": [tk._("This day is over.")]})


def _another_person(case: _Case) -> None:
    if case.by.person and case.by.person == case.row["person"]:
        raise tk.NotAuthorized(tk._(
            "Whoever asked does not grant it: another person has to."))


def _lasts(case: _Case) -> None:
    if case.row["until"] < clock.city_today():
        raise tk.ValidationError({"status": [tk._("This grant is over already.")]})


_GUARDS = {
    request_life.RESTRICTED: lambda case: _restricted(case.package),
    request_life.REASON: _reason,
    request_life.LAST_DAY: _last_day,
    request_life.ANOTHER_PERSON: _another_person,
    request_life.LASTS: _lasts,
}


# --- showing ------------------------------------------------------------------------------------


def _shown_one(context: Context, id: UUID) -> dict[str, Any]:
    _, rows = requests.find(id=id, limit=1)
    return _shown(context, _caller(context), rows)[0]


def _shown(
    context: Context, caller: _Caller, rows: Sequence[Mapping[Any, Any]]
) -> list[dict[str, Any]]:
    """Requests as the caller may see them; the number of queries is always the same.

    What the caller sees nothing of any more, because it was closed further, has no title.
    """
    said = events.said([
        seq for row in rows for seq in (row["asked_by"], row["decided_by"], row["ended_by"]) if seq
    ])
    comments = requests.comments([str(row["id"]) for row in rows])
    seen = hiding.visible(context, [row["package_id"] for row in rows])
    return [
        {
            "id": str(row["id"]),
            "package_id": row["package_id"],
            "title": row["title"] if row["package_id"] in seen else None,
            "name": row["name"] if row["package_id"] in seen else None,
            "organization": {
                "id": row["organization"], "name": row["organization_name"],
                "title": row["organization_title"],
            },
            "owner_org": row["owner_org"] if row["package_id"] in seen else None,
            "status": row["status"],
            "lasts": row["status"] == request_life.GRANTED and bool(row["lasts"]),
            "wished_until": row["wished_until"] and row["wished_until"].isoformat(),
            "until": row["until"] and row["until"].isoformat(),
            "asked": said.get(row["asked_by"]),
            "decided": said.get(row["decided_by"]),
            "ended": said.get(row["ended_by"]),
            "comments": comments.get(str(row["id"]), []) if row["package_id"] in seen else [],
            "may": _may(caller, row),
        }
        for row in rows
    ]


def _may(caller: _Caller, row: Mapping[Any, Any]) -> list[str]:
    if row["status"] == request_life.GRANTED and not row["lasts"]:
        return []
    own = caller.person is not None and caller.person == row["person"]
    return [
        event for event in request_life.events_for(row["status"], caller.who(row))
        if not (own and event == request_life.GRANT)
    ]
