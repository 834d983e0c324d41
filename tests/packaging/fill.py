"""Fill a stock portal as a city's portal looks before Satu Data; prints what it made as JSON."""

from __future__ import annotations

import json
import os

from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins import toolkit as tk

app = make_app(load_config(os.environ["CKAN_INI"]))
DATASETS = [
    {"name": "jumlah-penduduk", "title": "Jumlah Penduduk"},
    {"name": "rencana-kerja", "title": "Rencana Kerja", "private": True},
    {"name": "panjang-jalan", "title": "Panjang Jalan", "notes": "Tanpa metadata lain"},
]


def main() -> None:
    """Make an organization and its datasets, one of them private, with a link each."""
    with app._wsgi_app.test_request_context():
        site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
        context = {"user": site_user["name"], "ignore_auth": True}
        office = tk.get_action("organization_create")(
            dict(context), {"name": "dinas-contoh", "title": "Dinas Contoh"}
        )
        made = {}
        for dataset in DATASETS:
            link = {"url": "https://example.org/berkas.csv", "format": "CSV", "name": "berkas"}
            stored = tk.get_action("package_create")(
                dict(context), {**dataset, "owner_org": office["id"], "resources": [link]}
            )
            made[stored["name"]] = stored["private"]
        model.Session.commit()
        print(json.dumps(made))


main()
