"""What a sample city consists of: frozen records, complete enough for a loader to act on."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ckanext.satudata.deposits.periods import default_tahun_awal
from ckanext.satudata.journal.calendar import RuleBook

#: States of a submission that a dataset of the city should reach.
DRAFT, SUBMITTED, RETURNED, PUBLISHED = "draf", "diajukan", "dikembalikan", "terverifikasi"
OPEN, RESTRICTED, CLOSED = "terbuka", "terbatas", "tertutup"


@dataclass(frozen=True)
class Office:
    """One row of the office list. ``name`` is the organization's name in CKAN, proposed from the
    abbreviation; ``row`` has the columns of the file, ready for an import."""

    code: str
    title: str
    abbreviation: str
    name: str
    kind: str
    parent_code: str | None
    urusan: tuple[str, ...]
    on_board: bool
    region: str
    valid_from: dt.date
    row: Mapping[str, str] = field(repr=False, hash=False)

    @property
    def place(self) -> str:
        """The name without the kind: "Mentikan" for Kelurahan Mentikan."""
        for word in ("Kecamatan ", "Kelurahan ", "UPTD "):
            if self.title.startswith(word):
                return self.title[len(word):]
        return self.title


@dataclass(frozen=True)
class Region:
    """A region: Kemendagri code, level (kota, kecamatan, kelurahan), and a sample population."""

    code: str
    name: str
    level: str
    parent: str
    bps: str
    population: int
    rw: int


@dataclass(frozen=True)
class Item:
    """A value of a breakdown: ``share`` for what adds up, ``level`` for what does not."""

    label: str
    share: float
    level: float | None = None


@dataclass(frozen=True)
class Breakdown:
    """By what a table is broken down: the words of the title, the column, the values.

    ``scope`` names values that depend on the office: kelurahan, kecamatan, rw, opd, sd.
    """

    code: str
    phrase: str
    column: str
    level: str
    items: tuple[Item, ...]
    scope: str = ""


@dataclass(frozen=True)
class Subject:
    """Something an office keeps: one dataset title of one office."""

    title: str
    office: Office
    stem: str
    division: str
    breakdowns: tuple[Breakdown, ...]
    measure: str
    unit: str
    frekuensi: str
    size: float
    growth: float
    urusan: str
    access: str
    #: Place in the file: row, and place of the breakdown in the row.
    row: int
    turn: int

    @property
    def is_list(self) -> bool:
        """Whether its table lists things (Daftar …, Register …) instead of counting them."""
        return (
            not self.breakdowns and self.measure == "jumlah" and not self.stem.startswith("Jumlah")
        )


@dataclass(frozen=True)
class FileSpec:
    """A file of a dataset; :func:`sandbox.city.files.render` gives its bytes.

    ``period`` is the latest period in it, ``periods`` all of them, oldest first.
    """

    name: str
    filename: str
    format: str
    period: str
    periods: tuple[str, ...]
    released: dt.date
    #: Whether one number is other than in the file that came first.
    corrected: bool = False


@dataclass(frozen=True)
class Dataset:
    """A dataset with the state it should reach and the metadata to send (field names of CKAN)."""

    name: str
    title: str
    office_code: str
    state: str
    access: str
    metadata: Mapping[str, Any] = field(hash=False)
    files: tuple[FileSpec, ...]
    subject: Subject = field(repr=False)
    #: Why it was returned, for the ones that were.
    note: str = ""


@dataclass(frozen=True)
class User:
    """An account. ``roles``: city-wide roles; ``capacity``: editor or admin of ``office_code``."""

    name: str
    fullname: str
    email: str
    roles: tuple[str, ...] = ()
    office_code: str | None = None
    capacity: str | None = None
    sysadmin: bool = False


@dataclass(frozen=True)
class RegisterItem:
    """One item of the daftar data: what one office must deposit.

    ``years``: the registers it stands in. ``jadwal``: (period code, last allowed day).
    """

    title: str
    office_code: str
    frekuensi: str
    valid_from: dt.date
    valid_until: dt.date | None
    years: tuple[int, ...]
    prioritas: bool
    klasifikasi_akses: str
    dataset_name: str | None
    jadwal: tuple[tuple[str, dt.date], ...] = ()

    def as_row(self, year: int) -> dict[str, Any]:
        """The item in the register of one of its ``years``, as ``register import`` takes it.

        Each year's register owes what falls due in that year; ``package_id`` is a dataset's name.
        """
        first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
        start = max(self.valid_from, first)
        end = min(self.valid_until or last, last)
        begun = default_tahun_awal(self.frekuensi, self.valid_from)
        return {
            "title": self.title,
            "organization": self.office_code,
            "frekuensi": self.frekuensi,
            "valid_from": start.isoformat(),
            "valid_until": end.isoformat(),
            "tahun_awal": "" if begun is None else str(begun),
            "prioritas": "ya" if self.prioritas else "tidak",
            "klasifikasi_akses": self.klasifikasi_akses,
            "jadwal": [
                {"period": code, "date": day.isoformat()}
                for code, day in self.jadwal if start <= day <= end
            ],
            "package_id": self.dataset_name,
        }


@dataclass(frozen=True)
class Agreement:
    """The Forum's agreement on the register of a year."""

    year: int
    date: dt.date
    minutes: str


@dataclass(frozen=True)
class HistoryRow:
    """A past deposit, for ``history import``. ``happened_at`` has the city's offset."""

    office_code: str
    item_title: str
    period: str
    kind: str
    happened_at: dt.datetime
    #: Code of the quarter in which the period was due.
    quarter: str


@dataclass(frozen=True)
class PresentDeposit:
    """A deposit to make now, through the actions.

    ``outcome``: menunggu, diterima or dikembalikan (then ``note`` says why).
    """

    office_code: str
    item_title: str
    dataset_name: str
    period: str
    kind: str
    outcome: str
    note: str
    file: FileSpec | None


@dataclass(frozen=True)
class Excuse:
    """A dispensation to record now: an extension to ``until``, or a waiver without it."""

    office_code: str
    item_title: str
    period: str
    reason: str
    until: dt.date | None


@dataclass(frozen=True)
class City:
    """The whole sample city on the day ``today``."""

    today: dt.date
    seed: int
    rules: RuleBook
    offices: tuple[Office, ...]
    regions: tuple[Region, ...]
    users: tuple[User, ...]
    datasets: tuple[Dataset, ...]
    register: tuple[RegisterItem, ...]
    agreements: tuple[Agreement, ...]
    #: Deposits due in the twelve quarters before the running one.
    history: tuple[HistoryRow, ...]
    #: What came before today for the running quarter: for the import as well.
    arrived: tuple[HistoryRow, ...]
    #: What is deposited now, through the actions.
    present: tuple[PresentDeposit, ...]
    #: Corrections of what came last that are deposited now and wait, with nothing left to ask.
    corrections: tuple[PresentDeposit, ...]
    excuses: tuple[Excuse, ...]

    @cached_property
    def office(self) -> Mapping[str, Office]:
        """Offices by code."""
        return MappingProxyType({office.code: office for office in self.offices})

    @cached_property
    def dataset(self) -> Mapping[str, Dataset]:
        """Datasets by name."""
        return MappingProxyType({dataset.name: dataset for dataset in self.datasets})

    def register_of(self, year: int) -> list[RegisterItem]:
        """The items of the register of ``year``."""
        return [item for item in self.register if year in item.years]
