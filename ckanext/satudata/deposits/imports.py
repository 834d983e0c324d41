"""What a sheet of a year's daftar data would change in the register. Pure: it reads and plans."""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from ckanext.satudata.access.visibility import is_more_closed
from ckanext.satudata.journal import sheets, values
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.opd.imports import Problem
from ckanext.satudata.schema import codes, fields
from ckanext.satudata.translation import N_

from .frequencies import (
    FREQUENCIES,
    SCHEDULED,
    FrequencyError,
    frequency,
    normalise_frequency,
)
from .period_text import normalise_period
from .periods import (
    PeriodError,
    default_tahun_awal,
    is_of_rhythm,
    parse_period,
)

#: What a sheet can say of an item, with what holds when it says nothing. The days follow the year.
DEFAULTS: Mapping[str, Any] = {
    "title": "", "office": "", "frekuensi": "tidak_diketahui", "klasifikasi_akses": "tertutup",
    "valid_from": None, "valid_until": None, "prioritas": False, "jadwal": (), "tahun_awal": None,
    "code": None, "dataset": None,
}
#: What people tick a year of the central list with, beside the words for yes.
_TICKS = frozenset({"v", "x", "✓", "✔", "√"})


@dataclass(frozen=True)
class Known:
    """An item as it is stored: ``values`` has the keys of :data:`DEFAULTS`.

    ``office`` is the name of an organization, ``dataset`` the id of a dataset. ``year``: of its
    register; None for an item that was derived from a dataset.
    """

    id: UUID
    year: int | None
    values: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """By what an item without a code of its own is known again."""
        return _key(self.values)

    def counts_in(self, year: int) -> bool:
        """Whether it stands in a year's register, or is a derived one that would go into it."""
        if self.year is not None:
            return self.year == year
        end = self.values["valid_until"]
        return end is None or end >= dt.date(year, 1, 1)


@dataclass
class Entry:
    """One row, read: what it says (only the columns it has), and the item it is about."""

    row: int
    said: dict[str, Any]
    known: Known | None = None
    earlier: Known | None = None

    @property
    def title(self) -> str:
        """What the item is called."""
        return self.said["title"]

    def wanted(self, year: int) -> dict[str, Any]:
        """What the item is to be: what the row says, else what is stored, else the defaults."""
        if self.known is not None:
            start = dict(self.known.values)
            if self.known.year is None and start["valid_until"] is None:
                start["valid_until"] = dt.date(year, 12, 31)
        else:
            start = {
                **DEFAULTS, "valid_from": dt.date(year, 1, 1), "valid_until": dt.date(year, 12, 31)
            }
            start |= self._carried()
        return start | {key: value for key, value in self.said.items() if value is not None}

    def _carried(self) -> dict[str, Any]:
        """What goes on from the register of the year before: the dataset, the count of years."""
        if self.earlier is None:
            return {}
        carried = {"dataset": self.earlier.values["dataset"]}
        if self.said.get("frekuensi") == self.earlier.values["frekuensi"]:
            carried["tahun_awal"] = self.earlier.values["tahun_awal"]
        return carried

    def changes(self, year: int) -> dict[str, Any]:
        """Values that a stored item does not have yet; ``year`` when it joins the register."""
        if self.known is None:
            return {}
        found = {
            key: value for key, value in self.wanted(year).items()
            if value != self.known.values[key]
        }
        if self.known.year != year:
            found["year"] = year
        return found


@dataclass
class Plan:
    """What an import would do; with ``problems`` it does nothing."""

    year: int
    entries: list[Entry] = field(default_factory=list)
    absent: list[Known] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Rows that are meant for other years.
    skipped: int = 0

    @property
    def created(self) -> list[Entry]:
        """Items that are new."""
        return [entry for entry in self.entries if entry.known is None]

    @property
    def updated(self) -> list[Entry]:
        """Stored items that the sheet changes."""
        return [entry for entry in self.entries if entry.changes(self.year)]

    @property
    def unchanged(self) -> list[Entry]:
        """Stored items that are as the sheet says."""
        return [
            entry for entry in self.entries if entry.known and not entry.changes(self.year)
        ]


