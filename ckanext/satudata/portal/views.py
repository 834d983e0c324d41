"""Pages of those who work here: the desk, depositing, and the walidata's queue."""
from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from flask import Blueprint, make_response, request, send_file

from ckanext.satudata import compat
from ckanext.satudata.access.inspection import running
from ckanext.satudata.deposits import (
    files,
    inspected,
    listing,
    obligations,
    replacing,
    store,
)
from ckanext.satudata.deposits.asked import a_period
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.report.exports.as_csv import BOM, harmless
from ckanext.satudata.report.page_data import page_count

from . import (
    asking,
    checking,
    commitment_pages,
    desk,
    detours,
    letter_pages,
    notice_pages,
    permits,
    queueing,
    redacting,
    register_import,
    registers,
    reminder_pages,
    several,
    together,
)

portal = screened_blueprint("satudata_portal", __name__, url_prefix="/satudata")
portal.before_request(asking.signed_in)


def blueprints() -> list[Blueprint]:
    """The blueprints of this room."""
    return [
        portal, commitment_pages.pages, detours.pages, letter_pages.letters, notice_pages.pages,
        permits.permits, redacting.pages, register_import.pages, registers.pages,
        reminder_pages.pages, several.pages, together.pages,
    ]


# --- the desk and depositing --------------------------------------------------------------------


def index() -> str:
    """The desk."""
    return tk.render("satudata/portal/desk.html", {
        "desk": desk.desk(), "closed": permits.on_desk(),
        "letters": letter_pages.on_desk(), "shown": desk.SHOWN,
        "period_label": desk.period_label,
    })


def deposit(id: str) -> Any:
    """The form by which an office deposits for one item."""
    item = _item(id)
    if request.method == "POST":
        compat.protect_form()
        if made := _deposit(id):
            return tk.redirect_to(made)
    periods = [one.code for one in desk.open_periods(UUID(id), clock.city_today())]
    chosen = _period_chosen() or (periods[0] if periods else "")
    return tk.render("satudata/portal/deposit.html", {
        "item": item, "id": id, "period_label": desk.period_label,
        "periods": periods if chosen in periods or not chosen else [chosen, *periods],
        "chosen": chosen,
        "standing": replacing.standing(UUID(id), chosen), "people": checking.names,
        "kind": request.form.get("kind") or "file", "taken": ",".join(files.extensions()),
        "note": request.form.get("note") or "", "url": request.form.get("url") or "",
        # The same form sent twice, by an impatient finger or a broken line, is one deposit.
        "key": request.form.get("key") or uuid.uuid4().hex,
    })


def _period_chosen() -> str | None:
    """The period that the form, or its address, says; None for what is none."""
    said = request.form.get("other_period") or request.values.get("period")
    try:
        return a_period(said).code
    except tk.ValidationError:
        return None


def _deposit(id: str) -> str | None:
    """Deposit what the form says; the address to go on to, None if it was refused."""
    form, made = request.form, {}
    kind = form.get("kind") or "file"
    if not asking.tried(
        tk._("Deposited. The walidata will check it; it counts from this moment."),
        lambda: made.update(asking.call(
            "satudata_deposit_create", obligation_id=id, kind=kind,
            period=form.get("other_period") or form.get("period"), note=form.get("note"),
            upload=request.files.get("upload"), idempotency_key=form.get("key"),
            # The box is about the period that was shown with it.
            replaces=form.get("replaces") if form.get("replaces_for") == _period_chosen() else None,
            # What stands in the field of another kind is not meant.
            url=form.get("url") if kind == "file" else None,
        )),
    ):
        return None
    if kind != "file":
        return tk.h.url_for("satudata_portal.index")
    [row] = store.get_many([UUID(made["id"])])
    inspected.look_now(row)
    # The page of the deposit says what was found, and what to do.
    return tk.h.url_for("satudata_portal.waiting", id=made["id"])


def withdraw(id: str) -> Any:
    """Takes a waiting deposit back."""
    compat.protect_form()
    asking.tried(
        tk._("The deposit is withdrawn."), lambda: asking.call("satudata_deposit_withdraw", id=id)
    )
    return tk.redirect_to("satudata_portal.index")


