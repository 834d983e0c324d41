"""`ckan satudata report …`: the compliance report on the command line."""
from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
import click

from ckanext.satudata.journal.cli import city_language, satudata, site_context

from .wording import ITEM_STATES, OFFICE_STATES


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
        for line in _lines(found):
            click.echo(line)


@report.command()
@click.argument("quarter")
@click.option("--reason", help="Why a frozen quarter is corrected: makes a numbered revision.")
@click.option("--user", required=True, help="Name of the walidata who freezes the quarter.")
def freeze(quarter: str, reason: str | None, user: str) -> None:
    """Freeze QUARTER as it is known now, in the name of a walidata."""
    with city_language():
        row = _call("satudata_snapshot_freeze", user=user, quarter=quarter, reason=reason)
        click.echo(
            tk._("{quarter} is frozen, revision {revision}. sha256 {sha256}").format(**row)
        )


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


def _call(action: str, user: str | None = None, **data: Any) -> Any:
    """Call an action as the site or as a person; what is wrong becomes one line."""
    context: Any = {"user": user} if user else site_context()
    try:
        return tk.get_action(action)(context, {k: v for k, v in data.items() if v is not None})
    except tk.ValidationError as error:
        raise click.ClickException(
            "; ".join(f"{field}: {text}" for field, text in error.error_summary.items())
        ) from error
    except (tk.ObjectNotFound, tk.NotAuthorized) as error:
        raise click.ClickException(str(error)) from error


def _lines(found: Mapping[str, Any]) -> list[str]:
    totals = found["totals"]
    lines = [
        f"{found['quarter']}  {found['from']} – {found['until']}  as of {found['as_of']}"
        + ("  frozen" if found["frozen"] else "") + ("  trial" if found["trial"] else ""),
        "  ".join(f"{name} {totals[name]}" for name in ("opd", *OFFICE_STATES)),
        "  ".join(f"{name} {totals[name]}" for name in ("due", *ITEM_STATES)),
        "",
    ]
    lines += [
        f"{row['status']:<12} {row['due']:>5} {row['fulfilled']:>5} {row['missing']:>5}  "
        f"{row['rate'] or '-':>6}  {row['title']}"
        for row in found["organizations"]
    ]
    return lines


def commands() -> list[click.Command]:
    """Nothing of its own: the group ``report`` hangs on ``ckan satudata``."""
    return []
