"""What the buttons on a dataset's page do: submit, withdraw, ask the walidata, take back."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import Blueprint, request

from ckanext.satudata import compat
from ckanext.satudata.journal.asked import context, messages, screened_blueprint

from . import lifecycle, policy, seals, serving, visibility

access = screened_blueprint("satudata_access", __name__, url_prefix="/satudata/dataset")
access.before_app_request(seals.keep_out_of_caches)
access.after_app_request(serving.keep_from_running)


def blueprints() -> list[Blueprint]:
    """The blueprints of this room."""
    return [access]


@access.route("/<id>/ajukan", methods=["POST"])
def submit(id: str) -> Any:
    """Submit a dataset to be checked."""
    return _post(
        id, "satudata_dataset_submit", {"note": request.form.get("note", "")},
        tk._("The dataset is submitted: the walidata will check it."),
    )


@access.route("/<id>/tarik", methods=["POST"])
def withdraw(id: str) -> Any:
    """Take a submission back."""
    return _post(
        id, "satudata_dataset_withdraw", {"note": request.form.get("note", "")},
        tk._("The submission is withdrawn."),
    )


@access.route("/<id>/minta-tutup", methods=["POST"])
def ask_unpublish(id: str) -> Any:
    """Ask the walidata to unpublish a dataset (where the portal only warns: do it)."""
    if policy.enforcement() == visibility.WARN:
        return _post(id, "package_patch", {"private": True}, None)
    return _post(
        id, "satudata_request_create",
        {"what": lifecycle.UNPUBLISH, "note": request.form.get("note", "")},
        tk._("The dataset is still public: your request to unpublish it is in the walidata's "
             "queue."),
    )


@access.route("/<id>/minta-hapus", methods=["POST"])
def ask_delete(id: str) -> Any:
    """Ask the walidata to delete a dataset."""
    return _post(
        id, "satudata_request_create",
        {"what": lifecycle.DELETE, "note": request.form.get("note", "")},
        tk._("The dataset is still there: your request to delete it is in the walidata's queue."),
    )


@access.route("/<id>/batal-minta", methods=["POST"])
def take_back(id: str) -> Any:
    """Take back what was asked of the walidata."""
    return _post(
        id, "satudata_request_withdraw", {"note": request.form.get("note", "")},
        tk._("The request is taken back."),
    )


def _post(id: str, action: str, data: dict[str, Any], done: str | None) -> Any:
    compat.protect_form()
    try:
        tk.get_action(action)(context(), {"id": id, **data})
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("There is no such dataset."))
    except tk.NotAuthorized:
        return tk.abort(403, tk._("You may not do this."))
    except tk.ValidationError as error:
        for message in messages(error):
            tk.h.flash_error(message)
    else:
        if done:
            tk.h.flash_success(done)
    package = model.Package.get(id)
    return tk.redirect_to("dataset.read", id=package.name if package else id)
