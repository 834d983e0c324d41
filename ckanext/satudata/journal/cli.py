"""The command group ``ckan satudata``; the other rooms add their commands to it on import."""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import ckan.plugins.toolkit as tk
import click
from ckan.types import Context

from . import sheets, speaking
from .events import CLI

satudata = click.Group(
    "satudata", short_help="Satu Data: offices, registers, reports and letters."
)


def commands() -> list[click.Command]:
    """The commands of this room: the group itself."""
    return [satudata]


@contextmanager
def city_language() -> Iterator[None]:
    """Run a command's work in the portal's default language.

    Outside a request nothing is translated, so this makes a request context; events still say
    that they came by the command line.
    """
    with speaking.speaking(speaking.portal_language(), CLI):
        yield


def site_context() -> Context:
    """A fresh context of the site's own user, for what the command line is allowed to do."""
    user = tk.get_action("get_site_user")(cast(Context, {"ignore_auth": True}), {})
    return cast(Context, {"user": user["name"], "ignore_auth": True})


def rows_of(path: str) -> list[sheets.Row]:
    """The rows of a file that a command was given.

    :raises click.ClickException: the file cannot be read as rows
    """
    try:
        return sheets.read(Path(path).read_bytes(), path)
    except sheets.SheetError as error:
        place = f"{path}, {error.row}: " if error.row else f"{path}: "
        raise click.ClickException(
            place + tk._(error.message).format(**error.places)
        ) from error


def show_import(result: dict[str, Any], *, dry_run: bool, as_json: bool = False) -> None:
    """Print what an import did or would do; with errors, leave with status 1."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2, default=_plain))
    else:
        for key, value in result.items():
            if key not in ("errors", "changes") and isinstance(value, list):
                click.echo(f"{key}: {len(value)}" + (": " + ", ".join(value) if value and key in (
                    "retired", "absent") else ""))
        for error in result["errors"]:
            place = f"{error['row']}, " if error["row"] else ""
            click.secho(f"{place}{error['field']}: {error['message']}", fg="red", err=True)
        if dry_run and not result["errors"]:
            click.echo(tk._("Nothing was written: this was a dry run."))
    if result["errors"]:
        raise click.exceptions.Exit(1)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def told(error: tk.ValidationError) -> str:
    """What is wrong, in one line for the terminal."""
    return "; ".join(
        f"{field}: {' '.join(map(str, messages))}"
        for field, messages in error.error_dict.items()
        if isinstance(messages, list)
    )
