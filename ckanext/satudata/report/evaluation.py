"""The judgement of a quarter: periods, obligations, offices, totals.

A function of facts and a moment: the same facts at the same moment give the same figures, in
whatever order they come. Everything is counted in whole numbers. Pure: no CKAN, no database.

* A *period* is ``pending``, ``on_time``, ``late``, ``missing`` or ``excused``; on time, late and
  missing are *in due*.
* An *obligation* is judged by its periods in the quarter, under each office that answers for one
  of them: ``fulfilled``, ``partial``, ``missing``; ``pending`` or ``excused`` when none is in due;
  ``unjudged`` when nothing says when it is due. due = fulfilled + partial + missing.
* An *office* is ``lengkap``, ``sebagian``, ``belum_setor`` or ``nihil``.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from ckanext.satudata.journal.quarters import Quarter, quarter_index

PENDING, ON_TIME, LATE, MISSING, EXCUSED = "pending", "on_time", "late", "missing", "excused"
PERIOD_STATES = (PENDING, ON_TIME, LATE, MISSING, EXCUSED)

FULFILLED, PARTIAL, UNJUDGED = "fulfilled", "partial", "unjudged"
OBLIGATION_STATUSES = (FULFILLED, PARTIAL, MISSING, PENDING, EXCUSED, UNJUDGED)

LENGKAP, SEBAGIAN, BELUM_SETOR, NIHIL = "lengkap", "sebagian", "belum_setor", "nihil"
OFFICE_STATUSES = (LENGKAP, SEBAGIAN, BELUM_SETOR, NIHIL)

# States of an obligation's periods as bits, so that a pass over the rows keeps one number each;
# the database counts with the same numbers.
_ON_TIME, _LATE, _MISSING, _EXCUSED, _PENDING = 1, 2, 4, 8, 16
_IN_DUE = _ON_TIME | _LATE | _MISSING
BITS = {ON_TIME: _ON_TIME, LATE: _LATE, MISSING: _MISSING, EXCUSED: _EXCUSED, PENDING: _PENDING}


# --- one period, one obligation, one office ----------------------------------------------------


def period_state(
    *,
    deadline: dt.datetime,
    waived: bool,
    counts_from: dt.datetime | None,
    mending_until: dt.datetime | None,
    as_of: dt.datetime,
    deposits_until: dt.datetime | None = None,
) -> str:
    """The state of a period at the moment ``as_of``.

    ``deadline``: 24:00 of the last allowed day; what counts from exactly then is late, and at
    exactly then the day is over. ``counts_from``: since when a deposit counts (None: none does).
    ``mending_until``: end of the time for mending. ``deposits_until``: in a revision the moment of
    the first freezing: what counts from then on or later has not come (None: no such limit).
    All moments are aware. What came on time stays on time when the period is waived.
    """
    came = has_come(counts_from, deposits_until)
    if came and counts_from is not None and counts_from < deadline:
        return ON_TIME
    if waived:
        return EXCUSED
    if came:
        return LATE
    if as_of < deadline or (mending_until is not None and as_of < mending_until):
        return PENDING
    return MISSING


def has_come(
    counts_from: dt.datetime | None, deposits_until: dt.datetime | None
) -> bool:
    """Whether a deposit counts that happened before the limit of a revision, if there is one."""
    return counts_from is not None and (deposits_until is None or counts_from < deposits_until)


def obligation_status(states: Iterable[str]) -> str:
    """The status of an obligation from the states of its periods in a quarter.

    Without any period it is ``unjudged``.
    """
    bits = 0
    for state in states:
        bits |= BITS[state]
    return _STATUS_OF_BITS[bits]


def _status_of(bits: int) -> str:
    if bits & _IN_DUE:
        if not bits & _MISSING:
            return FULFILLED
        return PARTIAL if bits & (_ON_TIME | _LATE) else MISSING
    if bits & _PENDING:
        return PENDING
    return EXCUSED if bits & _EXCUSED else UNJUDGED


_STATUS_OF_BITS = tuple(_status_of(bits) for bits in range(32))


def bits_of(status: str) -> list[int]:
    """The combinations of its periods' states (sums of :data:`BITS`) that give a status."""
    return [bits for bits, name in enumerate(_STATUS_OF_BITS) if name == status]


def office_status(due: int, fulfilled: int, partial: int) -> str:
    """The status of an office from its numbers of obligations.

    ``nihil``: nothing in due; ``lengkap``: all fulfilled; ``belum_setor``: nothing came.
    """
    if due == 0:
        return NIHIL
    if fulfilled == due:
        return LENGKAP
    return SEBAGIAN if fulfilled or partial else BELUM_SETOR


