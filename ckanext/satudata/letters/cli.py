"""`ckan satudata letters …`: drafting letters on the command line."""
from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
import click
from ckan.types import Context

from ckanext.satudata.journal.cli import city_language, satudata, site_context, told

from . import life, pdf, reading, store


@satudata.group(short_help="Data requests and reprimands.")
def letters() -> None:
    """Draft letters; people number, sign and send them."""


@letters.command()
@click.argument("quarter")
@click.option("--kind", "kinds", default=life.REQUEST, show_default=True,
              help="data_request, reprimand; both with a comma.")
@click.option("--office", "offices", multiple=True,
              help="Name of an office (again for more); default: all to which a letter is due.")
@click.option("--user", help="Name of the walidata in whose name; default: the site itself.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path),
              help="Folder into which each draft is written, as DOCX and PDF.")
@click.option("--dry-run", is_flag=True, help="Only say to whom which letter is due.")
def draft(
    quarter: str, kinds: str, offices: tuple[str, ...], user: str | None, output: Path | None,
    dry_run: bool,
) -> None:
    """Draft letters about QUARTER; run again, it drafts only what is not there yet."""
    context: Any = {"user": user} if user else site_context()
    with city_language():
        for kind in filter(None, (one.strip() for one in kinds.split(","))):
            wanted = {"kind": kind, "quarter": quarter}
            if dry_run:
                _tell(_call("satudata_letter_candidates", context, wanted))
                continue
            found = _call("satudata_letter_draft_many", context, {
                **wanted, "organizations": list(offices) or None,
            })
            _say(kind, found)
            if output is not None:
                for one in found["drafted"]:
                    _write(output, one["id"])


def _tell(rows: list[dict[str, Any]]) -> None:
    for one in rows:
        level = f" {one['level']}" if one["level"] else ""
        state = one["letter"]["state"] if one["letter"] else "–"
        click.echo(f"{one['organization']['name']}: {one['status']}{level} ({state})")


def _say(kind: str, found: dict[str, Any]) -> None:
    for one in found["drafted"]:
        level = f" {one['level']}" if one["level"] else ""
        click.echo(f"{kind}{level}: {one['organization']['title']} ({one['id']})")
    click.echo(tk.ungettext(
        "{n} letter drafted, {there} there already.",
        "{n} letters drafted, {there} there already.", len(found["drafted"]),
    ).format(n=len(found["drafted"]), there=len(found["existing"])))
    if found["ended"]:
        click.echo(tk._("Ended without a successor: {names}").format(
            names=", ".join(found["ended"])), err=True)


def _write(folder: Path, id: str) -> None:
    row = store.get(UUID(id))
    assert row is not None  # noqa: S101 (it was just drafted)
    try:
        document = reading.document(row)
    except tk.ValidationError as error:
        raise click.ClickException(told(error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    for extension, content in ((reading.DOCX, document), (reading.PDF, pdf.render(document))):
        path = folder / reading.file_name(row, extension)
        path.write_bytes(content)
        click.echo(str(path))


def _call(action: str, context: Any, data: dict[str, Any]) -> Any:
    try:
        return tk.get_action(action)(cast(Context, {**context}), data)
    except tk.ValidationError as error:
        raise click.ClickException(told(error)) from error
    except (tk.ObjectNotFound, tk.NotAuthorized) as error:
        raise click.ClickException(str(error)) from error


def commands() -> list[click.Command]:
    """Nothing of its own: the group ``letters`` hangs on ``ckan satudata``."""
    return []