@dataclass(frozen=True)
class Surroundings:
    """What a plan needs to know of the portal.

    ``office``: the organization's name for what a sheet writes, or what is wrong.
    ``dataset``: the id of a dataset for its name or id, or None. ``site``: address of the portal.
    ``klass``: the class by which an item linked to the dataset with this id is named.
    """

    year: int
    today: dt.date
    office: Callable[[str], str | Problem]
    dataset: Callable[[str], str | None] = lambda _: None
    site: str = ""
    klass: Callable[[str], str | None] = lambda _: None


def plan(rows: Iterable[Row], known: Sequence[Known], around: Surroundings) -> Plan:
    """What these rows would change in the register of a year.

    A row is about the item of that year that has its ``id_ddd``, else about the one with its
    office and title, else about the one of its dataset; otherwise it is a new one. What is bad
    (an unknown office, a date that is none) is a problem; what is missing is not, save the title
    and the office.
    """
    result = Plan(around.year)
    given = list(rows)
    rows = of_year(given, around.year)
    result.skipped = len(given) - len(rows)
    try:
        rows = sheets.renamed(rows, aliases(sheets.columns(rows)))
    except sheets.SheetError as error:
        result.problems.append(Problem(error.row, "file", error.message, error.places))
        return result
    for row in rows:
        said = _Reader(row, around, result.problems).read()
        if said:
            result.entries.append(Entry(row.number, said))
    _match(result, known)
    for entry in result.entries:
        _keep_closed(entry, around)
        _look(entry, around, result.problems)
    _datasets(result, known)
    matched = {entry.known.id for entry in result.entries if entry.known}
    last = min(around.today, dt.date(around.year, 12, 31))
    result.absent = [
        one for one in known
        if one.id not in matched and one.counts_in(around.year)
        and (one.values["valid_until"] is None or one.values["valid_until"] >= last)
    ]
    return result


def aliases(columns: Iterable[str]) -> dict[str, str]:
    """Our name for each of a sheet's columns that is understood.

    The table ``register-columns.csv`` has the columns of our own sheets, of the official list, and
    of the central priority and the e-Walidata list as they are sent. Of several that name the
    office the first of the table is read; what counts only alone, when no other means the same.
    """
    columns, table = set(columns), _table()
    there = [one for one in table if one[0] in columns]
    strong = {means for _, means, alone in there if not alone}
    found = {
        column: means for column, means, alone in table
        if means != "office" and not (alone and means in strong)
    }
    office = next((column for column, means, _ in there if means == "office"), None)
    return found | ({office: "office"} if office else {})


@lru_cache(maxsize=1)
def _table() -> list[tuple[str, str, bool]]:
    """(column, what it means, whether it counts only alone), official labels beside their names."""
    labels = {one.name: (one.label_id, one.label_en) for one in fields.group_fields("daftar_data")}
    return [
        (sheets.heading(text), row["means"], bool(row["only_alone"]))
        for row in codes.data_rows("register-columns.csv")
        for text in (row["column"], *(labels[row["column"]] if row["sheet"] == "official" else ()))
    ]


def of_year(rows: Iterable[Row], year: int) -> list[Row]:
    """The rows that are meant for a year: in a sheet with a column of it, those ticked there.

    The central priority list has a column for each year from 2025 to 2029.
    """
    rows = list(rows)
    if str(year) not in sheets.columns(rows):
        return rows
    return [row for row in rows if _is_ticked(row.text(str(year)))]


def _is_ticked(text: str) -> bool:
    return text.lower() in _TICKS or values.boolean(text) is True


# --- reading a row ------------------------------------------------------------------------------


