"""What callers of actions and pages send in any room: text, ids, numbers, days, moments, rows.

Each function returns the value or raises ValidationError on the field it came in, in the reader's
language. Whatever is sent, nothing else comes out, and no half of it is written.
"""
from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan.types import Context
from flask import Blueprint, request

from . import clock, rules, sheets, values
from .calendar import zone
from .quarters import FIRST_YEAR, Quarter, QuarterError

Action = Callable[[Context, dict[str, Any]], Any]

#: The most characters of an id or name, of a line such as a title, and of a text such as a note.
NAME, LINE, TEXT = 200, 1_000, 10_000

#: Rows that a page of an answer can begin after.
FURTHEST = 10_000_000

#: So deep may lists and dicts stand in each other.
_DEPTH = 12


# --- before anything else is looked at ----------------------------------------------------------


def screened(actions: Mapping[str, Action]) -> dict[str, Action]:
    """The same actions, each refusing text that neither database nor page can hold.

    :param actions: by their names
    :returns: actions that raise ValidationError on the field in which NUL or half a surrogate
        pair stands, however deep, and then do what they did
    """
    return {name: _screened(action) for name, action in actions.items()}


def _screened(action: Action) -> Action:
    @functools.wraps(action)
    def screening(context: Context, data_dict: dict[str, Any]) -> Any:
        for field, value in data_dict.items():
            # Rows of a sheet are looked at one by one where they are read, and told by number.
            if field != "rows" and not _is_clean(value, _DEPTH):
                raise _wrong(field, tk._("There are characters in it that cannot be kept."))
        return action(context, data_dict)

    return cast(Action, screening)


