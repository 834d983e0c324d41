"""Which deposit counts, since when; chains of returns, times for mending, "unchanged" in a row."""
from __future__ import annotations

import datetime as dt
import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.satudata.deposits.counting import (
    ENDS,
    KINDS,
    NOTHING,
    Counting,
    DepositFact,
    counting,
    deposits_for,
    infer_period,
    unchanged_allowed,
)
from ckanext.satudata.deposits.periods import parse_period
from ckanext.satudata.deposits.schedule import DuePeriod
from ckanext.satudata.journal.calendar import RuleBook, RuleVersion, default_rules
from tests.report import naive

BOOK = RuleBook((default_rules([2026, 2027]),))


def at(text: str) -> dt.datetime:
    """A moment of November 2026 in the city: "06T10:00"."""
    return dt.datetime.fromisoformat(f"2026-11-{text}+07:00")


def deposit(
    number: int,
    happened: str,
    *,
    kind: str = "file",
    replaces: int | None = None,
    ended: str | None = None,
    ended_at: str | None = None,
    inferred: bool = False,
) -> DepositFact:
    return DepositFact(
        UUID(int=number), at(happened), kind, inferred,
        UUID(int=replaces) if replaces else None, ended, at(ended_at) if ended_at else None,
    )


def since(*deposits: DepositFact) -> dt.datetime | None:
    return counting(deposits, BOOK).counts_from


def test_nothing_came() -> None:
    assert counting([], BOOK) == NOTHING == Counting(None, None, None, False, None)


def test_it_counts_from_the_moment_it_was_submitted() -> None:
    found = counting([deposit(1, "06T10:00", kind="nil", inferred=True)], BOOK)
    assert found == Counting(UUID(int=1), at("06T10:00"), "nil", True, None)


def test_the_earliest_of_those_that_stand_counts() -> None:
    both = [deposit(1, "09T10:00"), deposit(2, "06T10:00", kind="unchanged")]
    assert counting(both, BOOK).deposit == UUID(int=2)
    assert counting(both, BOOK).kind == "unchanged"


def test_of_two_at_one_moment_the_answer_is_always_the_same() -> None:
    both = [deposit(2, "06T10:00"), deposit(1, "06T10:00")]
    assert counting(both, BOOK) == counting(both[::-1], BOOK)


def test_a_withdrawn_one_does_not_count_and_is_not_mended() -> None:
    gone = deposit(1, "06T10:00", ended="withdrawn", ended_at="06T11:00")
    assert counting([gone], BOOK) == NOTHING
    assert since(gone, deposit(2, "09T10:00", replaces=1)) == at("09T10:00")


@pytest.mark.parametrize("end", ["returned", "revoked"])
def test_a_return_or_revocation_can_be_mended_for_five_working_days(end: str) -> None:
    gone = deposit(1, "02T10:00", ended=end, ended_at="06T10:00")  # returned on a Friday
    assert counting([gone], BOOK) == Counting(None, None, None, False, at("14T00:00"))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("06T10:01", "02T10:00"),
        ("13T23:59:59.999999", "02T10:00"),  # the last moment of the fifth working day
        ("14T00:00", "14T00:00"),  # exactly then: too late
        ("20T10:00", "20T10:00"),
        ("05T10:00", "02T10:00"),  # sent before the return came
    ],
)
def test_a_replacement_in_time_counts_from_the_first(sent: str, expected: str) -> None:
    gone = deposit(1, "02T10:00", ended="returned", ended_at="06T10:00")
    assert since(gone, deposit(2, sent, replaces=1)) == at(expected)


def test_one_that_does_not_say_that_it_replaces_counts_from_its_own_time() -> None:
    gone = deposit(1, "02T10:00", ended="returned", ended_at="06T10:00")
    assert since(gone, deposit(2, "09T10:00")) == at("09T10:00")


def test_a_chain_of_returns_goes_back_to_its_first() -> None:
    chain = [
        deposit(1, "02T10:00", ended="returned", ended_at="03T10:00"),
        deposit(2, "05T10:00", replaces=1, ended="returned", ended_at="06T10:00"),
        deposit(3, "12T10:00", replaces=2),
    ]
    assert since(*chain) == at("02T10:00")


def test_a_link_that_came_too_late_starts_the_chain_anew() -> None:
    chain = [
        deposit(1, "02T10:00", ended="returned", ended_at="03T10:00"),
        deposit(2, "12T10:00", replaces=1, ended="returned", ended_at="13T10:00"),
        deposit(3, "16T10:00", replaces=2),
    ]
    assert since(*chain) == at("12T10:00")


