"""`ckan satudata why`: the rule, in words, from the function that decided."""
from __future__ import annotations

from typing import Any

import pytest
from ckan import model

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


def why(cli: Any, dataset: dict[str, Any]) -> str:
    from ckan.cli.cli import ckan

    answer = cli.invoke(ckan, ["satudata", "why", dataset["name"]])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_each_rule_and_its_events(town: Town, cli: Any) -> None:
    with uncommitted():
        cases = {
            "not_verified": town.draft(),
            "no_class": town.draft(klasifikasi_akses=""),
            "closed_class": town.draft(klasifikasi_akses="tertutup", **CLOSED),
            "verified": town.shared("verified"),
        }
    for rule, dataset in cases.items():
        said = why(cli, dataset)
        assert f"[{rule}]" in said
        assert "dataset.created" in said
    assert "dataset.verified" in why(cli, cases["verified"])
    assert town["walidata"]["id"] in why(cli, cases["verified"])


def test_it_says_when_the_database_is_out_of_order(town: Town, cli: Any) -> None:
    with uncommitted():
        dataset = town.draft()
    before = why(cli, dataset)
    package = model.Package.get(dataset["id"])
    assert package is not None
    package.private = False
    model.Session.commit()
    after = why(cli, dataset)
    assert len(after.splitlines()) != len(before.splitlines()) or after != before
    assert "[not_verified]" in after


def test_an_unknown_dataset_is_said_to_be_none(town: Town, cli: Any) -> None:
    from ckan.cli.cli import ckan

    answer = cli.invoke(ckan, ["satudata", "why", "tidak-ada"])
    assert answer.exit_code == 1
    assert "tidak-ada" in answer.output


def test_notes_and_requests_are_told(town: Town, cli: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
         content_hash=dataset["content_hash"], note="Perbaiki satuan.")
    said = why(cli, dataset)
    assert "Perbaiki satuan." in said
    assert "dikembalikan" in said
