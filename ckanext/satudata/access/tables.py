"""The tables of access as Markdown, for the documentation: a test holds both together. Pure."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import lifecycle, reading, request_life
from .reading import Reader, Sight

_SIGHTS = {
    Sight.NOTHING: "–", Sight.COUNTED: "counted", Sight.METADATA: "metadata", Sight.ALL: "all",
}


def life() -> str:
    """The life of a submission; what is alike in several states stands in one row."""
    rows: dict[tuple[Any, ...], list[str]] = {}
    for row in lifecycle.TABLE:
        becomes = "the same" if row.target == row.state else row.target
        rows.setdefault(
            (row.event, row.who, row.guards, becomes, row.effect), []
        ).append(row.state or "")
    return _table(
        ("state", "event", "who", "if", "becomes", "effect"),
        (
            (
                "any" if set(states) == set(lifecycle.STATES) else ", ".join(states),
                f"`{event}`", ", ".join(who),
                "; ".join(lifecycle.GUARDS[guard] for guard in guards), becomes,
                lifecycle.EFFECTS[effect],
            )
            for (event, who, guards, becomes, effect), states in rows.items()
        ),
    )


def readers() -> str:
    """Who may see what."""
    return _table(
        ("class", "verified", *(reader.value for reader in Reader)),
        (
            (klass, "yes" if verified else "no", *(_SIGHTS[row[reader]] for reader in Reader))
            for (klass, verified), row in reading.TABLE.items()
        ),
    )


def requests() -> str:
    """The life of an access request."""
    return _table(
        ("state", "event", "who", "if", "becomes"),
        (
            (
                row.state or "", f"`{row.event}`", ", ".join(row.who),
                "; ".join(request_life.GUARDS[guard] for guard in row.guards), row.target,
            )
            for row in request_life.TABLE
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
