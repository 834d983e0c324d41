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
    _check(obj, "$", ())
    try:
        text = json.dumps(
            obj, ensure_ascii=False, allow_nan=False, sort_keys=True, check_circular=False,
            separators=(",", ":"), default=_plain,
        )
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a string holds half a surrogate pair") from error


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of ``data`` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


_ATOMS = frozenset({str, int, bool, type(None), dt.date, uuid.UUID})


def _check(obj: Any, path: str, above: tuple[int, ...]) -> None:
    """Refuse what ``json`` would write without a word, or in more than one way."""
    kind = type(obj)
    if kind in _ATOMS:
        return
    if isinstance(obj, dict):
        above = _descend(obj, path, above)
        for key, value in obj.items():
            if not isinstance(key, str):
                raise CanonicalError(f"{path}: the key {key!r} is not a string")
            if type(value) not in _ATOMS:
                _check(value, f"{path}.{key}", above)
    elif isinstance(obj, (list, tuple)):
        above = _descend(obj, path, above)
        for position, value in enumerate(obj):
            if type(value) not in _ATOMS:
                _check(value, f"{path}[{position}]", above)
    elif isinstance(obj, float):
        raise CanonicalError(f"{path}: {obj!r} is a float; write it as a string or a whole number")
    elif not isinstance(obj, (str, int)):
        try:
            _plain(obj)
        except CanonicalError as error:
            raise CanonicalError(f"{path}: {error}") from None


def _descend(obj: Any, path: str, above: tuple[int, ...]) -> tuple[int, ...]:
    if id(obj) in above:
        raise CanonicalError(f"{path}: the value holds itself")
    return (*above, id(obj))


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
