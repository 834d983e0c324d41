"""Validators for the scheming files: what is given must mean something, nothing must be given.

A blank value is taken as not given and is not stored. A value that means something is stored in
its one form (a code, an ISO date, a JSON list); one that means nothing is refused with a message
that says what is allowed, unless it stood there before the schema did and is not touched.
"""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import ckan.plugins as p
from ckan import model
from ckan.lib.navl.dictization_functions import unflatten
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey, Validator

from ckanext.satudata import config
from ckanext.satudata.schema import codes, fields, regions, values

tk = p.toolkit
missing = tk.missing

__all__ = [
    "satudata_boolean",
    "satudata_boolean_output",
    "satudata_clean",
    "satudata_code",
    "satudata_codes",
    "satudata_date",
    "satudata_date_or_year",
    "satudata_default_region",
    "satudata_dictionary",
    "satudata_dictionary_output",
    "satudata_email",
    "satudata_file_period",
    "satudata_gather",
    "satudata_licence",
    "satudata_list_output",
    "satudata_office",
    "satudata_office_ids",
    "satudata_office_names",
    "satudata_phone",
    "satudata_region",
    "satudata_region_bps",
    "satudata_scatter",
    "satudata_sds",
    "satudata_text",
    "satudata_text_list",
    "satudata_years",
]

Parser = Callable[[Any], Any]
SchemingValidator = Callable[[dict[str, Any], dict[str, Any]], Validator]

# Codes of a longer list are not all named in an error message.
_MANY = 30
# Fields that CKAN keeps in columns of its own: an extra of such a name is something else.
_CORE_FIELDS = frozenset({"title", "name", "notes", "owner_org", "tag_string", "license_id"})
# Key of the validation context under which the two whole-record validators speak to each other.
_LIFTED = "satudata_lifted_extras"


class Refused(ValueError):
    """A value means nothing here; the text, translated, says what is allowed."""


# -- one value ----------------------------------------------------------------------------------


def _validator(parse: Parser) -> Validator:
    """A validator that stores what ``parse`` makes of a value and refuses what it raises on."""

    def validator(
        key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
    ) -> None:
        value = data.get(key, missing)
        if value is missing or not fields.is_given(value):
            data.pop(key, None)
            raise tk.StopOnError
        try:
            data[key] = parse(value)
        except (Refused, values.BadValue, tk.Invalid) as error:
            stored = _stored(key, data, context)
            if stored is not None and values.load_list(stored) == values.load_list(value):
                data[key] = stored
                return
            errors[key].append(_message(error))
            raise tk.StopOnError from None

    return validator


def _message(error: Exception) -> str:
    if isinstance(error, values.BadValue):
        return tk._(values.HINTS[error.hint])
    return error.error if isinstance(error, tk.Invalid) else str(error)


def _of_field(parser: Callable[[dict[str, Any]], Parser]) -> SchemingValidator:
    """A validator that scheming makes for each field that names it, from the field's own keys."""

    def factory(field: dict[str, Any], _schema: dict[str, Any]) -> Validator:
        return _validator(parser(field))

    factory.is_a_scheming_validator = True  # pyright: ignore[reportFunctionMemberAccess]
    return factory


def _stored(key: FlattenKey, data: FlattenDataDict, context: Context) -> Any:
    """What the database holds for a field now; None when it holds nothing."""
    holder: Any
    if key[0] == "resources":
        resource_id = data.get((*key[:2], "id"))
        holder = model.Resource.get(resource_id) if isinstance(resource_id, str) else None
    else:
        holder = context.get("package") or context.get("group")
    return holder.extras.get(key[-1]) if holder is not None and holder.extras else None


def _parse_period(value: Any) -> Any:
    """The period grammar belongs to the deposits, which register the validator of this name."""
    check = cast("Callable[[Any], Any]", tk.get_validator("satudata_period"))
    return check(value)


def _clean(value: Any) -> str:
    """A text without what neither PostgreSQL nor Solr can hold (control signs, half characters)."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise values.BadValue("text")
    text = str(value).encode("utf-8", "ignore").decode("utf-8")
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n\r").strip()


def satudata_clean(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """A text of CKAN's own without control signs; what is no text goes no further."""
    value = data.get(key, missing)
    if value is missing or value is None:
        return
    try:
        data[key] = _clean(value)
    except values.BadValue as error:
        errors[key].append(_message(error))
        raise tk.StopOnError from None


satudata_text = _validator(_clean)
satudata_date = _validator(values.parse_date)
satudata_date_or_year = _validator(values.parse_date_or_year)
satudata_region_bps = _validator(values.parse_region_bps)
satudata_sds = _validator(values.parse_sds)
satudata_email = _validator(values.parse_email)
satudata_phone = _validator(values.parse_phone)
satudata_boolean = _validator(values.parse_boolean)
satudata_file_period = _validator(_parse_period)


def _parse_region(value: Any) -> str:
    code = values.parse_region(value)
    known = regions.known_codes()
    if known and code not in known:
        raise Refused(tk._('"{code}" is not among the region codes of this portal.').format(
            code=code))
    return code


satudata_region = _validator(_parse_region)


def satudata_default_region(value: Any) -> Any:
    """The city's region code where a new record names none."""
    return value if fields.is_given(value) and value is not missing else config.region_code()


# -- code lists ---------------------------------------------------------------------------------


def _list_name(field: dict[str, Any]) -> str:
    return field["satudata"]["codes"]


def _code(name: str, value: Any) -> str:
    code = codes.normalise(name, value)
    if code is not None:
        return code
    if codes.is_open(name):
        return _clean(value)
    raise Refused(_not_listed(name, value))


