"""One save of a dataset, from the door to the commit.

``begin`` runs before CKAN's action: it locks the dataset, refuses what this caller may not do and
derives ``private``. ``finish`` runs in CKAN's own hook, in the same transaction and before its
commit and its indexing: it has the last word on ``private`` from the validated values, moves the
submission along the table of ``lifecycle`` and writes the events.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import Actor, actor, record
from ckanext.satudata.schema import completeness, content

from . import activities, closures, files, lifecycle, opinions, policy, submissions, visibility
from .inspection import running
from .inspection import store as inspections
from .submissions import Submission

#: Key of the running :class:`Save` in CKAN's context.
KEY = "satudata_save"
#: Keys that a door sets for those behind it: what is asked for in so many words, and that the
#: save carries out a decision of our own.
ASKED, DECIDED = "satudata_asked_private", "satudata_decided"
#: Key of what the decision adds to the dataset, if it does: an :class:`Added`.
ADDED = "satudata_added"


@dataclass(frozen=True)
class Added:
    """A file that a walidata has looked at and takes into a dataset.

    :param by: id of the person who brought it; None: nobody known
    :param as_verified: the content it is added to is just what was verified
    """

    by: str | None
    as_verified: bool


class Step(Protocol):
    """What a later room does when a dataset is saved; both run in the saving transaction."""

    def before_dataset_saved(
        self, context: Context, old: Mapping[str, Any] | None, new: dict[str, Any]
    ) -> None:
        """Look at, complete or refuse (``ValidationError``) what is about to be saved.

        :param old: as ``package_show`` gives it; None for a new dataset
        :param new: what the caller sent, not validated yet
        """

    def after_dataset_saved(self, context: Context, dataset: Mapping[str, Any]) -> None:
        """Follow what was saved, before the commit.

        :param dataset: validated values at the top level (lists as JSON text), with ``resources``
            that have their ids
        """

    def before_dataset_purged(self, package_id: str, by: Actor) -> None:
        """Let go of a dataset that is about to vanish for good, in the same transaction."""


#: What later rooms do when a dataset is saved; ``plugin.py`` fills it.
STEPS: list[Step] = []


@dataclass
class Save:
    """What is known of a save under way."""

    old: dict[str, Any] | None = None
    row: Submission | None = None
    asked_private: bool | None = None
    files: dict[int, files.Digest] = field(default_factory=dict)
    decided: bool = False
    strict: bool = True
    withdrawn_links: dict[str, str] = field(default_factory=dict)
    request: str | None = None
    unchecked: bool = False
    finished: bool = False

    @property
    def standing(self) -> Submission:
        """Where the dataset stood before an update."""
        if self.row is None:
            raise LookupError("a new dataset has no standing yet")
        return self.row

    @property
    def was_public(self) -> bool:
        """Whether everybody could see the dataset before."""
        return self.old is not None and self.old["state"] == "active" and not self.old["private"]


def begin_create(context: Context, data_dict: dict[str, Any], steps: list[Step]) -> Save:
    """Before a dataset is created."""
    save = Save(strict=_is_strict())
    save.asked_private = as_bool(data_dict.get("private"))
    given = given_class(data_dict)
    save.files = files.digests(context, data_dict.get("resources") or ())
    _closed_holds_uploads(save, data_dict, given)
    for step in steps:
        step.before_dataset_saved(context, None, data_dict)
    data_dict["private"] = _decide(
        save, given, lifecycle.DRAF, str(data_dict.get("state") or "active")
    ).private
    return save


def begin_update(
    context: Context, package: model.Package, data_dict: dict[str, Any], steps: list[Step]
) -> Save:
    """Before a dataset is updated.

    :raises tk.ValidationError: what the table of doors refuses to this caller
    """
    submissions.lock(package.id)
    # As it is now: it may have been read before another writer let go of it.
    model.Session.refresh(package)
    row = submissions.require(package.id)
    decided = bool(context.get(DECIDED))
    save = Save(
        old=_outline(package) if decided else _old(context, package), row=row,
        strict=_is_strict(), asked_private=as_bool(data_dict.get("private")), decided=decided,
    )
    if not save.decided:
        save.files = files.digests(context, data_dict.get("resources") or ())
        _guard_published(context, save, data_dict, is_owed(package.id, steps))
        _closed_holds_uploads(save, data_dict, given_class(data_dict))
        for step in steps:
            step.before_dataset_saved(context, save.old, data_dict)
    state = str(data_dict.get("state") or package.state)
    next_row = _move_class(save, given_class(data_dict), data_dict)
    klass = visibility.effective_class(given_class(data_dict), next_row.verified_class)
    decision = _decide(save, klass, next_row.status, state)
    if state == "active" and not decision.private:
        save.unchecked = _is_opened_unseen(save)
        decision = _decide(save, klass, next_row.status, state)
    if context.get(ASKED) is False and decision.private:
        raise tk.ValidationError({"private": [tk._(decision.explanation)]})
    data_dict["private"] = decision.private
    return save


def finish(
    context: Context, package: model.Package, data: dict[str, Any], steps: list[Step]
) -> None:
    """After a dataset was written and flushed, before the commit."""
    # A save that came through no door of ours still ends here.
    save = context.get(KEY) or Save(
        row=submissions.get(package.id), asked_private=package.private, strict=_is_strict()
    )
    save.finished = True
    for place, resource in enumerate(data.get("resources") or ()):
        # 2.12 writes the ids of new resources elsewhere.
        resource["id"] = package.resources[place].id
    dataset = flat(data)
    given = given_class(dataset)
    if save.old is None and save.row is None:
        row = _born(context, package, given)
    else:
        row = _moved(context, save, package, dataset, given)
    counted = visibility.effective_class(given, row.verified_class)
    decision = _decide(save, counted, row.status, package.state)
    if package.private != decision.private:
        package.private = decision.private
        model.Session.flush()
    data["private"] = dataset["private"] = decision.private
    _keep_files(save, package.id, dataset)
    closures.follow(package.id, dataset, row.verified_class)
    hidden = package.private or package.state != "active"
    if save.old is not None and hidden and _readers_changed(save, package, row):
        activities.relabel(package)
    if save.was_public and hidden and not save.strict and not save.decided:
        record("dataset.unpublished", "dataset", package.id, actor(context))
    for step in steps:
        step.after_dataset_saved(context, dataset)


def is_owed(package_id: str, steps: list[Any]) -> Callable[[], bool]:
    """Whether an office owes deposits for a dataset: a later room knows, if it says so."""
    return lambda: any(
        ask(package_id) for step in steps if (ask := getattr(step, "is_owed", None)) is not None
    )


@contextmanager
def one_write(
    context: Context, package: model.Package, action: str, called: dict[str, Any]
) -> Iterator[None]:
    """Hold the dataset, look at the caller's right once more, and commit all or nothing.

    :param action: whose right it is
    :param called: what its auth function is asked about
    """
    try:
        submissions.lock(package.id)
        model.Session.refresh(package)
        # A role or a membership may have ended while another transaction held the dataset.
        tk.check_access(action, tk.fresh_context(context), called)
        yield
        model.Session.commit()
    except Exception:
        model.Session.rollback()
        raise


def current(package_id: str) -> dict[str, Any]:
    """A dataset as the running transaction sees it, whole, whoever asks."""
    return tk.get_action("package_show")(
        {"ignore_auth": True, "use_cache": False}, {"id": package_id}
    )


def flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Validated data with the extras among the other values."""
    extras = {one["key"]: one.get("value") for one in data.get("extras") or ()}
    return {**extras, **{key: value for key, value in data.items() if key != "extras"}}