def _item(id: str) -> dict[str, Any]:
    """An item that the person may deposit for."""
    try:
        key = UUID(id)
        terms = obligations.latest([key])[key]
    except (ValueError, KeyError):
        tk.abort(404, tk._("There is no such item in the daftar data."))
    office = desk.office(terms.opd)
    try:
        tk.check_access("satudata_deposit_create", asking.context(), {"group_id": office.group_id})
    except tk.NotAuthorized as error:
        if not listing.reader(asking.context()).may_see(terms.opd, terms.klasifikasi_akses):
            tk.abort(404, tk._("There is no such item in the daftar data."))
        tk.abort(403, str(error.message))
    return {"title": terms.title, "frekuensi": terms.frekuensi, "office": office.title}


# --- the queue ----------------------------------------------------------------------------------


def queue() -> str:
    """What waits for the walidata: deposits, then datasets."""
    part = queueing.part(request.args)
    datasets = asking.found("satudata_verification_queue", **part.asked())
    count, rows = queueing.deposits(part)
    deposits = desk.shown(rows)
    load = queueing.load()
    people = checking.names({
        *(one["assigned_to"] for one in (*datasets["results"], *deposits)),
        *(one["submitted_by"] for one in datasets["results"]),
        *(row["person"] for row in load),
    })
    return tk.render("satudata/portal/queue.html", {
        "part": part, "datasets": datasets, "deposits": deposits, "deposit_count": count,
        "why": together.why_deposits(rows), "load": load, "who": people,
        "pages": page_count(max(datasets["count"], count), queueing.A_PAGE),
        "period_label": desk.period_label, "age": queueing.ages(),
    })


def dataset(id: str) -> Any:
    """One dataset with its checks, and what the person may decide."""
    review = checking.dataset(id)
    return tk.render("satudata/portal/review.html", {
        "review": review, "people": checking.names, "period_label": desk.period_label,
    })


def decide_dataset(id: str, decision: str) -> Any:
    """Carries out a decision about a dataset: what was looked at, named by its hash."""
    compat.protect_form()
    action, done = {
        "verify": ("satudata_dataset_verify", tk._("Verified.")),
        "return": ("satudata_dataset_return", tk._("Returned to its office, with the reason.")),
        "revoke": ("satudata_dataset_revoke", tk._("The verification is revoked.")),
        "unblock": ("satudata_dataset_unblock", tk._("Verified, with the reason.")),
        "grant": ("satudata_request_grant", tk._("Done as the office asked.")),
        "refuse": ("satudata_request_refuse", tk._("The request is refused, with the reason.")),
    }[decision]
    if asking.tried(done, lambda: asking.call(
        action, id=id, content_hash=request.form.get("content_hash"),
        note=request.form.get("note"), fields=checking.remarks_sent(request.form),
    )):
        return tk.redirect_to("satudata_portal.queue")
    return tk.redirect_to("satudata_portal.dataset", id=id)


def assign(id: str) -> Any:
    """Says which walidata looks at a dataset."""
    compat.protect_form()
    asking.tried(tk._("It is kept who looks at it."), lambda: asking.call(
        "satudata_assign", id=id, user=request.form.get("user")))
    return tk.redirect_to("satudata_portal.dataset", id=id)


def assign_deposit(id: str) -> Any:
    """Says which walidata looks at a deposit."""
    compat.protect_form()
    asking.tried(tk._("It is kept who looks at it."), lambda: asking.call(
        "satudata_deposit_assign", id=id, user=request.form.get("user")))
    return tk.redirect_to("satudata_portal.waiting", id=id)


def comment(id: str) -> Any:
    """Keeps a comment on a dataset or one of its fields."""
    compat.protect_form()
    asking.tried(tk._("The comment is kept."), lambda: asking.call(
        "satudata_comment", id=id, text=request.form.get("text"),
        field=request.form.get("field"), opinion=request.form.get("opinion")))
    return tk.redirect_to("satudata_portal.dataset", id=id)


