"""What the form beside a note does: redact it."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.journal.asked import screened_blueprint

from . import asking

pages = screened_blueprint("satudata_notes", __name__, url_prefix="/satudata/catatan")


def redact(seq: str) -> Any:
    """Redact the note of an event, and go back to what it was about."""
    compat.protect_form()
    answer: dict[str, Any] = {}
    asking.tried(
        tk._("The note is redacted. The event stays, and says so."),
        lambda: answer.update(asking.call(
            "satudata_note_redact", seq=seq, reason=request.form.get("reason"))),
    )
    # Where the person came from, which is told by the form: never an address, always one of ours.
    kind, id = (answer.get(key) or request.form.get(key) or "" for key in ("object", "id"))
    if kind == "deposit" and id:
        return tk.redirect_to("satudata_portal.waiting", id=id)
    if kind == "dataset" and id:
        return tk.redirect_to("dataset.read", id=id)
    return tk.redirect_to("satudata_portal.index")


pages.add_url_rule("/<seq>/samarkan", view_func=redact, methods=["POST"], strict_slashes=False)
