"""A quarter was frozen: its hash is mailed, so that many have it outside the database."""
from __future__ import annotations

from collections.abc import Collection

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.opd import notices, people
from ckanext.satudata.opd.notices import Happening, Words

FROZEN = "snapshot.frozen"

_TOLD = (people.WALIDATA, people.KOORDINATOR, people.PIMPINAN)


class _Frozen:
    """Those who see everything of the report are told, and keep the hash in their mail."""

    def people(self, happening: Happening) -> Collection[str]:
        return set(people.holders(*_TOLD))

    def words(self, happening: Happening, user: model.User) -> Words | None:
        if not people.has_role(user.id, *_TOLD):
            return None
        quarter, revision = happening.object_id.split("/")
        return Words(
            tk._("Quarter {quarter} was frozen, revision {revision}").format(
                quarter=quarter, revision=revision),
            tk._("Keep this mail. SHA-256 of the frozen report: {hash}").format(
                hash=happening.hash),
            tk.h.url_for("satudata_report.quarter", quarter=quarter, _external=True),
            happening.note,
        )


#: Tellers of this room by kind of happening.
TELLERS: dict[str, notices.Teller] = {FROZEN: _Frozen()}
