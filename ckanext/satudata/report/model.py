"""Tables of the judgement: frozen quarters with their papers, and results of before the portal."""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal.model import metadata

# Documents are canonical JSON as text: the bytes that are hashed are the bytes that are kept.
snapshot = sa.Table(
    "satudata_snapshot",
    metadata,
    sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    sa.Column("frozen_by", sa.Text),
    sa.Column("lengkap", sa.Text, nullable=False),
    sa.Column("publik", sa.Text, nullable=False),
    sa.Column("lengkap_sha256", sa.Text, nullable=False),
    sa.Column("publik_sha256", sa.Text, nullable=False),
    # Over the two hashes above and the sha256 of the snapshot before: the chain.
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("previous_sha256", sa.Text),
)

# The figures of each office in a snapshot once more as columns, for quarters in a row.
snapshot_office = sa.Table(
    "satudata_snapshot_office",
    metadata,
    sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("opd", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
)

# The papers of a snapshot, made right after it: bytes here, so that no storage can lose or swap
# them unseen; the event of their making names the sha256 of each.
snapshot_paper = sa.Table(
    "satudata_snapshot_paper",
    metadata,
    sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("format", sa.Text, primary_key=True),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

imported_result = sa.Table(
    "satudata_imported_result",
    metadata,
    sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("opd", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("due", sa.Integer),
    sa.Column("fulfilled", sa.Integer),
)
