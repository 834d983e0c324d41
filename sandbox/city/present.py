"""What happens today: deposits through the actions, and dispensations."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ckanext.satudata.deposits.periods import parse_period

from .choice import Dice
from .history import Due
from .model import OPEN, PUBLISHED, Dataset, Excuse, FileSpec, HistoryRow, PresentDeposit

ACCEPTED, WAITING, RETURNED = "diterima", "menunggu", "dikembalikan"
_DEPOSITS, _EXCUSES, _CORRECTIONS = 60, 4, 6
_NOTES = (
    "Jumlah per kelurahan tidak sama dengan jumlah kecamatan. Mohon diperiksa kembali.",
    "Kolom satuan belum diisi dan dua baris ganda. Mohon diperbaiki.",
    "Periode dalam berkas berbeda dengan periode yang dipilih.",
    "Kode wilayah belum memakai kode Kementerian Dalam Negeri.",
)
_REASONS = (
    "Aplikasi kementerian sumber data sedang dipelihara.",
    "Pendataan lapangan mundur karena petugas dialihkan ke penanganan banjir.",
)


def deposits(
    left: Sequence[Due],
    datasets: Mapping[str, Dataset],
    files: Mapping[tuple[str, str], FileSpec],
    silent: frozenset[str],
    scale: float,
    today: dt.date,
    dice: Dice,
) -> list[PresentDeposit]:
    """Deposits to make now: what is late, or due soon and its period over.

    ``left``: periods of the running quarter without a deposit. ``silent``: codes of the offices
    on the board that send nothing. ``files``: a file for each (dataset name, period).
    """
    found = []
    for due in _spread(left, silent, today, dice)[: max(6, round(_DEPOSITS * scale))]:
        dataset = datasets[due.item.dataset_name or ""]
        outcome, note = _outcome(due, dice)
        found.append(
            PresentDeposit(
                due.item.office_code, due.item.title, dataset.name, due.owed.period,
                "file", outcome, note, files[(dataset.name, due.owed.period)],
            )
        )
    return found


def corrections(
    rows: Sequence[HistoryRow],
    open_ones: Collection[tuple[str, str]],
    datasets: Iterable[Dataset],
    boards: Mapping[str, str],
    year: int,
    dice: Dice,
) -> list[PresentDeposit]:
    """Corrections of files that came last, one of an office: they change no figure.

    :param rows: all that came
    :param open_ones: (office, title) of the items of which something is open: none of these, so
        that the period of a correction is the one that the portal would propose
    :param boards: the code on the board by that of each office
    :param year: of the register whose items are taken
    """
    came = {
        (row.office_code, row.item_title, row.period) for row in rows
        if row.kind == "file" and row.quarter.startswith(str(year))
    }
    found: dict[str, PresentDeposit] = {}
    for one in sorted(datasets, key=lambda dataset: dice.number("koreksi", dataset.title)):
        board = boards.get(one.office_code)
        key = (one.office_code, one.title)
        if (
            board is None or board in found or key in open_ones or one.subject.is_list
            or (one.state, one.access) != (PUBLISHED, OPEN) or not one.files
        ):
            continue
        file = max(one.files, key=lambda each: parse_period(each.period).last)
        if (*key, file.period) in came:
            found[board] = PresentDeposit(
                *key, one.name, file.period, "file", WAITING, "", replace(file, corrected=True))
    return list(found.values())[:_CORRECTIONS]


def can_come(due: Due, silent: frozenset[str], today: dt.date) -> bool:
    """Whether a period may be deposited today: it is over, or goes on without an end."""
    if due.board in silent or due.item.dataset_name is None or due.item.jadwal:
        return False
    period = parse_period(due.owed.period)
    return period.last < today or (due.item.frekuensi == "terus_menerus" and today in period)


def _spread(
    left: Sequence[Due], silent: frozenset[str], today: dt.date, dice: Dice
) -> list[Due]:
    """One of each office in turn, one period of an item at most."""
    seen: set[tuple[str, str]] = set()
    rank: dict[str, int] = {}
    order = []
    for due in sorted(left, key=lambda one: (dice.number("kini", *one.key), one.key)):
        item = (due.item.office_code, due.item.title)
        if item in seen or not can_come(due, silent, today):
            continue
        seen.add(item)
        place = rank[due.board] = rank.get(due.board, 0) + 1
        order.append((place, dice.number("giliran", *due.key), due))
    return [due for _, _, due in sorted(order, key=lambda entry: entry[:2])]


def _outcome(due: Due, dice: Dice) -> tuple[str, str]:
    chance = dice.unit(*due.key, "hasil")
    if chance < 0.5:
        return ACCEPTED, ""
    if chance < 0.85:
        return WAITING, ""
    return RETURNED, dice.pick(_NOTES, *due.key, "catatan")


def excuses(
    left: Sequence[Due],
    taken: Sequence[PresentDeposit],
    silent: frozenset[str],
    today: dt.date,
    dice: Dice,
) -> list[Excuse]:
    """Waivers for days that are over and extensions for days that are not, two of each."""
    gone = {(one.office_code, one.item_title, one.period) for one in taken}
    free = [
        due for due in sorted(left, key=lambda one: (dice.number("dispensasi", *one.key), one.key))
        if due.key not in gone and due.board not in silent
    ]
    past = [due for due in free if due.owed.last_day < today][: _EXCUSES // 2]
    coming = [due for due in free if due.owed.last_day >= today][: _EXCUSES // 2]
    return [
        Excuse(*due.key, dice.pick(_REASONS, *due.key), _until(due) if due in coming else None)
        for due in (*past, *coming)
    ]


def _until(due: Due) -> dt.date:
    """Ten days more, but not into the register of the next year."""
    last = due.owed.last_day
    return min(last + dt.timedelta(days=10), dt.date(last.year, 12, 31))
