"""Pages of the board: a quarter, an office, the items behind a figure, freezing, and files."""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response, request, stream_with_context

from ckanext.satudata import compat, config
from ckanext.satudata.access import visibility
from ckanext.satudata.deposits.listing import reader
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import city_zone, screened_blueprint
from ckanext.satudata.journal.quarters import Quarter, QuarterError

from . import board as arranging
from . import epss, evaluation, files, page_data, papers, past
from .contacts import contacts
from .exports import FORMATS, BriefExporter, ExportError, year_files
from .wording import ITEM_STATES, OFFICE_STATES

board = screened_blueprint("satudata_report", __name__, url_prefix="/kepatuhan")

#: Items on one page of the list behind a figure.
ITEMS_A_PAGE = 100
#: How many quarters may be put beside each other.
HISTORIES = (4, 8, 12, 24)
#: A wall screen asks again after so many seconds.
REFRESH = 300

_QUARTER = "<quarter>"


def blueprints() -> list[Blueprint]:
    """The blueprints of this room."""
    return [board]


# --- the board ---------------------------------------------------------------------------------


def current() -> Any:
    """The board of the running quarter; of the latest frozen one if only that may be seen."""
    quarter = page_data.current_quarter()
    try:
        return _board_page(quarter, page_data.report(quarter, obligations=False, before=True))
    except tk.NotAuthorized as refused:
        frozen = page_data.listed()
        if not frozen:
            _forbidden(refused)
        return tk.redirect_to("satudata_report.quarter", quarter=frozen[0]["quarter"])


def quarter(quarter: str) -> Any:
    """The board of a quarter."""
    asked = _quarter(quarter)
    return _board_page(asked, _report(asked, obligations=False, before=True, as_of=_as_of()))


def _board_page(asked: Quarter, report: dict[str, Any]) -> str:
    before = report["before"]
    arranged = arranging.arrange(report, before)
    order, status, text = _arg("urut"), _arg("status"), _arg("q")
    rows = arranging.sorted_offices(arranged, order)
    return tk.render("satudata/report/board.html", {
        **_common(asked, report),
        "board": arranged,
        "before": before,
        "rows": arranging.filtered_offices(rows, status, text),
        "order": order, "status": status, "q": text,
        "contacts": _contacts(report),
        "screen": bool(_arg("layar")),
        "refresh": REFRESH,
        "office_states": OFFICE_STATES,
        "nothing_before": _nothing_before(asked, report),
    })


def _nothing_before(asked: Quarter, report: Mapping[str, Any]) -> Quarter | None:
    """The first quarter in which anything was owed, where an empty one lies before it."""
    if report["totals"]["due"] or report["frozen"]:
        return None
    first = past.first_quarter()
    return Quarter.from_index(first) if first is not None and asked.index < first else None


def items(quarter: str) -> str:
    """The items behind a figure of the board, with filters in the address."""
    asked = _quarter(quarter)
    status, access, text = _state(), _class(), _arg("q")
    page = max(_number("hal"), 1)
    report = _report(
        asked, as_of=_as_of(), obligations=True, status=status, klasifikasi_akses=access, q=text,
        sort="status", limit=ITEMS_A_PAGE, offset=(page - 1) * ITEMS_A_PAGE,
    )
    counted, count = _items_counted(report["totals"], status), report["obligations_count"]
    return tk.render("satudata/report/items.html", {
        **_common(asked, report),
        "items": report["obligations"], "count": count, "counted": counted,
        # With a word or a class asked for, how many of the others match is nobody's business.
        "unseen": 0 if access or text else max(counted - count, 0),
        "page": page, "pages": page_data.page_count(count, ITEMS_A_PAGE),
        "status": status, "access": access, "q": text,
        "item_states": ITEM_STATES, "titles": files.titles(report),
    })


def arrears(quarter: str) -> str:
    """The periods behind a number of arrears: all offices', or those of one (``?opd=``)."""
    asked = _quarter(quarter)
    page = max(_number("hal"), 1)
    report = _report(
        asked, as_of=_as_of(), organization=_arg("opd"), obligations=False, arrears=True,
        limit=ITEMS_A_PAGE, offset=(page - 1) * ITEMS_A_PAGE,
    )
    count, unseen = report["arrears_count"], report["hidden_arrears"]
    return tk.render("satudata/report/arrears.html", {
        **_common(asked, report),
        "periods": report["arrears"], "counted": count + unseen, "unseen": unseen,
        "page": page, "pages": page_data.page_count(count, ITEMS_A_PAGE),
        "office": _arg("opd"), "titles": files.titles(report),
    })


