"""The pembina's opinion on a real portal: asked, given, shown, and not waited for too long."""
from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import submissions
from ckanext.satudata.access.model import submission
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import clock, events
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import store as offices

from ..counting import counted
from .town import CLOSED, Town, as_user, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


def priority(town: Town, dataset: dict[str, Any]) -> dict[str, Any]:
    """The dataset as one of an item that is data prioritas."""
    terms = obligations.Terms(
        "Jumlah balita", offices.key(town.office["id"]), "tahunan", dt.date(2024, 1, 1),
        prioritas=True, klasifikasi_akses="terbuka", register_year=2026,
    )
    obligations.create_many([(dataset["id"], terms)], Actor(None, CLI))
    model.Session.commit()
    return dataset


def submitted(town: Town, **more: Any) -> dict[str, Any]:
    """Data prioritas that waits for the walidata."""
    with uncommitted():
        dataset = priority(town, town.with_file(**more))
    return call(town["editor"], "satudata_dataset_submit", id=dataset["id"])


def verify(town: Town, dataset: dict[str, Any], by: str = "walidata") -> Any:
    return call(town[by], "satudata_dataset_verify", id=dataset["id"],
                content_hash=town.show(dataset)["content_hash"])


def asked_before(dataset: dict[str, Any], days: int) -> None:
    """As if the opinion had been asked for so many days ago."""
    model.Session.execute(
        sa.update(submission).where(submission.c.package_id == dataset["id"])
        .values(opinion_asked_at=clock.now() - dt.timedelta(days=days)))
    model.Session.commit()


def types(dataset: dict[str, Any]) -> list[str]:
    return [one["type"] for one in events.history([("dataset", dataset["id"])])]


def test_it_is_asked_for_on_data_prioritas_only(town: Town) -> None:
    plain, asked = town.submitted(), submitted(town)
    assert "dataset.opinion_asked" not in types(plain)
    assert types(asked).count("dataset.opinion_asked") == 1
    assert verify(town, plain)["status_alur"] == "terverifikasi"


def test_what_a_pembina_does_not_see_is_not_asked(town: Town) -> None:
    closed = submitted(town, klasifikasi_akses="tertutup", **CLOSED)
    assert "dataset.opinion_asked" not in types(closed)
    assert verify(town, closed)["status_alur"] == "terverifikasi"


@pytest.mark.parametrize(("klass", "asked"), [("terbatas", True), ("tertutup", False)])
def test_it_is_asked_for_when_what_is_verified_is_to_be_opened(
    town: Town, klass: str, asked: bool
) -> None:
    """That waits for a verification like what is submitted, of the class that still counts."""
    more = {"opd_diizinkan": [town.other["name"]]} if klass == "terbatas" else {}
    dataset = priority(town, town.verified(klasifikasi_akses=klass, **CLOSED, **more))
    assert "dataset.opinion_asked" not in types(dataset)
    opened = call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    assert opened["status_alur"] == "diajukan"
    assert types(dataset).count("dataset.opinion_asked") == asked
    assert (submissions.require(dataset["id"]).opinion_asked_at is not None) == asked
    if asked:
        with pytest.raises(tk.ValidationError) as refused:
            verify(town, dataset)
        assert list(refused.value.error_dict) == ["opinion"]


@pytest.mark.parametrize("said", ["setuju", "keberatan"])
def test_a_verification_waits_for_it_and_goes_on_whatever_it_says(town: Town, said: str) -> None:
    dataset = submitted(town)
    with pytest.raises(tk.ValidationError) as refused:
        verify(town, dataset)
    assert list(refused.value.error_dict) == ["opinion"]
    call(town["pembina"], "satudata_comment", id=dataset["id"], text="Konsepnya jelas.",
         opinion=said)
    row = submissions.require(dataset["id"])
    assert row.opinion == said
    last = events.history([("dataset", dataset["id"])])[-1]
    assert (last["by"], last["note"]) == (town["pembina"]["id"], "Konsepnya jelas.")
    assert last["hash"] == dataset["content_hash"]
    assert verify(town, dataset)["status_alur"] == "terverifikasi"


