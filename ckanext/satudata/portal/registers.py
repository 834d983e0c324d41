"""Pages of the daftar data: its items, one item and what is done with it, links, dispensations."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from flask import request

from ckanext.satudata import compat
from ckanext.satudata.deposits import dispensations, imports, listing, register_list
from ckanext.satudata.deposits.periods import PeriodError
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store as offices
from ckanext.satudata.report.page_data import page_count
from ckanext.satudata.schema import codes
from ckanext.satudata.schema.checking import reader_language

from . import asking, desk

pages = screened_blueprint("satudata_registers", __name__, url_prefix="/satudata")
pages.before_request(asking.signed_in)

#: Rows on one page.
A_PAGE = 50
#: What a list of items is narrowed to, by the names of the address.
_FILTERS = ("organization", "q", "frekuensi", "klasifikasi_akses", "state", "linked")
#: What the form of an item asks, beside its schedule.
_ASKED = (
    "title", "organization", "frekuensi", "klasifikasi_akses", "valid_from", "valid_until",
    "tahun_awal", "prioritas",
)


def choices(name: str) -> list[tuple[str, str]]:
    """(code, label in the reader's language) of a code list."""
    language = reader_language()
    return [(one.code, one.label(language)) for one in codes.code_list(name)]


def office_titles() -> dict[str, str]:
    """Titles of all offices by name, those of today first."""
    found = sorted(
        offices.offices().values(), key=lambda one: (not one.active, one.title.casefold()))
    return {one.name: one.title for one in found}


def datasets_of(items: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Name and title of the datasets that items name, by id: what is hidden they do not name."""
    ids = [one["package_id"] for one in items if one["package_id"]]
    package: Any = model.Package
    rows = model.Session.execute(
        sa.select(package.id, package.name, package.title).where(package.id.in_(ids))
    ) if ids else ()
    return {id: {"name": name, "title": title or name} for id, name, title in rows}


# --- the list -----------------------------------------------------------------------------------


def register() -> str:
    """The daftar data of a year, or all items there are."""
    page = asking.page_number(request.args.get("page"))
    registers = listing.registers()
    year = _year(registers)
    chosen = {name: request.args.get(name) or None for name in _FILTERS}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    found = asking.found(
        "satudata_register_list", year=year, limit=A_PAGE, offset=(page - 1) * A_PAGE, **wanted)
    return tk.render("satudata/portal/register.html", {
        "found": found, "page": page, "pages": page_count(found["count"], A_PAGE), "year": year,
        "years": [one for one, _, _ in registers if one is not None], "chosen": chosen,
        "agreed": register_list.agreements(year) if year else [], "offices": office_titles(),
        "datasets": datasets_of(found["results"]), "frequencies": choices("frekuensi"),
        "classes": choices("klasifikasi_akses"), "states": register_list.STATES,
        "may_keep": asking.may("satudata_register_keep"),
        "may_agree": asking.may("satudata_register_agree"),
        "today": clock.city_today(),
        "address": partial(
            tk.h.url_for, "satudata_registers.register", year=year or "all", **wanted),
    })


def _year(registers: list[tuple[int | None, int, dt.date | None]]) -> int | None:
    """The year asked for, else the running one's register, else all items."""
    asked = request.args.get("year") or ""
    known = {one for one, _, _ in registers}
    if asked.isdecimal() and len(asked) == 4 and int(asked) >= 2000:
        return min(int(asked), 2999)
    today = clock.city_today().year
    return today if not asked and today in known else None


def agree() -> Any:
    """Records that the Forum agreed."""
    compat.protect_form()
    form = request.form
    asking.tried(
        tk._("The agreement is recorded: quarters of this year can be frozen."),
        lambda: asking.call(
            "satudata_register_agree", year=form.get("year"), date=form.get("date"),
            minutes=form.get("minutes")),
    )
    return tk.redirect_to("satudata_registers.register", year=form.get("year") or None)


# --- one item -----------------------------------------------------------------------------------


def item(id: str) -> str:
    """One item with its periods, its dispensations and what the person may do with it."""
    found = asking.found("satudata_obligation_show", id=id)
    return tk.render("satudata/portal/register_item.html", {
        "item": found, "offices": office_titles(), "datasets": datasets_of([found]),
        "frequencies": dict(choices("frekuensi")), "classes": dict(choices("klasifikasi_akses")),
        "period_label": desk.period_label, "may_keep": asking.may("satudata_register_keep"),
        "may_excuse": asking.may("satudata_obligation_excuse"),
        "today": clock.city_today().isoformat(),
        "in_force": dispensations.IN_FORCE,
        "open": [one for one in found["periods"] if not one["came"] and not one["waived"]],
    })


def create() -> Any:
    """The form of a new item."""
    return _form(None)


def change(id: str) -> Any:
    """The form in which an item is changed from a day on."""
    return _form(asking.found("satudata_obligation_show", id=id))


def _form(known: dict[str, Any] | None) -> Any:
    if not asking.may("satudata_register_keep"):
        tk.abort(403, tk._("Only koordinator and walidata keep the daftar data."))
    if request.method == "POST":
        compat.protect_form()
        kept: dict[str, Any] = {}
        if asking.tried(tk._("The item is kept."), lambda: kept.update(_save(known))):
            return tk.redirect_to("satudata_registers.item", id=kept["id"])
    given: Mapping[str, Any] = request.form
    if request.method == "GET":
        given = {**(known or {}), "jadwal": "\n".join(
            f"{one['period']}={one['date']}" for one in (known or {}).get("jadwal", ()))}
    return tk.render("satudata/portal/register_form.html", {
        "known": known, "given": given, "offices": office_titles(),
        "frequencies": choices("frekuensi"), "classes": choices("klasifikasi_akses"),
        "today": clock.city_today(),
    })


def _save(known: dict[str, Any] | None) -> dict[str, Any]:
    form = request.form
    said: dict[str, Any] = {name: form.get(name) for name in _ASKED}
    said["prioritas"] = bool(form.get("prioritas"))
    said["jadwal"] = _schedule(form.get("jadwal") or "", form.get("frekuensi"))
    if known is None:
        return asking.call(
            "satudata_obligation_create", package_id=form.get("package_id"), **said)
    return asking.call(
        "satudata_obligation_update", id=known["id"],
        effective_from=form.get("effective_from"), **said)


def _schedule(text: str, frekuensi: str | None) -> list[dict[str, str]]:
    """An item's own schedule as people write it, a period and its day on each line."""
    known = frekuensi if frekuensi in dict(choices("frekuensi")) else None
    try:
        found = imports.schedule(text, known)
    except (PeriodError, ValueError) as error:
        raise tk.ValidationError({"jadwal": [tk._(
            "Not a schedule (2026-TW1=2026-04-20;2026-TW2=2026-07-20): {reason}"
        ).format(reason=error)]}) from error
    return [{"period": code, "date": day.isoformat()} for code, day in found]


def _doing(action: str, done: Callable[[], str], fields: tuple[str, ...]) -> Callable[[str], Any]:
    """What a form on the page of an item does; then the item is shown again.

    :param done: what to say when it went well
    :param fields: what the form sends
    """
    def do(id: str) -> Any:
        compat.protect_form()
        sent = {name: request.form.get(name) or None for name in fields}
        asking.tried(done(), lambda: asking.call(action, id=id, **sent))
        return tk.redirect_to("satudata_registers.item", id=id)

    return do


# --- items and datasets -------------------------------------------------------------------------


def links() -> Any:
    """Items without a dataset, with proposals; several are linked at once."""
    page = asking.page_number(request.values.get("page"))
    year = _year(listing.registers())
    office = request.values.get("organization") or None
    if request.method == "POST":
        compat.protect_form()
        _link()
        return tk.redirect_to(
            "satudata_registers.links", year=year or "all", organization=office, page=page)
    found = asking.found(
        "satudata_obligation_proposals", year=year, organization=office,
        offset=(page - 1) * register_list.A_PAGE)
    return tk.render("satudata/portal/register_links.html", {
        "found": found, "page": page, "pages": page_count(found["count"], register_list.A_PAGE),
        "year": year, "office": office, "offices": office_titles(),
        "years": [one for one, _, _ in listing.registers() if one is not None],
        "frequencies": dict(choices("frekuensi")),
        "address": partial(
            tk.h.url_for, "satudata_registers.links", year=year or "all", organization=office),
    })


def _link() -> None:
    """Link what was chosen: the one whose button was pressed, else all that are ticked."""
    one = request.form.get("one")
    chosen = [one] if one else [
        value for name, value in request.form.items() if name.startswith("item-") and value]
    done = 0
    for pair in chosen:
        id, _, package_id = pair.partition(" ")
        done += asking.did(
            lambda id=id, name=package_id: asking.call(
                "satudata_obligation_link", id=id, package_id=name))
    if done:
        tk.h.flash_success(tk.ungettext(
            "{n} item is linked.", "{n} items are linked.", done).format(n=done))
    elif not chosen:
        tk.h.flash_error(tk._("Nothing is chosen."))


# --- dispensations ------------------------------------------------------------------------------


def dispensation_list() -> str:
    """Dispensations in force and past: the own office's, or all."""
    page = asking.page_number(request.args.get("page"))
    wanted = {
        name: request.args[name] for name in ("organization", "quarter", "status")
        if request.args.get(name)
    }
    found = asking.found(
        "satudata_dispensation_list", limit=A_PAGE, offset=(page - 1) * A_PAGE, **wanted)
    now = Quarter.of(clock.city_today())
    return tk.render("satudata/portal/dispensations.html", {
        "found": found, "page": page, "pages": page_count(found["count"], A_PAGE),
        "chosen": wanted, "offices": office_titles(), "period_label": desk.period_label,
        "quarters": [Quarter.from_index(now.index - back).code for back in range(-4, 9)],
        "states": dispensations.STATES, "may_excuse": asking.may("satudata_obligation_excuse"),
        "address": partial(tk.h.url_for, "satudata_registers.dispensation_list", **wanted),
    })


_LIST = "/daftar-data"
_ITEM = f"{_LIST}/butir/<id>"
for _address, _view, _methods in (
    (_LIST, register, ["GET"]),
    (f"{_LIST}/sepakat", agree, ["POST"]),
    (f"{_LIST}/butir-baru", create, ["GET", "POST"]),
    (f"{_LIST}/hubungkan", links, ["GET", "POST"]),
    (_ITEM, item, ["GET"]),
    (f"{_ITEM}/ubah", change, ["GET", "POST"]),
    ("/dispensasi", dispensation_list, ["GET"]),
):
    pages.add_url_rule(_address, view_func=_view, methods=_methods, strict_slashes=False)
for _word, _action, _done, _fields in (
    ("akhiri", "satudata_obligation_retire", lambda: tk._("The item ends on that day."),
     ("reason", "valid_until")),
    ("hubungkan", "satudata_obligation_link", lambda: tk._("The dataset is linked."),
     ("package_id",)),
    ("dispensasi", "satudata_obligation_excuse", lambda: tk._("It is kept."),
     ("period", "reason", "until", "withdraw")),
):
    pages.add_url_rule(
        f"{_ITEM}/{_word}", endpoint=f"item_{_word}", view_func=_doing(_action, _done, _fields),
        methods=["POST"], strict_slashes=False)
