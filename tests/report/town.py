"""A small city in the database: an office of each state, a unit, closed items, a walidata."""
from __future__ import annotations

import datetime as dt
from typing import Any

from ckan import model
from ckan.tests import factories

from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import ensure

SYSTEM = Actor(None, CLI)
NOW = Quarter.of(dt.datetime.now(dt.timezone.utc).date())
LAST = NOW.previous()
PASSWORD = "Rahasia-Panjang-1"
#: Title of an item that is not open: it must not be seen by strangers.
SECRET = "Daftar penyintas kekerasan"


def build() -> dict[str, Any]:
    """Four offices: complete, partly with a unit and closed items, silent, nothing due.

    :returns: keys of the offices by their names
    """
    wali = factories.User(name="wali", password=PASSWORD)
    factories.User(name="petugas", password=PASSWORD)
    people.grant(wali["id"], "walidata", SYSTEM)
    opds = {
        "dinkes": office("dinkes", "Dinas Kesehatan"),
        "dishub": office("dishub", "Dinas Perhubungan <b>"),
        "dlh": office("dlh", "Dinas Lingkungan Hidup"),
        "satpol": office("satpol", "Satuan Polisi Pamong Praja"),
    }
    factories.Organization(name="puskesmas", title="UPTD Puskesmas", groups=[{"name": "dinkes"}])
    opds["puskesmas"] = ensure(model.Group.get("puskesmas").id)
    balita = item(opds["dinkes"], "Jumlah balita")
    item(opds["dinkes"], SECRET, "tertutup")
    item(opds["puskesmas"], "Jumlah kunjungan")
    item(opds["dishub"], "Jumlah angkutan")
    item(opds["dishub"], "=1+1 <script>alert(1)</script>")
    sampah = item(opds["dlh"], "Timbulan sampah")
    _came(balita, _months_due()[:1])
    _came(sampah, _months_due(), "nil")
    for year in {LAST.year, LAST.previous().year}:
        obligations.agree(year, dt.date(year, 1, 2), "BA/1", SYSTEM, origin="impor")
    model.Session.commit()
    return opds


def office(name: str, title: str) -> Any:
    """An office with its head and contacts; its key."""
    organization = factories.Organization(
        name=name, title=title, kepala_jabatan=f"Kepala {title}",
        kontak_surel=f"{name}@kota.go.id", petugas_data=f"Petugas {name}",
        kontak_telepon="(0321) 322404",
    )
    return ensure(organization["id"])


def item(opd: Any, title: str, klass: str = "terbuka", frekuensi: str = "bulanan") -> Any:
    """An item that an office owes."""
    terms = obligations.Terms(
        title=title, opd=opd, frekuensi=frekuensi, klasifikasi_akses=klass,
        valid_from=LAST.previous().first,
    )
    [id] = obligations.create_many([(None, terms)], SYSTEM)
    return id


def _came(id: Any, periods: list[str], kind: str = "file") -> None:
    store.import_past(
        [
            store.Past(id, period, kind, dt.datetime.fromisoformat(f"{LAST.first}T10:00:00+07:00"))
            for period in periods
        ],
        SYSTEM,
    )


def _months_due() -> list[str]:
    """The three months whose last day lies in the quarter: one before it and its first two."""
    first = LAST.first
    before = first - dt.timedelta(days=1)
    return [f"{before:%Y-%m}", f"{first:%Y-%m}", f"{first.replace(day=28) + dt.timedelta(5):%Y-%m}"]
