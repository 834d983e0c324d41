"""Activity streams keep what a dataset said; who may read it has to follow the dataset."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, model
from ckan.types import Context
from sqlalchemy.dialects import postgresql as pg

from . import hiding, readers

Action = Callable[[Context, dict[str, Any]], Any]

#: Actions that list what happened.
STREAMS = (
    "package_activity_list", "user_activity_list", "organization_activity_list",
    "group_activity_list", "dashboard_activity_list",
)
#: How the types of those activities end that CKAN gives no labels though they are of a dataset.
_VIEW, _DATASET = "resource view", "dataset"

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


def without_hidden(rows: list[dict[str, Any]], context: Context) -> list[dict[str, Any]]:
    """A stream without what CKAN shows to everybody of hidden datasets: views made, followers.

    :param rows: activities as CKAN's actions give them
    :returns: the others; of views those only whose file the reader may have
    """
    of_datasets = {row["object_id"] for row in rows if _of(row, _VIEW) or _of(row, _DATASET)}
    if not of_datasets or context.get("ignore_auth") or authz.is_sysadmin(context.get("user")):
        return rows
    seen = hiding.visible(context, of_datasets)
    user = hiding.person(context)
    package: Any = model.Package
    read = {
        one.id for one in model.Session.query(package).filter(package.id.in_(seen))
        if readers.may_read_file(user, one)
    }
    return [
        row for row in rows
        if not (_of(row, _VIEW) and row["object_id"] not in read)
        and not (_of(row, _DATASET) and row["object_id"] not in seen)
    ]


def _of(row: dict[str, Any], kind: str) -> bool:
    return str(row["activity_type"]).endswith(kind)


def _stream(name: str) -> Action:
    def stream(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
        return without_hidden(next_action(context, data_dict), context)

    stream.__name__ = name
    stream.__doc__ = f"See CKAN's own action ``{name}``."
    return cast(Action, tk.side_effect_free(tk.chained_action(stream)))


def actions() -> dict[str, Action]:
    """The streams by the names of CKAN's actions, if it has them."""
    if not p.plugin_loaded("activity"):
        return {}
    return {name: _stream(name) for name in STREAMS}
