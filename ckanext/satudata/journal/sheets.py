"""Rows out of CSV, XLSX and JSON, each with the number its spreadsheet shows. Pure."""
from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.satudata.translation import N_

from .values import is_storable

#: What a sheet may unpack to. An office list has hundreds of rows, a register thousands.
MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 200_000

XLSX_START = b"PK\x03\x04"
DELIMITERS = (",", ";", "\t", "|")


class SheetError(ValueError):
    """A file that cannot be read as rows.

    :param message: an English message id with ``{named}`` places
    :param row: number of the row at fault, or None for the file as a whole
    """

    def __init__(self, message: str, row: int | None = None, **places: Any) -> None:
        super().__init__(message.format(**places))
        self.message = message
        self.places = places
        self.row = row


@dataclass(frozen=True)
class Row:
    """One row: its number (first line = 1, headers and blank lines counted) and its cells.

    Cells are text (numbers and dates of a spreadsheet included); of JSON they are what it holds.
    """

    number: int
    cells: Mapping[str, Any]

    def text(self, column: str) -> str:
        """The cell as text without blanks around it; empty if there is none."""
        value = self.cells.get(column)
        return "" if value is None else str(value).strip()


def read(content: bytes, filename: str = "") -> list[Row]:
    """Rows of a CSV, XLSX or JSON file; blank rows are left out. What it is, its bytes tell.

    CSV: UTF-8 with or without mark, UTF-16, else Windows-1252; ``,``, ``;``, tab or ``|`` between
    cells. XLSX: the first sheet with anything in it. JSON: a list of objects, numbered from 1.

    :param filename: only to tell old Excel files by their name
    :raises SheetError: when it is none of these, is too large, or has two columns of one name
    """
    if len(content) > MAX_BYTES:
        raise SheetError(N_("The file is too large."))
    if content.startswith(XLSX_START):
        return list(_table(_xlsx(content)))
    if content.startswith(b"\xd0\xcf\x11\xe0") or filename.lower().endswith(".xls"):
        raise SheetError(N_("Old Excel files (.xls) cannot be read: save it as XLSX or CSV."))
    text = _decode(content)
    if text.lstrip()[:1] in ("[", "{"):
        return _json(text)
    return list(_table(_csv(text)))


def read_book(content: bytes, filename: str = "") -> dict[str, list[Row]]:
    """All sheets of an XLSX file by their names; another file's rows under an empty name.

    JSON may be an object with a list of objects for each sheet. Errors as of :func:`read`.
    """
    if content.startswith(XLSX_START) and len(content) <= MAX_BYTES:
        return {name: list(_table(rows)) for name, rows in _sheets(content)}
    if content.lstrip()[:1] == b"{":
        data = _parsed(_decode(content))
        if isinstance(data, Mapping) and not isinstance(data.get("rows"), Sequence):
            return {str(name): from_dicts(rows) for name, rows in data.items()}
    return {"": read(content, filename)}


def from_dicts(rows: Any) -> list[Row]:
    """Rows of a list of dicts, as an action takes them, numbered from 1.

    :raises SheetError: when it is not a list of dicts
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise SheetError(N_("A list of rows is needed."))
    found = []
    for number, cells in enumerate(rows, 1):
        if not isinstance(cells, Mapping):
            raise SheetError(N_("Each row must be an object with named values."), number)
        if not all(is_storable(str(one)) for pair in cells.items() for one in pair):
            raise SheetError(N_("There are characters in it that cannot be kept."), number)
        found.append(Row(number, {heading(str(name)): value for name, value in cells.items()}))
    return [row for row in found if any(_filled(value) for value in row.cells.values())]


def renamed(rows: Iterable[Row], aliases: Mapping[str, str]) -> list[Row]:
    """The same rows with their columns under the names that ``aliases`` gives them.

    :param aliases: name to be used by heading (see :func:`heading`); other columns are dropped
    :raises SheetError: when a row has two columns for one name, both filled and not the same
    """
    found = []
    for row in rows:
        cells: dict[str, Any] = {}
        for column, value in row.cells.items():
            name = aliases.get(column)
            if name is None:
                continue
            if _filled(cells.get(name)) and _filled(value) and cells[name] != value:
                raise SheetError(
                    N_("Two columns say different things about {name}."), row.number, name=name
                )
            if not _filled(cells.get(name)):
                cells[name] = value
        found.append(Row(row.number, cells))
    return found


def columns(rows: Iterable[Row]) -> set[str]:
    """Names of all columns in the rows."""
    return {name for row in rows for name in row.cells}


def heading(text: str) -> str:
    """A column's heading as it is compared: lower case, ``_`` between words."""
    return re.sub(r"[\s\-./]+", "_", text.strip().lower()).strip("_")


def _filled(value: Any) -> bool:
    return value is not None and value != [] and str(value).strip() != ""


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise SheetError(N_("The file is not CSV, XLSX or JSON."))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SheetError(N_("The file is not valid JSON: {reason}"), reason=str(error)) from error


def _json(text: str) -> list[Row]:
    data = _parsed(text)
    return from_dicts(data.get("rows") if isinstance(data, Mapping) else data)


def _csv(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    said = re.match(r"sep=(.)\n", text)
    if said:
        # Excel's own line; it does not show it as a row.
        text = text[said.end():]
    delimiter = said.group(1) if said else _delimiter(text)
    csv.field_size_limit(MAX_BYTES)
    try:
        yield from enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1)
    except csv.Error as error:
        raise SheetError(N_("The file is not valid CSV: {reason}"), reason=str(error)) from error


def _delimiter(text: str) -> str:
    """What stands most often between the cells of the first line that is not blank."""
    first = next((line for line in text.split("\n") if line.strip(" ,;\t|\"")), "")
    bare = re.sub(r'"(?:[^"]|"")*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet with anything in it."""
    for _, rows in _sheets(content):
        for first in rows:
            if any(first[1]):
                yield first
                yield from rows
                return


def _sheets(content: bytes) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    """The sheets of a workbook, each with its numbered rows; one is to be read before the next."""
    import openpyxl  # takes a while to load, and few requests need it
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_BYTES:
                raise SheetError(N_("The file is too large."))
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError(N_("The file is not a valid XLSX sheet.")) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = (
                [cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)
            )
            yield sheet.title, enumerate(rows, 1)
    finally:
        book.close()


def cell_text(value: Any) -> str:
    """What a spreadsheet's cell says, as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat() if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _table(numbered: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    header: list[str] | None = None
    for number, cells in numbered:
        if number > MAX_ROWS:
            raise SheetError(N_("The file has more than {limit} rows."), number, limit=MAX_ROWS)
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(cells, number)
            continue
        if any(cell.strip() for cell in cells[len(header):]):
            raise SheetError(N_("The row has more cells than there are columns."), number)
        yield Row(number, {
            name: cell.strip() for name, cell in zip(header, cells, strict=False) if name
        })


def _header(cells: Sequence[str], number: int) -> list[str]:
    names = [heading(cell) for cell in cells]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise SheetError(
            N_("The column {name} is there twice."), number, name=", ".join(sorted(twice))
        )
    return names
