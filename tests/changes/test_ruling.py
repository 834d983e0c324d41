"""Rules that change from a day on: what moves, what is refused, and the command."""
from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli.cli import ckan
from ckan.tests import factories

from ckanext.satudata.changes import ruling
from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import clock, rule_settings, rules
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd.store import ensure
from ckanext.satudata.report.model import snapshot

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

SYSTEM = Actor(None, CLI)


@pytest.fixture
def item() -> Any:
    opd = ensure(factories.Organization(name="dinkes")["id"])
    [id] = obligations.create_many(
        [(None, obligations.Terms(
            title="Jumlah balita", opd=opd, frekuensi="bulanan",
            valid_from=clock.city_today().replace(month=1, day=1),
        ))],
        SYSTEM,
    )
    model.Session.commit()
    return id


def last_days(id: Any) -> dict[str, dt.date]:
    rows = model.Session.execute(
        sa.select(state.c.period, state.c.last_day).where(
            state.c.obligation == id, state.c.closed_by.is_(None)
        )
    )
    return {row.period: row.last_day for row in rows}


def run(cli: Any, *arguments: str) -> Any:
    return cli.invoke(ckan, ["satudata", "rules", *arguments])


def test_a_change_moves_what_ends_on_or_after_its_day_and_nothing_else(item: Any, cli: Any) -> None:
    before, today = last_days(item), clock.city_today()
    dry = run(cli, "change", "--set", "grace_days.bulanan=20", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "dry run" in dry.output or "uji coba" in dry.output
    assert last_days(item) == before, "nothing was written"

    done = run(cli, "change", "--set", "grace_days.bulanan=20", "--reason", "Perwali")
    assert done.exit_code == 0, done.output
    after = last_days(item)
    for period, day in before.items():
        ends = dt.date(int(period[:4]), int(period[5:]), 28)
        if ends < today.replace(day=1):
            assert after[period] == day, f"{period} had ended"
        elif ends > today:
            assert after[period] > day, period
            assert f"{period}: " in dry.output
    assert rules.rule_book().versions[-1].grace_days["bulanan"] == 20
    again = run(cli, "change", "--set", "grace_days.bulanan=20")
    assert again.exit_code == 0 and last_days(item) == after


def test_holidays_of_a_year_from_the_library_with_days_decreed_besides(
    item: Any, cli: Any
) -> None:
    year = clock.city_today().year + 1
    late = max(day for day in last_days(item).values() if day.year == year)
    other = {day for day in rules.rule_book().versions[0].holidays if day.year != year}
    done = run(cli, "change", "--holidays", str(year), "--day-off", late.isoformat())
    assert done.exit_code == 0, done.output
    assert late.isoformat() in done.output, "the last day on it moves"
    version = rules.rule_book().versions[-1]
    assert late in version.holidays and dt.date(year, 8, 17) in version.holidays
    assert {day for day in version.holidays if day.year != year} == other
    shown = run(cli, "show", "--year", str(year))
    assert late.isoformat() in shown.output and clock.city_today().isoformat() in shown.output


FILES: dict[str, tuple[str, Any]] = {
    "settings as JSON": ("aturan.json", {"mending_days": 7, "holidays": {"2027": ["2027-03-11"]}}),
    "days off as CSV": ("libur.csv", "tanggal,keterangan\n2027-03-11,Nyepi\n11/05/2027,Cuti\n"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_says_what_changes(item: Any, cli: Any, tmp_path: Path, case: str) -> None:
    name, content = FILES[case]
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    done = run(cli, "change", str(path))
    assert done.exit_code == 0, done.output
    version = rules.rule_book().versions[-1]
    of_2027 = {day for day in version.holidays if day.year == 2027}
    expected = {dt.date(2027, 3, 11)}
    if name.endswith("csv"):
        expected.add(dt.date(2027, 5, 11))
    else:
        assert version.mending_days == 7
    assert of_2027 == expected


REFUSED = {
    "nothing": (),
    "yesterday": ("--set", "mending_days=3", "--from", "2020-01-01"),
    "no date": ("--set", "mending_days=3", "--from", "besok"),
    "an unknown key": ("--set", "mending=3"),
    "no number": ("--set", "mending_days=tiga"),
    "a negative one": ("--set", "mending_days=-1"),
    "no time zone": ("--set", "timezone=Mars/Olympus"),
    "an unknown frequency": ("--set", "grace_days.sesekali=3"),
    "no working day": ("--set", "workdays="),
    "a day off of another year": ("--holidays", "2027", "--day-off", "2028-01-01"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line_and_changes_nothing(
    item: Any, cli: Any, case: str
) -> None:
    done = run(cli, "change", *REFUSED[case])
    assert done.exit_code == 1
    assert "Traceback" not in done.output and len(done.output.strip().splitlines()) == 1
    model.Session.rollback()
    assert len(rules.rule_book().versions) == 1


def _version(start: dt.date, **settings: Any) -> Any:
    return rule_settings.changed(rules.rule_book().versions[-1], settings, start)


def test_a_change_before_one_that_follows_is_refused(item: Any) -> None:
    later = clock.city_today() + dt.timedelta(days=40)
    ruling.change(_version(later, mending_days=7), SYSTEM, None, dry_run=False)
    with pytest.raises(tk.ValidationError) as refused:
        ruling.change(_version(clock.city_today(), mending_days=6), SYSTEM, None, dry_run=False)
    assert later.isoformat() in refused.value.error_dict["effective_from"][0]


def test_nothing_of_a_frozen_quarter_is_changed(item: Any) -> None:
    """It cannot be, since only what ends later moves; were it ever so, nothing is written."""
    quarter = model.Session.execute(sa.select(sa.func.max(state.c.quarter))).scalar_one()
    model.Session.execute(sa.insert(snapshot).values(
        quarter=quarter, revision=1, event_seq=1, as_of=clock.now(), lengkap="{}", publik="{}",
        lengkap_sha256="a", publik_sha256="b", sha256="c",
    ))
    model.Session.commit()
    before = last_days(item)
    with pytest.raises(tk.ValidationError) as refused:
        ruling.change(
            _version(clock.city_today(), grace_days={"bulanan": 25}), SYSTEM, None, dry_run=False
        )
    assert "effective_from" in refused.value.error_dict
    assert last_days(item) == before and len(rules.rule_book().versions) == 1


def test_a_return_of_before_the_change_is_mended_by_the_calendar_known_then(item: Any) -> None:
    [period, *_] = sorted(last_days(item))
    store.end(store.create(item, period, "nil", SYSTEM), "deposit.returned", "kosong", SYSTEM)
    model.Session.commit()

    def mending() -> Any:
        return model.Session.execute(sa.select(state.c.mending_until).where(
            state.c.obligation == item, state.c.period == period, state.c.closed_by.is_(None)
        )).scalar_one()

    before = mending()
    ruling.change(_version(clock.city_today(), mending_days=1), SYSTEM, None, dry_run=False)
    assert mending() == before
