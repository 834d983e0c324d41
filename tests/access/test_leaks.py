"""What was public or listed once goes with its dataset; the ways out one by one: ``sealed/``."""
from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict", "public_people")

#: A word that nothing else in the portal has.
WORD = "kzwarna"

STRANGERS = (None, "outsider", "third_member")


def marked(number: int) -> dict[str, Any]:
    """Every text of a dataset that could come out somewhere carries the word."""
    word = f"{WORD}{number}"
    return {
        "name": f"data-{word}", "title": f"Judul {word}", "notes": f"Catatan {word}",
        "tags": [{"name": f"tag-{word}"}], "produsen_data": f"Bidang {word}",
        "sds_konsep": f"Konsep {word}",
    }


@pytest.fixture
def hidden(town: Town) -> list[dict[str, Any]]:
    """One dataset for each reason for which strangers must not see one."""
    if "hidden" not in town.kept:
        with uncommitted():
            draft = town.with_file(**marked(1))
            waiting = town.submitted(**marked(2))
            closed = town.verified(**marked(3), klasifikasi_akses="tertutup", **CLOSED)
            once_public = town.verified(**marked(4))
            call(town["editor"], "package_patch", id=once_public["id"],
                 klasifikasi_akses="tertutup", **CLOSED)
            revoked = town.verified(**marked(5))
            call(town["walidata"], "satudata_dataset_revoke", id=revoked["id"], note="Keliru.",
                 content_hash=revoked["content_hash"])
            deleted = town.verified(**marked(6))
            call(town["walidata"], "package_delete", id=deleted["id"])
        town.kept["public"] = town.verified()
        town.kept["hidden"] = {
            "all": [draft, waiting, closed, once_public, revoked, deleted]}
    return [town.show(one) for one in town.kept["hidden"]["all"]]


def test_what_was_said_while_public_follows_the_dataset(town: Town) -> None:
    dataset = town.verified(title=f"Judul {WORD}9", name=f"data-{WORD}9")

    def streams(user: dict[str, Any] | None) -> str:
        return json.dumps([
            call(user, "recently_changed_packages_activity_list", limit=100),
            call(user, "user_activity_list", id=town["walidata"]["id"], limit=100),
            call(user, "organization_activity_list", id=town.office["id"], limit=100),
        ])

    assert f"{WORD}9" in streams(None)
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert f"{WORD}9" not in streams(None)
    assert f"{WORD}9" in streams(town["member"])


def test_tags_of_hidden_datasets_are_not_listed(
    town: Town, hidden: list[dict[str, Any]]
) -> None:
    for person in STRANGERS:
        user = town[person] if person else None
        for action, data in (
            ("tag_list", {}), ("tag_list", {"query": WORD}),
            ("tag_search", {"query": WORD}), ("tag_autocomplete", {"query": WORD}),
        ):
            assert WORD not in json.dumps(call(user, action, **data)), action
        with pytest.raises(tk.ObjectNotFound):
            call(user, "tag_show", id=f"tag-{WORD}3")
        assert "kesehatan" in call(user, "tag_list")
        assert call(user, "tag_search", query="keseh", limit=1)["count"] == 1
    assert f"tag-{WORD}3" in call(town["editor"], "tag_list")
    assert f"tag-{WORD}3" in call(town["editor"], "tag_autocomplete", query=f"tag-{WORD}", limit=9)


def test_every_hidden_dataset_is_private_in_the_database(
    town: Town, hidden: list[dict[str, Any]]
) -> None:
    model.Session.expire_all()
    for dataset in hidden:
        package = model.Package.get(dataset["id"])
        assert package is not None
        assert package.private, dataset["title"]


def test_what_other_offices_read_while_verified_goes_with_the_verification(town: Town) -> None:
    dataset = town.verified(
        title=f"Judul {WORD}8", name=f"data-{WORD}8", klasifikasi_akses="terbatas",
        opd_diizinkan=[town.other["name"]], **CLOSED)

    def stream() -> str:
        user = call(town["third_member"], "user_activity_list", id=town["editor"]["id"], limit=50)
        return json.dumps(user)

    call(town["editor"], "package_patch", id=dataset["id"], notes=f"Catatan {WORD}8")
    assert f"{WORD}8" in stream()
    call(town["walidata"], "satudata_dataset_revoke", id=dataset["id"], note="Keliru.",
         content_hash=town.show(dataset)["content_hash"])
    assert f"{WORD}8" not in stream()
