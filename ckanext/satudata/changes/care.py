"""`ckan satudata daily`, `check` and `rebuild`: what keeps a portal in order."""
from __future__ import annotations

import json
import sys

import ckan.plugins.toolkit as tk
import click
from ckan import model

from ckanext.satudata.deposits import state
from ckanext.satudata.journal import events
from ckanext.satudata.journal.cli import city_language, satudata, site_context
from ckanext.satudata.journal.events import actor
from ckanext.satudata.letters import reminding
from ckanext.satudata.opd import store

from . import checks, daily


@satudata.command("daily", short_help="All that a day needs; one line for cron.")
@click.option("--dry-run", is_flag=True, help="Only say who would be reminded today, and of what.")
def daily_command(dry_run: bool) -> None:
    """Do what a day needs: reminders, ends of closures, work owed, periods ahead, the index.

    Safe to run at any time and as often as you like. Ends with status 1 when something failed.
    """
    well = True
    with city_language():
        if dry_run:
            _show_reminders()
            return
        try:
            for name, words, went_well in daily.run(actor(site_context())):
                well = well and went_well
                click.secho(f"{name}: {words}", fg=None if went_well else "red", err=not went_well)
        except daily.Running:
            click.echo("Another run is under way.")
    if not well:
        raise click.exceptions.Exit(1)


def _show_reminders() -> None:
    found, known = reminding.remind(dry_run=True), store.offices()
    for one in found:
        user = model.User.get(one.person)
        for opd, counts in one.offices.items():
            click.echo(tk._("{person}: {office}: {overdue} overdue, {soon} due soon").format(
                person=user.name if user else one.person, office=known[opd].title,
                **counts._asdict()))
    click.echo(tk.ungettext(
        "{n} person would be reminded. Nothing was sent.",
        "{n} people would be reminded. Nothing was sent.", len(found),
    ).format(n=len(found)))


@satudata.command("check", short_help="What is out of order here; status 1 if anything is.")
@click.option("--files", is_flag=True, help="Also read every file and compare its SHA-256.")
@click.option("--json", "as_json", is_flag=True, help="Print a list in JSON.")
def check_command(files: bool, as_json: bool) -> None:
    """Look for what is out of order; one line for each fault, with what to do about it."""
    wanted = {**checks.CHECKS, **(checks.FILE_CHECKS if files else {})}
    found = []
    with city_language():
        for name, look in wanted.items():
            _progress(f"{name} …", as_json)
            for fault in look():
                found.append(fault)
                if not as_json:
                    click.echo(fault.line())
    if as_json:
        click.echo(json.dumps(
            [fault.as_dict() for fault in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("Everything is in order.")
    if found:
        raise click.exceptions.Exit(1)


@satudata.command("rebuild", short_help="Derived tables made anew from events.")
@click.option("--dry-run", is_flag=True, help="Only say what differs.")
def rebuild_command(dry_run: bool) -> None:
    """Make the periods of all items anew from their events, and print what differed.

    What a report says of earlier moments stays as it was: differing rows end now and new ones
    begin, in the name of an event.
    """
    ids, number = state.all_ids(), 0
    with city_language():
        by = actor(site_context())
        for start in range(0, len(ids), state.CHUNK):
            chunk = ids[start:start + state.CHUNK]
            found = state.look(chunk)
            for row in sorted({(str(row["obligation"]), row["period"])
                               for row in [*found.closing, *found.opening]}):
                click.echo(" ".join(row))
                number += 1
            if found.number and not dry_run:
                cause = events.record("periods.rebuilt", "register", "horizon", by,
                                      data={"rows": found.number})
                state.refresh(chunk, cause)
                model.Session.commit()
            _progress(f"{min(start + state.CHUNK, len(ids))} of {len(ids)} items", False)
    click.echo(f"{number} periods differed." + (" Nothing was written." if dry_run else ""))


def commands() -> list[click.Command]:
    """None of its own: they hang on ``ckan satudata``."""
    return []


def _progress(words: str, quiet: bool) -> None:
    """Say how far it is to whoever looks, and not to a file."""
    if not quiet and sys.stderr.isatty():
        click.echo(words, err=True)
