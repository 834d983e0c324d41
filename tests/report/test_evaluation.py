"""The judgement: states, statuses, figures, the board; and that it agrees with the slow one."""
from __future__ import annotations

import datetime as dt
import itertools
import random
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.satudata.deposits.counting import KINDS, DepositFact, counting, deposits_for
from ckanext.satudata.deposits.schedule import (
    Dispensation,
    ObligationVersion,
    ScheduledPeriod,
    due_periods,
    unjudged_quarters,
)
from ckanext.satudata.journal.calendar import DEFAULT_GRACE_DAYS, RuleBook, RuleVersion
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import evaluation as ev
from ckanext.satudata.report.evaluation import JudgedPeriod, OfficeFacts, Runs
from tests.report import naive

UTC = dt.timezone.utc
Q3 = Quarter(2026, 3)
DAY = dt.date(2026, 9, 10)
DEADLINE = dt.datetime(2026, 9, 10, 17, tzinfo=UTC)
LATER = DEADLINE + dt.timedelta(days=9)
TICK = dt.timedelta(microseconds=1)
A, B, C, E = (UUID(int=number) for number in range(1, 5))


def period(
    obligation: int = 1,
    opd: UUID = A,
    came: dt.datetime | None = None,
    *,
    code: str = "2026-08",
    waived: bool = False,
    mending_until: dt.datetime | None = None,
    deadline: dt.datetime = DEADLINE,
    last_day: dt.date = DAY,
) -> JudgedPeriod:
    return JudgedPeriod(
        UUID(int=1000 + obligation), opd, code, last_day, deadline, waived, False, came,
        "file" if came else None, False, mending_until,
    )


IN_TIME, TOO_LATE = DEADLINE - TICK, DEADLINE


# --- a period ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "waived", "mending", "as_of", "expected"),
    [
        # nothing came
        (None, False, None, DEADLINE - TICK, "pending"),
        (None, False, None, DEADLINE, "missing"),  # exactly 24:00: the day is over
        (None, False, None, LATER, "missing"),
        # something came
        (IN_TIME, False, None, LATER, "on_time"),
        (IN_TIME, False, None, IN_TIME, "on_time"),  # early, long before the day is over
        (TOO_LATE, False, None, LATER, "late"),  # exactly 24:00 is late
        # waived
        (None, True, None, DEADLINE - TICK, "excused"),
        (None, True, None, LATER, "excused"),
        (TOO_LATE, True, None, LATER, "excused"),
        (IN_TIME, True, None, LATER, "on_time"),  # what came on time stays on time
        (None, True, LATER + TICK, LATER, "excused"),
        # returned, and the time for mending runs
        (None, False, LATER + TICK, LATER, "pending"),
        (None, False, LATER, LATER, "missing"),
        (None, False, DEADLINE - TICK, DEADLINE - TICK, "pending"),  # the day is not over
        (TOO_LATE, False, LATER + TICK, LATER, "late"),
    ],
)
def test_state_of_a_period(
    came: dt.datetime | None,
    waived: bool,
    mending: dt.datetime | None,
    as_of: dt.datetime,
    expected: str,
) -> None:
    state = ev.period_state(
        deadline=DEADLINE, waived=waived, counts_from=came, mending_until=mending, as_of=as_of
    )
    assert state == expected
    row = period(came=came, waived=waived, mending_until=mending)
    assert row.state(as_of) == expected


def test_the_same_moment_in_another_zone_is_the_same() -> None:
    jakarta = dt.timezone(dt.timedelta(hours=7))
    assert period(came=IN_TIME.astimezone(jakarta)).state(LATER.astimezone(jakarta)) == "on_time"
    assert period(came=TOO_LATE.astimezone(jakarta)).state(LATER) == "late"


# --- an obligation, an office, a rate ----------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["on_time"], "fulfilled"),
        (["late"], "fulfilled"),
        (["on_time", "late", "on_time"], "fulfilled"),
        (["missing"], "missing"),
        (["missing", "missing"], "missing"),
        (["on_time", "missing"], "partial"),
        (["late", "missing"], "partial"),
        (["on_time", "pending"], "fulfilled"),
        (["missing", "pending"], "missing"),
        (["missing", "excused"], "missing"),
        (["late", "excused", "pending"], "fulfilled"),
        (["pending"], "pending"),
        (["pending", "excused"], "pending"),
        (["excused"], "excused"),
        (["excused", "excused"], "excused"),
        ([], "unjudged"),
    ],
)
def test_status_of_an_obligation(states: list[str], expected: str) -> None:
    assert ev.obligation_status(states) == expected
    assert ev.obligation_status(reversed(states)) == expected


