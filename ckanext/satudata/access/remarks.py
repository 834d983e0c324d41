"""What a walidata says of single fields and files when a dataset goes back to its office.

Each remark is a comment in the journal, so that it can be redacted like every note, and names the
event of the return it belongs to.
"""
from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.journal import asked, events
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.journal.model import event, note
from ckanext.satudata.schema import checking, completeness, fields

#: The field that stands for all files together.
FILES = "resources"
#: The most remarks that one return can carry.
MOST = 100


def given(data_dict: Mapping[str, Any], dataset: Mapping[str, Any]) -> list[dict[str, str]]:
    """The remarks that a caller sends as ``fields``: [{field, note}], also as JSON text.

    :param dataset: as ``package_show`` gives it; a file is named by the id of its resource
    :raises tk.ValidationError: on ``fields``: not such a list, an unknown field, no text
    """
    value = data_dict.get("fields")
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError:
            value = [None]
    if not value:
        return []
    if not isinstance(value, list) or len(value) > MOST:
        raise _no_list()
    files = {one["id"] for one in dataset.get("resources") or ()}
    return [_remark(one, files) for one in value]


def _remark(one: object, files: Collection[str]) -> dict[str, str]:
    if not isinstance(one, Mapping):
        raise _no_list()
    try:
        return {
            "field": known_field(asked.name(one, "field"), files),
            "note": asked.text(one, "note", asked.TEXT),
        }
    except tk.ValidationError as error:
        words: Any = asked.messages(error)
        raise tk.ValidationError({"fields": words}) from None


def _no_list() -> tk.ValidationError:
    return tk.ValidationError({"fields": [tk._("A list of {field, note} is needed here.")]})


def known_field(name: str, files: Collection[str]) -> str:
    """The name of a field, :data:`FILES`, or the id of one of the files.

    :raises tk.ValidationError: on ``field``: it is none of these
    """
    if name != FILES and name not in files and name not in fields.by_name():
        raise tk.ValidationError({"field": [tk._("There is no such field.")]})
    return name


def record(
    package_id: str, remarks: Iterable[Mapping[str, str]], returned: int, by: Actor
) -> None:
    """Write the remarks of a return into the running transaction.

    :param returned: number of the event of the return
    """
    for one in remarks:
        events.record(
            "dataset.commented", "dataset", package_id, by, text=one["note"],
            data={"field": one["field"], "of": returned},
        )


def of(package_id: str, returned: int) -> list[dict[str, str]]:
    """The remarks of a return, in the order in which they were made: ``field`` and ``note``."""
    rows = model.Session.execute(
        sa.select(event.c.data["field"].as_string(), note.c.text)
        .join(note, note.c.event_seq == event.c.seq)
        .where(
            event.c.object_type == "dataset", event.c.object_id == package_id,
            event.c.seq > returned, event.c.type == "dataset.commented",
            event.c.data["of"].as_integer() == returned, note.c.text.isnot(None),
        )
        .order_by(event.c.seq)
    )
    return [{"field": name, "note": text} for name, text in rows]


def labelled(
    remarks: Sequence[Mapping[str, str]], dataset: Mapping[str, Any]
) -> list[dict[str, str]]:
    """The same with ``label``: what the field or file is called on the screen."""
    files = file_names(dataset)
    return [{**one, "label": label(one["field"], files)} for one in remarks]


def file_names(dataset: Mapping[str, Any]) -> dict[str, str]:
    """What the files of a dataset are called on the screen, by the ids of their resources."""
    return {
        one["id"]: one.get("name") or one.get("url") or one["id"]
        for one in dataset.get("resources") or ()
    }


def label(name: str, files: Mapping[str, str]) -> str:
    """What a field or file is called on the screen.

    :param files: see :func:`file_names`
    """
    if name in files:
        return files[name]
    if name == FILES:
        return tk._("Files")
    return completeness.labels([name], checking.reader_language())[0]
