"""Template helpers of this room."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.satudata.journal.asked import context
from ckanext.satudata.journal.quarters import Quarter

from . import reading

__all__ = ["satudata_letters_done"]


def satudata_letters_done(quarter: str) -> dict[str, list[dict[str, Any]]]:
    """The letters of a quarter that the person at the browser may read.

    The number of queries is the same for any number of letters, and none for strangers.

    :param quarter: code of a quarter
    :returns: id, kind, level, state, number and days of letters, by the id of the judged office
    """
    if not getattr(tk.current_user, "is_authenticated", False):
        return {}
    return reading.done(Quarter.parse(quarter), context())
