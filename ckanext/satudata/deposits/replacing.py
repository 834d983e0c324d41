"""A second deposit for a period is a knowing act: it says whose place it takes.

One that waits is withdrawn with it; one that was accepted stands, and this one corrects it
(docs/how-it-judges.md, "A second deposit for a period").
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.journal import rules
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.schema.checking import reader_language

from . import acceptance, state, store
from .periods import label


def standing(id: UUID, period: str) -> Sequence[Mapping[str, Any]]:
    """The deposits of an item for a period that a new one can take the place of.

    Those that wait; if none does, those that were accepted; the latest first.
    """
    there = store.standing(id, period)
    return [row for row in there if row["status"] == store.WAITING] or there


def replaced(id: UUID, period: str, named: UUID | None) -> Mapping[str, Any] | None:
    """The deposit that a new one replaces; None: there is none, and none was named.

    :param named: the one that the caller names
    :raises tk.ValidationError: on ``period``: one stands, and the caller does not say that theirs
        takes its place; on ``replaces``: what they name stands no more
    """
    there = standing(id, period)
    if named is None and not there:
        return None
    found = next((row for row in there if row["id"] == named), None)
    if found is None:
        model.Session.rollback()
        raise tk.ValidationError(_refusal(period, there, named))
    if found["status"] == store.WAITING:
        refuse_attached(found, "replaces")
    return found


def refuse_attached(row: Mapping[str, Any], field: str = "id") -> None:
    """A deposit that is a file of its dataset is taken back there: else it is public with that.

    :param row: a deposit that waits
    :raises tk.ValidationError: on ``field``: the file is still there
    """
    resource = model.Resource.get(row["resource_id"]) if row["attached"] else None
    if resource is not None and resource.state == "active":
        model.Session.rollback()
        raise tk.ValidationError({field: [tk._(
            "This deposit is a file of its dataset. Remove the file there first.")]})


def held(id: UUID, period: str, named: UUID | None, by: Actor) -> Mapping[str, Any] | None:
    """The same, and nobody else deposits for the item or decides about it until the commit."""
    if named is not None and any(row["id"] == named for row in standing(id, period)):
        acceptance.hold(named)
    # The rules come after the dataset and before the items, as everywhere (``steps.hold``).
    rules.keep_first(by)
    state.lock([id])
    return replaced(id, period, named)


def _refusal(
    period: str, there: Sequence[Mapping[str, Any]], named: UUID | None
) -> dict[str, Any]:
    if not there:
        field, said = "replaces", tk._("No deposit for {period} stands that could be replaced.")
    else:
        field = "period" if named is None else "replaces"
        said = tk._(
            "A deposit for {period} waits for the walidata already. Withdraw it, or say that this "
            "one takes its place."
        ) if there[0]["status"] == store.WAITING else tk._(
            "A deposit for {period} was accepted already. If this one corrects it, say so.")
    return {field: [said.format(period=label(period, reader_language()))]}
