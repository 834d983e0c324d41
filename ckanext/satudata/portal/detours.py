"""Forms of CKAN that end before a wall here, and the pages that stand in their place.

What an office may not do to a dataset that is public it may ask for, or do by a deposit; CKAN's own
form would take its answer first and refuse it then, or say that something was done that was not.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model
from flask import request

from ckanext.satudata.access import doors, hiding, submissions, visibility
from ckanext.satudata.deposits import obligations, owed
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import screened_blueprint

from . import asking, desk

pages = screened_blueprint("satudata_detours", __name__, url_prefix="/satudata/dataset")

Asks = Callable[[Any, model.Package], bool]

#: Pages of CKAN by their endpoints: the right that each needs, whether the portal has one in its
#: place for this person, and which.
_INSTEAD: dict[str, tuple[str, Asks, str]] = {
    f"{visibility.DATASET}.delete": ("package_delete", doors.deletion_is_asked, "delete"),
    f"{visibility.DATASET}_resource.new": ("package_update", doors.is_guarded, "files"),
    f"{visibility.DATASET}_resource.delete": ("package_update", doors.is_guarded, "files"),
}


def _turn() -> Any:
    """Before any request: lead to the page that stands in place of a form of CKAN."""
    found = _INSTEAD.get(request.endpoint or "")
    if found is None:
        return None
    right, asks, page = found
    package = hiding.dataset((request.view_args or {}).get("id"))
    if package is None or not _may(right, package) or not asks(asking.context(), package):
        return None
    return tk.redirect_to(f"satudata_detours.{page}", id=package.name)


pages.before_app_request(_turn)
pages.before_request(asking.signed_in)


def _may(right: str, package: model.Package) -> bool:
    try:
        tk.check_access(right, asking.context(), {"id": package.id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def _dataset(id: str, right: str) -> tuple[dict[str, Any], model.Package]:
    """A dataset of which the person may do what the page is about."""
    found = asking.found("package_show", id=id)
    package = model.Package.get(found["id"])
    if package is None or not _may(right, package):
        tk.abort(403, tk._("You may not do this."))
    return found, package


def delete(id: str) -> Any:
    """The form by which an office asks the walidata to delete a dataset, with the reason."""
    found, package = _dataset(id, "package_delete")
    if not doors.deletion_is_asked(asking.context(), package):
        return tk.redirect_to(f"{package.type}.delete", id=package.name)
    row = submissions.get(package.id)
    return tk.render("satudata/portal/delete.html", {
        "dataset": found, "requested": row.requested if row else None,
    })


def files(id: str) -> Any:
    """How a file comes into a dataset that is public: by a deposit for one of its items."""
    found, package = _dataset(id, "package_update")
    if not doors.is_guarded(asking.context(), package):
        return tk.redirect_to(f"{package.type}_resource.new", id=package.name)
    terms = obligations.latest(obligations.all_of_dataset(package.id))
    return tk.render("satudata/portal/files.html", {
        "dataset": found, "items": [_item(id, one) for id, one in terms.items()],
        "period_label": desk.period_label,
    })


def _item(id: UUID, terms: obligations.Terms) -> dict[str, Any]:
    today = clock.city_today()
    return {
        "id": str(id), "title": terms.title,
        "periods": [one.code for one in sorted(owed.open_of(id)) if one.first <= today],
    }


pages.add_url_rule("/<id>/hapus", view_func=delete, methods=["GET"], strict_slashes=False)
pages.add_url_rule("/<id>/berkas-baru", view_func=files, methods=["GET"], strict_slashes=False)