def history(id: str, kind: str) -> Any:
    """What happened to a dataset, as a file: persons by their ids, as the journal has them."""
    events = asking.found("satudata_history", id=id)
    if kind == "json":
        body, media = json.dumps(events, ensure_ascii=False, indent=1), "application/json"
    else:
        body, media = _as_csv(events), "text/csv; charset=utf-8"
    answer = make_response(body)
    answer.headers["Content-Type"] = media
    answer.headers.set("Content-Disposition", "attachment", filename=f"riwayat-{id}.{kind}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


_HISTORY = (
    "seq", "type", "object", "id", "happened_at", "recorded_at", "origin", "by", "via", "note",
    "redacted", "redacted_at", "redacted_because", "hash", "field", "changed", "period",
)


def _as_csv(events: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(_HISTORY)
    for one in events:
        row = {**one, "changed": "; ".join(one["changed"])}
        lines.writerow([harmless(row[name]) for name in _HISTORY])
    return BOM + out.getvalue()


def waiting(id: str) -> Any:
    """One waiting deposit with a look into its file, and the decision."""
    told = asking.found("satudata_deposit_show", id=id)
    [shown], [row] = desk.titled([told]), store.get_many([UUID(id)])
    found = inspected.in_the_way([row])[row["id"]]
    return tk.render("satudata/portal/waiting.html", {
        "deposit": shown, "preview": checking.preview(row),
        "found": [running.words(one) for one in found], "certain": desk.in_words(found),
        "may_decide": checking.may_decide(told), "period_label": desk.period_label,
        "may_replace": told["status"] == store.WAITING and checking.may_deposit(row),
        "corrects": told["replaces"] and store.get(UUID(told["replaces"])),
        "people": checking.names, "history": checking.past(id),
        "assigned_to": row["assigned_to"], "walidata": checking.walidata(),
    })


def waiting_file(id: str) -> Any:
    """The waiting file itself, for its office and the walidata."""
    asking.found("satudata_deposit_show", id=id)
    row = store.get(UUID(id))
    if row is None or not row["resource_id"]:
        tk.abort(404, tk._("This deposit has no file."))
    try:
        file = files.opened(row["resource_id"])
    except OSError:
        tk.abort(404, tk._("This deposit has no file."))
    # Never shown inside a page of the portal, whatever it is; the name may have any letters.
    answer = send_file(
        file, mimetype="application/octet-stream", as_attachment=True,
        download_name=row["filename"],
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def decide_deposit(id: str, decision: str) -> Any:
    """Accepts or returns a deposit."""
    compat.protect_form()
    action, done = {
        "accept": ("satudata_deposit_accept", tk._("Accepted.")),
        "return": ("satudata_deposit_return", tk._("Returned to its office, with the reason.")),
    }[decision]
    if asking.tried(done, lambda: asking.call(
        action, id=id, sha256=request.form.get("sha256"), note=request.form.get("note")
    )):
        return tk.redirect_to("satudata_portal.queue")
    return tk.redirect_to("satudata_portal.waiting", id=id)


_RULES: tuple[tuple[str, Any, list[str]], ...] = (
    ("/", index, ["GET"]),
    ("/setor/<id>", deposit, ["GET", "POST"]),
    ("/setoran/<id>/tarik", withdraw, ["POST"]),
    ("/verifikasi", queue, ["GET"]),
    ("/verifikasi/<id>", dataset, ["GET"]),
    (f"/verifikasi/<id>/<any({','.join(checking.WORDS.values())}):decision>", decide_dataset,
     ["POST"]),
    ("/verifikasi/<id>/assign", assign, ["POST"]),
    ("/verifikasi/<id>/comment", comment, ["POST"]),
    ("/riwayat/<id>.<any(csv,json):kind>", history, ["GET"]),
    ("/setoran/<id>", waiting, ["GET"]),
    ("/setoran/<id>/assign", assign_deposit, ["POST"]),
    ("/setoran/<id>/berkas", waiting_file, ["GET"]),
    ("/setoran/<id>/<any(accept,return):decision>", decide_deposit, ["POST"]),
)
for _address, _view, _methods in _RULES:
    portal.add_url_rule(
        _address, view_func=_view, methods=_methods, strict_slashes=False
    )
