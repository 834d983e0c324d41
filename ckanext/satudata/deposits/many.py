"""Many files deposited at once: each matched to an item, confirmed, and deposited by itself."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import IO, Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, clock, jobs
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import store as offices
from ckanext.satudata.schema.checking import reader_language

from . import bundles, files, store, versions
from .asked import a_period, organization
from .counting import infer_period
from .matching import MATCHED, File, Item, Match, matches
from .model import deposit, obligation, obligation_version, state
from .periods import label, parse_period

#: Kind of the jobs.
KIND = "deposit"

#: So many files are deposited while the caller waits; more are a job.
AT_ONCE = 10

#: Who deposits for more offices, as a sysadmin does, says for which.
MOST_OFFICES = 40


def satudata_deposit_bulk(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Deposit many files at once: a ZIP of files that are named by their items.

    A file is for the item whose id, code or dataset's name its own name has, else for the one
    whose title is most alike; its period stands in its name (``2026-08``), else it is the oldest
    one still open. Each file is deposited by itself, as by ``satudata_deposit_create``: what is
    refused is an error of that file. The same files again give the same deposits.

    :param upload: the ZIP
    :type upload: FileStorage (multipart)
    :param organization: name or id of the office; default: all for which the caller deposits
    :type organization: string
    :param items: {``file``, ``obligation_id``, ``period``} of what is to be deposited, instead of
        what is matched; the other files are left out; without ``period`` it is proposed
    :type items: list of dictionaries
    :param dry_run: only say what each file is for (default: False)
    :type dry_run: boolean

    :returns: ``files``: {file, status, candidates: [{obligation_id, title, organization, period,
        score}], reason}, status ``matched`` (the first candidate is meant), ``ambiguous`` or
        ``unmatched``, ``reason`` in words why it cannot be deposited, else None;
        ``deposits``; ``errors``: {id, message, fields}, ``id`` the name of a file;
        ``job``: of more than 10 files, the job that deposits them (``satudata_job_show``).
        Without ``items``, nothing is deposited as long as a file is not matched.
    :rtype: dictionary

    :raises ValidationError: no ZIP, or one that is encrypted, holds paths that lead out of it,
        archives, links, too many or too large files
    :raises NotAuthorized: the caller deposits for no office
    """
    tk.check_access("satudata_deposit_bulk", context, data_dict)
    groups = groups_of(depositing_for(context), data_dict.get("organization") or None)
    bundle = bundles.taken([data_dict.get("upload")])
    items = known(groups)
    found = matches(bundles.hashed(bundle), list(items.values()))
    answer: dict[str, Any] = {
        "files": _plain(found, items), "deposits": [], "errors": [], "job": None}
    if asked.flag(data_dict, "dry_run"):
        return answer
    if data_dict.get("items") is not None:
        pieces = _chosen(data_dict["items"], found, items)
    else:
        answer["errors"] = [
            {"id": one.file.name, "fields": {}, "message": _reason(one) or tk._(
                "It is not sure for which item this file is.")}
            for one in found if one.status != MATCHED
        ]
        pieces = [] if answer["errors"] else [
            _piece(one.file, one.candidates[0].item, one.candidates[0].period) for one in found]
    if len(pieces) > AT_ONCE:
        secret = bundles.keep(bundle, bundles.WORKS)
        job = jobs.start(KIND, pieces, {"bundle": secret}, actor(context), reader_language())
        model.Session.commit()
        answer["job"] = str(job)
        return answer
    for piece in pieces:
        _now(context, bundle, piece, answer)
    return answer


