"""Pages of many decisions at once: what is green, ticked and accepted, and how the job stands."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.deposits import bulk, green, greenness, store
from ckanext.satudata.journal import jobs
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.report.page_data import page_count
from ckanext.satudata.translation import N_

from . import asking, desk

pages = screened_blueprint("satudata_together", __name__, url_prefix="/satudata")
pages.before_request(asking.signed_in)

#: So many waiting deposits, the oldest first, are looked through for one page.
LOOKED_THROUGH = 500

#: What each reason says on screen, as msgids.
WORDS = {
    green.NO_FILE: N_("no file"),
    green.UNCHECKED: N_("not looked at yet"),
    green.FINDING: N_("perhaps personal data"),
    green.TABLE: N_("table with faults"),
    green.FIRST: N_("first file, nothing to compare with"),
    green.CUT: N_("too long to be compared whole"),
    green.COLUMNS: N_("other columns than last time"),
    green.MOVED: N_("much has moved"),
    green.SAME: N_("all numbers as last time"),
    green.PERIOD: N_("not the period proposed"),
    green.NOTE: N_("with a note"),
}


def why_deposits(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Why deposits are not green, in words, by their ids as the queue lists them.

    :param rows: as ``store.find`` gives them
    """
    return {
        str(id): [tk._(WORDS[one]) for one in reasons]
        for id, reasons in greenness.of_deposits(rows).items()
    }


def together() -> Any:
    """Waiting deposits that are green, to be ticked; what is ticked becomes a job."""
    if request.method == "POST":
        return _decide()
    asking.found("satudata_verification_queue", limit=0)
    page = asking.page_number(request.args.get("page"))
    count, deposits = _deposits(page)
    return tk.render("satudata/portal/together.html", {
        "deposits": deposits, "page": page, "pages": page_count(count, LOOKED_THROUGH),
        "address": partial(tk.h.url_for, "satudata_together.together"), "waiting": count,
        "period_label": desk.period_label, "moved": green.moved,
    })


def _deposits(page: int) -> tuple[int, list[dict[str, Any]]]:
    """How many wait, and the green ones of a page that the person may accept."""
    own = tk.current_user.id
    count, rows = store.find(
        status=store.WAITING, attached=False, limit=LOOKED_THROUGH,
        offset=(page - 1) * LOOKED_THROUGH,
    )
    why = greenness.of_deposits(rows)
    good = [row for row in rows if not why[row["id"]] and row["person"] != own]
    return count, desk.shown(good)


def _decide() -> Any:
    compat.protect_form()
    items = [_item(one) for one in request.form.getlist("pick")]
    started: list[str] = []

    def begin() -> None:
        job = asking.call(
            "satudata_decide_bulk", items=items, decision=bulk.ACCEPT,
            note=request.form.get("note"))
        started.append(job["id"])

    if not items:
        tk.h.flash_error(tk._("Nothing is ticked."))
    elif asking.tried(tk._("What is ticked is being accepted."), begin):
        return tk.redirect_to("satudata_together.job", id=started[0])
    return tk.redirect_to("satudata_together.together")


def _item(picked: str) -> dict[str, str]:
    """A box says what was looked at: id and hash."""
    id, _, sha256 = picked.partition(" ")
    return {"id": id, "sha256": sha256}


def job(id: str) -> str:
    """How a job stands, and what could not be done, each with the way to it."""
    found = asking.found("satudata_job_show", id=id)
    return tk.render("satudata/portal/job.html", {
        "job": found, "named": _named([one["id"] for one in found["errors"]]),
        "runs": found["state"] in (jobs.WAITING, jobs.RUNNING), "stopped": jobs.STOPPED,
    })


def _named(ids: list[str]) -> dict[str, dict[str, str]]:
    """Title and address of what a walidata decides, by id."""
    package: Any = model.Package
    datasets = model.Session.execute(
        sa.select(package.id, package.title).where(package.id.in_(ids))
    )
    found = {
        id: {"title": title, "url": tk.h.url_for("satudata_portal.dataset", id=id)}
        for id, title in datasets
    }
    for row in desk.shown(store.get_many([UUID(id) for id in ids if _is_key(id)])):
        found[row["id"]] = {
            "title": f"{row['title']} · {desk.period_label(row['period'])}",
            "url": tk.h.url_for("satudata_portal.waiting", id=row["id"]),
        }
    return found


def _is_key(id: str) -> bool:
    try:
        UUID(id)
    except ValueError:
        return False
    return True


pages.add_url_rule(
    "/verifikasi/sekaligus", view_func=together, methods=["GET", "POST"], strict_slashes=False)
pages.add_url_rule("/pekerjaan/<id>", view_func=job, methods=["GET"], strict_slashes=False)