def given_class(data_dict: Mapping[str, Any]) -> str | None:
    """The access class that a dict gives, if any, as its code."""
    return visibility.class_code(flat(data_dict).get("klasifikasi_akses"))


def as_bool(value: Any) -> bool | None:
    """What a caller says about ``private``; None when nothing or nonsense."""
    if value is None or value == "":
        return None
    try:
        return bool(tk.asbool(value))
    except ValueError:
        return None


def _readers_changed(save: Save, package: model.Package, row: Submission) -> bool:
    """Whether other people than before may see what is not public."""
    old = save.old or {}
    return (
        save.was_public or old["owner_org"] != package.owner_org or old["state"] != package.state
        or (save.standing.status, save.standing.verified_class) != (row.status, row.verified_class)
    )


# -- before --------------------------------------------------------------------------------------


def _is_strict() -> bool:
    return policy.enforcement() == visibility.STRICT


def _outline(package: model.Package) -> dict[str, Any]:
    """As much of a dataset as a decision of our own needs to know of its past."""
    return {
        "id": package.id, "private": package.private, "state": package.state,
        "owner_org": package.owner_org,
    }


def _old(context: Context, package: model.Package) -> dict[str, Any]:
    original = context.get("original_package")
    if original and original.get("id") == package.id:
        return original
    return tk.get_action("package_show")(
        {"ignore_auth": True, "user": context.get("user", "")}, {"id": package.id}
    )


