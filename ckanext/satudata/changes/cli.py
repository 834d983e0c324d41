"""`ckan satudata history …`: the past of before the portal."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click

from ckanext.satudata.journal import sheets
from ckanext.satudata.journal.cli import city_language, satudata, site_context
from ckanext.satudata.journal.events import actor

from . import history


@satudata.group("history", short_help="What happened before the portal.")
def history_group() -> None:
    """Bring deposits, results and agreements of the past."""


@history_group.command("import", short_help="Past deposits, results and agreements from sheets.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def history_import(file: str, dry_run: bool) -> None:
    """Import history from CSV, XLSX (all its sheets) or JSON; safe to run again.

    Deposits: opd, judul, periode, jenis (file, nil, unchanged), tanggal. Results: opd, triwulan,
    status, wajib, terpenuhi. Agreements: tahun, tanggal, berita_acara. All is marked "impor".
    """
    with city_language():
        try:
            book = sheets.read_book(Path(file).read_bytes(), file)
        except sheets.SheetError as error:
            place = f"{file}, {error.row}: " if error.row else f"{file}: "
            raise click.ClickException(
                place + tk._(error.message).format(**error.places)
            ) from error
        _show(history.run(book, actor(site_context()), dry_run=dry_run), dry_run)


def _show(done: dict[str, Any], dry_run: bool) -> None:
    for error in done["errors"]:
        place = "!".join(str(part) for part in (error["sheet"], error["row"]) if part)
        click.secho(
            f"{place + ', ' if place else ''}{error['field']}: {error['message']}",
            fg="red", err=True,
        )
    if done["errors"]:
        raise click.exceptions.Exit(1)
    for key in ("deposits", "results", "agreements", "unchanged"):
        click.echo(f"{key}: {done[key]}")
    if dry_run:
        click.echo(tk._("Nothing was written: this was a dry run."))


def commands() -> list[click.Command]:
    """Nothing of its own: the group ``history`` hangs on ``ckan satudata``."""
    return []
