"""Who reads a report, and what may be named to them.

"Which rows are named depends on what the reader may see today": every figure is the same for all,
the items behind it are not.
"""
from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import authz
from ckan.types import Context

from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import key

#: Roles that see every item with its state (design: an obligation with its state).
SEES_ALL = (people.WALIDATA, people.KOORDINATOR, people.PIMPINAN)


@dataclass(frozen=True)
class Reader:
    """A reader of reports.

    :param everything: may see every item, whatever its class
    :param opds: offices whose items they may see (own ones, and those below, for admins)
    :param inside: belongs to the city's administration: a member of an office, or a role
    """

    everything: bool
    opds: frozenset[UUID] = frozenset()
    inside: bool = False

    def may_see(self, opd: UUID, klass: str) -> bool:
        """Whether an item of an office and access class may be named."""
        return self.everything or klass == "terbuka" or opd in self.opds


EVERYTHING = Reader(everything=True, inside=True)


def reader(context: Context) -> Reader:
    """The reader behind an action call."""
    if context.get("ignore_auth"):
        return EVERYTHING
    user = context.get("user")
    if not user:
        return Reader(everything=False)
    if authz.is_sysadmin(user):
        return EVERYTHING
    roles = people.roles_of(actor(context).person)
    if roles.intersection(SEES_ALL):
        return EVERYTHING
    own = tk.get_action("organization_list_for_user")(
        {"user": user, "ignore_auth": False}, {"id": user, "permission": "read"}
    )
    opds = frozenset(key(organization["id"]) for organization in own)
    return Reader(everything=False, opds=opds, inside=bool(opds or roles))
