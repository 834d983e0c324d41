"""A dataset that somebody may see nothing of is, for them, not there.

CKAN answers "forbidden" for what is hidden and "not found" for what is not there, so that an
address tells whether a closed dataset has it. Here both get the same answer, in every action and on
every page. Two places are needed: the functions of ``auth``, because pages ask them by themselves,
and the actions, because CKAN refuses whoever is not signed in before it asks a function.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic.action import create, delete, get, patch, update
from ckan.types import Context
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal import asked
from ckanext.satudata.journal.values import is_storable

from . import readers, visibility

Action = Callable[[Context, dict[str, Any]], Any]
Find = Callable[[Any], "model.Package | None"]


def person(context: Context) -> Any:
    """Who asks, as an action's context says it: a user, an anonymous one, or None."""
    return context.get("auth_user_obj") or model.User.get(context.get("user") or "")


def sees(context: Context, package: model.Package | None) -> bool:
    """Whether the caller may see at least the metadata of a dataset; nobody sees what is not there.

    The same labels as in search decide (docs/access.md, "Who may see what").
    """
    if package is None:
        return False
    if context.get("ignore_auth") or (package.state == "active" and not package.private):
        return True
    user = person(context)
    if user is not None and not user.is_anonymous and user.sysadmin:
        return True
    return not set(readers.dataset_labels(package)).isdisjoint(readers.user_labels(user))


def visible(context: Context, ids: Collection[str]) -> set[str]:
    """Those of the datasets with these ids of which the caller may see at least the metadata."""
    user = person(context)
    if context.get("ignore_auth") or (user and not user.is_anonymous and user.sysadmin):
        return set(ids)
    package: Any = model.Package
    rows = model.Session.execute(
        sa.select(
            package.id, package.type, package.state, package.private, package.owner_org,
            package.creator_user_id,
        ).where(package.id == sa.any_(sa.literal(list(ids), pg.ARRAY(sa.Text))))
    ).all()
    hidden = [one for one in rows if one.private or one.state != "active"]
    found = {one.id for one in rows} - {one.id for one in hidden}
    if hidden:
        own = set(readers.user_labels(user))
        found |= {id for id, labels in readers.labels_of(hidden).items() if own & set(labels)}
    return found


def not_there() -> tk.ObjectNotFound:
    """The one answer for what is hidden and for what is not there."""
    return tk.ObjectNotFound(tk._("There is no such dataset."))


# -- the dataset that an action is about ---------------------------------------------------------


def _named(data: Mapping[str, Any], field: str = "id") -> model.Package:
    """The dataset that a caller of ours names; it says nothing about whether they may see it.

    :raises tk.ObjectNotFound: there is none
    """
    package = model.Package.get(asked.name(data, field))
    if package is None or not visibility.is_governed(package.type):
        raise not_there()
    return package


