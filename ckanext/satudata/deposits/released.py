"""What a dataset's files say of its latest release: the period, and the day it came. Pure."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .periods import is_period, parse_period


def released(dataset: Mapping[str, Any]) -> dict[str, str]:
    """``periode_data_terakhir`` and ``tanggal_rilis_terakhir`` of a dataset.

    The latest period that a data file is about, and the latest day on which a data file was
    released: its own ``tanggal_data``, else the day it was put into the portal.

    :returns: only what is known; empty for a dataset without data files
    """
    files = [
        one for one in dataset.get("resources") or ()
        if (one.get("jenis_berkas") or "data") == "data" and one.get("state", "active") == "active"
    ]
    periods = [one["periode"] for one in files if one.get("periode") and is_period(one["periode"])]
    days = [str(one.get("tanggal_data") or one.get("created") or "")[:10] for one in files]
    found: dict[str, str] = {}
    if periods:
        latest = max(map(parse_period, periods), key=lambda period: (period.last, period.first))
        found["periode_data_terakhir"] = latest.code
    if any(days):
        found["tanggal_rilis_terakhir"] = max(days)
    return found
