"""The sample city in a real portal: what its readers see; loading again changes nothing."""
from __future__ import annotations

from collections import Counter
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access.inspection import running as inspections
from ckanext.satudata.access.model import submission
from ckanext.satudata.deposits import greenness, store
from ckanext.satudata.deposits.model import deposit, obligation
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import snapshots
from sandbox.city import check
from sandbox.city.model import OPEN, PUBLISHED, RETURNED, SUBMITTED, City
from sandbox.city.steps import frozen_quarters

pytestmark = pytest.mark.usefixtures("sample_city")


def ask(user: str, action: str, **data: Any) -> Any:
    context: Any = {
        "user": user, "auth_user_obj": model.User.get(user) if user else None, "ignore_auth": False,
    }
    return tk.get_action(action)(context, data)


def statuses() -> Counter[str]:
    return Counter(model.Session.execute(sa.select(submission.c.status)).scalars())


def test_everybody_finds_what_is_public_and_the_sysadmin_all_that_is_published(
    sample_city: City,
) -> None:
    published = [one for one in sample_city.datasets if one.state == PUBLISHED]
    assert check.counts() == {
        "public": sum(one.access == OPEN for one in published), "published": len(published)}
    assert check.faults(sample_city) == []


def test_each_dataset_is_in_the_state_that_it_should_reach(sample_city: City) -> None:
    assert statuses() == Counter(one.state for one in sample_city.datasets)
    for one in sample_city.datasets:
        if one.state in (SUBMITTED, RETURNED):
            assert ask("walidata", "package_show", id=one.name)["status_alur"] == one.state


def test_a_closed_dataset_gives_its_reason_and_is_hidden(sample_city: City) -> None:
    closed = [
        one for one in sample_city.datasets if one.state == PUBLISHED and one.access != OPEN
    ]
    assert closed
    for one in closed:
        assert ask("walidata", "package_show", id=one.name)["alasan_pengecualian"]
        with pytest.raises(tk.ObjectNotFound):
            ask("", "package_show", id=one.name)


def test_files_are_real_and_can_be_had(app: Any, sample_city: City) -> None:
    one = next(
        one for one in sample_city.datasets
        if one.state == PUBLISHED and one.access == OPEN and one.files[0].format == "CSV"
    )
    resource = ask("", "package_show", id=one.name)["resources"][0]
    answer = app.get(f"/dataset/{one.name}/resource/{resource['id']}/download/x.csv")
    assert answer.status_code == 200
    assert answer.data.decode().splitlines()[0].startswith("tahun")


def test_past_quarters_are_no_trials_and_the_latest_is_left_to_freeze(sample_city: City) -> None:
    latest = Quarter.of(sample_city.today).previous()
    assert snapshots.latest(latest) is None
    frozen = [Quarter.from_index(row["quarter"]) for row in snapshots.listed()]
    assert sorted(frozen) == frozen_quarters(sample_city.today)
    for quarter in (latest, *frozen):
        report = ask("", "satudata_compliance_report", quarter=quarter.code, obligations=False)
        assert not report["trial"] and report["frozen"] == (quarter in frozen)
    assert ask("walidata", "satudata_snapshot_verify")["agrees"]


def test_some_offices_have_not_deposited_for_the_third_time_running(sample_city: City) -> None:
    latest = Quarter.of(sample_city.today).previous()
    rows = ask("", "satudata_compliance_report", quarter=latest.code)["organizations"]
    missed = Counter(row["consecutive_missed"] for row in rows)
    assert missed[1] and missed[2] and missed[3]
    assert all((row["status"] == "belum_setor") == bool(row["consecutive_missed"]) for row in rows)
    assert {"lengkap", "sebagian", "belum_setor"} <= {row["status"] for row in rows}


def test_what_came_came_once(sample_city: City) -> None:
    """Files of the datasets are those that the history tells of, not deposits of their own."""
    origins = Counter(
        model.Session.execute(
            sa.select(event.c.origin).join(deposit, deposit.c.created_by == event.c.seq)
        ).scalars()
    )
    assert origins == {
        "impor": len(sample_city.history) + len(sample_city.arrived),
        "langsung": len(sample_city.present) + len(sample_city.corrections),
    }


def test_some_deposits_may_be_accepted_together(sample_city: City) -> None:
    _, waiting = store.find(status=store.WAITING, attached=False)
    inspections.ensure({row["resource_id"]: row["package_id"] for row in waiting}, seconds=120)
    why = greenness.of_deposits(waiting)
    periods = {row["id"]: row["period"] for row in waiting}
    wanted = Counter(one.period for one in sample_city.corrections)
    assert Counter(periods[id] for id, reasons in why.items() if not reasons) >= wanted
    assert 5 <= sum(wanted.values()) <= 8


def test_items_lead_to_their_datasets(sample_city: City) -> None:
    linked = model.Session.execute(
        sa.select(sa.func.count()).where(obligation.c.package_id.isnot(None))
    ).scalar_one()
    assert linked == sum(len(item.years) for item in sample_city.register if item.dataset_name)


def test_accounts_sign_in_and_hold_their_roles(sample_city: City) -> None:
    from sandbox.accounts import PASSWORD

    for user in sample_city.users:
        found = model.User.get(user.name)
        assert found is not None and found.validate_password(PASSWORD), user.name
    roles = {row["user"]: row["role"] for row in ask("admin", "satudata_role_list")}
    assert roles == {user.name: role for user in sample_city.users for role in user.roles}


@pytest.mark.slow
def test_loading_again_changes_nothing(changing_city: City) -> None:
    from tests.city.loaded import _load

    def rows() -> list[int]:
        tables = (event, deposit, obligation, submission)
        return [
            model.Session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables
        ]

    before = rows()
    model.Session.remove()
    _load()
    assert rows() == before


def test_most_heads_have_signed_and_the_others_are_named(sample_city: City) -> None:
    found = ask("walidata", "satudata_commitment_list", limit=500)
    offices = sum(office.on_board for office in sample_city.offices)
    assert found["counts"] == {
        "none": 2, "new_head": 1, "expired": 0, "signed": offices - 3}
    latest = frozen_quarters(sample_city.today)[-1]
    report = ask("walidata", "satudata_compliance_report", quarter=latest.code, obligations=False)
    unsigned = [row["title"] for row in report["organizations"] if not row["commitment_signed"]]
    assert sorted(unsigned) == [
        "Badan Penanggulangan Bencana Daerah", "Kecamatan Kranggan", "Satuan Polisi Pamong Praja"]


def test_letters_of_the_latest_frozen_quarter_stand_in_several_states(sample_city: City) -> None:
    latest = frozen_quarters(sample_city.today)[-1]
    report = ask("walidata", "satudata_compliance_report", quarter=latest.code, obligations=False)
    for kind, due in (
        ("data_request", ("sebagian", "belum_setor")), ("reprimand", ("belum_setor",)),
    ):
        found = ask("walidata", "satudata_letter_list", quarter=latest.code, kind=kind, limit=100)
        assert {one["organization"]["name"] for one in found["results"]} == {
            row["name"] for row in report["organizations"] if row["status"] in due}
        assert len({one["state"] for one in found["results"]}) >= 3
