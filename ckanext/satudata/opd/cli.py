"""Commands: the office list and its people."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click

from ckanext.satudata.journal.cli import (
    city_language,
    rows_of,
    satudata,
    show_import,
    site_context,
    told,
)

from . import office_list, people_import


def commands() -> list[click.Command]:
    """None of its own: they hang on ``ckan satudata``."""
    return []


@satudata.group(short_help="The office list.")
def opd() -> None:
    """The offices of the city (organisasi perangkat daerah)."""


@satudata.group(short_help="Persons, their offices and roles.")
def people() -> None:
    """Accounts of persons, the offices they work in, and their city-wide roles."""


@opd.command("import", short_help="Bring the office list to what a file says.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--retire-missing", is_flag=True, help="Let offices that the file lacks end today.")
@click.option("--confirm", is_flag=True, help="Also when that is more than a tenth of them.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def opd_import(
    file: str, dry_run: bool, retire_missing: bool, confirm: bool, as_json: bool
) -> None:
    """Import offices from CSV, XLSX or JSON; safe to run again."""
    with city_language():
        try:
            result = office_list.run(
                site_context(), rows_of(file), dry_run=dry_run,
                retire_missing=retire_missing, confirm=confirm,
            )
        except tk.ValidationError as error:
            raise click.ClickException(told(error)) from error
        show_import(result, dry_run=dry_run, as_json=as_json)


@opd.command("export", short_help="The office list as CSV.")
@click.argument("file", required=False, type=click.Path(dir_okay=False, writable=True))
def opd_export(file: str | None) -> None:
    """Write the office list as CSV that `opd import` takes again."""
    content = office_list.export()
    if file:
        Path(file).write_text(content, encoding="utf-8")
    else:
        click.echo(content, nl=False)


@opd.command("tree", short_help="The tree of offices.")
@click.option("--as-of", help="As it was recorded before this moment (ISO 8601).")
def opd_tree(as_of: str | None) -> None:
    """Print the offices and their units; * marks those who must deposit themselves."""
    with city_language():
        try:
            offices = tk.get_action("satudata_opd_tree")(site_context(), {"as_of": as_of})
        except tk.ValidationError as error:
            raise click.ClickException(told(error)) from error
    _print(offices, 0)


@people.command("import", short_help="Accounts, memberships and roles from a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def people_import_command(file: str, dry_run: bool, as_json: bool) -> None:
    """Import persons from CSV, XLSX or JSON; safe to run again.

    Columns: user, fullname, email, opd, capacity (admin, editor, member), role (several with ;),
    from, until, administers, password.
    """
    with city_language():
        result = people_import.run(site_context(), rows_of(file), dry_run=dry_run)
        show_import(result, dry_run=dry_run, as_json=as_json)


def _print(offices: list[dict[str, Any]], depth: int) -> None:
    for office in offices:
        mark = "*" if office["wajib_setor"] else "-"
        code = office["kode_opd"] or office["name"]
        click.echo(f"{'  ' * depth}{mark} {office['title']} ({code})")
        _print(office["children"], depth + 1)
