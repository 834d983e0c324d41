"""What is owed is written up to the end of next year, and further as the years go by."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import state
from ckanext.satudata.deposits.model import state as state_table
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event
from tests.counting import counted

SYSTEM = Actor(None, CLI)


def last_written(id: Any) -> dt.date:
    return model.Session.execute(
        sa.select(sa.func.max(state_table.c.last_day)).where(
            state_table.c.obligation == id, state_table.c.closed_by.is_(None)
        )
    ).scalar_one()


def events_of(kind: str) -> int:
    return model.Session.execute(
        sa.select(sa.func.count()).select_from(event).where(event.c.type == kind)
    ).scalar_one()


@pytest.fixture
def a_year_goes_by(monkeypatch: Any) -> Any:
    """Call it when the items are made: from then on it is the first working day of next year."""
    def come() -> None:
        year = clock.city_today().year + 1
        monkeypatch.setattr(clock, "city_today", lambda: dt.date(year, 1, 2))

    return come


def test_a_year_later_the_periods_of_another_year_are_written_once(
    kota: Any, a_year_goes_by: Any
) -> None:
    next_year = clock.city_today().year + 1
    id = kota.item()
    assert state.written_until() == state.horizon() == dt.date(next_year, 12, 31)
    assert state.extend_horizon(SYSTEM) == 0, "nothing to do yet"
    assert last_written(id).year == next_year
    a_year_goes_by()
    assert state.written_until() < state.horizon()
    assert state.extend_horizon(SYSTEM) == 12
    assert last_written(id).year == next_year + 1
    assert state.written_until() == state.horizon()
    assert state.extend_horizon(SYSTEM) == 0
    assert events_of(state.EXTENDED) == 1


def test_an_extension_that_was_interrupted_goes_on(
    kota: Any, a_year_goes_by: Any, monkeypatch: Any
) -> None:
    next_year = clock.city_today().year + 1
    ids = [kota.item(f"Butir {number}") for number in range(4)]
    a_year_goes_by()
    monkeypatch.setattr(state, "CHUNK", 2)

    class Killed(Exception):
        pass

    def kill(done: int, _: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        state.extend_horizon(SYSTEM, kill)
    model.Session.rollback()
    assert sum(last_written(id).year == next_year + 1 for id in ids) == 2
    assert state.written_until() < state.horizon(), "not said to be done"
    told: list[tuple[int, int]] = []
    assert state.extend_horizon(SYSTEM, lambda *said: told.append(said)) == 24
    assert told == [(2, 4), (4, 4)]
    assert all(last_written(id).year == next_year + 1 for id in ids)


def test_doing_nothing_costs_a_constant_few_queries(kota: Any) -> None:
    def queries() -> int:
        with counted() as seen:
            state.extend_horizon(SYSTEM)
        return len(seen)

    kota.item()
    few = queries()
    for number in range(5):
        kota.item(f"Butir {number}")
    assert queries() == few <= 4
