"""A year: its quarters together, office by office, beside the years before.

Made of the quarters as ``across`` gives them: a frozen one as it was frozen, any other as it stands
now. Trial quarters are shown and not counted, as they count nowhere else.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ckanext.satudata.journal.quarters import Quarter

from . import across, evaluation
from .board import compare

Row = Mapping[str, Any]

#: What is added up over quarters.
SUMMED = ("due", "fulfilled", "partial", "missing")
_STATUSES = {"complete": "lengkap", "partly": "sebagian", "silent": "belum_setor"}


def standing(year: int, running: Quarter, before: int, only_frozen: bool) -> dict[str, Any]:
    """How offices stood over a year; see ``satudata_compliance_year``.

    :param running: the last quarter that has begun
    :param before: how many years before are put beside it
    :param only_frozen: leave out quarters that are not frozen
    """
    last = min(Quarter(year, 4), running)
    wanted = across.quarters_until(last, last.index - Quarter(year - before, 1).index + 1)
    found = across.standing(wanted, only_frozen)
    years = {
        one: _of_year(found, one) for one in range(year - before, year + 1)
    }
    asked = years.pop(year)
    rates = {
        one: {row["id"]: row for row in figures["organizations"]} for one, figures in years.items()
    }
    previous = years.get(year - 1)
    changes: dict[str, str] = {}
    if previous is not None and previous["totals"]["due"]:
        changes = compare(asked["organizations"], previous["organizations"])
    for row in asked["organizations"]:
        row["change"] = changes.get(row["id"])
        row["before"] = [
            {"year": one, **{name: rates[one].get(row["id"], {}).get(name) for name in (
                "due", "fulfilled", "rate", "on_time_rate")}}
            for one in sorted(rates, reverse=True)
        ]
    return {
        "year": year, **asked,
        "before": [
            {"year": one, "quarters": years[one]["quarters"], "totals": years[one]["totals"]}
            for one in sorted(years, reverse=True) if years[one]["quarters"]
        ],
    }


def _of_year(found: Row, year: int) -> dict[str, Any]:
    places = [
        place for place, head in enumerate(found["quarters"])
        if Quarter.parse(head["quarter"]).year == year
    ]
    heads = [found["quarters"][place] for place in places]
    counted = [not head["trial"] for head in heads]
    offices = []
    for office in found["organizations"]:
        results = [office["results"][place] for place in places]
        if any(results):
            own = [one for one, counts in zip(results, counted, strict=True) if one and counts]
            offices.append({
                **{name: office[name] for name in ("id", "name", "title")}, **added(own),
                **{
                    name: sum(one["status"] == status for one in own)
                    for name, status in _STATUSES.items()
                },
                "results": results,
            })
    return {
        "quarters": heads,
        "totals": {
            "opd": len(offices),
            **added([head["totals"] for head, counts in zip(heads, counted, strict=True)
                     if counts]),
        },
        "organizations": sorted(offices, key=_urgency),
    }


def added(quarters: Sequence[Row]) -> dict[str, Any]:
    """Figures of several quarters together, with their rates.

    How many were on time follows from the rate: four decimals say it exactly up to 5,000 items.
    """
    sums: dict[str, Any] = {name: sum(one[name] for one in quarters) for name in SUMMED}
    on_time = sum(_on_time(quarters))
    return {
        **sums, "on_time": on_time, "rate": evaluation.rate(sums["fulfilled"], sums["due"]),
        "on_time_rate": evaluation.rate(on_time, sums["due"]),
    }


def _on_time(quarters: Iterable[Row]) -> list[int]:
    return [
        (int(one["on_time_rate"].replace(".", "")) * one["due"] + 5000) // 10000
        for one in quarters if one["on_time_rate"] is not None
    ]


def _urgency(office: Row) -> tuple[Any, ...]:
    """Who was silent most often first, then what misses most."""
    rate = -1.0 if office["rate"] is None else float(office["rate"])
    return -office["silent"], rate, -office["missing"], office["title"].casefold()
