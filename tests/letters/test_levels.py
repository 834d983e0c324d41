"""Levels and addressees, over random pasts; the table of a letter's life has no hole."""
from __future__ import annotations

import datetime as dt
import random
import uuid
from decimal import Decimal

import pytest

from ckanext.satudata.letters import content, levels, life
from ckanext.satudata.opd.tree import Office

TODAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize("seed", range(200))
def test_the_level_is_the_number_of_quarters_in_a_row(seed: int) -> None:
    dice = random.Random(seed)
    past = [dice.choice((True, False, None)) for _ in range(dice.randint(0, 8))]
    found = levels.in_a_row([*past, True])
    # Said otherwise: what neither counts nor breaks is left out, then the tail is measured.
    told = "".join("x" if one else "." for one in past if one is not None) + "x"
    assert found == len(told) - len(told.rstrip("x"))
    assert levels.level(found) == (1 if found < 2 else 2 if found == 2 else 3)
    # Another silent quarter never lowers it, a quarter with nothing due never changes it.
    assert levels.level(levels.in_a_row([*past, True, True])) >= levels.level(found)
    assert levels.in_a_row([*past, None, True]) == found


@pytest.mark.parametrize(("status", "rate", "below", "asked", "reprimand"), [
    ("lengkap", "1.0000", "0.9", False, False),
    ("sebagian", "0.9500", "0.9", True, False),
    ("sebagian", "0.9000", "0.9", True, False),
    ("sebagian", "0.8999", "0.9", True, True),
    ("sebagian", "0.1000", "0", True, False),
    ("belum_setor", "0.0000", "0", True, True),
    ("nihil", None, "0.9", False, False),
])
def test_to_whom_a_letter_is_due(
    status: str, rate: str | None, below: str, asked: bool, reprimand: bool
) -> None:
    row = {"status": status, "rate": rate}
    assert levels.is_due(life.REQUEST, row, Decimal(below)) is asked
    assert levels.is_due(life.REPRIMAND, row, Decimal(below)) is reprimand


def _office(name: str, ended: bool = False, *heirs: uuid.UUID) -> Office:
    id = uuid.uuid5(uuid.NAMESPACE_DNS, name)
    end = TODAY - dt.timedelta(days=1) if ended else None
    return Office(id, str(id), name, name, berlaku_sampai=end, pengganti=heirs)


def test_the_addressee_is_who_took_over_in_the_end() -> None:
    last = _office("last")
    middle = _office("middle", True, last.id)
    first = _office("first", True, middle.id)
    lost = _office("lost", True)
    circle = _office("circle", True, uuid.uuid5(uuid.NAMESPACE_DNS, "circle"))
    offices = {one.id: one for one in (last, middle, first, lost, circle)}
    found = {one.name: levels.addressee(one.id, offices, TODAY) for one in offices.values()}
    assert {name: one and one.name for name, one in found.items()} == {
        "last": "last", "middle": "last", "first": "last", "lost": None, "circle": None}


# --- the table ----------------------------------------------------------------------------------


def test_every_event_has_its_words_and_every_state_its_way() -> None:
    events = {row.event for row in life.TABLE}
    assert events == set(life.EVENT_TYPES) == {life.MAKE, *life.PARAMETERS}
    assert {guard for row in life.TABLE for guard in row.guards} == set(life.GUARDS)
    assert {row.target for row in life.TABLE} == set(life.STATES)
    assert len({(row.state, row.event) for row in life.TABLE}) == len(life.TABLE)
    for state in life.STATES:
        if state != life.CANCELLED:
            assert life.transition(state, life.NEXT[state]) is not None


def test_nothing_is_sent_unsigned_and_what_was_sent_is_not_cancelled() -> None:
    reached = {state: {row.state for row in life.TABLE if row.target == state and row.state}
               for state in life.STATES}
    assert reached[life.SIGNED] == {life.NUMBERED}
    assert reached[life.SENT] == {life.SIGNED, life.SENT}
    assert reached[life.ANSWERED] == {life.SENT, life.ANSWERED}
    assert not reached[life.CANCELLED] & set(life.OUT)
    assert life.transition(life.CANCELLED, life.CANCEL) is None


def test_small_numbers_are_written_out() -> None:
    assert [content.in_words(number) for number in (0, 2, 9, 12)] == [
        "nol", "dua", "sembilan", "12"]


@pytest.mark.parametrize(("fulfilled", "partial", "missing", "detail", "lack"), [
    (3, 2, 1, "3 data telah disetor lengkap, 2 data disetor sebagian, dan 1 data belum disetor",
     "1 data belum disetor dan 2 data baru disetor sebagian"),
    (0, 0, 51, "51 data belum disetor", "51 data belum disetor"),
    (4, 0, 1, "4 data telah disetor lengkap dan 1 data belum disetor", "1 data belum disetor"),
    (4, 2, 0, "4 data telah disetor lengkap dan 2 data disetor sebagian",
     "2 data baru disetor sebagian"),
])
def test_a_letter_speaks_of_no_zeros(
    fulfilled: int, partial: int, missing: int, detail: str, lack: str
) -> None:
    said = content.counted({"fulfilled": fulfilled, "partial": partial, "missing": missing})
    assert said == {"rincian": detail, "kekurangan": lack}


@pytest.mark.parametrize(("level", "known", "expected"), [
    (None, [], []), (1, [], []), (2, [], [1]), (3, [], [1, 2]), (3, [2], [1]), (3, [1, 2], []),
    (3, [None, 1], [2]),
])
def test_the_lower_levels_that_are_not_on_record(
    level: int | None, known: list[int | None], expected: list[int]
) -> None:
    assert levels.unrecorded(level, [{"level": one} for one in known]) == expected
