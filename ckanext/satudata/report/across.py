"""Quarters beside each other: how the offices stood in each, as each report now says it.

A frozen quarter is given as it was frozen, any other as it stands at this moment: the same figures
that its own page shows. All quarters together cost as many queries as one.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter

from . import figures, past, snapshots
from .quarter import Judged

#: What is said of an office in each quarter.
RESULT = ("status", "due", "fulfilled", "partial", "missing", "rate", "on_time_rate")


def quarters_until(last: Quarter, number: int) -> list[Quarter]:
    """The ``number`` quarters up to ``last``, oldest first; none of before anything was owed."""
    first = past.first_quarter()
    if first is None:
        return []
    start = max(first, last.index - number + 1)
    return [Quarter.from_index(index) for index in range(start, last.index + 1)]


def standing(quarters: Sequence[Quarter], only_frozen: bool = False) -> dict[str, Any]:
    """How the offices stood in each of the quarters.

    :param quarters: oldest first
    :param only_frozen: leave out those that are not frozen
    :returns: ``quarters``: dicts {quarter, frozen, trial, totals}; ``organizations``: dicts {id,
        name, title, results}, with a dict of :data:`RESULT` for each quarter, None where the
        office was not on the board
    """
    frozen = snapshots.latest_of(quarters)
    shown = [one for one in quarters if not only_frozen or one in frozen]
    live = _live([one for one in shown if one not in frozen])
    boards = [
        _of_document(snapshots.public_document(frozen[one])) if one in frozen else live[one]
        for one in shown
    ]
    offices: dict[str, dict[str, Any]] = {}
    for place, board in enumerate(boards):
        for row in board["organizations"]:
            # The latest name stands for all quarters: an office may have had another one.
            office = offices.setdefault(row["id"], {"results": [None] * len(boards)})
            office.update(id=row["id"], name=row["name"], title=row["title"])
            office["results"][place] = {name: row[name] for name in RESULT}
    heads = [
        {name: value for name, value in board.items() if name != "organizations"}
        for board in boards
    ]
    return {"quarters": heads, "organizations": list(offices.values())}


def _of_document(document: Mapping[str, Any]) -> dict[str, Any]:
    names = ("quarter", "frozen", "trial", "totals", "organizations")
    return {name: document[name] for name in names}


def _live(quarters: Sequence[Quarter]) -> dict[Quarter, dict[str, Any]]:
    """Quarters as they stand now, all judged in one statement."""
    if not quarters:
        return {}
    now = clock.now()
    judged = Judged(quarters[-1], now)
    own = figures.figures([figures.Moment(one.index, now, now, now) for one in quarters])
    return {
        quarter: _of_figures(judged, quarter, of_offices)
        for quarter, of_offices in zip(quarters, own, strict=True)
    }


def _of_figures(judged: Judged, quarter: Quarter, own: dict[Any, Any]) -> dict[str, Any]:
    judgement = judged.board(quarter, own, judged.offices)
    rows = []
    for opd, row in judgement.board.items():
        office = judged.offices[opd]
        rows.append({
            "id": office.group_id, "name": office.name, "title": office.title, **row.as_dict()
        })
    return {
        "quarter": quarter.code, "frozen": False, "trial": judged.is_trial(quarter),
        "totals": judgement.totals(), "organizations": rows,
    }
