"""The field table: what each record may say, where it belongs and when it is needed.

Read from ``data/fields.csv``, the one truth that the scheming files, the completeness check, the
content hash, the index and the exports go by. Pure: no CKAN, no database.

Columns: ``group``; ``field_name``; ``label_id``, ``label_en``; ``type``; ``required_for_public``
(see :class:`Need`); ``code_list``; ``needed_when`` (a condition that narrows the need, see
:func:`condition_holds`); ``computed`` (``yes``: made by the portal, ignored when sent);
``source`` (where the field comes from: act and article, form, other portals).
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from typing import Any

from ckanext.satudata.schema import codes

#: Groups whose fields make up a dataset; ``resource`` is said of each of its files.
DATASET_GROUPS = ("dataset_core", "standar_data", "akses")
RESOURCE_GROUP = "resource"


class Need(str, Enum):
    """When a field is needed: the words of the column ``required_for_public``."""

    PUBLISH = "yes"
    CONDITION = "cond"
    CLOSED = "private"
    RESTRICTED = "terbatas"
    NEVER = "no"


@dataclass(frozen=True)
class Field:
    """One row of the field table."""

    group: str
    name: str
    label_id: str
    label_en: str
    type: str
    need: Need
    code_list: str
    needed_when: str
    computed: bool
    source: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """Whether the field holds several values (stored as a JSON list, shown as a list)."""
        return self.type.startswith("list[") or self.type == "multi_enum"

    @property
    def is_form_reference(self) -> bool:
        """Whether the field leads to a BPS metadata form (MS-Keg, MS-Var).

        Lacking forms lower the score and never keep a dataset from being submitted: older
        datasets would otherwise all be unpublishable on the first day.
        """
        return self.type in ("ms_keg_ref", "list[ms_var]")

    def label(self, lang: str = "id") -> str:
        """The field's name for people, in English (``en``…) or Indonesian."""
        return self.label_en if lang.lower().startswith("en") else self.label_id


@lru_cache(maxsize=1)
def all_fields() -> tuple[Field, ...]:
    """All rows of the field table, in its order."""
    return tuple(_field(row) for row in codes.data_rows("fields.csv"))


@cache
def group_fields(group: str) -> tuple[Field, ...]:
    """The fields of one group, in their order; none for an unknown group."""
    return tuple(field for field in all_fields() if field.group == group)


@lru_cache(maxsize=1)
def dataset_fields() -> tuple[Field, ...]:
    """The fields of a dataset itself (without those of its files)."""
    return tuple(field for group in DATASET_GROUPS for field in group_fields(group))


@lru_cache(maxsize=1)
def by_name() -> Mapping[str, Field]:
    """Dataset fields by their names."""
    return {field.name: field for field in dataset_fields()}


@lru_cache(maxsize=1)
def computed_names() -> frozenset[str]:
    """Names of the dataset fields that the portal computes and ignores when they are sent."""
    return frozenset(field.name for field in dataset_fields() if field.computed)


_NEEDS = {
    "publish": Need.PUBLISH,
    "when": Need.CONDITION,
    "closed": Need.CLOSED,
    "terbatas": Need.RESTRICTED,
}


def from_scheming(definition: Mapping[str, Any]) -> Field:
    """The field that one entry of a scheming file describes, by its key ``satudata``.

    A portal may replace the scheming files: its ``needed`` (``publish``, ``when``, ``closed``,
    ``terbatas``), ``when`` (a condition), ``codes`` and labels then drive the check. What the entry
    does not say is taken from the field table; an unknown field is an optional text.
    """
    name = definition["field_name"]
    ours: Mapping[str, Any] = definition.get("satudata") or {}
    group = ours.get("group") or DATASET_GROUPS[0]
    known = next((field for field in group_fields(group) if field.name == name), None)
    label = definition.get("label") or name
    texts: Mapping[str, str] = label if isinstance(label, Mapping) else {"id": label, "en": label}
    return Field(
        group=group,
        name=name,
        label_id=texts.get("id") or texts.get("en") or name,
        label_en=texts.get("en") or texts.get("id") or name,
        type=known.type if known else "text",
        need=_NEEDS.get(str(ours.get("needed")), Need.NEVER),
        code_list=ours.get("codes") or (known.code_list if known else ""),
        needed_when=ours.get("when") or "",
        computed=bool(ours.get("computed")),
        source=known.source if known else (),
    )


def is_given(value: Any) -> bool:
    """Whether a value says something: not None, blank text, or an empty list."""
    if isinstance(value, str):
        return bool(value.strip()) and value.strip() != "[]"
    return value is not None and value not in ([], {})


def condition_holds(condition: str, record: Mapping[str, Any]) -> bool:
    """Whether a condition of the table holds for a record.

    ``field=a|b``: the field's value, or one of its values, is a or b; ``field!=a|b``: none is.
    An empty condition always holds.
    """
    if not condition:
        return True
    name, _, wanted = condition.partition("=")
    values = _values(record.get(name.rstrip("!")))
    met = bool(values & set(wanted.split("|")))
    return met is not name.endswith("!")


def _values(value: Any) -> set[str]:
    if not is_given(value):
        return set()
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        return {str(item) for item in value}
    return {str(value)}


def _field(row: Mapping[str, str]) -> Field:
    return Field(
        group=row["group"],
        name=row["field_name"],
        label_id=row["label_id"],
        label_en=row["label_en"],
        type=row["type"],
        need=Need(row["required_for_public"]),
        code_list=row["code_list"],
        needed_when=row["needed_when"],
        computed=row["computed"] == "yes",
        source=tuple(row["source"].split(";")),
    )
