"""`ckan satudata history …` and `rules …`: the past of before the portal; rules that change."""
from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click

from ckanext.satudata.journal import clock, rule_settings, rules, sheets, values
from ckanext.satudata.journal.calendar import CalendarError, RuleVersion
from ckanext.satudata.journal.cli import city_language, satudata, site_context
from ckanext.satudata.journal.cli import told as told_in_one_line
from ckanext.satudata.journal.events import actor

from . import care, history, ruling


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


# --- the rules ----------------------------------------------------------------------------------


@satudata.group("rules", short_help="Grace days, holidays, working days, time zone.")
def rules_group() -> None:
    """Look at the rules that last allowed days follow from, and change them from a day on."""


@rules_group.command("show", short_help="The versions of the rules.")
@click.option("--year", type=click.IntRange(1900, 2999), help="List the days off of this year.")
def rules_show(year: int | None) -> None:
    """Print each version of the rules: from which day it holds, and what it says."""
    with city_language():
        for version in rules.rule_book().versions:
            for line in _version_lines(version, year):
                click.echo(line)


@rules_group.command("change", short_help="Change the rules from a day on.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), required=False)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
              help="timezone, workdays, mending_days, unchanged_limit or grace_days.FREQUENCY.")
@click.option("--holidays", "years", multiple=True, type=click.IntRange(1900, 2999),
              help="Take the national days off of this year from the library of holidays.")
@click.option("--day-off", "days", multiple=True, metavar="DATE",
              help="With --holidays: a day off besides, such as a joint leave day.")
@click.option("--from", "start", metavar="DATE",
              help="Holds for periods that end on or after this day (default: today).")
@click.option("--reason", help="Why; kept with the event.")
@click.option("--dry-run", is_flag=True, help="Only say which last days would move.")
def rules_change(
    file: str | None, settings: tuple[str, ...], years: tuple[int, ...], days: tuple[str, ...],
    start: str | None, reason: str | None, dry_run: bool,
) -> None:
    """Record a new version of the rules; nothing is judged by a rule made afterwards.

    FILE: JSON with the keys of --set, "grace_days" and "holidays" (days by year), or a CSV with
    the column tanggal: all days off of the years that stand in it.
    """
    with city_language():
        begin = values.date(start) if start else clock.city_today()
        if begin is None:
            raise click.ClickException(tk._("Not a date. Write it as 2026-08-17."))
        try:
            told = rule_settings.together([
                *([_of_file(Path(file))] if file else []),
                *_of_years(years, days), *map(rule_settings.read, settings),
            ])
            if not told:
                raise click.ClickException(
                    tk._("Say what is to change: a file, --set, --holidays.")
                )
            before = rules.rule_book().for_period_ending(begin)
            version = rule_settings.changed(before, told, begin)
            moved = ruling.change(version, actor(site_context()), reason, dry_run=dry_run)
        except (CalendarError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise click.ClickException(str(error)) from error
        except tk.ValidationError as error:
            raise click.ClickException(told_in_one_line(error)) from error
        _show_moved(moved)
        if dry_run:
            click.echo(tk._("Nothing was written: this was a dry run."))


def _of_file(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".json":
        found = json.loads(text)
        if not isinstance(found, dict):
            raise CalendarError(f"{path}: an object with settings is needed")
        return found
    rows = csv.DictReader(text.splitlines())
    days = [values.date(row.get("tanggal")) for row in rows]
    if not days or None in days:
        raise CalendarError(f"{path}: a column tanggal with days such as 2027-03-11 is needed")
    return rule_settings.by_year(day for day in days if day)


def _of_years(years: tuple[int, ...], days: tuple[str, ...]) -> list[dict[str, Any]]:
    besides = [values.date(day) for day in days]
    for text, day in zip(days, besides, strict=True):
        if day is None or day.year not in years:
            raise CalendarError(f"--day-off {text}: a day of a year that --holidays names")
    return [
        rule_settings.library_year(year, [day for day in besides if day and day.year == year])
        for year in years
    ]


def _version_lines(version: RuleVersion, year: int | None) -> list[str]:
    begin = version.effective_from
    lines = [
        tk._("from {date}").format(date=begin.isoformat()) if begin else tk._("from the beginning"),
        f"  timezone: {version.timezone}",
        f"  workdays: {', '.join(map(str, sorted(version.workdays)))}",
        f"  mending_days: {version.mending_days}",
        f"  unchanged_limit: {version.unchanged_limit}",
        "  grace_days: " + ", ".join(
            f"{code} {days}" for code, days in sorted(version.grace_days.items())),
    ]
    counts = Counter(day.year for day in version.holidays)
    lines.append("  holidays: " + ", ".join(f"{name}: {counts[name]}" for name in sorted(counts)))
    if year is not None:
        lines += [
            f"    {day.isoformat()}" for day in sorted(version.holidays) if day.year == year
        ]
    return lines


def _show_moved(moved: ruling.Moved) -> None:
    for (period, before, after), number in sorted(moved.days.items(), key=lambda one: one[0][1:]):
        click.echo(tk.ungettext(
            "{period}: last day {before} becomes {after} ({n} item)",
            "{period}: last day {before} becomes {after} ({n} items)", number,
        ).format(period=period, before=before.isoformat(), after=after.isoformat(), n=number))
    if moved.others:
        click.echo(tk._("{n} periods change otherwise.").format(n=moved.others))
    if not moved.days and not moved.others:
        click.echo(tk._("No last day moves."))


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
    """Nothing of its own: ``history`` and ``rules`` hang on ``ckan satudata``."""
    return care.commands()