def known(groups: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, Item]:
    """Items of offices with open periods which have begun, or with files; three queries.

    :param groups: organizations by the keys of their offices
    """
    said = obligation_version.c
    version = versions.latest(said.obligation, said.title, said.opd, said.code).subquery()
    package: Any = model.Package
    today = clock.city_today()
    rows = model.Session.execute(
        sa.select(
            version.c.obligation, version.c.title, version.c.code, package.name, version.c.opd,
            state.c.period,
        )
        .join(obligation, obligation.c.id == version.c.obligation)
        # What has come is the whole past: only what is open is read.
        .outerjoin(state, sa.and_(
            state.c.obligation == version.c.obligation, state.c.closed_by.is_(None),
            state.c.counts_from.is_(None), state.c.deadline.isnot(None), sa.text("NOT waived"),
        ))
        .outerjoin(package, package.id == obligation.c.package_id)
        .where(version.c.opd.in_(list(groups)))
        .order_by(sa.collate(version.c.title, "C"), version.c.obligation, state.c.last_day)
    ).mappings().all()
    came, waiting = _standing({row["obligation"] for row in rows})
    found: dict[UUID, Item] = {}
    open_ones: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        if row["period"] and parse_period(row["period"]).first <= today:
            open_ones[row["obligation"]].append(row["period"])
    for row in rows:
        id = row["obligation"]
        if id in found or not (open_ones[id] or came[id] or waiting[id]):
            continue
        periods = [parse_period(code) for code in open_ones[id]]
        proposed = infer_period(periods, min(periods, default=None), today)
        found[id] = Item(
            id, row["title"], groups[row["opd"]]["name"],
            tuple(filter(None, (str(id), row["code"], row["name"]))),
            tuple(open_ones[id]), proposed and proposed.code, tuple(came[id]),
            tuple(sorted(waiting[id])),
        )
    return found


def carry_out(context: Context, data: Mapping[str, Any], piece: Mapping[str, Any]) -> None:
    """Deposit one file of a job of this kind."""
    bundle = bundles.opened(data["bundle"])
    try:
        _deposit(context, bundle, piece)
    finally:
        bundle.close()


#: How ``journal/jobs.py`` carries these jobs out.
RUNNER = jobs.Runner("satudata_deposit_bulk", carry_out)


def depositing_for(context: Context) -> dict[UUID, dict[str, Any]]:
    """Organizations for which the caller deposits, by the keys of their offices."""
    own = tk.get_action("organization_list_for_user")(
        cast(Context, {"user": context.get("user")}), {"permission": "update_dataset"})
    return {offices.key(group["id"]): group for group in own}


# --- parts --------------------------------------------------------------------------------------


def groups_of(own: dict[UUID, dict[str, Any]], office: Any) -> dict[UUID, dict[str, Any]]:
    """Of the organizations for which the caller deposits, those that are meant.

    :param own: as :func:`depositing_for` gives them
    :param office: name or id of one of them; None: all
    :raises tk.ValidationError: on ``organization``: there is no such one, or they are too many
    :raises tk.NotAuthorized: the caller deposits for none
    """
    if len(own) > MOST_OFFICES and office is None:
        raise tk.ValidationError({"organization": [tk._("Say for which office.")]})
    if office is not None:
        wanted = offices.key(organization({"organization": office}).id)
        own = {key: group for key, group in own.items() if key == wanted}
    if not own:
        raise tk.NotAuthorized(tk._("Only the office that owes this item may do this."))
    return own


def _standing(
    ids: Collection[UUID]
) -> tuple[dict[UUID, list[tuple[str, str]]], dict[UUID, set[str]]]:
    """Of what came for items and stands: (sha256, period) of the files, periods of what waits."""
    came: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    waiting: dict[UUID, set[str]] = defaultdict(set)
    for id, sha256, period, status in model.Session.execute(
        sa.select(deposit.c.obligation, deposit.c.sha256, deposit.c.period, deposit.c.status)
        .where(
            deposit.c.obligation.in_(list(ids)),
            deposit.c.status.in_([store.WAITING, store.ACCEPTED]),
        )
        .order_by(deposit.c.created_by)
    ):
        if sha256:
            came[id].append((sha256, period))
        if status == store.WAITING:
            waiting[id].add(period)
    return came, waiting


