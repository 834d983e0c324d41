"""The sample city made whole: :func:`generate` reads a city's files and returns a City.

Pure and deterministic: the same files, scale, seed and day give the same city, to the byte. The
day is an argument; no clock, no global random numbers, no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from ckanext.satudata.journal.quarters import Quarter

from . import (
    allot,
    assemble,
    catalogue,
    files,
    habits,
    history,
    people,
    present,
    read,
    register,
    timetable,
)
from .choice import Dice
from .model import (
    City,
    Dataset,
    FileSpec,
    HistoryRow,
    Office,
    RegisterItem,
)

MOJOKERTO = Path(__file__).parent / "mojokerto"
#: Quarters before the running one that have a history.
PAST_QUARTERS = 12
SEED = 3576


def generate(
    city_dir: Path = MOJOKERTO, scale: float = 1.0, seed: int = SEED, *, today: dt.date
) -> City:
    """The city of ``city_dir`` on the day ``today``.

    ``scale``: 1.0 gives 1,265 published datasets, 0.1 gives 127; all offices are there at any
    scale from about 0.08 up (ValueError below). ``seed``: another one gives another city of the
    same shape.
    """
    dice = Dice(seed)
    offices, regions = read.offices(city_dir), read.regions(city_dir)
    quarters = timetable.quarters_before(today, PAST_QUARTERS)
    parts = _parts(city_dir, offices, quarters, today, dice)
    subjects = catalogue.subjects(city_dir, offices, regions, dice)
    classes = {code: row["klasifikasi"] for code, row in parts.profiles.items()}
    datasets = [
        assemble.bare(subject, state, access, parts)
        for subject, state, access in allot.choose(subjects, classes, scale, dice)
    ]
    items = register.items(city_dir, datasets, quarters, today, dice)
    boards = _boards(offices)
    past = _past(city_dir, datasets, offices, quarters, parts)
    all_dues = history.dues(items, boards, parts.rules, Quarter.of(today).last)
    rows, running = history.tell(all_dues, past)
    datasets = _with_files(datasets, items, [*rows, *running.rows], parts)
    silent = frozenset(
        code for code in past.habits if past.conduct(code, -1).result == habits.SILENT
    )
    made = _deposits(running.open, datasets, silent, scale, parts)
    return City(
        today=today, seed=seed, rules=parts.rules,
        offices=tuple(offices), regions=tuple(regions),
        users=tuple(people.users(city_dir, offices, dice)),
        datasets=tuple(datasets), register=tuple(items),
        agreements=tuple(register.agreements(quarters, today)),
        history=tuple(rows), arrived=tuple(running.rows), present=tuple(made),
        corrections=tuple(present.corrections(
            [*rows, *running.rows], _with_something_open(all_dues, [*rows, *running.rows]),
            datasets, boards, today.year, dice,
        )),
        excuses=tuple(present.excuses(running.open, made, silent, today, dice)),
    )


def _with_something_open(
    dues: Sequence[history.Due], rows: Sequence[HistoryRow]
) -> set[tuple[str, str]]:
    """(office, title) of the items of which a period has not come."""
    came = {(row.office_code, row.item_title, row.period) for row in rows}
    return {due.key[:2] for due in dues if due.key not in came}


def _parts(
    city_dir: Path,
    offices: Sequence[Office],
    quarters: Sequence[Quarter],
    today: dt.date,
    dice: Dice,
) -> assemble.Parts:
    regions = read.regions(city_dir)
    return assemble.Parts(
        offices=offices,
        regions={region.code: region for region in regions},
        topics=read.table(city_dir / "topik.csv"),
        concepts=read.table(city_dir / "konsep.csv"),
        profiles=read.table(city_dir / "akses.csv"),
        place=files.place(regions, offices, city_dir, dice),
        rules=timetable.rule_book(range(quarters[0].year - 1, today.year + 2)),
        today=today,
        dice=dice,
    )


def _boards(offices: Sequence[Office]) -> dict[str, str]:
    """The code on the board of each office that stands there or below one that does."""
    by_code = {office.code: office for office in offices}
    found = {}
    for office in offices:
        top: Office | None = office
        while top is not None and not top.on_board:
            top = by_code.get(top.parent_code or "")
        if top is not None:
            found[office.code] = top.code
    return found


def _past(
    city_dir: Path,
    datasets: Sequence[Dataset],
    offices: Sequence[Office],
    quarters: Sequence[Quarter],
    parts: assemble.Parts,
) -> history.Past:
    by_abbreviation = habits.of_city(city_dir)
    board = [office for office in offices if office.on_board]
    if lacking := [one.abbreviation for one in board if one.abbreviation not in by_abbreviation]:
        raise ValueError(f"kebiasaan.csv: no habit for {', '.join(lacking)}")
    return history.Past(
        subjects={(one.office_code, one.title): one.subject for one in datasets},
        habits={office.code: by_abbreviation[office.abbreviation] for office in board},
        rules=parts.rules, quarters=quarters, today=parts.today, dice=parts.dice,
    )


def _with_files(
    datasets: Sequence[Dataset],
    items: Sequence[RegisterItem],
    rows: Sequence[HistoryRow],
    parts: assemble.Parts,
) -> list[Dataset]:
    """The datasets with the files that came for their items, latest last."""
    by_dataset = {item.dataset_name: item for item in items}
    came: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda one: (timetable.span([one.period])[1], one.period)):
        if row.kind == "file":
            came.setdefault((row.office_code, row.item_title), []).append(row.period)
    return [
        assemble.with_files(
            dataset, by_dataset.get(dataset.name),
            came.get((dataset.office_code, dataset.title), []), parts,
        )
        for dataset in datasets
    ]


def _deposits(
    left: Sequence[history.Due],
    datasets: Sequence[Dataset],
    silent: frozenset[str],
    scale: float,
    parts: assemble.Parts,
) -> list[present.PresentDeposit]:
    by_name: Mapping[str, Dataset] = {dataset.name: dataset for dataset in datasets}
    specs: dict[tuple[str, str], FileSpec] = {}
    for due in left:
        if due.item.dataset_name and present.can_come(due, silent, parts.today):
            dataset, code = by_name[due.item.dataset_name], due.owed.period
            specs[(dataset.name, code)] = assemble.file_for(dataset, code, parts)
    return present.deposits(left, by_name, specs, silent, scale, parts.today, parts.dice)
