"""The papers of a frozen quarter, made by a worker from its documents alone.

Nothing of them depends on when that is: a worker that was killed makes the same ones later.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.journal.speaking import portal_language, speaking

from . import files, page_data, papers, reading, snapshots
from .exports import Source
from .model import snapshot


def make(work_key: str, _data: Mapping[str, Any]) -> None:
    """Make and keep the papers of a snapshot that have not been made (``journal/work.py``)."""
    code, revision = work_key.split("/")
    quarter = Quarter.parse(code)
    # Two workers at once: the second waits here, and finds them kept.
    model.Session.execute(
        sa.select(snapshot.c.quarter)
        .where(snapshot.c.quarter == quarter.index, snapshot.c.revision == int(revision))
        .with_for_update()
    )
    row = snapshots.latest(quarter, int(revision))
    if row is None or row["papers"]:
        return
    with speaking(portal_language()):
        papers.keep(quarter, int(revision), {
            (document, extension): _paper(row, document, extension)
            for document, extension in papers.ALL
        })


def _paper(row: Mapping[str, Any], document: str, extension: str) -> bytes:
    exporter = files.exporter(extension, _source(row, document), page_data.words())
    return b"".join(exporter.chunks())


def _source(row: Mapping[str, Any], document: str) -> Source:
    """What a paper is made from: the document, and how offices stood against the quarter before.

    Telephones and data officers are left out: what is kept for ever names no more than it must.
    """
    report = reading.as_frozen(row)
    if document == papers.WHOLE:
        report["obligations"] = snapshots.obligations_of(row)
    return files.source(None, {**report, "before": reading.before_then(row)})
