"""What the buttons beside the checks of a file do."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, request

from ckanext.satudata import compat
from ckanext.satudata.journal.asked import context, messages, screened_blueprint

checks = screened_blueprint("satudata_checks", __name__, url_prefix="/satudata/temuan")


def blueprints() -> list[Blueprint]:
    """The blueprints of this room."""
    return [checks]


@checks.route("/<id>/jawab", methods=["POST"])
def answer(id: str) -> Any:
    """Answer a doubtful finding, and come back to the page that it stands on."""
    compat.protect_form()
    try:
        tk.get_action("satudata_finding_answer")(context(), {
            "id": id, "answer": request.form.get("answer"), "reason": request.form.get("reason"),
        })
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("There is no such finding."))
    except tk.NotAuthorized:
        return tk.abort(403, tk._("You may not do this."))
    except tk.ValidationError as error:
        for message in messages(error):
            tk.h.flash_error(message)
    else:
        tk.h.flash_success(tk._("The answer is kept; it holds for later files too."))
    back = request.referrer or ""
    ours = tk.config["ckan.site_url"].rstrip("/") + "/"
    return tk.redirect_to(
        back if back.startswith((ours, request.host_url)) else tk.url_for("satudata_portal.queue"))
