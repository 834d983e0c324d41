"""Many decisions at once: datasets and deposits, each decided as if it were the only one.

A piece goes through the action of the single decision, as the person who ticked it: four eyes,
hash, completeness and what was found in the files are asked for each.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, jobs
from ckanext.satudata.journal.events import actor
from ckanext.satudata.schema.checking import reader_language

#: Kind of the jobs.
KIND = "decide"

VERIFY, ACCEPT, RETURN = "verify", "accept", "return"
#: ``verify`` and ``accept`` say the same: a dataset is verified, a deposit is accepted.
DECISIONS = (VERIFY, ACCEPT, RETURN)

#: Pieces of one job.
MOST = 1_000

_DATASET = {
    VERIFY: "satudata_dataset_verify", ACCEPT: "satudata_dataset_verify",
    RETURN: "satudata_dataset_return",
}
_DEPOSIT = {
    VERIFY: "satudata_deposit_accept", ACCEPT: "satudata_deposit_accept",
    RETURN: "satudata_deposit_return",
}


def satudata_decide_bulk(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Decide many datasets and deposits at once, as a job of the caller.

    Each is an event of the caller, and goes through what it would go through alone. What cannot
    be done is an error of the job; the others are done. When the caller's role ends the job stops.

    :param items: {``id``, ``content_hash``} of datasets and {``id``, ``sha256``} of deposits, as
        they were looked at (a deposit without a file has no hash); at most 1,000
    :type items: list of dictionaries
    :param decision: ``verify`` or ``accept`` (both: datasets are verified, deposits accepted), or
        ``return``
    :type decision: string
    :param note: a remark; to return, the reason
    :type note: string

    :returns: the job, as ``satudata_job_show`` gives it
    :rtype: dictionary
    :raises ValidationError: what is wrong with the call; nothing is done then
    :raises NotAuthorized: the caller is not a walidata
    """
    tk.check_access("satudata_decide_bulk", context, data_dict)
    by = actor(context)
    if by.person is None:
        raise tk.NotAuthorized(tk._("A decision is a person's: sign in."))
    decision = asked.one_of(data_dict, "decision", DECISIONS)
    note = asked.optional(data_dict, "note", asked.TEXT)
    if decision == RETURN and note is None:
        raise tk.ValidationError({"note": [tk._("A reason is needed.")]})
    job = jobs.start(
        KIND, _items(data_dict), {"decision": decision, "note": note}, by, reader_language(),
    )
    model.Session.commit()
    shown = jobs.show(job)
    return {key: value for key, value in (shown or {}).items() if key != "person"}


def decide_one(context: Context, data: Mapping[str, Any], item: Mapping[str, Any]) -> None:
    """Carry out one piece of a job of this kind.

    :param data: ``decision`` and ``note`` of the job
    :param item: ``id``, and ``content_hash`` or ``sha256``
    """
    actions = _DATASET if model.Package.get(item["id"]) is not None else _DEPOSIT
    tk.get_action(actions[data["decision"]])(context, {**item, "note": data["note"]})


#: How ``journal/jobs.py`` carries these jobs out.
RUNNER = jobs.Runner("satudata_decide_bulk", decide_one)


def _items(data_dict: DataDict) -> list[dict[str, str]]:
    given = data_dict.get("items")
    if not isinstance(given, list) or not given:
        raise _wrong(tk._("Give a list of datasets or deposits."))
    if len(given) > MOST:
        raise _wrong(tk._("At most {most} at once.").format(most=MOST))
    return [_item(one, number) for number, one in enumerate(given, 1)]


def _item(one: Any, number: int) -> dict[str, str]:
    if not isinstance(one, Mapping):
        raise _wrong(tk._("Number {number}: an id and a hash are needed.").format(number=number))
    try:
        said = {"id": asked.name(one)}
        for field in ("content_hash", "sha256"):
            if value := asked.optional_name(one, field):
                said[field] = value
    except tk.ValidationError as error:
        raise _wrong(tk._("Number {number}: {message}").format(
            number=number, message=" ".join(asked.messages(error)))) from None
    return said


def _wrong(message: str) -> tk.ValidationError:
    return tk.ValidationError({"items": [message]})
