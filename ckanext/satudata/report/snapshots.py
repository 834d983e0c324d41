"""Frozen quarters: two documents in canonical JSON, chained by their hashes.

``lengkap`` holds every row, with the titles of items; it is shown by today's rights. ``publik``
holds the figures of offices and no title. The database refuses to change either.
"""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits import state
from ckanext.satudata.deposits.listing import EVERYTHING
from ckanext.satudata.deposits.model import deposit
from ckanext.satudata.deposits.model import state as state_table
from ckanext.satudata.deposits.store import WAITING
from ckanext.satudata.journal import canonical, clock, rules, work
from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.journal.model import event, note
from ckanext.satudata.journal.quarters import Quarter

from . import papers
from .model import snapshot, snapshot_office
from .quarter import Judged


class AlreadyFrozen(Exception):
    """The quarter has a snapshot, and no reason for a revision was given."""


class NotOver(Exception):
    """The quarter has not ended."""


class Trial(Exception):
    """The quarter is a trial: its year's register was not agreed by its last day."""


class NothingToRevise(Exception):
    """A reason for a revision was given, but the quarter is not frozen."""


class FrozenSince(Exception):
    """The quarter was frozen or revised after the caller looked at it."""


class NotWritten(Exception):
    """What is owed in the quarter was never written down: the yearly work was left out."""


def freeze(
    quarter: Quarter, by: Actor, reason: str | None = None, after_revision: int | None = None
) -> Mapping[Any, Any]:
    """Freeze a quarter as it is known now; does not commit.

    One at a time: of two at once the second finds the first's snapshot. In a revision everything
    recorded until now is read, but deposits count only if they happened before the first freezing:
    a late file changes later reports, never a snapshot (docs/how-it-judges.md, "Snapshots").

    :param after_revision: the revision that the caller has seen, 0 for none; None: whichever
    :raises AlreadyFrozen, NothingToRevise, FrozenSince, NotOver, Trial, NotWritten: see there
    """
    model.Session.execute(sa.text("LOCK TABLE satudata_snapshot IN SHARE ROW EXCLUSIVE MODE"))
    before = latest(quarter)
    if after_revision is not None and after_revision != (before["revision"] if before else 0):
        raise FrozenSince
    if before is not None and not reason:
        raise AlreadyFrozen
    if before is None and reason:
        raise NothingToRevise
    rules.keep_first(by)
    judged = Judged(quarter, clock.now(), first_frozen(quarter))
    if judged.as_of < judged.end:
        raise NotOver
    if judged.is_trial(quarter):
        raise Trial
    if quarter.last > state.written_until():
        raise NotWritten
    lengkap, publik = documents(judged)
    revision = before["revision"] + 1 if before is not None else 1
    previous = chain_end()
    hashes = [canonical.sha256_hex(text.encode()) for text in (lengkap, publik)]
    digest = chained(quarter, revision, hashes[0], hashes[1], previous)
    seq = record(
        "snapshot.frozen", "snapshot", papers.key(quarter, revision), by, text=reason, hash=digest,
        data={"quarter": quarter.code, "revision": revision, "previous": previous},
    )
    row = {
        "quarter": quarter.index, "revision": revision, "event_seq": seq, "as_of": judged.as_of,
        "frozen_by": by.person, "lengkap": lengkap, "publik": publik,
        "lengkap_sha256": hashes[0], "publik_sha256": hashes[1], "sha256": digest,
        "previous_sha256": previous,
    }
    model.Session.execute(sa.insert(snapshot).values(**row))
    offices = [
        {"quarter": quarter.index, "revision": revision, "opd": opd, "status": figures.status}
        for opd, figures in judged.judgement.board.items()
    ]
    if offices:
        model.Session.execute(sa.insert(snapshot_office), offices)
    work.owe(papers.OWED, papers.key(quarter, revision))
    return row


def documents(judged: Judged) -> tuple[str, str]:
    """The two documents of a quarter at its moment, as canonical JSON."""
    rule = judged.book.for_period_ending(judged.quarter.last).to_json()
    publik = {
        **judged.heads(), "frozen": True, "rules": rule,
        "organizations": judged.rows(), "units": judged.rows(roll_up=False),
        "board_of": judged.board_names(),
    }
    # Which dataset an item is linked to is a fact of today, no part of the judgement.
    items = [
        {name: value for name, value in item.items() if name != "package_id"}
        for item in judged.items(EVERYTHING)
    ]
    lengkap = {**publik, "obligations": items}
    return canonical.dumps(lengkap).decode(), canonical.dumps(publik).decode()


