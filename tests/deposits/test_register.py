"""The daftar data of a year in the database: the action and the commands."""
from __future__ import annotations

import io
import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from werkzeug.datastructures import FileStorage

from ckanext.satudata.deposits import obligations, register
from ckanext.satudata.deposits.model import obligation, obligation_version, state
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.opd import people
from ckanext.satudata.plugin import SatudataPlugin  # noqa: F401 - this module needs the portal

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

YEAR = 2026
ROWS = [
    {"judul": "Jumlah balita", "opd": "DINKES-T", "frekuensi": "bulanan",
     "klasifikasi_akses": "terbuka"},
    {"judul": "Jumlah kematian ibu", "opd": "dinkes-t", "frekuensi": "triwulanan"},
]


@pytest.fixture
def office() -> dict[str, Any]:
    return factories.Organization(name="dinkes-t", title="Dinas Kesehatan", singkatan="Dinkes-T")


@pytest.fixture
def koordinator() -> dict[str, Any]:
    user = factories.User()
    people.grant(user["id"], people.KOORDINATOR, Actor(None, CLI))
    model.Session.commit()
    return user


def run(user: dict[str, Any], **data: Any) -> dict[str, Any]:
    context: Any = {"user": user["name"], "ignore_auth": False}
    return tk.get_action("satudata_register_import")(context, {"year": YEAR, **data})