def test_a_withdrawn_link_ends_the_chain_but_its_predecessor_can_still_be_mended() -> None:
    returned = deposit(1, "02T10:00", ended="returned", ended_at="06T10:00")
    withdrawn = deposit(2, "09T10:00", replaces=1, ended="withdrawn", ended_at="09T12:00")
    assert counting([returned, withdrawn], BOOK).mending_until == at("14T00:00")
    assert since(returned, withdrawn, deposit(3, "10T10:00", replaces=2)) == at("10T10:00")
    assert since(returned, withdrawn, deposit(3, "10T10:00", replaces=1)) == at("02T10:00")


def test_a_mended_one_comes_before_another_sent_in_the_meantime() -> None:
    returned = deposit(1, "02T10:00", ended="returned", ended_at="06T10:00")
    other = deposit(2, "04T10:00", kind="nil")
    assert counting([returned, other], BOOK) == Counting(
        UUID(int=2), at("04T10:00"), "nil", False, None
    )
    assert counting([returned, other, deposit(3, "09T10:00", replaces=1)], BOOK).deposit == UUID(
        int=3
    )


def test_one_that_replaces_what_still_stands_does_not_take_its_time() -> None:
    assert counting([deposit(1, "02T10:00"), deposit(2, "03T10:00", replaces=1)], BOOK).deposit == (
        UUID(int=1)
    )


def test_of_several_returns_the_longest_time_for_mending_runs() -> None:
    first = deposit(1, "02T10:00", ended="returned", ended_at="03T10:00")
    second = deposit(2, "04T10:00", ended="revoked", ended_at="06T10:00")
    assert counting([second, first], BOOK).mending_until == at("14T00:00")


def test_a_predecessor_of_another_period_is_no_link() -> None:
    assert since(deposit(2, "09T10:00", replaces=7)) == at("09T10:00")


def test_what_was_sent_later_is_no_first_of_a_chain() -> None:
    later = deposit(1, "06T10:00", ended="returned", ended_at="06T11:00")
    assert since(later, deposit(2, "05T10:00", replaces=1)) == at("05T10:00")


def test_replacements_in_a_circle_do_not_hang() -> None:
    circle = [
        deposit(1, "02T10:00", replaces=2, ended="returned", ended_at="03T10:00"),
        deposit(2, "04T10:00", replaces=1, ended="returned", ended_at="05T10:00"),
        deposit(3, "06T10:00", replaces=2),
    ]
    assert since(*circle) == at("02T10:00")
    assert since(deposit(1, "02T10:00", replaces=1)) == at("02T10:00")


def test_an_end_without_its_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a time"):
        counting([deposit(1, "02T10:00", ended="returned")], BOOK)


# --- continuous data ----------------------------------------------------------------------------


def due(code: str, *, continuous: bool) -> DuePeriod:
    last = parse_period(code).last
    end = dt.datetime.combine(last, dt.time(17), dt.timezone.utc)
    return DuePeriod(code, last, end, UUID(int=1), 8107, False, False, continuous)


def test_a_month_of_continuous_data_takes_whatever_arrived_in_it() -> None:
    october = [deposit(1, "05T10:00"), deposit(2, "30T23:59:59")]
    november = [deposit(3, "20T10:00")]
    facts = {"2026-10": october, "2026-11": november}
    flowing = counting(deposits_for(due("2026-11", continuous=True), facts, BOOK), BOOK)
    assert (flowing.deposit, flowing.counts_from) == (UUID(int=1), at("05T10:00"))
    plain = counting(deposits_for(due("2026-11", continuous=False), facts, BOOK), BOOK)
    assert plain.deposit == UUID(int=3)


def test_what_arrived_after_the_citys_month_is_not_of_it() -> None:
    midnight = dt.datetime(2026, 11, 30, 17, tzinfo=dt.timezone.utc)
    facts = {"2026-12": [DepositFact(UUID(int=1), midnight, "file")]}
    assert list(deposits_for(due("2026-11", continuous=True), facts, BOOK)) == []
    facts = {"2026-12": [DepositFact(UUID(int=1), midnight - dt.timedelta(microseconds=1), "nil")]}
    assert len(deposits_for(due("2026-11", continuous=True), facts, BOOK)) == 1


# --- properties --------------------------------------------------------------------------------

_moments = st.datetimes(
    dt.datetime(2026, 10, 20), dt.datetime(2026, 12, 10),  # noqa: DTZ001 - asked for naive
    timezones=st.just(dt.timezone.utc),
)