def _is_opened_unseen(save: Save) -> bool:
    """Whether a dataset would become public before somebody has looked at a file of it.

    What nobody has looked at yet is looked at now; a decision of our own has done so.
    """
    if save.decided or save.was_public or save.old is None:
        return False
    ids = [one["id"] for one in save.old.get("resources") or () if files.is_looked_at(one)]
    return bool(running.unseen(running.ensure(dict.fromkeys(ids, save.old["id"])), ids))


def _decide(save: Save, klass: str | None, status: str, state: str) -> visibility.Decision:
    decision = _decide_by(save, klass, status, state, None)
    if decision.private or save.old is None:
        return decision
    certain = inspections.is_certain(save.old["id"])
    held = "personal_data" if certain else "unchecked" if save.unchecked else None
    return _decide_by(save, klass, status, state, held) if held else decision


def _decide_by(
    save: Save, klass: str | None, status: str, state: str, held: str | None
) -> visibility.Decision:
    return visibility.decide(
        klasifikasi_akses=klass,
        status=status,
        state=state,
        dataset_type=visibility.DATASET,
        enforcement=visibility.STRICT if save.strict else visibility.WARN,
        asked_private=save.asked_private,
        current_private=save.old["private"] if save.old else None,
        held=held,
    )


def _guard_published(
    context: Context, save: Save, data_dict: dict[str, Any], owed: Callable[[], bool]
) -> None:
    """The table of doors: a public, verified dataset, for people who may not verify.

    What an office owes is deleted by the walidata likewise, public or not.
    """
    if not save.strict:
        return
    if not save.was_public or save.standing.status != lifecycle.TERVERIFIKASI:
        deletes = data_dict.get("state") == "deleted" and (save.old or {})["state"] == "active"
        if deletes and not policy.may_verify(context) and owed():
            save.request = lifecycle.ASK_DELETE
            data_dict["state"] = "active"
        return
    verifier = policy.may_verify(context)
    if context.get(ASKED) is True and verifier:
        raise tk.ValidationError({"private": [tk._(
            "To unpublish a verified dataset revoke its verification, with the reason "
            "(satudata_dataset_revoke).")]})
    if verifier:
        return
    if "resources" in data_dict or not (
        context.get("allow_partial_update") or tk.check_ckan_version(min_version="2.12")
    ):
        files.refuse_changes(save.old or {}, data_dict, save.files)
    if data_dict.get("state") in ("draft", "deleted"):
        deleted = data_dict["state"] == "deleted"
        save.request = lifecycle.ASK_DELETE if deleted else lifecycle.ASK_UNPUBLISH
        data_dict["state"] = "active"
    elif context.get(ASKED) is True:
        save.request = lifecycle.ASK_UNPUBLISH


