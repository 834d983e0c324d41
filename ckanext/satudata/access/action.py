"""Actions of submissions: submit, withdraw, verify, return, revoke, queue, history."""
from __future__ import annotations

from typing import Any

import ckan.plugins as p
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, events
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd.people import WALIDATA, has_role

from . import (
    deciding,
    hiding,
    lifecycle,
    opinion,
    opinions,
    queue,
    readers,
    remarks,
    saving,
    submissions,
    visibility,
    why,
)
from .determination import satudata_closure_list, satudata_determine
from .opinions import satudata_opinion_list
from .reading import Reader
from .request_action import (
    satudata_access_request_comment,
    satudata_access_request_create,
    satudata_access_request_grant,
    satudata_access_request_list,
    satudata_access_request_refuse,
    satudata_access_request_revoke,
    satudata_access_request_withdraw,
)

tk = p.toolkit

__all__ = [
    "satudata_access_request_comment",
    "satudata_access_request_create",
    "satudata_access_request_grant",
    "satudata_access_request_list",
    "satudata_access_request_refuse",
    "satudata_access_request_revoke",
    "satudata_access_request_withdraw",
    "satudata_assign",
    "satudata_closure_list",
    "satudata_comment",
    "satudata_dataset_return",
    "satudata_dataset_revoke",
    "satudata_dataset_submit",
    "satudata_dataset_unblock",
    "satudata_dataset_verify",
    "satudata_dataset_withdraw",
    "satudata_determine",
    "satudata_history",
    "satudata_opinion_list",
    "satudata_request_create",
    "satudata_request_grant",
    "satudata_request_refuse",
    "satudata_request_withdraw",
    "satudata_verification_queue",
]

#: Types of the events by which a pembina speaks.
OWN_WORDS = ("dataset.commented", *opinion.EVENT_TYPES.values())

#: In the place of a person's name: nobody in particular.
NOBODY = "-"


