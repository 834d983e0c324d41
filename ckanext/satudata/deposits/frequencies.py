"""Frequencies: how often a dataset is due, from the one table that everything reads.

Four natures: a *regular* rhythm repeats by the calendar; *continuous* data is asked for month by
month without grace; *scheduled* data is owed only where its own schedule says so; an *unknown*
frequency cannot be judged. Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ckanext.satudata.schema import codes

REGULAR, CONTINUOUS, SCHEDULED, UNKNOWN = "regular", "continuous", "scheduled", "unknown"

_CONTINUOUS_CODE = "terus_menerus"
_UNKNOWN_CODE = "tidak_diketahui"


class FrequencyError(ValueError):
    """A text names no frequency; the message says which are known."""


@dataclass(frozen=True)
class Frequency:
    """A row of the frequency table.

    ``unit`` is ``day``, ``iso_week``, ``month``, ``year`` or ``none``; ``step`` is how many of
    them make a period (0 without a rhythm); ``grace_days`` is the proposal of the table (None
    without a rhythm): the figures use the versioned rules instead.
    """

    code: str
    label_id: str
    label_en: str
    unit: str
    step: int
    grace_days: int | None
    period_code_example: str
    iso8601: str
    eu_uri: str
    mskeg_code: str
    nature: str

    @property
    def has_rhythm(self) -> bool:
        """Whether its periods follow from the calendar (regular and continuous)."""
        return self.step > 0

    @property
    def needs_start_year(self) -> bool:
        """Whether its periods are several years long and count from ``tahun_awal``."""
        return self.unit == "year" and self.step > 1


def _read(row: Mapping[str, str]) -> Frequency:
    code, unit = row["code"], row["unit"]
    nature = REGULAR if unit != "none" else SCHEDULED
    if code == _CONTINUOUS_CODE:
        nature = CONTINUOUS
    elif code == _UNKNOWN_CODE:
        nature = UNKNOWN
    return Frequency(
        code=code,
        label_id=row["label_id"],
        label_en=row["label_en"],
        unit=unit,
        step=int(row["step"] or 0),
        grace_days=int(row["grace_days"]) if row["grace_days"] else None,
        period_code_example=row["period_code_example"],
        iso8601=row["iso8601"],
        eu_uri=row["eu_frequency_uri"],
        mskeg_code=row["mskeg_code"],
        nature=nature,
    )


#: All frequencies by code, in the order of the table.
FREQUENCIES: Mapping[str, Frequency] = MappingProxyType(
    {row["code"]: _read(row) for row in codes.frequencies()}
)


def frequency(code: str) -> Frequency:
    """The frequency whose code is exactly ``code``; raises :class:`FrequencyError`."""
    try:
        return FREQUENCIES[code]
    except (KeyError, TypeError):
        raise FrequencyError(_unknown(code)) from None


def normalise_frequency(text: str) -> str:
    """The code that ``text`` of a sheet means: a code, a label or another spelling, in any case.

    Raises :class:`FrequencyError` when it means none, or more than one.
    """
    code = codes.normalise("frekuensi", text)
    if code is None:
        raise FrequencyError(_unknown(text))
    return code


def _unknown(text: object) -> str:
    return f"unknown frequency {text!r}; known are {', '.join(FREQUENCIES)}"
