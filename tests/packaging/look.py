"""Look at a portal from outside and from its database; prints what is seen as JSON."""

from __future__ import annotations

import json
import os
import sys

import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins import toolkit as tk
from werkzeug.test import Client

app = make_app(load_config(os.environ["CKAN_INI"]))


def main(paths: list[str]) -> None:
    """Anonymous search and pages, and `private` as the database has it."""
    client = Client(app)  # through the middleware, as a server would
    with app._wsgi_app.test_request_context():
        rows = model.Session.execute(
            sa.text("select name, private from package where state = 'active'")
        ).all()
        found = tk.get_action("package_search")({"user": "", "auth_user_obj": None}, {"rows": 100})
        tables = sa.inspect(model.ensure_engine()).get_table_names()
    pages = {}
    for path in paths:
        answer = client.get(path)
        pages[path] = {"status": answer.status_code, "text": answer.get_data(as_text=True)}
    print(
        json.dumps(
            {
                "private": {row.name: row.private for row in rows},
                "public": sorted(row["name"] for row in found["results"]),
                "tables": sorted(name for name in tables if name.startswith("satudata_")),
                "pages": pages,
            }
        )
    )


main(sys.argv[1:])