def first_frozen(quarter: Quarter) -> dt.datetime | None:
    """The moment of a quarter's first freezing: by then a deposit must have happened to count."""
    return model.Session.execute(
        sa.select(snapshot.c.as_of).where(
            snapshot.c.quarter == quarter.index, snapshot.c.revision == 1
        )
    ).scalar_one_or_none()


def judged(quarter: Quarter, row: Mapping[Any, Any]) -> Judged:
    """The quarter as it was judged for a snapshot."""
    limit = first_frozen(quarter) if row["revision"] > 1 else None
    return Judged(quarter, row["as_of"], limit)


def waiting(quarter: Quarter) -> list[tuple[UUID, int]]:
    """Deposits for periods due in a quarter that nobody has checked yet: (office, how many)."""
    rows = model.Session.execute(
        sa.select(state_table.c.opd, sa.func.count())
        .join(
            deposit,
            (deposit.c.obligation == state_table.c.obligation)
            & (deposit.c.period == state_table.c.period),
        )
        .where(
            state_table.c.quarter == quarter.index, state_table.c.closed_by.is_(None),
            deposit.c.status == WAITING,
        )
        .group_by(state_table.c.opd)
    )
    return [tuple(row) for row in rows]


def chained(
    quarter: Quarter, revision: int, lengkap: str, publik: str, previous: str | None
) -> str:
    """The hash of a snapshot: over its documents' hashes and the snapshot before."""
    return canonical.sha256_hex(
        canonical.dumps({
            "quarter": quarter.code, "revision": revision,
            "lengkap": lengkap, "publik": publik, "previous": previous,
        })
    )


def latest(quarter: Quarter, revision: int | None = None) -> Mapping[Any, Any] | None:
    """The latest snapshot of a quarter, or the revision asked for; None when there is none.

    Like all rows that are read here it comes without ``lengkap``, which is long: see
    :func:`obligations_of`.
    """
    return _newest(quarter, revision).one_or_none()


def latest_before(quarter: Quarter, event_seq: int) -> Mapping[Any, Any] | None:
    """The latest snapshot of a quarter that was made before an event; None when there was none."""
    return model.Session.execute(
        _query()
        .where(snapshot.c.quarter == quarter.index, snapshot.c.event_seq < event_seq)
        .order_by(snapshot.c.revision.desc()).limit(1)
    ).mappings().one_or_none()


def is_frozen(quarter: Quarter) -> bool:
    """Whether a quarter has a snapshot."""
    return bool(model.Session.execute(
        sa.select(sa.exists().where(snapshot.c.quarter == quarter.index))
    ).scalar())


def latest_of(quarters: Collection[Quarter]) -> dict[Quarter, Mapping[Any, Any]]:
    """The latest snapshots of several quarters, of those that have one; one query."""
    rows = model.Session.execute(
        _query()
        .where(snapshot.c.quarter.in_([quarter.index for quarter in quarters]))
        .distinct(snapshot.c.quarter)
        .order_by(snapshot.c.quarter, snapshot.c.revision.desc())
    ).mappings()
    return {Quarter.from_index(row["quarter"]): row for row in rows}


def of_revision(quarter: Quarter, revision: int) -> Mapping[Any, Any]:
    """A snapshot that there is."""
    return _newest(quarter, revision).one()


def frozen(quarter: Quarter) -> Mapping[Any, Any]:
    """The latest snapshot of a quarter that has one."""
    return _newest(quarter).one()


def listed() -> list[Mapping[Any, Any]]:
    """All snapshots, newest quarter first, without their documents."""
    return list(
        model.Session.execute(
            _of(*_without("lengkap", "publik"))
            .order_by(snapshot.c.quarter.desc(), snapshot.c.revision.desc())
        ).mappings()
    )


def chain_end() -> str | None:
    """The hash of the snapshot that was frozen last."""
    return model.Session.execute(
        sa.select(snapshot.c.sha256).order_by(snapshot.c.event_seq.desc()).limit(1)
    ).scalar_one_or_none()


