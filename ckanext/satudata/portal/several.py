"""Pages of depositing several files at once: they are sent, matched, confirmed, deposited."""
from __future__ import annotations

import secrets
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.redis import connect_to_redis
from flask import request
from werkzeug.datastructures import FileStorage

from ckanext.satudata import compat
from ckanext.satudata.deposits import bundles, files, many
from ckanext.satudata.journal.asked import screened_blueprint

from . import asking, desk

pages = screened_blueprint("satudata_several", __name__, url_prefix="/satudata/setor-banyak")
pages.before_request(asking.signed_in)

#: An office with more items is offered those that are most alike only.
ALL_ITEMS = 60

#: Files that are named of those that are not deposited.
NAMED = 10


def several() -> Any:
    """The form by which an office sends several files, or a ZIP of them."""
    # A sysadmin may act for every office, but owes nothing.
    own = {} if getattr(tk.current_user, "sysadmin", False) else many.depositing_for(
        asking.context())
    if not own:
        tk.abort(403, tk._("You belong to no office that deposits data."))
    if request.method == "POST":
        compat.protect_form()
        office = request.form.get("organization") or None
        kept: list[str] = []
        # Who has to say for which office is told before anything is kept.
        if asking.did(lambda: many.groups_of(own, office) and kept.append(_keep())):
            return tk.redirect_to(
                "satudata_several.confirm", id=kept[0],
                **({"organization": office} if office else {}))
    return tk.render("satudata/portal/several.html", {
        "most": bundles.largest() >> 20, "taken": ",".join(files.extensions()),
        "offices": sorted(own.values(), key=lambda one: one["title"] or one["name"])
        if len(own) > many.MOST_OFFICES else [],
    })


def confirm(id: str) -> Any:
    """What each of the files is for, as proposed; what is confirmed is deposited."""
    bundle = _bundle(id)
    office = request.args.get("organization") or None
    if request.method == "POST":
        compat.protect_form()
        answer = _deposit(bundle, office)
        if answer is not None:
            return answer
    bundle.seek(0)
    found = asking.found(
        "satudata_deposit_bulk", upload=_upload(bundle), organization=office, dry_run=True)["files"]
    # The action has looked at the office.
    items = many.known(many.groups_of(many.depositing_for(asking.context()), office))
    return tk.render("satudata/portal/several_confirm.html", {
        "id": id, "organization": office, "files": found,
        "items": {str(key): one for key, one in items.items()},
        "all_items": len(items) <= ALL_ITEMS, "period_label": desk.period_label,
        "periods": sorted({code for one in items.values() for code in one.open}, reverse=True),
    })


def _key(token: str) -> str:
    """Under which it is kept which bundle a person means: no address tells how it is stored."""
    return f"satudata:{tk.config['ckan.site_id']}:bundle:{tk.current_user.id}:{token}"


def _keep() -> str:
    """Put the files that were sent aside; nobody but who sent them can name them."""
    bundle = bundles.taken(request.files.getlist("upload"))
    bundles.hashed(bundle)
    stored = bundles.keep(bundle, bundles.WAITS)
    model.Session.commit()
    token = secrets.token_urlsafe(24)
    connect_to_redis().set(_key(token), stored, ex=int(bundles.WAITS.total_seconds()))
    return token


def _bundle(id: str) -> Any:
    stored: Any = connect_to_redis().get(_key(id)) if len(id) <= 64 else None
    if stored is None:
        tk.abort(404, tk._("The files are not kept any more. Choose them again."))
    try:
        return bundles.opened(stored.decode())
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error.message))


def _upload(bundle: Any) -> FileStorage:
    return FileStorage(bundle, filename="setoran.zip")


def _deposit(bundle: Any, office: str | None) -> Any:
    """Deposit what was confirmed; None when the page is shown again."""
    form, chosen = request.form, []
    for name, file in form.items():
        if name.startswith("file-"):
            number = name.removeprefix("file-")
            if form.get(f"item-{number}"):
                chosen.append({
                    "file": file, "obligation_id": form[f"item-{number}"],
                    "period": form.get(f"period-{number}")})
    if not chosen:
        tk.h.flash_error(tk._("Nothing is chosen."))
        return None
    done: dict[str, Any] = {}
    if not asking.did(lambda: done.update(
        asking.call(
            "satudata_deposit_bulk", upload=_upload(bundle), organization=office, items=chosen)
    )):
        return None
    _tell_left_out(done["files"], {one["file"] for one in chosen})
    if done["job"]:
        tk.h.flash_success(tk._("The files are being deposited."))
        return tk.redirect_to("satudata_together.job", id=done["job"])
    for error in done["errors"]:
        tk.h.flash_error(f"{error['id']}: {error['message']}")
    if done["deposits"]:
        number = len(done["deposits"])
        tk.h.flash_success(tk.ungettext(
            "{n} file is deposited. The walidata will check it; it counts from this moment.",
            "{n} files are deposited. The walidata will check them; they count from this moment.",
            number).format(n=number))
    return None if done["errors"] else tk.redirect_to("satudata_portal.index")


def _tell_left_out(found: list[dict[str, Any]], chosen: set[str]) -> None:
    """Say which files are not deposited, and why."""
    left = [one for one in found if one["file"] not in chosen]
    if not left:
        return
    unsaid = tk._("no item was chosen")
    said = [f"{one['file']} ({one['reason'] or unsaid})" for one in left]
    more = " …" if len(said) > NAMED else ""
    tk.h.flash_notice(tk.ungettext(
        "{n} file is not deposited: {files}", "{n} files are not deposited: {files}", len(left)
    ).format(n=len(left), files="; ".join(said[:NAMED]) + more))


pages.add_url_rule("/", view_func=several, methods=["GET", "POST"], strict_slashes=False)
pages.add_url_rule("/<id>", view_func=confirm, methods=["GET", "POST"], strict_slashes=False)
