"""The command group ``ckan satudata``; the other rooms add their commands to it on import."""
from __future__ import annotations

import click

satudata = click.Group(
    "satudata", short_help="Satu Data: offices, registers, reports and letters."
)


def commands() -> list[click.Command]:
    """The commands of this room: the group itself."""
    return [satudata]
