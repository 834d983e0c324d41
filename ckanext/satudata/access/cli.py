"""Commands: why a dataset is what it is."""
from __future__ import annotations

import click
from ckan import model

from ckanext.satudata.journal.cli import city_language, satudata

from . import why


def commands() -> list[click.Command]:
    """None of its own: they hang on ``ckan satudata``."""
    return []


@satudata.command("why", short_help="Which rule made a dataset what it is.")
@click.argument("dataset")
def why_command(dataset: str) -> None:
    """Print the rule and the events behind the state of DATASET (id or name)."""
    with city_language():
        package = model.Package.get(dataset)
        if package is None:
            raise click.ClickException(f"{dataset}: there is no such dataset.")
        for line in why.lines(package):
            click.echo(line)
