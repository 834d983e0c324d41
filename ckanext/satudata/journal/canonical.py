"""Canonical JSON: one value, one sequence of bytes.

What is hashed, frozen or compared byte for byte is written by :func:`dumps`: UTF-8, keys sorted
by code point, no white space. Numbers are whole: a float has no exact decimal form and is refused
(rates are strings). A moment without a time zone names no moment and is refused too.
Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import uuid
from typing import Any


class CanonicalError(ValueError):
    """A value has no canonical form; the message says which and where."""


def dumps(obj: Any) -> bytes:
    """The canonical JSON of ``obj``.

    Taken are dicts with string keys, lists and tuples, strings, whole numbers, booleans, None,
    and, written as strings: aware datetimes (ISO 8601 with the offset they carry), dates,
    decimals (plain notation, digits as they are) and UUIDs. Two datetimes of the same moment with
    different offsets differ: bring them to one zone first.

    Raises :class:`CanonicalError` for floats, naive datetimes, other keys, lone surrogates,
    circular values and everything else.
    """
    try:
        if not _is_sound(obj):
            _explain(obj, "$")
        text = json.dumps(
            obj, ensure_ascii=False, allow_nan=False, sort_keys=True, check_circular=False,
            separators=(",", ":"), default=_plain,
        )
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a string holds half a surrogate pair") from error
    except RecursionError as error:
        raise CanonicalError("the value holds itself, or is nested too deeply") from error


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of ``data`` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


_ATOMS = frozenset({str, int, bool, type(None)})
_CONTAINERS = (dict, list, tuple)


def _is_sound(obj: Any) -> bool:
    """Whether ``json`` would write ``obj`` in one way only.

    It takes floats and keys of other types without a word; what it does not know at all it asks
    :func:`_plain` about. Documents are large, so this looks and does not explain.
    """
    if isinstance(obj, dict):
        for key in obj:
            if not isinstance(key, str):
                return False
        values = obj.values()
    elif isinstance(obj, (list, tuple)):
        values = obj
    else:
        return not isinstance(obj, float)
    for value in values:
        if type(value) in _ATOMS:
            continue
        if isinstance(value, _CONTAINERS):
            if not _is_sound(value):
                return False
        elif isinstance(value, float):
            return False
    return True


def _explain(obj: Any, path: str) -> None:
    """Raise for the first thing in ``obj`` that is not sound, and say where it stands."""
    if isinstance(obj, float):
        raise CanonicalError(f"{path}: {obj!r} is a float; write it as a string or a whole number")
    if isinstance(obj, dict):
        for key, value in obj.items():
            if not isinstance(key, str):
                raise CanonicalError(f"{path}: the key {key!r} is not a string")
            _explain(value, f"{path}.{key}")
    elif isinstance(obj, (list, tuple)):
        for position, value in enumerate(obj):
            _explain(value, f"{path}[{position}]")


def _plain(obj: Any) -> str:
    """The string that stands for a value that JSON does not know."""
    if isinstance(obj, dt.datetime):
        if obj.utcoffset() is None:
            raise CanonicalError(f"{obj!r} has no time zone")
        return obj.isoformat()
    if isinstance(obj, dt.date):
        return obj.isoformat()
    if isinstance(obj, decimal.Decimal):
        if not obj.is_finite():
            raise CanonicalError(f"{obj!r} is not a number")
        return format(obj, "f")
    if isinstance(obj, uuid.UUID):
        return str(obj)
    raise CanonicalError(f"a {type(obj).__name__} has no canonical form")
