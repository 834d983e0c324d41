"""What access costs: search and showing a dataset, with the plugin and with a stock CKAN.

Run inside CKAN's environment on a portal that has datasets:
``CKAN_INI=ckan.ini python bench/access.py``.
Two processes on the same database and index, one of them without the plugin, are asked in turn, so
that what else the machine does falls on both. Nothing is kept: the portal stays as it was.
"""
from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: What is asked: by whom or of what, and the goal as told beside the result.
QUESTIONS: tuple[str, ...] = (
    "search, anonymous", "search, 30 memberships", "show, a public dataset")
GOAL = 1.05
MEMBERSHIPS = 30
#: Plugins that a stock CKAN does not have.
_NOT_STOCK = ("satudata", "scheming_datasets", "scheming_organizations", "scheming_groups")


def main() -> None:
    """Ask both in turn, print ratios; the exit status says whether the goals are reached."""
    options = _options()
    if options.worker:
        _work(options.worker)
        return
    stock, ours = Portal("stock"), Portal("plugin")
    reached = True
    print(f"{'':26}{'stock':>10}{'plugin':>10}{'ratio':>8}{'queries':>16}")
    for question in QUESTIONS:
        pairs = [(stock.ask(question), ours.ask(question)) for _ in range(options.rounds)]
        ratio = statistics.median(two["seconds"] / one["seconds"] for one, two in pairs)
        one, two = (min(row["seconds"] for row in rows) for rows in zip(*pairs, strict=True))
        before, after = pairs[-1][0]["queries"], pairs[-1][1]["queries"]
        good = after <= before if question.startswith("show") else ratio <= GOAL
        reached &= good
        print(f"{question:26}{one * 1000:8.2f}ms{two * 1000:8.2f}ms{ratio:8.3f}"
              f"{before:10} -> {after:<3} {'reached' if good else 'MISSED'}")
    print(f"goals: search at most {GOAL} of stock, no query more than stock to show")
    stock.end()
    ours.end()
    sys.exit(not reached)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--worker", choices=("stock", "plugin"), help=argparse.SUPPRESS)
    return parser.parse_args()


class Portal:
    """A process that answers questions, one a line."""

    def __init__(self, kind: str) -> None:
        command = [sys.executable, __file__, "--worker", kind]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._read()

    def ask(self, question: str) -> dict[str, Any]:
        """Seconds that one call took (the best of a few), and its queries to the database."""
        print(question, file=self.process.stdin, flush=True)
        return self._read()

    def end(self) -> None:
        """No more questions."""
        self.process.communicate("")

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit("the portal has ended; see above")


# -- in a process of its own ---------------------------------------------------------------------


def _work(kind: str) -> None:
    from ckan import model
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    config = load_config(os.environ["CKAN_INI"])
    if kind == "stock":
        names = str(config["ckan.plugins"]).split()
        config["ckan.plugins"] = " ".join(name for name in names if name not in _NOT_STOCK)
    app = make_app(config)
    with app._wsgi_app.test_request_context():
        try:
            calls = dict(zip(QUESTIONS, _calls(), strict=True))
            print("{}", flush=True)
            for line in sys.stdin:
                print(json.dumps(_measured(calls[line.strip()])), flush=True)
        finally:
            model.Session.rollback()


def _calls() -> tuple[Callable[[], Any], ...]:
    import ckan.plugins.toolkit as tk

    def search(user: Any) -> Callable[[], Any]:
        return lambda: tk.get_action("package_search")(
            {"user": user.name if user else "", "auth_user_obj": user},
            {"rows": 20, "include_private": True, "facet.field": ["organization", "tags"]},
        )

    found = tk.get_action("package_search")({"user": "", "auth_user_obj": None}, {"rows": 1})
    if not found["results"]:
        raise SystemExit("there is no public dataset on this portal")
    shown = found["results"][0]["id"]
    return search(None), search(_person()), lambda: tk.get_action("package_show")(
        {"user": "", "auth_user_obj": None}, {"id": shown})


def _person() -> Any:
    """Somebody who belongs to thirty offices; never committed."""
    from ckan import model

    mark = uuid.uuid4().hex[:8]
    user = model.User(name=f"bench-{mark}", email=f"bench-{mark}@example.org")
    offices = model.Session.query(model.Group).filter_by(
        type="organization", state="active").limit(MEMBERSHIPS).all()
    while len(offices) < MEMBERSHIPS:
        offices.append(model.Group(
            name=f"bench-{mark}-{len(offices)}", type="organization", is_organization=True))
    model.Session.add_all([user, *offices])
    model.Session.flush()
    model.Session.add_all([
        # By the office itself: its id alone is overwritten by the constructor.
        model.Member(table_name="user", table_id=user.id, group=office, capacity="editor")
        for office in offices
    ])
    model.Session.flush()
    belongs = model.Session.query(model.Member).filter(
        model.Member.table_id == user.id, model.Member.group_id.isnot(None)).count()
    assert belongs == MEMBERSHIPS, belongs
    return user


def _measured(call: Callable[[], Any]) -> dict[str, Any]:
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    with _counted() as queries:
        call()
    return {"seconds": min(seconds), "queries": len(queries)}


@contextmanager
def _counted() -> Iterator[list[str]]:
    from ckan import model
    from sqlalchemy import event

    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    engine = model.ensure_engine()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main()
