"""The page of a person's notices, and of how they want to be told."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.opd import notices

from . import asking

pages = screened_blueprint("satudata_notices", __name__, url_prefix="/satudata/pemberitahuan")
pages.before_request(asking.signed_in)

#: Notices on the page.
SHOWN = 30


def index() -> str:
    """The latest notices, and the form of the choice."""
    user: Any = tk.current_user
    return tk.render("satudata/portal/notices.html", {
        "notices": notices.latest(user, SHOWN), "choice": notices.choice(user.id),
        "modes": notices.MODES, "languages": tk.config["ckan.locales_offered"],
        "can_mail": notices.can_mail(), "address": user.email,
    })


def read() -> Any:
    """Mark as read what the person has seen."""
    compat.protect_form()
    seen = request.form.get("up_to") or ""
    if seen.isdecimal() and len(seen) < 19:
        notices.mark_read(tk.current_user.id, int(seen))
        model.Session.commit()
    return tk.redirect_to("satudata_notices.index")


def choose() -> Any:
    """Keep how the person wants to be told."""
    compat.protect_form()

    def keep() -> None:
        notices.choose(
            tk.current_user.id, request.form.get("mode") or "", request.form.get("language") or "")
        model.Session.commit()

    asking.tried(tk._("Saved."), keep)
    return tk.redirect_to("satudata_notices.index")


for _address, _view, _method in (("/", index, "GET"), ("/dibaca", read, "POST"),
                                 ("/pilihan", choose, "POST")):
    pages.add_url_rule(_address, view_func=_view, methods=[_method], strict_slashes=False)
