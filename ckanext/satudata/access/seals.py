"""Ways out that CKAN leaves open: what it lists without asking whether the reader may see it."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context
from flask import request

from ckanext.satudata.journal import asked

from . import activities, hiding, readers, visibility

Action = Callable[[Context, dict[str, Any]], Any]

#: The DataStore's own table of tables: CKAN gives it to everybody, with the ids of hidden files.
TABLES = "_table_metadata"
#: More tags than a city has.
_ALL_TAGS = 100_000
#: Formats that CKAN proposes unless it is asked for more; more than a city has.
FORMATS, ALL_FORMATS = 5, 10_000


def visible_tags(context: Context) -> set[str] | None:
    """Names of the free tags of datasets that the caller may see; None for all of them.

    CKAN lists the tags of private datasets to everybody.
    """
    return _visible(context, "tags")


def _visible(context: Context, field: str) -> set[str] | None:
    """What the datasets that the caller may see have in a field; None for whoever may see all."""
    if may_see_all(context):
        return None
    found = tk.get_action("package_search")(
        {"user": context.get("user", ""), "auth_user_obj": context.get("auth_user_obj")},
        {"rows": 0, "facet.field": [field], "facet.limit": -1, "include_private": True},
    )
    return {item["name"] for item in found["search_facets"][field]["items"]}


def may_see_all(context: Context) -> bool:
    """Whether nothing is hidden from the caller: a sysadmin, or code that asks for itself."""
    return bool(context.get("ignore_auth")) or authz.is_sysadmin(context.get("user"))


def is_seen(tag: Any, visible: set[str] | None) -> bool:
    """Whether a tag (its name or dict) is among the visible ones; those of vocabularies are."""
    if visible is None:
        return True
    if isinstance(tag, str):
        return tag in visible
    return bool(tag.get("vocabulary_id")) or tag["name"] in visible


def free_tag(name_or_id: str) -> str | None:
    """Name of a free tag; None when it is none or belongs to a vocabulary."""
    tag = model.Tag.get(name_or_id)
    return tag.name if tag is not None and not tag.vocabulary_id else None


def get_featured_organizations(count: int = 1) -> list[dict[str, Any]]:
    """In place of CKAN's helper: offices for the first page."""
    return _featured("organization", tk.config["ckan.featured_orgs"], count)


def get_featured_groups(count: int = 1) -> list[dict[str, Any]]:
    """In place of CKAN's helper: groups for the first page."""
    return _featured("group", tk.config["ckan.featured_groups"], count)


