"""From an answer of the report to its files, for whoever asks: a page, or the command line."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ckan.types import Context

from ckanext.satudata import config
from ckanext.satudata.deposits.listing import Reader
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store
from ckanext.satudata.opd.tree import Office

from . import board, evaluation, reading
from .contacts import contacts
from .exports import FORMATS, CsvExporter, Exporter, ExportError, Source
from .quarter import facts_of
from .wording import Words

#: The most items that one answer gives.
PAGE = 5000


#: Later rooms say what was done about the offices of a quarter; ``plugin.py`` fills it.
DONE: list[Callable[[Quarter, Context], Mapping[str, Sequence[Mapping[str, Any]]]]] = []


def heads(report: Mapping[str, Any]) -> dict[str, Office]:
    """For each office and unit by name the office in whose row of the board it counts."""
    offices = store.offices(dt.datetime.fromisoformat(report["as_of"]))
    anchors = evaluation.board_offices(facts_of(offices, Quarter.parse(report["quarter"])))
    return {offices[unit].name: offices[head] for unit, head in anchors.items()}


def with_sheets(made_from: Source) -> Source:
    """The same for a workbook that has a sheet for each office, its units' items included."""
    return replace(made_from, sheet_of={
        name: office.title for name, office in heads(made_from.report).items()
    })


def titles(report: Mapping[str, Any]) -> dict[str, str]:
    """Titles of all offices and units by name, as they were at the report's moment."""
    offices = store.offices(dt.datetime.fromisoformat(report["as_of"]))
    return {office.name: office.title for office in offices.values()}


def source(
    who: Reader | None, report: Mapping[str, Any], *, organization: str | None = None,
    internal: bool = False, done: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Source:
    """All that the files of a report are made from.

    :param who: the reader, for items that do not stand in the report; None: it has all there are
    :param report: an answer; with ``before`` the files say how offices stand against it
    :param organization: the office that the report was asked for, if any
    :param internal: whether the reader may see data officers and telephones
    :param done: what was done, of :func:`done_of`
    """
    return Source(
        # What it was compared with is no part of the report itself.
        {name: value for name, value in report.items() if name != "before"},
        None if who is None or "obligations" in report
        else reading.items_of(report, who, whole=organization is None),
        city=config.city_name(),
        contacts=contacts([row["id"] for row in report["organizations"]], internal),
        changes=board.arrange(report, report.get("before")).changes,
        titles=titles(report),
        done=done or {},
        before=report.get("before"),
        sha256=report.get("sha256"),
        revision=report.get("revision"),
    )


def brief(
    report: Mapping[str, Any], excused: Sequence[Mapping[str, Any]], *, internal: bool,
    done: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Source:
    """All that the mayor's page is made from.

    :param report: an answer with ``before`` and, of its items, those that are missing
    :param excused: rows of ``satudata_dispensation_list``
    """
    rows = {name: office.group_id for name, office in heads(report).items()}
    missing: dict[str, list[Mapping[str, Any]]] = {}
    for item in sorted(report["obligations"], key=_oldest):
        missing.setdefault(rows.get(item["organization"], ""), []).append(item)
    made_from = source(None, report, internal=internal, done=done)
    return replace(made_from, missing=missing, excused=excused)


def _oldest(item: Mapping[str, Any]) -> str:
    return min(one["last_day"] for one in item["periods"] if one["status"] == "missing")


def done_of(
    quarter: str, context: Context
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """What was done about each office, by its id, as far as the caller may read it.

    :param quarter: code of a quarter
    :param context: of the caller
    """
    return {id: found for ask in DONE for id, found in ask(Quarter.parse(quarter), context).items()}


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
