"""Pages of letters: the list, drafting for many offices, one letter with its next step."""
from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from flask import Response, request

from ckanext.satudata import compat
from ckanext.satudata.access import policy
from ckanext.satudata.journal import clock, papers
from ckanext.satudata.journal.asked import screened_blueprint
from ckanext.satudata.journal.quarters import Quarter, QuarterError
from ckanext.satudata.letters import life, pdf, reading, settings, store
from ckanext.satudata.report import page_data

from . import asking, checking

letters = screened_blueprint("satudata_letters", __name__, url_prefix="/satudata/surat")
letters.before_request(asking.signed_in)

A_PAGE = 50

#: What a page says when a step was recorded.
_DONE = {
    life.NUMBER: lambda: tk._("Number and date are recorded."),
    life.SIGN: lambda: tk._("The signed letter is kept."),
    life.SEND: lambda: tk._("The sending is recorded; the office reads the letter here."),
    life.ANSWER: lambda: tk._("The answer is recorded."),
    life.OUTCOME: lambda: tk._("The outcome is recorded."),
    life.CANCEL: lambda: tk._("The letter is cancelled."),
}
#: Fields of a step's form besides the one that names it.
_FIELDS = ("date", "answered_on", "promised_on")


def index() -> str:
    """Letters that concern the person, narrowed by the address."""
    page = asking.page_number(request.args.get("page"))
    narrowed = {
        name: value for name in ("quarter", "kind", "state", "organization")
        if (value := request.args.get(name, "").strip())
    }
    found = asking.found(
        "satudata_letter_list", limit=A_PAGE, offset=(page - 1) * A_PAGE, **narrowed)
    return tk.render("satudata/portal/letters.html", {
        "found": found, "narrowed": narrowed, "page": page, "words": page_data.words(),
        "pages": page_data.page_count(found["count"], A_PAGE), "life": life,
        "choices": _choices(), "may_draft": policy.may_verify(asking.context()),
        "everything": reading.caller(asking.context()).reads.everything,
        "address": partial(tk.h.url_for, "satudata_letters.index", **narrowed),
    })


def on_desk() -> dict[str, int]:
    """How many letters wait for this person, by the state they are in."""
    who = reading.caller(asking.context())
    if not (who.roles or who.writes):
        return {}
    found = store.counts(None if who.reads.everything else who.reads.opds)
    waits = (life.DRAFT, life.NUMBERED, life.SIGNED) if who.roles else (life.SENT,)
    return {state: found[state] for state in waits if found.get(state)}


def draft() -> Any:
    """To whom letters of a quarter are due; drafts those that were chosen."""
    kind = request.values.get("kind") or life.REQUEST
    quarter = request.values.get("quarter") or _latest_frozen()
    if not policy.may_verify(asking.context()):
        tk.abort(403, tk._("Only the walidata drafts letters."))
    if request.method == "POST":
        compat.protect_form()
        if _draft(kind, quarter):
            return tk.redirect_to("satudata_letters.index", quarter=quarter, kind=kind)
    candidates: list[dict[str, Any]] = []
    refusal = ""
    try:
        candidates = asking.call("satudata_letter_candidates", kind=kind, quarter=quarter)
    except tk.ValidationError as error:
        refusal = " ".join(page_data.messages(error))
    return tk.render("satudata/portal/letter_draft.html", {
        "kind": kind, "quarter": _quarter(quarter), "candidates": candidates, "refusal": refusal,
        "life": life, "choices": _choices(), "words": page_data.words(),
    })


def _draft(kind: str, quarter: str) -> bool:
    chosen = request.form.getlist("organization")
    if not chosen:
        tk.h.flash_error(tk._("Choose at least one office."))
        return False
    return asking.tried(
        tk._("The letters are drafted: have them numbered and signed, and record it here."),
        lambda: asking.call(
            "satudata_letter_draft_many", kind=kind, quarter=quarter, organizations=chosen,
            level=request.form.get("level")),
    )


def letter(id: str) -> str:
    """One letter, with its papers and the form of its next step."""
    found = asking.found("satudata_letter_show", id=id)
    return tk.render("satudata/portal/letter.html", {
        "letter": found, "life": life, "next": life.NEXT.get(found["state"]),
        "words": page_data.words(), "people": checking.names, "today": clock.city_today(),
        "quarter": Quarter.parse(found["quarter"]),
        "pattern": settings.number_pattern(clock.city_today().year),
    })


def step(id: str, way: str) -> Any:
    """Records a step of a letter."""
    compat.protect_form()
    name = life.PARAMETERS[way]
    fields = {one: request.form.get(one) for one in _FIELDS if request.form.get(one)}
    # An empty field is no step left out: the form was for this one.
    value = request.files.get(name) if way == life.SIGN else request.form.get(name) or " "
    asking.tried(_DONE[way](), lambda: asking.call(
        "satudata_letter_update", id=id, **{name: value or " "}, **fields))
    return tk.redirect_to("satudata_letters.letter", id=id)


def document(id: str, extension: str) -> Any:
    """A letter as it was drafted, in Word's format or as PDF, for those who see all letters."""
    found = asking.found("satudata_letter_show", id=id)
    if extension not in found["files"]:
        tk.abort(404, tk._("This letter has no such file."))
    row = store.get(UUID(id))
    assert row is not None  # noqa: S101 (it was shown just now)
    try:
        made = reading.document(row)
    except tk.ValidationError as error:
        for message in page_data.messages(error):
            tk.h.flash_error(message)
        return tk.redirect_to("satudata_letters.letter", id=id)
    is_pdf = extension == reading.PDF
    media = "application/pdf" if is_pdf else (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    answer = Response(pdf.render(made) if is_pdf else made, content_type=media)
    kind = "inline" if is_pdf else "attachment"
    name = reading.file_name(row, extension)
    answer.headers["Content-Disposition"] = f'{kind}; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def signed(id: str) -> Any:
    """The signed letter, for whoever may read it."""
    asking.found("satudata_letter_show", id=id)
    row = store.get(UUID(id))
    if row is None or not row["paper"]:
        tk.abort(404, tk._("This letter has no such file."))
    return paper(row["paper"], reading.file_name(row, row["format"]))


def paper(id: str, name: str) -> Any:
    """A kept paper as an answer."""
    try:
        return papers.attachment(compat.open_upload(id), name)
    except OSError:
        tk.abort(404, tk._("The storage does not have this file."))


def _choices() -> list[page_data.Choice]:
    return page_data.choices(_frozen(), False, page_data.current_quarter())


def _latest_frozen() -> str:
    frozen = _frozen()
    return frozen[0]["quarter"] if frozen else page_data.current_quarter().code


def _frozen() -> list[dict[str, Any]]:
    return page_data.latest(page_data.listed())


def _quarter(code: str) -> Quarter:
    try:
        return Quarter.parse(code)
    except QuarterError:
        tk.abort(404, tk._("There is nothing at this address."))


_STEPS = ",".join(life.PARAMETERS)
_RULES: tuple[tuple[str, Any, list[str]], ...] = (
    ("", index, ["GET"]),
    ("/konsep", draft, ["GET", "POST"]),
    ("/<id>", letter, ["GET"]),
    (f"/<id>.<any({reading.DOCX},{reading.PDF}):extension>", document, ["GET"]),
    ("/<id>/tertanda", signed, ["GET"]),
    (f"/<id>/<any({_STEPS}):way>", step, ["POST"]),
)
for _address, _view, _methods in _RULES:
    letters.add_url_rule(_address, view_func=_view, methods=_methods, strict_slashes=False)
