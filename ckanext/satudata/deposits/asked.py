"""What callers send to the actions about obligations and deposits, beside ``journal/asked.py``.

Each function returns the value or raises ValidationError on the field it came in.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.journal import asked
from ckanext.satudata.schema import codes

from .frequencies import FREQUENCIES, FrequencyError, normalise_frequency
from .period_text import normalise_period
from .periods import Period, PeriodError, parse_period


def reason_given(data: Mapping[str, Any], field: str = "note") -> str:
    """A reason: without one nothing is returned, excused or retired."""
    value = asked.optional(data, field, asked.TEXT)
    if value is None:
        raise tk.ValidationError({field: [tk._("Give a reason: the office has to act on it.")]})
    return value


def a_period(value: Any, field: str = "period") -> Period:
    """A period."""
    try:
        if isinstance(value, str) and len(value) > asked.NAME:
            raise PeriodError(value[:asked.NAME])
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
    text = asked.name(data, field)
    try:
        return normalise_frequency(text)
    except FrequencyError as error:
        raise tk.ValidationError({field: [
            tk._("No frequency that is known: {value}. Known are {known}.").format(
                value=text, known=", ".join(FREQUENCIES))
        ]}) from error


def access_class(data: Mapping[str, Any], field: str = "klasifikasi_akses") -> str:
    """An access class; without one an item is ``tertutup``: nothing is opened by omission."""
    value = asked.optional_name(data, field)
    if value is None:
        return "tertutup"
    code = codes.normalise("klasifikasi_akses", value)
    if code is None:
        allowed = ", ".join(item.code for item in codes.code_list("klasifikasi_akses"))
        raise tk.ValidationError({field: [
            tk._("Must be one of: {allowed}").format(allowed=allowed)
        ]})
    return code


def organization(data: Mapping[str, Any], field: str = "organization") -> Any:
    """A CKAN organization by name or id."""
    group = model.Group.get(asked.name(data, field))
    if group is None or not group.is_organization or group.state != "active":
        raise tk.ValidationError({field: [tk._("There is no such office.")]})
    return group


def schedule(value: Any, field: str = "jadwal") -> tuple[tuple[str, dt.date], ...]:
    """An obligation's own schedule: a list of {period, date}."""
    if value is None or value == "":
        return ()
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise tk.ValidationError({field: [tk._("A list of {period, date} is needed.")]})
    found = tuple(
        (a_period(asked.required(item, "period"), field).code, asked.day(item, "date"))
        for item in value
    )
    listed = [code for code, _ in found]
    if len(set(listed)) != len(listed):
        raise tk.ValidationError({field: [tk._("A period stands in the schedule twice.")]})
    return found