class _Reader:
    """Reads the cells of one row; what is wrong goes to ``problems``."""

    def __init__(self, row: Row, around: Surroundings, problems: list[Problem]) -> None:
        self.row = row
        self.around = around
        self.problems = problems

    def read(self) -> dict[str, Any] | None:
        """What the row says; None when it does not say which item it is about."""
        title, office = self.row.text("title"), self._office()
        if not title:
            self._wrong("title", N_("An item needs a title."))
        if not title or office is None:
            return None
        said: dict[str, Any] = {"title": " ".join(title.split()), "office": office}
        readers: dict[str, Callable[[Any], Any]] = {
            "frekuensi": self._frequency, "klasifikasi_akses": self._class,
            "valid_from": lambda cell: self._day("valid_from", cell),
            "valid_until": lambda cell: self._day("valid_until", cell),
            "tahun_awal": self._year, "code": self._code, "dataset": self._dataset,
        }
        for column, read in readers.items():
            if column in self.row.cells:
                said[column] = read(self.row.cells[column])
        if "jadwal" in self.row.cells:
            said["jadwal"] = self._schedule(said.get("frekuensi"), self.row.cells["jadwal"])
        said["prioritas"] = self._priority()
        return said

    def _wrong(self, column: str, message: str, **places: Any) -> None:
        self.problems.append(Problem(self.row.number, column, message, places))

    def _office(self) -> str | None:
        text = self.row.text("office")
        if not text:
            self._wrong("office", N_("An item needs an office."))
            return None
        found = self.around.office(text)
        if isinstance(found, Problem):
            self._wrong("office", found.message, **found.places)
            return None
        return found

    def _frequency(self, cell: Any) -> str | None:
        text = values.text(cell)
        if text is None:
            return None
        try:
            return normalise_frequency(text)
        except FrequencyError:
            self._wrong(
                "frekuensi", N_("No frequency that is known: {value}. Known are {known}."),
                value=text, known=", ".join(FREQUENCIES),
            )
            return None

    def _class(self, cell: Any) -> str:
        text = values.text(cell)
        if text is None:
            return DEFAULTS["klasifikasi_akses"]
        code = codes.normalise("klasifikasi_akses", text)
        if code is None:
            self._wrong("klasifikasi_akses", N_("Not in the code list: {value}"), value=text)
        return code or DEFAULTS["klasifikasi_akses"]

    def _day(self, column: str, cell: Any) -> dt.date | None:
        text, day = values.text(cell), values.date(cell)
        if text and day is None:
            self._wrong(column, N_("Not a date (2026-08-17): {value}"), value=text)
        return day

    def _year(self, cell: Any) -> int | None:
        text = values.text(cell)
        if text and not re.fullmatch(r"(19|2\d)\d\d", text):
            self._wrong("tahun_awal", N_("Not a year: {value}"), value=text)
            return None
        return int(text) if text else None

    def _code(self, cell: Any) -> str | None:
        text = values.text(cell)
        return None if text in (None, "-") else text

    def _priority(self) -> bool | None:
        """The column itself, or whether the item names one of the central list."""
        text = self.row.text("prioritas")
        flag = values.boolean(text)
        if text and flag is None:
            self._wrong("prioritas", N_("Neither yes nor no: {value}"), value=text)
        if flag is None and "id_ddp" in self.row.cells:
            return self.row.text("id_ddp") not in ("", "-")
        return flag

    def _dataset(self, cell: Any) -> str | None:
        """The id of this portal's dataset; an address elsewhere says nothing to us."""
        text = values.text(cell)
        if text in (None, "-"):
            return None
        is_address = "://" in str(text)
        if is_address and not (self.around.site and str(text).startswith(self.around.site)):
            return None
        name = re.search(r"/dataset/([^/?#]+)", str(text)) if is_address else None
        found = self.around.dataset(name[1] if name else str(text))
        if found is None:
            self._wrong("dataset", N_("There is no dataset {value} here."), value=text)
        return found

    def _schedule(self, frekuensi: str | None, cell: Any) -> tuple[tuple[str, dt.date], ...] | None:
        if cell in (None, "") or not str(cell).strip():
            return None
        try:
            return schedule(cell, frekuensi)
        except (PeriodError, ValueError) as error:
            self._wrong(
                "jadwal",
                N_("Not a schedule (2026-TW1=2026-04-20;2026-TW2=2026-07-20): {reason}"),
                reason=str(error),
            )
            return None