def office(quarter: str, opd: str) -> Any:
    """One office: its figures, its units, its items and their periods."""
    asked = _quarter(quarter)
    status, text = _state(), _arg("q")
    report = _report(
        asked, organization=opd, as_of=_as_of(), obligations=True, status=status, q=text,
        sort="status",
    )
    own, units = arranging.office_and_units(report, opd)
    if own is None:
        # An office may be asked for by its id; its address carries the name.
        own = next((row for row in report["organizations"] if row["id"] == opd), None)
        if own is None:
            tk.abort(404, tk._("This office is not on the board of this quarter."))
        return tk.redirect_to("satudata_report.office", quarter=quarter, opd=own["name"])
    return tk.render("satudata/report/office.html", {
        **_common(asked, report),
        "office": own, "units": units,
        "items": report["obligations"], "count": report["obligations_count"],
        "status": status, "q": text, "item_states": ITEM_STATES,
        "contact": _contacts({"organizations": [own]}).get(own["id"], {}),
        "titles": {row["name"]: row["title"] for row in report["organizations"]},
    })


def history() -> str:
    """Quarters beside each other: how each came out, and how each office stood in it."""
    wanted = _number("banyak")
    try:
        found = tk.get_action("satudata_compliance_history")(page_data.context(), {
            "until": _arg("sampai"), "quarters": wanted or None,
        })
    except tk.NotAuthorized as refused:
        _forbidden(refused)
    except tk.ValidationError as wrong:
        tk.abort(400, " ".join(page_data.messages(wrong)))
    return tk.render("satudata/report/history.html", {
        "quarters": found["quarters"], "offices": arranging.by_latest(found["organizations"]),
        "words": page_data.words(), "city": config.city_name(),
        "lengths": HISTORIES, "length": wanted, "link": _link,
    })


def year(year: int) -> str:
    """The quarters of a year together, beside the year before."""
    found = _year(year)
    words = page_data.words()
    return tk.render("satudata/report/year.html", {
        "found": found, "words": words, "city": config.city_name(),
        "tables": year_files.tables(found, words), "notes": year_files.notes(found, words),
        "years": [year - 1, *([year + 1] if year < page_data.current_quarter().year else [])],
    })


def year_epss(year: int) -> str:
    """What the portal can show for the assessment of statistics, indicator by indicator."""
    found = _year(year)
    return tk.render("satudata/report/epss.html", {
        "found": found, "words": page_data.words(), "city": config.city_name(),
        "indicators": epss.indicators(), "evidence": epss.EVIDENCE,
        "measured": epss.measured(year, found["totals"]),
        "rate": evaluation.rate,
    })


def year_file(year: int, extension: str) -> Response:
    """A year as XLSX or PDF, to be attached as it is."""
    made_from = year_files.YearSource(
        _year(year), config.city_name(), clock.now().astimezone(city_zone()))
    exporter = year_files.YEAR_FILES[extension](made_from, page_data.words())
    return _sent(
        stream_with_context(exporter.chunks()), extension, exporter.media_type,
        exporter.filename())


def _year(year: int) -> dict[str, Any]:
    try:
        return tk.get_action("satudata_compliance_year")(page_data.context(), {"year": year})
    except tk.NotAuthorized as refused:
        _forbidden(refused)
    except tk.ValidationError as wrong:
        tk.abort(404, " ".join(page_data.messages(wrong)))


# --- files -------------------------------------------------------------------------------------


def file(quarter: str, extension: str) -> Response:
    """The report as a file: JSON, CSV (``?isi=opd`` or ``butir``), PDF, or XLSX (``?lembar=opd``:
    with a sheet for each office)."""
    asked = _quarter(quarter)
    wanted = {"organization": _arg("opd"), "as_of": _as_of()}
    report = _report(asked, before=None if wanted["organization"] else True, **wanted)
    made_from = files.source(
        reader(page_data.context()), report, organization=wanted["organization"],
        internal=page_data.is_internal(),
        done=files.done_of(asked.code, page_data.context()),
    )
    if _arg("lembar") == "opd":
        made_from = files.with_sheets(made_from)
    try:
        exporter = files.exporter(extension, made_from, page_data.words(), _arg("isi"))
    except ExportError as wrong:
        tk.abort(400, str(wrong))
    name = exporter.filename(*filter(None, [wanted["organization"]]))
    return _sent(
        stream_with_context(exporter.chunks()), extension, exporter.media_type, name)


