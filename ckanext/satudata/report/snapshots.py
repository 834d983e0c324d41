"""Frozen quarters: two documents in canonical JSON, chained by their hashes.

``lengkap`` holds every row, with the titles of items; it is shown by today's rights. ``publik``
holds the figures of offices and no title. The database refuses to change either.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.deposits.listing import EVERYTHING
from ckanext.satudata.journal import canonical, clock, rules
from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter

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


def freeze(quarter: Quarter, by: Actor, reason: str | None = None) -> Mapping[Any, Any]:
    """Freeze a quarter as it is known now; does not commit.

    One at a time: of two at once the second finds the first's snapshot.

    :raises AlreadyFrozen, NotOver, Trial, NothingToRevise: see there
    """
    model.Session.execute(sa.text("LOCK TABLE satudata_snapshot IN SHARE ROW EXCLUSIVE MODE"))
    before = latest(quarter)
    if before is not None and not reason:
        raise AlreadyFrozen
    if before is None and reason:
        raise NothingToRevise
    rules.keep_first(by)
    judged = Judged(quarter, clock.now())
    if judged.as_of < judged.end:
        raise NotOver
    if judged.is_trial(quarter):
        raise Trial
    lengkap, publik = documents(judged)
    revision = before["revision"] + 1 if before is not None else 1
    previous = chain_end()
    hashes = [canonical.sha256_hex(text.encode()) for text in (lengkap, publik)]
    digest = chained(quarter, revision, hashes[0], hashes[1], previous)
    seq = record(
        "snapshot.frozen", "snapshot", f"{quarter.code}/{revision}", by, text=reason, hash=digest,
        data={"quarter": quarter.code, "revision": revision, "previous": previous},
    )
    row = {
        "quarter": quarter.index, "revision": revision, "event_seq": seq, "as_of": judged.as_of,
        "frozen_by": by.person, "reason": reason, "lengkap": lengkap, "publik": publik,
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
    """The latest snapshot of a quarter, or the revision asked for; None when there is none."""
    return _newest(quarter, revision).one_or_none()


def frozen(quarter: Quarter) -> Mapping[Any, Any]:
    """The latest snapshot of a quarter that has one."""
    return _newest(quarter).one()


def listed() -> list[Mapping[Any, Any]]:
    """All snapshots, newest quarter first, without their documents."""
    columns = [c for c in snapshot.c if c.name not in ("lengkap", "publik")]
    return list(
        model.Session.execute(
            sa.select(*columns, event.c.recorded_at)
            .join(event, event.c.seq == snapshot.c.event_seq)
            .order_by(snapshot.c.quarter.desc(), snapshot.c.revision.desc())
        ).mappings()
    )


def chain_end() -> str | None:
    """The hash of the snapshot that was frozen last."""
    return model.Session.execute(
        sa.select(snapshot.c.sha256).order_by(snapshot.c.event_seq.desc()).limit(1)
    ).scalar_one_or_none()


def faults(sha256: str | None = None) -> list[dict[str, Any]]:
    """What is wrong with the chain of snapshots; empty when everything agrees.

    Every document is hashed again, the chain is followed, and each quarter is judged anew from the
    events as of its moment.

    :param sha256: look only at the snapshot with this hash
    :returns: dicts {quarter, revision, fault}; fault is ``document``, ``chain``, ``figures`` or
        ``unknown`` (no snapshot has the hash)
    """
    rows = model.Session.execute(_query().order_by(snapshot.c.event_seq)).mappings().all()
    found: list[dict[str, Any]] = []
    previous: str | None = None
    looked = False
    for row in rows:
        wanted = sha256 is None or row["sha256"] == sha256
        looked = looked or wanted
        if wanted:
            quarter = Quarter.from_index(row["quarter"])
            found += [
                {"quarter": quarter.code, "revision": row["revision"], "fault": fault}
                for fault in _faults_of(row, quarter, previous)
            ]
        previous = row["sha256"]
    if not looked and sha256 is not None:
        found.append({"quarter": None, "revision": None, "fault": "unknown"})
    return found


def _faults_of(row: Mapping[Any, Any], quarter: Quarter, previous: str | None) -> list[str]:
    found = []
    hashes = [canonical.sha256_hex(row[name].encode()) for name in ("lengkap", "publik")]
    if hashes != [row["lengkap_sha256"], row["publik_sha256"]]:
        found.append("document")
    digest = chained(
        quarter, row["revision"], row["lengkap_sha256"], row["publik_sha256"], previous
    )
    if row["previous_sha256"] != previous or row["sha256"] != digest:
        found.append("chain")
    if documents(Judged(quarter, row["as_of"])) != (row["lengkap"], row["publik"]):
        found.append("figures")
    return found


def document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The full document of a snapshot."""
    return json.loads(row["lengkap"])


def _newest(quarter: Quarter, revision: int | None = None) -> Any:
    query = _query().where(snapshot.c.quarter == quarter.index)
    if revision is not None:
        query = query.where(snapshot.c.revision == revision)
    return model.Session.execute(query.order_by(snapshot.c.revision.desc()).limit(1)).mappings()


def _query() -> Any:
    return sa.select(snapshot, event.c.recorded_at).join(
        event, event.c.seq == snapshot.c.event_seq
    )