def schedule(cell: Any, frekuensi: str | None) -> tuple[tuple[str, dt.date], ...]:
    """An item's own schedule: ``2026-TW1=2026-04-20;2026-TW2=2026-07-20``, or a list of such.

    Where the schedule alone says what is owed, a date without period stands for itself: for
    ``sekali`` the one time of its year, else the day. Raises ValueError with what is wrong.
    """
    found = []
    for part in _parts(cell):
        text, _, day_text = part.rpartition("=")
        day = values.date(day_text)
        if day is None:
            raise ValueError(part)
        if text:
            code = parse_period(normalise_period(text.strip())).code
        elif frekuensi and frequency(frekuensi).nature == SCHEDULED:
            code = f"{day.year}!" if frekuensi == "sekali" else day.isoformat()
        else:
            raise ValueError(part)
        found.append((code, day))
    listed = [code for code, _ in found]
    if twice := {code for code in listed if listed.count(code) > 1}:
        raise ValueError(", ".join(sorted(twice)))
    return tuple(sorted(found, key=lambda entry: (entry[1], entry[0])))


def _parts(cell: Any) -> list[str]:
    if isinstance(cell, list | tuple):
        return [
            f"{one['period']}={one['date']}" if isinstance(one, Mapping) else str(one)
            for one in cell
        ]
    return [part.strip() for part in re.split(r"[;\n]", str(cell)) if part.strip()]


# --- all rows together --------------------------------------------------------------------------


def _key(said: Mapping[str, Any]) -> tuple[str, str]:
    return (said["office"], codes.fold(said["title"]))


def _match(result: Plan, known: Sequence[Known]) -> None:
    """Find the stored item that each row is about, and the one it goes on from."""
    held = [one for one in known if one.counts_in(result.year)]
    before = [one for one in known if one.year is not None and one.year < result.year]
    # The register's own come before those that were derived from datasets.
    held.sort(key=lambda one: one.year is None)
    before.sort(key=lambda one: -(one.year or 0))
    mentioned = {entry.said.get("code") for entry in result.entries}
    find, find_earlier = _Finder(held, mentioned), _Finder(before, mentioned)
    for entry in result.entries:
        options = find(entry.said)
        if len(options) > 1:
            result.problems.append(Problem(
                entry.row, "title",
                N_("More than one item is meant: {value}. Give its id_ddd."),
                {"value": entry.title},
            ))
            continue
        entry.known = options[0] if options else None
        entry.earlier = next(iter(find_earlier(entry.said, latest=True)), None)
    _twice(result)


class _Finder:
    """The stored items that a row may be about: one, unless the row is ambiguous or new."""

    def __init__(self, items: Sequence[Known], mentioned: set[Any]) -> None:
        # An item whose code nobody mentions may have got another one.
        free = [one for one in items if one.values["code"] not in mentioned - {None}]
        self._code = _index((one.values["code"], one) for one in items)
        self._key = _index((one.key, one) for one in items)
        self._free = _index((one.key, one) for one in free)
        self._dataset = _index((one.values["dataset"], one) for one in items if not one.year)

    def __call__(self, said: Mapping[str, Any], latest: bool = False) -> list[Known]:
        code = said.get("code")
        found = (
            self._code.get(code)
            or (self._free if code else self._key).get(_key(said))
            or self._dataset.get(said.get("dataset"))
            or []
        )
        years = [one.year for one in found]
        first = years[0] if years else None
        # An item of the register has precedence over a derived one of the same name.
        return found[:1] if latest else [one for one in found if one.year == first]


