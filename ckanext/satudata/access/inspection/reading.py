"""Taking files apart: CSV, XLSX (all sheets, hidden ones too), ODS, JSON, GeoJSON, ZIP, plain text.

What it is, its bytes tell, not its name. Each sheet comes in blocks of rows, so that memory does
not grow with the file; rows are numbered as a spreadsheet shows them (records of JSON from 1). What
cannot be read (encrypted, scanned, of another kind, too large when unpacked) is said, not skipped.
Pure: no CKAN, no database.
"""
from __future__ import annotations

import csv
import io
import itertools
import json
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from ckanext.satudata.journal.sheets import DELIMITERS, cell_text

#: Rows of a block: so few stay in the processor's memory and pass faster.
BLOCK = 1000
#: What an archive or a workbook may unpack to, and the largest JSON that is read (bytes).
MAX_UNPACKED, MAX_JSON = 1 << 30, 48 << 20
#: Files in an archive, archives within archives.
MAX_MEMBERS, MAX_DEPTH = 2000, 3
#: The longest cell of a CSV: beyond it a quotation mark was never closed.
MAX_CELL = 1 << 20
#: The texts of a workbook stand in one part, which is held in memory (bytes).
MAX_TEXTS = 100 << 20

_HEAD = 1 << 18
_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), (b"\xd0\xcf\x11\xe0",)
#: How files begin that are called so; none: they are text.
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "csv": (), "xlsx": (*_ZIP, *_OLE), "xls": _OLE, "ods": _ZIP, "tsv": (), "json": (),
    "geojson": (), "xml": (), "shp": (b"\0\0\x27\x0a",), "zip": _ZIP, "pdf": (b"%PDF",),
    "docx": (*_ZIP, *_OLE), "png": (b"\x89PNG",), "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
}
#: What else begins so is no text either, however few zeros are in it.
_BINARY = tuple({start for starts in SIGNATURES.values() for start in starts} | {
    b"GIF8", b"\x7fELF", b"MZ\x90", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"{\\rtf"})