def _reason(one: Match) -> str | None:
    """Why a file cannot be deposited as it is, in words; None: it can, once its item is sure."""
    if refused := files.refusal_of_kind(one.file.name):
        return refused
    waits = one.candidates[0].waits if one.candidates else None
    return tk._("A deposit for {period} waits for the walidata already").format(
        period=label(waits, reader_language())) + "." if waits else None


def _plain(found: Sequence[Match], items: Mapping[UUID, Item]) -> list[dict[str, Any]]:
    return [
        {"file": one.file.name, "status": one.status, "candidates": [
            {"obligation_id": str(way.item), "title": items[way.item].title,
             "organization": items[way.item].office, "period": way.period, "score": way.score}
            for way in one.candidates
        ], "reason": _reason(one)}
        for one in found
    ]


def _piece(file: File, item: UUID, period: str | None) -> dict[str, Any]:
    return {
        "id": file.name, "sha256": file.sha256, "obligation_id": str(item), "period": period}


def _chosen(
    given: Any, found: Sequence[Match], items: Mapping[UUID, Item]
) -> list[dict[str, Any]]:
    """What a person chose, as pieces; each file at most once."""
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise _wrong(tk._("A list of {file, obligation_id, period} is needed."))
    matched = {one.file.name: one for one in found}
    pieces: dict[str, dict[str, Any]] = {}
    for one in given:
        file = asked.text(one, "file")
        if file not in matched:
            raise _wrong(tk._("There is no file {name} in the ZIP.").format(name=file))
        if file in pieces:
            raise _wrong(tk._("{name} is chosen twice.").format(name=file))
        id = asked.identifier(one, "obligation_id")
        if id not in items:
            raise _wrong(tk._("There is no such item in the daftar data."))
        match = matched[file]
        pieces[file] = _piece(match.file, id, _period(one, match, items[id]))
    return list(pieces.values())


def _period(one: Mapping[str, Any], match: Match, item: Item) -> str | None:
    if one.get("period") not in (None, ""):
        return a_period(one["period"]).code
    told = next((way for way in match.candidates if way.item == item.id), None)
    # Where one waits already, the deposit is refused in words, and is not for another period.
    return (told and (told.period or told.waits)) or item.proposed


def _now(
    context: Context, bundle: IO[bytes], piece: Mapping[str, Any], answer: dict[str, Any]
) -> None:
    try:
        answer["deposits"].append(_deposit(context, bundle, piece))
    except (tk.ValidationError, tk.NotAuthorized, tk.ObjectNotFound) as error:
        model.Session.rollback()
        answer["errors"].append({"id": piece["id"], **jobs.words(error)})


def _deposit(context: Context, bundle: IO[bytes], piece: Mapping[str, Any]) -> dict[str, Any]:
    """Deposit one file, under a key that is the same when the same file is sent again."""
    upload = bundles.upload(bundle, piece["id"])
    try:
        return tk.get_action("satudata_deposit_create")(
            cast(Context, dict(context)), {
                "obligation_id": piece["obligation_id"], "period": piece["period"],
                "upload": upload, "idempotency_key": _key(piece),
            })
    finally:
        upload.close()


def _key(piece: Mapping[str, Any]) -> str:
    """What came back or was withdrawn may be sent once more, and is then another deposit."""
    ended = model.Session.execute(
        sa.select(sa.func.count()).where(
            deposit.c.obligation == UUID(piece["obligation_id"]),
            deposit.c.sha256 == piece["sha256"], deposit.c.period == piece["period"],
            deposit.c.status.in_([store.RETURNED, store.WITHDRAWN]),
        )
    ).scalar_one()
    return f"{piece['period'] or ''}:{piece['sha256']}:{ended}"


def _wrong(message: str) -> tk.ValidationError:
    return tk.ValidationError({"items": [message]})