@pytest.mark.parametrize(("days_ago", "option", "waits"), [
    (0, 5, True), (30, 5, False), (0, 0, False), (1, 30, True),
])
def test_it_is_not_waited_for_beyond_the_set_time(
    town: Town, monkeypatch: pytest.MonkeyPatch, days_ago: int, option: int, waits: bool
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.opinion_days", option)
    dataset = submitted(town)
    asked_before(dataset, days_ago)
    if waits:
        with pytest.raises(tk.ValidationError):
            verify(town, dataset)
    else:
        assert verify(town, dataset)["status_alur"] == "terverifikasi"


def test_returning_and_unblocking_do_not_wait(town: Town) -> None:
    one, two = submitted(town), submitted(town)
    call(town["walidata"], "satudata_dataset_return", id=one["id"], note="Satuan keliru.",
         content_hash=one["content_hash"])
    call(town["sysadmin"], "satudata_dataset_unblock", id=two["id"], note="Mendesak.",
         content_hash=two["content_hash"])
    assert town.show(one)["status_alur"] == "dikembalikan"
    assert town.show(two)["status_alur"] == "terverifikasi"


def test_submitted_again_it_is_asked_for_again(town: Town) -> None:
    dataset = submitted(town)
    call(town["pembina"], "satudata_comment", id=dataset["id"], text="Keliru.", opinion="keberatan")
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"], note="Lihat pendapat.",
         content_hash=dataset["content_hash"])
    call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    assert submissions.require(dataset["id"]).opinion is None
    with pytest.raises(tk.ValidationError):
        verify(town, dataset)


MAY_GIVE = {
    "pembina": True, "sysadmin": True, "walidata": False, "editor": False, "koordinator": False,
    "pimpinan": False,
}


@pytest.mark.parametrize(("person", "may"), MAY_GIVE.items())
def test_only_a_pembina_gives_one(town: Town, person: str, may: bool) -> None:
    dataset = submitted(town)
    data = {"id": dataset["id"], "text": "Baik.", "opinion": "setuju"}
    if may:
        call(town[person], "satudata_comment", **data)
    else:
        with pytest.raises(tk.NotAuthorized):
            call(town[person], "satudata_comment", **data)
        assert submissions.require(dataset["id"]).opinion is None


@pytest.mark.parametrize(("more", "field"), [
    ({"opinion": "mungkin"}, "opinion"), ({"opinion": ["setuju"]}, "opinion"),
    ({"opinion": "setuju", "text": ""}, "text"),
])
def test_what_is_none_is_refused(town: Town, more: dict[str, Any], field: str) -> None:
    dataset = submitted(town)
    with pytest.raises(tk.ValidationError) as refused:
        call(town["pembina"], "satudata_comment", **{"id": dataset["id"], "text": "Baik.", **more})
    assert list(refused.value.error_dict) == [field]


def test_where_none_is_asked_for_none_is_taken(town: Town) -> None:
    for dataset in (town.submitted(), priority(town, town.with_file())):
        with pytest.raises(tk.ValidationError) as refused:
            call(town["pembina"], "satudata_comment", id=dataset["id"], text="Baik.",
                 opinion="setuju")
        assert list(refused.value.error_dict) == ["opinion"]


def test_what_waits_for_the_pembina_is_listed_with_a_fixed_number_of_queries(town: Town) -> None:
    def listed() -> tuple[set[str], int]:
        found = tk.get_action("satudata_opinion_list")(as_user(town["pembina"]), {"limit": 100})
        assert found["count"] == len(found["results"])
        with counted() as seen:
            tk.get_action("satudata_opinion_list")(as_user(town["pembina"]), {"limit": 100})
        return {one["id"] for one in found["results"]}, len(seen)

    first = submitted(town)
    before, cost = listed()
    assert first["id"] in before
    more = [submitted(town) for _ in range(3)]
    after, cost_of_more = listed()
    assert {one["id"] for one in more} <= after and cost_of_more == cost
    call(town["pembina"], "satudata_comment", id=first["id"], text="Baik.", opinion="setuju")
    assert first["id"] not in listed()[0]
    call(town["editor"], "package_patch", id=more[0]["id"], klasifikasi_akses="tertutup")
    assert more[0]["id"] not in listed()[0]


@pytest.mark.parametrize("person", ["editor", "koordinator", "pimpinan", "outsider"])
def test_the_list_is_for_pembina_and_walidata(town: Town, person: str) -> None:
    with pytest.raises(tk.NotAuthorized):
        call(town[person], "satudata_opinion_list")


def test_the_pembina_reads_their_own_opinion_in_the_history(town: Town) -> None:
    dataset = submitted(town)
    call(town["pembina"], "satudata_comment", id=dataset["id"], text="Baik.", opinion="setuju")
    seen = call(town["pembina"], "satudata_history", id=dataset["id"])
    assert [(one["type"], one["note"]) for one in seen] == [("dataset.opinion_agrees", "Baik.")]
