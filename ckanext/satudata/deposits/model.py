"""Tables of what is owed and what came."""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal.model import metadata

# A year may be agreed more than once (a changed list); the latest agreement stands.
register_agreement = sa.Table(
    "satudata_register_agreement",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("agreed_on", sa.Date, nullable=False),
    sa.Column("minutes", sa.Text, nullable=False),
)

obligation = sa.Table(
    "satudata_obligation",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("package_id", sa.Text),
    # The class as it is today: it decides who may read the title of an item, in old reports too.
    sa.Column("klasifikasi_akses", sa.Text, nullable=False),
    sa.Column("created_by", sa.BigInteger, nullable=False),
)
sa.Index("satudata_obligation_package", obligation.c.package_id)

# ``effective_from`` NULL = from the beginning. ``retired`` ends it with the version's date.
obligation_version = sa.Table(
    "satudata_obligation_version",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("obligation", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("effective_from", sa.Date),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("frekuensi", sa.Text, nullable=False),
    sa.Column("tahun_awal", sa.Integer),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("prioritas", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("klasifikasi_akses", sa.Text, nullable=False),
    sa.Column("jadwal", pg.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.Column("register_year", sa.Integer),
    # The item's number on the official list (id_ddd), if it has one.
    sa.Column("code", sa.Text),
)
sa.Index(
    "satudata_obligation_version_obligation",
    obligation_version.c.obligation, obligation_version.c.event_seq,
)
sa.Index("satudata_obligation_version_opd", obligation_version.c.opd)

dispensation = sa.Table(
    "satudata_dispensation",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    # NULL: a waiver; a date: an extension to it.
    sa.Column("until", sa.Date),
    sa.Column("withdrawn_by", sa.BigInteger),
)
sa.Index("satudata_dispensation_obligation", dispensation.c.obligation)

deposit = sa.Table(
    "satudata_deposit",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("package_id", sa.Text),
    sa.Column("resource_id", sa.Text),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("inferred", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("filename", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("replaces", pg.UUID(as_uuid=True)),
    # Came through CKAN's own forms: its resource is in the dataset already and is checked with it.
    sa.Column("attached", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("created_by", sa.BigInteger, nullable=False),
    sa.Column("ended_by", sa.BigInteger),
    sa.Column("person", sa.Text),
    sa.Column("idempotency_key", sa.Text),
    # Which walidata looks at it, if that was said.
    sa.Column("assigned_to", sa.Text),
)
sa.Index("satudata_deposit_period", deposit.c.obligation, deposit.c.period)
sa.Index(
    "satudata_deposit_waiting", deposit.c.status, postgresql_where=deposit.c.status == "menunggu"
)
# What stands on an office's desk: what waits, and what came back.
sa.Index(
    "satudata_deposit_undone", deposit.c.obligation, deposit.c.period,
    postgresql_where=deposit.c.status.in_(["menunggu", "dikembalikan"]),
)
sa.Index("satudata_deposit_created", deposit.c.created_by)
sa.Index("satudata_deposit_resource", deposit.c.resource_id)
sa.Index(
    "satudata_deposit_idempotency", deposit.c.obligation, deposit.c.idempotency_key, unique=True,
    postgresql_where=deposit.c.idempotency_key.isnot(None),
)

# Derived: one row for each period an obligation owes, as known from ``sys_from`` to ``sys_to``
# (times of recording). A report "as of" a moment is one range scan over it.
state = sa.Table(
    "satudata_state",
    metadata,
    sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    # Index of the quarter in which the last day falls: year * 4 + (0..3).
    sa.Column("quarter", sa.Integer, nullable=False),
    sa.Column("last_day", sa.Date),
    sa.Column("deadline", sa.DateTime(timezone=True)),
    sa.Column("waived", sa.Boolean, nullable=False),
    sa.Column("extended", sa.Boolean, nullable=False),
    # A row without deadline stands for an obligation that cannot be judged in that quarter.
    sa.Column("counts_from", sa.DateTime(timezone=True)),
    sa.Column("kind", sa.Text),
    sa.Column("inferred", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("mending_until", sa.DateTime(timezone=True)),
    sa.Column("opened_by", sa.BigInteger, nullable=False),
    sa.Column("closed_by", sa.BigInteger),
    sa.Column("sys_from", sa.DateTime(timezone=True), nullable=False),
    sa.Column("sys_to", sa.DateTime(timezone=True), nullable=False, server_default="infinity"),
)
# The office stands second: one of them is read alone as often as all.
sa.Index(
    "satudata_state_quarter", state.c.quarter, state.c.opd, state.c.sys_to, state.c.sys_from
)
sa.Index(
    "satudata_state_open", state.c.obligation, state.c.period,
    postgresql_where=state.c.closed_by.is_(None),
)
# What is owed and has not come: arrears are read from here, however long the history.
sa.Index(
    "satudata_state_empty", state.c.quarter, state.c.opd,
    postgresql_where=sa.and_(
        state.c.counts_from.is_(None), sa.text("NOT waived"), state.c.deadline.isnot(None)
    ),
)
# The same as things stand: what an office owes by a day, and the soonest day of an item.
_DUE = sa.and_(
    state.c.closed_by.is_(None), state.c.counts_from.is_(None), sa.text("NOT waived"),
    state.c.deadline.isnot(None),
)
sa.Index("satudata_state_due", state.c.opd, state.c.last_day, postgresql_where=_DUE)
sa.Index("satudata_state_soonest", state.c.obligation, state.c.last_day, postgresql_where=_DUE)