def rate(numerator: int, denominator: int) -> str | None:
    """``numerator / denominator`` with four decimals, half up; None when nothing is to divide."""
    if denominator == 0:
        return None
    parts = (numerator * 20000 + denominator) // (denominator * 2)
    return f"{parts // 10000}.{parts % 10000:04d}"


# --- facts and figures -------------------------------------------------------------------------


class JudgedPeriod(NamedTuple):
    """A period that is owed in a quarter, with what counts for it."""

    obligation: UUID
    opd: UUID
    period: str
    last_day: dt.date
    deadline: dt.datetime
    waived: bool
    extended: bool
    counts_from: dt.datetime | None
    kind: str | None
    inferred: bool
    mending_until: dt.datetime | None

    def state(self, as_of: dt.datetime, deposits_until: dt.datetime | None = None) -> str:
        """Its state at ``as_of``; see :func:`period_state`."""
        return period_state(
            deadline=self.deadline,
            waived=self.waived,
            counts_from=self.counts_from,
            mending_until=self.mending_until,
            as_of=as_of,
            deposits_until=deposits_until,
        )


@dataclass(frozen=True)
class OfficeFacts:
    """An office as it was in the quarter.

    ``parent``: the office above it. ``wajib_setor``: it stands on the board. ``existed``: on any
    day of the quarter.
    """

    id: UUID
    parent: UUID | None
    wajib_setor: bool
    existed: bool = True


@dataclass
class Figures:
    """Numbers of obligations; ``on_time`` are the fulfilled ones with nothing late."""

    due: int = 0
    fulfilled: int = 0
    partial: int = 0
    missing: int = 0
    excused: int = 0
    pending: int = 0
    unjudged: int = 0
    on_time: int = 0
    units_silent: int = 0

    @property
    def status(self) -> str:
        """The office's status."""
        return office_status(self.due, self.fulfilled, self.partial)

    @property
    def rate(self) -> str | None:
        """Fulfilled of those due."""
        return rate(self.fulfilled, self.due)

    @property
    def on_time_rate(self) -> str | None:
        """Of those due the ones whose periods all were on time."""
        return rate(self.on_time, self.due)

    @property
    def owes(self) -> bool:
        """Whether it has anything at all in the quarter, judged or not."""
        return bool(self.due or self.excused or self.pending or self.unjudged)

    def add(self, other: Figures) -> None:
        """Add the obligations of ``other`` (not its silent units)."""
        self.due += other.due
        self.fulfilled += other.fulfilled
        self.partial += other.partial
        self.missing += other.missing
        self.excused += other.excused
        self.pending += other.pending
        self.unjudged += other.unjudged
        self.on_time += other.on_time

    def count(self, status: str, on_time: bool = False) -> None:
        """Count one obligation of ``status``."""
        setattr(self, status, getattr(self, status) + 1)
        if status in (FULFILLED, PARTIAL, MISSING):
            self.due += 1
            self.on_time += status == FULFILLED and on_time

    def as_dict(self) -> dict[str, Any]:
        """The figures under the names of the report."""
        return {
            "status": self.status, "due": self.due, "fulfilled": self.fulfilled,
            "partial": self.partial, "missing": self.missing, "excused": self.excused,
            "pending": self.pending, "unjudged": self.unjudged, "rate": self.rate,
            "on_time_rate": self.on_time_rate, "units_silent": self.units_silent,
        }


@dataclass
class Judgement:
    """A judged quarter.

    ``statuses``: status of each (obligation, office). ``states``: the periods' states in the
    order they were given (empty from :func:`judge_rows`). ``board``: the rows of the board, units
    summed in, in the order of the offices. ``own``: each office's figures without its units, for
    those on the board and all that owe. ``board_of``: the row of the board into which an office
    of ``own`` is counted.
    """

    as_of: dt.datetime
    statuses: dict[tuple[UUID, UUID], str]
    board: dict[UUID, Figures]
    own: dict[UUID, Figures]
    board_of: dict[UUID, UUID]
    states: Sequence[str] = field(default_factory=tuple)

    def totals(self) -> dict[str, Any]:
        """The totals of the board under the names of the report; status groups add up to opd."""
        total = Figures()
        groups: dict[str, int] = dict.fromkeys(OFFICE_STATUSES, 0)
        for figures in self.board.values():
            total.add(figures)
            groups[figures.status] += 1
        numbers = total.as_dict()
        del numbers["status"], numbers["units_silent"]
        return {"opd": len(self.board), **groups, **numbers}


