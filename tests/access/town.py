"""A small city to look at: offices, people of every kind, datasets in every state and class."""
from __future__ import annotations

import io
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.tests import factories
from werkzeug.datastructures import FileStorage

from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people

CSV = b"kode_wilayah,tahun,jumlah\n35.76.01,2026,12\n35.76.02,2026,18\n"
_number = itertools.count(1)

COMPLETE: dict[str, Any] = {
    "notes": "Jumlah balita stunting menurut kelurahan di Kota Mojokerto.",
    "license_id": "cc-by",
    "tags": [{"name": "kesehatan"}],
    "jenis_data": "statistik",
    "tipe_entri": "variabel",
    "topik": "perlindungan-sosial-kesehatan",
    "bidang_urusan": "1.02",
    "tingkat_penyajian": "kelurahan",
    "cakupan": "Kota Mojokerto",
    "kode_wilayah": "35.76",
    "dimensi_awal": "2020",
    "dimensi_akhir": "2025",
    "frekuensi": "tahunan",
    "produsen_data": "Bidang Kesehatan Masyarakat",
    "penanggung_jawab": "Kepala Bidang Kesehatan Masyarakat",
    "kontak_produsen": "dinkes@mojokertokota.go.id",
    "sds_konsep": "Stunting",
    "sds_definisi": "Balita dengan tinggi badan di bawah standar.",
    "sds_klasifikasi": "Kelurahan",
    "sds_ukuran": "jumlah",
    "sds_satuan": "orang",
    "mengandung_data_pribadi": "anonim",
    "klasifikasi_akses": "terbuka",
}
CLOSED: dict[str, Any] = {
    "alasan_pengecualian": "kip17h",
    "uraian_alasan": "Memuat riwayat kesehatan perorangan.",
    "dasar_hukum_pengecualian": "UU 14/2008 pasal 17 huruf h",
    "nomor_uji_konsekuensi": "188/12/PPID/2026",
    "tanggal_uji_konsekuensi": "2026-01-10",
    "pejabat_ppid": "Kepala Dinas Komunikasi dan Informatika",
    "jangka_waktu_mulai": "2026-01-10",
    "jangka_waktu_akhir": "2027-01-09",
    "tanggal_tinjau_ulang": "2026-12-01",
}


def upload(name: str = "data.csv", body: bytes = CSV) -> FileStorage:
    """A file as a form or the API brings it."""
    return FileStorage(io.BytesIO(body), filename=name, content_type="text/csv")


def as_user(user: dict[str, Any] | None) -> dict[str, Any]:
    """The context of a person's own call: nothing is skipped."""
    found = model.User.get(user["id"]) if user else None
    return {
        "user": user["name"] if user else "", "auth_user_obj": found, "ignore_auth": False,
    }


def call(user: dict[str, Any] | None, action: str, **data: Any) -> Any:
    """Call an action as a person."""
    return tk.get_action(action)(as_user(user), data)


@contextmanager
def uncommitted() -> Iterator[None]:
    """Let Solr wait with its commit: what is on its way to something else need not be found."""
    before = tk.config["ckan.search.solr_commit"]
    tk.config["ckan.search.solr_commit"] = False
    try:
        yield
    finally:
        tk.config["ckan.search.solr_commit"] = before


def job() -> dict[str, Any]:
    """The context of a job: CKAN's own user, nothing asked."""
    site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"ignore_auth": True, "user": site_user["name"]}


@dataclass
class Town:
    """An office below another, two more offices, and people of every kind."""

    office: dict[str, Any]
    parent: dict[str, Any]
    other: dict[str, Any]
    third: dict[str, Any]
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self.users[name]

    def draft(self, by: str = "editor", **more: Any) -> dict[str, Any]:
        """A complete dataset that nobody has submitted."""
        name = f"data-{next(_number)}-{uuid.uuid4().hex[:6]}"
        return call(self[by], "package_create", **{
            "name": name, "title": f"Jumlah balita {name}", "owner_org": self.office["id"],
            **COMPLETE, **more,
        })

    def with_file(self, by: str = "editor", **more: Any) -> dict[str, Any]:
        """A complete dataset with an uploaded file."""
        with uncommitted():
            dataset = self.draft(by, **more)
        call(
            self[by], "resource_create", package_id=dataset["id"], upload=upload(), format="CSV",
            name="Data 2025", periode="2025", jenis_berkas="data", url="data.csv",
        )
        return call(self[by], "package_show", id=dataset["id"])

    def submitted(self, by: str = "editor", **more: Any) -> dict[str, Any]:
        """A dataset that waits for the walidata."""
        with uncommitted():
            dataset = self.with_file(by, **more)
        return call(self[by], "satudata_dataset_submit", id=dataset["id"])

    def verified(self, by: str = "editor", **more: Any) -> dict[str, Any]:
        """A dataset that a walidata has verified."""
        with uncommitted():
            dataset = self.submitted(by, **more)
        return call(
            self["walidata"], "satudata_dataset_verify", id=dataset["id"],
            content_hash=dataset["content_hash"],
        )

    def shared(self, stage: str) -> dict[str, Any]:
        """One dataset of a stage, for all tests that leave it as it is."""
        if stage not in self.kept:
            self.kept[stage] = getattr(self, stage)()
        return self.show(self.kept[stage])

    def show(self, dataset: dict[str, Any]) -> dict[str, Any]:
        """The dataset as it is now."""
        return tk.get_action("package_show")({"ignore_auth": True}, {"id": dataset["id"]})


def build_town() -> Town:
    """Offices and people, made through CKAN's own actions."""
    people_of = {
        name: factories.User(name=f"{name.replace('_', '-')}-{uuid.uuid4().hex[:6]}")
        for name in (
            "member", "editor", "admin", "editor2", "parent_admin", "parent_editor", "other_member",
            "other_editor", "outsider", "walidata", "walidata2", "koordinator", "pimpinan",
            "pembina", "ppid", "collaborator", "third_member",
        )
    }
    people_of["sysadmin"] = factories.Sysadmin()

    def members(**capacities: str) -> list[dict[str, str]]:
        return [
            {"name": people_of[name]["name"], "capacity": capacity}
            for name, capacity in capacities.items()
        ]

    mark = uuid.uuid4().hex[:6]
    parent = factories.Organization(
        name=f"dinkes-{mark}", users=members(parent_admin="admin", parent_editor="editor"))
    office = factories.Organization(
        name=f"puskesmas-{mark}", induk=parent["name"], groups=[{"name": parent["name"]}],
        users=members(member="member", editor="editor", editor2="editor", admin="admin"))
    other = factories.Organization(
        name=f"dishub-{mark}", users=members(other_member="member", other_editor="editor"))
    third = factories.Organization(name=f"dispora-{mark}", users=members(third_member="editor"))
    by = Actor(None, CLI)
    for name, role in (
        ("walidata", people.WALIDATA), ("walidata2", people.WALIDATA),
        ("koordinator", people.KOORDINATOR), ("pimpinan", people.PIMPINAN),
        ("pembina", people.PEMBINA), ("ppid", people.PPID),
    ):
        people.grant(people_of[name]["id"], role, by)
    model.Session.commit()
    return Town(office, parent, other, third, people_of)


