"""A year as a workbook and on paper, from the same tables. Pure."""
from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from ckanext.satudata.report.wording import Words

from . import as_xlsx
from .as_pdf import PdfExporter
from .as_xlsx import XlsxExporter
from .typesetting import typeset

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """One table: labels with the kind of their cells (``as_xlsx``), and rows of values."""

    title: str
    columns: list[tuple[str, str]]
    rows: list[list[Any]]


@dataclass(frozen=True)
class YearSource:
    """The answer of ``satudata_compliance_year``, the city, and the moment of asking (local)."""

    found: Row
    city: str
    as_of: dt.datetime


def tables(found: Row, words: Words) -> list[Table]:
    """The tables of a year: quarters and years of the city, then offices."""
    return [_city(found, words), _offices(found, words)]


def _city(found: Row, words: Words) -> Table:
    columns = [
        (words.figure("quarter"), "text"), (words.figure("opd"), "count"),
        *((words.figure(name), "count") for name in ("due", "fulfilled", "partial", "missing")),
        *((words.figure(name), "rate") for name in ("rate", "on_time_rate")),
    ]
    heads = [(_quarter(words, head), head["totals"]) for head in found["quarters"]]
    heads += [(str(one["year"]), one["totals"]) for one in (found, *found["before"])]
    keys = ("opd", "due", "fulfilled", "partial", "missing", "rate", "on_time_rate")
    return Table(
        words.gettext("The whole city"), columns,
        [[name, *(totals[key] for key in keys)] for name, totals in heads],
    )


def _quarter(words: Words, head: Row) -> str:
    trial = f" ({words.gettext('trial')})" if head["trial"] else ""
    return words.quarter(head["quarter"]) + trial


def _offices(found: Row, words: Words) -> Table:
    _ = words.gettext
    counts = ("due", "fulfilled", "missing")
    times = {
        "complete": _("Quarters complete"), "partly": _("Quarters partly"),
        "silent": _("Quarters without any deposit"),
    }
    columns: list[tuple[str, str]] = [(words.figure("title"), "text")]
    columns += [(words.quarter(head["quarter"]), "rate") for head in found["quarters"]]
    columns += [(words.figure(key), "count") for key in counts]
    columns += [(words.figure(key), "rate") for key in ("rate", "on_time_rate")]
    columns += [(label, "count") for label in times.values()]
    columns += [(f"{words.figure('rate')} {one['year']}", "rate") for one in found["before"]]
    rows = []
    for office in found["organizations"]:
        before = {one["year"]: one["rate"] for one in office["before"]}
        rows.append([
            office["title"], *(one and one["rate"] for one in office["results"]),
            *(office[key] for key in (*counts, "rate", "on_time_rate", *times)),
            *(before[one["year"]] for one in found["before"]),
        ])
    return Table(_("Office by office"), columns, rows)


def notes(found: Row, words: Words) -> list[str]:
    """What has to be known to read the tables."""
    _ = words.gettext
    said = [_("A frozen quarter is given as it was frozen, any other as it stands now.")]
    if any(head["trial"] for head in found["quarters"]):
        said.append(_("Trial quarters are shown, and not counted in the year."))
    return said


class _YearFile:
    """What both files share."""

    def __init__(self, source: YearSource, words: Words) -> None:
        self.found, self.city, self.as_of, self.words = (
            source.found, source.city, source.as_of, words)

    def filename(self) -> str:
        return f"kepatuhan-{self.found['year']}.{self.extension}"  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        return self.words.year_title(self.found["year"])


class YearXlsx(_YearFile):
    """A workbook with a sheet for each table; filters, frozen heads, nothing to run."""

    extension = XlsxExporter.extension
    media_type = XlsxExporter.media_type

    def chunks(self) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as file:
            with xlsxwriter.Workbook(file, as_xlsx.OPTIONS) as book:
                book.set_properties({
                    "title": self.title, "company": self.city,
                    "created": self.as_of.replace(tzinfo=None),
                })
                formats = as_xlsx.formats(book)
                for table in tables(self.found, self.words):
                    self._sheet(book.add_worksheet(table.title[:31]), table, formats)
            file.seek(0)
            yield file.read()

    def _sheet(self, sheet: Any, table: Table, formats: Mapping[str, Any]) -> None:
        sheet.freeze_panes(1, 1)
        for place, (label, kind) in enumerate(table.columns):
            sheet.set_column(place, place, 44 if not place else 14)
            sheet.write_string(0, place, label, formats["header"])
            for line, row in enumerate(table.rows, 1):
                if row[place] is not None:
                    _write(sheet, line, place, row[place], kind, formats)
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(
    sheet: Any, line: int, place: int, value: Any, kind: str, formats: Mapping[str, Any]
) -> None:
    if kind == "text":
        sheet.write_string(line, place, value)
    else:
        sheet.write_number(line, place, float(value), formats[kind])


class YearPdf(_YearFile):
    """The same tables on A4."""

    extension = PdfExporter.extension
    media_type = PdfExporter.media_type

    def chunks(self) -> Iterator[bytes]:
        words = self.words
        written: dict[str, Callable[[Any], str]] = {
            "text": str, "count": words.number, "rate": words.percent,
        }
        yield typeset("year.typ", {
            "lang": "en" if words.english else "id", "city": self.city, "title": self.title,
            "heading": self.title, "mark": "", "hash": None,
            "cut_off": words.cut_off(self.as_of), "foot": self.title,
            "page_label": words.gettext("Page {page} of {pages}"),
            "lines": [words.year_sentence(self.found)],
            "notes": notes(self.found, words),
            "tables": [
                {
                    "title": table.title, "columns": [label for label, _kind in table.columns],
                    "rows": [
                        [
                            "–" if value is None else written[kind](value)
                            for value, (_label, kind) in zip(row, table.columns, strict=True)
                        ]
                        for row in table.rows
                    ],
                }
                for table in tables(self.found, words)
            ],
        })


YEAR_FILES: dict[str, type[YearXlsx] | type[YearPdf]] = {
    one.extension: one for one in (YearXlsx, YearPdf)
}
