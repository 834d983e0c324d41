"""Look at a portal from outside and from its database; prints what is seen as JSON.

Takes as JSON `pages` (addresses for the anonymous) and what `fill.py` made.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins import toolkit as tk
from werkzeug.test import Client

app = make_app(load_config(os.environ["CKAN_INI"]))


def seen_by(client: Client, name: str, token: str, files: dict[str, str]) -> dict[str, Any]:
    """What a person finds, opens, downloads and may edit."""
    headers = {"Authorization": token}

    def api(action: str, **data: Any) -> Any:
        answer = client.post(f"/api/3/action/{action}", json=data, headers=headers)
        return (answer.get_json() or {}).get("result")

    found = api("package_search", include_private=True, rows=100)
    return {
        "finds": sorted(row["name"] for row in found["results"]),
        "shows": [one for one in files if api("package_show", id=one)],
        "downloads": {
            one: client.get(path, headers=headers).status_code for one, path in files.items()
        },
        "edits": [one for one in files if may_edit(name, one)],
    }


def may_edit(person: str, dataset: str) -> bool:
    """Whether a person may update a dataset."""
    with app._wsgi_app.test_request_context():
        context = {"user": person, "auth_user_obj": model.User.get(person)}
        try:
            tk.check_access("package_update", context, {"id": dataset})
        except (tk.NotAuthorized, tk.ObjectNotFound):
            return False
    return True


def main(pages: list[str], tokens: dict[str, str], files: dict[str, str]) -> None:
    """Anonymous search and pages, what each person sees, `private` as the database has it."""
    client = Client(app)  # through the middleware, as a server would
    with app._wsgi_app.test_request_context():
        rows = model.Session.execute(
            sa.text("select name, private from package where state = 'active'")
        ).all()
        found = tk.get_action("package_search")({"user": "", "auth_user_obj": None}, {"rows": 100})
        tables = sa.inspect(model.ensure_engine()).get_table_names()
    # Outside of it: Flask would take the first person for all of them.
    people = {name: seen_by(client, name, token, files) for name, token in tokens.items()}
    answers = {}
    for path in pages:
        answer = client.get(path)
        answers[path] = {"status": answer.status_code, "text": answer.get_data(as_text=True)}
    print(
        json.dumps(
            {
                "private": {row.name: row.private for row in rows},
                "public": sorted(row["name"] for row in found["results"]),
                "tables": sorted(name for name in tables if name.startswith("satudata_")),
                "pages": answers,
                "people": people,
            }
        )
    )


asked = json.loads(sys.argv[1])
main(asked["pages"], asked["tokens"], asked["files"])
