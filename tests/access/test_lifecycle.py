"""The table of a submission's life holds together: no state without a way on, no row unsaid."""
from __future__ import annotations

import itertools

import pytest

from ckanext.satudata.access import lifecycle
from ckanext.satudata.access.lifecycle import (
    DIAJUKAN,
    DICABUT,
    DIKEMBALIKAN,
    DRAF,
    STATES,
    TABLE,
    TERVERIFIKASI,
)
from ckanext.satudata.schema import codes


def test_states_and_results_are_those_of_the_code_lists() -> None:
    assert set(STATES) == {entry.code for entry in codes.code_list("status_alur")}
    results = {entry.code for entry in codes.code_list("hasil_pemeriksaan")}
    assert set(lifecycle.RESULTS) == set(STATES)
    assert set(lifecycle.RESULTS.values()) == results


def test_every_row_uses_words_that_are_explained() -> None:
    for row in TABLE:
        assert row.state in (*STATES, None)
        assert row.target in STATES
        assert row.event in lifecycle.EVENT_TYPES
        assert set(row.guards) <= set(lifecycle.GUARDS)
        assert row.effect in lifecycle.EFFECTS
        assert row.who


def test_every_word_is_used() -> None:
    assert {row.event for row in TABLE} == set(lifecycle.EVENT_TYPES)
    assert {guard for row in TABLE for guard in row.guards} == set(lifecycle.GUARDS)
    assert {row.effect for row in TABLE} == set(lifecycle.EFFECTS)
    assert len(set(lifecycle.EVENT_TYPES.values())) == len(lifecycle.EVENT_TYPES)


def test_two_rows_for_one_event_are_told_apart_by_their_guards() -> None:
    for state, event in itertools.product((*STATES, None), lifecycle.EVENT_TYPES):
        guards = [row.guards for row in lifecycle.transitions(state, event)]
        assert len(guards) == len(set(guards))
        assert len(guards) < 2 or event in (lifecycle.CLOSE, lifecycle.GRANT)


def test_every_state_can_be_reached_and_left() -> None:
    reached, frontier = {DRAF}, [DRAF]
    while frontier:
        state = frontier.pop()
        for row in TABLE:
            if row.state == state and row.target not in reached:
                reached.add(row.target)
                frontier.append(row.target)
    assert reached == set(STATES)
    for state in STATES:
        assert any(row.target != state for row in TABLE if row.state == state), state


@pytest.mark.parametrize(("event", "states"), [
    (lifecycle.SUBMIT, (DRAF, DIKEMBALIKAN, DICABUT)),
    (lifecycle.WITHDRAW, (DIAJUKAN,)),
    (lifecycle.VERIFY, (DIAJUKAN, TERVERIFIKASI)),
    (lifecycle.RETURN, (DIAJUKAN,)),
    (lifecycle.REVOKE, (TERVERIFIKASI,)),
    (lifecycle.ASK_UNPUBLISH, (TERVERIFIKASI,)),
    # What can be asked for anywhere can be answered, and taken back, anywhere.
    (lifecycle.ASK_DELETE, STATES),
    (lifecycle.GRANT, STATES),
    (lifecycle.REFUSE, STATES),
    (lifecycle.TAKE_BACK, STATES),
])
def test_what_can_happen_where(event, states) -> None:
    assert set(lifecycle.states_for(event)) == set(states)


def test_only_a_verification_or_unblocking_makes_a_dataset_verified() -> None:
    ways = {
        row.event for row in TABLE if row.target == TERVERIFIKASI and row.state != TERVERIFIKASI
    }
    assert ways == {lifecycle.VERIFY, lifecycle.UNBLOCK}


def test_who_decides_never_decides_on_their_own_work_unless_it_is_recorded() -> None:
    for row in TABLE:
        if row.target == TERVERIFIKASI and row.event == lifecycle.VERIFY:
            assert lifecycle.FOUR_EYES in row.guards
            assert lifecycle.SAME_CONTENT in row.guards
        if row.event == lifecycle.UNBLOCK:
            assert row.who == (lifecycle.SYSADMIN,)
            assert lifecycle.NOTE in row.guards


@pytest.mark.parametrize(("private", "state", "expected"), [
    (False, "active", TERVERIFIKASI), (True, "active", DRAF),
    (False, "draft", DRAF), (False, "deleted", DRAF), (True, "deleted", DRAF),
])
def test_what_was_public_before_the_plugin_counts_as_verified(private, state, expected) -> None:
    assert lifecycle.inherited_status(private=private, state=state) == expected
