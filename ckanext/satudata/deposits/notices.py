"""What people are told of deposits: one waits, it was accepted, it came back."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.satudata.opd import notices, people
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.notices import Happening, Words
from ckanext.satudata.translation import N_

from . import obligations, store
from .periods import label

CREATED, ACCEPTED, RETURNED = "deposit.created", "deposit.accepted", "deposit.returned"

_SAYS = {
    CREATED: (N_("Deposited: {title}, {period}"), N_("Check it, and accept or return it.")),
    ACCEPTED: (
        N_("Deposit accepted: {title}, {period}"),
        N_("Nothing; it counts from the moment you deposited it.")),
    RETURNED: (
        N_("Deposit returned: {title}, {period}"),
        N_("Mend what the reason says and deposit again; within the time for mending it counts "
           "from your first time.")),
}


class _Deposits:
    """Whoever may see a deposit may be told of it. One that came as a dataset's file is decided
    with the dataset, and told with it."""

    def people(self, happening: Happening) -> Collection[str]:
        row = store.get(UUID(happening.object_id))
        if row is None or row["attached"]:
            return set()
        if happening.kind == CREATED:
            return set(people.holders(people.WALIDATA))
        return people.heads_of(obligations.group_of(row["obligation"])) | {row["person"]}

    def words(self, happening: Happening, user: model.User) -> Words | None:
        row = store.get(UUID(happening.object_id))
        if row is None:
            return None
        terms = obligations.latest_of(row["obligation"])
        if not _may_see(user, offices.group_of(terms.opd)):
            return None
        says = _SAYS[happening.kind]
        return Words(
            tk._(says[0]).format(
                title=terms.title, period=label(row["period"], str(tk.h.lang() or "id"))),
            tk._(says[1]), _address(happening, row), happening.note,
            decided=happening.kind != CREATED,
        )


#: Tellers of this room by kind of happening.
TELLERS: dict[str, notices.Teller] = dict.fromkeys(_SAYS, _Deposits())


def _address(happening: Happening, row: Mapping[str, Any]) -> str:
    if happening.kind == RETURNED:
        return tk.h.url_for(
            "satudata_portal.deposit", id=row["obligation"], period=row["period"], _external=True)
    if happening.kind == CREATED:
        return tk.h.url_for("satudata_portal.waiting", id=row["id"], _external=True)
    return tk.h.url_for("satudata_portal.index", _external=True)


def _may_see(user: model.User, group_id: str) -> bool:
    context: Any = {"user": user.name, "auth_user_obj": user}
    try:
        tk.check_access("satudata_deposit_show", Context(context), {"group_id": group_id})
    except tk.NotAuthorized:
        return False
    return True
