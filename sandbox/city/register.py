"""The daftar data of the city: which datasets are owed, since when, in which years' registers."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from ckanext.satudata.journal.quarters import Quarter

from . import read
from .choice import Dice
from .model import Agreement, Dataset, RegisterItem

#: Part of the items that stand in the first register already; the others come year by year.
_FROM_THE_START = 0.6
_PRIORITY = 0.08
#: Items that were dropped at the end of last year.
_RETIRED = 6
BY_SCHEDULE = ("sekali", "insidental", "sesuai_kebutuhan")


def items(
    city_dir: Path,
    datasets: Sequence[Dataset],
    quarters: Sequence[Quarter],
    today: dt.date,
    dice: Dice,
) -> list[RegisterItem]:
    """One item for the first table of each subject that is published, and a few that ended."""
    schemes = {stem: row["skema"] for stem, row in read.table(city_dir / "jadwal.csv").items()}
    first: dict[str, int] = {}
    found = []
    for dataset in datasets:
        if dataset.state != "terverifikasi" or dataset.subject.turn != 0:
            continue
        place = first[dataset.office_code] = first.get(dataset.office_code, 0) + 1
        scheme = schemes.get(dataset.subject.stem, "")
        found.append(_item(dataset, place, scheme, quarters, today, dice))
    return found + _retired(datasets, quarters, today, dice)


def _item(
    dataset: Dataset,
    place: int,
    scheme: str,
    quarters: Sequence[Quarter],
    today: dt.date,
    dice: Dice,
) -> RegisterItem:
    years = list(range(quarters[0].year, today.year + 1))
    since = years[0]
    if place > 4 and not dice.chance(_FROM_THE_START, dataset.title, "sejak"):
        since = dice.pick(years, dataset.title, "tahun")
    since = max(since, dataset.subject.office.valid_from.year)
    start = _start(since, dataset.subject.office.valid_from, quarters)
    until = None
    if scheme == "sekali":
        # Owed in one year's register only.
        start, until = dt.date(today.year - 1, 1, 1), dt.date(today.year - 1, 12, 31)
        years = years[:-1]
    return RegisterItem(
        title=dataset.title,
        office_code=dataset.office_code,
        frekuensi=dataset.subject.frekuensi,
        valid_from=start,
        valid_until=until,
        years=tuple(year for year in years if year >= start.year),
        prioritas=dice.chance(_PRIORITY, dataset.title, "prioritas"),
        klasifikasi_akses=dataset.access,
        dataset_name=dataset.name,
        jadwal=_schedule(scheme, quarters, today),
    )


def _start(year: int, office_from: dt.date, quarters: Sequence[Quarter]) -> dt.date:
    """1 January of the year, or the first quarter's first day; a new office a quarter later."""
    start = quarters[0].first if year <= quarters[0].year else dt.date(year, 1, 1)
    if office_from > start:
        start = Quarter.from_index(Quarter.of(office_from).index + 1).first
    return start


def _schedule(
    scheme: str, quarters: Sequence[Quarter], today: dt.date
) -> tuple[tuple[str, dt.date], ...]:
    """The days that an item's own schedule gives: ``triwulan_genap``, ``sekali`` or none."""
    if scheme == "sekali":
        return ((f"{today.year - 1}!", dt.date(today.year - 1, 9, 30)),)
    if scheme != "triwulan_genap":
        return ()
    to_come = range(quarters[-1].index + 1, Quarter(today.year, 4).index + 1)
    return tuple(
        (f"{quarter.year}-{quarter.last.month - 1:02d}", quarter.last.replace(day=15))
        for quarter in (*quarters, *map(Quarter.from_index, to_come))
        if quarter.number in (2, 4)
    )


def _retired(
    datasets: Sequence[Dataset], quarters: Sequence[Quarter], today: dt.date, dice: Dice
) -> list[RegisterItem]:
    """Items of second tables that the Forum dropped after last year."""
    second = [
        dataset for dataset in datasets
        if dataset.state == "terverifikasi" and dataset.subject.turn == 1
        and dataset.subject.frekuensi == "tahunan"
    ]
    chosen = sorted(second, key=lambda dataset: dice.number("dicabut", dataset.title))[:_RETIRED]
    return [
        RegisterItem(
            dataset.title, dataset.office_code, dataset.subject.frekuensi,
            quarters[0].first, dt.date(today.year - 1, 12, 31),
            tuple(range(quarters[0].year, today.year)), False, dataset.access, dataset.name,
        )
        for dataset in chosen
        if dataset.subject.office.valid_from < quarters[0].first
    ]


def agreements(quarters: Sequence[Quarter], today: dt.date) -> list[Agreement]:
    """The Forum agreed on each year's register before its first quarter was over."""
    found = []
    for number, year in enumerate(range(quarters[0].year, today.year + 1)):
        day = dt.date(year, 2, 13) if number else quarters[0].first - dt.timedelta(days=5)
        if day >= today:
            day = dt.date(year - 1, 12, 15)
        minutes = f"Berita Acara Forum Satu Data Nomor 000.7/{118 + 17 * number}/417.502/{day.year}"
        found.append(Agreement(year, day, f"{minutes} (contoh)"))
    return found


def by_title(items_: Sequence[RegisterItem]) -> Mapping[tuple[str, str], RegisterItem]:
    """Items by office code and title, which name an item in sheets."""
    return {(item.office_code, item.title): item for item in items_}