def _featured(kind: str, configured: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Offices or groups with those of their datasets that the reader may see.

    CKAN asks as if nobody was asking and shows titles of hidden datasets to everybody.

    :param kind: ``organization`` or ``group``
    :param configured: names or ids that the portal's settings put first
    """
    found: dict[str, dict[str, Any]] = {}
    for name in [*configured, *tk.get_action(f"{kind}_list")(asked.context(), {})]:
        if len(found) >= count:
            break
        try:
            shown = tk.get_action(f"{kind}_show")(
                cast(Context, {**asked.context(), "limits": {"packages": 2}, "for_view": True}),
                {"id": name, "include_datasets": True},
            )
        except (tk.ObjectNotFound, tk.NotAuthorized):
            continue
        found.setdefault(shown["id"], shown)
    return list(found.values())


def keep_out_of_caches() -> None:
    """What is answered to somebody who is signed in is for nobody else, whatever page it is.

    CKAN says so of the pages that it renders only: of its API, its feeds and of files it allows
    everything between to keep the answer and to give it to others. Pages of ours say it always.
    """
    ours = str(request.blueprint).startswith("satudata_")
    if ours or tk.current_user.is_authenticated or "Authorization" in request.headers:
        request.environ["__no_cache__"] = True


def keep_files_apart(context: Context, dataset: dict[str, Any]) -> None:
    """Whoever reads what a dataset says and no file is not told where its files and rows are.

    Other plugins make more of what is shown: structured data with addresses, RDF, Croissant with
    the columns of the DataStore, for which it asks as if nobody was asking.
    """
    hidden = dataset.get("private") or dataset.get("state") != "active"
    if not hidden or not visibility.is_governed(dataset.get("type")) or may_see_all(context):
        return
    package = model.Session.get(model.Package, dataset["id"])
    if package is None or readers.may_read_file(hiding.person(context), package):
        return
    for resource in dataset.get("resources") or ():
        resource["url"] = ""
        resource["datastore_active"] = False


@tk.side_effect_free
@tk.chained_action
def tag_list(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Tags of datasets that the caller may see."""
    if data_dict.get("vocabulary_id"):
        return next_action(context, data_dict)
    visible = visible_tags(context)
    return [tag for tag in next_action(context, data_dict) if is_seen(tag, visible)]


@tk.side_effect_free
@tk.chained_action
def tag_autocomplete(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Tags of datasets that the caller may see."""
    if data_dict.get("vocabulary_id"):
        return next_action(context, data_dict)
    found, cut = _unlimited(next_action, context, data_dict)
    visible = visible_tags(context)
    return [tag for tag in found if is_seen(tag, visible)][cut]


@tk.side_effect_free
@tk.chained_action
def tag_search(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Tags of datasets that the caller may see, and how many of these there are."""
    if data_dict.get("vocabulary_id"):
        return next_action(context, data_dict)
    found, cut = _unlimited(next_action, context, data_dict)
    visible = visible_tags(context)
    tags = [tag for tag in found["results"] if is_seen(tag, visible)]
    return {**found, "count": len(tags), "results": tags[cut]}


@tk.side_effect_free
@tk.chained_action
def tag_show(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """A tag that only hidden datasets have is none."""
    name = free_tag(data_dict.get("id") or "")
    if name is not None and not is_seen(name, visible_tags(context)):
        # In the words of CKAN for a tag that is not there: none.
        raise tk.ObjectNotFound
    return next_action(context, data_dict)


def _unlimited(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> tuple[Any, slice]:
    """The whole answer, and the slice of it that was asked for."""
    try:
        start = int(data_dict.get("offset") or 0)
        given = data_dict.get("limit")
        limit = None if given is None or given == "" else int(given)
    except ValueError:
        raise tk.ValidationError({"limit": [tk._("Must be a whole number.")]}) from None
    whole = {key: value for key, value in data_dict.items() if key not in ("limit", "offset")}
    end = None if limit is None or limit < 0 else start + limit
    return next_action(context, {**whole, "limit": _ALL_TAGS}), slice(start, end)


@tk.side_effect_free
@tk.chained_action
def format_autocomplete(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> list[str]:
    """Formats of files of datasets that the caller may see; CKAN proposes those of all."""
    visible = _visible(context, "res_format")
    if visible is None:
        return next_action(context, data_dict)
    most = asked.whole(data_dict, "limit", 0, ALL_FORMATS, FORMATS)
    found = next_action(context, {**data_dict, "limit": ALL_FORMATS})
    seen = {name.lower() for name in visible}
    return [name for name in found if name in seen][:most]


@tk.side_effect_free
@tk.chained_action
def datastore_search(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """See CKAN's own action; the table of all tables is for sysadmins."""
    if data_dict.get("resource_id") == TABLES:
        if not may_see_all(context):
            raise tk.ObjectNotFound(tk._("There is no such table."))
        # CKAN's action asks for no right here.
        tk.check_access("datastore_search", context, {"id": TABLES})
    return next_action(context, data_dict)


@tk.side_effect_free
@tk.chained_action
def package_collaborator_list_for_user(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> list[dict[str, Any]]:
    """Datasets that a person collaborates on and the caller may see."""
    found = next_action(context, data_dict)
    seen = hiding.visible(context, [one["package_id"] for one in found])
    return [one for one in found if one["package_id"] in seen]


def _relationship(name: str) -> Action:
    def related(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
        for key in ("subject", "object"):
            if not hiding.sees(context, hiding.dataset(data_dict.get(key))):
                raise hiding.not_there()
        return next_action(context, data_dict)

    related.__name__ = name
    related.__doc__ = f"See CKAN's own action ``{name}``; what is hidden is not there."
    return cast(Action, tk.chained_action(related))


def actions() -> dict[str, Action]:
    """The sealed actions by the name of CKAN's; those of plugins that are there."""
    found: dict[str, Any] = {
        seal.__name__: seal
        for seal in (
            tag_list, tag_autocomplete, tag_search, tag_show, format_autocomplete,
            package_collaborator_list_for_user,
        )
    }
    for name in ("create", "update", "delete"):
        found[f"package_relationship_{name}"] = _relationship(f"package_relationship_{name}")
    if p.plugin_loaded("datastore"):
        found["datastore_search"] = datastore_search
    return {**found, **activities.actions()}
