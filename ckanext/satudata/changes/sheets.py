"""What a sheet of history says: past deposits, past results, past agreements. Pure.

Which of the three a sheet holds is told by its columns. Times without a zone are the city's; a
bare date means noon.
"""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.satudata.deposits.counting import FILE, KINDS, NIL, UNCHANGED
from ckanext.satudata.deposits.period_text import normalise_period
from ckanext.satudata.deposits.periods import PeriodError, parse_period
from ckanext.satudata.journal import sheets, values
from ckanext.satudata.journal.quarters import Quarter, QuarterError
from ckanext.satudata.journal.sheets import N_, Row
from ckanext.satudata.opd.imports import Problem
from ckanext.satudata.schema import codes

DEPOSITS, RESULTS, AGREEMENTS = "deposits", "results", "agreements"

_OFFICE = dict.fromkeys(
    ("office", "opd", "organization", "kode_opd", "produsen_data"), "office"
)
_ALIASES = {
    DEPOSITS: {
        **_OFFICE, "title": "title", "judul": "title", "nama_data": "title", "item": "title",
        "period": "period", "periode": "period", "periode_data": "period",
        "kind": "kind", "jenis": "kind", "happened_at": "at", "tanggal": "at",
        "tanggal_setor": "at", "waktu": "at", "id_ddd": "code", "code": "code", "kode": "code",
    },
    RESULTS: {
        **_OFFICE, "quarter": "quarter", "triwulan": "quarter", "status": "status",
        "hasil": "status", "due": "due", "wajib": "due", "jatuh_tempo": "due",
        "fulfilled": "fulfilled", "terpenuhi": "fulfilled",
    },
    AGREEMENTS: {
        "year": "year", "tahun": "year", "date": "date", "tanggal": "date",
        "minutes": "minutes", "berita_acara": "minutes",
    },
}
_NEEDED = {
    DEPOSITS: {"office", "title", "period", "at"}, RESULTS: {"office", "quarter", "status"},
    AGREEMENTS: {"year", "date", "minutes"},
}
_KINDS = {
    **{kind: kind for kind in KINDS}, "": FILE, "berkas": FILE, "data": FILE, "nihil": NIL,
    "tetap": UNCHANGED, "tidak berubah": UNCHANGED,
}
STATUSES = ("lengkap", "sebagian", "belum_setor", "nihil")
_NOON = dt.time(12)
_LOCAL = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d|\d{1,2}[/-]\d{1,2}[/-]\d{4})"
    r"(?:[T ](?P<clock>\d{1,2}[:.]\d\d(?:[:.]\d\d)?))?"
)


@dataclass(frozen=True)
class PastDeposit:
    """A row about a deposit. ``office`` is the organization's name."""

    row: int
    office: str
    title: str
    code: str | None
    period: str
    kind: str
    happened_at: dt.datetime


@dataclass(frozen=True)
class PastResult:
    """A row about what a quarter's end was for an office."""

    row: int
    quarter: Quarter
    office: str
    status: str
    due: int | None
    fulfilled: int | None


@dataclass(frozen=True)
class PastAgreement:
    """A row about the Forum's agreement on the register of a year."""

    row: int
    year: int
    date: dt.date
    minutes: str


Past = PastDeposit | PastResult | PastAgreement


@dataclass(frozen=True)
class Now:
    """What reading needs to know: how offices are named, the city's time zone, the moment."""

    office: Callable[[str], str | Problem]
    zone: dt.tzinfo
    now: dt.datetime


def read(rows: Sequence[Row], now: Now, problems: list[Problem]) -> list[Past]:
    """The rows of one sheet; what is wrong goes to ``problems``."""
    if not rows:
        return []
    columns = sheets.columns(rows)
    kind = kind_of(columns)
    if kind is None:
        problems.append(Problem(None, "file", N_(
            "These columns say neither deposits (opd, judul, periode, tanggal) nor results (opd, "
            "triwulan, status) nor agreements (tahun, tanggal, berita_acara): {columns}"
        ), {"columns": ", ".join(sorted(columns))}))
        return []
    try:
        rows = sheets.renamed(rows, _ALIASES[kind])
    except sheets.SheetError as error:
        problems.append(Problem(error.row, "file", error.message, error.places))
        return []
    reader = {DEPOSITS: _deposit, RESULTS: _result, AGREEMENTS: _agreement}[kind]
    found = []
    for row in rows:
        try:
            found.append(reader(row, now))
        except _Wrong as wrong:
            problems.append(Problem(row.number, wrong.field, wrong.message, wrong.places))
    return found


