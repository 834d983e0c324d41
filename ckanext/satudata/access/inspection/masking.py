"""Numbers of persons, made unreadable in what is shown of a file. Pure: no CKAN, no database."""
from __future__ import annotations

import re

from . import structure
from .structure import Shape

#: What people and spreadsheets put between the digits of one number.
_RUN = re.compile(r"\d(?:[ \u00a0\u202f.'\u2010-\u2015-]?\d){14,}")
#: So many digits stay: the region of a NIK, the year and month of a NIP.
_STAYS = 6


def masked(cell: str) -> str:
    """A cell in which numbers with the structure of a NIK, family card, NIP or NPWP have dots.

    Structure alone decides, not what an inspection says: it may not have come yet.
    """
    return _RUN.sub(lambda match: _dotted(match.group()), cell)


def _dotted(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if not any(_fits(digits, shape) for shape in _shapes()):
        return text
    return digits[:_STAYS] + "•" * (len(digits) - _STAYS)


def _shapes() -> tuple[Shape, ...]:
    npwp = structure.BY_TITLE["npwp"]
    found = (structure.nik(damaged=True), structure.nkk(), structure.NIP, npwp)
    return tuple(one for one in found if isinstance(one, Shape))


def _fits(digits: str, shape: Shape) -> bool:
    return (
        len(digits) in shape.lengths and shape.fits.fullmatch(digits) is not None
        and (shape.check is None or shape.check(digits))
    )
