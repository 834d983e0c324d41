"""The past comes in by sheets: marked, once, and judged as if it had been recorded then."""
from __future__ import annotations

import datetime as dt
import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories

from ckanext.satudata.changes import history
from ckanext.satudata.deposits import register
from ckanext.satudata.deposits.model import deposit, register_agreement, state
from ckanext.satudata.journal import sheets
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report.model import imported_result
from ckanext.satudata.report.quarter import Judged

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

BY = Actor(None, CLI)
ITEMS = [
    {"judul": "Jumlah balita", "opd": "dinkes-t", "frekuensi": "triwulanan"},
    {"judul": "Jumlah kematian ibu", "opd": "dinkes-t", "frekuensi": "triwulanan"},
]


@pytest.fixture
def office() -> dict[str, Any]:
    """An office with the same two items in the registers of 2024 and 2025."""
    made = factories.Organization(
        name="dinkes-t", title="Dinas Kesehatan", singkatan="Dinkes T", wajib_setor="true")
    for year in (2024, 2025):
        done = register.run(
            sheets.from_dicts(ITEMS), year, BY, dry_run=False, retire_missing=False, confirm=False)
        assert not done["errors"]
    return made


def bring(*rows: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
    return history.run({"": sheets.from_dicts(list(rows))}, BY, dry_run=dry_run)


def given(period: str, at: str, **more: str) -> dict[str, str]:
    return {"opd": "Dinkes T", "judul": "jumlah BALITA", "periode": period, "tanggal": at, **more}


def count(table: Any) -> int:
    return model.Session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_deposits_go_to_the_year_that_owes_their_period(office: dict[str, Any]) -> None:
    done = bring(given("2024-TW3", "2024-10-12"), given("2024-TW4", "2025-01-20 08:00"))
    assert (done["deposits"], done["errors"]) == (2, [])
    years = {one.id: one.year for one in register.known()}
    rows = model.Session.execute(
        sa.select(deposit.c.obligation, deposit.c.period, event.c.happened_at, event.c.origin)
        .join(event, event.c.seq == deposit.c.created_by).order_by(event.c.happened_at)
    ).all()
    assert [
        (years[row[0]], row[1], row[2].astimezone(dt.timezone.utc).isoformat(), row[3])
        for row in rows
    ] == [
        (2024, "2024-TW3", "2024-10-12T05:00:00+00:00", "impor"),
        (2025, "2024-TW4", "2025-01-20T01:00:00+00:00", "impor"),
    ]


def test_what_came_counts_from_its_own_time(office: dict[str, Any]) -> None:
    bring(given("2024-TW3", "2024-10-12"), given("2025-TW1", "2025-06-30 23:00"))
    rows = {
        row.period: (row.counts_from, row.deadline) for row in model.Session.execute(
            sa.select(state.c.period, state.c.counts_from, state.c.deadline)
            .where(state.c.counts_from.isnot(None), state.c.closed_by.is_(None)))
    }
    assert rows["2024-TW3"][0] < rows["2024-TW3"][1]
    assert rows["2025-TW1"][0] > rows["2025-TW1"][1]


def test_the_same_file_again_adds_nothing(office: dict[str, Any]) -> None:
    rows = [given("2024-TW3", "2024-10-12"), given("2024-TW3", "2024-10-12"),
            {"opd": "dinkes-t", "judul": "Jumlah kematian ibu", "periode": "2024-TW3",
             "jenis": "nihil", "tanggal": "2024-10-13"}]
    first = bring(*rows)
    assert (first["deposits"], first["unchanged"]) == (2, 1)
    before = [count(table) for table in (event, deposit, state)]
    again = bring(*rows)
    assert (again["deposits"], again["unchanged"]) == (0, 3)
    assert [count(table) for table in (event, deposit, state)] == before


def test_with_errors_nothing_is_written(office: dict[str, Any]) -> None:
    done = bring(
        given("2024-TW3", "2024-10-12"), given("2024-08", "2024-10-12"),
        {**given("2024-TW3", "2024-10-12"), "judul": "Bukan butir"},
        {**given("2024-TW3", "2024-10-12"), "opd": "Dinas Lain"},
        given("2024-TW3", "2099-01-01"),
    )
    assert sorted((one["row"], one["field"]) for one in done["errors"]) == [
        (2, "period"), (3, "title"), (4, "office"), (5, "at")]
    assert done["deposits"] == 0 and count(deposit) == 0


def test_a_dry_run_writes_nothing(office: dict[str, Any]) -> None:
    assert bring(given("2024-TW3", "2024-10-12"), dry_run=True)["deposits"] == 1
    assert count(deposit) == 0


def test_an_agreement_of_the_past_ends_the_trial_of_its_quarters(office: dict[str, Any]) -> None:
    quarter = Quarter(2025, 2)
    ask = tk.get_action("satudata_compliance_report")
    assert ask({"ignore_auth": True}, {"quarter": quarter.code})["trial"]
    row = {"tahun": "2025", "tanggal": "2025-06-29", "berita_acara": "BA 7"}
    assert bring(row)["agreements"] == 1
    assert not ask({"ignore_auth": True}, {"quarter": quarter.code})["trial"]
    assert ask({"ignore_auth": True}, {"quarter": "2025-TW1"})["trial"]
    assert bring(row)["unchanged"] == 1 and count(register_agreement) == 1


def test_results_stand_for_quarters_of_before_the_portal(office: dict[str, Any]) -> None:
    """The deposits alone would say otherwise: nothing came."""
    bring({"tahun": "2025", "tanggal": "2025-01-05", "berita_acara": "BA 7"})
    row = {
        "opd": "dinkes-t", "triwulan": "2025-TW1", "status": "lengkap", "wajib": "2",
        "terpenuhi": "2",
    }
    assert bring(row)["results"] == 1
    assert bring(row)["unchanged"] == 1 and count(imported_result) == 1
    moment = model.Session.execute(sa.text("select satudata_now()")).scalar_one()
    [found] = Judged(Quarter(2025, 3), moment).rows()
    # TW1 was complete by what the sheet says, TW2 and TW3 were silent.
    assert found["consecutive_missed"] == 2
    corrected = bring({**row, "status": "belum_setor", "terpenuhi": "0"})
    assert corrected["results"] == 1
    moment = model.Session.execute(sa.text("select satudata_now()")).scalar_one()
    [found] = Judged(Quarter(2025, 3), moment).rows()
    assert found["consecutive_missed"] == 3


def test_a_result_of_a_quarter_that_the_portal_judges_is_refused(office: dict[str, Any]) -> None:
    done = bring({"opd": "dinkes-t", "triwulan": "2999-TW1", "status": "lengkap"})
    assert [one["field"] for one in done["errors"]] == ["quarter"]


def test_items_with_one_title_are_told_apart_by_their_codes(office: dict[str, Any]) -> None:
    items = [{**ITEMS[0], "judul": "Penduduk", "id_ddd": code} for code in ("P1", "P2")]
    register.run(
        sheets.from_dicts(items), 2025, BY, dry_run=False, retire_missing=False, confirm=False)
    row = {**given("2025-TW1", "2025-04-10"), "judul": "Penduduk"}
    assert [one["field"] for one in bring(row)["errors"]] == ["title"]
    assert bring({**row, "id_ddd": "P2"})["deposits"] == 1


def test_the_command_reads_all_sheets_and_says_where_the_errors_are(
    cli: Any, tmp_path: Any, office: dict[str, Any]
) -> None:
    from ckan.cli.cli import ckan

    path = tmp_path / "riwayat.json"
    path.write_text(json.dumps({
        "setoran": [given("2024-TW3", "2024-10-12")],
        "kesepakatan": [{"tahun": "2024", "tanggal": "2024-02-01", "berita_acara": "BA 1"}],
    }))
    tried = cli.invoke(ckan, ["satudata", "history", "import", str(path), "--dry-run"])
    assert tried.exit_code == 0 and "deposits: 1" in tried.output and count(deposit) == 0
    done = cli.invoke(ckan, ["satudata", "history", "import", str(path)])
    assert done.exit_code == 0 and "agreements: 1" in done.output and count(deposit) == 1
    path.write_text(json.dumps({"setoran": [given("entah", "2024-10-12")]}))
    wrong = cli.invoke(ckan, ["satudata", "history", "import", str(path)])
    assert wrong.exit_code == 1 and "setoran!1, period" in wrong.output
