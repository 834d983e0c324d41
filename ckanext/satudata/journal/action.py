"""Actions of the journal: how a job stands."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from . import asked, jobs
from .events import actor

__all__ = ["satudata_job_show"]


@tk.side_effect_free
def satudata_job_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """How far a job is.

    :param id: id of the job, as the action that began it answered
    :type id: string

    :returns: {id, kind, state, done, total, errors, stopped_by, created_at, ended_at}; ``state``:
        ``menunggu``, ``berjalan``, ``selesai`` or ``dihentikan`` (``stopped_by`` says why);
        ``done``: how many pieces are through, those with an error too; ``errors``:
        [{id, message, fields}]
    :rtype: dictionary
    :raises ObjectNotFound: there is no such job, or it is somebody else's

    The person who began it and sysadmins may call this.
    """
    tk.check_access("satudata_job_show", context, data_dict)
    found = jobs.show(asked.identifier(data_dict))
    if found is None or not _may_see(context, found.pop("person")):
        raise tk.ObjectNotFound(tk._("There is no such job."))
    return found


def _may_see(context: Context, person: str) -> bool:
    own = actor(context).person
    user = model.User.get(own) if own else None
    return bool(context.get("ignore_auth")) or own == person or bool(user and user.sysadmin)
