"""The report as a workbook: summary, offices, items; filters and frozen panes, nothing to run."""
from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from .base import Exporter

_PIECE = 256 * 1024
#: Rows that a sheet can hold, one of them for the header.
SHEET_ROWS = 1_048_576 - 1

#: Text stays text, whatever it looks like.
OPTIONS = {
    "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "default_date_format": "dd/mm/yyyy",
}
#: The most letters in the name of a sheet, and what may not be in it.
_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

Cell = tuple[Any, str]
Column = tuple[str, int, Callable[[Mapping[str, Any]], Cell]]


class XlsxExporter(Exporter):
    """A workbook written row by row; strings stay strings, whatever they look like."""

    extension = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def chunks(self) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as file:
            self._write(file)
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece

    def _write(self, file: Any) -> None:
        with xlsxwriter.Workbook(file, {"constant_memory": True, **OPTIONS}) as book:
            book.set_properties(self._properties())
            self.formats = formats(book)
            _ = self.words.gettext
            self._summary(book.add_worksheet(_("Summary")))
            self._table(book, _("Offices"), self._office_columns(), self.source.offices())
            if self.source.names_items:
                self._items(book, _("Items"))

    def _properties(self) -> dict[str, Any]:
        """The time of the figures, not of writing: the same report gives the same file."""
        report = self.source.report
        as_of = dt.datetime.fromisoformat(report["as_of"]).replace(tzinfo=None)
        return {
            "title": self.words.title(report["quarter"]), "company": self.source.city,
            "created": as_of,
        }

    # --- the first sheet -----------------------------------------------------------------------

    def _summary(self, sheet: Worksheet) -> None:
        report, words = self.source.report, self.words
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 24)
        sheet.write_string(0, 0, self.source.city, self.formats["city"])
        sheet.write_string(1, 0, words.title(report["quarter"]), self.formats["title"])
        sheet.write_string(2, 0, words.cut_off(report["as_of"]))
        sheet.write_string(3, 0, words.sentence(report), self.formats["strong"])
        row = 5
        for label, value, kind in self._figures():
            sheet.write_string(row, 0, label)
            self._cell(sheet, row, 1, value, kind)
            row += 1
        row += 1
        for word, meaning in words.legend():
            sheet.write_string(row, 0, word, self.formats["strong"])
            sheet.write_string(row, 1, meaning)
            row += 1

    def _figures(self) -> Iterator[tuple[str, Any, str]]:
        report, words = self.source.report, self.words
        totals = report["totals"]
        yield words.figure("quarter"), report["quarter"], "text"
        yield words.figure("frozen"), report["frozen"], "yes"
        yield words.figure("trial"), report["trial"], "yes"
        if self.source.sha256:
            yield words.figure("sha256"), self.source.sha256, "text"
        yield words.figure("opd"), totals["opd"], "count"
        for status in ("lengkap", "sebagian", "belum_setor", "nihil"):
            yield words.office_state(status), totals[status], "count"
        for key in ("due", "fulfilled", "partial", "missing", "excused", "pending", "unjudged"):
            yield words.figure(key), totals[key], "count"
        for key in ("rate", "on_time_rate"):
            yield words.figure(key), totals[key], "rate"
        yield words.figure("hidden_obligations"), report["hidden_obligations"], "count"

    # --- the tables ----------------------------------------------------------------------------

    def _office_columns(self) -> list[Column]:
        words, source = self.words, self.source
        columns: list[Column] = [
            (words.figure("title"), 44, lambda row: (row["title"], "text")),
            (words.figure("kode_opd"), 24, lambda row: (row["kode_opd"], "text")),
            (words.figure("head"), 34, lambda row: (words.head(source.contact(row)), "text")),
            (words.figure("status"), 20, lambda row: (words.office_state(row["status"]), "text")),
        ]
        columns += [self._column(key, "count") for key in (
            "due", "fulfilled", "partial", "missing", "excused", "pending", "unjudged", "hidden",
        )]
        columns += [self._column(key, "rate") for key in ("rate", "on_time_rate")]
        columns += [self._column(key, "count") for key in (
            "arrears", "arrears_inherited", "consecutive_missed", "consecutive_incomplete",
            "units_silent",
        )]
        columns.append(self._column("commitment_signed", "yes"))
        columns.append(self._column("metadata_score", "count"))
        if source.changes:
            columns.append((
                words.figure("change"), 18,
                lambda row: (words.change(source.changes.get(row["id"])), "text"),
            ))
        return columns

    def _item_columns(self) -> list[Column]:
        words = self.words
        offices = self.source.office_titles()
        return [
            (words.figure("title"), 40,
             lambda row: (offices.get(row["organization"], row["organization"]), "text")),
            (words.figure("item"), 60, lambda row: (row["title"], "text")),
            (words.figure("frekuensi"), 18,
             lambda row: (words.frequency(row["frekuensi"]), "text")),
            (words.figure("klasifikasi_akses"), 14,
             lambda row: (words.access(row["klasifikasi_akses"]), "text")),
            (words.figure("status"), 18,
             lambda row: (words.item_state(row["item_status"]), "text")),
            (words.figure("period"), 24,
             lambda row: (words.period(row["period"]) if row["period"] else None, "text")),
            (words.figure("last_day"), 14, lambda row: (row["last_day"], "date")),
            (words.period_column(), 16,
             lambda row: (words.period_state(row["status"]) if row["status"] else None, "text")),
            (words.figure("kind"), 16, lambda row: (words.kind(row["kind"]), "text")),
            (words.figure("inferred"), 12, lambda row: (row["inferred"], "yes")),
            (words.figure("happened_at"), 20, lambda row: (row["happened_at"], "moment")),
        ]

    def _column(self, key: str, kind: str) -> Column:
        return self.words.figure(key), 13, lambda row: (row[key], kind)

    def _items(self, book: Workbook, name: str) -> None:
        """The items; where it was asked for, those of each office on a sheet of its own as well."""
        columns, rows = self._item_columns(), self.source.periods()
        if not self.source.sheet_of:
            self._table(book, name, columns, rows)
            return
        apart: dict[str, tuple[Worksheet, int]] = {}

        def copied() -> Iterator[dict[str, Any]]:
            for row in rows:
                yield row
                title = self.source.sheet_of.get(row["organization"], row["organization"])
                sheet, line = apart.get(title) or (
                    self._sheet(book, _sheet_name(title, book), columns), 0)
                apart[title] = sheet, line + 1
                if line < SHEET_ROWS:
                    self._row(sheet, line + 1, columns, row)

        self._table(book, name, columns, copied())
        for sheet, line in apart.values():
            self._finish(sheet, min(line, SHEET_ROWS), columns)

    def _table(
        self, book: Workbook, name: str, columns: list[Column], rows: Iterable[dict[str, Any]]
    ) -> None:
        """One sheet, or several when there are more rows than a sheet can hold."""
        sheets = 0
        line, sheet = 0, None
        for row in rows:
            if sheet is None or line == SHEET_ROWS:
                self._finish(sheet, line, columns)
                sheets += 1
                title = name if sheets == 1 else f"{name} {sheets}"
                sheet = self._sheet(book, _sheet_name(title, book), columns)
                line = 0
            line += 1
            self._row(sheet, line, columns, row)
        self._finish(sheet or self._sheet(book, name, columns), line, columns)

    def _row(
        self, sheet: Worksheet, line: int, columns: list[Column], row: Mapping[str, Any]
    ) -> None:
        for position, (_label, _width, value) in enumerate(columns):
            self._cell(sheet, line, position, *value(row))

    def _sheet(self, book: Workbook, name: str, columns: list[Column]) -> Worksheet:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for position, (label, width, _value) in enumerate(columns):
            sheet.set_column(position, position, width)
            sheet.write_string(0, position, label, self.formats["header"])
        return sheet

    def _finish(self, sheet: Worksheet | None, line: int, columns: list[Column]) -> None:
        if sheet is not None:
            sheet.autofilter(0, 0, line, len(columns) - 1)

    def _cell(self, sheet: Worksheet, line: int, position: int, value: Any, kind: str) -> None:
        """Numbers as numbers, times as times, everything else as text."""
        if value is None or value == "":
            return
        if kind == "count":
            sheet.write_number(line, position, value, self.formats["count"])
        elif kind == "rate":
            sheet.write_number(line, position, float(value), self.formats["rate"])
        elif kind == "date":
            day = dt.datetime.fromisoformat(value)
            sheet.write_datetime(line, position, day, self.formats["date"])
        elif kind == "moment":
            # A sheet knows no time zone: the hour is the one on the city's clock.
            moment = dt.datetime.fromisoformat(value).replace(tzinfo=None)
            sheet.write_datetime(line, position, moment, self.formats["moment"])
        elif kind == "yes":
            sheet.write_string(line, position, self.words.yes(value))
        else:
            sheet.write_string(line, position, str(value))


def _sheet_name(title: str, book: Workbook) -> str:
    """A name that a spreadsheet takes: short, without its special signs, and no other sheet's."""
    taken = {name.casefold() for name in book.sheetnames}
    plain = " ".join(_NOT_IN_NAMES.sub(" ", title).split()).strip("'") or "-"
    name, number = plain[:_NAME].strip("' "), 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain[:_NAME - len(str(number)) - 1].strip()} {number}"
    return name


def formats(book: Workbook) -> dict[str, Format]:
    """The formats of cells, by name."""
    return {
        name: book.add_format(properties)
        for name, properties in {
            "city": {"font_size": 11},
            "title": {"bold": True, "font_size": 14},
            "strong": {"bold": True},
            "header": {
                "bold": True, "text_wrap": True, "valign": "top", "bottom": 1,
                "bg_color": "#E9EDF2",
            },
            "count": {"num_format": "#,##0"},
            "rate": {"num_format": "0.00%"},
            "date": {"num_format": "dd/mm/yyyy"},
            "moment": {"num_format": "dd/mm/yyyy hh:mm:ss"},
        }.items()
    }