def _index(pairs: Iterable[tuple[Any, Known]]) -> dict[Any, list[Known]]:
    found: dict[Any, list[Known]] = {}
    for key, one in pairs:
        if key:
            found.setdefault(key, []).append(one)
    return found


def _twice(result: Plan) -> None:
    """Two rows about one item are a mistake; equal titles of one office need codes."""
    items: dict[Any, int] = {}
    titles: dict[tuple[str, str], list[Entry]] = {}
    for entry in result.entries:
        code, same = entry.said.get("code"), titles.setdefault(_key(entry.said), [])
        others = [
            other.row for other in same if code is None or other.said.get("code") is None
        ]
        for key in (entry.known and entry.known.id, code):
            if key is not None and (other := items.setdefault(key, entry.row)) != entry.row:
                others.append(other)
        if others:
            result.problems.append(Problem(
                entry.row, "title",
                N_("Row {other} is about the same item. Different ones need an id_ddd each."),
                {"other": others[0]},
            ))
        same.append(entry)


def _keep_closed(entry: Entry, around: Surroundings) -> None:
    """An item is never named by a more open class than that of the dataset it is linked to."""
    wanted = entry.wanted(around.year)
    klass = around.klass(wanted["dataset"]) if wanted["dataset"] else None
    if is_more_closed(klass, wanted["klasifikasi_akses"]):
        entry.said["klasifikasi_akses"] = klass


def _look(entry: Entry, around: Surroundings, problems: list[Problem]) -> None:
    """What is wrong with an item as a whole."""
    wanted = entry.wanted(around.year)

    def wrong(column: str, message: str, **places: Any) -> None:
        problems.append(Problem(entry.row, column, message, places))

    if wanted["valid_until"] is not None and wanted["valid_until"] < wanted["valid_from"]:
        wrong("valid_until", N_("The end lies before the beginning."))
    if "jadwal" in entry.said or "frekuensi" in entry.said:
        start = wanted["tahun_awal"] or default_tahun_awal(
            wanted["frekuensi"], wanted["valid_from"]
        )
        for code, _ in wanted["jadwal"]:
            if frequency(wanted["frekuensi"]).has_rhythm and not is_of_rhythm(
                parse_period(code), wanted["frekuensi"], start
            ):
                wrong(
                    "jadwal", N_("{period} is no period of the frequency {frequency}."),
                    period=code, frequency=wanted["frekuensi"],
                )
    if entry.known is not None:
        over = changed_past_days(entry.known.values["jadwal"], wanted["jadwal"], around.today)
        if over:
            wrong(
                "jadwal",
                N_("The scheduled day of {periods} is over: only a dispensation changes it now."),
                periods=", ".join(over),
            )


def changed_past_days(
    old: Iterable[tuple[str, dt.date]], new: Iterable[tuple[str, dt.date]], today: dt.date
) -> list[str]:
    """Periods whose scheduled day would change although one of the two days is over."""
    before, after = dict(old), dict(new)
    return sorted(
        code for code in before.keys() | after.keys()
        if before.get(code) != after.get(code)
        and min(day for day in (before.get(code), after.get(code)) if day) < today
    )


def _datasets(result: Plan, known: Sequence[Known]) -> None:
    """A dataset has one item in a year's register."""
    wanted = {
        entry.known.id: entry.wanted(result.year)["dataset"]
        for entry in result.entries if entry.known
    }
    holders: dict[str, int | None] = {
        one.values["dataset"]: None for one in known
        if one.year == result.year and one.values["dataset"]
        and wanted.get(one.id, one.values["dataset"]) == one.values["dataset"]
        and one.id not in wanted
    }
    for entry in result.entries:
        dataset = entry.wanted(result.year)["dataset"]
        if dataset and dataset in holders:
            message = N_("Row {other} has the same dataset.") if holders[dataset] else N_(
                "This dataset is linked to another item of the daftar data.")
            result.problems.append(
                Problem(entry.row, "dataset", message, {"other": holders[dataset]})
            )
        elif dataset:
            holders[dataset] = entry.row
