"""Values that callers send to the actions about obligations and deposits, checked one by one.

Each function returns the value or raises ValidationError on the field it came in.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.journal import values
from ckanext.satudata.schema import codes

from .frequencies import FREQUENCIES, FrequencyError, normalise_frequency
from .periods import Period, PeriodError, normalise_period, parse_period


def required(data: Mapping[str, Any], field: str) -> Any:
    """A value that must be there."""
    value = data.get(field)
    if value in (None, ""):
        raise tk.ValidationError({field: [tk._("Missing value")]})
    return value


def identifier(data: Mapping[str, Any], field: str = "id") -> UUID:
    """An id of ours.

    :raises tk.ObjectNotFound: the text is no such id, so nothing can have it
    """
    try:
        return UUID(str(required(data, field)))
    except ValueError:
        raise tk.ObjectNotFound(tk._("There is nothing with this id.")) from None


def text(data: Mapping[str, Any], field: str) -> str:
    """Text that must be there and not be blank."""
    value = values.text(data.get(field))
    if value is None:
        raise tk.ValidationError({field: [tk._("Missing value")]})
    return value


def reason(data: Mapping[str, Any], field: str = "note") -> str:
    """A reason: without one nothing is returned, excused or retired."""
    value = values.text(data.get(field))
    if value is None:
        raise tk.ValidationError({field: [tk._("Give a reason: the office has to act on it.")]})
    return value


def day(data: Mapping[str, Any], field: str, needed: bool = True) -> dt.date | None:
    """A calendar day."""
    if data.get(field) in (None, "") and not needed:
        return None
    value = values.date(required(data, field))
    if value is None:
        raise tk.ValidationError({field: [tk._("Not a date. Write it as 2026-08-17.")]})
    return value


def whole(
    data: Mapping[str, Any], field: str, low: int, high: int, default: int | None = None
) -> int:
    """A whole number within limits."""
    value = data.get(field)
    if value in (None, "") and default is not None:
        return default
    try:
        number = int(str(required(data, field)))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise tk.ValidationError({field: [
            tk._("A whole number from {low} to {high} is needed.").format(low=low, high=high)
        ]})
    return number


def one_of(data: Mapping[str, Any], field: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    value = str(required(data, field))
    if value not in allowed:
        raise tk.ValidationError({field: [
            tk._("Must be one of: {allowed}").format(allowed=", ".join(allowed))
        ]})
    return value


def period(value: Any, field: str = "period") -> Period:
    """A period."""
    try:
        return parse_period(normalise_period(value))
    except PeriodError as error:
        raise tk.ValidationError({field: [
            tk._(
                "Not a period. Write for example 2026 (year), 2026-S1 (half), 2026-TW3 (quarter), "
                "2026-08 (month), 2026-W34 (week) or 2026-08-17 (day)."
            )
        ]}) from error


def frequency_code(data: Mapping[str, Any], field: str = "frekuensi") -> str:
    """A frequency, by code or by one of its names."""
    text = str(required(data, field))
    try:
        return normalise_frequency(text)
    except FrequencyError as error:
        raise tk.ValidationError({field: [
            tk._("No frequency that is known: {value}. Known are {known}.").format(
                value=text, known=", ".join(FREQUENCIES))
        ]}) from error


def access_class(data: Mapping[str, Any], field: str = "klasifikasi_akses") -> str:
    """An access class; without one an item is ``tertutup``: nothing is opened by omission."""
    value = data.get(field)
    if value in (None, ""):
        return "tertutup"
    code = codes.normalise("klasifikasi_akses", str(value))
    if code is None:
        allowed = ", ".join(item.code for item in codes.code_list("klasifikasi_akses"))
        raise tk.ValidationError({field: [
            tk._("Must be one of: {allowed}").format(allowed=allowed)
        ]})
    return code


def organization(data: Mapping[str, Any], field: str = "organization") -> Any:
    """A CKAN organization by name or id."""
    group = model.Group.get(str(required(data, field)))
    if group is None or not group.is_organization or group.state != "active":
        raise tk.ValidationError({field: [tk._("There is no such office.")]})
    return group


def schedule(value: Any, field: str = "jadwal") -> tuple[tuple[str, dt.date], ...]:
    """An obligation's own schedule: a list of {period, date}."""
    if value in (None, ""):
        return ()
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise tk.ValidationError({field: [tk._("A list of {period, date} is needed.")]})
    found = tuple(
        (period(required(item, "period"), field).code, day(item, "date") or dt.date.min)
        for item in value
    )
    listed = [code for code, _ in found]
    if len(set(listed)) != len(listed):
        raise tk.ValidationError({field: [tk._("A period stands in the schedule twice.")]})
    return found