def _is_clean(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return values.is_storable(value)
    if not isinstance(value, Mapping | list | tuple):
        return True
    if depth == 0:
        return False
    inner = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
    return all(_is_clean(one, depth - 1) for one in inner)


# --- pages ----------------------------------------------------------------------------------------


def screened_blueprint(name: str, import_name: str, url_prefix: str | None = None) -> Blueprint:
    """A blueprint of ours: none of its pages sees an address or form that cannot be kept."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    blueprint.before_request(_screen_address)
    return blueprint


def _screen_address() -> None:
    """Refuse an address or form with such characters.

    :raises NotFound: they stand in the path: there is nothing at such an address
    :raises BadRequest: they stand in a parameter or a field of the form
    """
    parts = [str(part) for part in (request.view_args or {}).values()]
    if not all(values.is_storable(part) for part in parts):
        tk.abort(404, tk._("There is nothing at this address."))
    sent = [*request.args.items(multi=True), *request.form.items(multi=True)]
    if not all(values.is_storable(word) for pair in sent for word in pair):
        tk.abort(400, tk._("There are characters in it that cannot be kept."))


def context() -> Context:
    """A fresh context for the person at the browser."""
    found = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    return cast(Context, found)


def messages(error: tk.ValidationError) -> list[str]:
    """The messages of a refusal, of all its fields, as a page says them."""
    return [
        str(word) for words in error.error_dict.values()
        for word in (words if isinstance(words, list) else [words])
    ]


# --- text and ids -------------------------------------------------------------------------------


def required(data: Mapping[str, Any], field: str) -> Any:
    """A value of any type that must be there."""
    value = data.get(field)
    if value is None or value == "":
        raise _wrong(field, tk._("Missing value"))
    return value


def optional(data: Mapping[str, Any], field: str, most: int = LINE) -> str | None:
    """Text without blanks around it, or None when there is none.

    :param most: how many characters it may have
    """
    value = data.get(field)
    if value is None:
        return None
    if not isinstance(value, str | UUID):
        raise _wrong(field, tk._("Text is needed here."))
    text = str(value).strip()
    if not values.is_storable(text):
        raise _wrong(field, tk._("There are characters in it that cannot be kept."))
    if len(text) > most:
        raise _wrong(field, tk._("At most {most} characters are possible.").format(most=most))
    return text or None


def text(data: Mapping[str, Any], field: str, most: int = LINE) -> str:
    """Text that must be there and not be blank; ``most`` as in :func:`optional`."""
    value = optional(data, field, most)
    if value is None:
        raise _wrong(field, tk._("Missing value"))
    return value


def name(data: Mapping[str, Any], field: str = "id") -> str:
    """The name or id of something, which must be given."""
    return text(data, field, NAME)


def optional_name(data: Mapping[str, Any], field: str) -> str | None:
    """The name or id of something, or None."""
    return optional(data, field, NAME)


def identifier(data: Mapping[str, Any], field: str = "id") -> UUID:
    """An id of ours.

    :raises tk.ObjectNotFound: the text is no such id, so nothing can have it
    """
    given = name(data, field)
    try:
        return UUID(given)
    except ValueError:
        raise tk.ObjectNotFound(tk._("There is nothing with this id.")) from None


def one_of(data: Mapping[str, Any], field: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    value = name(data, field)
    if value not in allowed:
        raise _wrong(field, tk._("Must be one of: {allowed}").format(allowed=", ".join(allowed)))
    return value


# --- numbers, yes and no ------------------------------------------------------------------------


def flag(data: Mapping[str, Any], field: str, default: bool = False) -> bool:
    """Yes or no; nothing is ``default``."""
    value = data.get(field)
    if value is None or value == "":
        return default
    answer = values.boolean(value)
    if answer is None:
        raise _wrong(field, tk._("Neither yes nor no: {value}").format(value=str(value)[:60]))
    return answer


def whole(
    data: Mapping[str, Any], field: str, low: int, high: int, default: int | None = None
) -> int:
    """A whole number within limits; without ``default`` it must be there."""
    if default is not None and data.get(field) in (None, ""):
        return default
    value = required(data, field)
    number = low - 1
    if isinstance(value, int | str) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):
            number = int(value)
    if not low <= number <= high:
        raise _wrong(field, tk._("A whole number from {low} to {high} is needed.").format(
            low=low, high=high))
    return number


def optional_whole(data: Mapping[str, Any], field: str, low: int, high: int) -> int | None:
    """A whole number within limits, or None."""
    return None if data.get(field) in (None, "") else whole(data, field, low, high)


def page(data: Mapping[str, Any], rows: int = 50, most: int = 100) -> tuple[int, int]:
    """``limit`` and ``offset`` of a page of an answer.

    :param rows: how many a page has unless more or fewer are asked for
    :param most: how many it has at most; who asks for more gets these
    """
    return (
        min(whole(data, "limit", 0, FURTHEST, rows), most), whole(data, "offset", 0, FURTHEST, 0),
    )


# --- time ---------------------------------------------------------------------------------------


def day(data: Mapping[str, Any], field: str) -> dt.date:
    """A calendar day, which must be given."""
    value = values.date(required(data, field))
    if value is None:
        raise _wrong(field, tk._("Not a date. Write it as 2026-08-17."))
    return value


def optional_day(data: Mapping[str, Any], field: str) -> dt.date | None:
    """A calendar day, or None."""
    return None if data.get(field) in (None, "") else day(data, field)


def quarter(data: Mapping[str, Any], field: str = "quarter") -> Quarter:
    """A quarter, which must be given."""
    try:
        return Quarter.parse(name(data, field))
    except QuarterError:
        raise _wrong(
            field, tk._("Not a quarter. Write the year and TW1 to TW4: 2026-TW3.")
        ) from None


def optional_quarter(data: Mapping[str, Any], field: str = "quarter") -> Quarter | None:
    """A quarter, or None."""
    return None if data.get(field) in (None, "") else quarter(data, field)


def moment(data: Mapping[str, Any], field: str = "as_of") -> dt.datetime | None:
    """A moment that is not in the future (ISO 8601); without an offset, in the city's time zone."""
    given = data.get(field)
    if not given:
        return None
    found = given if isinstance(given, dt.datetime) else _moment(str(given).strip())
    # Beyond the years of quarters Python's own arithmetic ends.
    if found is None or found.year < FIRST_YEAR:
        raise _wrong(field, tk._("Not a moment. Write it as 2026-10-01T00:00:00+07:00."))
    if found.utcoffset() is None:
        found = found.replace(tzinfo=city_zone())
    if found > clock.now():
        raise _wrong(field, tk._("This moment lies in the future."))
    return found


def city_zone() -> dt.tzinfo:
    """The city's time zone by the rules now in force."""
    return zone(rules.rule_book().in_force_at(clock.now()).timezone)


# --- sheets -------------------------------------------------------------------------------------


def rows(data: Mapping[str, Any]) -> list[sheets.Row]:
    """The rows of an uploaded sheet (``upload``), or those given as dicts (``rows``).

    :raises sheets.SheetError: the file cannot be read as rows
    """
    upload = data.get("upload")
    if upload:
        content = upload.read() if hasattr(upload, "read") else upload
        if isinstance(content, str):
            content = content.encode()
        if not isinstance(content, bytes):
            raise _wrong("upload", tk._("A file is needed here."))
        return sheets.read(content, getattr(upload, "filename", None) or "")
    if data.get("rows") is None:
        raise _wrong("rows", tk._("Give rows or a file."))
    return sheets.from_dicts(data["rows"])


# --- parts --------------------------------------------------------------------------------------


def _wrong(field: str, message: str) -> tk.ValidationError:
    return tk.ValidationError({field: [message]})


def _moment(text: str) -> dt.datetime | None:
    # A plus sign in an address arrives as a blank; Python 3.10 does not know the letter Z.
    if "T" in text:
        text = text.replace(" ", "+")
    try:
        return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
