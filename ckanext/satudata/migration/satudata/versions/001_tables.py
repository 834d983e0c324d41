"""The tables of satudata, and what the database itself guards.

Revision ID: 001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "001"
down_revision = None
branch_labels = None
depends_on = None

# Any constant will do, as long as nothing else in the database locks the same one.
CLOCK_LOCK = 739_201_939

# At commit, and one commit at a time: an event gets a time later than every event before it, even
# when the machine's clock was set back.
EVENT_TIME = f"""
CREATE FUNCTION satudata_event_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest timestamptz;
    moment timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock({CLOCK_LOCK});
    SELECT max(recorded_at) INTO latest FROM satudata_event;
    moment := greatest(clock_timestamp(), latest + interval '1 microsecond');
    UPDATE satudata_event
       SET recorded_at = moment, happened_at = coalesce(happened_at, moment)
     WHERE seq = NEW.seq;
    RETURN NULL;
END $$
"""

# What is recorded before the answer is visible to whoever asks after it: the function waits for
# commits under way, and lets go at once.
NOW = f"""
CREATE FUNCTION satudata_now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    latest timestamptz;
    moment timestamptz;
BEGIN
    PERFORM pg_advisory_lock_shared({CLOCK_LOCK});
    moment := clock_timestamp();
    PERFORM pg_advisory_unlock_shared({CLOCK_LOCK});
    SELECT max(recorded_at) INTO latest FROM satudata_event;
    RETURN greatest(moment, latest + interval '1 microsecond');
END $$
"""

EVENT_FIXED = """
CREATE FUNCTION satudata_event_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.recorded_at IS NOT NULL
           OR (NEW.origin = 'langsung' AND NEW.happened_at IS NOT NULL) THEN
            RAISE EXCEPTION 'satudata: the time of an event is given by the database';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.recorded_at IS NULL AND pg_trigger_depth() > 1
       AND (NEW.seq, NEW.type, NEW.object_type, NEW.object_id, NEW.origin, NEW.person, NEW.via,
            NEW.hash, NEW.data)
           IS NOT DISTINCT FROM
           (OLD.seq, OLD.type, OLD.object_type, OLD.object_id, OLD.origin, OLD.person, OLD.via,
            OLD.hash, OLD.data) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'satudata: events are never changed or removed';
END $$
"""

# A note is written once. Redacting takes its text away and names the event that says so; nothing
# else is done to it, and a redacted one stays so.
NOTE_FIXED = """
CREATE FUNCTION satudata_note_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.event_seq = OLD.event_seq AND OLD.redacted_by IS NULL
       AND NEW.text IS NULL AND NEW.redacted_by > OLD.event_seq THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'satudata: a note is redacted, and never changed or removed';
END $$
"""

FIXED = """
CREATE FUNCTION satudata_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'satudata: % is never changed or removed', TG_TABLE_NAME;
END $$
"""

TRIGGERS = (
    """CREATE CONSTRAINT TRIGGER satudata_event_time AFTER INSERT ON satudata_event
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION satudata_event_time()""",
    """CREATE TRIGGER satudata_event_fixed BEFORE INSERT OR UPDATE OR DELETE ON satudata_event
       FOR EACH ROW EXECUTE FUNCTION satudata_event_fixed()""",
    """CREATE TRIGGER satudata_event_kept BEFORE TRUNCATE ON satudata_event
       FOR EACH STATEMENT EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_note_fixed BEFORE UPDATE OR DELETE ON satudata_note
       FOR EACH ROW EXECUTE FUNCTION satudata_note_fixed()""",
    """CREATE TRIGGER satudata_note_kept BEFORE TRUNCATE ON satudata_note
       FOR EACH STATEMENT EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_fixed BEFORE UPDATE OR DELETE ON satudata_snapshot
       FOR EACH ROW EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_kept BEFORE TRUNCATE ON satudata_snapshot
       FOR EACH STATEMENT EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_office_fixed BEFORE UPDATE OR DELETE
       ON satudata_snapshot_office FOR EACH ROW EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_office_kept BEFORE TRUNCATE ON satudata_snapshot_office
       FOR EACH STATEMENT EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_paper_fixed BEFORE UPDATE OR DELETE
       ON satudata_snapshot_paper FOR EACH ROW EXECUTE FUNCTION satudata_fixed()""",
    """CREATE TRIGGER satudata_snapshot_paper_kept BEFORE TRUNCATE ON satudata_snapshot_paper
       FOR EACH STATEMENT EXECUTE FUNCTION satudata_fixed()""",
)

# How many datasets were there before the plugin decides what ``enforcement`` is when nobody set it.
INSTALLED = """
INSERT INTO satudata_event (type, object_type, object_id, via, data)
SELECT 'portal.installed', 'portal', 'satudata', 'cli',
       jsonb_build_object('datasets', (SELECT count(*) FROM package
                                       WHERE type = 'dataset' AND state = 'active'))
