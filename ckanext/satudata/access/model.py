"""Tables of access: where a dataset stands in its submission, and who looks at it."""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal.model import metadata

# The state as it is now; how it came about is in the events. A dataset without a row stands where
# ``lifecycle.inherited_status`` says: it was there before the plugin.
submission = sa.Table(
    "satudata_submission",
    metadata,
    sa.Column("package_id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    # The class that counts until the next verification: the one that was verified, or a more closed
    # one that was set since. Opening waits for a verification, closing does not.
    sa.Column("verified_class", sa.Text),
    # The hash that was verified, and what has changed since: names of fields only.
    sa.Column("verified_hash", sa.Text),
    sa.Column("verified_at", sa.DateTime(timezone=True)),
    sa.Column("changed_fields", pg.ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("submitted_by", sa.Text),
    sa.Column("submitted_at", sa.DateTime(timezone=True)),
    sa.Column("assigned_to", sa.Text),
    sa.Column("inherited", sa.Boolean, nullable=False, server_default=sa.text("false")),
    # Persons who wrote into the version that is to be checked: none of them may verify it.
    sa.Column("authors", pg.ARRAY(sa.Text), nullable=False, server_default="{}"),
    # The note of the last return, as the seq of its event.
    sa.Column("returned_by_event", sa.BigInteger),
    # What the office asks of the walidata (``unpublish``, ``delete``), and the event that says so.
    sa.Column("requested", sa.Text),
    sa.Column("requested_by_event", sa.BigInteger),
    # The pembina's opinion on data prioritas: since when it is asked for, and what it says.
    sa.Column("opinion_asked_at", sa.DateTime(timezone=True)),
    sa.Column("opinion", sa.Text),
    sa.Column("opinion_by_event", sa.BigInteger),
)
sa.Index("satudata_submission_status", submission.c.status, submission.c.submitted_at)

# The bytes that were looked at. CKAN's own field ``hash`` belongs to whoever writes it (loaders do)
# and is not content; a verification names this one.
file = sa.Table(
    "satudata_file",
    metadata,
    sa.Column("resource_id", sa.Text, primary_key=True),
    sa.Column("package_id", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)
sa.Index("satudata_file_package", file.c.package_id)

# What was found in a file, by the id under which it is stored: a waiting deposit's file keeps its
# id when it becomes a resource. Findings name columns and rows, never a value.
inspection = sa.Table(
    "satudata_inspection",
    metadata,
    sa.Column("resource_id", sa.Text, primary_key=True),
    # NULL while the file waits for a dataset.
    sa.Column("package_id", sa.Text),
    # Of what is to be looked at: the file; for rows the number of their last writing, for a link
    # its address.
    sa.Column("sha256", sa.Text, nullable=False),
    # What a link led to when it was fetched last.
    sa.Column("fetched_sha256", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    # Which version of what is looked for, and of the data dictionary it was compared with.
    sa.Column("rules", sa.Text),
    sa.Column("is_certain", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("findings", pg.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.Column("tables", pg.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.Column("difference", pg.JSONB),
    sa.Column("checked_at", sa.DateTime(timezone=True)),
)
sa.Index("satudata_inspection_package", inspection.c.package_id)

# The latest answer of a walidata about a column of a dataset (or of an item without one), asked
# once; the reason is the note of the event.
finding_answer = sa.Table(
    "satudata_finding_answer",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("column_key", sa.Text, primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
)

# What one office asks of another's restricted dataset. The reasons are the notes of the events, of
# which these columns name the numbers; that a grant is over is said by its last day alone.
access_request = sa.Table(
    "satudata_access_request",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("package_id", sa.Text, nullable=False),
    sa.Column("organization", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("wished_until", sa.Date),
    # The last day on which a grant holds.
    sa.Column("until", sa.Date),
    sa.Column("asked_by", sa.BigInteger, nullable=False),
    sa.Column("decided_by", sa.BigInteger),
    sa.Column("ended_by", sa.BigInteger),
)
sa.Index(
    "satudata_access_request_waiting", access_request.c.package_id, access_request.c.organization,
    unique=True, postgresql_where=sa.text("status = 'menunggu'"),
)
sa.Index("satudata_access_request_package", access_request.c.package_id)
sa.Index("satudata_access_request_status", access_request.c.status, access_request.c.until)

# When the closure of a dataset has to be decided anew: derived from what the dataset says, each
# time it is saved. ``waiting_since`` is the day on which it began to wait for a determination, and
# stays until there is one: giving other reasons in between begins no new term.
closure = sa.Table(
    "satudata_closure",
    metadata,
    sa.Column("package_id", sa.Text, primary_key=True),
    sa.Column("waiting_since", sa.Date),
    # Last days: of waiting, of the closure, before the review.
    sa.Column("waiting_until", sa.Date),
    sa.Column("closed_until", sa.Date),
    sa.Column("review_until", sa.Date),
)
