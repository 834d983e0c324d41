"""Items of the daftar data with their state in a quarter, each in the same form."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ckanext.satudata.deposits import listing, obligations
from ckanext.satudata.deposits.listing import EVERYTHING, Reader
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import store
from ckanext.satudata.opd.store import key

from .item_rows import Wanted
from .quarter import Judged


@dataclass(frozen=True)
class Page:
    """Which items are asked for; ``office`` is an organization's id."""

    office: str | None
    words: str
    limit: int
    offset: int


def of_register(
    page: Page, who: Reader, quarter: Quarter, as_of: dt.datetime, *, judged: bool
) -> dict[str, Any]:
    """All items as known at a moment, with their state in a quarter.

    :param judged: whether the caller may see how the quarter stands; else ``status`` is None
    """
    count, rows = listing.items(
        who, opd=key(page.office) if page.office else None, words=page.words,
        limit=page.limit, offset=page.offset, as_of=as_of,
    )
    names = {id: office.name for id, office in store.offices(as_of).items()}
    found = who.without_hidden(listing.as_item(row, names) for row in rows)
    states = _states(quarter, as_of, [UUID(one["id"]) for one in found]) if judged else {}
    return {"count": count, "results": [
        _with_state(one, quarter.code, states.get(one["id"], [])) for one in found
    ]}


def of_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """The items of a report that was asked for with a page of them, in the same form."""
    rows = report["obligations"]
    as_of = dt.datetime.fromisoformat(report["as_of"])
    terms = obligations.latest([UUID(row["id"]) for row in rows], as_of)
    found = []
    for row in rows:
        said = terms[UUID(row["id"])].as_data()
        del said["opd"]
        item = {**said, **row}
        found.append(_with_state(item, report["quarter"], [row]))
    return {"count": report["obligations_count"], "results": found}


def _states(
    quarter: Quarter, as_of: dt.datetime, ids: Sequence[UUID]
) -> dict[str, list[dict[str, Any]]]:
    """The judged rows of some items: one for each office that answers for a period."""
    found: dict[str, list[dict[str, Any]]] = {}
    if ids:
        for row in Judged(quarter, as_of).items(EVERYTHING, Wanted(ids=ids)):
            found.setdefault(row["id"], []).append(row)
    return found


def _with_state(
    item: dict[str, Any], quarter: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """An item with its state under the office that answers for it, else under another one."""
    own = [row for row in rows if row["organization"] == item["organization"]] or list(rows)
    return {
        **item,
        "quarter": quarter,
        "status": own[0]["status"] if own else None,
        "periods": own[0]["periods"] if own else [],
    }
