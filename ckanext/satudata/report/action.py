"""Actions of the report."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context, DataDict

from ckanext.satudata.access import visibility
from ckanext.satudata.deposits import state
from ckanext.satudata.deposits.listing import EVERYTHING, Reader, reader
from ckanext.satudata.journal import asked, clock
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.quarters import Quarter, QuarterError
from ckanext.satudata.opd import people

from . import across, obligation_list, papers, past, reading, snapshots, year
from .auth import only_frozen
from .evaluation import OBLIGATION_STATUSES
from .item_rows import BY_OFFICE, ORDERS

__all__ = [
    "satudata_compliance_history",
    "satudata_compliance_report",
    "satudata_compliance_year",
    "satudata_obligation_list",
    "satudata_snapshot_freeze",
    "satudata_snapshot_list",
    "satudata_snapshot_show",
    "satudata_snapshot_verify",
]


@tk.side_effect_free
def satudata_compliance_report(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The compliance report of a quarter: who owes what, what came, what is missing.

    Perpres 39/2019 art. 27(3) makes the promised schedule the yardstick, art. 30(5) the report.

    :param quarter: code such as ``2026-TW3``; default: the running quarter
    :type quarter: string
    :param as_of: moment to judge by (ISO 8601; without an offset, in the city's time zone), never
        in the future; default: the latest snapshot's if the quarter is frozen, else now
    :type as_of: string
    :param organization: name or id of an office: its row, its units' rows, their items
    :type organization: string
    :param roll_up: sum units into the office above them (default true)
    :type roll_up: boolean
    :param obligations: give the items too; default: true up to 5,000 of them
    :type obligations: boolean
    :param status: only items in this state: ``missing``, ``partial``, ``fulfilled``, ``pending``,
        ``excused`` or ``unjudged``
    :type status: string
    :param klasifikasi_akses: only items of this access class, as it is today
    :type klasifikasi_akses: string
    :param q: only items whose titles have these words
    :type q: string
    :param sort: ``office`` (default: by office and title) or ``status`` (what is missing first)
    :type sort: string
    :param arrears: give the periods in arrears too, oldest first (default false)
    :type arrears: boolean
    :param before: give the quarter before too, as it now stands, to compare with (default false)
    :type before: boolean
    :param limit: page of items, and of arrears: how many (1 to 5,000)
    :type limit: integer
    :param offset: page of items, and of arrears: how many to leave out
    :type offset: integer

    :returns: the report; items that the caller may not see are counted in ``hidden`` of each
        office and ``hidden_obligations``, and are in every figure. ``obligations_count`` says how
        many items there are on all pages. ``deposits_until``: deposits count that happened before
        this moment; in a revision that of the first freezing, else ``as_of``. With ``arrears``:
        ``arrears``, a list of {id, title, organization (which answered then), answers (the office
        that does now), package_id, frekuensi, klasifikasi_akses, period, last_day, quarter},
        ``arrears_count`` on all pages, and ``hidden_arrears``, which are not named. With
        ``before``: ``before``, a dict {quarter, frozen, totals, organizations: a list of {id,
        name, status, due, fulfilled, rate, on_time_rate}}, or null if the caller may not see it
    :rtype: dictionary

    :raises ValidationError: a quarter, moment or number that makes no sense, a quarter beyond the
        end of next year, a moment before anything was recorded
    :raises ObjectNotFound: there is no such office
    :raises NotAuthorized: the board is not public
    """
    wanted = _Wanted(data_dict)
    tk.check_access(
        "satudata_compliance_report", context, {**data_dict, "quarter": wanted.quarter.code}
    )
    who, options = reader(context), wanted.options
    before = _quarter_before(wanted.quarter) if options.before else None
    frozen = snapshots.latest_of([wanted.quarter, *([before] if before else [])])
    if before is None or not _may_see(context, before):
        options = replace(options, before=False)
    else:
        options = replace(options, frozen_before=frozen.get(before))
    if wanted.as_of is None and wanted.quarter in frozen:
        found = reading.frozen(frozen[wanted.quarter], who, options)
    else:
        found = reading.live(wanted.quarter, wanted.as_of or wanted.now, who, options)
    return {**found, **({"before": None} if wanted.options.before and not options.before else {})}


