"""No way out is forgotten: whatever CKAN and its plugins answer is in the table or has a reason."""
from __future__ import annotations

import string
from typing import Any

import pytest
from ckan import logic

from . import ways


def test_every_action_that_reads(with_plugins: None) -> None:
    logic.get_action("package_show")
    reading = {
        name for name, action in logic._actions.items()
        if getattr(action, "side_effect_free", False)
    }
    known = {way.what for way in (*ways.LISTINGS, *ways.CALLS)} | set(ways.HARMLESS_ACTIONS)
    assert "\n".join(sorted(reading - known)) == ""


def test_every_page(app: Any) -> None:
    adapter = app.flask_app.url_map.bind("test.ckan.net")
    names = {**dict.fromkeys(_names(), "x"), "year": "2026"}
    known = set()
    for way in (*ways.LISTINGS, *ways.SINGLE_PAGES):
        if way.what.startswith("/"):
            path = way.what.partition("?")[0].format_map(names)
            if adapter.test(path, method="GET"):
                known.add(adapter.match(path, method="GET")[0])
    pages = {
        rule.endpoint for rule in app.flask_app.url_map.iter_rules() if "GET" in rule.methods
    }
    harmless = set(ways.HARMLESS_PAGES)
    left = {
        page for page in pages - known - harmless
        if page.partition(".")[0] not in harmless and not _is_twin(page, known | harmless)
    }
    assert "\n".join(sorted(left)) == ""


def _is_twin(page: str, known: set[str]) -> bool:
    """Whether it is a page that CKAN has under two names (``dataset_resource.read``)."""
    blueprint, _, name = page.partition(".")
    other = {"resource": "dataset_resource", "dataset_resource": "resource"}.get(blueprint)
    return f"{other}.{name}" in known


def _names() -> list[str]:
    """The names that addresses are filled with."""
    return [
        name for way in (*ways.LISTINGS, *ways.SINGLE_PAGES)
        for _, name, _, _ in string.Formatter().parse(way.what) if name
    ]


@pytest.mark.parametrize("table", ["HARMLESS_ACTIONS", "HARMLESS_PAGES"])
def test_nothing_is_called_harmless_and_a_way_out(table: str) -> None:
    known = {way.what for way in (*ways.LISTINGS, *ways.CALLS)}
    assert not known & set(getattr(ways, table))
