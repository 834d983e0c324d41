"""Reading costs what it costs without the plugin: no query per row, none for what is public."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

from ..counting import counted
from .town import Town, as_user, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


def ours(call: Callable[[], Any]) -> list[str]:
    """Statements that name a table of the plugin."""
    call()
    model.Session.commit()
    with counted() as seen:
        call()
    return [statement for statement in seen if "satudata_" in statement]


def test_showing_what_is_public_asks_nothing_of_our_tables(town: Town) -> None:
    dataset = town.shared("verified")
    assert ours(lambda: call(None, "package_show", id=dataset["id"])) == []


def test_showing_what_is_not_asks_once_for_its_standing(town: Town) -> None:
    dataset = town.shared("with_file")
    asked = ours(lambda: tk.get_action("package_show")({"ignore_auth": True}, {
        "id": dataset["id"]}))
    assert len(asked) == 1


def test_search_costs_the_same_for_one_row_and_for_many(town: Town) -> None:
    with uncommitted():
        for _ in range(4):
            town.verified()
    town.verified()
    for person in (None, "editor", "walidata"):
        user = town[person] if person else None

        def rows(number: int, user: dict[str, Any] | None = user) -> Callable[[], Any]:
            return lambda: call(user, "package_search", rows=number, include_private=True)

        one, many = ours(rows(1)), ours(rows(20))
        assert len(one) == len(many)
        # Nothing for the anonymous; for persons their roles.
        assert len(many) == (1 if person else 0), person


def test_the_queue_costs_the_same_for_one_row_and_for_many(town: Town) -> None:
    with uncommitted():
        for _ in range(3):
            town.submitted()
    town.submitted()

    def queue(limit: int) -> int:
        context = as_user(town["walidata"])
        data = {"limit": limit}
        tk.get_action("satudata_verification_queue")(dict(context), dict(data))
        with counted() as seen:
            tk.get_action("satudata_verification_queue")(dict(context), dict(data))
        return len(seen)

    assert queue(1) == queue(4)


def test_a_verification_is_one_document_for_the_index(town: Town, monkeypatch) -> None:
    from ckan.lib.search.index import PackageSearchIndex

    sent: list[str] = []
    original = PackageSearchIndex.index_package

    def noted(self: Any, pkg_dict: dict[str, Any], *rest: Any, **more: Any) -> None:
        sent.append(pkg_dict["id"])
        original(self, pkg_dict, *rest, **more)

    with uncommitted():
        dataset = town.with_file()
    monkeypatch.setattr(PackageSearchIndex, "index_package", noted)
    dataset = call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    assert sent == [dataset["id"]]
    call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
         content_hash=dataset["content_hash"])
    assert sent == [dataset["id"]] * 2


def test_the_index_keeps_what_is_computed_for_its_answers(town: Town) -> None:
    dataset = town.shared("verified")
    found = tk.get_action("package_search")({"ignore_auth": True}, {
        "fq": f'id:"{dataset["id"]}"', "fl": "validated_data_dict,status_alur"})
    stored = json.loads(found["results"][0]["validated_data_dict"])
    assert stored["status_alur"] == "terverifikasi"
    assert stored["content_hash"] == dataset["content_hash"]
