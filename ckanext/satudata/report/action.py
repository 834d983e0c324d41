"""Actions of the report."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.deposits.listing import EVERYTHING, reader
from ckanext.satudata.journal import asked, clock
from ckanext.satudata.journal.events import actor
from ckanext.satudata.journal.quarters import Quarter

from . import reading, snapshots

__all__ = [
    "satudata_compliance_report",
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
    :param limit: page of items: how many (1 to 5,000)
    :type limit: integer
    :param offset: page of items: how many to leave out
    :type offset: integer

    :returns: the report; items that the caller may not see are counted in ``hidden`` of each
        office and ``hidden_obligations``, and are in every figure
    :rtype: dictionary

    :raises ValidationError: a quarter, moment or number that makes no sense
    :raises ObjectNotFound: there is no such office
    :raises NotAuthorized: the board is not public
    """
    wanted = _Wanted(data_dict)
    tk.check_access(
        "satudata_compliance_report", context, {**data_dict, "quarter": wanted.quarter.code}
    )
    who = reader(context)
    frozen = snapshots.latest(wanted.quarter) if wanted.as_of is None else None
    if frozen is not None:
        return reading.frozen(frozen, who, **wanted.options)
    return reading.live(wanted.quarter, wanted.as_of or clock.now(), who, **wanted.options)


def satudata_snapshot_freeze(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Freeze a quarter: its report is kept as it is known now, and never changes again.

    :param quarter: code of a quarter that has ended, such as ``2026-TW3``
    :type quarter: string
    :param reason: for a revision of a frozen quarter: why; both are kept
    :type reason: string

    :returns: {quarter, revision, report, sha256, previous_sha256, frozen_at, frozen_by}
    :rtype: dictionary

    :raises ValidationError: the quarter has not ended, is a trial (its register was not agreed by
        its last day), or is frozen already and no reason was given
    :raises NotAuthorized: the caller is not a walidata
    """
    tk.check_access("satudata_snapshot_freeze", context, data_dict)
    quarter = asked.quarter(data_dict)
    reason = asked.optional(data_dict, "reason", asked.TEXT)
    try:
        snapshots.freeze(quarter, actor(context), reason)
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

    :returns: dicts {quarter, revision, sha256, previous_sha256, frozen_at, frozen_by, reason}
    :rtype: list
    """
    tk.check_access("satudata_snapshot_list", context, data_dict)
    inside = reader(context).inside
    return [_head(row, inside) for row in snapshots.listed()]


@tk.side_effect_free
def satudata_snapshot_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A frozen quarter; items are named if the caller may see them today.

    :param quarter: code such as ``2026-TW3``
    :type quarter: string
    :param revision: number of the revision; default: the latest
    :type revision: integer

    :returns: {quarter, revision, report, sha256, previous_sha256, frozen_at, frozen_by, reason}
    :rtype: dictionary

    :raises ObjectNotFound: the quarter is not frozen, or has no such revision
    """
    tk.check_access("satudata_snapshot_show", context, data_dict)
    quarter = asked.quarter(data_dict)
    revision = asked.optional_whole(data_dict, "revision", 1, 10_000)
    row = snapshots.latest(quarter, revision)
    if row is None:
        raise tk.ObjectNotFound(tk._("{quarter} is not frozen.").format(quarter=quarter.code))
    return _shown(row, context)


@tk.side_effect_free
def satudata_snapshot_verify(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Whether frozen quarters are what they were: documents, chain, and figures from the events.

    :param quarter: only this quarter's latest snapshot
    :type quarter: string
    :param sha256: only the snapshot with this hash, as printed on a document
    :type sha256: string

    :returns: ``agrees`` (bool), ``faults``: a list of {quarter, revision, fault}
    :rtype: dictionary
    """
    tk.check_access("satudata_snapshot_verify", context, data_dict)
    digest = asked.optional_name(data_dict, "sha256")
    quarter = asked.optional_quarter(data_dict)
    if quarter is not None:
        row = snapshots.latest(quarter)
        if row is None:
            raise tk.ObjectNotFound(tk._("The quarter is not frozen."))
        digest = row["sha256"]
    faults = snapshots.faults(digest)
    return {"agrees": not faults, "faults": faults}


class _Wanted:
    """What a caller of the report asks for, checked."""

    def __init__(self, data_dict: DataDict) -> None:
        self.quarter = asked.optional_quarter(data_dict) or Quarter.of(clock.city_today())
        self.as_of = asked.moment(data_dict)
        limit = asked.optional_whole(data_dict, "limit", 1, reading.UNASKED_LIMIT)
        wanted = data_dict.get("obligations")
        self.options: dict[str, Any] = {
            "office": _office(asked.optional_name(data_dict, "organization")),
            "roll_up": asked.flag(data_dict, "roll_up", True),
            "items": None if wanted in (None, "") else asked.flag(data_dict, "obligations"),
            "limit": limit,
            "offset": asked.whole(data_dict, "offset", 0, asked.FURTHEST, 0),
        }


def _office(name: str | None) -> str | None:
    if name is None:
        return None
    group = model.Group.get(name)
    if group is None or not group.is_organization:
        raise tk.ObjectNotFound(tk._("There is no such office."))
    return group.name


def _head(row: Mapping[str, Any], inside: bool) -> dict[str, Any]:
    return {
        "quarter": Quarter.from_index(row["quarter"]).code,
        "revision": row["revision"],
        "sha256": row["sha256"],
        "previous_sha256": row["previous_sha256"],
        "frozen_at": row["recorded_at"].isoformat(),
        # Persons and reasons are for the administration; the public sees that and when.
        "frozen_by": row["frozen_by"] if inside else None,
        "reason": row["reason"] if inside else None,
    }


def _shown(row: Mapping[str, Any], context: Context) -> dict[str, Any]:
    who = EVERYTHING if context.get("ignore_auth") else reader(context)
    return {**_head(row, who.inside), "report": reading.frozen(row, who)}
