"""Pages about what is not open: access requests, and closures that wait for the PPID or end."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.access import closing, determination, request_life
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.report.page_data import page_count
from ckanext.satudata.schema import codes, completeness, fields
from ckanext.satudata.schema.checking import reader_language

from . import asking

permits = screened_blueprint("satudata_permits", __name__, url_prefix="/satudata")
permits.before_request(asking.signed_in)

#: Rows on one page, and on the desk.
A_PAGE, ON_DESK = 50, 8
#: What ends within so many days stands on the desk.
AHEAD = 30


@dataclass
class OnDesk:
    """What of this stands on a person's desk."""

    requests: int = 0
    ends: list[dict[str, Any]] = field(default_factory=list)
    more_ends: int = 0
    may_determine: bool = False


def on_desk() -> OnDesk:
    """Requests that wait and closures that end, as far as they concern the person."""
    soon = clock.city_today() + dt.timedelta(days=AHEAD)
    ends = asking.call("satudata_closure_list", until=soon, limit=ON_DESK)
    # Until the PPID has determined, it is counted down from the first day.
    waiting = asking.call("satudata_closure_list", kind=closing.WAITING, limit=ON_DESK)
    rows = {
        (one["package_id"], one["kind"]): one for one in (*ends["results"], *waiting["results"])
    }
    shown = sorted(rows.values(), key=lambda one: one["last_day"])[:ON_DESK]
    return OnDesk(
        asking.call("satudata_access_request_list", status=request_life.WAITING, limit=0)["count"],
        shown, max(ends["count"], waiting["count"], len(shown)) - len(shown), may_determine(),
    )


def may_determine() -> bool:
    """Whether the person at the browser records determinations."""
    return asking.may("satudata_determine")


# --- access requests ----------------------------------------------------------------------------


def requests() -> Any:
    """Access requests that concern the person's offices; all of them for a walidata."""
    if request.method == "POST":
        return _ask()
    page = asking.page_number(request.args.get("page"))
    status = request.args.get("status") or None
    wanted = {"status": status} if status else {}
    found = asking.found(
        "satudata_access_request_list", limit=A_PAGE, offset=(page - 1) * A_PAGE, **wanted)
    return tk.render("satudata/portal/requests.html", {
        "found": found, "page": page, "pages": page_count(found["count"], A_PAGE), "status": status,
        "address": partial(tk.h.url_for, "satudata_permits.requests", status=status),
    })


def _ask() -> Any:
    compat.protect_form()
    form = request.form
    asking.tried(
        tk._("The request is with the walidata. You read the answer here."),
        lambda: asking.call(
            "satudata_access_request_create", package_id=form.get("package_id"),
            organization=form.get("organization"), reason=form.get("reason"),
            until=form.get("until"),
        ),
    )
    return _back()


def answer(id: str, way: str) -> Any:
    """Grants, refuses, revokes, takes back or comments on a request."""
    compat.protect_form()
    asking.tried(
        {
            request_life.GRANT: tk._("Access is granted."),
            request_life.REFUSE: tk._("The request is refused; the office reads the reason."),
            request_life.REVOKE: tk._("Access is taken away, from this moment on."),
            request_life.WITHDRAW: tk._("The request is taken back."),
            request_life.COMMENT: tk._("The walidata reads your comment."),
        }[way],
        lambda: asking.call(
            f"satudata_access_request_{way}", id=id, reason=request.form.get("reason"),
            **({"until": request.form.get("until")} if way == request_life.GRANT else {}),
        ),
    )
    return _back()


def _back() -> Any:
    """To the dataset's page when the form stood there, else to the list."""
    name = request.form.get("dataset")
    if name:
        return tk.redirect_to("dataset.read", id=name)
    return tk.redirect_to("satudata_permits.requests")


# --- closures -----------------------------------------------------------------------------------


def closures() -> str:
    """Closures that wait for a determination, end, or have to be looked at again."""
    page = asking.page_number(request.args.get("page"))
    kind = request.args.get("kind") or None
    office = request.args.get("organization") or None
    wanted = {**({"kind": kind} if kind else {}), **({"organization": office} if office else {})}
    found = asking.found(
        "satudata_closure_list", limit=A_PAGE, offset=(page - 1) * A_PAGE, **wanted)
    return tk.render("satudata/portal/closures.html", {
        "found": found, "page": page, "pages": page_count(found["count"], A_PAGE), "kind": kind,
        "kinds": [one for one in closing.KINDS if one != closing.GRANT], "office": office,
        "may_determine": may_determine(), "address": partial(
            tk.h.url_for, "satudata_permits.closures", kind=kind, organization=office),
    })


def determine(id: str) -> Any:
    """The form in which a PPID records the determination about a dataset."""
    if not may_determine():
        tk.abort(403, tk._("Only the PPID records determinations."))
    dataset = asking.found("package_show", id=id)
    if request.method == "POST":
        compat.protect_form()
        if _determine(id):
            return tk.redirect_to("satudata_permits.closures")
    language = reader_language()
    given: Mapping[str, Any] = request.form if request.method == "POST" else dataset
    return tk.render("satudata/portal/determine.html", {
        "dataset": dataset, "given": given, "waiting": completeness.WAITING,
        "decision": request.form.get("decision") or determination.CLOSE,
        "fields": [
            fields.by_name()[name] for name in determination.evidence_fields()
        ],
        "language": language,
        "required": codes.access_rules()["private_evidence"]["required"],
        "reasons": [
            (one.code, one.label(language)) for one in codes.code_list("alasan_pengecualian")
            if one.code != completeness.WAITING
        ],
    })


def _determine(id: str) -> bool:
    form = request.form
    opened = form.get("decision") == determination.OPEN
    return asking.tried(
        tk._("Recorded. It is opened once the walidata has verified it.") if opened
        else tk._("The determination is recorded."),
        lambda: asking.call(
            "satudata_determine", id=id, decision=form.get("decision"),
            content_hash=form.get("content_hash"), note=form.get("note"),
            **{} if opened else {
                name: form.get(name) for name in determination.evidence_fields()},
        ),
    )


_RULES: tuple[tuple[str, Any, list[str]], ...] = (
    ("/permohonan", requests, ["GET", "POST"]),
    ("/permohonan/<id>/<any(grant,refuse,revoke,withdraw,comment):way>", answer, ["POST"]),
    ("/penetapan", closures, ["GET"]),
    ("/penetapan/<id>", determine, ["GET", "POST"]),
)
for _address, _view, _methods in _RULES:
    permits.add_url_rule(_address, view_func=_view, methods=_methods, strict_slashes=False)
