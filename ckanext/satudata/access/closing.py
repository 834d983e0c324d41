"""When a closure has to be decided anew: from what a dataset says of it. Pure.

A dataset that is not open gives its reason, or waits for the PPID's determination during 90 days
(UU 14/2008 art. 19, 20; docs/access.md, "Determination by the PPID"). What has run out is
reported; nothing is opened or prolonged by a machine.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.satudata.schema import completeness, values

#: What ends: the time of waiting for a determination, the closure, the time until its review, and
#: what an office was granted.
WAITING, CLOSURE, REVIEW, GRANT = "waiting", "closure", "review", "grant"

KINDS = (WAITING, CLOSURE, REVIEW, GRANT)


@dataclass(frozen=True)
class Terms:
    """Last days; None: there is none.

    :param waiting_since: the day on which the dataset began to wait for a determination; it stays
        until there is one, so that whoever gives other dates or reasons wins no time
    :param waiting_until: the last day on which it may wait
    :param closed_until: the last day of the closure
    :param review_until: the day by which it has to be looked at again
    """

    waiting_since: dt.date | None = None
    waiting_until: dt.date | None = None
    closed_until: dt.date | None = None
    review_until: dt.date | None = None


def terms(dataset: Mapping[str, Any], since: dt.date | None, today: dt.date) -> Terms:
    """The terms of a dataset that is not open.

    :param dataset: its fields
    :param since: the day from which it is known to wait; None: it did not
    :param today: the city's day
    """
    start, end = _day(dataset, "jangka_waktu_mulai"), _day(dataset, "jangka_waktu_akhir")
    review = _day(dataset, "tanggal_tinjau_ulang")
    if dataset.get("klasifikasi_akses") not in (completeness.RESTRICTED, completeness.CLOSED):
        # Opening was asked for; until it is verified the closure lasts, and no clock is put back.
        return Terms(waiting_since=since)
    if dataset.get("alasan_pengecualian") != completeness.WAITING:
        complete = not any(
            lack["group"] == "akses" for lack in completeness.check(dataset).missing)
        return Terms(
            waiting_since=None if complete else since, closed_until=end, review_until=review)
    begun = since or today
    first = min(begun, start) if start else begun
    last = first + dt.timedelta(days=completeness.max_waiting_days())
    return Terms(
        waiting_since=begun, waiting_until=min(last, end) if end else last, review_until=review)


def _day(dataset: Mapping[str, Any], name: str) -> dt.date | None:
    value = dataset.get(name)
    if not value:
        return None
    try:
        return dt.date.fromisoformat(values.parse_date(value))
    except (values.BadValue, ValueError):
        return None
