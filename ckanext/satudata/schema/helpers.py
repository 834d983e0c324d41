"""Template helpers of the metadata forms and pages: choices, labels, marks, tabs."""
from __future__ import annotations

from typing import Any

import ckan.plugins as p
import sqlalchemy as sa
from ckan import model

from ckanext.satudata import config
from ckanext.satudata.schema import codes, completeness

tk = p.toolkit

__all__ = [
    "satudata_choices",
    "satudata_default",
    "satudata_field_text",
    "satudata_form_tabs",
    "satudata_need",
    "satudata_office_id_choices",
    "satudata_office_name_choices",
    "satudata_suggestions",
    "satudata_values",
    "satudata_yes_no_choices",
]

Choice = dict[str, Any]

# Shown before the label, because people know these codes by heart.
_LISTS_WITH_CODES = frozenset({"bidang_urusan"})
# Listed for completeness of the codes, never a choice for a dataset.
_NO_CHOICE = frozenset({("bidang_urusan", "0.00")})


def satudata_choices(field: dict[str, Any]) -> list[Choice]:
    """Choices of a coded field: scheming's ``choices_helper``, labels in both languages."""
    name = field["satudata"]["codes"]
    return [
        _choice(entry.code, *(_label(name, entry, lang) for lang in codes.LANGUAGES))
        for entry in codes.code_list(name)
        if (name, entry.code) not in _NO_CHOICE
    ]


def satudata_yes_no_choices(field: dict[str, Any]) -> list[Choice]:
    """Choices of a field that is answered with yes or no."""
    return [_choice("true", "Ya", "Yes"), _choice("false", "Tidak", "No")]


def satudata_office_id_choices(field: dict[str, Any]) -> list[Choice]:
    """The offices as choices, by id."""
    return [_choice(row.id, row.title, row.title) for row in _offices()]


def satudata_office_name_choices(field: dict[str, Any]) -> list[Choice]:
    """The offices as choices, by name."""
    return [_choice(row.name, row.title, row.title) for row in _offices()]


def satudata_suggestions(field: dict[str, Any]) -> list[str]:
    """Labels of an open code list, for the reader's language."""
    return [entry.label(_lang()) for entry in codes.code_list(field["satudata"]["codes"])]


def satudata_values(field: dict[str, Any], value: Any) -> list[str]:
    """What a page shows for a stored value: one text for each value, labels for codes."""
    listed = value if isinstance(value, list) else [value]
    texts = [text for item in listed if (text := _shown(item))]
    name = _code_list(field)
    if name:
        return [_code_text(name, text) for text in texts]
    if field.get("choices_helper"):
        labels = {
            choice["value"]: tk.h.scheming_language_text(choice["label"])
            for choice in tk.h.scheming_field_choices(field)
        }
        return [labels.get(text, text) for text in texts]
    return texts


def satudata_field_text(field: dict[str, Any], value: Any) -> str:
    """What an input holds for a value: lists with semicolons, an open list's label, the text."""
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    name = _code_list(field)
    if name and codes.is_open(name):
        return codes.label(name, value, _lang())
    return _shown(value)


def satudata_need(field: dict[str, Any]) -> str:
    """The mark of a field: when it is needed, in a few words; empty when it never is."""
    needed = (field.get("satudata") or {}).get("needed")
    marks = {
        "publish": tk._("needed to publish"),
        "when": tk._("needed to publish"),
        "closed": tk._("needed unless open"),
        "terbatas": tk._("needed when restricted"),
    }
    return marks.get(str(needed), "")


def satudata_form_tabs(scheming_fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fields grouped by their tab, tabs in the order of their first field.

    Returns {name, title, fields}; fields without a tab come last, under the name ``lainnya``.
    """
    tabs: dict[str, list[dict[str, Any]]] = {}
    for field in scheming_fields:
        tabs.setdefault((field.get("satudata") or {}).get("tab") or "lainnya", []).append(field)
    if "lainnya" in tabs:
        tabs["lainnya"] = tabs.pop("lainnya")
    titles = {
        "identitas": tk._("Identity"),
        "standar_data": tk._("Data standard"),
        "akses": tk._("Access class"),
        "penanggung_jawab": tk._("Responsible units"),
        "pemeriksaan": tk._("Verification"),
        "lainnya": tk._("Other information"),
    }
    return [
        {"name": name, "title": titles.get(name, name), "fields": fields}
        for name, fields in tabs.items()
    ]


def satudata_default(name: str) -> str:
    """What the form offers for an empty field: what the reader's only office or the city says."""
    offered = completeness.office_defaults(_only_office())
    if name in offered:
        text = offered[name]
    else:
        text = {"kode_wilayah": config.region_code(), "cakupan": config.city_name()}.get(name, "")
    # The form escapes what it shows; scheming's rendering of defaults must not do so before it.
    return tk.literal(text)


def _only_office() -> dict[str, Any]:
    available = tk.h.organizations_available("create_dataset")
    if len(available) != 1:
        return {}
    return tk.get_action("organization_show")({}, {
        "id": available[0]["id"], "include_dataset_count": False, "include_users": False,
        "include_groups": False, "include_tags": False, "include_followers": False,
    })


def _offices() -> list[Any]:
    query = (
        sa.select(model.Group.id, model.Group.name, model.Group.title)
        .where(model.Group.is_organization.is_(True), model.Group.state == model.State.ACTIVE)
        .order_by(model.Group.title, model.Group.name)
    )
    return list(model.Session.execute(query))


def _choice(value: str, label_id: str, label_en: str) -> Choice:
    return {"value": value, "label": {"id": label_id, "en": label_en}}


def _code_list(field: dict[str, Any]) -> str:
    name = (field.get("satudata") or {}).get("codes") or ""
    return name if codes.is_list(name) else ""


def _label(name: str, entry: codes.Code, lang: str) -> str:
    text = entry.label(lang)
    return f"{entry.code} {text}" if name in _LISTS_WITH_CODES else text


def _code_text(name: str, code: str) -> str:
    entry = codes.get(name, code)
    return _label(name, entry, _lang()) if entry else code


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _lang() -> str:
    return tk.h.lang() or "id"