@given(st.lists(st.sampled_from(ev.PERIOD_STATES), max_size=8))
def test_status_of_an_obligation_agrees_with_the_slow_one(states: list[str]) -> None:
    assert ev.obligation_status(states) == naive.verdict(states)


@pytest.mark.parametrize(
    ("due", "fulfilled", "partial", "expected"),
    [
        (0, 0, 0, "nihil"), (3, 3, 0, "lengkap"), (3, 2, 0, "sebagian"), (3, 0, 1, "sebagian"),
        (3, 2, 1, "sebagian"), (3, 0, 0, "belum_setor"), (1, 1, 0, "lengkap"),
    ],
)
def test_status_of_an_office(due: int, fulfilled: int, partial: int, expected: str) -> None:
    assert ev.office_status(due, fulfilled, partial) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, None), (0, 7, "0.0000"), (7, 7, "1.0000"), (301, 410, "0.7341"),
        (1, 3, "0.3333"), (2, 3, "0.6667"),
        (1, 20000, "0.0001"),  # 0.00005: half up
        (1, 32, "0.0313"),  # 0.03125: half up, where half to even gives 0.0312
        (19999, 20000, "1.0000"), (19998, 20000, "0.9999"),
    ],
)
def test_rates_have_four_decimals_half_up(part: int, whole: int, expected: str | None) -> None:
    assert ev.rate(part, whole) == expected == naive.ratio(part, whole)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_rate_is_never_further_off_than_half_of_the_last_digit(numbers: tuple[int, int]) -> None:
    written = ev.rate(*numbers)
    assert written is not None
    assert -Fraction(1, 20000) < Fraction(written) - Fraction(*numbers) <= Fraction(1, 20000)
    assert written == naive.ratio(*numbers)


# --- the board ---------------------------------------------------------------------------------


def judged(
    rows: list[JudgedPeriod],
    offices: list[OfficeFacts],
    unjudged: list[tuple[UUID, UUID]] | None = None,
    as_of: dt.datetime = LATER,
) -> ev.Judgement:
    return ev.judge(Q3, rows, unjudged or [], offices, as_of)


def office(id: UUID = A, parent: UUID | None = None, wajib: bool = True, existed: bool = True) -> (
    OfficeFacts
):
    return OfficeFacts(id, parent, wajib, existed)


def test_figures_of_one_office() -> None:
    rows = [
        period(1, came=IN_TIME, code="2026-07"), period(1, came=IN_TIME),  # fulfilled, on time
        period(2, came=IN_TIME, code="2026-07"), period(2, came=TOO_LATE),  # fulfilled, not so
        period(3, came=IN_TIME, code="2026-07"), period(3),  # partial
        period(4),  # missing
        period(5, waived=True),  # excused
        period(6, mending_until=LATER + TICK),  # pending
    ]
    found = judged(rows, [office()], [(UUID(int=7), A), (UUID(int=8), A)])
    assert found.board[A].as_dict() == {
        "status": "sebagian", "due": 4, "fulfilled": 2, "partial": 1, "missing": 1, "excused": 1,
        "pending": 1, "unjudged": 2, "rate": "0.5000", "on_time_rate": "0.2500",
        "units_silent": 0,
    }
    assert found.totals() == {
        "opd": 1, "lengkap": 0, "sebagian": 1, "belum_setor": 0, "nihil": 0, "due": 4,
        "fulfilled": 2, "partial": 1, "missing": 1, "excused": 1, "pending": 1, "unjudged": 2,
        "rate": "0.5000", "on_time_rate": "0.2500",
    }
    assert list(found.states) == [
        "on_time", "on_time", "on_time", "late", "on_time", "missing", "missing", "excused",
        "pending",
    ]
    assert found.statuses[UUID(int=1003), A] == "partial"


def test_on_time_rate_leaves_waived_and_pending_periods_out() -> None:
    """"Whose periods in due all were on time": the others do not spoil it."""
    rows = [period(1, came=IN_TIME), period(1, code="2026-07", waived=True),
            period(1, code="2026-06", mending_until=LATER + TICK)]
    assert judged(rows, [office()]).board[A].on_time_rate == "1.0000"


