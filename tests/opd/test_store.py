"""Versions of offices: whatever way an organization is changed, the past stays what it was."""
from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import store
from ckanext.satudata.opd.model import opd_version

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

SYSTEM = Actor(None, CLI)


def as_site(action: str, **data: object) -> object:
    user = helpers.call_action("get_site_user")
    return helpers.call_action(action, {"user": user["name"]}, **data)


def _versions(group_id: str) -> int:
    return model.Session.execute(
        sa.select(sa.func.count()).where(opd_version.c.opd == store.key(group_id))
    ).scalar_one()


def _forget() -> None:
    """As on a portal whose organizations were there before the plugin."""
    model.Session.rollback()
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("DELETE FROM satudata_opd_version"))
        connection.execute(sa.text("DELETE FROM satudata_opd"))


def test_a_new_organization_is_an_office_in_the_same_commit():
    org = factories.Organization(kode_opd="1", singkatan="DS", jenis_opd="dinas")
    office = store.offices()[store.key(org["id"])]
    assert (office.name, office.kode_opd, office.singkatan, office.jenis_opd) == (
        org["name"], "1", "DS", "dinas"
    )
    assert office.active and office.parent is None and office.wajib_setor


def test_a_report_of_before_a_rename_says_the_old_name():
    org = factories.Organization(title="Dinas Lama")
    before = clock.now()
    as_site("organization_patch", id=org["id"], title="Dinas Baru", name="dinas-baru")
    after = clock.now()
    old, new = (store.offices(moment)[store.key(org["id"])] for moment in (before, after))
    assert (old.title, new.title, new.name) == ("Dinas Lama", "Dinas Baru", "dinas-baru")
    assert store.offices()[store.key(org["id"])] == new


def test_before_it_was_recorded_an_office_is_not_there():
    before = clock.now()
    factories.Organization()
    assert store.offices(before) == {}


def test_what_figures_do_not_depend_on_makes_no_version():
    org = factories.Organization()
    as_site("organization_patch", id=org["id"], description="Lain", petugas_data="Budi")
    assert _versions(org["id"]) == 1


def test_each_field_that_figures_depend_on_makes_one():
    factories.Organization(name="penerus")
    org = factories.Organization()
    changes = {
        "title": "Lain", "name": "lain", "kode_opd": "9", "singkatan": "L", "jenis_opd": "badan",
        "wajib_setor": "false", "berlaku_dari": "2026-01-01", "berlaku_sampai": "2026-12-31",
        "pengganti": ["penerus"], "induk": "penerus",
        # Whose signature a commitment needs.
        "kepala_nama": "Budi",
    }
    for number, (field, value) in enumerate(changes.items(), 2):
        as_site("organization_patch", id=org["id"], **{field: value})
        assert _versions(org["id"]) == number, field


def test_the_running_transaction_sees_its_own_versions():
    org = factories.Organization(title="Lama")
    model.Group.get(org["id"]).title = "Baru"
    store.record_version(org["id"], SYSTEM)
    assert store.offices()[store.key(org["id"])].title == "Baru"
    model.Session.rollback()
    assert store.offices()[store.key(org["id"])].title == "Lama"


def test_a_version_that_is_rolled_back_never_was():
    org = factories.Organization()
    with pytest.raises(Exception, match="name"):
        as_site("organization_patch", id=org["id"], name="Bukan Nama", title="X")
    model.Session.rollback()
    assert _versions(org["id"]) == 1


def test_never_said_an_office_owes_and_a_unit_does_not():
    office, unit = factories.Organization(name="dinas"), factories.Organization(induk="dinas")
    said = factories.Organization(induk="dinas", wajib_setor="true")
    offices = store.offices()
    assert [offices[store.key(one["id"])].wajib_setor for one in (office, unit, said)] == [
        True, False, True
    ]
    assert offices[store.key(unit["id"])].parent == store.key(office["id"])


def test_a_deleted_office_ends_today_and_keeps_its_place():
    factories.Organization(name="dinas")
    org = factories.Organization(induk="dinas")
    before = store.offices()[store.key(org["id"])]
    as_site("organization_delete", id=org["id"])
    office = store.offices()[store.key(org["id"])]
    assert (office.active, office.parent) == (False, before.parent)
    assert office.berlaku_sampai == clock.city_today()
    as_site("organization_patch", id=org["id"], state="active")
    again = store.offices()[store.key(org["id"])]
    assert (again.active, again.berlaku_sampai) == (True, None)


def test_a_purged_office_stays_in_the_past():
    org = factories.Organization(title="Sementara")
    before = clock.now()
    as_site("organization_purge", id=org["id"])
    assert model.Group.get(org["id"]) is None
    assert store.offices(before)[store.key(org["id"])].active
    office = store.offices()[store.key(org["id"])]
    assert (office.active, office.title) == (False, "Sementara")


def test_organizations_of_before_the_plugin_are_taken_in_once():
    dinas = factories.Organization(name="dinas")
    unit = factories.Organization(induk="dinas")
    _forget()
    assert store.offices() == {}
    assert {office.name for office in store.current().values()} == {"dinas", unit["name"]}
    assert store.ensure(unit["id"]) == store.key(unit["id"])
    model.repo.commit()
    assert set(store.offices()) == {store.key(unit["id"])}
    assert store.ensure(dinas["id"]) == store.key(dinas["id"])
    model.repo.commit()
    assert set(store.offices()) == {store.key(dinas["id"]), store.key(unit["id"])}
    assert not store.offices()[store.key(unit["id"])].wajib_setor


def test_groups_are_no_offices():
    group = factories.Group()
    assert store.key(group["id"]) not in store.offices()


def test_an_id_that_is_no_uuid_has_a_key_that_stays():
    assert store.key("kominfo") == store.key("kominfo") != store.key("kesehatan")


def test_statements_do_not_grow_with_the_offices(counted):
    def statements() -> list[int]:
        _forget()
        found = []
        for work in (store.offices, store.current):
            with counted() as seen:
                work()
            found.append(len(seen))
        model.repo.commit()
        return found

    for number in range(2):
        factories.Organization(name=f"dinas-{number}")
    few = statements()
    for number in range(12):
        factories.Organization(induk=f"dinas-{number % 2}", pengganti=["dinas-0"])
    assert statements() == few or statements() == [few[0], few[1] + 1]
    assert few[0] == 1


def test_the_event_names_the_person_and_what_changed(person, call):
    user = person(sysadmin=True)
    org = factories.Organization(title="Lama")
    call("organization_patch", user, id=org["id"], title="Baru")
    row = model.Session.execute(sa.text(
        "SELECT person, data FROM satudata_event WHERE object_id = :id ORDER BY seq DESC LIMIT 1"
    ), {"id": org["id"]}).one()
    assert row.person == user["id"]
    assert row.data == {"title": ["Lama", "Baru"]}


def test_dates_of_versions_are_dates():
    org = factories.Organization(berlaku_dari="2026-04-01")
    assert store.offices()[store.key(org["id"])].berlaku_dari == dt.date(2026, 4, 1)
