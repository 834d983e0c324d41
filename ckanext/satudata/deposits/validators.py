"""Validators about periods."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from .period_text import normalise_period
from .periods import PeriodError, parse_period

__all__ = ["satudata_period"]


def satudata_period(value: Any) -> Any:
    """A period code as it is written canonically; nothing stays nothing.

    :raises tk.Invalid: the text is no period
    """
    if value in (None, ""):
        return value
    try:
        return parse_period(normalise_period(value)).code
    except PeriodError:
        raise tk.Invalid(
            tk._(
                "Not a period. Write for example 2026 (year), 2026-S1 (half), 2026-TW3 (quarter), "
                "2026-08 (month), 2026-W34 (week) or 2026-08-17 (day)."
            )
        ) from None
