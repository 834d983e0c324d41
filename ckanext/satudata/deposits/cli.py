"""`ckan satudata register …`: the daftar data on the command line."""
from __future__ import annotations

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
from ckanext.satudata.journal.events import actor

from . import listing, register


@satudata.group("register", short_help="The daftar data: what each office must deposit.")
def register_group() -> None:
    """Import, derive, agree and show the daftar data."""


@register_group.command("import", short_help="Bring a year's daftar data to what a file says.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--year", type=click.IntRange(2000, 2999), required=True, help="Year of the register."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--retire-missing", is_flag=True, help="Let items that the file lacks end today.")
@click.option("--confirm", is_flag=True, help="Also when that is more than a tenth of them.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def register_import(
    file: str, year: int, dry_run: bool, retire_missing: bool, confirm: bool, as_json: bool
) -> None:
    """Import a daftar data from CSV, XLSX or JSON; safe to run again.

    Columns are those of the official list, or judul, opd, frekuensi, klasifikasi_akses,
    valid_from, valid_until, prioritas, jadwal, tahun_awal, dataset.
    """
    with city_language():
        rows = rows_of(file)
        try:
            result = register.run(
                rows, year, actor(site_context()), dry_run=dry_run,
                retire_missing=retire_missing, confirm=confirm,
            )
        except tk.ValidationError as error:
            raise click.ClickException(told(error)) from error
        show_import(result, dry_run=dry_run, as_json=as_json)


@register_group.command(short_help="Make items out of existing datasets.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def derive(dry_run: bool) -> None:
    """Make an item of each dataset that has a frequency and no item, until there is a register."""
    with city_language():
        try:
            titles = register.derive(actor(site_context()), dry_run=dry_run)
        except tk.ValidationError as error:
            raise click.ClickException(told(error)) from error
        for title in titles:
            click.echo(title)
        click.echo(tk._("{count} items").format(count=len(titles)))
        if dry_run:
            click.echo(tk._("Nothing was written: this was a dry run."))


@register_group.command(short_help="Record the Forum's agreement on a year's daftar data.")
@click.argument("year", type=int)
@click.option("--date", required=True, help="Day of the agreement, such as 2026-02-13.")
@click.option("--minutes", required=True, help="Number of the minutes (berita acara).")
@click.option("--user", required=True, help="Name of the koordinator who records it.")
def agree(year: int, date: str, minutes: str, user: str) -> None:
    """Record that the Forum agreed on the daftar data of YEAR."""
    with city_language():
        try:
            done = tk.get_action("satudata_register_agree")(
                {"user": user}, {"year": year, "date": date, "minutes": minutes}
            )
        except tk.ValidationError as error:
            raise click.ClickException(told(error)) from error
        except tk.NotAuthorized as error:
            raise click.ClickException(str(error)) from error
        click.echo(tk._("{year}: {obligations} items agreed on {date}").format(**done))


@register_group.command(short_help="Registers by year, or the items of one.")
@click.argument("year", type=int, required=False)
def show(year: int | None) -> None:
    """Print how many items each year's register has and when it was agreed, or its items."""
    with city_language():
        for line in _items(year) if year else _years():
            click.echo(line)


def _years() -> list[str]:
    return [
        f"{year or tk._('derived')}: {tk._('{count} items').format(count=count)}"
        + (f", {tk._('agreed on {date}').format(date=agreed.isoformat())}" if agreed else "")
        for year, count, agreed in listing.registers()
    ]


def _items(year: int) -> list[str]:
    rows = sorted(
        (one.values for one in register.known() if one.year == year),
        key=lambda item: (item["office"], item["title"]),
    )
    return [
        f"{item['office']:<24} {item['frekuensi']:<16} {item['klasifikasi_akses']:<9} "
        f"{item['title']}"
        for item in rows
    ]


def commands() -> list[click.Command]:
    """Nothing of its own: the group ``register`` hangs on ``ckan satudata``."""
    return []
