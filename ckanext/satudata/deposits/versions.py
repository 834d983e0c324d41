"""The version of an item that stands: the latest that was recorded."""
from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from ckanext.satudata.journal.model import event

from .model import obligation_version


def latest(*columns: Any, as_of: dt.datetime | None = None) -> sa.sql.Select[Any]:
    """The latest version of each item, one row each; to be narrowed, or joined as a subquery.

    :param columns: of the version; default: all
    :param as_of: versions recorded before this moment; default: all, the running transaction's too
    """
    query = (
        sa.select(*(columns or (obligation_version,)))
        .distinct(obligation_version.c.obligation)
        .order_by(obligation_version.c.obligation, obligation_version.c.event_seq.desc())
    )
    if as_of is not None:
        query = query.join(event, event.c.seq == obligation_version.c.event_seq).where(
            event.c.recorded_at < as_of
        )
    return query
