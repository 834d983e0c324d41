"""Who gets which letter, and which level a reprimand has. Pure: no CKAN, no database.

docs/letters.md, "Who gets a letter".
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from ckanext.satudata.opd.tree import Office

from .life import REQUEST

#: Levels of a reprimand: pertama, kedua, ketiga. There is none beyond.
LEVELS = (1, 2, 3)

_SILENT, _NOTHING_DUE, _COMPLETE = "belum_setor", "nihil", "lengkap"


def is_due(kind: str, row: Mapping[str, Any], below: Decimal) -> bool:
    """Whether a letter of a kind is due to the office of a row of the report.

    :param below: rate (0 to 1) below which an office is reprimanded although something came; 0:
        only the silent ones are
    """
    if kind == REQUEST:
        return row["status"] not in (_COMPLETE, _NOTHING_DUE)
    return row["status"] == _SILENT or (row["rate"] is not None and Decimal(row["rate"]) < below)


def in_a_row(found: Sequence[bool | None]) -> int:
    """How many quarters in a row end this sequence that are True; None neither counts nor breaks.

    :param found: oldest first
    """
    number = 0
    for one in reversed(found):
        if one is False:
            break
        number += one is True
    return number


def level(consecutive: int) -> int:
    """Level of a reprimand after so many quarters in a row, this one among them."""
    return min(max(consecutive, LEVELS[0]), LEVELS[-1])


def unrecorded(level: int | None, earlier: Iterable[Mapping[str, Any]]) -> list[int]:
    """Levels below one of which no letter is among the earlier ones."""
    known = {one["level"] for one in earlier}
    return [one for one in LEVELS if level is not None and one < level and one not in known]


def addressee(opd: UUID, offices: Mapping[UUID, Office], today: dt.date) -> Office | None:
    """The office that is written to: itself, or, when it has ended, who took over in the end.

    :returns: None when it has ended and nobody did
    """
    met: set[UUID] = set()
    here: UUID | None = opd
    while here is not None and here in offices and here not in met:
        met.add(here)
        office = offices[here]
        if office.active and office.exists_on(today):
            return office
        here = next((one for one in office.pengganti if one in offices), None)
    return None
