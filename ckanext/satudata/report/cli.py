"""`ckan satudata report …`: the compliance report on the command line."""
from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import ckan.plugins.toolkit as tk
import click
from ckan.types import Context

from ckanext.satudata.deposits.listing import reader
from ckanext.satudata.journal.cli import city_language, satudata, site_context
from ckanext.satudata.journal.quarters import Quarter, QuarterError

from . import files, page_data
from .exports import Exporter, ExportError
from .wording import OFFICE_STATES, Words


@satudata.group(short_help="The quarterly compliance report.")
def report() -> None:
    """Show, freeze, and verify the compliance report of a quarter."""


@report.command()
@click.argument("quarter", required=False)
@click.option("--as-of", help="Judge by this moment, for example 2026-10-01T00:00:00+07:00.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def show(quarter: str | None, as_of: str | None, as_json: bool) -> None:
    """Offices of QUARTER (default: the running one): what was due, came, and is missing."""
    with city_language():
        found = _call("satudata_compliance_report", quarter=quarter, as_of=as_of)
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False, indent=2))
            return
        for line in _lines(found, page_data.words()):
            click.echo(line)


@report.command()
@click.argument("quarter")
@click.option("--reason", help="Why a frozen quarter is corrected: makes a numbered revision.")
@click.option("--user", required=True, help="Name of the walidata who freezes the quarter.")
def freeze(quarter: str, reason: str | None, user: str) -> None:
    """Freeze QUARTER as it is known now, in the name of a walidata.

    Says first whose deposits nobody has checked yet: they count as they are.
    """
    with city_language():
        _tell_waiting(quarter)
        row = _call("satudata_snapshot_freeze", user=user, quarter=quarter, reason=reason)
        click.echo(
            tk._("{quarter} is frozen, revision {revision}. sha256 {sha256}").format(**row)
        )


def _tell_waiting(quarter: str) -> None:
    try:
        waiting = page_data.waiting(Quarter.parse(quarter))
    except QuarterError:
        return  # the action says what is wrong
    if not waiting:
        return
    number = sum(one.number for one in waiting)
    click.echo(tk.ungettext(
        "{n} deposit waits unchecked. It counts as it is.",
        "{n} deposits wait unchecked. They count as they are.", number,
    ).format(n=number), err=True)
    for one in waiting:
        address = tk.url_for("satudata_portal.queue", organization=one.name, qualified=True)
        click.echo(f"  {one.title}: {one.number}  {address}", err=True)


@report.command()
@click.argument("quarter")
@click.option("--format", "formats", default="pdf,xlsx", show_default=True,
              help="json, csv, xlsx, pdf; several with commas.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=Path(),
              help="Folder for the files (default: here).")
@click.option("--sheets", is_flag=True, help="XLSX: a sheet for each office besides.")
@click.option("--office", help="Only this office with its units.")
@click.option("--public", is_flag=True, help="As the public sees it: nothing closed is named.")
def export(
    quarter: str, formats: str, output: Path, office: str | None, sheets: bool, public: bool
) -> None:
    """Write the report of QUARTER as files; a CSV of offices and one of items."""
    context: Any = {"user": "", "ignore_auth": False} if public else site_context()

    with city_language():
        found = _call(
            "satudata_compliance_report", context=context, quarter=quarter, organization=office,
            before=not office,
        )
        words = page_data.words()
        output.mkdir(parents=True, exist_ok=True)
        for extension in filter(None, (text.strip() for text in formats.split(","))):
            for part in ("opd", "butir") if extension == "csv" else (None,):
                made_from = files.source(
                    reader(cast(Context, {**context})), found, organization=office,
                    internal=not public, done=files.done_of(quarter, cast(Context, {**context})),
                )
                if sheets:
                    made_from = files.with_sheets(made_from)
                try:
                    writer = files.exporter(extension, made_from, words, part)
                except ExportError as wrong:
                    raise click.ClickException(str(wrong)) from wrong
                _write(output / writer.filename(*filter(None, [office])), writer)


def _write(path: Path, writer: Exporter) -> None:
    """Write a file whole or not at all, and say where it is."""
    half = path.with_name(path.name + ".part")
    with half.open("wb") as file:
        file.writelines(writer.chunks())
    half.replace(path)
    click.echo(str(path))


@report.command()
@click.argument("sha256", required=False)
def verify(sha256: str | None) -> None:
    """Check frozen quarters against their hashes, their chain, and the events."""
    with city_language():
        found = _call("satudata_snapshot_verify", sha256=sha256)
        for fault in found["faults"]:
            click.echo(
                tk._("{quarter}, revision {revision}: {fault} does not agree.").format(**fault),
                err=True,
            )
        if found["agrees"]:
            click.echo(tk._("All frozen quarters agree with their events."))
    if not found["agrees"]:
        sys.exit(1)


def _call(action: str, user: str | None = None, context: Any = None, **data: Any) -> Any:
    """Call an action as the site or as a person; what is wrong becomes one line."""
    if context is None:
        context = {"user": user} if user else site_context()
    wanted = {key: value for key, value in data.items() if value is not None}
    try:
        return tk.get_action(action)(cast(Context, {**context}), wanted)
    except tk.ValidationError as error:
        raise click.ClickException(
            "; ".join(f"{field}: {text}" for field, text in error.error_summary.items())
        ) from error
    except (tk.ObjectNotFound, tk.NotAuthorized) as error:
        raise click.ClickException(str(error)) from error


def _lines(found: Mapping[str, Any], words: Words) -> list[str]:
    totals = found["totals"]
    states = (f"{words.office_state(name)} {totals[name]}" for name in OFFICE_STATES)
    columns = [words.figure(name) for name in ("due", "fulfilled", "missing", "rate")]

    def line(row: Mapping[str, Any]) -> str:
        cells = row["due"], row["fulfilled"], row["missing"], words.percent(row["rate"])
        numbers = (f"{cell!s:>{len(name)}}" for cell, name in zip(cells, columns, strict=True))
        return "  ".join([*numbers, f"{words.office_state(row['status'])}: {row['title']}"])

    return [
        words.title(found["quarter"]),
        f"{words.cut_off(found['as_of'])} ({words.mark(found)})",
        f"{words.figure('opd')} {totals['opd']}: " + " · ".join(states),
        words.items_line(totals),
        "",
        "  ".join([*columns, words.figure("title")]),
        *map(line, found["organizations"]),
    ]


def commands() -> list[click.Command]:
    """Nothing of its own: the group ``report`` hangs on ``ckan satudata``."""
    return []
