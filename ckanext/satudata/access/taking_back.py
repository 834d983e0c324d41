"""Making private what was public, whatever else is wrong with the dataset.

What becomes public goes through CKAN's update and its validation. Taking something back must not:
a dataset without an office, or with a value that CKAN would refuse today, would stay public for
ever.
"""
from __future__ import annotations

import datetime as dt
from typing import Any

from ckan import model
from ckan.types import Context

from . import activities, index, saving


def take_back(context: Context, package: model.Package) -> dict[str, Any]:
    """Make a dataset private in the running transaction, with all that follows; does not commit.

    The caller has locked it, and written the event and the submission. Nothing else of the dataset
    is looked at or changed: docs/access.md, "The life of a submission".

    :param context: of whoever brought it about
    :returns: the dataset as it is then
    """
    package.private = True
    # CKAN keeps this moment without a zone, in UTC.
    package.metadata_modified = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    model.Session.flush()
    activities.relabel(package)
    dataset = saving.current(package.id)
    for step in saving.STEPS:
        step.after_dataset_saved(context, dataset)
    index.refresh(package.id)
    return dataset
