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
