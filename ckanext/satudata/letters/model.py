"""The table of letters; what happened to each is in its events."""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal.model import metadata

letter = sa.Table(
    "satudata_letter",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("quarter", sa.Integer, nullable=False),
    # The office that was judged, and the one that is written to: its successor if it has ended.
    sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("addressee", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("level", sa.Integer),
    sa.Column("state", sa.Text, nullable=False),
    # All that the letter says, but for the titles of items: these are named by today's rights.
    sa.Column("content", pg.JSONB, nullable=False),
    sa.Column("drafted_by", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("date", sa.Date),
    # The signed letter, as a scan in CKAN's storage.
    sa.Column("paper", sa.Text),
    sa.Column("format", sa.Text),
    sa.Column("sha256", sa.Text),
    sa.Column("sent_on", sa.Date),
    sa.Column("answered_on", sa.Date),
    sa.Column("promised_on", sa.Date),
)
# One letter of a kind for an office and quarter; one that was cancelled makes room.
sa.Index(
    "satudata_letter_once", letter.c.quarter, letter.c.opd, letter.c.kind, unique=True,
    postgresql_where=sa.text("state <> 'batal'"),
)
sa.Index(
    "satudata_letter_number", letter.c.number, unique=True,
    postgresql_where=sa.text("state <> 'batal'"),
)
