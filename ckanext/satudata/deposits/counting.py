"""Which deposit counts for a period, since when, and what is still open to mending.

The earliest deposit counts that is not withdrawn, returned or revoked, from the moment it was
submitted: the office does not pay for a slow check. One that replaces a returned one counts from
the time of the first of its chain if it comes within the time for mending, five working days after
the day of the return; a revocation is a return. Pure: no CKAN, no database.

Where the rule in words leaves room:

* "The earliest" goes by the time a deposit counts from, so a mended one may come before another
  that was submitted in the meantime.
* A replacement that was sent before the return came is in time.
* A link of the chain that came too late starts the chain anew; a withdrawn one ends it. A deposit
  of another period is no link, nor one that was sent later than what replaces it.
* While something counts, no mending is waited for.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ckanext.satudata.journal.calendar import RuleBook, local_date

from .periods import Period, parse_period
from .schedule import DuePeriod

FILE, NIL, UNCHANGED = "file", "nil", "unchanged"
KINDS = (FILE, NIL, UNCHANGED)

WITHDRAWN, RETURNED, REVOKED = "withdrawn", "returned", "revoked"
#: How a deposit can end; the last two can be mended.
ENDS = (WITHDRAWN, RETURNED, REVOKED)
_MENDABLE = frozenset({RETURNED, REVOKED})


class DepositFact(NamedTuple):
    """A deposit of one obligation for one period, as known at a moment.

    ``happened_at``: when it was submitted (aware). ``inferred``: its period was not given.
    ``replaces``: the deposit it mends. ``ended``: how it ended (None: it stands), and when.
    """

    id: UUID
    happened_at: dt.datetime
    kind: str
    inferred: bool = False
    replaces: UUID | None = None
    ended: str | None = None
    ended_at: dt.datetime | None = None


class Counting(NamedTuple):
    """What counts for a period: the deposit, since when, its kind, and until when to mend.

    Without a deposit that counts, ``mending_until`` is the moment at which the time for mending
    ends (exclusive; None when nothing was returned). With one it is None.
    """

    deposit: UUID | None
    counts_from: dt.datetime | None
    kind: str | None
    inferred: bool
    mending_until: dt.datetime | None


NOTHING = Counting(None, None, None, False, None)


def counting(deposits: Sequence[DepositFact], rules: RuleBook) -> Counting:
    """What counts of ``deposits``, all of one obligation and period, in any order.

    Their facts are those known at the moment that is asked about: an end recorded later is not
    among them. Raises ValueError for an end without its time.
    """
    if len(deposits) == 1 and deposits[0].ended is None:
        only = deposits[0]
        return Counting(only.id, only.happened_at, only.kind, only.inferred, None)
    by_id = {deposit.id: deposit for deposit in deposits}
    standing = [
        (_start(deposit, by_id, rules), deposit.happened_at, deposit.id.int, deposit)
        for deposit in deposits
        if deposit.ended is None
    ]
    if standing:
        since, _, _, first = min(standing, key=lambda entry: entry[:3])
        return Counting(first.id, since, first.kind, first.inferred, None)
    mending = [
        _mending_until(deposit, rules) for deposit in deposits if deposit.ended in _MENDABLE
    ]
    return Counting(None, None, None, False, max(mending)) if mending else NOTHING


def deposits_for(
    due: DuePeriod, by_period: Mapping[str, Sequence[DepositFact]], rules: RuleBook
) -> Sequence[DepositFact]:
    """The deposits of an obligation among which one may count for a period.

    Those made for it (``by_period``: by period code); for a month of continuous data also
    whatever arrived in it, for any period: it is on time if anything arrived.
    """
    made_for_it = by_period.get(due.period, ())
    if not due.continuous:
        return made_for_it
    month = parse_period(due.period)
    version = rules.for_period_ending(month.last)
    others = [
        deposit
        for code, deposits in by_period.items()
        if code != due.period
        for deposit in deposits
        if local_date(deposit.happened_at, version) in month
    ]
    return [*made_for_it, *others]


def _start(
    deposit: DepositFact, by_id: dict[UUID, DepositFact], rules: RuleBook
) -> dt.datetime:
    """Since when a deposit counts: back along its chain as long as each link came in time."""
    seen = {deposit.id}
    while deposit.replaces is not None:
        before = by_id.get(deposit.replaces)
        if before is None or before.id in seen or before.ended not in _MENDABLE:
            break
        if not before.happened_at <= deposit.happened_at < _mending_until(before, rules):
            break
        seen.add(before.id)
        deposit = before
    return deposit.happened_at


def _mending_until(deposit: DepositFact, rules: RuleBook) -> dt.datetime:
    if deposit.ended_at is None:
        raise ValueError(f"deposit {deposit.id} has ended without a time")
    return rules.mending_until(deposit.ended_at)


def unchanged_allowed(kinds: Sequence[str], limit: int) -> bool:
    """Whether a statement "unchanged" may come next.

    ``kinds``: what counted for the obligation's periods before, oldest first. It needs a file
    before it, and is refused when ``limit`` statements stand in a row already (2: the third time
    running); a file or a nil report ends the run.
    """
    run = 0
    for kind in reversed(kinds):
        if kind != UNCHANGED:
            break
        run += 1
    return run < limit and FILE in kinds


def infer_period(
    open_periods: Iterable[Period], current: Period | None, today: dt.date | None = None
) -> Period | None:
    """The period for a file that came without one: the oldest that has ended and is still open.

    ``open_periods``: owed, not waived, nothing counts for them. When ``today`` is given, only
    those that ended before it are looked at. Without any it is ``current``, the period in which
    the file came (None when the obligation has no rhythm).
    """
    ended = (period for period in open_periods if today is None or period.last < today)
    return min(ended, key=lambda period: (period.last, period.first, period.code), default=current)
