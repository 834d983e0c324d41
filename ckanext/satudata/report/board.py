"""The board as people read it: groups, order, filters and the comparison with a quarter before.

Takes reports in the form of ``satudata_compliance_report`` and arranges them; it counts nothing
that the report has not counted. Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .wording import OFFICE_STATES

Row = Mapping[str, Any]

BETTER, WORSE, SAME, NEW = "better", "worse", "same", "new"

#: Columns by which the table of offices may be sorted.
SORTABLE = (
    "title", "status", "due", "fulfilled", "partial", "missing", "excused", "pending", "unjudged",
    "rate", "on_time_rate", "arrears", "consecutive_missed", "units_silent", "metadata_score",
    "change",
)
_TEXT = ("title",)
_ORDER = {status: place for place, status in enumerate(OFFICE_STATES)}
_CHANGE_ORDER = {WORSE: 0, SAME: 1, NEW: 2, BETTER: 3}


@dataclass(frozen=True)
class Board:
    """A report arranged for reading.

    ``groups`` holds the offices of each state, the most urgent first; ``changes`` says for each
    office (by id) how it stands against the quarter before, empty when there is nothing to
    compare with; ``improved`` is the office whose rate rose most, with the two rates.
    """

    report: Row
    groups: Mapping[str, Sequence[Row]]
    changes: Mapping[str, str] = field(default_factory=dict)
    improved: tuple[Row, str, str] | None = None

    @property
    def compared(self) -> bool:
        """Whether there was a quarter to compare with."""
        return bool(self.changes)


def arrange(report: Row, before: Row | None = None) -> Board:
    """Arrange ``report`` for reading, compared with ``before`` (the quarter before) if given."""
    offices = report["organizations"]
    groups = {
        status: sorted((row for row in offices if row["status"] == status), key=_urgency)
        for status in OFFICE_STATES
    }
    if before is None or not before["totals"]["due"]:
        return Board(report, groups)
    return Board(report, groups, compare(offices, before["organizations"]), best(offices, before))


def compare(offices: Iterable[Row], before: Iterable[Row]) -> dict[str, str]:
    """For each office by id: better, worse, same, or new (nothing was judged before).

    The share of items fulfilled decides; an office with nothing due now is left out.
    """
    rates = {row["id"]: row["rate"] for row in before}
    changes = {}
    for row in offices:
        if row["rate"] is None:
            continue
        old = rates.get(row["id"])
        if old is None:
            changes[row["id"]] = NEW
        elif _rate(row) == float(old):
            changes[row["id"]] = SAME
        else:
            changes[row["id"]] = BETTER if _rate(row) > float(old) else WORSE
    return changes


def best(offices: Iterable[Row], before: Row) -> tuple[Row, str, str] | None:
    """The office whose rate rose most since ``before``, with the old and the new rate."""
    rates = {row["id"]: row["rate"] for row in before["organizations"]}
    risen = [
        (float(row["rate"]) - float(rates[row["id"]]), row)
        for row in offices
        if row["rate"] is not None and rates.get(row["id"]) is not None
    ]
    if not risen:
        return None
    rise, row = max(risen, key=lambda pair: (pair[0], pair[1]["rate"], pair[1]["title"]))
    return (row, rates[row["id"]], row["rate"]) if rise > 0 else None


def by_latest(offices: Iterable[Row]) -> list[Row]:
    """Rows of ``satudata_compliance_history``, the most urgent of the latest quarter first.

    Of those in the same state the one that was silent most often; who has left the board last.
    """
    return sorted(offices, key=_latest_urgency)


def _latest_urgency(office: Row) -> tuple[Any, ...]:
    latest = office["results"][-1]
    silent = sum(1 for one in office["results"] if one and one["status"] == OFFICE_STATES[0])
    return (
        len(_ORDER) if latest is None else _ORDER[latest["status"]],
        -silent, -1.0 if latest is None else _rate(latest), office["title"].casefold(),
    )


def _urgency(row: Row) -> tuple[Any, ...]:
    """Longest silence first, then what misses most; those who came furthest last."""
    rate = _rate(row)
    return (-(row["consecutive_missed"] or 0), rate, -row["missing"], row["title"].casefold())


def _rate(row: Row) -> float:
    return -1.0 if row["rate"] is None else float(row["rate"])


def sorted_offices(board: Board, order: str | None) -> list[Row]:
    """All offices of the board in the order ``column`` or ``-column`` (descending).

    Without an order, or with one that is none, by urgency: not deposited, partly, complete,
    nothing due. Offices without a value stand last either way.
    """
    rows = [row for status in OFFICE_STATES for row in board.groups[status]]
    column = (order or "").removeprefix("-")
    if column not in SORTABLE:
        return rows
    value = _value_of(column, board)
    filled = [row for row in rows if value(row) is not None]
    empty = [row for row in rows if value(row) is None]
    filled.sort(key=value, reverse=(order or "").startswith("-"))
    return filled + empty


def _value_of(column: str, board: Board) -> Any:
    if column in _TEXT:
        return lambda row: row[column].casefold()
    if column == "status":
        return lambda row: _ORDER.get(row["status"])
    if column == "change":
        return lambda row: _CHANGE_ORDER.get(board.changes.get(row["id"], ""))
    if column in ("rate", "on_time_rate"):
        return lambda row: None if row[column] is None else float(row[column])
    return lambda row: row.get(column)


def filtered_offices(rows: Iterable[Row], status: str | None, text: str | None) -> list[Row]:
    """The offices in state ``status`` whose title or code has ``text`` (either may be empty)."""
    wanted = (text or "").strip().casefold()
    return [
        row for row in rows
        if (not status or row["status"] == status)
        and (wanted in row["title"].casefold() or wanted in (row["kode_opd"] or "").casefold())
    ]


def office_and_units(report: Row, name: str) -> tuple[Row | None, list[Row]]:
    """The row of the office called ``name`` and those of all units below it.

    Units are the other rows of a report that was asked for this office alone.
    """
    own = [row for row in report["organizations"] if row["name"] == name]
    units = [row for row in report["organizations"] if row["name"] != name]
    return (own[0] if own else None), sorted(units, key=_urgency)
