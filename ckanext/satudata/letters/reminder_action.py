"""The action about reminders."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked
from ckanext.satudata.opd.store import key

from . import reminding
from .offices import an_office


@tk.side_effect_free
def satudata_reminder_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What was sent to remind offices, and which offices nobody can be reminded at.

    For a walidata. A mail that the mail server took and that came back later is not known here.

    :param organization: name or id of an office: reminders about it only (optional)
    :type organization: string
    :param limit: how many at most; default 50, highest 200 (optional)
    :type limit: integer
    :param offset: how many to leave out first (optional)
    :type offset: integer

    :returns: {``count``, ``results``, ``unreachable``}. Results, the latest day first: {``day``,
        ``person`` (id), ``offices``: [{``name``, ``title``, ``overdue``, ``soon``}], ``closing``
        (the quarter that was about to end, or None), ``state`` (sent, refused, waiting, read,
        no_address, not_needed), ``at``, ``error``, ``mail_id``}. Unreachable: {``name``,
        ``title``, ``people`` (whether it has people, none of them with a mail address)}.
    :rtype: dictionary
    """
    tk.check_access("satudata_reminder_list", context, data_dict)
    limit, offset = asked.page(data_dict, most=200)
    opd = key(an_office(data_dict).id) if asked.optional_name(data_dict, "organization") else None
    count, results = reminding.sent(opd, limit, offset)
    return {"count": count, "results": results, "unreachable": reminding.unreachable()}
