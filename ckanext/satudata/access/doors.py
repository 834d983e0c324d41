"""The only chained CKAN actions: every way by which a dataset is written leads through here.

The rule is not here but in ``visibility`` and ``lifecycle``; a door knows what its action means and
hands over to ``saving``. ``private`` is derived for every caller, sysadmins and ``ignore_auth``
included. In a whole dict it is derived without an error and the answer shows what was stored; where
somebody asks for just that and may not have it, there is an error on the field.
"""
from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any, cast

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context
from flask import has_request_context, request

from ckanext.satudata.journal.events import actor, record
from ckanext.satudata.opd import steps as offices
from ckanext.satudata.opd.people import WALIDATA, has_role
from ckanext.satudata.schema import fields

from . import (
    activities,
    closures,
    files,
    harvested,
    hiding,
    index,
    lifecycle,
    policy,
    readers,
    requests,
    saving,
    seals,
    submissions,
    visibility,
)
from .inspection import steps as inspection_steps

Action = Callable[[Context, dict[str, Any]], Any]

#: Options that hold the token by which a service of its own loads the rows of files.
_LOADERS = ("ckan.datapusher.api_token", "ckanext.datapusher_plus.api_token")


# -- datasets ------------------------------------------------------------------------------------


@tk.chained_action
def package_create(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """A new dataset begins as ``draf``; see CKAN's own action for the rest."""
    kind = data_dict.get("type") or visibility.DATASET
    if kind in visibility.COMPANIONS:
        data_dict["private"] = True
    if not harvested.may_keep_source(context, kind):
        raise tk.NotAuthorized(tk._("You may not do this."))
    if not visibility.is_governed(kind):
        return next_action(context, data_dict)
    _check("package_create", context, data_dict)
    return _through(
        next_action, context, data_dict, saving.begin_create(context, data_dict, saving.STEPS)
    )


@tk.chained_action
def package_update(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """``package_patch``, ``package_revise`` and the resource actions end here as well."""
    package = hiding.dataset(data_dict.get("id") or data_dict.get("name"))
    if package is None:
        return next_action(context, data_dict)
    if package.type in visibility.COMPANIONS:
        data_dict["private"] = True
    if not visibility.is_governed(package.type):
        return next_action(context, data_dict)
    _check("package_update", context, {"id": package.id})
    try:
        save = saving.begin_update(context, package, data_dict, saving.STEPS)
    except tk.ValidationError:
        model.Session.rollback()
        raise
    answer = _through(next_action, context, data_dict, save)
    if save.request:
        _keep_request(package.id, save, actor(context))
        _say_requested(context, save.request)
    return answer


def _keep_request(package_id: str, save: saving.Save, by: Any) -> None:
    """2.12 runs no hook and commits nothing when all else stays as it was."""
    row = submissions.get(package_id)
    if row is not None and save.request is not None and not save.finished:
        submissions.save(saving.request(row, save.request, by))
        model.Session.commit()


def _through(
    next_action: Action, context: Context, data_dict: dict[str, Any], save: saving.Save
) -> Any:
    """Run CKAN's action with the save in its context, and leave the context as it was.

    2.11 leaves ``ignore_auth`` behind: the next call with this context would be anybody's.
    """
    ignored = context.get("ignore_auth", False)
    context[saving.KEY] = save  # type: ignore[literal-required]
    # 2.12 compares with the dataset as it was and would read it once more.
    lend = save.old is not None and not save.decided and "original_package" not in context
    if lend:
        context["original_package"] = save.old  # type: ignore[literal-required]
    try:
        return next_action(context, data_dict)
    except Exception:
        # Solr may have been told: what this owes is owed now, whoever the session ends with.
        model.Session.rollback()
        raise
    finally:
        context["ignore_auth"] = ignored
        context.pop(saving.KEY, None)  # type: ignore[misc]
        if lend:
            context.pop("original_package", None)  # type: ignore[misc]


@tk.chained_action
def package_patch(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Whoever sends ``private`` here asks for just that."""
    asking = cast(Context, {**context})
    asking[saving.ASKED] = saving.as_bool(data_dict.get("private"))  # type: ignore[literal-required]
    if _is_closed_by_walidata(context, data_dict):
        asking["ignore_auth"] = True
    return next_action(asking, data_dict)


def _is_closed_by_walidata(context: Context, data_dict: Mapping[str, Any]) -> bool:
    """A walidata may close any dataset: a more closed class and its evidence, nothing else."""
    allowed = {"id", *(field.name for field in fields.group_fields("akses"))}
    if context.get("ignore_auth") or not set(data_dict) <= allowed:
        return False
    package = hiding.dataset(data_dict.get("id"))
    if package is None or not visibility.is_governed(package.type):
        return False
    return (
        visibility.is_more_closed(saving.given_class(data_dict), readers.standing(package)[0])
        and has_role(actor(context).person, WALIDATA)
    )


@tk.chained_action
def resource_create(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """CKAN takes the file out before it updates the dataset: it is kept for the check and hash."""
    upload = data_dict.get("upload")
    if files.is_upload(upload):
        context[files.ADDED] = upload  # type: ignore[literal-required]
    try:
        return next_action(context, data_dict)
    except Exception:
        # 2.11 commits here, after the update.
        model.Session.rollback()
        raise
    finally:
        context.pop(files.ADDED, None)  # type: ignore[misc]


@tk.chained_action
def package_revise(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """Like ``package_patch``: ``private`` among the updates is asked for."""
    update = data_dict.get("update")
    asked = data_dict.get("update__private")
    if isinstance(update, Mapping) and "private" in update:
        asked = update["private"]
    asking = cast(Context, {**context})
    asking[saving.ASKED] = saving.as_bool(asked)  # type: ignore[literal-required]
    return next_action(asking, data_dict)


@tk.chained_action
def package_delete(next_action: Action, context: Context, data_dict: dict[str, Any]) -> None:
    """Deleting what is public or owed is a request to the walidata, for who may not verify."""
    package = hiding.dataset(data_dict.get("id"))
    if package is None or not visibility.is_governed(package.type):
        next_action(context, data_dict)
        return
    _check("package_delete", context, {"id": package.id})
    submissions.lock(package.id)
    model.Session.refresh(package)
    row = submissions.require(package.id)
    if deletion_is_asked(context, package):
        submissions.save(saving.request(row, lifecycle.ASK_DELETE, actor(context)))
        model.Session.commit()
        _say_requested(context, lifecycle.ASK_DELETE)
        return
    try:
        if package.state != "deleted":
            _delete(context, package, row)
        next_action(context, {**data_dict, "id": package.id})
    except Exception:
        # What the steps wrote waits for no commit of somebody else.
        model.Session.rollback()
        raise


def is_guarded(context: Context, package: model.Package) -> bool:
    """Whether a dataset is public and the caller may not verify: its files come by deposits."""
    return (
        visibility.is_governed(package.type) and package.state == "active" and not package.private
        and policy.enforcement() == visibility.STRICT and not policy.may_verify(context)
    )


def deletion_is_asked(context: Context, package: model.Package) -> bool:
    """Whether deleting a dataset is a request to the walidata, for this caller."""
    return is_guarded(context, package) or (
        policy.enforcement() == visibility.STRICT and not policy.may_verify(context)
        and saving.is_owed(package.id, saving.STEPS)()
    )


def _delete(context: Context, package: model.Package, row: submissions.Submission) -> None:
    """All that follows from a deletion, before CKAN's own action commits it."""
    by = actor(context)
    dataset = saving.current(package.id)
    for step in saving.STEPS:
        step.before_dataset_saved(context, dataset, {"state": "deleted"})
    saving.end_request(context, row, by)
    record("dataset.deleted", "dataset", package.id, by)
    submissions.save(row, requested=None, requested_by_event=None)
    package.state = "deleted"
    if policy.enforcement() == visibility.STRICT:
        package.private = True
    activities.relabel(package)
    for step in saving.STEPS:
        step.after_dataset_saved(context, {**dataset, "state": "deleted"})


@tk.chained_action
def dataset_purge(next_action: Action, context: Context, data_dict: dict[str, Any]) -> None:
    """What is known of the dataset goes with it; its events stay, and what is owed stays owed."""
    package = hiding.dataset(data_dict.get("id"))
    if package is None or not visibility.is_governed(package.type):
        next_action(context, data_dict)
        return
    _check("dataset_purge", context, {"id": package.id})
    submissions.lock(package.id)
    by = actor(context)
    try:
        for step in saving.STEPS:
            step.before_dataset_purged(package.id, by)
        record("dataset.purged", "dataset", package.id, by)
        submissions.forget(package.id)
        requests.forget(package.id)
        closures.forget(package.id)
        next_action(context, data_dict)
    except Exception:
        model.Session.rollback()
        raise


@tk.chained_action
def package_owner_org_update(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> None:
    """Called by itself this moves a dataset to another office: readers change with it."""
    package = hiding.dataset(data_dict.get("id"))
    if context.get("defer_commit") or package is None:
        # A step of package_create or package_update.
        next_action(context, data_dict)
        return
    _check("package_owner_org_update", context, data_dict)
    target = model.Group.get(data_dict.get("organization_id"))
    after = target.id if target else None
    try:
        _move(next_action, context, data_dict, package, after)
        model.Session.commit()
    except Exception:
        model.Session.rollback()
        raise


def _move(
    next_action: Action, context: Context, data_dict: dict[str, Any], package: model.Package,
    after: str | None,
) -> None:
    """Give a dataset to another office, with all that follows; does not commit."""
    submissions.lock(package.id)
    model.Session.refresh(package)
    before = package.owner_org
    governed = before != after and visibility.is_governed(package.type)
    dataset: dict[str, Any] = {}
    if governed:
        dataset = saving.current(package.id)
        for step in saving.STEPS:
            step.before_dataset_saved(context, dataset, {"owner_org": after})
        record(
            "dataset.moved", "dataset", package.id, actor(context),
            data={"from": before, "to": after},
        )
    next_action(cast(Context, {**context, "defer_commit": True}), data_dict)
    if before == after:
        return
    activities.relabel(package)
    model.Session.flush()
    index.refresh(package.id)
    if governed:
        for step in saving.STEPS:
            step.after_dataset_saved(context, {**dataset, "owner_org": after})


# -- many at once --------------------------------------------------------------------------------


def _bulk(action: str, context: Context, data_dict: dict[str, Any], change: dict[str, Any]) -> None:
    """Each dataset by ``package_patch``: 2.11 writes SQL and Solr past every rule otherwise.

    :raises tk.ValidationError: with the reasons by dataset; the others are done
    """
    _check(action, context, data_dict)
    package: Any = model.Package
    ids = data_dict.get("datasets") or []
    rows = model.Session.query(package.id).filter(
        package.id.in_(ids), package.owner_org == data_dict.get("org_id")
    )
    errors: dict[str, Any] = {}
    for (package_id,) in rows.all():
        fresh = cast(Context, {
            key: context[key]  # type: ignore[literal-required]
            for key in ("user", "auth_user_obj", "ignore_auth") if key in context
        })
        try:
            tk.get_action("package_patch")(fresh, {"id": package_id, **change})
        except tk.ValidationError as error:
            words = error.error_dict.get("private") or [str(error)]
            errors.setdefault("private", []).extend(
                f"{package_id}: {word}" for word in cast("list[str]", words)
            )
    if errors:
        raise tk.ValidationError(errors)


@tk.chained_action
def bulk_update_public(next_action: Action, context: Context, data_dict: dict[str, Any]) -> None:
    """Asks for public in so many words: an error on ``private`` for what may not be."""
    _bulk("bulk_update_public", context, data_dict, {"private": False})


@tk.chained_action
def bulk_update_private(next_action: Action, context: Context, data_dict: dict[str, Any]) -> None:
    """Unpublishing, dataset by dataset."""
    _bulk("bulk_update_private", context, data_dict, {"private": True})


@tk.chained_action
def bulk_update_delete(next_action: Action, context: Context, data_dict: dict[str, Any]) -> None:
    """Deleting, dataset by dataset."""
    _bulk("bulk_update_delete", context, data_dict, {"state": "deleted"})


# -- rows of a file ------------------------------------------------------------------------------


def _datastore_door(
    action: str, next_action: Action, context: Context, data_dict: dict[str, Any]
) -> Any:
    """Rows of the DataStore are content: of a file that was uploaded, or by themselves.

    docs/access.md, "Rows of the DataStore". CKAN's own check comes first, on a copy: it changes
    what it is given.
    """
    resource = data_dict.get("resource")
    new = resource if isinstance(resource, Mapping) else {}
    known = hiding.file(data_dict.get("resource_id"))
    package = hiding.dataset(known.package_id if known is not None else new.get("package_id"))
    if known is None and new.get("package_id") and not hiding.sees(context, package):
        raise hiding.not_there()
    if package is None or not visibility.is_governed(package.type):
        return next_action(context, data_dict)
    by_itself = known is None or files.is_rows({"url_type": known.url_type})
    loader = _is_loader(context)
    if _is_dictionary(action, data_dict) or (loader and not by_itself):
        return next_action(context, data_dict)
    tk.check_access(action, tk.fresh_context(context), dict(data_dict))
    if not loader:
        _refuse_rows(context, data_dict, package, by_itself=by_itself)
    if not by_itself:
        return next_action(context, data_dict)
    return _write_rows(next_action, context, data_dict, package, loader=loader)


def _is_loader(context: Context) -> bool:
    """Whether the rows are those of a file, from whoever loads it: a job, or the DataPusher."""
    if context.get("ignore_auth"):
        return True
    if not has_request_context():
        return False
    sent = request.headers.get(tk.config.get("apitoken_header_name") or "Authorization", "")
    return any(
        bool(sent) and hmac.compare_digest(sent.encode(), str(token).encode())
        for option in _LOADERS if (token := tk.config.get(option))
    )


def _is_dictionary(action: str, data_dict: Mapping[str, Any]) -> bool:
    """Whether a call says something about columns and writes no rows."""
    return action == "datastore_create" and bool(data_dict.get("resource_id")) and (
        {name for name, value in data_dict.items() if value} <= {"resource_id", "force", "fields"}
    )


def _refuse_rows(
    context: Context, data_dict: Mapping[str, Any], package: model.Package, *, by_itself: bool
) -> None:
    """The table of doors for rows; those of what is public are looked at here.

    :raises tk.ValidationError: what to do in place of writing them
    """
    public = package.state == "active" and not package.private
    if public and policy.enforcement() == visibility.STRICT and not policy.may_verify(context):
        raise tk.ValidationError({"resource_id": [tk._(
            "This dataset is public and verified: a new or changed file is deposited (setor, "
            "satudata_deposit_create) and takes its place once it is checked.")]})
    if not by_itself and "filters" not in data_dict and "records" not in data_dict and (
        "fields" not in data_dict
    ):
        # The table goes as a whole: what is left is the file.
        return
    if not by_itself:
        raise tk.ValidationError({"resource_id": [tk._(
            "The rows of a file are what stands in the file: change it there, and upload it again "
            "or deposit it (setor, satudata_deposit_create). Rows without a file are written to a "
            "resource of their own (datastore_create with resource).")]})
    if public:
        inspection_steps.before_rows_written(data_dict.get("records"))


def _write_rows(
    next_action: Action, context: Context, data_dict: dict[str, Any], package: model.Package,
    *, loader: bool,
) -> Any:
    """Rows that are no file's: the dataset is held while they change, and is other content then."""
    by, id, package_id = actor(context), data_dict.get("resource_id"), package.id
    try:
        if isinstance(id, str):
            inspection_steps.rows_come(id)
            submissions.lock(package_id)
            model.Session.refresh(package)
            if not loader:
                # It was committed that rows come: somebody may have opened the dataset since.
                _refuse_rows(context, data_dict, package, by_itself=True)
            inspection_steps.rows_written(package_id, id, by)
        answer = next_action(context, data_dict)
        if not isinstance(id, str) and isinstance(answer, Mapping):
            inspection_steps.rows_written(package_id, str(answer["resource_id"]), by)
        # The hash of the content is shown from there.
        index.refresh(package_id)
        model.Session.commit()
    except Exception:
        model.Session.rollback()
        raise
    return answer


@tk.chained_action
def datastore_create(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """See CKAN's own action."""
    return _datastore_door("datastore_create", next_action, context, data_dict)


@tk.chained_action
def datastore_upsert(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """See CKAN's own action."""
    return _datastore_door("datastore_upsert", next_action, context, data_dict)


@tk.chained_action
def datastore_delete(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """See CKAN's own action."""
    return _datastore_door("datastore_delete", next_action, context, data_dict)


# -- files ---------------------------------------------------------------------------------------


@tk.side_effect_free
@tk.chained_action
def resource_view_list(
    next_action: Action, context: Context, data_dict: dict[str, Any]
) -> list[dict[str, Any]]:
    """CKAN's page of a dataset asks for the views of every file, also for those who get no file.

    There they are told of none. CKAN's page of a file expects no refusal here and would break: it
    says so instead, and where to ask. Anywhere else they are refused.
    """
    try:
        return next_action(context, data_dict)
    except tk.NotAuthorized as error:
        if has_request_context() and request.endpoint == "dataset.read":
            return []
        if has_request_context() and (request.blueprint or "").endswith("resource"):
            tk.abort(403, str(error.message))
        raise


# -- offices -------------------------------------------------------------------------------------


def _office_door(action: str, kind: str) -> Action:
    def door(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
        _check(action, context, data_dict)
        if kind != offices.CREATE or data_dict.get("type", "organization") == "organization":
            offices.before_organization_write(context, data_dict, kind)
        return next_action(context, data_dict)

    return cast(Action, tk.chained_action(door))


@tk.chained_action
def member_create(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """An office does not move by way of its members; a hidden dataset is not there."""
    _hide_member(context, data_dict)
    offices.before_member_write(context, data_dict)
    return next_action(context, data_dict)


@tk.chained_action
def member_delete(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """An office does not move by way of its members; a hidden dataset is not there."""
    _hide_member(context, data_dict)
    offices.before_member_write(context, data_dict)
    return next_action(context, data_dict)


@tk.side_effect_free
@tk.chained_action
def member_list(next_action: Action, context: Context, data_dict: dict[str, Any]) -> Any:
    """CKAN lists the ids of hidden datasets to everybody: only those that the caller may see."""
    found = next_action(context, data_dict)
    datasets = [one[0] for one in found if one[1] == "package"]
    if not datasets:
        return found
    visible = hiding.visible(context, datasets)
    return [one for one in found if one[1] != "package" or one[0] in visible]


def _hide_member(context: Context, data_dict: dict[str, Any]) -> None:
    if data_dict.get("object_type") == "package" and not context.get("ignore_auth") and (
        not hiding.sees(context, hiding.dataset(data_dict.get("object")))
    ):
        raise hiding.not_there()


# -- all of them ---------------------------------------------------------------------------------


def _check(action: str, context: Context, data_dict: dict[str, Any]) -> None:
    """CKAN's own check, before a door says anything about a dataset."""
    tk.check_access(action, context, data_dict)


def _say_requested(context: Context, event: str) -> None:
    if not has_request_context() or request.blueprint == "api":
        return
    deleted = event == lifecycle.ASK_DELETE
    tk.h.flash_notice(tk._(
        "The dataset is still there: your request to delete it is in the walidata's queue."
    ) if deleted else tk._(
        "The dataset is still public: your request to unpublish it is in the walidata's queue."
    ))
    tk.h.flash_notice(tk._("Say why, on the dataset's page: ask again there, with the reason."))


def actions() -> dict[str, Action]:
    """All doors by the name of the CKAN action behind each; those of plugins that are there."""
    found: dict[str, Any] = {
        door.__name__: door
        for door in (
            package_create, package_update, package_patch, package_revise, package_delete,
            dataset_purge, package_owner_org_update, bulk_update_public, bulk_update_private,
            bulk_update_delete, resource_create, resource_view_list, member_create,
            member_delete, member_list,
        )
    }
    for name, kind in (
        ("organization_create", offices.CREATE), ("organization_update", offices.UPDATE),
        ("organization_delete", offices.DELETE), ("organization_purge", offices.PURGE),
        ("group_update", offices.UPDATE), ("group_delete", offices.DELETE),
        ("group_purge", offices.PURGE),
    ):
        found[name] = _office_door(name, kind)
    if p.plugin_loaded("datastore"):
        found |= {
            "datastore_create": datastore_create, "datastore_upsert": datastore_upsert,
            "datastore_delete": datastore_delete,
        }
    return hiding.sealed({**found, **seals.actions(), **harvested.actions()})
