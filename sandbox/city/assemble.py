"""Datasets put together: metadata, access, files, state; what each step needs stands in Parts."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.satudata.deposits.periods import label
from ckanext.satudata.journal.calendar import RuleBook
from sandbox.identity import TOP_LEVELS

from . import closure, metadata, tables, timetable
from .choice import Dice
from .model import (
    DRAFT,
    OPEN,
    RETURNED,
    Dataset,
    FileSpec,
    Office,
    Region,
    RegisterItem,
    Subject,
)
from .read import slug

#: How many periods a file holds, by frequency.
_SERIES = {
    "harian": 7, "mingguan": 4, "dua_mingguan": 4, "bulanan": 6, "dua_bulanan": 4,
    "triwulanan": 4, "empat_bulanan": 3, "semesteran": 4, "tahunan": 3,
}
_MOST_ROWS = 400
_XLSX, _SECOND_FILE = 0.3, 0.15
_RETURN_NOTES = (
    "Definisi belum menjelaskan sumber pencatatan. Mohon dilengkapi.",
    "Satuan pada tabel berbeda dengan satuan pada metadata.",
    "Rincian menurut kelurahan belum lengkap: tiga kelurahan kosong.",
    "Judul memuat singkatan. Mohon ditulis lengkap sesuai daftar data.",
)


@dataclass(frozen=True)
class Parts:
    """What datasets are made from."""

    offices: Sequence[Office]
    regions: Mapping[str, Region]
    topics: Mapping[str, Mapping[str, str]]
    concepts: Mapping[str, Mapping[str, str]]
    profiles: Mapping[str, Mapping[str, str]]
    place: tables.Place
    rules: RuleBook
    today: dt.date
    dice: Dice


def bare(subject: Subject, state: str, access: str, parts: Parts) -> Dataset:
    """A dataset with its metadata, without files yet."""
    fields = metadata.fields(subject, parts.regions, parts.topics, parts.concepts, parts.dice)
    fields["name"] = metadata.url_name(subject, access)
    fields["notes"] = metadata.notes(subject, tables.columns(subject))
    fields |= metadata.open_access(subject) if access == OPEN else _closed(subject, parts)
    note = ""
    if state == DRAFT:
        fields = _unfinished(fields, subject, parts.dice)
    elif state == RETURNED:
        note = parts.dice.pick(_RETURN_NOTES, subject.title, "dikembalikan")
    return Dataset(
        fields["name"], subject.title, subject.office.code, state, access, fields, (), subject, note
    )


def _closed(subject: Subject, parts: Parts) -> dict[str, Any]:
    profile = parts.profiles[subject.access]
    city = next(one.name for one in parts.regions.values() if one.level in TOP_LEVELS)
    ppid = f"PPID Utama {city} (Kepala Dinas Komunikasi dan Informatika)"
    found = closure.evidence(subject, profile, parts.offices, ppid, parts.today, parts.dice)
    return {**found, "license_id": "other-closed"}


def _unfinished(fields: dict[str, Any], subject: Subject, dice: Dice) -> dict[str, Any]:
    """A draft lacks one to four of the fields that are needed to publish."""
    needed = (
        "sds_definisi", "sds_klasifikasi", "penanggung_jawab", "kontak_produsen", "sds_konsep",
        "produsen_data", "tingkat_penyajian",
    )
    gone = dice.shuffled(needed, subject.title, "belum")[: dice.whole(1, 4, subject.title, "belum")]
    return {key: value for key, value in fields.items() if key not in gone}


def with_files(
    dataset: Dataset, item: RegisterItem | None, came: Sequence[str], parts: Parts
) -> Dataset:
    """The dataset with its files and the span of its data.

    ``came``: codes of the periods for which a file came, oldest first. Files hold only periods
    that came or that were never owed, so that they tell no other story than the history.
    """
    if dataset.state == DRAFT and parts.dice.chance(0.5, dataset.title, "tanpa berkas"):
        return dataset
    codes = list(came[-1:]) or [_before_all(dataset, item, parts)]
    if len(came) > 1 and parts.dice.chance(_SECOND_FILE, dataset.title, "berkas kedua"):
        codes = list(came[-2:])
    files = tuple(file_for(dataset, code, parts) for code in reversed(codes))
    first, last = timetable.span([code for file in files for code in file.periods])
    fields = {
        **dataset.metadata,
        "dimensi_awal": first.isoformat(), "dimensi_akhir": last.isoformat(),
    }
    if item is not None and item.prioritas:
        fields["prioritas_tahun"] = [str(year) for year in item.years]
    return Dataset(
        dataset.name, dataset.title, dataset.office_code, dataset.state, dataset.access, fields,
        files, dataset.subject, dataset.note,
    )


def _before_all(dataset: Dataset, item: RegisterItem | None, parts: Parts) -> str:
    """The latest period that nobody owes: before the first owed one, or any without an item."""
    frekuensi = dataset.subject.frekuensi
    if item is None:
        return timetable.latest_period(frekuensi, parts.today, parts.rules)
    owed = timetable.owed(item, parts.rules, parts.today)
    if not owed:
        return timetable.latest_period(frekuensi, item.valid_from, parts.rules)
    return timetable.before(owed[0].period, frekuensi, 2)[0]


def file_for(dataset: Dataset, code: str, parts: Parts) -> FileSpec:
    """The file of a dataset for one period, with the periods before it that fit."""
    subject, dice = dataset.subject, parts.dice
    count = 1 if subject.is_list else _SERIES.get(subject.frekuensi, 1)
    if count > 1:
        size = len(tables.rows(subject, [code], parts.place))
        count = max(1, min(count, _MOST_ROWS // max(1, size)))
    periods = tuple(timetable.before(code, subject.frekuensi, count))
    kind = "XLSX" if dice.chance(_XLSX, dataset.title, "bentuk") else "CSV"
    last = timetable.span([code])[1]
    released = min(last + dt.timedelta(days=dice.whole(3, 14, dataset.title, code)), parts.today)
    stem = _short(slug(subject.title)) if dataset.access == OPEN else dataset.name
    return FileSpec(
        name=f"{subject.title} – {label(code)}",
        filename=f"{stem}-{slug(code)}.{kind.lower()}",
        format=kind, period=code, periods=periods, released=released,
    )


def _short(name: str) -> str:
    """Cut at a word, not inside one."""
    return name if len(name) <= 60 else name[:60].rsplit("-", 1)[0]


def resource_fields(dataset: Dataset, file: FileSpec) -> dict[str, Any]:
    """The fields of a file's resource, without the upload itself."""
    return {
        "name": file.name,
        "format": file.format,
        "periode": file.period,
        "tanggal_data": file.released.isoformat(),
        "jenis_berkas": "data",
        "kamus_data": tables.dictionary(dataset.subject, timetable.span([file.period])[1]),
    }
