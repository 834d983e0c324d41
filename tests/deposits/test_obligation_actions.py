"""The actions about items of the daftar data: who may, what comes back, what is refused."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories

from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal.clock import city_today

PEOPLE = ("", "petugas", "kepala", "anggota", "lain", "wali", "koor", "admin")

#: Each action with what it needs for a new item, and who may.
ACTIONS: dict[str, tuple[Callable[[Any], dict[str, Any]], set[str]]] = {
    "create": (
        lambda id: {"title": "Baru", "organization": "dinkes", "frekuensi": "bulanan",
                    "valid_from": "2026-01-01"},
        {"wali", "koor", "admin"},
    ),
    "update": (lambda id: {"id": str(id), "title": "Nama baru"}, {"wali", "koor", "admin"}),
    "retire": (lambda id: {"id": str(id), "reason": "selesai"}, {"wali", "koor", "admin"}),
    "link": (
        lambda id: {"id": str(id), "package_id": factories.Dataset(owner_org="dinkes")["id"]},
        {"wali", "koor", "admin"},
    ),
    "excuse": (
        lambda id: {"id": str(id), "period": f"{city_today():%Y-%m}", "reason": "bencana"},
        {"wali", "admin"},
    ),
    "list": (lambda id: {}, set(PEOPLE)),
}
SHAPE = {
    "id", "title", "organization", "package_id", "frekuensi", "tahun_awal", "valid_from",
    "valid_until", "prioritas", "klasifikasi_akses", "jadwal", "register_year", "code",
}


@pytest.mark.parametrize("action", ACTIONS)
def test_each_person_may_what_the_table_says(kota: Any, call: Any, action: str) -> None:
    factories.Sysadmin(name="admin")
    ask, allowed = ACTIONS[action]
    for person in PEOPLE:
        data = ask(kota.item(f"Butir {person}"))
        if person not in allowed:
            with pytest.raises(tk.NotAuthorized):
                call(person, f"satudata_obligation_{action}", **data)
            model.Session.rollback()
            continue
        done = call(person, f"satudata_obligation_{action}", **data)
        if action == "list":
            assert done["count"] and set(done["results"][0]) >= SHAPE | {"status", "periods"}
        else:
            assert set(done) == SHAPE


def test_an_item_belongs_to_the_register_of_its_year_if_there_is_one(kota: Any, call: Any) -> None:
    new = {"title": "Baru", "organization": "dinkes", "frekuensi": "bulanan"}

    def created(start: str) -> int | None:
        done = call("koor", "satudata_obligation_create", valid_from=start, **new)
        return done["register_year"]

    assert created("2026-01-01") is None, "there is no register yet"
    call("koor", "satudata_register_import", year=2026, rows=[
        {"judul": "Jumlah kematian ibu", "opd": "dinkes", "frekuensi": "bulanan"}])
    assert created("2026-03-01") == 2026
    assert created("2027-01-01") is None


def test_a_dataset_is_linked_to_one_item_of_a_register(kota: Any, call: Any) -> None:
    dataset = factories.Dataset(owner_org="dinkes")
    first, second = kota.item("Satu"), kota.item("Dua")
    call("koor", "satudata_obligation_link", id=str(first), package_id=dataset["id"])
    call("koor", "satudata_obligation_link", id=str(first), package_id=dataset["name"])
    refused = {
        "link": {"id": str(second), "package_id": dataset["id"]},
        "create": {"title": "Tiga", "organization": "dinkes", "frekuensi": "bulanan",
                   "valid_from": "2026-01-01", "package_id": dataset["id"]},
    }
    for action, data in refused.items():
        with pytest.raises(tk.ValidationError) as told:
            call("koor", f"satudata_obligation_{action}", **data)
        assert "package_id" in told.value.error_dict
        model.Session.rollback()
    assert obligations.all_of_dataset(dataset["id"]) == [first]


@pytest.mark.parametrize(("item", "dataset", "after"), [
    ("terbuka", "terbuka", "terbuka"), ("terbuka", "terbatas", "terbatas"),
    ("terbuka", "", "tertutup"), ("tertutup", "terbuka", "tertutup"),
])
def test_of_an_item_and_its_dataset_the_more_closed_class_holds(
    kota: Any, call: Any, item: str, dataset: str, after: str
) -> None:
    """However the two are brought together: an item's title tells nothing of a closed dataset."""
    def linked_to() -> str:
        return factories.Dataset(owner_org="dinkes", klasifikasi_akses=dataset)["id"]

    new = {"title": "Baru", "organization": "dinkes", "frekuensi": "bulanan",
           "valid_from": "2026-01-01", "klasifikasi_akses": item}
    alone = call("koor", "satudata_obligation_create", **new)
    linked = call("koor", "satudata_obligation_link", id=alone["id"], package_id=linked_to())
    created = call("koor", "satudata_obligation_create", **new, package_id=linked_to())
    rows = [{"judul": "Dari lembar", "opd": "dinkes", "frekuensi": "bulanan",
             "klasifikasi_akses": item, "dataset": linked_to()}]
    call("koor", "satudata_register_import", year=2026, rows=rows)
    again = call("koor", "satudata_register_import", year=2026, rows=rows)
    assert again["unchanged"] == ["Dari lembar"]
    [read] = call("koor", "satudata_obligation_list", q="Dari lembar")["results"]
    assert [one["klasifikasi_akses"] for one in (linked, created, read)] == [after] * 3