def _closed_holds_uploads(save: Save, data_dict: dict[str, Any], given: str | None) -> None:
    """A link's address is the file: what is not open holds uploads only.

    Closing works at once: the links that are there are withdrawn, their addresses go into the
    event. A new link is refused.
    """
    if given not in (visibility.TERBATAS, visibility.TERTUTUP):
        return
    before = {one["id"]: one for one in (save.old or {}).get("resources", ())}
    errors: list[Any] = []
    kept: list[dict[str, Any]] = []
    for resource in data_dict.get("resources") or ():
        errors.append({})
        known = before.get(resource.get("id"))
        if not files.is_link(resource):
            kept.append(resource)
        elif known is not None and known.get("url") == resource.get("url"):
            save.withdrawn_links[resource["id"]] = resource["url"]
            # A new dict: 2.12 compares with the old one, which may be the same object.
            kept.append({**resource, "url": ""})
        else:
            kept.append(resource)
            errors[-1] = {"url": [tk._(
                "A dataset that is not open holds uploaded files only: a link's address is the "
                "file. Upload the file instead.")]}
    if any(errors):
        raise tk.ValidationError({"resources": errors})
    if save.withdrawn_links:
        data_dict["resources"] = kept


# -- after ---------------------------------------------------------------------------------------


def _born(context: Context, package: model.Package, given: str | None) -> Submission:
    by = actor(context)
    floor = given if given in (visibility.TERBATAS, visibility.TERTUTUP) else None
    record(lifecycle.EVENT_TYPES[lifecycle.CREATE], "dataset", package.id, by)
    added: Added | None = context.get(ADDED)
    return submissions.create(package.id, added.by if added else by.person, floor)


def _moved(
    context: Context, save: Save, package: model.Package, dataset: Mapping[str, Any],
    given: str | None,
) -> Submission:
    """The submission after an update, with its events."""
    if save.decided:
        return _decided(context, package)
    by = actor(context)
    row = _move_class(save, given, dataset)
    if row.status == lifecycle.DIAJUKAN and save.standing.status != lifecycle.DIAJUKAN:
        row = replace(
            row, submitted_by=by.person, submitted_at=clock.now(), opinion=None,
            opinion_by_event=None, opinion_asked_at=opinions.ask(
                package.id, visibility.reading_class(given, row.verified_class), by),
        )
    event = _class_event(save.standing, given, save.old)
    if event or save.withdrawn_links:
        # ``from`` and ``to`` are classes here; ``status`` is where the submission stands after it.
        data: dict[str, Any] = {"from": _counted(save), "to": given, "status": row.status}
        if save.withdrawn_links:
            data["links"] = save.withdrawn_links
        kind = lifecycle.EVENT_TYPES[event or lifecycle.CLOSE]
        record(kind, "dataset", package.id, by, data=data)
    row = _edited(save, row, package, by)
    if save.request:
        row = request(row, save.request, by)
    if package.state == "deleted" and save.old and save.old["state"] != "deleted":
        end_request(context, row, by)
        row = replace(row, requested=None, requested_by_event=None)
        record("dataset.deleted", "dataset", package.id, by)
    changed = row != save.standing or row.inherited
    return submissions.save(row) if changed else row


def _decided(context: Context, package: model.Package) -> Submission:
    """The submission after a decision of our own was carried out.

    A file that came with it was looked at: the verification names the content with it. Whoever
    brought it into what is not verified yet does not verify it.
    """
    row = submissions.require(package.id)
    added: Added | None = context.get(ADDED)
    if added is None:
        return row
    if row.status != lifecycle.TERVERIFIKASI:
        return submissions.save(row, authors=submissions.with_author(row, added.by))
    if not added.as_verified:
        return row
    model.Session.flush()
    return submissions.save(row, verified_hash=current(package.id)["content_hash"])


def request(row: Submission, event: str, by: Any) -> Submission:
    """Put the office's wish to unpublish or delete into the walidata's queue; does not save."""
    seq = record(lifecycle.EVENT_TYPES[event], "dataset", row.package_id, by)
    return replace(row, requested=lifecycle.REQUESTS[event], requested_by_event=seq)


def end_request(context: Context, row: Submission, by: Actor) -> None:
    """Record that a request is granted, when a walidata deletes what the office wanted gone."""
    if row.requested is not None and policy.may_verify(context):
        record(
            lifecycle.EVENT_TYPES[lifecycle.GRANT], "dataset", row.package_id, by,
            data={"request": row.requested_by_event, "what": row.requested},
        )


