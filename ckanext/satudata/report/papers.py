"""The papers of a frozen quarter as they are kept: PDF and XLSX of each of its two documents.

They lie in the database beside the snapshot, which refuses to change them; the event of their
making names the SHA-256 of each. Made by ``paper_making``, as work owed by the freezing.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from ckanext.satudata.journal import events
from ckanext.satudata.journal.canonical import sha256_hex
from ckanext.satudata.journal.model import event, work
from ckanext.satudata.journal.quarters import Quarter

from .model import snapshot, snapshot_paper

#: Kind of the work of making them; its key is that of the snapshot's event, ``2026-TW3/1``.
OWED = "papers"

#: The documents of a snapshot: figures for everybody, and every row for who may see everything.
PUBLIC, WHOLE = "publik", "lengkap"
DOCUMENTS = (PUBLIC, WHOLE)
FORMATS = ("pdf", "xlsx")
ALL = tuple((document, format) for document in DOCUMENTS for format in FORMATS)

_columns = snapshot_paper.c


def key(quarter: Quarter, revision: int) -> str:
    """The key of a snapshot in events and in work owed."""
    return f"{quarter.code}/{revision}"


def keep(quarter: Quarter, revision: int, made: Mapping[tuple[str, str], bytes]) -> None:
    """Keep papers of a snapshot, by document and format, with their event; does not commit."""
    hashes = {one: sha256_hex(content) for one, content in made.items()}
    seq = events.record(
        "snapshot.printed", "snapshot", key(quarter, revision), events.Actor(None, events.JOB),
        data={_name(one): digest for one, digest in hashes.items()},
    )
    model.Session.execute(sa.insert(snapshot_paper), [
        {
            "quarter": quarter.index, "revision": revision, "document": document,
            "format": format, "event_seq": seq, "sha256": hashes[document, format],
            "size": len(content), "content": content,
        }
        for (document, format), content in made.items()
    ])


def kept() -> Any:
    """A column for queries of snapshots: what is kept of each, a list of {document, format,
    sha256, size} in the order of :data:`ALL`."""
    names = ("document", "format", "sha256", "size")
    pairs = [part for name in names for part in (sa.literal(name), _columns[name])]
    found = sa.func.jsonb_agg(aggregate_order_by(
        sa.func.jsonb_build_object(*pairs, type_=JSONB),
        _columns.document.desc(), _columns.format,
    ))
    return (
        sa.select(sa.func.coalesce(found, sa.text("'[]'::jsonb"), type_=JSONB))
        .where(_columns.quarter == snapshot.c.quarter, _columns.revision == snapshot.c.revision)
        .correlate(snapshot)
        .scalar_subquery()
    )


def content(quarter: Quarter, revision: int, document: str, format: str) -> bytes | None:
    """The bytes of a paper; None if there is none."""
    return model.Session.execute(
        sa.select(_columns.content).where(
            _columns.quarter == quarter.index, _columns.revision == revision,
            _columns.document == document, _columns.format == format,
        )
    ).scalar_one_or_none()


def faulty() -> set[tuple[int, int]]:
    """Snapshots, as (quarter index, revision), with a paper that was changed or is missing.

    The database hashes the bytes again. What is still owed is not missing.
    """
    kept_here = (
        (_columns.quarter == snapshot.c.quarter) & (_columns.revision == snapshot.c.revision)
    )
    printed = event.alias("printed")
    digest = sa.func.encode(sa.func.sha256(_columns.content), "hex")
    named = printed.c.data[sa.func.concat(_columns.document, ".", _columns.format)].astext
    sound = sa.and_(_columns.sha256 == digest, named == digest)
    owed = sa.exists().where(work.c.kind == OWED, work.c.key == event.c.object_id)
    rows = model.Session.execute(
        sa.select(
            snapshot.c.quarter, snapshot.c.revision, owed,
            sa.func.count(_columns.sha256), sa.func.count().filter(sound),
        )
        .join(event, event.c.seq == snapshot.c.event_seq)
        .outerjoin(snapshot_paper, kept_here)
        .outerjoin(printed, printed.c.seq == _columns.event_seq)
        .group_by(snapshot.c.quarter, snapshot.c.revision, event.c.object_id)
    )
    return {
        (quarter, revision) for quarter, revision, waits, number, well in rows
        if well < number or (number < len(ALL) and not waits)
    }


def _name(one: tuple[str, str]) -> str:
    return ".".join(one)
