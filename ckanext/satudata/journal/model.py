"""Tables of the journal: events, notes, versions of rules, work owed, daily runs.

They live in a ``MetaData`` of their own, not in CKAN's: CKAN's test fixtures and ``ckan db clean``
delete the rows of every table they know, and the database refuses that here on purpose.
"""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()

event = sa.Table(
    "satudata_event",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("object_type", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    # Both times are NULL only inside the transaction that writes the event: the database fills
    # them in at commit, when no earlier time can appear any more.
    sa.Column("happened_at", sa.DateTime(timezone=True)),
    sa.Column("recorded_at", sa.DateTime(timezone=True)),
    sa.Column("origin", sa.Text, nullable=False, server_default="langsung"),
    sa.Column("person", sa.Text),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("hash", sa.Text),
    sa.Column("data", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.CheckConstraint("origin IN ('langsung', 'impor', 'kertas')", name="satudata_event_origin"),
    sa.CheckConstraint(
        "origin <> 'langsung' OR happened_at IS NULL OR happened_at = recorded_at",
        name="satudata_event_happened",
    ),
)
sa.Index("satudata_event_object", event.c.object_type, event.c.object_id, event.c.seq)
sa.Index("satudata_event_recorded", event.c.recorded_at, event.c.seq)
sa.Index("satudata_event_type", event.c.type, event.c.seq)

# Notes stand apart from their events, so that one can be redacted (UU 27/2022) while the event,
# which the figures rest on, stays as it is.
note = sa.Table(
    "satudata_note",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text),
    sa.Column("redacted_by", sa.BigInteger),
)

rule_version = sa.Table(
    "satudata_rule_version",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("effective_from", sa.Date),
    sa.Column("content", pg.JSONB, nullable=False),
)

# What must follow a transaction (see ``journal/work.py``). No uniqueness here: a second row for the
# same piece of work is written while the first is being carried out.
work = sa.Table(
    "satudata_work",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.Column(
        "owed_at", sa.DateTime(timezone=True), nullable=False,
        server_default=sa.text("clock_timestamp()"),
    ),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("last_error", sa.Text),
)
sa.Index("satudata_work_due", work.c.not_before, work.c.id)
sa.Index("satudata_work_key", work.c.kind, work.c.key)

# Runs of ``ckan satudata daily``: what each did, and what went wrong, by the name of the part.
run = sa.Table(
    "satudata_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "started_at", sa.DateTime(timezone=True), nullable=False,
        server_default=sa.text("clock_timestamp()"),
    ),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("done", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.Column("failed", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
)

# Something that a person set going and that is carried out piece by piece (``journal/jobs.py``).
job = sa.Table(
    "satudata_job",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    # Who asked for it and how: each piece is an event of that person.
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("stopped_by", sa.Text),
    sa.Column(
        "created_at", sa.DateTime(timezone=True), nullable=False,
        server_default=sa.text("clock_timestamp()"),
    ),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
)
job_item = sa.Table(
    "satudata_job_item",
    metadata,
    sa.Column("job", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("data", pg.JSONB, nullable=False),
    # Set in the transaction that carries the piece out, so that none is carried out twice.
    sa.Column("is_done", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("error", pg.JSONB),
)
