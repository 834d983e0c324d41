"""Events that persons bring about in the life of a submission, one function for all of them.

Each runs in one transaction with one commit: the event, the row, and, when a dataset becomes
public, CKAN's own update of it. Readers of the search index see the same as the database.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.satudata.journal import asked, clock
from ckanext.satudata.journal.events import Actor, actor, record
from ckanext.satudata.schema import checking
from ckanext.satudata.schema.completeness import Completeness

from . import (
    activities,
    files,
    index,
    lifecycle,
    opinions,
    policy,
    remarks,
    saving,
    submissions,
    taking_back,
    visibility,
)
from .inspection import running
from .inspection import store as inspections
from .lifecycle import Transition
from .submissions import Submission

#: What later rooms do when a dataset is decided, in the same transaction; ``plugin.py`` fills it.
#: Called with the dataset's id, the event (of ``lifecycle``), the note, and who decided.
FOLLOWERS: list[Callable[[str, str, str | None, Actor], None]] = []

#: What later rooms lock of their own for a dataset, before anything is written: rows first, the
#: clock of the journal last, so that no two transactions wait for each other. ``plugin.py`` fills.
HOLDERS: list[Callable[[str], None]] = []

#: The action behind each event that a person brings about by deciding.
ACTIONS = {
    lifecycle.SUBMIT: "satudata_dataset_submit",
    lifecycle.WITHDRAW: "satudata_dataset_withdraw",
    lifecycle.VERIFY: "satudata_dataset_verify",
    lifecycle.RETURN: "satudata_dataset_return",
    lifecycle.REVOKE: "satudata_dataset_revoke",
    lifecycle.UNBLOCK: "satudata_dataset_unblock",
    lifecycle.ASK_DELETE: "satudata_request_create",
    lifecycle.ASK_UNPUBLISH: "satudata_request_create",
    lifecycle.TAKE_BACK: "satudata_request_withdraw",
    lifecycle.REFUSE: "satudata_request_refuse",
    lifecycle.GRANT: "satudata_request_grant",
}


@dataclass(frozen=True)
class Case:
    """A dataset under decision, locked, as it is now."""

    package: model.Package
    row: Submission
    dataset: dict[str, Any]
    by: Actor
    note: str | None
    sent_hash: str | None
    remarks: Sequence[Mapping[str, str]] = ()

    @property
    def content_hash(self) -> str:
        """The hash of the content as it now is."""
        return self.dataset["content_hash"]

    @cached_property
    def checks(self) -> Completeness:
        """The completeness check: what is missing, and the score that the report rests on."""
        return checking.check_dataset(self.dataset, {})


def decide(context: Context, package: model.Package, event: str, data_dict: dict[str, Any]) -> Any:
    """Carry out an event of the life of a submission.

    :param data_dict: ``note`` and ``content_hash`` as the event needs them
    :returns: the dataset as it is afterwards
    :raises tk.ValidationError: the event cannot happen in this state, or a guard does not hold
    :raises tk.NotAuthorized: four eyes
    """
    try:
        case = _case(context, package, event, data_dict)
        transition = _allowed(case, event)
        _record(case, event, transition)
        answer = _carry_out(context, case, transition, event)
        model.Session.commit()
    except Exception:
        # Whatever went wrong, no half of it may wait for somebody else's commit.
        model.Session.rollback()
        raise
    return answer


def _case(
    context: Context, package: model.Package, event: str, data_dict: dict[str, Any]
) -> Case:
    submissions.lock(package.id)
    for hold in HOLDERS:
        hold(package.id)
    model.Session.refresh(package)
    # A role or a membership may have ended while another transaction held the dataset.
    tk.check_access(ACTIONS[event], tk.fresh_context(context), {"id": package.id})
    row = submissions.require(package.id)
    dataset = saving.current(package.id)
    return Case(
        package, row, dataset, actor(context), asked.optional(data_dict, "note", asked.TEXT),
        asked.optional_name(data_dict, "content_hash"),
        remarks.given(data_dict, dataset) if event == lifecycle.RETURN else (),
    )


def _allowed(case: Case, event: str) -> Transition:
    """The row of the table that applies, its guards asked."""
    if case.package.state != "active":
        raise tk.ValidationError({"id": [tk._("The dataset is not active.")]})
    rows = lifecycle.transitions(case.row.status, event)
    if event == lifecycle.RETURN and not rows and case.row.requested:
        rows = lifecycle.transitions(case.row.status, lifecycle.REFUSE)
    if not rows:
        raise tk.ValidationError({"status_alur": [_impossible(event)]})
    transition = _row_for(case, rows)
    for guard in transition.guards:
        _GUARDS[guard](case)
    return transition


def _row_for(case: Case, rows: Sequence[Transition]) -> Transition:
    """Of rows that differ by what was asked for, the one that fits; else the first."""
    asked_for = {
        lifecycle.DELETE: lifecycle.DELETE_ASKED, lifecycle.UNPUBLISH: lifecycle.UNPUBLISH_ASKED,
    }.get(case.row.requested or "")
    return next((row for row in rows if asked_for in row.guards), rows[0])


def _impossible(event: str) -> str:
    return {
        lifecycle.SUBMIT: tk._("It is already submitted or verified."),
        lifecycle.WITHDRAW: tk._("Only what is submitted and not yet checked can be withdrawn."),
        lifecycle.VERIFY: tk._("Only what has been submitted can be verified."),
        lifecycle.RETURN: tk._(
            "Only what has been submitted can be returned; what is verified can be revoked."),
        lifecycle.REVOKE: tk._("Only what is verified can be revoked."),
        lifecycle.UNBLOCK: tk._("Only what has been submitted can be verified."),
    }.get(event) or tk._("This is not possible where the dataset stands now.")


def _complete(case: Case) -> None:
    found = case.checks
    if found.complete:
        return
    errors: dict[str, Any] = {}
    for lack in found.missing:
        words = lack.get("message") or tk._("{label} is missing.").format(label=lack["label"])
        if where := lack.get("resource"):
            words = f"{where}: {words}"
        errors.setdefault(lack["field"], []).append(words)
    raise tk.ValidationError(errors)


def _same_content(case: Case) -> None:
    if not case.sent_hash:
        raise tk.ValidationError({"content_hash": [tk._(
            "Missing: send the hash of the content that was looked at.")]})
    if case.sent_hash != case.content_hash:
        raise tk.ValidationError({"content_hash": [tk._(
            "The dataset has changed since it was looked at: look at it again.")]})


def _four_eyes(case: Case) -> None:
    if case.by.person and case.by.person in (*case.row.authors, case.row.submitted_by):
        raise tk.NotAuthorized(tk._(
            "Whoever submitted or wrote what is checked does not verify it: another person has "
            "to."))


def _note(case: Case) -> None:
    if not case.note and not case.remarks:
        raise tk.ValidationError({"note": [tk._("A reason is needed.")]})


def _something_to_check(case: Case) -> None:
    row = case.row
    # Whatever wrote past every door shows in the hash.
    other = row.verified_hash is not None and row.verified_hash != case.content_hash
    if not row.changed_fields and not row.inherited and not other:
        raise tk.ValidationError({"status_alur": [tk._(
            "It is verified and nothing has changed since.")]})


def _requested(case: Case) -> None:
    if not case.row.requested:
        raise tk.ValidationError({"status_alur": [tk._("Nothing was requested.")]})


def _public(case: Case) -> None:
    if case.package.private:
        raise tk.ValidationError({"status_alur": [tk._("It is not public.")]})


def _opinion(case: Case) -> None:
    """docs/access.md, "The pembina's opinion"."""
    if day := opinions.waits_until(case.row):
        raise tk.ValidationError({"opinion": [tk._(
            "The opinion of the pembina on this data prioritas is waited for until {day}."
        ).format(day=day.isoformat())]})


def _inspected(case: Case) -> None:
    """docs/access.md, "Personal data": what nobody has looked at yet is looked at now."""
    klass = visibility.effective_class(
        case.dataset.get("klasifikasi_akses"), case.row.verified_class)
    if klass != visibility.TERBUKA:
        return
    names = {
        one["id"]: str(one.get("name") or "") for one in case.dataset.get("resources") or ()
        if files.is_looked_at(one)
    }
    found = running.obstacles(
        running.ensure(dict.fromkeys(names, case.package.id), links=True),
        [case.package.id], names,
    )
    if found:
        raise tk.ValidationError({"personal_data": [
            running.words(one, names[one.resource_id]) for one in found]})


_GUARDS = {
    lifecycle.COMPLETE: _complete,
    lifecycle.SAME_CONTENT: _same_content,
    lifecycle.FOUR_EYES: _four_eyes,
    lifecycle.NOTE: _note,
    lifecycle.SOMETHING_TO_CHECK: _something_to_check,
    lifecycle.REQUESTED: _requested,
    lifecycle.DELETE_ASKED: _requested,
    lifecycle.UNPUBLISH_ASKED: _requested,
    lifecycle.PUBLIC: _public,
    lifecycle.INSPECTED: _inspected,
    lifecycle.OPINION: _opinion,
}


def _record(case: Case, event: str, transition: Transition) -> None:
    """The event and the row; neither is committed yet."""
    decision = lifecycle.SAME_CONTENT in transition.guards
    if event == lifecycle.REVOKE and case.row.requested == lifecycle.UNPUBLISH:
        record(lifecycle.EVENT_TYPES[lifecycle.GRANT], "dataset", case.package.id, case.by,
               data={"request": case.row.requested_by_event, "what": case.row.requested})
    seq = record(
        lifecycle.EVENT_TYPES[transition.event], "dataset", case.package.id, case.by,
        text=case.note, hash=case.content_hash if decision or event == lifecycle.SUBMIT else None,
        data={
            "from": case.row.status, "to": transition.target,
            # What the report says of an office's metadata rests on these two.
            "score": case.checks.score, "opd": case.package.owner_org,
            **_about_request(case, transition),
        },
    )
    remarks.record(case.package.id, case.remarks, seq, case.by)
    submissions.save(case.row, status=transition.target, **_effect(case, transition, seq))


def _about_request(case: Case, transition: Transition) -> dict[str, Any]:
    """Which request of the office a decision answers."""
    if transition.event not in (lifecycle.REFUSE, lifecycle.GRANT, lifecycle.TAKE_BACK):
        return {}
    return {"request": case.row.requested_by_event, "what": case.row.requested}


def _effect(case: Case, transition: Transition, seq: int) -> dict[str, Any]:
    done = {"requested": None, "requested_by_event": None}
    back = {"returned_by_event": seq, "verified_hash": None}
    unpublish = case.row.requested == lifecycle.UNPUBLISH
    return {
        "submitted": lambda: {
            "submitted_by": case.by.person, "submitted_at": clock.now(),
            "opinion_asked_at": opinions.ask(
                case.package.id, visibility.reading_class(
                    case.dataset.get("klasifikasi_akses"), case.row.verified_class), case.by),
            "opinion": None, "opinion_by_event": None,
        },
        "withdrawn": lambda: {"submitted_by": None, "submitted_at": None, "assigned_to": None},
        "verified": lambda: {
            "verified_class": visibility.class_code(case.dataset.get("klasifikasi_akses")),
            "verified_hash": case.content_hash, "verified_at": clock.now(),
            "changed_fields": (), "authors": (), "submitted_by": None, "inherited": False,
            "returned_by_event": None, "assigned_to": None,
        },
        "returned": lambda: {"returned_by_event": seq, "assigned_to": None},
        "revoked": lambda: {**back, **(done if unpublish else {})},
        "requested": lambda: {
            "requested": lifecycle.REQUESTS[transition.event], "requested_by_event": seq,
        },
        "refused": lambda: done,
        "taken_back": lambda: done,
        "deleted": lambda: done,
        "unpublished": lambda: {**done, **back},
        "granted": lambda: done,
    }[transition.effect]()


def _carry_out(context: Context, case: Case, transition: Transition, event: str) -> Any:
    """Let CKAN update the dataset if it becomes public; what is taken back asks nobody."""
    inner = cast(Context, {
        "user": context.get("user", ""), "auth_user_obj": context.get("auth_user_obj"),
        "ignore_auth": True, saving.DECIDED: True,
    })
    if transition.effect == "deleted":
        tk.get_action("package_delete")(inner, {"id": case.package.id})
        return {**case.dataset, "state": "deleted"}
    row = submissions.require(case.package.id)
    wanted = visibility.decide(
        klasifikasi_akses=visibility.effective_class(
            case.dataset.get("klasifikasi_akses"), row.verified_class),
        status=row.status, state=case.package.state, dataset_type=case.package.type,
        enforcement=policy.enforcement(), asked_private=_asked(transition),
        current_private=case.package.private,
        held="personal_data" if inspections.is_certain(case.package.id) else None,
    ).private
    if wanted != case.package.private:
        for follow in FOLLOWERS:
            follow(case.package.id, event, case.note, case.by)
        if wanted:
            return taking_back.take_back(inner, case.package)
        return tk.get_action("package_patch")(inner, {"id": case.package.id, "private": False})
    if wanted and case.row.status == lifecycle.TERVERIFIKASI:
        activities.relabel(case.package)
    index.refresh(case.package.id)
    for follow in FOLLOWERS:
        follow(case.package.id, event, case.note, case.by)
    return {**case.dataset, "status_alur": row.status, "hasil_pemeriksaan": row.result}


def _asked(transition: Transition) -> bool | None:
    """Where the portal only warns, a verification opens and a revocation closes."""
    return {"verified": False, "revoked": True, "unpublished": True, "granted": True}.get(
        transition.effect)