def kind_of(columns: Iterable[str]) -> str | None:
    """What a sheet with these columns holds, or None."""
    columns = set(columns)
    for kind, needed in _NEEDED.items():
        if needed <= {_ALIASES[kind].get(column) for column in columns}:
            return kind
    return None


class _Wrong(ValueError):
    """A cell that cannot be read."""

    def __init__(self, field: str, message: str, **places: Any) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.places = places


def _deposit(row: Row, now: Now) -> PastDeposit:
    kind = _KINDS.get(codes.fold(row.text("kind")))
    if kind is None:
        raise _Wrong(
            "kind", N_("Neither file nor nil nor unchanged: {value}"), value=row.text("kind")
        )
    try:
        period = parse_period(normalise_period(_needed(row, "period"))).code
    except PeriodError as error:
        raise _Wrong(
            "period", N_("Not a period (2026, 2026-S1, 2026-TW3, 2026-08): {value}"),
            value=row.text("period"),
        ) from error
    moment = read_moment(_needed(row, "at"), now.zone)
    if moment is None:
        raise _Wrong("at", N_("Not a date or time (2026-08-17, 2026-08-17 10:30): {value}"),
                     value=row.text("at"))
    if moment > now.now:
        raise _Wrong("at", N_("This moment lies in the future."))
    code = row.text("code")
    return PastDeposit(
        row.number, _office(row, now), _needed(row, "title"), None if code in ("", "-") else code,
        period, kind, moment,
    )


def _result(row: Row, now: Now) -> PastResult:
    try:
        quarter = Quarter.parse(_needed(row, "quarter"))
    except QuarterError as error:
        raise _Wrong("quarter", N_(
            "Not a quarter. Write the year and TW1 to TW4: 2026-TW3.")) from error
    status = codes.fold(_needed(row, "status")).replace(" ", "_")
    if status not in STATUSES:
        raise _Wrong("status", N_("Must be one of: {allowed}"), allowed=", ".join(STATUSES))
    due, fulfilled = _number(row, "due"), _number(row, "fulfilled")
    if due is not None and fulfilled is not None and fulfilled > due:
        raise _Wrong("fulfilled", N_("More came than was due."))
    return PastResult(row.number, quarter, _office(row, now), status, due, fulfilled)


def _agreement(row: Row, now: Now) -> PastAgreement:
    text = _needed(row, "year")
    if not re.fullmatch(r"2\d\d\d", text):
        raise _Wrong("year", N_("Not a year: {value}"), value=text)
    day = values.date(_needed(row, "date"))
    if day is None:
        raise _Wrong("date", N_("Not a date (2026-08-17): {value}"), value=row.text("date"))
    if day > now.now.astimezone(now.zone).date():
        raise _Wrong("date", N_("This day lies in the future."))
    return PastAgreement(row.number, int(text), day, _needed(row, "minutes"))


def read_moment(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """A moment from ``2026-08-17``, ``17/8/2026 10:30`` or ISO 8601; None for anything else."""
    local = _LOCAL.fullmatch(text)
    try:
        if local is None:
            # Python 3.10 does not know the letter Z.
            moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
        clock = _NOON
        if local["clock"]:
            hour, minute, second, *_ = (*map(int, re.split("[:.]", local["clock"])), 0)
            clock = dt.time(hour, minute, second)
    except ValueError:
        return None
    day = values.date(local["day"])
    return day and dt.datetime.combine(day, clock, tzinfo=zone)


def _needed(row: Row, column: str) -> str:
    text = row.text(column)
    if not text:
        raise _Wrong(column, N_("Missing value"))
    return text


def _number(row: Row, column: str) -> int | None:
    text = row.text(column)
    if not text:
        return None
    if not text.isdecimal():
        raise _Wrong(column, N_("Not a whole number: {value}"), value=text)
    return int(text)


def _office(row: Row, now: Now) -> str:
    found = now.office(_needed(row, "office"))
    if isinstance(found, Problem):
        raise _Wrong("office", found.message, **found.places)
    return found
