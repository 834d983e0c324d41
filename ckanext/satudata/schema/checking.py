"""The completeness of a dataset as this portal's own scheming files ask for it."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import ckan.plugins as p

from ckanext.satudata.schema import completeness, fields

tk = p.toolkit

#: The table of each type, with the schema it was made of: scheming gives the same object until it
#: is loaded anew.
_TABLES: dict[str, tuple[Any, tuple[fields.Field, ...]]] = {}


def check_dataset(
    dataset: Mapping[str, Any],
    organization: Mapping[str, Any] | None = None,
    *,
    lang: str | None = None,
    today: dt.date | None = None,
) -> completeness.Completeness:
    """How complete a dataset is, by the key ``satudata`` of the fields in the scheming file.

    Parameters as for :func:`completeness.check`; ``lang`` is the reader's language by default.
    """
    return completeness.check(
        dataset, organization, table=field_table(dataset.get("type") or "dataset"),
        lang=lang or reader_language(), today=today,
    )


def field_table(dataset_type: str = "dataset") -> tuple[fields.Field, ...]:
    """The fields of a dataset type from its scheming file; from the field table without one."""
    find = getattr(tk.h, "scheming_get_dataset_schema", None)
    schema = find(dataset_type) if find else None
    if not schema:
        return completeness.default_table()
    known, table = _TABLES.get(dataset_type, (None, ()))
    if known is not schema:
        entries = (*schema["dataset_fields"], *schema.get("resource_fields", ()))
        table = tuple(fields.from_scheming(entry) for entry in entries if entry.get("satudata"))
        _TABLES[dataset_type] = (schema, table)
    return table


def _fallback_language() -> str:
    return tk.config.get("ckan.locale_default") or "id"


def reader_language() -> str:
    """The language of the running request, or the portal's own outside one."""
    try:
        return tk.h.lang() or _fallback_language()
    except (RuntimeError, TypeError):
        return _fallback_language()
