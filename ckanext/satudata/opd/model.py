"""Tables of the office list: offices, their versions and commitments, persons, roles, notices."""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal.model import metadata

# One row for each CKAN organization that ever was an office. The key of 16 bytes is what the
# large tables carry; it equals the organization's id wherever that is a UUID.
opd = sa.Table(
    "satudata_opd",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("group_id", sa.Text, nullable=False, unique=True),
)

opd_version = sa.Table(
    "satudata_opd_version",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kode_opd", sa.Text),
    sa.Column("singkatan", sa.Text),
    sa.Column("jenis_opd", sa.Text),
    sa.Column("parent", pg.UUID(as_uuid=True)),
    sa.Column("wajib_setor", sa.Boolean, nullable=False),
    sa.Column("berlaku_dari", sa.Date),
    sa.Column("berlaku_sampai", sa.Date),
    sa.Column("pengganti", pg.ARRAY(pg.UUID(as_uuid=True)), nullable=False, server_default="{}"),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("kepala_nama", sa.Text),
)
sa.Index("satudata_opd_version_opd", opd_version.c.opd, opd_version.c.event_seq)

# Komitmen Bersama, as the head of an office signed it; the document lies in CKAN's storage.
commitment = sa.Table(
    "satudata_commitment",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("signatory", sa.Text, nullable=False),
    sa.Column("position", sa.Text),
    sa.Column("signed_on", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("paper", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("withdrawn_by", sa.BigInteger),
)
sa.Index("satudata_commitment_opd", commitment.c.opd, commitment.c.signed_on)

role_grant = sa.Table(
    "satudata_role_grant",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    # A walidata with the right to administer may grant roles and keep codes and parents.
    sa.Column("administers", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("granted_by", sa.BigInteger, nullable=False),
    sa.Column("revoked_by", sa.BigInteger),
)
sa.Index(
    "satudata_role_grant_person", role_grant.c.person,
    postgresql_where=role_grant.c.revoked_by.is_(None),
)

# What a person was told, once for each key. Titles are not kept: what a notice says is written
# anew when it is read or mailed, from what this person may see then.
notice = sa.Table(
    "satudata_notice",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("event_seq", sa.BigInteger),
    sa.Column("object_type", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.Column(
        "created_at", sa.DateTime(timezone=True), nullable=False,
        server_default=sa.text("clock_timestamp()"),
    ),
    sa.Column("mailed_at", sa.DateTime(timezone=True)),
    # The Message-ID under which the mail server took it; NULL with ``mailed_at``: there was nothing
    # left to say. What the server said when it refused stays until it takes it.
    sa.Column("mail_id", sa.Text),
    sa.Column("mail_error", sa.Text),
    sa.Column("read_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("person", "kind", "key"),
)
sa.Index("satudata_notice_person", notice.c.person, notice.c.id)
sa.Index("satudata_notice_kind", notice.c.kind, notice.c.key)

# Steps at which people were reminded of an item (or an office), so that none is told twice.
reminded = sa.Table(
    "satudata_reminded",
    metadata,
    sa.Column("about", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("told_on", sa.Date, nullable=False),
)
sa.Index("satudata_reminded_day", reminded.c.told_on)

# How a person wants to be told; without a row: at once, in the portal's language.
notice_choice = sa.Table(
    "satudata_notice_choice",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
)
