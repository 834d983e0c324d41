"""What came in the past: rows for ``history import``, made from the habits of the offices."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ckanext.satudata.deposits.periods import parse_period
from ckanext.satudata.deposits.schedule import DuePeriod
from ckanext.satudata.journal.calendar import RuleBook, is_working_day
from ckanext.satudata.journal.quarters import Quarter

from . import timetable
from .choice import Dice
from .habits import COMPLETE, PARTIAL, SILENT, Conduct, Habit
from .model import HistoryRow, RegisterItem, Subject

ZONE = ZoneInfo("Asia/Jakarta")
_DAY = dt.timedelta(days=1)
#: Part of the units of a partly complete office that send nothing in a quarter.
_SILENT_UNITS = 0.25
#: Part of what was missing that comes a quarter later, and of an item's periods that are skipped.
_ARREARS, _SKIPPED = 0.6, 0.12


@dataclass(frozen=True)
class Due:
    """A period that an item owes, with the code of the office on the board that it counts under."""

    item: RegisterItem
    board: str
    owed: DuePeriod

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, in words."""
        return (self.item.office_code, self.item.title, self.owed.period)


@dataclass(frozen=True)
class Outcome:
    """Of the running quarter's dues: those with a deposit in the rows, and those without."""

    rows: list[HistoryRow]
    open: list[Due]


@dataclass(frozen=True)
class Past:
    """All that is needed to tell the past: items, habits, rules, the day."""

    subjects: Mapping[tuple[str, str], Subject]
    habits: Mapping[str, Habit]
    rules: RuleBook
    quarters: Sequence[Quarter]
    today: dt.date
    dice: Dice

    def conduct(self, board: str, ago: int) -> Conduct:
        """How the office on the board with that code behaved."""
        return self.habits[board].conduct(ago, self.dice, board)

    def ago(self, quarter: int) -> int:
        """How many quarters back from the latest ended one; -1 is the running one."""
        return self.quarters[-1].index - quarter


def dues(
    items: Sequence[RegisterItem], boards: Mapping[str, str], rules: RuleBook, until: dt.date
) -> list[Due]:
    """Everything that is owed up to ``until``. ``boards``: code on the board of each office."""
    return [
        Due(item, boards[item.office_code], owed)
        for item in items
        if item.office_code in boards
        for owed in timetable.owed(item, rules, until)
    ]


def tell(all_dues: Sequence[Due], past: Past) -> tuple[list[HistoryRow], Outcome]:
    """The rows of the quarters before the running one, and the running one up to yesterday."""
    groups: dict[tuple[str, int], list[Due]] = {}
    for due in all_dues:
        groups.setdefault((due.board, due.owed.quarter), []).append(due)
    rows: list[HistoryRow] = []
    running = Outcome([], [])
    for (board, quarter), group in groups.items():
        ago = past.ago(quarter)
        conduct = past.conduct(board, ago)
        came = _came(group, conduct, ago, past.dice)
        for due in group:
            late = due.key in came and past.dice.chance(conduct.late, *due.key, "telat")
            moment = _moment(due, late, past) if due.key in came else _arrears(due, ago, past)
            if moment is None or moment.date() >= past.today:
                if ago == -1:
                    running.open.append(due)
                continue
            (running.rows if ago == -1 else rows).append(_row(due, moment))
    return _with_kinds(rows, running.rows, past), running


def _row(due: Due, moment: dt.datetime) -> HistoryRow:
    return HistoryRow(
        due.item.office_code, due.item.title, due.owed.period, "file", moment,
        Quarter.from_index(due.owed.quarter).code,
    )


# --- what came ----------------------------------------------------------------------------------


def _came(
    group: Sequence[Due], conduct: Conduct, ago: int, dice: Dice
) -> set[tuple[str, str, str]]:
    """Keys of the periods of one office and quarter that came."""
    keys = [due.key for due in group]
    if conduct.result == COMPLETE:
        return set(keys)
    if conduct.result == SILENT:
        return set()
    came = {due.key for due in group if _comes(due, conduct, ago, dice)}
    order = dice.shuffled(keys, ago, "urut")
    if conduct.result == PARTIAL and len(order) > 1:
        if len(came) == len(keys):
            came.discard(order[-1])
        if not came:
            came.add(order[0])
    return came


