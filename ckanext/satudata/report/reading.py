"""The report as one reader gets it: live or frozen, whole or one office's, its items or a page."""
from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.listing import Reader
from ckanext.satudata.deposits.model import obligation, state
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter, QuarterError
from ckanext.satudata.opd.store import key

from . import figures, item_rows, snapshots
from .item_rows import BY_OFFICE, BY_STATUS, Wanted
from .quarter import Judged
from .wording import ITEM_STATES

#: Items that come with a report unasked for; of more, the caller asks for pages.
UNASKED_LIMIT = 5000


@dataclass(frozen=True)
class Asked:
    """What of a quarter's report is asked for.

    :param office: name of an organization: its row, then those of its units, and their items only
    :param roll_up: units summed into the office above them
    :param items: whether to give the items; None: if they are filtered or paged, or no more than
        5,000
    :param status, klass, words, order, limit, offset: of the items, as in ``item_rows.Wanted``
    :param arrears: whether to give the periods in arrears, paged by ``limit`` and ``offset``
    :param before: whether to give the quarter before, to compare with, as it now stands; a
        snapshot of it, if there is one
    """

    office: str | None = None
    roll_up: bool = True
    items: bool | None = None
    status: str | None = None
    klass: str | None = None
    words: str = ""
    order: str = BY_OFFICE
    limit: int | None = None
    offset: int = 0
    arrears: bool = False
    before: bool = False
    frozen_before: Mapping[str, Any] | None = None

    @property
    def narrows(self) -> bool:
        """Whether only some of the items are asked for."""
        return bool(self.status or self.klass or self.words.strip() or self.limit is not None)


#: The whole report.
EVERYTHING_ASKED = Asked()


def live(
    quarter: Quarter, as_of: dt.datetime, reader: Reader, asked: Asked = EVERYTHING_ASKED
) -> dict[str, Any]:
    """A quarter judged as of a moment."""
    judged = Judged(quarter, as_of, compares=asked.before and asked.frozen_before is None)
    board_of = judged.board_names()
    own = judged.rows(roll_up=False)
    rows, names = _chosen(judged.rows(), own, board_of, asked)
    opds = {key(row["id"]) for row in own if row["name"] in names} if asked.office else None
    hidden = {judged.offices[opd].name: n for opd, n in _hidden(judged, reader).items()}
    report = {
        **judged.heads(),
        "organizations": _with_hidden(rows, hidden, board_of, asked),
        "hidden_obligations": sum(n for name, n in hidden.items() if name in names),
    }
    wanted = Wanted(
        opds=opds, status=asked.status, klass=asked.klass, words=asked.words, order=asked.order,
        limit=asked.limit, offset=asked.offset,
    )
    count = judged.count_items(reader, wanted) if asked.items is not False else 0
    if _gives_items(asked, count):
        report["obligations_count"] = count
        report["obligations"] = judged.items(reader, wanted)
    if asked.arrears:
        report.update(_arrears(judged, reader, asked, rows))
    if asked.before:
        report["before"] = _before(asked, judged)
    return report


def frozen(
    row: Mapping[str, Any], reader: Reader, asked: Asked = EVERYTHING_ASKED
) -> dict[str, Any]:
    """A snapshot by today's rights: the figures as frozen, items named if they may be today."""
    document = snapshots.public_document(row)
    board_of = document["board_of"]
    rows, names = _chosen(document["organizations"], document["units"], board_of, asked)
    judged = snapshots.judged(Quarter.from_index(row["quarter"]), row)
    # By the names of then: an office may be called otherwise by now.
    offices = {key(unit["id"]): unit["name"] for unit in document["units"]}
    opds = {opd for opd, name in offices.items() if name in names}
    hidden = {offices[opd]: n for opd, n in _hidden(judged, reader).items() if opd in opds}
    report = {
        **_head_of(document),
        "revision": row["revision"],
        "sha256": row["sha256"],
        "organizations": _with_hidden(rows, hidden, board_of, asked),
        "hidden_obligations": sum(hidden.values()),
    }
    decides = asked.items is None and not asked.narrows
    count = judged.count_items(reader, Wanted(opds=opds)) if decides else 0
    if _gives_items(asked, count):
        found = _narrowed(_seen(row, {name: opd for opd, name in offices.items()}, names, reader),
                          asked)
        end = None if asked.limit is None else asked.offset + asked.limit
        report["obligations_count"] = len(found)
        report["obligations"] = reader.without_hidden(found[asked.offset:end])
    if asked.arrears:
        report.update(_arrears(judged, reader, asked, rows))
    if asked.before:
        report["before"] = _before(asked, Judged(judged.quarter, clock.now(), compares=True))
    return report


def items_of(
    report: Mapping[str, Any], reader: Reader, *, whole: bool = True
) -> Iterator[dict[str, Any]]:
    """The items of a report that came without them, one after the other.

    :param report: an answer of :func:`live` or :func:`frozen` to this reader
    :param whole: whether it is of the whole city, not of one office
    """
    quarter = Quarter.parse(report["quarter"])
    if not report["frozen"]:
        judged = Judged(quarter, dt.datetime.fromisoformat(report["as_of"]))
        opds = None if whole else {key(row["id"]) for row in report["organizations"]}
        return item_rows.stream(
            judged.moment, reader, Wanted(opds=opds), judged.offices, judged.local)
    row = snapshots.of_revision(quarter, report["revision"])
    units = snapshots.public_document(row)["units"]
    names = {unit["name"] for unit in (units if whole else report["organizations"])}
    offices = {unit["name"]: key(unit["id"]) for unit in units}
    return iter(reader.without_hidden(_seen(row, offices, names, reader)))


