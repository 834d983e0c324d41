"""The report as CSV: names of the contract in the first row, one table a file, nothing to run."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from ckanext.satudata.report.wording import Words

from .base import ITEM_COLUMNS, ITEMS, OFFICE_COLUMNS, OFFICES, Exporter, ExportError, Source

#: Spreadsheets take UTF-8 for what it is only with a byte order mark.
BOM = "\ufeff"
#: A cell that begins so is run as a formula by spreadsheets, full-width signs included…
_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: … behind blanks as well; and these move what follows into another cell.
_BLANKS = " \u00a0\u3000"
_CONTROL = ("\t", "\r", "\n")
_PIECE = 64 * 1024


def harmless(value: Any) -> Any:
    """``value`` as a cell that no spreadsheet runs: an apostrophe before text like a formula."""
    if not isinstance(value, str):
        return value
    looks_like_one = value.startswith(_CONTROL) or value.lstrip(_BLANKS).startswith(_SIGNS)
    return f"'{value}" if looks_like_one else value


class CsvExporter(Exporter):
    """UTF-8 with byte order mark, comma, CRLF (RFC 4180).

    :param part: ``opd`` (a row for each office, default) or ``butir`` (a row for each period of
        each item)
    """

    extension = "csv"
    media_type = "text/csv; charset=utf-8"
    parts: ClassVar[tuple[str, ...]] = (OFFICES, ITEMS)

    def __init__(self, source: Source, words: Words, part: str = OFFICES) -> None:
        super().__init__(source, words)
        if part not in self.parts:
            raise ExportError(f"{part!r} is none of {', '.join(self.parts)}")
        self.part = part

    def filename(self, part: str = "") -> str:
        return super().filename(part or self.part)

    def chunks(self) -> Iterator[bytes]:
        offices = self.part == OFFICES
        columns = OFFICE_COLUMNS if offices else ITEM_COLUMNS
        rows = self.source.offices() if offices else self.source.periods()
        return self._lines(columns, rows)

    def _lines(
        self, columns: tuple[str, ...], rows: Iterable[dict[str, Any]]
    ) -> Iterator[bytes]:
        report = self.source.report
        buffer = io.StringIO(newline="")
        buffer.write(BOM)
        writer = csv.writer(buffer)
        writer.writerow(("quarter", "as_of", *columns))
        for row in rows:
            cells = (harmless(_plain(row[column])) for column in columns)
            writer.writerow((report["quarter"], report["as_of"], *cells))
            if buffer.tell() >= _PIECE:
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode()


def _plain(value: Any) -> Any:
    """Booleans as in JSON; None is an empty cell."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