# --- judging -----------------------------------------------------------------------------------

#: What :func:`judge_rows` takes: obligation, opd, deadline, waived, counts_from, mending_until.
#: Without a deadline the row says that the obligation cannot be judged in this quarter.
Row = tuple[UUID, UUID, "dt.datetime | None", bool, "dt.datetime | None", "dt.datetime | None"]


def judge(
    quarter: Quarter,
    periods: Iterable[JudgedPeriod],
    unjudged: Iterable[tuple[UUID, UUID]],
    offices: Sequence[OfficeFacts],
    as_of: dt.datetime,
    deposits_until: dt.datetime | None = None,
) -> Judgement:
    """Judge a quarter.

    ``periods``: those whose last allowed day lies in ``quarter`` (another raises ValueError).
    ``unjudged``: (obligation, office) of those that cannot be judged; one that has judged periods
    under the same office counts by these. ``offices``: all offices of the city. ``as_of``: aware.
    ``deposits_until``: see :func:`period_state`.
    """
    periods = list(periods)
    for row in periods:
        if quarter_index(row.last_day) != quarter.index:
            raise ValueError(f"{row.period} is due on {row.last_day}, not in {quarter}")
    states = [row.state(as_of, deposits_until) for row in periods]
    bits: dict[tuple[UUID, UUID], int] = dict.fromkeys(unjudged, 0)
    for row, state in zip(periods, states, strict=True):
        key = (row.obligation, row.opd)
        bits[key] = bits.get(key, 0) | BITS[state]
    judgement = _assemble(bits, offices, as_of)
    judgement.states = states
    return judgement


def judge_rows(
    rows: Iterable[Row],
    offices: Sequence[OfficeFacts],
    as_of: dt.datetime,
    deposits_until: dt.datetime | None = None,
) -> Judgement:
    """Judge many rows of one quarter fast; the caller selects them by quarter."""
    bits: dict[tuple[UUID, UUID], int] = {}
    get = bits.get
    for obligation, opd, deadline, waived, counts_from, mending_until in rows:
        key = (obligation, opd)
        came = has_come(counts_from, deposits_until)
        if deadline is None:
            bit = 0
        elif came and counts_from is not None and counts_from < deadline:
            bit = _ON_TIME
        elif waived:
            bit = _EXCUSED
        elif came:
            bit = _LATE
        elif as_of < deadline or (mending_until is not None and as_of < mending_until):
            bit = _PENDING
        else:
            bit = _MISSING
        bits[key] = get(key, 0) | bit
    return _assemble(bits, offices, as_of)


def _assemble(
    bits: Mapping[tuple[UUID, UUID], int], offices: Sequence[OfficeFacts], as_of: dt.datetime
) -> Judgement:
    counts: dict[UUID, list[int]] = {}
    statuses: dict[tuple[UUID, UUID], str] = {}
    for key, value in bits.items():
        statuses[key] = _STATUS_OF_BITS[value]
        office = key[1]
        numbers = counts.get(office)
        if numbers is None:
            numbers = counts[office] = [0] * 32
        numbers[value] += 1
    own = {office: figures_of(enumerate(numbers)) for office, numbers in counts.items()}
    return sum_board(statuses, own, offices, as_of)


def figures_of(numbers: Iterable[tuple[int, int]]) -> Figures:
    """Figures of an office from (combination of states, how many obligations have it)."""
    figures = Figures()
    for value, times in numbers:
        if times:
            status = _STATUS_OF_BITS[value]
            setattr(figures, status, getattr(figures, status) + times)
            if value & _IN_DUE:
                figures.due += times
                if value & _IN_DUE == _ON_TIME:
                    figures.on_time += times
    return figures


def sum_board(
    statuses: dict[tuple[UUID, UUID], str],
    own: dict[UUID, Figures],
    offices: Sequence[OfficeFacts],
    as_of: dt.datetime,
) -> Judgement:
    """The judgement from each office's own figures: units summed in, silent ones counted.

    ``statuses`` may be empty when only figures are wanted. An office in ``own`` that is not among
    ``offices`` raises ValueError.
    """
    known = {office.id for office in offices}
    stray = sorted(str(office) for office in own.keys() - known)
    if stray:
        raise ValueError(f"offices that answer for something are unknown: {', '.join(stray)}")
    anchors = board_offices(offices)
    ordered: dict[UUID, Figures] = {}
    board: dict[UUID, Figures] = {}
    board_of: dict[UUID, UUID] = {}
    for office in offices:
        figures = own.get(office.id)
        anchor = anchors[office.id]
        on_board = anchor == office.id and office.wajib_setor and office.existed
        if figures is None and not on_board:
            continue
        ordered[office.id] = figures or Figures()
        board_of[office.id] = anchor
    for office in offices:
        if office.id in board_of and board_of[office.id] == office.id:
            board[office.id] = Figures()
    for office_id, figures in ordered.items():
        anchor = board_of[office_id]
        row = board.setdefault(anchor, Figures())
        row.add(figures)
        if anchor != office_id and figures.status == BELUM_SETOR:
            row.units_silent += 1
    return Judgement(as_of, statuses, board, ordered, board_of)


