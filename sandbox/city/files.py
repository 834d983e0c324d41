"""The bytes of the sample files: real CSV and XLSX, the same bytes for the same file each time."""
from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import xlsxwriter

from . import tables
from .choice import Dice
from .model import City, Dataset, FileSpec, Office, Region
from .read import rows as read_rows


def place(
    regions: Sequence[Region], offices: Sequence[Office], city_dir: Path, dice: Dice
) -> tables.Place:
    """What the tables need to know of a city."""
    path = city_dir / "wilayah_kerja.csv"
    served = {
        row["singkatan"]: tuple(row["kelurahan"].split(";"))
        for row in (read_rows(path) if path.exists() else [])
    }
    return tables.Place(regions, offices, served, dice)


def place_of(city: City, city_dir: Path) -> tables.Place:
    """The same for a city that is made, once for all its files."""
    return place(city.regions, city.offices, city_dir, Dice(city.seed))


def render(dataset: Dataset, file: FileSpec, where: tables.Place) -> bytes:
    """The bytes of one file of a dataset, CSV or XLSX as it says."""
    header = [name for name, _ in tables.columns(dataset.subject)]
    body = tables.rows(dataset.subject, file.periods, where)
    if file.corrected:
        tables.correct(dataset.subject, body)
    if file.format == "XLSX":
        return _xlsx(header, body, file.released)
    return _csv(header, body)


def render_all(city: City, city_dir: Path) -> Iterator[tuple[Dataset, FileSpec, bytes]]:
    """Each file of the city with its dataset, made one at a time."""
    where = place_of(city, city_dir)
    for dataset in city.datasets:
        for file in dataset.files:
            yield dataset, file, render(dataset, file, where)


def write(city: City, city_dir: Path, target: Path) -> int:
    """Write all files below ``target``, a folder for each dataset; returns how many."""
    count = 0
    for dataset, file, content in render_all(city, city_dir):
        folder = target / dataset.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file.filename).write_bytes(content)
        count += 1
    return count


def _csv(header: list[str], body: list[list[tables.Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(body)
    return text.getvalue().encode()


def _xlsx(header: list[str], body: list[list[tables.Cell]], day: dt.date) -> bytes:
    """A workbook with one sheet; its date is the file's, so that the bytes do not depend on now."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False,
                                        "strings_to_urls": False})
    book.set_properties({
        "title": "Data contoh", "comments": tables.SOURCE,
        "created": dt.datetime.combine(day, dt.time(8)),
    })
    sheet = book.add_worksheet("data")
    sheet.write_row(0, 0, header, book.add_format({"bold": True}))
    for number, row in enumerate(body, start=1):
        sheet.write_row(number, 0, row)
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()
