"""From an answer of the report to its files, for whoever asks: a page, or the command line."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ckanext.satudata import config
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store

from . import board
from .contacts import contacts
from .exports import FORMATS, CsvExporter, Exporter, ExportError, Source
from .wording import Words

#: Items asked for at a time when there are too many for one answer.
PAGE = 5000


class Ask(Protocol):
    """Asks for the report of a quarter in somebody's name.

    Takes the parameters of ``satudata_compliance_report``; raises what it raises.
    """

    def __call__(self, quarter: Quarter, /, **wanted: Any) -> dict[str, Any]: ...


def items(
    ask: Ask, report: Mapping[str, Any], organization: str | None = None
) -> Iterator[dict[str, Any]]:
    """The items of a report that the reader may see, asked for page by page if need be.

    :param report: an answer, with or without its items
    :param organization: the office it was asked for, if any
    """
    if "obligations" in report:
        yield from report["obligations"]
        return
    # A frozen quarter is asked for as frozen; a moving one as of the moment already shown.
    as_of = None if report["frozen"] else report["as_of"]
    quarter, offset = Quarter.parse(report["quarter"]), 0
    while True:
        page = ask(
            quarter, as_of=as_of, organization=organization, obligations=True,
            limit=PAGE, offset=offset,
        )["obligations"]
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def titles(report: Mapping[str, Any]) -> dict[str, str]:
    """Titles of all offices and units by name, as they were at the report's moment."""
    offices = store.offices(dt.datetime.fromisoformat(report["as_of"]))
    return {office.name: office.title for office in offices.values()}


def source(
    ask: Ask | None, report: Mapping[str, Any], *, organization: str | None = None,
    internal: bool = False,
) -> Source:
    """All that the files of a report are made from.

    :param ask: asks for the items that do not stand in the report; None: it has all there are
    :param report: an answer; with ``before`` the files say how offices stand against it
    :param organization: the office that the report was asked for, if any
    :param internal: whether the reader may see data officers and telephones
    """
    return Source(
        # What it was compared with is no part of the report itself.
        {name: value for name, value in report.items() if name != "before"},
        None if ask is None or "obligations" in report else items(ask, report, organization),
        city=config.city_name(),
        contacts=contacts([row["id"] for row in report["organizations"]], internal),
        changes=board.arrange(report, report.get("before")).changes,
        titles=titles(report),
        sha256=report.get("sha256"),
        revision=report.get("revision"),
    )


def exporter(
    extension: str, made_from: Source, words: Words, part: str | None = None
) -> Exporter:
    """The writer of a format.

    :param part: of a CSV: ``opd`` (offices, default) or ``butir`` (items)
    :raises ExportError: an unknown format or part
    """
    if extension == "csv" and part:
        return CsvExporter(made_from, words, part)
    if extension not in FORMATS:
        raise ExportError(f"{extension!r} is none of {', '.join(FORMATS)}")
    return FORMATS[extension](made_from, words)