#: Control characters that texts do not have; more than one in a hundred are none.
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")
_SEP = re.compile(r"\ufeff?sep=(.)\s*$")
#: Parts of geodata that hold shapes, indexes and projections, and no attributes.
_WITHOUT_TEXT = (".shp", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx")


@dataclass(frozen=True)
class Sheet:
    """A table, or the lines of a text.

    :param name: of the sheet, or of the file within an archive; empty where there is only one
    :param blocks: rows as lists of text, in blocks; may raise :class:`Unreadable`
    :param first_row: the number of the first row
    :param spreadsheet: whether its numbers have been through a spreadsheet
    :param titled: whether it has titles of columns
    """

    name: str
    blocks: Iterator[list[list[str]]]
    first_row: int = 1
    spreadsheet: bool = False
    titled: bool = True


class Unreadable(Exception):
    """A file, or a part of it, could not be read.

    :param reason: ``encrypted``, ``too_large``, ``damaged`` or ``kind``
    """

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.name = name


def sheets(file: IO[bytes], name: str = "", depth: int = 0) -> Iterator[Sheet | Unreadable]:
    """The sheets of a file, each to be read before the next is asked for.

    :param file: open for reading, can be sought
    :param name: what the file is called within its archive
    """
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _packed(file, name, depth)
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        # Old Office files, and what Office has encrypted.
        yield Unreadable(
            "encrypted" if "EncryptedPackage".encode("utf-16-le") in head else "kind", name)
    elif (encoding := encoding_of(head)) is None:
        yield Unreadable("kind", name)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        yield from _json(file, encoding, name)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        yield Sheet(name, _lines(file, encoding), titled=False)
    else:
        yield Sheet(name, _csv(file, encoding, head))


def is_called_rightly(file: IO[bytes], extension: str) -> bool:
    """Whether a file begins as files with this extension (without the dot) do.

    :param file: open for reading, can be sought; it is put back to its beginning
    """
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    starts = SIGNATURES[extension]
    return head.startswith(starts) if starts else encoding_of(head) is not None


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text by its beginning; None: it is no text."""
    if head.startswith(_BINARY):
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head:
        zeros = Counter(place % 2 for place, byte in enumerate(head[:1000]) if byte == 0)
        if sum(zeros.values()) < len(head[:1000]) // 3 or len(zeros) > 1:
            return None
        return "utf-16-le" if 1 in zeros else "utf-16-be"
    if len(_CONTROL.findall(head)) * 100 > len(head):
        return None
    try:
        # The head may end in the middle of a character.
        head[:-4 if len(head) == _HEAD else None].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


# -- text ----------------------------------------------------------------------------------------


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    # What does not decode later on must not end the reading: the digits are ASCII in any case.
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def _csv(file: IO[bytes], encoding: str, head: bytes) -> Iterator[list[list[str]]]:
    text = _text(file, encoding)
    try:
        start = head.decode(encoding, "replace")
        said = _SEP.match(start.split("\n", 1)[0])
        if said:
            # Excel's own line; it does not show it as a row.
            text.readline()
        csv.field_size_limit(MAX_CELL)
        rows = csv.reader(text, delimiter=said.group(1) if said else delimiter(start))
        yield from _blocks(rows)
    except csv.Error as error:
        raise Unreadable("damaged") from error
    finally:
        text.detach()


def delimiter(text: str) -> str:
    """What stands most often between the cells of the first lines, outside quotation marks."""
    lines = [line for line in text[:20_000].splitlines()[:20] if line.strip(" ,;\t|\"")]
    bare = [re.sub(r'"(?:[^"]|"")*"', "", line) for line in lines] or [""]
    return max(
        DELIMITERS, key=lambda one: (sum(one in line for line in bare), sum(
            line.count(one) for line in bare)),
    )


def _lines(file: IO[bytes], encoding: str) -> Iterator[list[list[str]]]:
    text = _text(file, encoding)
    try:
        lines = iter(lambda: text.readline(MAX_CELL), "")
        yield from _blocks([line.rstrip("\r\n")] for line in lines)
    finally:
        text.detach()


# -- JSON ----------------------------------------------------------------------------------------


def _json(file: IO[bytes], encoding: str, name: str) -> Iterator[Sheet | Unreadable]:
    content = file.read(MAX_JSON + 1)
    if len(content) > MAX_JSON:
        yield Unreadable("too_large", name)
        return
    try:
        data = json.loads(content.decode(encoding))
    except (ValueError, RecursionError):
        # One object to a line, or no JSON at all: the text is looked at all the same.
        file.seek(0)
        yield Sheet(name, _lines(file, encoding), titled=False)
        return
    records = _records(data)
    titles = list(dict.fromkeys(itertools.chain.from_iterable(records)))
    rows = [titles, *([record.get(title, "") for title in titles] for record in records)]
    # The titles are no record: the first record is number 1.
    yield Sheet(name, _blocks(rows), first_row=0)


def _records(data: Any) -> list[dict[str, str]]:
    """The objects of a list, the properties of features; values of nested ones by dotted names."""
    if isinstance(data, dict) and isinstance(data.get("features"), list):
        data = [
            one.get("properties") if isinstance(one, dict) else one for one in data["features"]
        ]
    if isinstance(data, dict):
        lists = [
            value for value in data.values()
            if isinstance(value, list) and any(isinstance(one, dict) for one in value)
        ]
        if len(lists) == 1:
            # What stands beside the list is a record too: nothing is left out.
            rest = {key: value for key, value in data.items() if value is not lists[0]}
            data = [*lists[0], *([rest] if rest else [])]
    found = []
    for one in data if isinstance(data, list) else [data]:
        record: dict[str, str] = {}
        _flatten("", one, record, 0)
        found.append(record)
    return found


def _flatten(path: str, value: Any, into: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth < 20:
        for key, inner in value.items():
            _flatten(f"{path}.{key}" if path else str(key), inner, into, depth + 1)
    elif isinstance(value, list) and depth < 20:
        for inner in value:
            _flatten(path, inner, into, depth + 1)
    else:
        text = cell_text(value)
        into[path] = f"{into[path]} | {text}" if into.get(path) else text


def _blocks(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    passing = iter(rows)
    while block := list(itertools.islice(passing, BLOCK)):
        yield block


# -- archives and workbooks ----------------------------------------------------------------------


def _packed(file: IO[bytes], name: str, depth: int) -> Iterator[Sheet | Unreadable]:
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
            names = {one.filename for one in members}
            if any(one.flag_bits & 1 for one in members):
                yield Unreadable("encrypted", name)
            elif sum(one.file_size for one in members) > MAX_UNPACKED or (
                len(members) > MAX_MEMBERS
            ):
                yield Unreadable("too_large", name)
            elif "xl/workbook.xml" in names:
                yield from _xlsx(file, packed, name)
            elif "content.xml" in names and "mimetype" in names:
                yield from _ods(packed, name)
            elif depth >= MAX_DEPTH:
                yield Unreadable("too_large", name)
            else:
                yield from _members(packed, name, depth)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, KeyError,
            ValueError, ParseError, RuntimeError):
        yield Unreadable("damaged", name)


def _members(packed: zipfile.ZipFile, name: str, depth: int) -> Iterator[Sheet | Unreadable]:
    for member in packed.infolist():
        if member.is_dir() or member.filename.lower().endswith(_WITHOUT_TEXT):
            continue
        inner = f"{name}/{member.filename}" if name else member.filename
        with tempfile.TemporaryFile() as whole, packed.open(member) as part:
            while chunk := part.read(1 << 20):
                whole.write(chunk)
            yield from sheets(whole, inner, depth + 1)


def _xlsx(
    file: IO[bytes], packed: zipfile.ZipFile, name: str
) -> Iterator[Sheet | Unreadable]:
    import openpyxl  # takes a while to load, and few processes need it

    texts = [one.file_size for one in packed.infolist() if one.filename.endswith("Strings.xml")]
    if sum(texts) > MAX_TEXTS:
        yield Unreadable("too_large", name)
        return
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        several = len(book.worksheets) > 1
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = (
                [cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)
            )
            title = (f"{name}/{sheet.title}" if name else sheet.title) if several else name
            yield Sheet(title, _blocks(rows), spreadsheet=True)
    finally:
        book.close()


_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
#: Blank rows and cells are written once with how often they repeat, up to the end of the sheet.
_MOST_REPEATED = 1000


def _ods(packed: zipfile.ZipFile, name: str) -> Iterator[Sheet | Unreadable]:
    from xml.etree.ElementTree import iterparse

    if packed.getinfo("content.xml").file_size > MAX_TEXTS:
        yield Unreadable("too_large", name)
        return
    if b"manifest:encryption-data" in _manifest(packed):
        yield Unreadable("encrypted", name)
        return
    with packed.open("content.xml") as content:
        rows: list[list[str]] = []
        for _, element in iterparse(content):  # noqa: S314 (expat refuses entities that grow)
            if element.tag == f"{_TABLE}table-row":
                row = _ods_row(element)
                times = int(element.get(f"{_TABLE}number-rows-repeated") or 1)
                rows.extend([row] * min(times, _MOST_REPEATED))
                element.clear()
            elif element.tag == f"{_TABLE}table":
                title = str(element.get(f"{_TABLE}name") or "")
                yield Sheet(f"{name}/{title}" if name else title, _blocks(rows), spreadsheet=True)
                rows = []
                element.clear()


def _ods_row(element: Any) -> list[str]:
    row: list[str] = []
    for cell in element:
        if not cell.tag.startswith(f"{_TABLE}"):
            continue
        value = cell.get(f"{_OFFICE}value")
        text = value if value is not None else " ".join(
            "".join(part.itertext()) for part in cell)
        times = int(cell.get(f"{_TABLE}number-columns-repeated") or 1)
        row.extend([text] * min(times, _MOST_REPEATED if text else 50))
    while row and not row[-1]:
        row.pop()
    return row


def _manifest(packed: zipfile.ZipFile) -> bytes:
    try:
        with packed.open("META-INF/manifest.xml") as part:
            return part.read(1 << 20)
    except KeyError:
        return b""