def _counted(save: Save) -> str | None:
    return save.standing.verified_class or given_class(save.old or {})


def _class_event(
    row: Submission, given: str | None, old: Mapping[str, Any] | None
) -> str | None:
    """``close``, ``open`` or nothing: how a given class compares with the one that counts."""
    before = given_class(old or {})
    if visibility.is_more_closed(given, row.verified_class or before):
        return lifecycle.CLOSE
    if given != before and visibility.is_more_closed(row.verified_class or before, given):
        return lifecycle.OPEN
    return None


def _move_class(save: Save, given: str | None, dataset: Mapping[str, Any]) -> Submission:
    """What a given class does to the submission: closing counts at once, opening waits."""
    row = save.standing
    if save.decided:
        return row
    event = _class_event(row, given, save.old)
    if event == lifecycle.CLOSE:
        status = row.status
        if status == lifecycle.TERVERIFIKASI and not has_evidence(dataset):
            status = lifecycle.DRAF
        return replace(row, status=status, verified_class=given)
    if event == lifecycle.OPEN and row.status == lifecycle.TERVERIFIKASI:
        return replace(row, status=lifecycle.DIAJUKAN)
    if row.verified_class is None and given in (visibility.TERBATAS, visibility.TERTUTUP):
        # Opening waits for a verification, even of what never had one.
        return replace(row, verified_class=given)
    return row


def has_evidence(dataset: Mapping[str, Any]) -> bool:
    """Whether a dataset that is not open gives its reason, or waits for a determination.

    UU 14/2008 art. 17, 19; docs/access.md, "The life of a submission".
    """
    found = completeness.check(flat(dataset))
    return not any(lack["group"] == "akses" for lack in found.missing)


def _edited(save: Save, row: Submission, package: model.Package, by: Any) -> Submission:
    """Authors, and what has changed since it was submitted or verified."""
    authors = submissions.with_author(row, by.person)
    watched = (lifecycle.DIAJUKAN, lifecycle.TERVERIFIKASI)
    if save.old is None or save.standing.status not in watched:
        return replace(row, authors=authors)
    model.Session.flush()
    changed = set(content.changed_fields(save.old, current(package.id)))
    if save.files:
        changed.add("resources")
    if not changed:
        return row
    names = sorted(changed)
    data: dict[str, Any] = {"changed": names}
    if save.standing.status == lifecycle.TERVERIFIKASI:
        before = content.content(save.old)
        data["old"] = {name: before.get(name) for name in names if name != "resources"}
        row = replace(
            row, changed_fields=tuple(sorted({*row.changed_fields, *names}))
        )
    record(lifecycle.EVENT_TYPES[lifecycle.EDIT], "dataset", package.id, by, data=data)
    return replace(row, authors=authors)


def files_changed(package_id: str, by: Actor, *, of: str) -> None:
    """What a file holds has changed, and nothing of what the dataset says; the dataset is locked.

    :param of: id of its resource
    """
    row = submissions.require(package_id)
    names = sorted({*row.changed_fields, "resources"})
    after = replace(row, authors=submissions.with_author(row, by.person))
    if row.status == lifecycle.TERVERIFIKASI:
        after = replace(after, changed_fields=tuple(names))
    told = row.status == lifecycle.DIAJUKAN or after.changed_fields != row.changed_fields
    if told:
        record(lifecycle.EVENT_TYPES[lifecycle.EDIT], "dataset", package_id, by,
               data={"changed": ["resources"], "file": of})
    if after != row:
        submissions.save(after)


def _keep_files(save: Save, package_id: str, dataset: Mapping[str, Any]) -> None:
    resources = dataset.get("resources")
    if resources is None:
        return
    for index, digest in save.files.items():
        submissions.keep_file(package_id, resources[index]["id"], digest.sha256, digest.size)
    ids = [one["id"] for one in resources]
    if set(ids) < {one["id"] for one in (save.old or {}).get("resources", ())} | set(ids):
        submissions.keep_only_files(package_id, ids)