def satudata_dataset_submit(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Submit a dataset to be checked by the walidata.

    :param id: id or name of the dataset
    :param note: a word to the walidata (optional)

    :returns: the dataset
    :raises ValidationError: what is needed and missing, a message per field; already submitted

    Editors and admins of the own OPD may call this.
    """
    return _decide(context, data_dict, lifecycle.SUBMIT, "satudata_dataset_submit")


def satudata_dataset_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take back a submission that is not decided yet.

    :param id: id or name of the dataset
    :param note: why (optional)

    :returns: the dataset
    :raises ValidationError: it is not submitted

    Editors and admins of the own OPD may call this.
    """
    return _decide(context, data_dict, lifecycle.WITHDRAW, "satudata_dataset_withdraw")


def satudata_dataset_verify(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Verify a submitted dataset; what is ``terbuka`` is public from then on.

    :param id: id or name of the dataset
    :param content_hash: the hash of what was looked at, as shown in the dataset
    :param note: a remark (optional)

    :returns: the dataset
    :raises ValidationError: the content has changed, something is missing, nothing to verify
    :raises NotAuthorized: the caller submitted or wrote what is checked (sysadmins included)

    A walidata may call this.
    """
    return _decide(context, data_dict, lifecycle.VERIFY, "satudata_dataset_verify")


def satudata_dataset_return(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return a submitted dataset to its office, with the reason.

    On a verified dataset that the office asked to unpublish or delete it refuses the request.

    :param id: id or name of the dataset
    :param content_hash: the hash of what was looked at
    :param note: the reason; not needed when there are remarks
    :param fields: remarks on single fields or files, [{field, note}]; a file is named by the id of
        its resource, all of them together by ``resources`` (optional)

    :returns: the dataset
    :raises ValidationError: no reason, an unknown field, the content has changed, not submitted

    A walidata may call this.
    """
    return _decide(context, data_dict, lifecycle.RETURN, "satudata_dataset_return")


def satudata_dataset_revoke(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Revoke a verification; the dataset is private at once.

    :param id: id or name of the dataset
    :param content_hash: the hash of what was looked at
    :param note: the reason

    :returns: the dataset
    :raises ValidationError: no reason, the content has changed, not verified

    A walidata may call this.
    """
    return _decide(context, data_dict, lifecycle.REVOKE, "satudata_dataset_revoke")


def satudata_dataset_unblock(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Verify although the caller wrote or submitted it, when nobody else can; it is recorded.

    :param id: id or name of the dataset
    :param content_hash: the hash of what was looked at
    :param note: the reason

    :returns: the dataset
    :raises ValidationError: no reason, the content has changed, nothing to verify

    Sysadmins may call this.
    """
    return _decide(context, data_dict, lifecycle.UNBLOCK, "satudata_dataset_unblock")


def satudata_request_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Ask the walidata to delete or to unpublish a dataset.

    Asked again it takes the place of what was asked before.

    :param id: id or name of the dataset
    :param what: ``delete`` or ``unpublish``
    :param note: the reason

    :returns: the dataset
    :raises ValidationError: no reason; it is not public (to unpublish)

    Editors and admins of the own OPD may call this.
    """
    what = asked.one_of(data_dict, "what", tuple(lifecycle.REQUESTS.values()))
    event = next(key for key, value in lifecycle.REQUESTS.items() if value == what)
    return _decide(context, data_dict, event, "satudata_request_create")


def satudata_request_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take back what was asked of the walidata.

    :param id: id or name of the dataset
    :param note: why (optional)

    :returns: the dataset
    :raises ValidationError: nothing was asked for

    Editors and admins of the own OPD may call this.
    """
    return _decide(context, data_dict, lifecycle.TAKE_BACK, "satudata_request_withdraw")


def satudata_request_refuse(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Refuse what an office asked for; it stays as it is.

    :param id: id or name of the dataset
    :param note: the reason

    :returns: the dataset
    :raises ValidationError: no reason; nothing was asked for

    A walidata may call this.
    """
    return _decide(context, data_dict, lifecycle.REFUSE, "satudata_request_refuse")


def satudata_request_grant(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Do what an office asked for: the dataset is deleted, or its verification revoked.

    :param id: id or name of the dataset
    :param content_hash: the hash of what was looked at
    :param note: a remark (optional)

    :returns: the dataset
    :raises ValidationError: nothing was asked for; the content has changed

    A walidata may call this.
    """
    return _decide(context, data_dict, lifecycle.GRANT, "satudata_request_grant")


@tk.side_effect_free
def satudata_verification_queue(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What waits for the walidata, longest waiting first, each with its checks.

    :param organization: id or name of an organization (optional)
    :param assigned_to: id or name of a person; ``-``: nobody in particular (optional)
    :param sort: ``age`` (default) or ``deadline``: by the day on which the soonest open period of
        the dataset's item is due
    :param limit: rows, 20 unless given, at most 100
    :param offset: rows to skip

    :returns: ``count`` and ``results``, each with ``last_day`` of that period

    A walidata may call this.
    """
    tk.check_access("satudata_verification_queue", context, data_dict)
    sort = queue.AGE
    if data_dict.get("sort"):
        sort = asked.one_of(data_dict, "sort", queue.SORTS)
    organization = assigned_to = None
    if given := asked.optional_name(data_dict, "organization"):
        group = model.Group.get(given)
        if group is None:
            raise tk.ObjectNotFound(tk._("There is no such organization."))
        organization = group.id
    if given := asked.optional_name(data_dict, "assigned_to"):
        user = None if given == NOBODY else model.User.get(given)
        if given != NOBODY and user is None:
            raise tk.ObjectNotFound(tk._("There is no such user."))
        assigned_to = user.id if user else ""
    limit, offset = asked.page(data_dict, queue.DEFAULT_LIMIT, queue.MAX_LIMIT)
    count, results = queue.page(organization, assigned_to, limit, offset, sort)
    person = actor(context).person
    for one in results:
        one["may_decide"] = person not in (*one["authors"], one["submitted_by"])
    return {"count": count, "results": results}


@tk.side_effect_free
def satudata_history(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """What happened to a dataset and with the deposits and items of it, in the order recorded.

    :param id: id or name of the dataset

    :returns: events {seq, type, object, id, happened_at, recorded_at, by, via, note, hash}; ``by``
        is the id of a person; ``redacted_at`` and ``redacted_because`` say when and on what grounds
        a note was redacted; ``changed`` names the fields that an edit changed, ``field`` the one
        that a comment is about, ``organization`` (an id) the office that asks for access,
        ``period`` the one of a deposit; ``origin`` ``impor`` marks what a sheet told

    The own OPD and walidata see all, koordinator and pimpinan no notes, a pembina own comments.
    """
    package = hiding.seen(context, data_dict)
    tk.check_access("satudata_history", context, {**data_dict, "id": package.id})
    user = model.User.get(actor(context).person)
    kinds = set(Reader) if context.get("ignore_auth") or user is None or user.sysadmin else (
        readers.readers(user, package, visibility.TERTUTUP)
    )
    found = _shown(events.history(why.objects(package.id)))
    if kinds & {Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA}:
        return found
    if kinds & {Reader.KOORDINATOR, Reader.PIMPINAN}:
        return [{**one, "note": None, "redacted_because": None} for one in found]
    return [
        one for one in found
        if user is not None and one["by"] == user.id and one["type"] in OWN_WORDS
    ]


def satudata_assign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say which walidata looks at a dataset that waits; without ``user`` nobody in particular.

    :param id: id or name of the dataset
    :param user: id or name of a walidata (optional)

    :returns: ``id`` of the dataset, ``assigned_to``
    :raises ValidationError: that person is no walidata

    A walidata may call this.
    """
    package = hiding.authorized(context, data_dict, "satudata_assign")
    named = asked.optional_name(data_dict, "user")
    user = model.User.get(named) if named else None
    if named and (user is None or not has_role(user.id, WALIDATA)):
        raise tk.ValidationError({"user": [tk._("That person is no walidata.")]})
    person = user.id if user else None
    with saving.one_write(context, package, "satudata_assign", {"id": package.id}):
        events.record(
            "dataset.assigned", "dataset", package.id, actor(context), data={"to": person})
        submissions.save(submissions.require(package.id), assigned_to=person)
    return {"id": package.id, "assigned_to": person}


def satudata_comment(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Comment on the metadata of a dataset, or on one field of it; give an opinion.

    :param id: id or name of the dataset
    :param text: the comment, or what the opinion rests on
    :param opinion: ``setuju`` or ``keberatan``, where one is asked for: on submitted data
        prioritas (optional)
    :param field: name of a field, or the id of a resource: a file (optional)

    :returns: ``seq`` of the event, ``id`` of the dataset
    :raises ValidationError: no text, an unknown field, no opinion is asked for

    A pembina may call this, for what they may see.
    """
    package = hiding.seen(context, data_dict)
    tk.check_access("satudata_comment", context, {**data_dict, "id": package.id})
    text = asked.text(data_dict, "text", asked.TEXT)
    field = asked.optional_name(data_dict, "field")
    if field is not None:
        remarks.known_field(field, {resource.id for resource in package.resources})
    if data_dict.get("opinion"):
        said = asked.one_of(data_dict, "opinion", tuple(opinion.EVENT_TYPES))
        return {"seq": _give_opinion(context, package, said, text), "id": package.id}
    seq = events.record(
        "dataset.commented", "dataset", package.id, actor(context), text=text,
        data={"field": field} if field else {},
    )
    model.Session.commit()
    return {"seq": seq, "id": package.id}


def _give_opinion(context: Context, package: model.Package, said: str, text: str) -> int:
    hash = saving.current(package.id)["content_hash"]
    try:
        seq = opinions.give(package, said, text, hash, actor(context))
    except tk.ValidationError:
        model.Session.rollback()
        raise
    model.Session.commit()
    return seq


def _shown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    said = [(one, one.pop("data")) for one in found]
    # Only the first event of a deposit names its period.
    periods = {one["id"]: data.get("period") for one, data in said
               if one["type"] == "deposit.created"}
    return [
        {
            **one, "changed": data.get("changed", []), "field": data.get("field"),
            "organization": data.get("organization"),
            "period": data.get("period") or periods.get(one["id"]),
        }
        for one, data in said
    ]


def _decide(
    context: Context, data_dict: DataDict, event: str, action: str
) -> dict[str, Any]:
    package = hiding.authorized(context, data_dict, action)
    return deciding.decide(context, package, event, data_dict)
