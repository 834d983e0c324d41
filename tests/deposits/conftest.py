"""An office with its people and items of the daftar data."""
from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace
from typing import Any

import pytest

ACCOUNT = {"petugas": "editor", "kepala": "admin", "anggota": "member"}


@pytest.fixture
def call() -> Any:
    """Call an action as a person, with the rights that person has."""
    from ckan.tests import helpers

    def as_person(name: str, action: str, **data: Any) -> Any:
        return helpers.call_action(action, {"user": name, "ignore_auth": False}, **data)

    return as_person


@pytest.fixture
def upload() -> Any:
    from werkzeug.datastructures import FileStorage

    def make(text: str = "kode,jumlah\n1,2\n", name: str = "data.csv") -> Any:
        return FileStorage(io.BytesIO(text.encode()), filename=name)

    return make


@pytest.fixture
def kota(with_plugins: Any, clean_db: Any, clean_index: Any) -> Any:
    """Two offices, their people, the roles, and one monthly item of the first office."""
    from ckan import model
    from ckan.tests import factories

    from ckanext.satudata.deposits import obligations
    from ckanext.satudata.journal.events import CLI, Actor
    from ckanext.satudata.opd import people
    from ckanext.satudata.opd.store import ensure

    system = Actor(None, CLI)
    names = (*ACCOUNT, "lain", "wali", "wali2", "koor")
    users = {name: factories.User(name=name) for name in names}
    dinkes = factories.Organization(
        name="dinkes", title="Dinas Kesehatan",
        users=[{"name": name, "capacity": role} for name, role in ACCOUNT.items()],
    )
    dishub = factories.Organization(
        name="dishub", title="Dinas Perhubungan", users=[{"name": "lain", "capacity": "editor"}]
    )
    for name, role in (("wali", "walidata"), ("wali2", "walidata"), ("koor", "koordinator")):
        people.grant(users[name]["id"], role, system)

    def item(title: str = "Jumlah balita", **terms: Any) -> Any:
        values: dict[str, Any] = {
            "title": title, "opd": ensure(dinkes["id"]), "frekuensi": "bulanan",
            "valid_from": dt.date(2024, 1, 1), "klasifikasi_akses": "terbuka", **terms,
        }
        [id] = obligations.create_many([(None, obligations.Terms(**values))], system)
        model.Session.commit()
        return id

    model.Session.commit()
    return SimpleNamespace(dinkes=dinkes, dishub=dishub, users=users, item=item, system=system)
