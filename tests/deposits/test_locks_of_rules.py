"""A change of the rules locks the rules, then all items: so does whoever writes an item."""
from __future__ import annotations

from typing import Any

import pytest
from ckan import model
from ckan.tests import factories

from ckanext.satudata.deposits import obligations, register, state, store
from ckanext.satudata.journal import clock, rule_settings, rules, sheets
from tests.access.test_races import waits

from .test_locks import SYSTEM, Person

WRITERS = ("save", "deposit", "replace", "accept", "import")


@pytest.mark.parametrize("writer", WRITERS)
def test_who_writes_an_item_and_who_changes_the_rules_do_not_wait_for_each_other(
    kota: Any, app: Any, call: Any, upload: Any, writer: str
) -> None:
    item = kota.item()
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], user={"name": "petugas"})
    obligations.link(item, dataset["id"], kota.system)
    model.Session.commit()
    given = call("petugas", "satudata_deposit_create", obligation_id=str(item), period="2026-01",
                 upload=upload())
    row = {"judul": "Jumlah balita", "opd": "dinkes", "frekuensi": "triwulanan"}

    def deposit(period: str, **more: Any) -> Any:
        return call("petugas", "satudata_deposit_create", obligation_id=str(item), period=period,
                    kind="nil", note="Nihil.", **more)

    def imported() -> None:
        done = register.run(
            sheets.from_dicts([row, {**row, "judul": "Baru"}]), 2026, SYSTEM, dry_run=False,
            retire_missing=False, confirm=False)
        assert not done["errors"]

    work = {
        "save": lambda: call("petugas", "package_patch", id=dataset["id"], resources=[
            {"url": "https://dinkes.go.id/1.csv", "jenis_berkas": "data", "periode": "2026-02"}]),
        "deposit": lambda: deposit("2026-02"),
        "replace": lambda: deposit("2026-01", replaces=given["id"]),
        "accept": lambda: call("wali", "satudata_deposit_accept", id=given["id"],
                               sha256=given["sha256"]),
        "import": imported,
    }[writer]
    model.Session.remove()
    rules.change(
        rule_settings.changed(
            rules.rule_book().versions[-1], {"mending_days": 9}, clock.city_today()),
        SYSTEM)
    other = Person(app, work)
    other.start()
    waits()
    state.lock(state.all_ids())
    model.Session.commit()
    other.ended()
    if writer != "import":
        assert len(store.find(obligations=[item])[1]) == (1 if writer == "accept" else 2)
