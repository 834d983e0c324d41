"""What a person may do with a submission where it stands, read off the table of its life.

The pages ask here which buttons there are, so that they offer what the table allows and no more.
Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from . import lifecycle
from .lifecycle import Transition

#: Events that a walidata or sysadmin brings about on the page where datasets are checked, and
#: those of the office on the dataset's own page, in the order of their buttons.
DECISIONS = (
    lifecycle.VERIFY, lifecycle.RETURN, lifecycle.REVOKE, lifecycle.GRANT, lifecycle.REFUSE,
    lifecycle.UNBLOCK,
)
OFFICE = (
    lifecycle.SUBMIT, lifecycle.WITHDRAW, lifecycle.TAKE_BACK, lifecycle.ASK_UNPUBLISH,
    lifecycle.ASK_DELETE,
)

#: Guards without which there is nothing to do; of the others a button says what is in the way.
_ABOUT = frozenset({
    lifecycle.SOMETHING_TO_CHECK, lifecycle.REQUESTED, lifecycle.DELETE_ASKED,
    lifecycle.UNPUBLISH_ASKED, lifecycle.PUBLIC,
})


@dataclass(frozen=True)
class Choice:
    """One button: an event, whether a reason is asked for, and the guards that are in the way."""

    event: str
    needs_note: bool
    obstacles: tuple[str, ...] = ()


def choices(
    state: str, events: Collection[str], who: Collection[str], fails: Collection[str]
) -> list[Choice]:
    """The buttons for a person, in the order of ``events``.

    :param state: where the submission stands
    :param who: what the person is (``lifecycle.OFFICE``, ``WALIDATA``, ``SYSADMIN``)
    :param fails: the guards that are known not to hold now
    """
    found = []
    for event in events:
        row = _first(lifecycle.transitions(state, event), who, _ABOUT & set(fails))
        if row is not None:
            found.append(Choice(
                event, lifecycle.NOTE in row.guards,
                tuple(guard for guard in row.guards if guard in fails),
            ))
    return found


def _first(
    rows: Collection[Transition], who: Collection[str], fails: Collection[str]
) -> Transition | None:
    return next(
        (row for row in rows if set(row.who) & set(who) and not set(row.guards) & set(fails)),
        None,
    )
