"""Fill a stock portal as a city's portal looks before Satu Data.

Prints as JSON what it made: `private` of each dataset, a token of each person and the address of
each file.
"""

from __future__ import annotations

import io
import json
import os

from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

app = make_app(load_config(os.environ["CKAN_INI"]))
DATASETS = [
    {"name": "jumlah-penduduk", "title": "Jumlah Penduduk"},
    {"name": "rencana-kerja", "title": "Rencana Kerja", "private": True},
    {"name": "panjang-jalan", "title": "Panjang Jalan", "notes": "Tanpa metadata lain"},
]


PEOPLE = ("anggota", "rekan", "tamu")


def person(context: dict, name: str) -> str:
    """Make a user; returns a token."""
    tk.get_action("user_create")(dict(context), {
        "name": name, "email": f"{name}@example.org", "password": "rahasia-sekali",
    })
    made = tk.get_action("api_token_create")(dict(context), {"user": name, "name": "uji"})
    return made["token"]


def with_file(context: dict, dataset: dict, office: str) -> tuple[dict, str]:
    """Make a dataset with an uploaded file; returns it and the address of the file."""
    stored = tk.get_action("package_create")(dict(context), {**dataset, "owner_org": office})
    upload = FileStorage(io.BytesIO(b"tahun,jumlah\n2025,7\n"), filename="berkas.csv")
    file = tk.get_action("resource_create")(dict(context), {
        "package_id": stored["id"], "upload": upload, "url": "berkas.csv", "format": "CSV",
    })
    return stored, f"/dataset/{stored['id']}/resource/{file['id']}/download/berkas.csv"


def main() -> None:
    """An organization with a member; datasets, one of them private with a collaborator."""
    with app._wsgi_app.test_request_context():
        site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
        context = {"user": site_user["name"], "ignore_auth": True}
        office = tk.get_action("organization_create")(
            dict(context), {"name": "dinas-contoh", "title": "Dinas Contoh"}
        )
        tokens = {name: person(context, name) for name in PEOPLE}
        tk.get_action("organization_member_create")(dict(context), {
            "id": office["id"], "username": "anggota", "role": "member",
        })
        private, files = {}, {}
        for dataset in DATASETS:
            stored, files[stored["name"]] = with_file(context, dataset, office["id"])
            private[stored["name"]] = stored["private"]
        tk.get_action("package_collaborator_create")(dict(context), {
            "id": "rencana-kerja",
            "user_id": model.User.get("rekan").id, "capacity": "editor",
        })
        model.Session.commit()
        print(json.dumps({"private": private, "tokens": tokens, "files": files}))


main()
