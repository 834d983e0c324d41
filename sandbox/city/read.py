"""Reading the files of a city: offices, regions, breakdowns, accounts and the small tables."""
from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path

from .model import Breakdown, Item, Office, Region

#: Breakdowns whose values depend on the office that publishes the table.
SCOPES = {
    "kelurahan": "kelurahan", "kelurahan_layanan": "kelurahan", "kecamatan": "kecamatan",
    "rw": "rw", "rw_kota": "rw", "opd": "opd", "sd": "sd",
}
#: Words that make a column look as if it held personal data: a table of counts avoids them.
ASKED_HEADERS = ("agama", "penyakit", "golongan_darah", "disabilitas", "bpjs", "gaji", "diagnosa")

#: Columns that each table has anyway.
FIXED_COLUMNS = ("tahun", "periode", "satuan", "sumber", "nomor", "keadaan")


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, all values stripped; a row of another length is a ValueError."""
    with path.open(encoding="utf-8", newline="") as handle:
        found = []
        for row in csv.DictReader(handle):
            if None in row or None in row.values():
                raise ValueError(f"{path.name}: a row has too many or too few columns: {row}")
            found.append({key: value.strip() for key, value in row.items()})
    return found


def table(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a CSV file by their first column."""
    found = {}
    for row in rows(path):
        key = next(iter(row.values()))
        if key in found:
            raise ValueError(f"{path.name}: {key!r} stands twice")
        found[key] = row
    return found


def slug(text: str) -> str:
    """Lower case letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def offices(city_dir: Path) -> list[Office]:
    """The office list, in the order of the file (parents before their units)."""
    return [
        Office(
            code=row["code"],
            title=row["name"],
            abbreviation=row["abbreviation"],
            name=slug(row["abbreviation"]),
            kind=row["kind"],
            parent_code=row["parent_code"] or None,
            urusan=tuple(row["urusan"].split(";")),
            on_board=row["wajib_setor"] == "ya",
            region=row["kode_wilayah"],
            valid_from=dt.date.fromisoformat(row["berlaku_dari"]),
            row=row,
        )
        for row in rows(city_dir / "opd.csv")
    ]


def regions(city_dir: Path) -> list[Region]:
    """The city with its kecamatan and kelurahan."""
    return [
        Region(
            row["kode_kemendagri"], row["nama"], row["tingkat"], row["kode_induk"],
            row["kode_bps"], int(row["penduduk_contoh"] or 0), int(row["jumlah_rw"] or 0),
        )
        for row in rows(city_dir / "wilayah.csv")
    ]


def breakdowns(city_dir: Path) -> dict[str, Breakdown]:
    """The breakdowns that many tables share, by code."""
    return {
        code: Breakdown(
            code, row["frasa"], row["kolom"] or code, row["tingkat"], items(row["isi"]),
            SCOPES.get(code, ""),
        )
        for code, row in table(city_dir / "rincian.csv").items()
    }


def inline_breakdown(text: str) -> Breakdown:
    """A breakdown written where it is used: ``jenis pajak=Reklame|Parkir:3``."""
    phrase, _, values = text.partition("=")
    column = slug(phrase).replace("-", "_")
    if column in FIXED_COLUMNS:
        raise ValueError(f"{phrase!r} would be a second column {column!r}: another word is needed")
    if any(word in column for word in ASKED_HEADERS):
        column = "kategori"
    return Breakdown(column, phrase, column, "kabupaten_kota", items(values))


def items(text: str) -> tuple[Item, ...]:
    """Values separated by ``|``, each with ``:share`` (of what adds up) or ``@level``."""
    found = []
    for part in filter(None, text.split("|")):
        label, at, level = part.partition("@")
        if at:
            found.append(Item(label, 1.0, float(level)))
            continue
        label, colon, share = part.rpartition(":")
        found.append(Item(label, float(share)) if colon else Item(part, 1.0))
    return tuple(found)