def test_nothing_to_divide_is_no_rate() -> None:
    found = judged([], [office()])
    assert found.board[A].as_dict()["rate"] is None
    assert found.board[A].status == "nihil"
    assert found.totals()["on_time_rate"] is None
    assert found.totals()["nihil"] == found.totals()["opd"] == 1


def test_only_waived_or_pending_is_nihil() -> None:
    rows = [period(1, waived=True), period(2, B, mending_until=LATER + TICK)]
    found = judged(rows, [office(A), office(B)])
    assert {f.status for f in found.board.values()} == {"nihil"}


def test_units_are_summed_into_the_office_above_and_silent_ones_counted() -> None:
    offices = [office(A), office(B, A, wajib=False), office(C, B, wajib=False),
               office(E, A, wajib=False)]
    rows = [period(1, B, came=IN_TIME), period(2, C), period(3, C), period(4, E, waived=True)]
    found = judged(rows, offices)
    assert list(found.board) == [A]
    row = found.board[A].as_dict()
    assert (row["status"], row["due"], row["missing"], row["units_silent"]) == ("sebagian", 3, 2, 1)
    assert {id_: figures.status for id_, figures in found.own.items()} == {
        A: "nihil", B: "lengkap", C: "belum_setor", E: "nihil"
    }
    assert found.board_of == {A: A, B: A, C: A, E: A}


def test_an_office_that_owes_nothing_itself_is_judged_by_its_units() -> None:
    found = judged([period(1, B)], [office(A), office(B, A, wajib=False)])
    assert found.board[A].status == "belum_setor"
    assert found.board[A].units_silent == 1


def test_a_silent_office_is_no_silent_unit_of_its_own() -> None:
    assert judged([period(1, A)], [office(A)]).board[A].units_silent == 0


def test_a_unit_with_wajib_setor_of_its_own_is_not_summed() -> None:
    found = judged([period(1, B)], [office(A), office(B, A)])
    assert found.board[A].status == "nihil"
    assert found.board[A].units_silent == 0
    assert found.board[B].status == "belum_setor"
    assert found.totals()["opd"] == 2


def test_a_unit_below_nobody_stands_for_itself_in_quarters_in_which_it_owes() -> None:
    offices = [office(A, wajib=False), office(B, A, wajib=False), office(C)]
    assert list(judged([], offices).board) == [C]
    found = judged([period(1, B)], offices)
    assert list(found.board) == [B, C]
    assert found.totals()["opd"] == 2
    # Also when what it owes is not in due, or cannot be judged: nothing falls out of the totals.
    assert judged([period(1, B, waived=True)], offices).totals()["excused"] == 1
    assert judged([], offices, [(UUID(int=9), A)]).totals()["unjudged"] == 1


def test_an_office_that_did_not_exist_in_the_quarter_is_not_on_the_board() -> None:
    offices = [office(A, existed=False), office(B, A, wajib=False)]
    assert judged([], offices).board == {}
    found = judged([period(1, B)], offices)
    assert list(found.board) == [B]  # nobody above it existed
    # What it answered for all the same is counted, not lost.
    assert list(judged([period(1, A)], offices).board) == [A]


def test_units_skip_an_office_that_did_not_exist() -> None:
    offices = [office(A), office(B, A, existed=False), office(C, B, wajib=False)]
    assert judged([period(1, C)], offices).board_of[C] == A


def test_parents_in_a_circle_do_not_hang() -> None:
    offices = [office(A, B, wajib=False), office(B, A, wajib=False)]
    assert ev.board_offices(offices) == {A: A, B: B}
    assert ev.board_offices([office(A, A, wajib=False)]) == {A: A}
    assert ev.board_offices([office(A, UUID(int=99), wajib=False)]) == {A: A}


def test_an_obligation_that_changed_office_is_counted_under_each() -> None:
    found = judged([period(1, A, came=IN_TIME, code="2026-07"), period(1, B)],
                   [office(A), office(B)])
    assert found.board[A].status == "lengkap"
    assert found.board[B].status == "belum_setor"
    assert found.totals()["due"] == 2


def test_what_has_judged_periods_under_an_office_is_not_unjudged_there() -> None:
    found = judged([period(1, came=IN_TIME)], [office(A), office(B)],
                   [(UUID(int=1001), A), (UUID(int=1001), B)])
    assert found.board[A].unjudged == 0
    assert found.board[B].unjudged == 1