def _not_listed(name: str, value: Any) -> str:
    allowed = [entry.code for entry in codes.code_list(name)]
    shown = ", ".join(allowed[:_MANY]) + (", …" if len(allowed) > _MANY else "")
    return tk._('"{value}" is not a value of this list. Allowed: {allowed}.').format(
        value=value, allowed=shown)


def _code_parser(field: dict[str, Any]) -> Parser:
    name = _list_name(field)
    return lambda value: _code(name, value)


def _codes_parser(field: dict[str, Any]) -> Parser:
    name, free = _list_name(field), bool(field["satudata"].get("open"))

    def parse(value: Any) -> str:
        found: dict[str, None] = {}
        for text in values.parse_list(value):
            code = codes.normalise(name, text)
            found[_clean(text) if code is None and free else _code(name, text)] = None
        return values.dump_list(list(found))

    return parse


satudata_code = _of_field(_code_parser)
satudata_codes = _of_field(_codes_parser)


def _parse_licence(value: Any) -> str:
    """A licence of the list under its CKAN id; CKAN portals may know more of them."""
    return codes.normalise("lisensi", value) or _clean(value)


satudata_licence = _validator(_parse_licence)


# -- lists --------------------------------------------------------------------------------------


def _parse_text_list(value: Any) -> str:
    return values.dump_list([_clean(text) for text in values.parse_list(value)])


def _parse_years(value: Any) -> str:
    years = {values.parse_year(text) for text in values.parse_list(value)}
    return values.dump_list(sorted(years))


def _parse_dictionary(value: Any) -> str:
    return json.dumps(_clean_tree(values.parse_dictionary(value)), ensure_ascii=False)


def _clean_tree(value: Any) -> Any:
    if isinstance(value, dict):
        return {_clean(name): _clean_tree(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean_tree(item) for item in value]
    return _clean(value) if isinstance(value, str) else value


satudata_text_list = _validator(_parse_text_list)
satudata_years = _validator(_parse_years)
satudata_dictionary = _validator(_parse_dictionary)


def satudata_list_output(value: Any) -> Any:
    """A stored list as a list."""
    return value if value is missing else values.load_list(value)


def satudata_dictionary_output(value: Any) -> Any:
    """A stored data dictionary as a list of records."""
    return value if value is missing else values.load_list(value)


def satudata_boolean_output(value: Any) -> Any:
    """``true`` and ``false`` as truth values; other text as it is."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


# -- offices ------------------------------------------------------------------------------------


def _office(reference: Any) -> model.Group:
    reference = _clean(reference)
    office = model.Group.get(reference)
    if office is None or not office.is_organization or office.state != model.State.ACTIVE:
        raise Refused(tk._('There is no office "{office}". Give its name or its id.').format(
            office=reference))
    return office


def _parse_office(value: Any) -> str:
    return _office(value).name


def _parse_office_names(value: Any) -> str:
    return values.dump_list([_office(text).name for text in values.parse_list(value)])


def _parse_office_ids(value: Any) -> str:
    """Ids, as in ``owner_org``: who may read must not follow from a name that can pass on."""
    return values.dump_list([_office(text).id for text in values.parse_list(value)])


satudata_office = _validator(_parse_office)
satudata_office_names = _validator(_parse_office_names)
satudata_office_ids = _validator(_parse_office_ids)


# -- the whole record ---------------------------------------------------------------------------


def satudata_gather(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """Before validation: put each value where its field is looked for.

    A field of ours that a harvester or script sends among ``extras`` is validated like the field
    itself, and a computed one is ignored there too. The records of a data dictionary, which CKAN
    has taken apart, are put together again.
    """
    _gather_dictionaries(data)
    lifted = set()
    ours = {name: field for name, field in fields.by_name().items() if name not in _CORE_FIELDS}
    for entry in [k for k in data if k[0] == "extras" and k[-1] == "key"]:
        field = ours.get(data[entry])
        if field is None:
            continue
        lifted.add(entry[1])
        # CKAN refuses an extra that has a field's name; this one is gone before it is stored.
        data[entry] = f"{_LIFTED}_{field.name}"
        target = (field.name,)
        if not field.computed and data.get(target, missing) is missing:
            data[target] = data.get((*entry[:2], "value"), missing)
    cast("dict[str, Any]", context)[_LIFTED] = lifted


def _gather_dictionaries(data: FlattenDataDict) -> None:
    junk = data.get(("__junk",))
    if not isinstance(junk, dict):
        return
    parts: dict[FlattenKey, FlattenDataDict] = {}
    for path in list(junk):
        if len(path) > 3 and path[0] == "resources" and path[2] == "kamus_data":
            parts.setdefault(path[:3], {})[path[2:]] = junk.pop(path)
    for target, flat in parts.items():
        data[target] = unflatten(flat)["kamus_data"]
    if not junk:
        del data[("__junk",)]


def satudata_scatter(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """After validation: take the extras away that :func:`satudata_gather` has read as fields."""
    lifted = cast("dict[str, Any]", context).get(_LIFTED) or set()
    if not lifted:
        return
    kept: dict[int, FlattenDataDict] = {}
    for entry in [k for k in data if k[0] == "extras" and len(k) == 3]:
        kept.setdefault(entry[1], {})[entry] = data.pop(entry)
    position = 0
    for index in sorted(kept):
        if index in lifted:
            continue
        for entry, value in kept[index].items():
            data[("extras", position, entry[2])] = value
        position += 1