#: Quarters that are put beside each other, by default and at most.
HISTORY, LONGEST_HISTORY = 8, 24


@tk.side_effect_free
def satudata_compliance_history(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Quarters beside each other: how every office of the board stood in each of them.

    A frozen quarter as it was frozen, any other as it stands now: what
    ``satudata_compliance_report`` says of each.

    :param until: the last quarter, such as ``2026-TW3``; default: the running one
    :type until: string
    :param quarters: how many (1 to 24, default 8); there are fewer if nothing was owed before
    :type quarters: integer

    :returns: ``quarters``, oldest first, a list of {quarter, frozen, trial, totals}, and
        ``organizations``, a list of {id, name, title, results}; ``results`` has for each quarter
        {status, due, fulfilled, partial, missing, rate, on_time_rate}, or null where the office
        was not on the board. Quarters that the caller may not see are left out
    :rtype: dictionary

    :raises ValidationError: a quarter that has not begun, or a number that makes no sense
    :raises NotAuthorized: the board is not public
    """
    tk.check_access("satudata_compliance_history", context, data_dict)
    running = Quarter.of(clock.city_today())
    last = asked.optional_quarter(data_dict, "until") or running
    if running < last:
        raise tk.ValidationError({"until": [
            tk._("{quarter} has not begun yet.").format(quarter=last.code)
        ]})
    number = asked.whole(data_dict, "quarters", 1, LONGEST_HISTORY, HISTORY)
    return across.standing(across.quarters_until(last, number), only_frozen(context))


@tk.side_effect_free
def satudata_compliance_year(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The quarters of a year together, office by office, beside the years before.

    A frozen quarter as it was frozen, any other as it stands now. Trial quarters are shown and not
    counted in the sums; quarters that have not begun, or that the caller may not see, are left out.

    :param year: the year (1990 to the running one); default: the running one
    :type year: integer
    :param before: how many years before are put beside it (0 to 3, default 1)
    :type before: integer

    :returns: ``year``; ``quarters``, a list of {quarter, frozen, trial, totals}; ``totals``: {opd,
        due, fulfilled, partial, missing, on_time, rate, on_time_rate}; ``organizations``, who was
        silent most often first: {id, name, title, due, fulfilled, partial, missing, on_time, rate,
        on_time_rate, complete, partly, silent (quarters each), change (``better``, ``worse``,
        ``same``, ``new`` or null against the year before), results (as in
        ``satudata_compliance_history``), before: a list of {year, due, fulfilled, rate,
        on_time_rate}}; ``before``: {year, quarters, totals} of the years before, latest first
    :rtype: dictionary

    :raises ValidationError: a year that has not begun, or a number that makes no sense
    :raises NotAuthorized: the board is not public
    """
    tk.check_access("satudata_compliance_year", context, data_dict)
    running = Quarter.of(clock.city_today())
    wanted = asked.whole(data_dict, "year", 1990, running.year, running.year)
    before = asked.whole(data_dict, "before", 0, 3, 1)
    return year.standing(wanted, running, before, only_frozen(context))


def _quarter_before(quarter: Quarter) -> Quarter | None:
    try:
        return quarter.previous()
    except QuarterError:  # the first that can be written has none before it
        return None


def _may_see(context: Context, quarter: Quarter) -> bool:
    """Whether the caller may see the report of a quarter as it now stands."""
    try:
        tk.check_access("satudata_compliance_report", context, {"quarter": quarter.code})
    except tk.NotAuthorized:
        return False
    return True


def satudata_snapshot_freeze(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Freeze a quarter: its report is kept as it is known now, and never changes again.

    :param quarter: code of a quarter that has ended, such as ``2026-TW3``
    :type quarter: string
    :param reason: for a revision of a frozen quarter: why; both are kept
    :type reason: string
    :param after_revision: number of the revision that the caller has seen, 0 for none: when there
        is another one by now, nothing is frozen
    :type after_revision: integer

    :returns: {quarter, revision, report, sha256, previous_sha256, frozen_at, frozen_by}
    :rtype: dictionary

    :raises ValidationError: the quarter has not ended, is a trial (its register was not agreed by
        its last day), is frozen already and no reason was given, was frozen since the caller
        looked (``after_revision``), or lies beyond what has been written down of the items
    :raises NotAuthorized: the caller is not a walidata
    """
    tk.check_access("satudata_snapshot_freeze", context, data_dict)
    quarter = asked.quarter(data_dict)
    reason = asked.optional(data_dict, "reason", asked.TEXT)
    seen = asked.optional_whole(data_dict, "after_revision", 0, 10_000)
    try:
        snapshots.freeze(quarter, actor(context), reason, seen)
    except snapshots.FrozenSince:
        problem = "after_revision", tk._(
            "{quarter} has been frozen since you looked. Look at it again before you revise it."
        )
    except snapshots.AlreadyFrozen:
        problem = "quarter", tk._(
            "{quarter} is frozen already. To correct it, give a reason: a numbered revision is "
            "made and both are kept."
        )
    except snapshots.NotOver:
        problem = "quarter", tk._("{quarter} has not ended yet.")
    except snapshots.Trial:
        problem = "quarter", tk._(
            "{quarter} is a trial: the daftar data of its year was not agreed by its last day. "
            "Trial quarters are shown and exported, not frozen."
        )
    except snapshots.NotWritten:
        problem = "quarter", tk._(
            "What is owed in {quarter} has not been written down for every item yet. The daily "
            "command does that: run \"ckan satudata daily\"."
        )
    except snapshots.NothingToRevise:
        problem = "reason", tk._("{quarter} is not frozen, so there is nothing to revise.")
    else:
        model.Session.commit()
        return _shown(snapshots.frozen(quarter), context)
    model.Session.rollback()
    raise tk.ValidationError({problem[0]: [problem[1].format(quarter=quarter.code)]})


@tk.side_effect_free
def satudata_snapshot_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """All frozen quarters with their revisions, newest first, without their reports.

    :returns: dicts {quarter, revision, sha256, previous_sha256, frozen_at, frozen_by, reason,
        papers}; ``papers`` is a list of {document, format, sha256, size, url}: the files that were
        made right after, of the document ``publik`` (figures) and, for those who may see every
        item, ``lengkap``
    :rtype: list
    """
    tk.check_access("satudata_snapshot_list", context, data_dict)
    who = reader(context)
    return [_head(row, who) for row in snapshots.listed()]


@tk.side_effect_free
def satudata_snapshot_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A frozen quarter; items are named if the caller may see them today.

    :param quarter: code such as ``2026-TW3``
    :type quarter: string
    :param revision: number of the revision; default: the latest
    :type revision: integer

    :returns: {quarter, revision, report, sha256, previous_sha256, frozen_at, frozen_by, reason,
        papers}; ``papers`` as in ``satudata_snapshot_list``
    :rtype: dictionary

    :raises ObjectNotFound: the quarter is not frozen, or has no such revision
    """
    tk.check_access("satudata_snapshot_show", context, data_dict)
    quarter = asked.quarter(data_dict)
    revision = asked.optional_whole(data_dict, "revision", 1, 10_000)
    return _shown(_snapshot(quarter, revision), context)


def _snapshot(quarter: Quarter, revision: int | None) -> Mapping[str, Any]:
    row = snapshots.latest(quarter, revision)
    if row is not None:
        return row
    latest = snapshots.latest(quarter)
    if latest is None:
        raise tk.ObjectNotFound(tk._("{quarter} is not frozen.").format(quarter=quarter.code))
    raise tk.ObjectNotFound(tk._(
        "{quarter} has no revision {revision}. There are: {revisions}."
    ).format(
        quarter=quarter.code, revision=revision,
        revisions=", ".join(map(str, range(1, latest["revision"] + 1)))))


@tk.side_effect_free
def satudata_obligation_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Items of the daftar data that the caller may see, with their state in a quarter.

    With ``quarter`` or ``status`` those that owe something in the quarter, else all there are.

    :param organization: name or id of the office that answers for them; with ``quarter`` or
        ``status`` its units' items too
    :type organization: string
    :param quarter: the quarter, such as ``2026-TW3``; default: the running one
    :type quarter: string
    :param status: only those in this state: ``missing``, ``partial``, ``fulfilled``, ``pending``,
        ``excused`` or ``unjudged``
    :type status: string
    :param q: words of the title
    :type q: string
    :param as_of: as known at this moment; default: as for ``satudata_compliance_report``
    :type as_of: string
    :param limit: how many (default 100, at most 5,000)
    :type limit: integer
    :param offset: how many to leave out
    :type offset: integer

    :returns: ``count`` and ``results``, each {id, title, organization, package_id, frekuensi,
        tahun_awal, valid_from, valid_until, prioritas, klasifikasi_akses, jadwal, register_year,
        code, quarter, status, periods}; ``status`` is null for an item that owes nothing in the
        quarter, and for callers who may not see how the quarter stands
    :rtype: dictionary

    :raises ValidationError: what makes no sense, by field
    :raises ObjectNotFound: there is no such office
    :raises NotAuthorized: a quarter or a state was asked for, and the board is not public
    """
    tk.check_access("satudata_obligation_list", context, data_dict)
    limit = asked.whole(data_dict, "limit", 1, reading.UNASKED_LIMIT, 100)
    sent = {**data_dict, "limit": limit, "sort": None, "arrears": None, "before": None,
            "obligations": True}
    wanted = _Wanted(sent)
    sent["quarter"] = wanted.quarter.code
    if data_dict.get("quarter") or wanted.options.status:
        return obligation_list.of_report(satudata_compliance_report(context, sent))
    judged = _may_see(context, wanted.quarter)
    page = obligation_list.Page(
        _group_id(wanted.options.office), wanted.options.words, limit, wanted.options.offset
    )
    return obligation_list.of_register(
        page, reader(context), wanted.quarter, wanted.as_of or clock.now(), judged=judged
    )


@tk.side_effect_free
def satudata_snapshot_verify(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Whether frozen quarters are what they were: documents, chain, and figures from the events.

    Everybody may have the documents hashed and the chain followed. Judging quarters anew from the
    events takes long, so that is done for holders of a role and for sysadmins.

    :param quarter: only this quarter's snapshot
    :type quarter: string
    :param revision: with ``quarter``: number of the revision; default: the latest
    :type revision: integer
    :param sha256: only the snapshot with this hash, as printed on a document
    :type sha256: string

    :returns: ``agrees`` (bool), ``judged`` (whether the figures were judged anew), ``faults``: a
        list of {quarter, revision, fault}; fault is ``document``, ``chain``, ``paper`` (a file that
        was made of it was changed or is missing), ``figures`` or ``unknown`` (no snapshot has the
        hash)
    :rtype: dictionary

    :raises ValidationError: a caller without a role asked for no certain snapshot
    :raises ObjectNotFound: the quarter is not frozen, or has no such revision
    """
    tk.check_access("satudata_snapshot_verify", context, data_dict)
    digest = asked.optional_name(data_dict, "sha256")
    quarter = asked.optional_quarter(data_dict)
    revision = asked.optional_whole(data_dict, "revision", 1, 10_000)
    only = None
    if quarter is not None:
        row = _snapshot(quarter, revision)
        only = [(row["quarter"], row["revision"])]
    judges = _judges_anew(context)
    if not judges and only is None and digest is None:
        raise tk.ValidationError({"quarter": [tk._("Say which frozen quarter, or which hash.")]})
    faults = snapshots.faults(digest, only=only, judge=judges)
    return {"agrees": not faults, "judged": judges, "faults": faults}


def _judges_anew(context: Context) -> bool:
    """Whether quarters are judged anew for a caller: the site itself, a sysadmin, a role."""
    user = context.get("user")
    if context.get("ignore_auth") or (user and authz.is_sysadmin(user)):
        return True
    return bool(people.roles_of(actor(context).person))


class _Wanted:
    """What a caller of the report asks for, checked."""

    def __init__(self, data_dict: DataDict) -> None:
        self.quarter = asked.optional_quarter(data_dict) or Quarter.of(clock.city_today())
        self.as_of = asked.moment(data_dict)
        self.now = clock.now()
        _refuse_what_nobody_knows(self.quarter, self.as_of, self.now)
        items = data_dict.get("obligations")
        self.options = reading.Asked(
            office=_office(asked.optional_name(data_dict, "organization")),
            roll_up=asked.flag(data_dict, "roll_up", True),
            items=None if items in (None, "") else asked.flag(data_dict, "obligations"),
            status=_one_of(data_dict, "status", OBLIGATION_STATUSES),
            klass=_one_of(data_dict, "klasifikasi_akses", visibility.CLASSES),
            words=asked.optional(data_dict, "q") or "",
            order=_one_of(data_dict, "sort", ORDERS) or BY_OFFICE,
            limit=asked.optional_whole(data_dict, "limit", 1, reading.UNASKED_LIMIT),
            offset=asked.whole(data_dict, "offset", 0, asked.FURTHEST, 0),
            arrears=asked.flag(data_dict, "arrears"),
            before=asked.flag(data_dict, "before"),
        )


def _refuse_what_nobody_knows(
    quarter: Quarter, as_of: dt.datetime | None, now: dt.datetime
) -> None:
    """docs/how-it-judges.md, "What can be asked for"."""
    # Quarters of this year are asked for all the time, and need no look at the city's clock.
    if quarter.year > now.year and quarter.last > (ahead := state.horizon()):
        raise tk.ValidationError({"quarter": [tk._(
            "{quarter} is too far ahead: what is owed is written down until the end of {year}."
        ).format(quarter=quarter.code, year=ahead.year)]})
    first = past.installed_at() if as_of else None
    if as_of and first and as_of <= first:
        raise tk.ValidationError({"as_of": [tk._(
            "Nothing was recorded before {moment}: a report can be as of a later moment only."
        ).format(moment=first.astimezone(asked.city_zone()).isoformat())]})


def _group_id(name: str | None) -> str | None:
    group = model.Group.get(name) if name else None
    return group.id if group else None


def _one_of(data_dict: DataDict, field: str, allowed: Collection[str]) -> str | None:
    if data_dict.get(field) in (None, ""):
        return None
    return asked.one_of(data_dict, field, allowed)


def _office(name: str | None) -> str | None:
    if name is None:
        return None
    group = model.Group.get(name)
    if group is None or not group.is_organization:
        raise tk.ObjectNotFound(tk._("There is no such office."))
    return group.name


def _head(row: Mapping[str, Any], who: Reader) -> dict[str, Any]:
    inside = who.inside
    return {
        "quarter": Quarter.from_index(row["quarter"]).code,
        "revision": row["revision"],
        "sha256": row["sha256"],
        "previous_sha256": row["previous_sha256"],
        "frozen_at": row["recorded_at"].astimezone(asked.city_zone()).isoformat(),
        # Persons and reasons are for the administration; the public sees that and when.
        "frozen_by": row["frozen_by"] if inside else None,
        "reason": row["reason"] if inside else None,
        "papers": [
            {**one, "url": tk.h.url_for(
                "satudata_report.paper", quarter=Quarter.from_index(row["quarter"]).code,
                revision=row["revision"], document=one["document"], extension=one["format"],
                _external=True,
            )}
            for one in row["papers"] if who.everything or one["document"] == papers.PUBLIC
        ],
    }


def _shown(row: Mapping[str, Any], context: Context) -> dict[str, Any]:
    who = EVERYTHING if context.get("ignore_auth") else reader(context)
    return {**_head(row, who), "report": reading.frozen(row, who)}
