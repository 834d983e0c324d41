"""The walidata's page of reminders: what was sent, what was refused, who cannot be reminded."""
from __future__ import annotations

from functools import partial

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.report.page_data import page_count

from . import asking, checking

pages = screened_blueprint("satudata_reminders", __name__, url_prefix="/satudata/pengingat")
pages.before_request(asking.signed_in)

#: Rows on one page.
A_PAGE = 100


def index() -> str:
    """The reminders, the latest day first; of one office with ``?opd=``."""
    page, office = asking.page_number(request.args.get("page")), request.args.get("opd") or None
    found = asking.found(
        "satudata_reminder_list", organization=office, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    return tk.render("satudata/portal/reminders.html", {
        "found": found, "who": checking.names({one["person"] for one in found["results"]}),
        "office": office, "page": page, "pages": page_count(found["count"], A_PAGE),
        "address": partial(tk.h.url_for, "satudata_reminders.index", opd=office),
    })


pages.add_url_rule("/", view_func=index, strict_slashes=False)
