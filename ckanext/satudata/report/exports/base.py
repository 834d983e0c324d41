"""What all writers share: the source of rows and the shape of a writer."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ckanext.satudata.report.wording import Words

#: Columns of a row of an office: the keys of the report, after the quarter they belong to.
OFFICE_COLUMNS = (
    "id", "name", "title", "kode_opd", "parent", "status", "due", "fulfilled", "partial",
    "missing", "excused", "pending", "unjudged", "hidden", "rate", "on_time_rate", "arrears",
    "arrears_inherited", "consecutive_missed", "consecutive_incomplete", "units_silent",
    "commitment_signed", "metadata_score",
)
#: Columns of a row of one period of an item; ``item_status`` is the item's own ``status``.
ITEM_COLUMNS = (
    "id", "title", "organization", "package_id", "frekuensi", "klasifikasi_akses", "item_status",
    "period", "last_day", "status", "kind", "inferred", "happened_at",
)

OFFICES, ITEMS = "opd", "butir"


class ExportError(ValueError):
    """A file cannot be made as asked; the message says why."""


@dataclass(frozen=True)
class Source:
    """A report and what belongs to its files.

    :param report: the answer of ``satudata_compliance_report``
    :param obligations: its items, when they are too many to stand in the report: read once, as
        the file is written. Without it those of the report.
    :param city: name of the city, for headings
    :param contacts: fields of each office (head, data officer), by the office's id, as far as the
        reader may see them
    :param changes: how each office stands against the quarter before, by id (``board.compare``)
    :param titles: titles of units that have no row of their own in the report, by id or name
    :param done: letters about each office that the reader may read, by the office's id
    :param sha256: hash of the snapshot, when the quarter is frozen
    :param revision: number of the snapshot's revision
    :param before: the quarter before, to compare with
    :param missing: for the mayor's page: items that are missing of each office, by the office's
        id, the oldest first, as far as the reader may see them
    :param excused: for the mayor's page: rows of ``satudata_dispensation_list``
    :param sheet_of: for a workbook with a sheet for each office: the title of the office on whose
        sheet an office or unit stands, by its name
    """

    report: Mapping[str, Any]
    obligations: Iterable[Mapping[str, Any]] | None = None
    city: str = ""
    contacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    sha256: str | None = None
    revision: int | None = None
    before: Mapping[str, Any] | None = None
    missing: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    excused: Sequence[Mapping[str, Any]] = ()
    sheet_of: Mapping[str, str] = field(default_factory=dict)

    def contact(self, office: Mapping[str, Any]) -> Mapping[str, str]:
        """What is known of an office's head and data officer."""
        return self.contacts.get(office["id"], {})

    def offices(self) -> Iterator[dict[str, Any]]:
        """A row for each office, with the columns ``OFFICE_COLUMNS``."""
        for office in self.report["organizations"]:
            yield {column: office.get(column) for column in OFFICE_COLUMNS}

    def office_titles(self) -> dict[str, str]:
        """Titles of the offices and units of the report, by id and by name."""
        titles = dict(self.titles)
        for office in self.report["organizations"]:
            titles[office["id"]] = titles[office["name"]] = office["title"]
        return titles

    @property
    def names_items(self) -> bool:
        """Whether there are items at all: the public document of a snapshot has figures only."""
        return self.obligations is not None or "obligations" in self.report

    def items(self) -> Iterator[Mapping[str, Any]]:
        """The items as they stand in the report."""
        if self.obligations is not None:
            return iter(self.obligations)
        return iter(self.report.get("obligations") or ())

    def periods(self) -> Iterator[dict[str, Any]]:
        """A row for each period of each item, with the columns ``ITEM_COLUMNS``.

        An item without periods (not judged) has one row with these columns empty.
        """
        for item in self.items():
            for period in item["periods"] or ({},):
                row = {column: item.get(column) for column in ITEM_COLUMNS}
                row["item_status"] = item["status"]
                for column in ("period", "last_day", "status", "kind", "inferred", "happened_at"):
                    row[column] = period.get(column)
                yield row


class Exporter(ABC):
    """A writer of one format.

    :param source: what is written
    :param words: the reader's language
    """

    extension: ClassVar[str]
    media_type: ClassVar[str]

    def __init__(self, source: Source, words: Words) -> None:
        self.source = source
        self.words = words

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, piece by piece."""

    def filename(self, part: str = "") -> str:
        """A name for the file: quarter, part if any, and what kind of figures they are."""
        report = self.source.report
        mark = "beku" if report["frozen"] else "percobaan" if report["trial"] else "berjalan"
        if report["frozen"] and self.source.revision:
            mark = f"beku-{self.source.revision}"
        words = filter(None, ("kepatuhan", report["quarter"], part, mark))
        return f"{'-'.join(words)}.{self.extension}"
