"""Template helpers of the portal."""
from __future__ import annotations

import ckan.plugins.toolkit as tk

__all__ = ["satudata_event_label"]


def satudata_event_label(type: str) -> str:
    """What an event is called in a history; the type itself for one that has no name yet."""
    return {
        "dataset.created": tk._("created"),
        "dataset.submitted": tk._("submitted"),
        "dataset.withdrawn": tk._("submission withdrawn"),
        "dataset.verified": tk._("verified"),
        "dataset.returned": tk._("returned"),
        "dataset.revoked": tk._("verification revoked"),
        "dataset.unblocked": tk._("verified by a sysadmin, with a reason"),
        "dataset.edited": tk._("edited"),
        "dataset.closed": tk._("closed"),
        "dataset.opening_asked": tk._("opening asked for"),
        "dataset.unpublishing_asked": tk._("unpublishing asked for"),
        "dataset.deletion_asked": tk._("deletion asked for"),
        "dataset.request_refused": tk._("request refused"),
        "dataset.unpublished": tk._("unpublished"),
        "dataset.deleted": tk._("deleted"),
    }.get(type, type)