#: What is said of an office in the quarter before.
_COMPARED = ("id", "name", "status", "due", "fulfilled", "rate", "on_time_rate")


def _before(asked: Asked, judged: Judged) -> dict[str, Any]:
    """The quarter before: as it was frozen, else as it stands at the moment of ``judged``."""
    if asked.frozen_before is not None:
        return _before_frozen(asked.frozen_before)
    return _before_live(judged)


def as_frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a snapshot as its documents have them, with nothing counted as hidden."""
    document = snapshots.public_document(row)
    return {
        **_head_of(document), "revision": row["revision"], "sha256": row["sha256"],
        "organizations": [{**office, "hidden": 0} for office in document["organizations"]],
        "hidden_obligations": 0,
    }


def before_then(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The quarter before one that was frozen, as it stood at that moment; None before the first."""
    judged = Judged(Quarter.from_index(row["quarter"]), row["as_of"], compares=True)
    try:
        before = judged.quarter.previous()
    except QuarterError:
        return None
    known = snapshots.latest_before(before, row["event_seq"])
    return _before_live(judged) if known is None else _before_frozen(known)


def _head_of(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in document.items()
        if name not in ("organizations", "units", "board_of", "rules")
    }


def _before_live(judged: Judged) -> dict[str, Any]:
    before = judged.judgement_before
    rows = [
        {"id": judged.offices[opd].group_id, "name": judged.offices[opd].name, **row.as_dict()}
        for opd, row in before.board.items()
    ]
    return {
        "quarter": judged.quarter.previous().code, "frozen": False, "totals": before.totals(),
        "organizations": [{name: row[name] for name in _COMPARED} for row in rows],
    }


def _before_frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    document = snapshots.public_document(row)
    return {
        "quarter": document["quarter"], "frozen": True, "totals": document["totals"],
        "organizations": [
            {name: office[name] for name in _COMPARED} for office in document["organizations"]
        ],
    }


def _gives_items(asked: Asked, count: int) -> bool:
    if asked.items is not None:
        return asked.items
    return asked.narrows or count <= UNASKED_LIMIT


def _seen(
    row: Mapping[str, Any], offices: Mapping[str, UUID], names: set[str], reader: Reader
) -> list[dict[str, Any]]:
    """Items of a snapshot, of the offices with these names, that may be named today.

    :param offices: keys of all offices of the snapshot by their names of then
    """
    today = _today(row["quarter"])
    seen: list[dict[str, Any]] = []
    for item in snapshots.obligations_of(row):
        klass, package_id = today.get(UUID(item["id"]), ("tertutup", None))
        office = item["organization"]
        if office in names and reader.may_see(offices[office], klass):
            seen.append({**item, "klasifikasi_akses": klass, "package_id": package_id})
    return seen


def _narrowed(items: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Items of a document by the same conditions and in the same order as from the database."""
    words = asked.words.casefold().split()
    found = [
        item for item in items
        if (not asked.status or item["status"] == asked.status)
        and (not asked.klass or item["klasifikasi_akses"] == asked.klass)
        and all(word in item["title"].casefold() for word in words)
    ]
    if asked.order == BY_STATUS:
        place = {status: number for number, status in enumerate(ITEM_STATES)}
        found.sort(key=lambda item: (place[item["status"]], item["title"].casefold(), item["id"]))
    return found


def _arrears(
    judged: Judged, reader: Reader, asked: Asked, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """The periods in arrears of the rows given, with how many of them may not be named."""
    heads = {key(row["id"]) for row in rows} if asked.office else None
    seen, hidden, periods = judged.arrears_page(
        reader, heads, asked.limit or UNASKED_LIMIT, asked.offset
    )
    return {"arrears_count": seen, "hidden_arrears": hidden, "arrears": periods}


def _chosen(
    board: list[dict[str, Any]],
    units: list[dict[str, Any]],
    board_of: Mapping[str, str],
    asked: Asked,
) -> tuple[list[dict[str, Any]], set[str]]:
    """The rows to give, and the names of the offices whose items belong to them."""
    office = asked.office
    if office is None:
        return (board if asked.roll_up else units), {unit["name"] for unit in units}
    below = {name for name, head in board_of.items() if head == office} | {office}
    head = [row for row in board if row["name"] == office]
    own = [row for row in units if row["name"] in below and row["name"] != office]
    if not head:
        head = [row for row in units if row["name"] == office]
    return head + own, below


def _with_hidden(
    rows: list[dict[str, Any]],
    hidden: Mapping[str, int],
    board_of: Mapping[str, str],
    asked: Asked,
) -> list[dict[str, Any]]:
    """Rows with the number of items that may not be named; in a summed row, with its units'."""
    summed: Counter[str] = Counter()
    for name, number in hidden.items():
        summed[board_of.get(name, name)] += number
    heads = set(board_of.values()) if asked.roll_up else set()
    if asked.office:
        heads = {asked.office}
    return [
        {**row, "hidden": (summed if row["name"] in heads else hidden).get(row["name"], 0)}
        for row in rows
    ]


def _hidden(judged: Judged, reader: Reader) -> dict[UUID, int]:
    """How many items of each office may not be named to a reader."""
    if reader.everything:
        return {}
    return figures.hidden(judged.quarter.index, judged.as_of, reader.opds)


def _today(quarter: int) -> dict[UUID, tuple[str, str | None]]:
    """Class and linked dataset, as they are now, of the items of a quarter."""
    rows = model.Session.execute(
        sa.select(obligation.c.id, obligation.c.klasifikasi_akses, obligation.c.package_id).where(
            obligation.c.id.in_(sa.select(state.c.obligation).where(state.c.quarter == quarter))
        )
    )
    return {id: (klass, package_id) for id, klass, package_id in rows}
