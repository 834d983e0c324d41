"""The buttons are those of the table: what cannot happen is not offered."""
from __future__ import annotations

import pytest

from ckanext.satudata.access import choices, lifecycle
from ckanext.satudata.access.lifecycle import (
    COMPLETE,
    DELETE_ASKED,
    FOUR_EYES,
    REQUESTED,
    SOMETHING_TO_CHECK,
    UNPUBLISH_ASKED,
)

GOOD = {COMPLETE, FOUR_EYES}
ASKED = {REQUESTED, DELETE_ASKED}
#: What the page of a dataset knows of one before it is decided.
KNOWN = {COMPLETE, FOUR_EYES, SOMETHING_TO_CHECK, REQUESTED, DELETE_ASKED, UNPUBLISH_ASKED}


def offered(state: str, facts: set[str], *who: str) -> dict[str, tuple[str, ...]]:
    found = choices.choices(
        state, choices.DECISIONS, who or (lifecycle.WALIDATA,), KNOWN - facts)
    return {one.event: one.obstacles for one in found}


@pytest.mark.parametrize(("state", "facts", "expected"), [
    ("draf", GOOD, set()),
    ("draf", GOOD | ASKED, {"grant", "refuse"}),
    ("diajukan", GOOD, {"verify", "return"}),
    ("diajukan", GOOD | ASKED, {"verify", "return", "grant", "refuse"}),
    ("terverifikasi", GOOD, {"revoke"}),
    ("terverifikasi", GOOD | {SOMETHING_TO_CHECK}, {"verify", "revoke"}),
    ("terverifikasi", GOOD | {REQUESTED, UNPUBLISH_ASKED}, {"revoke", "grant", "refuse"}),
    ("dikembalikan", GOOD, set()),
    ("dicabut", GOOD | ASKED, {"grant", "refuse"}),
])
def test_what_a_walidata_is_offered(state: str, facts: set[str], expected: set[str]) -> None:
    assert set(offered(state, facts)) == expected


def test_what_is_in_the_way_is_said_and_unblocking_is_for_sysadmins() -> None:
    assert offered("diajukan", {COMPLETE})["verify"] == (FOUR_EYES,)
    assert offered("diajukan", {FOUR_EYES})["verify"] == (COMPLETE,)
    assert "unblock" not in offered("diajukan", {COMPLETE})
    sysadmin = offered("diajukan", {COMPLETE}, lifecycle.WALIDATA, lifecycle.SYSADMIN)
    assert sysadmin["unblock"] == ()


def test_a_reason_is_asked_for_where_the_table_wants_one() -> None:
    for state in lifecycle.STATES:
        for one in choices.choices(
            state, (*choices.DECISIONS, *choices.OFFICE),
            (lifecycle.WALIDATA, lifecycle.OFFICE, lifecycle.SYSADMIN), (),
        ):
            rows = lifecycle.transitions(state, one.event)
            assert one.needs_note == any(lifecycle.NOTE in row.guards for row in rows)
