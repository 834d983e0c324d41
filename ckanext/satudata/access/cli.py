"""Commands: why a dataset is what it is."""
from __future__ import annotations

from collections.abc import Iterator

import click
from ckan import model

from ckanext.satudata.journal.cli import city_language, satudata

from . import why


def commands() -> list[click.Command]:
    """None of its own: they hang on ``ckan satudata``."""
    return []


@satudata.command("why", short_help="Which rule made a dataset or a deposit what it is.")
@click.argument("name")
def why_command(name: str) -> None:
    """Print the rule and the events behind what a dataset (id or name) or a deposit (id) is."""
    with city_language():
        for line in _lines(name):
            click.echo(line)


def _lines(name: str) -> Iterator[str]:
    package = model.Package.get(name)
    if package is not None:
        return why.lines(package)
    for other in why.OTHERS:
        if (found := other(name)) is not None:
            return found
    raise click.ClickException(f"{name}: there is no such dataset.")