def test_a_period_of_another_quarter_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in 2026-TW3"):
        judged([period(last_day=dt.date(2026, 10, 1))], [office()])


def test_an_office_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown"):
        judged([period(1, C)], [office(A)])


# --- quarters in a row -------------------------------------------------------------------------

_LETTERS = {"L": "lengkap", "S": "sebagian", "B": "belum_setor", "N": "nihil", "-": None}


@pytest.mark.parametrize(
    ("history", "missed", "incomplete"),
    [
        ("", 0, 0), ("L", 0, 0), ("B", 1, 1), ("S", 0, 1), ("N", 0, 0), ("-", 0, 0),
        ("BB", 2, 2), ("LBB", 2, 2), ("BLB", 1, 1), ("BSB", 1, 3), ("SSB", 1, 3), ("BBS", 0, 3),
        ("BNB", 2, 2), ("B-B", 2, 2), ("BN", 1, 1), ("BBL", 0, 0), ("LNSNB", 1, 2),
        ("bB", 1, 1), ("BbB", 2, 2), ("BlB", 2, 2), ("Bb", 1, 1), ("LsB", 1, 1),  # trial: small
    ],
)
def test_quarters_in_a_row(history: str, missed: int, incomplete: int) -> None:
    """Oldest first; small letters are trial quarters."""
    quarters = [(_LETTERS[letter.upper()], letter.islower()) for letter in history]
    assert ev.runs(quarters) == Runs(missed, incomplete)


@given(st.lists(st.tuples(st.sampled_from(ev.OFFICE_STATUSES), st.booleans())),
       st.integers(0, 20))
def test_what_neither_counts_nor_breaks_can_stand_anywhere(
    history: list[tuple[str, bool]], place: int
) -> None:
    before = ev.runs(history)
    assert before.consecutive_missed <= before.consecutive_incomplete
    place = min(place, len(history))
    for nothing in (("nihil", False), (None, False), ("belum_setor", True), ("lengkap", True)):
        assert ev.runs([*history[:place], nothing, *history[place:]]) == before


# --- arrears -----------------------------------------------------------------------------------


def _line(*offices: UUID) -> dict[UUID, list[UUID]]:
    """Each office's only successor is the next one; all but the last have ended."""
    return {then: [now] for then, now in itertools.pairwise(offices)}


HEIRS: dict[str, tuple[dict[UUID, list[UUID]], UUID, UUID, UUID]] = {
    "it has not ended": ({}, A, A, A),
    "not ended, and the item was given away": ({}, A, B, A),
    "it was merged": (_line(A, B), A, A, B),
    "its successor was merged too": (_line(A, B, C), A, C, C),
    "split: the one that has the item": ({A: [B, C]}, A, C, C),
    "split: the item went elsewhere": ({A: [B, C]}, A, E, B),
    "split: the item stayed behind": ({A: [B, C]}, A, A, B),
    "split: a successor's successor has it": ({A: [B, C], C: [E]}, A, E, E),
    "in a circle": ({A: [B], B: [A]}, A, A, B),
}


@pytest.mark.parametrize("case", HEIRS)
def test_arrears_pass_to_the_successor_that_has_the_item_else_to_the_first(case: str) -> None:
    after, then, holder, expected = HEIRS[case]
    found = ev.heir(then, holder, lambda opd: opd in after, lambda opd: after.get(opd, []))
    assert found == expected


def test_arrears_are_inherited_when_another_row_of_the_board_answered_then() -> None:
    assert ev.count_arrears([(A, C, 2), (C, C, 1), (B, B, 1)], {}) == {
        C: ev.Arrears(3, 2), B: ev.Arrears(1, 0),
    }
    # A unit's arrears are its office's own, also when another unit of it answers now.
    assert ev.count_arrears([(A, B, 1)], {A: E, B: E}) == {E: ev.Arrears(1, 0)}


# --- a revision --------------------------------------------------------------------------------

FROZEN = DEADLINE + dt.timedelta(hours=30)


