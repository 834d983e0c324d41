"""What a sheet of offices would change in the office list. Pure: it reads and plans, no more."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from ckanext.satudata.journal import sheets, values
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.schema import codes
from ckanext.satudata.translation import N_

from .tree import circular

#: Columns in the order of an export, by the heading that an export gives them.
COLUMNS = {
    "kode_opd": "kode_opd", "title": "nama", "singkatan": "singkatan", "jenis_opd": "jenis_opd",
    "induk": "induk", "peran_satu_data": "peran_satu_data", "urusan": "urusan",
    "wajib_setor": "wajib_setor", "kode_wilayah": "kode_wilayah",
    "kepala_jabatan": "kepala_jabatan", "kepala_nama": "kepala_nama",
    "petugas_data": "petugas_data", "kontak_surel": "kontak_surel",
    "kontak_telepon": "kontak_telepon", "berlaku_dari": "berlaku_dari",
    "berlaku_sampai": "berlaku_sampai", "pengganti": "pengganti",
}
ALIASES = {
    **{heading: name for name, heading in COLUMNS.items()},
    "name": "title", "title": "title", "nama_opd": "title", "code": "kode_opd",
    "kode": "kode_opd", "abbreviation": "singkatan", "kind": "jenis_opd", "jenis": "jenis_opd",
    "parent_code": "induk", "kode_induk": "induk", "parent": "induk", "role": "peran_satu_data",
    "roles": "peran_satu_data", "peran": "peran_satu_data",
}
#: Columns whose cells are lists, and the code lists their members come from.
CODED_LISTS = {"peran_satu_data": "peran_satu_data", "urusan": "bidang_urusan"}
DATES = ("berlaku_dari", "berlaku_sampai")
REFERENCES = ("induk", "pengganti")


@dataclass(frozen=True)
class Known:
    """An office as it is stored, in the plain values that a row is compared with.

    ``values`` has the names of :data:`COLUMNS`; ``induk`` and ``pengganti`` are names of
    organizations, lists are lists, ``wajib_setor`` is True, False or None, dates are ISO text.
    """

    name: str
    values: Mapping[str, Any]
    #: Whether it exists today: only such offices can be missing from a sheet.
    current: bool = True


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell; ``message`` is an English message id with ``{named}`` places."""

    row: int | None
    field: str
    message: str
    places: Mapping[str, Any] = made(default_factory=dict)


@dataclass
class Entry:
    """One row, read: the columns it has, and the organization it is about."""

    row: int
    values: dict[str, Any]
    name: str = ""
    known: Known | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """Values that are not stored yet."""
        stored = self.known.values if self.known else {}
        return {
            key: value for key, value in self.values.items()
            if not _same(value, stored.get(key))
        }


@dataclass
class Plan:
    """What an import would do; with ``problems`` it does nothing."""

    entries: list[Entry] = made(default_factory=list)
    absent: list[Known] = made(default_factory=list)
    problems: list[Problem] = made(default_factory=list)

    @property
    def created(self) -> list[Entry]:
        """New offices, each after the one it stands under."""
        return [entry for entry in self._in_order() if entry.known is None]

    @property
    def updated(self) -> list[Entry]:
        return [entry for entry in self._in_order() if entry.known and entry.changes]

    @property
    def unchanged(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.known and not entry.changes]

    def _in_order(self) -> list[Entry]:
        above = {entry.name: entry.values.get("induk") for entry in self.entries}

        def depth(name: str | None) -> int:
            steps = 0
            while name in above and steps <= len(above):
                name, steps = above[name], steps + 1
            return steps

        return sorted(self.entries, key=lambda entry: depth(entry.name))