def brief(quarter: str) -> Response:
    """One A4 for the mayor, as PDF."""
    asked = _quarter(quarter)
    report = _report(
        asked, as_of=_as_of(), before=True, obligations=True, status="missing", sort="status",
        limit=files.PAGE,
    )
    made_from = files.brief(
        report, page_data.excused(asked), internal=page_data.is_internal(),
        done=files.done_of(asked.code, page_data.context()),
    )
    exporter = BriefExporter(made_from, page_data.words())
    return _sent(
        stream_with_context(exporter.chunks()), "pdf", exporter.media_type, exporter.filename())


def _sent(content: Any, extension: str, media_type: str, name: str) -> Response:
    """A file as an answer; what a file names depends on who asks.

    Content that is made while it is sent needs the request, or it speaks English.
    """
    response = Response(content, content_type=media_type)
    shown_in_browser = extension in ("json", "pdf")
    kind = "inline" if shown_in_browser else "attachment"
    response.headers["Content-Disposition"] = f'{kind}; filename="{_safe(name)}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def paper(quarter: str, revision: int, document: str, extension: str) -> Response:
    """A paper of a frozen quarter as it was made then, for who may see its document today."""
    asked = _quarter(quarter)
    offered = any(
        (one["document"], one["format"]) == (document, extension)
        for snapshot in page_data.listed()
        if (snapshot["quarter"], snapshot["revision"]) == (asked.code, revision)
        for one in snapshot["papers"]
    )
    found = papers.content(asked, revision, document, extension) if offered else None
    if found is None:
        tk.abort(404, tk._("There is no such paper."))
    name = f"kepatuhan-{asked.code}-beku-{revision}-{document}.{extension}"
    return _sent(found, extension, FORMATS[extension].media_type, name)


# --- freezing ----------------------------------------------------------------------------------


def freeze(quarter: str) -> Any:
    """Asks before a quarter is frozen, or a frozen one revised, and does it."""
    asked = _quarter(quarter)
    if request.method == "POST":
        compat.protect_form()
        return _freeze(asked)
    if not page_data.may_freeze(asked, clock.city_today()):
        tk.abort(403, tk._(
            "Only the walidata may freeze a quarter, and not before its last day is over."
        ))
    shared = _common(asked, _report(asked, obligations=False))
    return tk.render("satudata/report/freeze.html", {
        **shared, "snapshot": next(iter(shared["revisions"]), None),
        "waiting": page_data.waiting(asked),
    })


def _freeze(asked: Quarter) -> Any:
    data = {
        "quarter": asked.code, "reason": request.form.get("reason"),
        # The form says which revision it was made for: pressed twice, it freezes once.
        "after_revision": request.form.get("after_revision"),
    }
    try:
        done = tk.get_action("satudata_snapshot_freeze")(page_data.context(), data)
    except tk.NotAuthorized:
        tk.abort(403, tk._(
            "Only the walidata may freeze a quarter, and not before its last day is over."
        ))
    except tk.ValidationError as wrong:
        for message in page_data.messages(wrong):
            tk.h.flash_error(message)
        back = "freeze" if page_data.may_freeze(asked, clock.city_today()) else "quarter"
        return tk.redirect_to(f"satudata_report.{back}", quarter=asked.code)
    tk.h.flash_success(tk._(
        "The quarter is frozen (revision {revision}). Its hash is {sha256}."
    ).format(revision=done["revision"], sha256=done["sha256"]))
    return tk.redirect_to("satudata_report.quarter", quarter=asked.code)


# --- shared ------------------------------------------------------------------------------------


def _common(asked: Quarter, report: dict[str, Any]) -> dict[str, Any]:
    """What every page of a quarter shows: words, figures, the other quarters, rights."""
    listed = page_data.listed()
    revisions = [one for one in listed if one["quarter"] == asked.code]
    only_frozen = not tk.current_user.is_authenticated and config.public_board() == config.FROZEN
    today = _today(report)
    choices = page_data.choices(page_data.latest(listed), only_frozen, Quarter.of(today))
    return {
        "quarter": asked,
        "report": report,
        "words": page_data.words(),
        "city": config.city_name(),
        "choices": choices,
        "older": _neighbour(choices, asked, older=True),
        "newer": _neighbour(choices, asked, older=False),
        "snapshot": revisions[0] if report["frozen"] else None,
        "revisions": revisions,
        "may_freeze": not report["trial"] and page_data.may_freeze(asked, today),
        "internal": page_data.is_internal(),
        "link": _link,
        "sort_link": _sort_link,
    }


def _today(report: Mapping[str, Any]) -> dt.date:
    """Today in the city: unless it is frozen or asked for as of a moment, a report is of now."""
    if report["frozen"] or _as_of():
        return clock.city_today()
    return dt.datetime.fromisoformat(report["as_of"]).date()