@st.composite
def histories(draw: st.DrawFn) -> list[DepositFact]:
    """Up to six deposits, most of them mending the one before, ends at any time after."""
    found: list[DepositFact] = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        happened = draw(_moments)
        ended = draw(st.sampled_from([None, None, "returned", "returned", "revoked", "withdrawn"]))
        ended_at = happened + dt.timedelta(hours=draw(st.integers(0, 300))) if ended else None
        # Midnight of the city, where on time and too late meet.
        if ended and draw(st.booleans()):
            happened = happened.replace(hour=17, minute=0, second=0, microsecond=0)
        replaces = draw(st.none() | st.integers(1, 6).map(lambda number: UUID(int=number)))
        found.append(
            DepositFact(UUID(int=number), happened, draw(st.sampled_from(KINDS)),
                        draw(st.booleans()), replaces, ended, ended_at)
        )
    return found


@st.composite
def books(draw: st.DrawFn) -> RuleBook:
    return RuleBook((
        RuleVersion(
            None, draw(st.sampled_from(["Asia/Jakarta", "Asia/Jayapura"])),
            draw(st.frozensets(st.integers(0, 6), min_size=1)),
            draw(st.frozensets(st.dates(dt.date(2026, 10, 20), dt.date(2026, 12, 20)),
                               max_size=15)),
            {}, draw(st.integers(0, 6)),
        ),
    ))


@settings(deadline=None, max_examples=300)
@given(histories(), books())
def test_agrees_with_the_slow_reckoning(history: list[DepositFact], book: RuleBook) -> None:
    assert counting(history, book)._asdict() == naive.counts(history, book)


@given(histories(), st.randoms())
def test_the_order_of_facts_does_not_matter(
    history: list[DepositFact], chance: random.Random
) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)
    assert counting(shuffled, BOOK) == counting(history, BOOK)


@given(histories(), _moments)
def test_one_more_deposit_never_makes_it_later(
    history: list[DepositFact], happened: dt.datetime
) -> None:
    before = counting(history, BOOK)
    after = counting([*history, DepositFact(UUID(int=99), happened, "file")], BOOK)
    assert after.counts_from is not None
    assert after.counts_from <= min(before.counts_from or happened, happened)


@given(histories(), st.sampled_from(ENDS), st.data())
def test_only_an_end_takes_time_away(
    history: list[DepositFact], end: str, data: st.DataObject
) -> None:
    """What stands goes on counting unless the deposit that counts, or a link of its chain, ends."""
    now = counting(history, BOOK)
    if now.deposit is None:
        return
    others = [fact for fact in history if fact.ended is None and fact.id != now.deposit]
    if not others:
        return
    ending = data.draw(st.sampled_from(others))
    ended = ending._replace(ended=end, ended_at=ending.happened_at + dt.timedelta(hours=1))
    then = counting([ended if fact is ending else fact for fact in history], BOOK)
    assert then.counts_from is not None and now.counts_from is not None
    assert then.counts_from <= now.counts_from


# --- unchanged, and files without a period -----------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "allowed"),
    [
        ([], False),  # it needs a file before it
        (["nil"], False),
        (["unchanged"], False),
        (["file"], True),
        (["file", "nil"], True),
        (["file", "unchanged"], True),
        (["file", "unchanged", "unchanged"], False),  # the third time running
        (["file", "unchanged", "unchanged", "nil"], True),
        (["file", "unchanged", "unchanged", "file", "unchanged"], True),
    ],
)
def test_unchanged_is_refused_the_third_time_running(kinds: list[str], allowed: bool) -> None:
    assert unchanged_allowed(kinds, 2) is allowed


@given(st.lists(st.sampled_from(KINDS)), st.integers(0, 5))
def test_runs_of_unchanged_never_pass_the_limit(kinds: list[str], limit: int) -> None:
    accepted: list[str] = []
    for kind in kinds:
        if kind != "unchanged" or unchanged_allowed(accepted, limit):
            accepted.append(kind)
    longest = run = 0
    for kind in accepted:
        run = run + 1 if kind == "unchanged" else 0
        longest = max(longest, run)
    assert longest <= limit


def test_a_file_without_period_is_for_the_oldest_that_ended_and_is_open() -> None:
    months = [parse_period(code) for code in ("2026-09", "2026-08", "2026-10")]
    current = parse_period("2026-11")
    assert infer_period(months, current) == parse_period("2026-08")
    assert infer_period([], current) == current
    assert infer_period([], None) is None
    assert infer_period(iter(months), current, dt.date(2026, 8, 31)) == current
    assert infer_period(months, current, dt.date(2026, 9, 1)) == parse_period("2026-08")
