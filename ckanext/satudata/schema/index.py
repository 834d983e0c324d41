"""A dataset for Solr: lists as facets, long texts out of the fields that cannot hold them.

CKAN flattens each extra into two Solr fields: ``extras_<name>``, a text of any length, and
``<name>``, a single string of at most 32,766 bytes. A list needs ``vocab_<name>``, the only kind of
field in CKAN's Solr schema that takes several strings and can be a facet. Pure.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.satudata.schema import fields, values

#: Lucene refuses a longer term.
MAX_BYTES = 32766

_TEXT_TYPES = frozenset({"longtext"})
# Fields of CKAN's own Solr schema: not strings, so neither limited nor ours to move.
_CORE = frozenset({"title", "name", "notes", "owner_org", "private", "license_id", "tag_string"})


def index_fields(pkg_dict: Mapping[str, Any]) -> dict[str, Any]:
    """``pkg_dict`` as ``before_dataset_index`` gets it, ready for CKAN's Solr schema.

    Adds ``vocab_<field>`` for each field that holds a list and takes away the plain field of those
    and of long texts, which stay searchable as ``extras_<field>``. Any other text field that is
    longer than a Solr string is taken away likewise.
    """
    indexed = dict(pkg_dict)
    for field in fields.dataset_fields():
        if field.name in _CORE or field.name not in indexed:
            continue
        value = indexed[field.name]
        if field.is_list:
            del indexed[field.name]
            texts = [str(item) for item in values.load_list(value) if fields.is_given(item)]
            if texts:
                indexed["vocab_" + field.name] = texts
        elif field.type in _TEXT_TYPES or _too_long(value):
            del indexed[field.name]
    return indexed


def _too_long(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode("utf-8", "replace")) > MAX_BYTES