def _neighbour(
    choices: list[page_data.Choice], asked: Quarter, older: bool
) -> Quarter | None:
    """The next quarter to turn to: one back or forward among those that may be chosen."""
    quarters = [choice.quarter for choice in choices]
    if older:
        return max((one for one in quarters if one < asked), default=None)
    return min((one for one in quarters if one > asked), default=None)


def _link(**changes: str | None) -> str:
    """The address of this page with parameters changed (None takes one away)."""
    arguments: dict[str, str | None] = {**request.args.to_dict(), **changes}
    wanted = {key: value for key, value in arguments.items() if value}
    return tk.h.url_for(request.endpoint, **{**(request.view_args or {}), **wanted})


def _sort_link(column: str) -> str:
    """The address that sorts by a column; a second time the other way round."""
    texts = ("title", "status", "change")
    first, second = (column, f"-{column}") if column in texts else (f"-{column}", column)
    return _link(urut=second if _arg("urut") == first else first) + "#tabel"


def _report(asked: Quarter, **wanted: Any) -> dict[str, Any]:
    try:
        return page_data.report(asked, **wanted)
    except tk.NotAuthorized as refused:
        _forbidden(refused)
    except tk.ObjectNotFound:
        tk.abort(404, tk._("This office is not on the board of this quarter."))
    except tk.ValidationError as wrong:
        # A quarter that is not there yet is an address that leads nowhere.
        tk.abort(404 if "quarter" in wrong.error_dict else 400, " ".join(
            page_data.messages(wrong)))


def _forbidden(refused: tk.NotAuthorized) -> NoReturn:
    """Say why the board is closed; the way in is offered to those who are not signed in."""
    tk.abort(403, str(refused.message or tk._("You may not see this report.")))


def _quarter(code: str) -> Quarter:
    try:
        return Quarter.parse(code)
    except QuarterError:
        tk.abort(404, tk._(
            "There is no quarter {code}. A quarter is written 2026-TW3: the year, then TW1 to TW4."
        ).format(code=code))


def _contacts(report: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    ids = [row["id"] for row in report["organizations"]]
    return contacts(ids, page_data.is_internal())


def _items_counted(totals: Mapping[str, int], status: str | None) -> int:
    """How many items the report counts in a state, or in all."""
    return totals[status] if status in ITEM_STATES else sum(totals[key] for key in ITEM_STATES)


def _arg(name: str) -> str | None:
    return request.args.get(name, "").strip() or None


def _state() -> str | None:
    """A state of items in the address; what is none narrows nothing."""
    status = _arg("status")
    return status if status in ITEM_STATES else None


def _class() -> str | None:
    """An access class in the address; what is none narrows nothing."""
    access = _arg("kelas")
    return access if access in visibility.CLASSES else None


def _number(name: str) -> int:
    text = _arg(name) or ""
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _as_of() -> str | None:
    """A moment in the address; a plus sign that arrived as a blank is put right."""
    return (_arg("as_of") or "").replace(" ", "+") or None


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)


_RULES: tuple[tuple[str, str, Callable[..., Any], list[str]], ...] = (
    ("/", "current", current, ["GET"]),
    ("/riwayat", "history", history, ["GET"]),
    ("/tahun/<int:year>", "year", year, ["GET"]),
    ("/tahun/<int:year>/epss", "year_epss", year_epss, ["GET"]),
    (f"/tahun/<int:year>.<any({','.join(year_files.YEAR_FILES)}):extension>", "year_file",
     year_file, ["GET"]),
    (f"/{_QUARTER}", "quarter", quarter, ["GET"]),
    (f"/{_QUARTER}.<any({','.join(FORMATS)}):extension>", "file", file, ["GET"]),
    (f"/{_QUARTER}/ringkas.pdf", "brief", brief, ["GET"]),
    (f"/{_QUARTER}/butir", "items", items, ["GET"]),
    (f"/{_QUARTER}/tunggakan", "arrears", arrears, ["GET"]),
    (f"/{_QUARTER}/beku", "freeze", freeze, ["GET", "POST"]),
    (f"/{_QUARTER}/beku/<int:revision>/<any({','.join(papers.DOCUMENTS)}):document>"
     f".<any({','.join(papers.FORMATS)}):extension>", "paper", paper, ["GET"]),
    (f"/{_QUARTER}/<opd>", "office", office, ["GET"]),
)
for _rule, _name, _view, _methods in _RULES:
    board.add_url_rule(_rule, _name, _view, methods=_methods, strict_slashes=False)
