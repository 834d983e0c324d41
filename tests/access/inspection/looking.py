"""What a worker would do of the work that is owed for files, and nothing of the rest (mail)."""
from __future__ import annotations

from ckan import model

from ckanext.satudata.access.inspection import running, store
from ckanext.satudata.journal import work


def look() -> None:
    """Look at the files for which this is owed."""
    for owed in work.pending():
        if owed.kind in (store.OWED, store.LINK):
            running.carry_out(owed.key)
            model.Session.commit()