@pytest.mark.parametrize(
    ("came", "waived", "mending", "expected"),
    [
        (FROZEN - TICK, False, None, "late"),
        (FROZEN, False, None, "missing"),  # recorded at the moment itself: not in that report
        (LATER - TICK, False, None, "missing"),
        (IN_TIME, False, None, "on_time"),
        (LATER - TICK, True, None, "excused"),
        (None, False, LATER + TICK, "pending"),  # returned since, and may be mended still
        (None, False, LATER, "missing"),  # was not mended in time
    ],
)
def test_in_a_revision_deposits_count_as_of_the_first_freezing(
    came: dt.datetime | None, waived: bool, mending: dt.datetime | None, expected: str
) -> None:
    row = period(came=came, waived=waived, mending_until=mending)
    assert row.state(LATER, FROZEN) == expected
    found = ev.judge(Q3, [row], [], [OfficeFacts(A, None, True)], LATER, FROZEN)
    assert found.states == [expected]


# --- properties, and the slow judgement --------------------------------------------------------

_OFFICES = [A, B, C, E, UUID(int=5)]
_HOURS = [DEADLINE + dt.timedelta(hours=h) for h in (-48, -1, 0, 1, 30)] + [IN_TIME]


@st.composite
def cities(draw: st.DrawFn) -> list[OfficeFacts]:
    return [
        OfficeFacts(id_, draw(st.none() | st.sampled_from(_OFFICES)), draw(st.booleans()),
                    draw(st.sampled_from([True, True, False])))
        for id_ in draw(st.permutations(_OFFICES))
    ]


@st.composite
def judged_periods(draw: st.DrawFn) -> list[JudgedPeriod]:
    rows = []
    for number in range(draw(st.integers(0, 12))):
        rows.append(period(
            draw(st.integers(1, 5)), draw(st.sampled_from(_OFFICES)),
            draw(st.none() | st.sampled_from(_HOURS)), code=f"2026-{number + 1:02d}",
            waived=draw(st.booleans()),
            mending_until=draw(st.none() | st.sampled_from(_HOURS)),
            deadline=draw(st.sampled_from([DEADLINE, DEADLINE + dt.timedelta(days=1)])),
        ))
    return rows


_unjudged = st.lists(
    st.tuples(st.integers(1, 7).map(lambda n: UUID(int=1000 + n)), st.sampled_from(_OFFICES)),
    max_size=5,
)
_as_of = st.sampled_from([*_HOURS, LATER])


_first_frozen = st.none() | st.sampled_from([*_HOURS, LATER])


@settings(deadline=None, max_examples=200)
@given(judged_periods(), _unjudged, cities(), _as_of, _first_frozen)
def test_agrees_with_the_slow_judgement(
    rows: list[JudgedPeriod],
    unjudged: list[tuple[UUID, UUID]],
    offices: list[OfficeFacts],
    as_of: dt.datetime,
    first_frozen: dt.datetime | None,
) -> None:
    found = ev.judge(Q3, rows, unjudged, offices, as_of, first_frozen)
    expected = naive.judge(
        [row._asdict() for row in rows], unjudged, offices, as_of, first_frozen
    )
    assert {id_: figures.as_dict() for id_, figures in found.board.items()} == expected["board"]
    assert found.totals() == expected["totals"]
    own = {id_: f.as_dict() for id_, f in found.own.items() if f.owes}
    for figures in own.values():
        del figures["units_silent"]
    assert own == expected["own"]


@given(judged_periods(), _unjudged, cities(), _as_of, _first_frozen, st.randoms())
def test_the_fast_way_and_another_order_give_the_same(
    rows: list[JudgedPeriod],
    unjudged: list[tuple[UUID, UUID]],
    offices: list[OfficeFacts],
    as_of: dt.datetime,
    first_frozen: dt.datetime | None,
    chance: random.Random,
) -> None:
    found = ev.judge(Q3, rows, unjudged, offices, as_of, first_frozen)
    plain: list[ev.Row] = [
        (row.obligation, row.opd, row.deadline, row.waived, row.counts_from, row.mending_until)
        for row in rows
    ]
    plain += [(obligation, opd, None, False, None, None) for obligation, opd in unjudged]
    chance.shuffle(plain)
    fast = ev.judge_rows(plain, offices, as_of, first_frozen)
    assert (fast.board, fast.own, fast.board_of) == (found.board, found.own, found.board_of)
    assert list(fast.board) == list(found.board)
    assert fast.statuses == found.statuses
    assert fast.totals() == found.totals()


