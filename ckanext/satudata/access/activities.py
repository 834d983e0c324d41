"""Activity streams keep what a dataset said; who may read it has to follow the dataset."""
from __future__ import annotations

import ckan.plugins as p
import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects import postgresql as pg

from . import readers

_activity = sa.table(
    "activity",
    sa.column("object_id", sa.Text),
    sa.column("activity_type", sa.Text),
    sa.column("permission_labels", pg.ARRAY(sa.Text)),
)


def relabel(package: model.Package) -> None:
    """Give a dataset's past activities the labels it has now, in the running transaction.

    CKAN keeps the labels of the moment in which an activity was written and never looks again:
    what was public would stay in the streams with all it said.
    """
    if not p.plugin_loaded("activity"):
        return
    model.Session.flush()
    model.Session.execute(
        sa.update(_activity)
        .where(
            _activity.c.object_id == package.id, _activity.c.activity_type.endswith("package")
        )
        .values(permission_labels=readers.dataset_labels(package))
    )