def seen(context: Context, data: Mapping[str, Any], field: str = "id") -> model.Package:
    """The dataset; whoever may not see it learns no more than that there is none."""
    package = _named(data, field)
    try:
        tk.check_access("package_show", tk.fresh_context(context), {"id": package.id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        raise not_there() from None
    return package


def authorized(context: Context, data: Mapping[str, Any], action: str) -> model.Package:
    """The dataset, for whom the action lets; whoever may not see it learns that there is none."""
    package = _named(data)
    try:
        tk.check_access(action, context, {**data, "id": package.id})
    except tk.NotAuthorized:
        seen(context, data)
        raise
    return package


# -- what an id leads to -------------------------------------------------------------------------


def dataset(id: Any) -> model.Package | None:
    """The dataset that an id or name leads to; None for one that cannot even be asked for."""
    return model.Package.get(id) if isinstance(id, str) and is_storable(id) else None


def file(id: Any) -> model.Resource | None:
    """The file (resource) that an id leads to; None for one that cannot even be asked for."""
    return model.Resource.get(id) if isinstance(id, str) and is_storable(id) else None


def of_file(id: Any) -> model.Package | None:
    """The dataset that the id of a file leads to."""
    found = file(id)
    return dataset(found.package_id) if found is not None else None


def _of_view(id: Any) -> model.Package | None:
    found = model.ResourceView.get(id) if isinstance(id, str) and is_storable(id) else None
    return of_file(found.resource_id) if found is not None else None


#: Actions of CKAN by the parameter that names a dataset, a file or a view, and what it leads to.
#: What cannot be done to what is hidden is not said to be there either.
_TABLE: tuple[tuple[str, Find, tuple[str, ...]], ...] = (
    ("id", dataset, (
        "package_show", "package_update", "package_patch", "package_delete",
        "package_activity_list", "package_collaborator_list", "package_collaborator_create",
        "package_collaborator_delete", "package_resource_reorder", "package_owner_org_update",
        "package_relationships_list", "follow_dataset", "unfollow_dataset",
        "am_following_dataset", "dataset_follower_count", "dataset_follower_list",
        "dataset_purge",
    )),
    ("id", of_file, (
        "resource_show", "resource_update", "resource_patch", "resource_delete",
        "resource_view_list", "resource_view_reorder", "resource_view_clear",
    )),
    ("id", _of_view, ("resource_view_show", "resource_view_update", "resource_view_delete")),
    ("package_id", dataset, ("resource_create",)),
    ("resource_id", of_file, (
        "resource_view_create", "datastore_info", "datastore_search", "datastore_create",
        "datastore_upsert", "datastore_delete", "datastore_records_delete",
    )),
)

#: Those that are called with GET.
_READS = frozenset({
    "package_show", "package_activity_list", "package_collaborator_list",
    "package_relationships_list", "am_following_dataset", "dataset_follower_count",
    "dataset_follower_list", "resource_show", "resource_view_list", "resource_view_show",
    "datastore_search", "datastore_info",
})

#: Those that are asked for every page, or that know tables by more names than ids: the rule is
#: asked when they refuse, at no cost otherwise.
_AFTERWARDS = frozenset({
    "package_show", "resource_show", "resource_view_list", "datastore_info", "datastore_search",
    "datastore_upsert", "datastore_delete", "datastore_records_delete",
})


def sealed(doors: Mapping[str, Action]) -> dict[str, Action]:
    """The doors, and CKAN's actions that have none, each silent about what is hidden.

    :param doors: chained actions by their names
    """
    found = dict(doors)
    for key, find, names in _TABLE:
        for name in names:
            if _is_there(name):
                found[name] = _sealed(name, key, find, found.get(name))
    return found


def _of_one_table(data_dict: Mapping[str, Any]) -> dict[str, Any]:
    """What the DataStore is asked, naming its table by ``resource_id`` alone.

    It takes ``id`` for the same, and before it: who reads one of the two decides about another.
    """
    if not data_dict.get("id"):
        return dict(data_dict)
    named = {key: value for key, value in data_dict.items() if key != "id"}
    return {**named, "resource_id": data_dict["id"]}


def _is_there(name: str) -> bool:
    if name.startswith("datastore_"):
        return p.plugin_loaded("datastore")
    if name == "package_activity_list":
        return p.plugin_loaded("activity")
    return any(hasattr(module, name) for module in (create, delete, get, patch, update))


def _sealed(name: str, key: str, find: Find, inner: Any) -> Action:
    def silent(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
        if name.startswith("datastore_"):
            data_dict = _of_one_table(data_dict)

        def go_on() -> Any:
            if inner is None:
                return next_action(context, data_dict)
            return inner(next_action, context, data_dict)

        id = data_dict.get(key)
        if not id or context.get("ignore_auth"):
            return go_on()
        if name not in _AFTERWARDS:
            if not sees(context, find(id)):
                raise not_there()
            return go_on()
        try:
            return go_on()
        except (tk.NotAuthorized, tk.ObjectNotFound):
            if not sees(context, find(id)):
                raise not_there() from None
            raise

    silent.__name__ = name
    silent.__doc__ = f"See CKAN's own action ``{name}``; what is hidden is not there."
    action = tk.chained_action(silent)
    return cast(Action, tk.side_effect_free(action) if name in _READS else action)