def plan(rows: Iterable[Row], known: Sequence[Known], taken: Iterable[str] = ()) -> Plan:
    """What these rows would change.

    A row is about the office that has its code, else about the one office without a code that has
    its title or abbreviation; otherwise it is a new one.

    :param rows: rows as read from a sheet
    :param known: the offices there are
    :param taken: names that new organizations cannot have
    """
    result = Plan()
    try:
        rows = sheets.renamed(rows, ALIASES)
    except sheets.SheetError as error:
        result.problems.append(Problem(error.row, "file", error.message, error.places))
        return result
    for row in rows:
        entry = Entry(row.number, _read(row, result.problems))
        if entry.values:
            result.entries.append(entry)
    _match(result, known)
    _name(result, {*taken, *(one.name for one in known)})
    _refer(result, known)
    _circles(result, known)
    matched = {entry.name for entry in result.entries}
    result.absent = [one for one in known if one.name not in matched and one.current]
    return result


def slug(text: str) -> str:
    """A name for URLs out of an abbreviation or title: ``Bag. Pem`` gives ``bag-pem``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _read(row: Row, problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in COLUMNS:
        if column in row.cells:
            try:
                found[column] = _value(column, row.cells[column])
            except _Wrong as wrong:
                problems.append(Problem(row.number, column, wrong.message, wrong.places))
    if not found.get("title"):
        problems.append(Problem(row.number, "title", N_("An office needs a title.")))
    first, last = (found.get(column) for column in DATES)
    if first and last and last < first:
        problems.append(
            Problem(row.number, "berlaku_sampai", N_("The last day is before the first."))
        )
    return found


class _Wrong(ValueError):
    def __init__(self, message: str, **places: Any) -> None:
        super().__init__(message)
        self.message = message
        self.places = places


def _value(column: str, cell: Any) -> Any:
    text = values.text(cell)
    if column in CODED_LISTS:
        return [_code(CODED_LISTS[column], item) for item in values.items(cell)]
    if column == "pengganti":
        return values.items(cell) if not isinstance(cell, str) else [
            part.strip() for part in cell.split(";") if part.strip()
        ]
    if column == "jenis_opd":
        return _code("kind_opd", text) if text else None
    if column == "wajib_setor":
        obliged = values.boolean(cell)
        if text and obliged is None:
            raise _Wrong(N_("Neither yes nor no: {value}"), value=text)
        return obliged
    if column in DATES:
        day = values.date(cell)
        if text and day is None:
            raise _Wrong(N_("Not a date (2026-08-17): {value}"), value=text)
        return day.isoformat() if day else None
    return text


def _code(list_name: str, text: str) -> str:
    code = codes.normalise(list_name, text)
    if code is None:
        raise _Wrong(N_("Not in the code list: {value}"), value=text)
    return code


def _match(result: Plan, known: Sequence[Known]) -> None:
    """Find the office that each row is about."""
    find = _Finder(known, {entry.values.get("kode_opd") for entry in result.entries})
    seen: dict[str, int] = {}
    for entry in result.entries:
        options = find(entry.values)
        if len(options) > 1:
            result.problems.append(Problem(
                entry.row, "title", N_("More than one office is meant: {value}"),
                {"value": entry.values.get("title")},
            ))
            continue
        if options:
            entry.known = options[0]
            entry.name = options[0].name
        code = entry.values.get("kode_opd")
        # An office once, and so a code; without codes the title says which office it is.
        for column, key in (
            ("title", f"name {entry.name}" if entry.name else ""),
            ("kode_opd", f"code {code}" if code else ""),
            ("title", "" if code else f"title {_folded(entry.values.get('title'))}"),
        ):
            if key and key in seen:
                result.problems.append(Problem(
                    entry.row, column, N_("Row {other} is about the same office."),
                    {"other": seen[key]},
                ))
                break
            if key:
                seen[key] = entry.row


class _Finder:
    """The stored offices that a row may be about: one, unless the row is ambiguous or new."""

    def __init__(self, known: Sequence[Known], codes_in_sheet: set[Any]) -> None:
        uncoded = [one for one in known if not one.values.get("kode_opd")]
        # An office whose code nobody mentions may have got another one.
        free = [one for one in known if one.values.get("kode_opd") not in codes_in_sheet]
        self._code = _index((one.values.get("kode_opd"), one) for one in known)
        self._title = _index((_folded(one.values.get("title")), one) for one in known)
        self._free_title = _index((_folded(one.values.get("title")), one) for one in free)
        self._abbreviation = _index((_folded(one.values.get("singkatan")), one) for one in uncoded)
        self._name = _index((one.name, one) for one in uncoded)

    def __call__(self, row: Mapping[str, Any]) -> list[Known]:
        code, title, short = row.get("kode_opd"), row.get("title"), row.get("singkatan")
        options = (
            self._code.get(code)
            or (self._free_title if code else self._title).get(_folded(title))
            or self._abbreviation.get(_folded(short))
            or self._name.get(slug(str(short or "")))
            or []
        )
        # Of several that had a code one after the other, today's is meant.
        return [one for one in options if one.current] or options


def _name(result: Plan, taken: set[str]) -> None:
    for entry in result.entries:
        if entry.name:
            continue
        wanted = slug(str(entry.values.get("singkatan") or ""))
        if len(wanted) < 2:
            wanted = slug(str(entry.values.get("title") or "")) or "opd"
        wanted = wanted if len(wanted) > 1 else f"opd-{wanted}"
        entry.name, number = wanted, 1
        while entry.name in taken:
            number += 1
            entry.name = f"{wanted}-{number}"
        taken.add(entry.name)


def _refer(result: Plan, known: Sequence[Known]) -> None:
    """Put names of organizations where a row names offices by code, title or abbreviation."""
    look_up = References(
        [*known, *(Known(entry.name, entry.values) for entry in result.entries)]
    )
    for entry in result.entries:
        for column in REFERENCES:
            if not entry.values.get(column):
                if column in entry.values:
                    entry.values[column] = [] if column == "pengganti" else None
                continue
            try:
                cell = entry.values[column]
                entry.values[column] = (
                    [look_up(one) for one in cell] if column == "pengganti" else look_up(cell)
                )
            except _Wrong as wrong:
                result.problems.append(Problem(entry.row, column, wrong.message, wrong.places))
                # Reported once is enough: the place in the tree stays as it is.
                del entry.values[column]


class References:
    """Finds the one office that a sheet means by code, title, abbreviation or name."""

    def __init__(self, offices: Iterable[Known]) -> None:
        # An office in the sheet and the same one as stored are one.
        self._by: list[dict[str, set[str]]] = [{}, {}, {}, {}]
        for one in offices:
            texts = (
                one.values.get("kode_opd"), _folded(one.values.get("title")),
                _folded(one.values.get("singkatan")), one.name,
            )
            for index, text in zip(self._by, texts, strict=True):
                if text:
                    index.setdefault(text, set()).add(one.name)

    def __call__(self, text: str) -> str:
        for index, wanted in zip(
            self._by, (text, _folded(text), _folded(text), text), strict=True
        ):
            found = index.get(wanted or "", set())
            if len(found) > 1:
                raise _Wrong(N_("More than one office is meant: {value}"), value=text)
            if found:
                return next(iter(found))
        raise _Wrong(N_("There is no office named {name}."), name=text)

    def find(self, text: str) -> str | Problem:
        """The name of the organization, or what is wrong (its row and field left empty)."""
        try:
            return self(text)
        except _Wrong as wrong:
            return Problem(None, "opd", wrong.message, wrong.places)


def _circles(result: Plan, known: Sequence[Known]) -> None:
    above: dict[str, str | None] = {one.name: one.values.get("induk") for one in known}
    for entry in result.entries:
        if "induk" in entry.values or entry.name not in above:
            above[entry.name] = entry.values.get("induk")
    in_circle = circular(above)
    for entry in result.entries:
        if entry.name in in_circle:
            result.problems.append(Problem(
                entry.row, "induk",
                N_("An office cannot stand under itself or one of its own units."),
            ))


def _index(pairs: Iterable[tuple[Any, Known]]) -> dict[Any, list[Known]]:
    found: dict[Any, list[Known]] = {}
    for key, one in pairs:
        if key:
            found.setdefault(key, []).append(one)
    return found


def _folded(text: Any) -> str:
    return codes.fold(str(text)) if text else ""


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) or isinstance(other, list):
        return sorted(one or []) == sorted(other or [])
    return (one if one != "" else None) == (other if other != "" else None)