"""

# Offices that are there already stand on the board from the first day: those at the top owe
# deposits, those below one are its units. What else the plugin knows of an office comes with its
# first save, or with `ckan satudata opd import`.
ADOPTED = """
WITH office AS (
    SELECT g.id, g.name, coalesce(nullif(g.title, ''), g.name) AS title,
           (SELECT m.table_id FROM member m JOIN "group" above ON above.id = m.table_id
             WHERE m.group_id = g.id AND m.table_name = 'group' AND m.state = 'active'
               AND above.is_organization ORDER BY above.name LIMIT 1) AS parent
      FROM "group" g
     WHERE g.is_organization AND g.state = 'active'
       AND g.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
), recorded AS (
    INSERT INTO satudata_event (type, object_type, object_id, via, data)
    SELECT 'opd.recorded', 'opd', id, 'cli', '{}'::jsonb FROM office
    RETURNING seq, object_id
), kept AS (
    INSERT INTO satudata_opd (id, group_id) SELECT id::uuid, id FROM office
)
INSERT INTO satudata_opd_version (event_seq, opd, name, title, parent, wajib_setor, active)
SELECT recorded.seq, office.id::uuid, office.name, office.title,
       CASE WHEN office.parent ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN office.parent::uuid END,
       office.parent IS NULL, true
  FROM office JOIN recorded ON recorded.object_id = office.id
