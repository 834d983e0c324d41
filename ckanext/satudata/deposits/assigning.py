"""Which walidata looks at a deposit that waits."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd.people import WALIDATA, has_role

from . import acceptance, store


def satudata_deposit_assign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say which walidata looks at a waiting deposit; without ``user`` nobody in particular.

    :param id: id of the deposit
    :type id: string
    :param user: id or name of a walidata (optional)
    :type user: string

    :returns: ``id`` of the deposit, ``assigned_to``
    :rtype: dictionary
    :raises ValidationError: that person is no walidata; the deposit does not wait any more
    :raises ObjectNotFound: there is no such deposit

    A walidata may call this.
    """
    id = asked.identifier(data_dict)
    tk.check_access("satudata_deposit_assign", context, data_dict)
    named = asked.optional_name(data_dict, "user")
    user = model.User.get(named) if named else None
    if named and (user is None or not has_role(user.id, WALIDATA)):
        raise tk.ValidationError({"user": [tk._("That person is no walidata.")]})
    acceptance.waiting(id)
    # The role may have ended while somebody else held the dataset.
    tk.check_access("satudata_deposit_assign", tk.fresh_context(context), data_dict)
    person = user.id if user else None
    store.assign(id, person, actor(context))
    model.Session.commit()
    return {"id": str(id), "assigned_to": person}
