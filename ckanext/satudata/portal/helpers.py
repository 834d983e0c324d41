"""Template helpers of the portal."""
from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata.journal.asked import city_zone, context
from ckanext.satudata.letters import reminding
from ckanext.satudata.report.page_data import words

from . import desk

__all__ = ["satudata_day", "satudata_event_label", "satudata_moment", "satudata_phone_texts"]

_ZONE = "satudata.zone"


def satudata_moment(moment: dt.datetime | str | None) -> str:
    """A moment as the city writes it, at its own clock: 24 Nov 2026 19.37 WIB."""
    if not moment:
        return ""
    at = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return words().moment(at.astimezone(_zone()), short=True)


def _zone() -> dt.tzinfo:
    """The city's time zone, looked up once for a page that shows many moments."""
    kept = request.environ
    if _ZONE not in kept:
        kept[_ZONE] = city_zone()
    return kept[_ZONE]


def satudata_day(day: dt.date | str) -> str:
    """A day in words: 24 November 2026."""
    return words().date(day)


def satudata_event_label(type: str, period: str | None = None) -> str:
    """What an event is called in a history; the type itself for one that has no name yet.

    :param period: of the deposit or dispensation that it is about
    """
    called = {
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
        "dataset.request_granted": tk._("request granted"),
        "dataset.request_withdrawn": tk._("request taken back"),
        "dataset.closure_ended": tk._("the closure ran out"),
        "dataset.unpublished": tk._("unpublished"),
        "dataset.deleted": tk._("deleted"),
        "dataset.purged": tk._("deleted for good"),
        "dataset.personal_data_found": tk._("taken back: personal data in a file"),
        "dataset.moved": tk._("given to another office"),
        "dataset.determined": tk._("determined by the PPID"),
        "access.asked": tk._("access asked for"),
        "access.granted": tk._("access granted"),
        "access.refused": tk._("access refused"),
        "access.revoked": tk._("access taken away"),
        "access.withdrawn": tk._("access request taken back"),
        "access.commented": tk._("comment on an access request"),
        "dataset.read": tk._("looked at by a sysadmin"),
        "dataset.assigned": tk._("assigned"),
        "dataset.commented": tk._("comment"),
        "note.redacted": tk._("a note was redacted"),
        "dataset.opinion_asked": tk._("the pembina's opinion is asked"),
        "dataset.opinion_agrees": tk._("the pembina agrees"),
        "dataset.opinion_objects": tk._("the pembina objects"),
        "deposit.assigned": tk._("who looks at it"),
        "finding.answered": tk._("answered what was found in a file"),
        "deposit.created": tk._("deposited"),
        "deposit.accepted": tk._("deposit accepted"),
        "deposit.returned": tk._("deposit returned"),
        "deposit.revoked": tk._("deposit revoked"),
        "deposit.withdrawn": tk._("deposit withdrawn"),
        "obligation.created": tk._("item put on the daftar data"),
        "obligation.changed": tk._("item changed"),
        "obligation.retired": tk._("item ended"),
        "obligation.linked": tk._("item linked"),
        "obligation.excused": tk._("dispensation"),
        "obligation.excuse_withdrawn": tk._("dispensation taken back"),
    }.get(type, type)
    return f"{called}: {desk.period_label(period)}" if period else called


def satudata_phone_texts(office_ids: list[str]) -> dict[str, str]:
    """Texts for the phone groups of offices, by title; none for who has no part in them."""
    if not getattr(tk.current_user, "is_authenticated", False):
        return {}
    return reminding.phone_texts(office_ids, context())