def faults(
    sha256: str | None = None, *, only: Collection[tuple[int, int]] | None = None,
    judge: bool = True,
) -> list[dict[str, Any]]:
    """What is wrong with the chain of snapshots; empty when everything agrees.

    Every document is hashed again and the chain is followed up to the snapshots asked for.

    :param sha256: look only at the snapshot with this hash
    :param only: look only at these (quarter index, revision)
    :param judge: also judge each quarter anew from the events, as of its moment
    :returns: dicts {quarter, revision, fault}; fault is ``document``, ``chain``, ``paper`` (one of
        its papers was changed or is missing), ``figures`` or ``unknown`` (no snapshot has the hash)
    """
    found: list[dict[str, Any]] = []
    previous: str | None = None
    looked = False
    printed_badly = papers.faulty()
    for head in _chain():
        place = head["quarter"], head["revision"]
        wanted = (sha256 is None or head["sha256"] == sha256) and (only is None or place in only)
        looked = looked or wanted
        names = []
        if wanted:
            names = _faults_of({**head, **_documents_of(head)}, previous, judge)
            names += ["paper"] if place in printed_badly else []
        elif _breaks(head, previous):
            # Whatever hangs on a broken link proves nothing.
            names = ["chain"]
        code = Quarter.from_index(head["quarter"]).code
        found += [{"quarter": code, "revision": head["revision"], "fault": one} for one in names]
        previous = head["sha256"]
    if not looked and sha256 is not None:
        found.append({"quarter": None, "revision": None, "fault": "unknown"})
    return found


def _chain() -> list[Mapping[Any, Any]]:
    """All snapshots in the order of the chain, without their documents."""
    columns = _without("lengkap", "publik")
    return list(
        model.Session.execute(sa.select(*columns).order_by(snapshot.c.event_seq)).mappings()
    )


def _breaks(row: Mapping[Any, Any], previous: str | None) -> bool:
    """Whether a snapshot does not follow from its documents' hashes and the one before."""
    digest = chained(
        Quarter.from_index(row["quarter"]), row["revision"], row["lengkap_sha256"],
        row["publik_sha256"], previous,
    )
    return row["previous_sha256"] != previous or row["sha256"] != digest


def _faults_of(row: Mapping[Any, Any], previous: str | None, judge: bool) -> list[str]:
    found = []
    hashes = [canonical.sha256_hex(row[name].encode()) for name in ("lengkap", "publik")]
    if hashes != [row["lengkap_sha256"], row["publik_sha256"]]:
        found.append("document")
    if _breaks(row, previous):
        found.append("chain")
    if judge:
        again = documents(judged(Quarter.from_index(row["quarter"]), row))
        if again != (row["lengkap"], row["publik"]):
            found.append("figures")
    return found


def obligations_of(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """The items in the full document of a snapshot."""
    return json.loads(_documents_of(row)["lengkap"])["obligations"]


def public_document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The document of a snapshot without its items."""
    return json.loads(row["publik"])


def _documents_of(row: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return model.Session.execute(
        sa.select(snapshot.c.lengkap, snapshot.c.publik).where(
            snapshot.c.quarter == row["quarter"], snapshot.c.revision == row["revision"]
        )
    ).mappings().one()


def _newest(quarter: Quarter, revision: int | None = None) -> Any:
    query = _query().where(snapshot.c.quarter == quarter.index)
    if revision is not None:
        query = query.where(snapshot.c.revision == revision)
    return model.Session.execute(query.order_by(snapshot.c.revision.desc()).limit(1)).mappings()


def _query() -> Any:
    return _of(*_without("lengkap"))


def _without(*documents: str) -> list[Any]:
    """The columns of snapshots without these documents, which are long."""
    return [column for column in snapshot.c if column.name not in documents]


def _of(*columns: Any) -> Any:
    """Snapshots with their time, papers, and the reason of a revision: a note, to be redacted."""
    return (
        sa.select(
            *columns, event.c.recorded_at, note.c.text.label("reason"),
            papers.kept().label("papers"),
        )
        .join(event, event.c.seq == snapshot.c.event_seq)
        .outerjoin(note, note.c.event_seq == snapshot.c.event_seq)
    )