def board_offices(offices: Iterable[OfficeFacts]) -> dict[UUID, UUID]:
    """For each office the one in whose row of the board it is counted.

    An office with ``wajib_setor`` stands for itself. A unit is summed into the nearest office
    above it that has ``wajib_setor`` and existed in the quarter; one below nobody such stands for
    itself (on the board in quarters in which it owes).
    """
    by_id = {office.id: office for office in offices}
    return {office_id: _anchor(office, by_id) for office_id, office in by_id.items()}


def _anchor(office: OfficeFacts, by_id: Mapping[UUID, OfficeFacts]) -> UUID:
    if office.wajib_setor:
        return office.id
    seen = {office.id}
    above = by_id.get(office.parent) if office.parent is not None else None
    while above is not None and above.id not in seen:
        if above.wajib_setor and above.existed:
            return above.id
        seen.add(above.id)
        above = by_id.get(above.parent) if above.parent is not None else None
    return office.id


# --- more than one quarter ---------------------------------------------------------------------


class Runs(NamedTuple):
    """How many quarters in a row an office sent nothing, and how many it was not complete."""

    consecutive_missed: int
    consecutive_incomplete: int


def runs(history: Sequence[tuple[str | None, bool]]) -> Runs:
    """Quarters in a row, counted back from the last of ``history``.

    ``history``: (status, trial) of the quarters, oldest first, the judged one last; status None
    where the office did not stand on the board. ``nihil``, None and trial quarters neither count
    nor break.
    """
    counted = [
        status for status, trial in reversed(history) if not trial and status not in (NIHIL, None)
    ]
    return Runs(
        _leading(counted, lambda status: status == BELUM_SETOR),
        _leading(counted, lambda status: status != LENGKAP),
    )


def _leading(statuses: Iterable[str | None], wanted: Callable[[str | None], bool]) -> int:
    number = 0
    for status in statuses:
        if not wanted(status):
            break
        number += 1
    return number


@dataclass
class Arrears:
    """Numbers of periods in arrears: all of them, and those that another office left behind."""

    arrears: int = 0
    arrears_inherited: int = 0


def heir(
    then: UUID,
    holder: UUID,
    ended: Callable[[UUID], bool],
    successors: Callable[[UUID], Sequence[UUID]],
) -> UUID:
    """The office that has to make good what ``then`` left behind.

    An office that has not ended keeps its arrears. Those of one that ended pass to its successor;
    after a split to the one that now answers for the item (``holder``), or to the first successor
    named if none of them does. A successor that has ended too passes them on in the same way.
    """
    seen = {then}
    while ended(then):
        later = [office for office in successors(then) if office not in seen]
        if not later:
            break
        then = next((office for office in later if _leads_to(office, holder, successors)), later[0])
        seen.add(then)
    return then


def _leads_to(
    office: UUID, holder: UUID, successors: Callable[[UUID], Sequence[UUID]]
) -> bool:
    """Whether ``holder`` is ``office`` or one of those that came after it."""
    reached, waiting = {office}, [office]
    while waiting:
        for later in successors(waiting.pop()):
            if later not in reached:
                reached.add(later)
                waiting.append(later)
    return holder in reached


def count_arrears(
    found: Iterable[tuple[UUID, UUID, int]], board_of: Mapping[UUID, UUID]
) -> dict[UUID, Arrears]:
    """Arrears by row of the board.

    ``found``: (office that answered then, office that answers now, number of periods).
    ``board_of`` (from :func:`board_offices`) sums units into their office. Inherited is what
    another row than the present one answered for when it was due.
    """
    counts: dict[UUID, Arrears] = {}
    for then, now, number in found:
        entry = counts.setdefault(board_of.get(now, now), Arrears())
        entry.arrears += number
        if board_of.get(then, then) != board_of.get(now, now):
            entry.arrears_inherited += number
    return counts
