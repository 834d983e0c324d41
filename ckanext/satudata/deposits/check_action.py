"""Actions about what was found in files: look at it, answer it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.access import submissions
from ckanext.satudata.access.inspection import running
from ckanext.satudata.access.inspection import steps as inspection_steps
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.journal import asked
from ckanext.satudata.journal.events import Actor, actor, record

from . import acceptance, inspected, obligations


@tk.side_effect_free
def satudata_file_check(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What was found in a file: personal data, whether it is a sound table, what has changed.

    :param resource_id: id of a resource; or
    :type resource_id: string
    :param deposit_id: id of a deposit
    :type deposit_id: string

    :returns: ``status`` (``menunggu``, ``selesai``, ``gagal``), ``sha256``, ``personal_data`` [{id,
        kind, label, certainty ``pasti`` or ``ragu``, column, rows, count, sheet, message, answer}],
        ``table`` {sound, sheets [{sheet, columns, rows, errors [{code, row, column, message}]}]},
        ``difference`` to the file accepted last for the same item, or None
    :rtype: dictionary

    :raises ObjectNotFound: there is no such file, or it was never looked at
    :raises NotAuthorized: the caller is not of the office and no walidata
    """
    if data_dict.get("deposit_id"):
        row = acceptance.readable(context, asked.identifier(data_dict, "deposit_id"))
        group_id = obligations.group_of(row["obligation"])
        tk.check_access("satudata_file_check", context, {"group_id": group_id})
        return _shown(row["resource_id"], row["package_id"])
    resource = model.Resource.get(asked.name(data_dict, "resource_id"))
    package = model.Package.get(resource.package_id) if resource is not None else None
    if resource is None or package is None:
        raise tk.ObjectNotFound(tk._("There is no such file."))
    try:
        tk.check_access("package_show", tk.fresh_context(context), {"id": package.id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        raise tk.ObjectNotFound(tk._("There is no such file.")) from None
    tk.check_access("satudata_file_check", context, {"group_id": package.owner_org})
    return _shown(resource.id, package.id)


def satudata_finding_answer(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Answer a doubtful finding; it holds for this column of the dataset from now on.

    :param id: id of the finding, as ``satudata_file_check`` gives it
    :type id: string
    :param answer: ``bukan_pribadi`` (it is none), ``boleh_terbuka`` (it is, and may be public) or
        ``pribadi`` (it must stay in)
    :type answer: string
    :param reason: why
    :type reason: string

    :returns: as ``satudata_file_check``
    :rtype: dictionary

    :raises ValidationError: no reason, no such answer, or the finding is certain: another file, or
        the class ``tertutup``, helps there
    :raises ObjectNotFound: there is no such finding
    """
    tk.check_access("satudata_finding_answer", context, data_dict)
    id = asked.name(data_dict)
    kept = inspections.with_finding(id)
    if kept is None:
        raise tk.ObjectNotFound(tk._("There is no such finding."))
    finding = next(one for one in kept.findings if one["id"] == id)
    said = asked.one_of(data_dict, "answer", inspections.ANSWERS)
    reason = asked.text(data_dict, "reason", asked.TEXT)
    if finding["certainty"] == "pasti":
        raise tk.ValidationError({"id": [tk._(
            "What is certain cannot be answered away: another file, or the class tertutup, "
            "helps.")]})
    subject = kept.package_id or inspected.item_of(kept.resource_id)
    if subject is None:
        raise tk.ObjectNotFound(tk._("There is no such finding."))
    try:
        _answer(kept.package_id, subject, finding, said, reason, actor(context))
        model.Session.commit()
    except Exception:
        # No half of it may wait for somebody else's commit.
        model.Session.rollback()
        raise
    return _shown(kept.resource_id, kept.package_id)


def _answer(
    package_id: str | None, subject: str, finding: Mapping[str, Any], said: str, reason: str,
    by: Actor,
) -> None:
    """The answer, and in the same transaction what it makes certain."""
    if package_id is not None:
        submissions.lock(package_id)
    seq = record(
        "finding.answered", "dataset" if package_id else "obligation", subject, by, text=reason,
        data={"kind": finding["kind"], "column": finding["key"], "answer": said},
    )
    inspections.answer(subject, finding["kind"], finding["key"], said, seq)
    if package_id is not None:
        running.reconsider(package_id)
        inspection_steps.hide(package_id)


def _shown(resource_id: str | None, package_id: str | None) -> dict[str, Any]:
    kept = inspections.get(resource_id) if resource_id else None
    if kept is None or resource_id is None:
        raise tk.ObjectNotFound(tk._("There is no file that was looked at."))
    said = inspections.answers([package_id, inspected.item_of(resource_id)])
    return running.shown(kept, said)