def _comes(due: Due, conduct: Conduct, ago: int, dice: Dice) -> bool:
    item = due.item
    unit = item.office_code != due.board
    if unit and dice.chance(_SILENT_UNITS, item.office_code, ago, "diam"):
        return False
    if not dice.chance(conduct.share, item.office_code, item.title, ago, "setor"):
        return False
    return not dice.chance(_SKIPPED, *due.key, "terlewat")


# --- when it came -------------------------------------------------------------------------------


def _moment(due: Due, late: bool, past: Past) -> dt.datetime | None:
    """When it came: in the days before the last allowed one, or late within the quarter."""
    last = due.owed.last_day
    if late:
        limit = min(Quarter.from_index(due.owed.quarter).last, past.today - _DAY)
        day = last + _DAY * past.dice.whole(2, 21, *due.key, "hari")
        day = min(day, limit)
        day = max(day, last)
    else:
        day = _early_day(due, past)
    return _at_office_hours(day, due, past)


def _early_day(due: Due, past: Past) -> dt.date:
    """A working day between the end of the period and the last allowed day."""
    period, last = parse_period(due.owed.period), due.owed.last_day
    first = period.last + _DAY
    if due.item.frekuensi == "terus_menerus":
        first = period.first + 19 * _DAY
    elif due.item.jadwal:
        first = last - 6 * _DAY
    room = max(0, min(9, (last - first).days))
    day = last - _DAY * past.dice.whole(0, room, *due.key, "awal")
    while day > first and not _works(day, past):
        day -= _DAY
    return day


def _works(day: dt.date, past: Past) -> bool:
    return is_working_day(day, past.rules.for_period_ending(day))


def _at_office_hours(day: dt.date, due: Due, past: Past) -> dt.datetime:
    minutes = past.dice.whole(7 * 60 + 40, 15 * 60 + 50, *due.key, "jam")
    return dt.datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=ZONE)


def _arrears(due: Due, ago: int, past: Past) -> dt.datetime | None:
    """Some of what was missing comes in the next quarter, unless the office is silent in it."""
    if ago < 2 or past.conduct(due.board, ago - 1).result == SILENT:
        return None
    if not past.dice.chance(_ARREARS, *due.key, "tunggakan"):
        return None
    first = Quarter.from_index(due.owed.quarter + 1).first
    day = first + _DAY * past.dice.whole(4, 70, *due.key, "menyusul")
    return _at_office_hours(day, due, past)


# --- what it was --------------------------------------------------------------------------------


def _with_kinds(
    rows: Sequence[HistoryRow], running: list[HistoryRow], past: Past
) -> list[HistoryRow]:
    """The same rows with nil reports and statements "unchanged" where they are plausible.

    Each "unchanged" follows a file, and no two of them follow each other.
    """
    before: dict[tuple[str, str], str] = {}
    ended = {(row.office_code, row.item_title, row.period) for row in rows}
    found: list[HistoryRow] = []
    running_rows: list[HistoryRow] = []
    for row in sorted([*rows, *running], key=_order):
        key = (row.office_code, row.item_title)
        kind = _kind(row, past.subjects[key], before.get(key), past.dice)
        before[key] = kind
        told = replace(row, kind=kind)
        (found if (*key, row.period) in ended else running_rows).append(told)
    running[:] = running_rows
    return found


def _order(row: HistoryRow) -> tuple[dt.datetime, str, str, str]:
    return (row.happened_at, row.office_code, row.item_title, row.period)


def _kind(row: HistoryRow, subject: Subject, before: str | None, dice: Dice) -> str:
    if before is None:
        return "file"
    keys = (row.office_code, row.item_title, row.period)
    if subject.unit == "kasus" and dice.chance(0.12, *keys, "nihil"):
        return "nil"
    if subject.is_list and before == "file" and dice.chance(0.35, *keys, "tetap"):
        return "unchanged"
    return "file"
