"""`ckan satudata why` of a deposit: by which rule it counts, and the events behind it."""
from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from ckan import model

from ckanext.satudata.access import why
from ckanext.satudata.deposits import store
from ckanext.satudata.deposits.why import of_deposit
from ckanext.satudata.journal.events import CLI
from ckanext.satudata.journal.speaking import speaking


@pytest.fixture
def said(with_plugins: Any) -> Any:
    def lines(text: str) -> str:
        with speaking("en", CLI):
            found = of_deposit(text)
            assert found is not None
            return "\n".join(found)

    return lines


def test_each_state_of_a_deposit_has_its_rule_and_its_events(
    kota: Any, call: Any, upload: Any, said: Any
) -> None:
    id = kota.item()
    first = call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-09",
                 upload=upload())["id"]
    assert "[waiting]" in said(first) and "deposit.created" in said(first)
    call("wali", "satudata_deposit_return", id=first, note="Kolom tahun kosong.")
    told = said(first)
    assert "[returned]" in told and "Kolom tahun kosong." in told and "mended until" in told
    second = call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-09",
                  kind="nil", note="Tidak ada kejadian.")["id"]
    call("wali", "satudata_deposit_accept", id=second)
    assert "[counts]" in said(second)
    third = call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-10",
                 upload=upload("kode,jumlah\n1,3\n"))["id"]
    call("petugas", "satudata_deposit_withdraw", id=third)
    assert "[withdrawn]" in said(third)


def test_a_dataset_names_its_item_and_the_deposit_that_waits(
    kota: Any, call: Any, upload: Any
) -> None:
    id = kota.item()
    first = call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-08",
                 upload=upload())
    call("wali", "satudata_deposit_accept", id=first["id"], sha256=first["sha256"])
    waiting = call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-09",
                   upload=upload("kode,jumlah\n1,4\n"))["id"]
    package = model.Package.get(store.get(UUID(first["id"]))["package_id"])
    with speaking("en", CLI):
        told = "\n".join(why.lines(package))
    assert "Jumlah balita" in told and "bulanan" in told
    assert waiting in told and "2026-09" in told


@pytest.mark.parametrize("text", ["tidak-ada", str(uuid4())])
def test_what_is_no_deposit_is_said_to_be_none(kota: Any, text: str) -> None:
    assert of_deposit(text) is None
