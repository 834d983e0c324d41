"""Pages of the commitments: who has signed and who has not, the form to add one, the documents."""
from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.deposits.listing import reader
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.opd import commitments, signing
from ckanext.satudata.report.page_data import page_count

from . import asking
from .letter_pages import paper

pages = screened_blueprint("satudata_commitments", __name__, url_prefix="/satudata/komitmen")
pages.before_request(asking.signed_in)

A_PAGE = 100


def index() -> Any:
    """How offices stand, and the form by which a signed commitment is added."""
    if request.method == "POST":
        compat.protect_form()
        if _add():
            return tk.redirect_to("satudata_commitments.index")
    page = asking.page_number(request.args.get("page"))
    narrowed = {
        name: value for name in ("standing", "organization")
        if (value := request.args.get(name, "").strip())
    }
    found = asking.found(
        "satudata_commitment_list", limit=A_PAGE, offset=(page - 1) * A_PAGE, **narrowed)
    return tk.render("satudata/portal/commitments.html", {
        "found": found, "narrowed": narrowed, "standings": signing.STANDINGS, "page": page,
        "pages": page_count(found["count"], A_PAGE), "may_keep": _may_keep(),
        "offices": asking.call("satudata_commitment_list", limit=500)["results"],
        "given": request.form,
        "address": partial(tk.h.url_for, "satudata_commitments.index", **narrowed),
    })


def _add() -> bool:
    names = ("organization", "signatory", "position", "date", "valid_until")
    made: list[dict[str, Any]] = []
    if not asking.tried(tk._("The commitment is recorded."), lambda: made.append(asking.call(
        "satudata_commitment_create", document=request.files.get("document"),
        **{name: request.form.get(name) or None for name in names},
    ))):
        return False
    # Accepted, since somebody may act for the head; whoever records it looks again.
    if made[0]["standing"] == signing.EXPIRED:
        tk.h.flash_notice(tk._("It has run out already: the office has to sign again."))
    elif made[0]["standing"] == signing.NEW_HEAD:
        tk.h.flash_notice(tk._(
            "{name} is not the head whom the portal knows. Recorded by mistake? Withdraw it."
        ).format(name=made[0]["signatory"]))
    return True


def document(id: str) -> Any:
    """The signed document, for its office and those who see all offices."""
    try:
        found = commitments.get(UUID(id))
    except ValueError:
        found = None
    who = reader(asking.context())
    if found is None or not (who.everything or found.opd in who.opds):
        tk.abort(404, tk._("There is nothing at this address."))
    return paper(found.paper, f"komitmen-{found.signed_on.isoformat()}.{found.format}")


def withdraw(id: str) -> Any:
    """Takes a commitment back that was recorded by mistake."""
    compat.protect_form()
    asking.tried(tk._("It is withdrawn."), lambda: asking.call(
        "satudata_commitment_withdraw", id=id, reason=request.form.get("reason")))
    return tk.redirect_to("satudata_commitments.index")


def _may_keep() -> bool:
    try:
        tk.check_access("satudata_commitment_create", asking.context(), {})
    except tk.NotAuthorized:
        return False
    return True


for _address, _view, _methods in (
    ("", index, ["GET", "POST"]),
    ("/<id>/dokumen", document, ["GET"]),
    ("/<id>/tarik", withdraw, ["POST"]),
):
    pages.add_url_rule(_address, view_func=_view, methods=_methods, strict_slashes=False)
