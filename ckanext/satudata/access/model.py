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
    # Class and hash that were verified, and what has changed since: names of fields only.
    sa.Column("verified_class", sa.Text),
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
)
sa.Index("satudata_submission_status", submission.c.status, submission.c.submitted_at)