@given(judged_periods(), _unjudged, cities(), _as_of)
def test_everything_adds_up(
    rows: list[JudgedPeriod],
    unjudged: list[tuple[UUID, UUID]],
    offices: list[OfficeFacts],
    as_of: dt.datetime,
) -> None:
    found = ev.judge(Q3, rows, unjudged, offices, as_of)
    totals = found.totals()
    assert totals["opd"] == sum(totals[status] for status in ev.OFFICE_STATUSES)
    for figures in (*found.board.values(), *found.own.values()):
        assert figures.due == figures.fulfilled + figures.partial + figures.missing
        assert figures.on_time <= figures.fulfilled
    counted = sum(totals[key] for key in ("due", "pending", "excused", "unjudged"))
    pairs = {(row.obligation, row.opd) for row in rows} | set(unjudged)
    assert counted == len(found.statuses) == len(pairs)
    for key in ("due", "fulfilled", "partial", "missing", "excused", "pending", "unjudged"):
        assert sum(getattr(figures, key) for figures in found.own.values()) == totals[key]
    for row_id, figures in found.board.items():
        members = [id_ for id_, above in found.board_of.items() if above == row_id]
        assert figures.due == sum(found.own[id_].due for id_ in members)


@given(judged_periods(), _as_of, _as_of)
def test_time_alone_makes_only_pending_go_missing(
    rows: list[JudgedPeriod], one: dt.datetime, other: dt.datetime
) -> None:
    for row in rows:
        before, after = row.state(min(one, other)), row.state(max(one, other))
        assert before == after or (before, after) == ("pending", "missing")


# --- from events to figures: a whole register, twice -------------------------------------------

_days = st.dates(dt.date(2026, 3, 1), dt.date(2026, 11, 30))
_moments = st.datetimes(
    dt.datetime(2026, 3, 1), dt.datetime(2026, 11, 30),  # noqa: DTZ001 - asked for naive
    timezones=st.just(UTC),
)
_codes = st.sampled_from(["2026-07", "2026-08", "2026-TW2", "2026-S1", "2026-C2", "2025", "2026!"])


@st.composite
def registers(draw: st.DrawFn) -> dict[UUID, dict[str, Any]]:
    """Some obligations with versions, dispensations and deposits."""
    found = {}
    for number in range(draw(st.integers(1, 4))):
        versions = []
        for since in [None, *sorted(draw(st.lists(_days, max_size=2)))]:
            versions.append(ObligationVersion(
                since, draw(st.sampled_from(_OFFICES)),
                draw(st.sampled_from(["bulanan", "triwulanan", "mingguan", "insidental",
                                      "semesteran", "tidak_diketahui", "dua_tahunan",
                                      "terus_menerus"])),
                None, dt.date(2026, 1, 1), draw(st.none() | _days),
                tuple(ScheduledPeriod(code, day) for code, day in
                      draw(st.dictionaries(_codes, _days, max_size=2)).items()),
            ))
        dispensations = {
            code: Dispensation(code, day)
            for code, day in draw(st.dictionaries(_codes, st.none() | _days, max_size=2)).items()
        }
        deposits: dict[str, list[DepositFact]] = {}
        for serial in range(draw(st.integers(0, 5))):
            happened, ended = draw(_moments), draw(st.sampled_from([None, None, "returned"]))
            id_ = UUID(int=number * 100 + serial + 1)
            before = UUID(int=number * 100 + serial)
            deposits.setdefault(draw(_codes), []).append(DepositFact(
                id_, happened, draw(st.sampled_from(KINDS)), False,
                draw(st.sampled_from([None, before])), ended,
                happened + dt.timedelta(days=2) if ended else None,
            ))
        found[UUID(int=1000 + number)] = {
            "versions": versions, "dispensations": dispensations, "deposits": deposits
        }
    return found


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(registers(), cities(), _moments, st.frozensets(_days, max_size=20))
def test_a_register_judged_from_its_events_agrees_in_every_quarter(
    register: dict[UUID, dict[str, Any]],
    offices: list[OfficeFacts],
    as_of: dt.datetime,
    days_off: frozenset[dt.date],
) -> None:
    rules = RuleBook((
        RuleVersion(None, "Asia/Jakarta", frozenset(range(5)), days_off, DEFAULT_GRACE_DAYS),
    ))
    end = dt.date(2026, 12, 31)
    for quarter in (Quarter(2026, 2), Quarter(2026, 3), Quarter(2026, 4)):
        rows, unjudged, slow_rows, slow_unjudged = [], [], [], []
        for id_, facts in register.items():
            versions, given_ = facts["versions"], facts["dispensations"]
            for due in due_periods(versions, given_, rules, end):
                if due.quarter == quarter.index:
                    what = counting(deposits_for(due, facts["deposits"], rules), rules)
                    rows.append(JudgedPeriod(
                        id_, due.opd, due.period, due.last_day, due.deadline, due.waived,
                        due.extended, what.counts_from, what.kind, what.inferred,
                        what.mending_until,
                    ))
            unjudged += [(id_, entry.opd) for entry in unjudged_quarters(versions, end)
                         if entry.quarter == quarter.index]
            spans = {code: naive_span(code) for code in
                     {e.period for v in versions for e in v.jadwal} | set(given_)}
            for row in naive.due(versions, given_, rules, dt.date(2025, 6, 1), end, spans):
                if row["quarter"] == quarter.index:
                    facts_ = naive.candidates(row, facts["deposits"], rules)
                    slow_rows.append({"obligation": id_, **row, **naive.counts(facts_, rules)})
            slow_unjudged += [(id_, opd) for number, opd in
                              naive.unjudged(versions, dt.date(2025, 12, 1), end)
                              if number == quarter.index]
        found = ev.judge(quarter, rows, unjudged, offices, as_of)
        expected = naive.judge(slow_rows, slow_unjudged, offices, as_of)
        assert {id_: f.as_dict() for id_, f in found.board.items()} == expected["board"]
        assert found.totals() == expected["totals"]