def count(table: Any) -> int:
    return model.Session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_import_makes_items_that_owe(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    done = run(koordinator, rows=ROWS)
    assert done["created"] == ["Jumlah balita", "Jumlah kematian ibu"] and not done["errors"]
    [quarterly] = [one for one in register.known() if one.values["frekuensi"] == "triwulanan"]
    periods = model.Session.execute(
        sa.select(state.c.period)
        .where(state.c.obligation == quarterly.id)
        .order_by(state.c.last_day)
    ).scalars().all()
    # What falls due in the year is owed, data of the year before included.
    assert periods == ["2025-TW4", "2026-TW1", "2026-TW2", "2026-TW3"]


def test_the_same_sheet_again_writes_nothing(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    run(koordinator, rows=ROWS)
    before = [count(table) for table in (event, obligation, obligation_version, state)]
    done = run(koordinator, rows=ROWS)
    assert done["unchanged"] == ["Jumlah balita", "Jumlah kematian ibu"]
    assert not done["created"] and not done["updated"]
    assert [count(table) for table in (event, obligation, obligation_version, state)] == before


def test_with_an_error_nothing_is_written(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    done = run(koordinator, rows=[*ROWS, {"judul": "Tanpa OPD"}])
    assert [(one["row"], one["field"]) for one in done["errors"]] == [(3, "office")]
    assert done["created"] == [] and count(obligation) == 0


def test_a_dry_run_says_what_would_happen(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    done = run(koordinator, rows=ROWS, dry_run=True)
    assert len(done["created"]) == 2 and count(obligation) == 0 and count(event) > 0


def test_a_change_holds_from_today_on(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    run(koordinator, rows=ROWS)
    done = run(koordinator, rows=[{**ROWS[0], "frekuensi": "triwulanan"}, ROWS[1]])
    assert done["updated"] == ["Jumlah balita"]
    versions = model.Session.execute(
        sa.select(obligation_version.c.effective_from, obligation_version.c.frekuensi)
        .where(obligation_version.c.title == "Jumlah balita")
        .order_by(obligation_version.c.event_seq)
    ).all()
    assert [tuple(row) for row in versions] == [(None, "bulanan"), (city_today(), "triwulanan")]


def test_a_dataset_is_linked_by_the_sheet(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    run(koordinator, rows=ROWS)
    dataset = factories.Dataset(owner_org=office["id"])
    address = f"{tk.config['ckan.site_url']}/dataset/{dataset['name']}"
    done = run(koordinator, rows=[
        {"nama_data": "Jumlah balita", "produsen_data": "dinkes-t", "link_portal_daerah": address}])
    assert done["updated"] == ["Jumlah balita"] and done["absent"] == ["Jumlah kematian ibu"]
    [id] = obligations.all_of_dataset(dataset["id"])
    assert obligations.latest([id])[id].frekuensi == "bulanan"


def test_what_is_absent_is_retired_only_when_asked(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    more = [{"judul": f"Data {n}", "opd": "dinkes-t", "frekuensi": "bulanan"} for n in range(20)]
    rows = [*ROWS, *more]
    run(koordinator, rows=rows)
    assert run(koordinator, rows=rows[1:])["absent"] == ["Jumlah balita"]
    done = run(koordinator, rows=rows[1:], retire_missing=True)
    assert done["retired"] == ["Jumlah balita"] and done["absent"] == []
    [one] = [one for one in register.known() if one.values["title"] == "Jumlah balita"]
    assert one.values["valid_until"] == city_today()
    last_days = model.Session.execute(
        sa.select(sa.func.max(state.c.last_day)).where(
            state.c.obligation == one.id, state.c.closed_by.is_(None))
    ).scalar_one()
    assert last_days <= city_today()


def test_retiring_many_asks_twice_and_an_empty_sheet_retires_nothing(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    run(koordinator, rows=ROWS)
    with pytest.raises(tk.ValidationError) as raised:
        run(koordinator, rows=ROWS[:1], retire_missing=True)
    assert "confirm" in raised.value.error_dict
    assert run(koordinator, rows=[], retire_missing=True)["retired"] == []
    assert len(run(koordinator, rows=ROWS[:1], retire_missing=True, confirm=True)["retired"]) == 1


def test_a_file_is_read_like_rows(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    content = b"judul;opd;frekuensi\nJumlah balita;Dinkes-T;Bulanan\n"
    upload = FileStorage(io.BytesIO(content), filename="daftar.csv")
    assert run(koordinator, upload=upload)["created"] == ["Jumlah balita"]
    with pytest.raises(tk.ValidationError) as raised:
        run(koordinator, upload=FileStorage(io.BytesIO(b"\x00\x01"), filename="x.xlsx"))
    assert "upload" in raised.value.error_dict


def test_editors_do_not_keep_the_register(office: dict[str, Any]) -> None:
    user = factories.User()
    with pytest.raises(tk.NotAuthorized):
        run(user, rows=ROWS)


@pytest.mark.parametrize("data", [{"year": ""}, {"year": "duaribu", "rows": []}, {}])
def test_bad_questions_get_an_answer_by_field(koordinator: dict[str, Any], data: Any) -> None:
    with pytest.raises(tk.ValidationError):
        run(koordinator, **data)


def test_each_year_has_its_items_and_a_file_finds_the_one_that_owes_its_period(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    run(koordinator, rows=ROWS)
    dataset = factories.Dataset(owner_org=office["id"])
    link = {"judul": "Jumlah balita", "opd": "dinkes-t", "dataset": dataset["name"]}
    run(koordinator, rows=[link])
    run(koordinator, rows=[{**ROWS[0], "dataset": dataset["name"]}], year=2025)
    latest, earlier = obligations.all_of_dataset(dataset["id"])
    assert obligations.latest([latest])[latest].register_year == 2026
    assert obligations.of_dataset(dataset["id"], "2026-03") == latest
    assert obligations.of_dataset(dataset["id"], "2025-03") == earlier
    # December's data falls due in January: the next register asks for it.
    assert obligations.of_dataset(dataset["id"], "2025-12") == latest
    assert obligations.of_dataset(dataset["id"]) == latest


def test_the_class_of_a_dataset_is_that_of_its_items_in_every_register(
    office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    """Else an old register would go on naming what has been closed."""
    for year in (2025, 2026):
        run(koordinator, rows=ROWS[:1], year=year)
    dataset = factories.Dataset(owner_org=office["id"], klasifikasi_akses="terbuka")
    for year in (2025, 2026):
        run(koordinator, rows=[{**ROWS[0], "dataset": dataset["name"]}], year=year)
    tk.get_action("package_patch")(
        {"ignore_auth": True, "user": koordinator["name"]},
        {"id": dataset["id"], "klasifikasi_akses": "tertutup"},
    )
    classes = model.Session.execute(sa.select(obligation.c.klasifikasi_akses)).scalars().all()
    assert classes == ["tertutup", "tertutup"]


# --- commands -----------------------------------------------------------------------------------


def command(cli: Any, *words: str) -> Any:
    from ckan.cli.cli import ckan

    return cli.invoke(ckan, ["satudata", *words])


def test_the_command_imports_shows_and_agrees(
    cli: Any, tmp_path: Any, office: dict[str, Any], koordinator: dict[str, Any]
) -> None:
    path = tmp_path / "daftar.json"
    path.write_text(json.dumps(ROWS))
    tried = command(cli, "register", "import", str(path), "--year", "2026", "--dry-run")
    assert tried.exit_code == 0 and "created: 2" in tried.output and count(obligation) == 0
    done = command(cli, "register", "import", str(path), "--year", "2026")
    assert done.exit_code == 0, done.output
    agreed = command(
        cli, "register", "agree", "2026", "--date", "2026-02-13", "--minutes", "BA 1",
        "--user", koordinator["name"],
    )
    assert agreed.exit_code == 0, agreed.output
    assert "2026-02-13" in command(cli, "register", "show").output
    assert "Jumlah kematian ibu" in command(cli, "register", "show", "2026").output


def test_the_command_says_what_is_wrong_and_fails(cli: Any, tmp_path: Any) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text("judul,opd\nA,Dinas Tidak Ada\n")
    done = command(cli, "register", "import", str(path), "--year", "2026")
    assert done.exit_code == 1 and "2, office" in done.output


def test_items_are_derived_from_datasets_until_there_is_a_register(
    cli: Any, tmp_path: Any, office: dict[str, Any]
) -> None:
    factories.Dataset(owner_org=office["id"], title="Berkala", frekuensi="bulanan")
    factories.Dataset(owner_org=office["id"], title="Tanpa frekuensi")
    # As if they had been there before the plugin: nothing was derived when they were saved.
    model.Session.execute(sa.text("SET session_replication_role = replica"))
    for table in (state, obligation_version, obligation):
        model.Session.execute(sa.delete(table))
    model.Session.commit()
    model.Session.execute(sa.text("SET session_replication_role = DEFAULT"))
    assert "Berkala" in command(cli, "register", "derive", "--dry-run").output
    assert count(obligation) == 0
    assert command(cli, "register", "derive").exit_code == 0 and count(obligation) == 1
    again = command(cli, "register", "derive")
    assert again.exit_code == 0 and count(obligation) == 1
    path = tmp_path / "daftar.json"
    year = str(city_today().year)
    path.write_text(json.dumps([{"judul": "Berkala", "opd": "dinkes-t", "frekuensi": "bulanan"}]))
    done = command(cli, "register", "import", str(path), "--year", year)
    assert "updated: 1" in done.output and count(obligation) == 1
    assert command(cli, "register", "derive").exit_code == 1