"""


def upgrade() -> None:
    op.create_table(
        "satudata_access_request",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("wished_until", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "satudata_access_request_package", "satudata_access_request", ["package_id"], unique=False
    )
    op.create_index(
        "satudata_access_request_status",
        "satudata_access_request",
        ["status", "until"],
        unique=False,
    )
    op.create_index(
        "satudata_access_request_waiting",
        "satudata_access_request",
        ["package_id", "organization"],
        unique=True,
        postgresql_where=sa.text("status = 'menunggu'"),
    )
    op.create_table(
        "satudata_closure",
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("waiting_since", sa.Date(), nullable=True),
        sa.Column("waiting_until", sa.Date(), nullable=True),
        sa.Column("closed_until", sa.Date(), nullable=True),
        sa.Column("review_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("package_id"),
    )
    op.create_table(
        "satudata_deposit",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=True),
        sa.Column("resource_id", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("inferred", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("replaces", pg.UUID(as_uuid=True), nullable=True),
        sa.Column("attached", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("satudata_deposit_created", "satudata_deposit", ["created_by"], unique=False)
    op.create_index(
        "satudata_deposit_idempotency",
        "satudata_deposit",
        ["obligation", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "satudata_deposit_period", "satudata_deposit", ["obligation", "period"], unique=False
    )
    op.create_index("satudata_deposit_resource", "satudata_deposit", ["resource_id"], unique=False)
    op.create_index(
        "satudata_deposit_undone",
        "satudata_deposit",
        ["obligation", "period"],
        unique=False,
        postgresql_where=sa.text("status IN ('menunggu', 'dikembalikan')"),
    )
    op.create_index(
        "satudata_deposit_waiting",
        "satudata_deposit",
        ["status"],
        unique=False,
        postgresql_where=sa.text("status = 'menunggu'"),
    )
    op.create_table(
        "satudata_dispensation",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("event_seq"),
    )
    op.create_index(
        "satudata_dispensation_obligation", "satudata_dispensation", ["obligation"], unique=False
    )
    op.create_table(
        "satudata_event",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin", sa.Text(), server_default="langsung", nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("data", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.CheckConstraint(
            "origin <> 'langsung' OR happened_at IS NULL OR happened_at = recorded_at",
            name="satudata_event_happened",
        ),
        sa.CheckConstraint(
            "origin IN ('langsung', 'impor', 'kertas')", name="satudata_event_origin"
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "satudata_event_object", "satudata_event", ["object_type", "object_id", "seq"], unique=False
    )
    op.create_index(
        "satudata_event_recorded", "satudata_event", ["recorded_at", "seq"], unique=False
    )
    op.create_index("satudata_event_type", "satudata_event", ["type", "seq"], unique=False)
    op.create_table(
        "satudata_file",
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_index("satudata_file_package", "satudata_file", ["package_id"], unique=False)
    op.create_table(
        "satudata_finding_answer",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("column_key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "kind", "column_key"),
    )
    op.create_table(
        "satudata_imported_result",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=True),
        sa.Column("fulfilled", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("quarter", "opd", "event_seq"),
    )
    op.create_table(
        "satudata_inspection",
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("fetched_sha256", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=True),
        sa.Column("is_certain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("findings", pg.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("tables", pg.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("difference", pg.JSONB(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_index(
        "satudata_inspection_package", "satudata_inspection", ["package_id"], unique=False
    )
    op.create_table(
        "satudata_note",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("redacted_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("event_seq"),
    )
    op.create_table(
        "satudata_obligation",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=True),
        sa.Column("klasifikasi_akses", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "satudata_obligation_package", "satudata_obligation", ["package_id"], unique=False
    )
    op.create_table(
        "satudata_obligation_version",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("frekuensi", sa.Text(), nullable=False),
        sa.Column("tahun_awal", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("prioritas", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("klasifikasi_akses", sa.Text(), nullable=False),
        sa.Column("jadwal", pg.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("register_year", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_seq", "obligation"),
    )
    op.create_index(
        "satudata_obligation_version_obligation",
        "satudata_obligation_version",
        ["obligation", "event_seq"],
        unique=False,
    )
    op.create_index(
        "satudata_obligation_version_opd", "satudata_obligation_version", ["opd"], unique=False
    )
    op.create_table(
        "satudata_opd",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id"),
    )
    op.create_table(
        "satudata_opd_version",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kode_opd", sa.Text(), nullable=True),
        sa.Column("singkatan", sa.Text(), nullable=True),
        sa.Column("jenis_opd", sa.Text(), nullable=True),
        sa.Column("parent", pg.UUID(as_uuid=True), nullable=True),
        sa.Column("wajib_setor", sa.Boolean(), nullable=False),
        sa.Column("berlaku_dari", sa.Date(), nullable=True),
        sa.Column("berlaku_sampai", sa.Date(), nullable=True),
        sa.Column(
            "pengganti", pg.ARRAY(pg.UUID(as_uuid=True)), server_default="{}", nullable=False
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("kepala_nama", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_seq"),
    )
    op.create_index(
        "satudata_opd_version_opd", "satudata_opd_version", ["opd", "event_seq"], unique=False
    )
    op.create_table(
        "satudata_register_agreement",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_seq"),
    )
    op.create_table(
        "satudata_role_grant",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("administers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=False),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "satudata_role_grant_person",
        "satudata_role_grant",
        ["person"],
        unique=False,
        postgresql_where=sa.text("revoked_by IS NULL"),
    )
    op.create_table(
        "satudata_rule_version",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("content", pg.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("event_seq"),
    )
    op.create_table(
        "satudata_snapshot",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.Text(), nullable=True),
        sa.Column("lengkap", sa.Text(), nullable=False),
        sa.Column("publik", sa.Text(), nullable=False),
        sa.Column("lengkap_sha256", sa.Text(), nullable=False),
        sa.Column("publik_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("quarter", "revision"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "satudata_snapshot_office",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", "revision", "opd"),
    )
    op.create_table(
        "satudata_snapshot_paper",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", "revision", "document", "format"),
    )
    op.create_table(
        "satudata_state",
        sa.Column("obligation", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived", sa.Boolean(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("counts_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("inferred", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("mending_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("sys_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sys_to", sa.DateTime(timezone=True), server_default="infinity", nullable=False),
    )
    due = sa.text(
        "closed_by IS NULL AND counts_from IS NULL AND NOT waived AND deadline IS NOT NULL"
    )
    op.create_index(
        "satudata_state_due",
        "satudata_state",
        ["opd", "last_day"],
        unique=False,
        postgresql_where=due,
    )
    op.create_index(
        "satudata_state_soonest",
        "satudata_state",
        ["obligation", "last_day"],
        unique=False,
        postgresql_where=due,
    )
    op.create_index(
        "satudata_state_empty",
        "satudata_state",
        ["quarter", "opd"],
        unique=False,
        postgresql_where=sa.text("counts_from IS NULL AND NOT waived AND deadline IS NOT NULL"),
    )
    op.create_index(
        "satudata_state_open",
        "satudata_state",
        ["obligation", "period"],
        unique=False,
        postgresql_where=sa.text("closed_by IS NULL"),
    )
    op.create_index(
        "satudata_state_quarter",
        "satudata_state",
        ["quarter", "opd", "sys_to", "sys_from"],
        unique=False,
    )
    op.create_table(
        "satudata_submission",
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verified_class", sa.Text(), nullable=True),
        sa.Column("verified_hash", sa.Text(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_fields", pg.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("inherited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("authors", pg.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("returned_by_event", sa.BigInteger(), nullable=True),
        sa.Column("requested", sa.Text(), nullable=True),
        sa.Column("requested_by_event", sa.BigInteger(), nullable=True),
        sa.Column("opinion_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("opinion_by_event", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("package_id"),
    )
    op.create_index(
        "satudata_submission_status",
        "satudata_submission",
        ["status", "submitted_at"],
        unique=False,
    )
    op.create_table(
        "satudata_work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "owed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("satudata_work_due", "satudata_work", ["not_before", "id"], unique=False)
    op.create_index("satudata_work_key", "satudata_work", ["kind", "key"], unique=False)
    op.create_table(
        "satudata_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=True),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("data", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.Text(), nullable=True),
        sa.Column("mail_error", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "kind", "key"),
    )
    op.create_index("satudata_notice_person", "satudata_notice", ["person", "id"], unique=False)
    op.create_index("satudata_notice_kind", "satudata_notice", ["kind", "key"], unique=False)
    op.create_table(
        "satudata_reminded",
        sa.Column("about", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("about", "step"),
    )
    op.create_index("satudata_reminded_day", "satudata_reminded", ["told_on"], unique=False)
    op.create_table(
        "satudata_notice_choice",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "satudata_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("failed", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "satudata_job",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("data", pg.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "satudata_job_item",
        sa.Column("job", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", pg.JSONB(), nullable=False),
        sa.Column("is_done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("error", pg.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("job", "number"),
    )
    op.create_table(
        "satudata_commitment",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "satudata_commitment_opd", "satudata_commitment", ["opd", "signed_on"], unique=False
    )
    op.create_table(
        "satudata_letter",
        sa.Column("id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("opd", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("addressee", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", pg.JSONB(), nullable=False),
        sa.Column("drafted_by", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("paper", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "satudata_letter_once", "satudata_letter", ["quarter", "opd", "kind"], unique=True,
        postgresql_where=sa.text("state <> 'batal'"),
    )
    op.create_index(
        "satudata_letter_number", "satudata_letter", ["number"], unique=True,
        postgresql_where=sa.text("state <> 'batal'"),
    )
    functions = (EVENT_TIME, NOW, EVENT_FIXED, NOTE_FIXED, FIXED)
    for statement in (*functions, *TRIGGERS, INSTALLED, ADOPTED):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("satudata_letter")
    op.drop_table("satudata_commitment")
    op.drop_table("satudata_job_item")
    op.drop_table("satudata_job")
    op.drop_table("satudata_run")
    op.drop_table("satudata_reminded")
    op.drop_table("satudata_notice_choice")
    op.drop_table("satudata_notice")
    op.drop_table("satudata_work")
    op.drop_table("satudata_submission")
    op.drop_table("satudata_state")
    op.drop_table("satudata_snapshot_paper")
    op.drop_table("satudata_snapshot_office")
    op.drop_table("satudata_snapshot")
    op.drop_table("satudata_rule_version")
    op.drop_table("satudata_role_grant")
    op.drop_table("satudata_register_agreement")
    op.drop_table("satudata_opd_version")
    op.drop_table("satudata_opd")
    op.drop_table("satudata_obligation_version")
    op.drop_table("satudata_obligation")
    op.drop_table("satudata_note")
    op.drop_table("satudata_inspection")
    op.drop_table("satudata_imported_result")
    op.drop_table("satudata_finding_answer")
    op.drop_table("satudata_file")
    op.drop_table("satudata_event")
    op.drop_table("satudata_dispensation")
    op.drop_table("satudata_deposit")
    op.drop_table("satudata_closure")
    op.drop_table("satudata_access_request")
    for function in ("event_time", "now", "event_fixed", "note_fixed", "fixed"):
        op.execute(f"DROP FUNCTION satudata_{function}()")