def test_an_item_is_not_made_more_open_than_its_dataset(kota: Any, call: Any) -> None:
    dataset = factories.Dataset(owner_org="dinkes", klasifikasi_akses="terbatas")
    id = str(kota.item("Butir", klasifikasi_akses="terbuka"))
    call("koor", "satudata_obligation_link", id=id, package_id=dataset["id"])
    with pytest.raises(tk.ValidationError) as told:
        call("koor", "satudata_obligation_update", id=id, klasifikasi_akses="terbuka")
    assert "klasifikasi_akses" in told.value.error_dict
    model.Session.rollback()
    assert call("koor", "satudata_obligation_update", id=id, title="Lain")[
        "klasifikasi_akses"] == "terbatas"
    closed = call("koor", "satudata_obligation_update", id=id, klasifikasi_akses="tertutup")
    assert closed["klasifikasi_akses"] == "tertutup"


def test_the_id_of_a_hidden_dataset_is_for_those_who_see_it(kota: Any, call: Any) -> None:
    dataset = factories.Dataset(owner_org="dinkes", klasifikasi_akses="terbuka", private=True)
    id = kota.item("Butir terbuka", klasifikasi_akses="terbuka")
    call("koor", "satudata_obligation_link", id=str(id), package_id=dataset["id"])
    seen = {}
    for person in PEOPLE:
        if person == "admin":
            continue
        [item] = call(person, "satudata_obligation_list", q="Butir terbuka")["results"]
        seen[person] = item["package_id"]
    hidden = {person for person, package_id in seen.items() if package_id is None}
    assert hidden == {"", "lain"}
    assert set(seen.values()) == {None, dataset["id"]}


def test_retiring_never_lengthens(kota: Any, call: Any) -> None:
    today = city_today()
    soon, later = today + dt.timedelta(days=10), today + dt.timedelta(days=20)
    id = kota.item(valid_until=soon)
    with pytest.raises(tk.ValidationError) as told:
        call("koor", "satudata_obligation_retire", id=str(id), reason="x", valid_until=str(later))
    assert soon.isoformat() in told.value.error_dict["valid_until"][0]
    model.Session.rollback()
    again = call("koor", "satudata_obligation_retire", id=str(id), reason="x",
                 valid_until=str(soon))
    assert again["valid_until"] == soon.isoformat()
    done = call("koor", "satudata_obligation_retire", id=str(id), reason="x")
    assert done["valid_until"] == today.isoformat()


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a change of yesterday": ("update", {"effective_from": "2020-01-01"}, "effective_from"),
    "an end before the beginning": ("update", {"valid_until": "2019-01-01"}, "valid_until"),
    "a reason that is missing": ("retire", {}, "reason"),
    "retiring yesterday": ("retire", {"reason": "x", "valid_until": "2020-01-01"}, "valid_until"),
    "no dataset": ("link", {"package_id": "tidak-ada"}, "package_id"),
    "a period that is not owed": ("excuse", {"period": "1999-01", "reason": "x"}, "period"),
    "an extension of what is over": (
        "excuse", {"period": "2024-02", "reason": "x", "until": "2030-01-01"}, "until"),
    "taking nothing back": (
        "excuse", {"period": "2026-10", "reason": "x", "withdraw": True}, "period"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_on_its_field(kota: Any, call: Any, case: str) -> None:
    action, data, field = REFUSED[case]
    id = kota.item()
    with pytest.raises(tk.ValidationError) as told:
        call("wali", f"satudata_obligation_{action}", id=str(id), **data)
    assert field in told.value.error_dict
    model.Session.rollback()
    assert obligations.latest([id])[id].title == "Jumlah balita"


PERIODS = {
    "long before the item": ("1999-01", False),
    "due before it begins": ("2025-11", False),
    "of before, due in its validity": ("2025-12", True),
    "its own": ("2026-03", True),
}


@pytest.mark.parametrize("case", PERIODS)
def test_a_deposit_is_for_a_period_that_is_owed(kota: Any, call: Any, case: str) -> None:
    period, owed = PERIODS[case]
    id = kota.item(valid_from=dt.date(2026, 1, 1))
    data = {"obligation_id": str(id), "period": period, "kind": "nil", "note": " Tidak ada kasus "}
    if owed:
        done = call("petugas", "satudata_deposit_create", **data)
        assert (done["period"], done["note"]) == (period, "Tidak ada kasus")
        assert call("wali", "satudata_deposit_show", id=done["id"])["note"] == "Tidak ada kasus"
        return
    with pytest.raises(tk.ValidationError) as told:
        call("petugas", "satudata_deposit_create", **data)
    assert "period" in told.value.error_dict
