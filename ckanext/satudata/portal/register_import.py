"""The page that brings a year's daftar data to what a sheet says: first shown, then written."""
from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from flask import request
from werkzeug.datastructures import FileStorage

from ckanext.satudata import compat
from ckanext.satudata.access import hiding
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.translation import N_

from . import asking, registers

pages = screened_blueprint("satudata_register_import", __name__, url_prefix="/satudata")
pages.before_request(asking.signed_in)

#: So long a sheet that was looked at can be written (seconds), and so large it may be (bytes).
KEPT, LARGEST = 3600, 20 * 1024 * 1024

#: What the parts of an item are called, as msgids.
_FIELDS = {
    "title": N_("Title"), "office": N_("Office"), "frekuensi": N_("How often"),
    "klasifikasi_akses": N_("Access class"), "valid_from": N_("Owes from"),
    "valid_until": N_("Owes until"), "prioritas": N_("Data prioritas"),
    "jadwal": N_("Own schedule"), "tahun_awal": N_("First year"), "code": N_("ID Daftar Data"),
    "dataset": N_("Dataset"), "year": N_("Year of the daftar data"),
}


def sheet() -> Any:
    """The form; what the sheet would change; and what was written."""
    if not asking.may("satudata_register_keep"):
        tk.abort(403, tk._("Only koordinator and walidata keep the daftar data."))
    shown: dict[str, Any] = {"result": None, "form": request.form, "file": None}
    if request.method == "POST":
        compat.protect_form()
        asked = _asked(shown)
        if asked is not None:
            return asked
    return tk.render("satudata/portal/register_import.html", {
        **shown, "year": request.form.get("year") or clock.city_today().year,
    })


def _asked(shown: dict[str, Any]) -> Any:
    """Look at the sheet that was sent, or write the one that was looked at.

    :param shown: gets what the page shows; when something is to be shown, None is returned
    """
    content, name = _content()
    if content is None:
        return None
    write = bool(request.form.get("write"))
    result: dict[str, Any] = {}
    if write and asking.did(lambda: result.update(_run(content, name, dry_run=False))) and (
        not result["errors"]
    ):
        tk.h.flash_success(tk._(
            "Written: {created} new, {updated} changed, {retired} retired."
        ).format(**{key: len(result[key]) for key in ("created", "updated", "retired")}))
        return tk.redirect_to("satudata_registers.register", year=request.form.get("year"))
    if asking.did(lambda: result.update(_run(content, name, dry_run=True))):
        shown |= {
            "result": result, "file": _keep(content), "name": name,
            "changes": _in_words(result["changes"]),
            "many": write or len(result["retired"]) * 10 > sum(
                len(result[key]) for key in ("updated", "unchanged", "retired", "absent")),
        }
    return None


def _content() -> tuple[bytes | None, str]:
    """The sheet and its name; None and a message when there is none, or it is kept no more."""
    upload, digest = request.files.get("upload"), request.form.get("file")
    if upload and upload.filename:
        content = upload.read(LARGEST + 1)
        if len(content) <= LARGEST:
            return content, upload.filename[:200]
        tk.h.flash_error(tk._("The file is too large."))
    elif digest:
        content = connect_to_redis().get(_key(digest[:64]))
        if content is not None:
            return cast(bytes, content), (request.form.get("name") or "")[:200]
        tk.h.flash_error(tk._("The file is not kept any more. Choose it again."))
    else:
        tk.h.flash_error(tk._("Choose the file with the daftar data."))
    return None, ""


def _key(digest: str) -> str:
    """Under which a sheet is kept: nobody else can name it."""
    return f"satudata:{tk.config['ckan.site_id']}:register:{tk.current_user.id}:{digest}"


def _keep(content: bytes) -> str:
    """Keep a sheet until it is written: by its hash, so what is written is what was looked at."""
    digest = hashlib.sha256(content).hexdigest()
    connect_to_redis().set(_key(digest), content, ex=KEPT)
    return digest


def _run(content: bytes, name: str, *, dry_run: bool) -> dict[str, Any]:
    return asking.call(
        "satudata_register_import", year=request.form.get("year"), dry_run=dry_run,
        upload=FileStorage(io.BytesIO(content), filename=name),
        retire_missing=bool(request.form.get("retire_missing")),
        confirm=bool(request.form.get("confirm")),
    )


def _in_words(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The differences as people read them: {row, title, fields: [(label, before, after)]}."""
    titles, datasets = registers.office_titles(), _datasets(changes)
    labels = {
        name: dict(registers.choices(name)) for name in ("frekuensi", "klasifikasi_akses")
    } | {"office": titles, "dataset": datasets}
    return [
        {**one, "fields": [
            (tk._(_FIELDS[name]), *(_words(name, value, labels) for value in pair))
            for name, pair in one["fields"].items()
        ]}
        for one in changes
    ]


def _words(name: str, value: Any, labels: Mapping[str, Mapping[str, str]]) -> str:
    if value in (None, "", []):
        return "–"
    if name in labels:
        return labels[name].get(value, "–")
    if isinstance(value, bool):
        return tk._("yes") if value else tk._("no")
    if isinstance(value, list):
        return "; ".join(f"{one['period']} = {one['date']}" for one in value)
    return str(value)


def _datasets(changes: list[dict[str, Any]]) -> dict[str, str]:
    """Titles of the datasets that the person may see, by id."""
    ids = {
        id for one in changes for id in one["fields"].get("dataset", ()) if id is not None}
    seen = hiding.visible(asking.context(), ids) if ids else set()
    found = registers.datasets_of([{"package_id": id} for id in seen])
    return {id: one["title"] for id, one in found.items()}


pages.add_url_rule(
    "/daftar-data/impor", view_func=sheet, methods=["GET", "POST"], strict_slashes=False)