def naive_span(code: str) -> tuple[dt.date, dt.date]:
    """First and last day of the few codes that these registers schedule."""
    table = {
        "2026-07": ("2026-07-01", "2026-07-31"), "2026-08": ("2026-08-01", "2026-08-31"),
        "2026-TW2": ("2026-04-01", "2026-06-30"), "2026-S1": ("2026-01-01", "2026-06-30"),
        "2026-C2": ("2026-05-01", "2026-08-31"), "2025": ("2025-01-01", "2025-12-31"),
        "2026!": ("2026-01-01", "2026-12-31"),
    }
    first, last = table[code]
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


# --- the stories of the rule -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-09-09T12:00", "on_time"),  # waiting to be checked
        ("2026-09-11T12:00", "pending"),  # returned on the 11th: it can be mended
        ("2026-09-18T23:59:59", "pending"),
        ("2026-09-19T00:00", "missing"),  # five working days are over
        ("2026-09-22T12:00", "late"),  # mended too late, on the 21st
    ],
)
def test_a_return_without_mending_in_time(as_of: str, expected: str) -> None:
    """A frozen quarter shows it as pending; later it counts in arrears."""
    jakarta = dt.timezone(dt.timedelta(hours=7))

    def moment(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=jakarta)

    now = moment(as_of)
    rules = RuleBook((RuleVersion(None, "Asia/Jakarta", frozenset(range(5)), frozenset(), {}),))
    returned = moment("2026-09-11T09:00")
    facts = [DepositFact(A, moment("2026-09-08T10:00"), "file")]
    if now >= returned:
        facts = [facts[0]._replace(ended="returned", ended_at=returned)]
    if now >= moment("2026-09-21T10:00"):
        facts.append(DepositFact(B, moment("2026-09-21T10:00"), "file", replaces=A))
    what = counting(facts, rules)
    row = period(came=what.counts_from, mending_until=what.mending_until)
    assert row.state(now) == expected


@pytest.mark.slow
def test_a_large_city_is_judged_whole() -> None:
    """167,000 periods of 100,000 obligations at 300 offices: nothing is lost, units are summed."""
    chance = random.Random(1)
    ids = [UUID(int=number) for number in range(300)]
    offices = [OfficeFacts(id_, None if n % 3 == 0 else ids[n - n % 3], n % 3 == 0)
               for n, id_ in enumerate(ids)]
    rows: list[ev.Row] = []
    for number in range(100_000):
        key, opd = UUID(int=10**6 + number), ids[chance.randrange(300)]
        for _ in range(3 if number % 3 == 0 else 1):
            came = chance.choice([None, IN_TIME, TOO_LATE])
            rows.append((key, opd, DEADLINE, False, came, None))
    found = ev.judge_rows(rows, offices, LATER)
    assert found.totals()["due"] == 100_000
    assert len(found.board) == 100
