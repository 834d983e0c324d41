"""Two at once, each with a connection of their own: a decision is about what was looked at."""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import submissions
from ckanext.satudata.deposits import obligations, register, store
from ckanext.satudata.journal import events, sheets
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people
from tests.deposits.test_locks import Person

from .town import CLOSED, CSV, Town, as_user, call, uncommitted, upload

pytestmark = pytest.mark.usefixtures("strict")

SYSTEM = Actor(None, CLI)


def waits() -> None:
    """Until another connection waits for a row that this one holds."""
    for _ in range(600):
        number = model.Session.execute(sa.text(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()")).scalar_one()
        if number:
            return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def meanwhile(
    app: Any, package_id: str, theirs: Callable[[], Any], ours: Callable[[], Any]
) -> BaseException | None:
    """Begin ``theirs`` while the dataset is held, do ``ours``, let go; how ``theirs`` ended."""
    model.Session.remove()
    submissions.lock(package_id)
    other = Person(app, theirs)
    other.start()
    waits()
    ours()
    model.Session.commit()
    other.join(60)
    assert not other.is_alive(), "two transactions wait for each other"
    return other.error


def test_an_edit_against_a_verification(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    error = meanwhile(
        app, dataset["id"],
        lambda: call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
                     content_hash=dataset["content_hash"]),
        lambda: call(town["editor"], "package_patch", id=dataset["id"], notes="Lain sama sekali."),
    )
    assert isinstance(error, tk.ValidationError) and "content_hash" in error.error_dict
    after = town.show(dataset)
    assert (after["status_alur"], after["notes"]) == ("diajukan", "Lain sama sekali.")


def test_rows_that_are_written_against_a_verification(town: Town, app: Any) -> None:
    dataset = town.draft()
    rows = call(
        town["editor"], "datastore_create", resource={
            "package_id": dataset["id"], "name": "Baris", "format": "CSV", "periode": "2025",
            "jenis_berkas": "data"}, records=[{"kode": "a", "jumlah": 1}])
    dataset = call(town["editor"], "satudata_dataset_submit", id=dataset["id"])
    refused: list[tk.ValidationError] = []

    def write() -> None:
        try:
            call(town["editor"], "datastore_upsert", resource_id=rows["resource_id"],
                 method="insert", records=[{"kode": "b", "jumlah": 2}])
        except tk.ValidationError as no:
            model.Session.rollback()
            refused.append(no)

    error = meanwhile(
        app, dataset["id"],
        lambda: call(town["walidata"], "satudata_dataset_verify", id=dataset["id"],
                     content_hash=dataset["content_hash"]),
        write,
    )
    written = call(
        town["editor"], "datastore_search", resource_id=rows["resource_id"])["total"]
    if error is None:
        # Whoever verified came first: what is public takes no rows.
        assert refused and written == 1
    else:
        assert isinstance(error, tk.ValidationError) and "content_hash" in error.error_dict
        assert town.show(dataset)["private"] and not refused and written == 2


@pytest.mark.parametrize("action", ["verify", "return"])
def test_a_role_that_ends_against_a_decision(town: Town, app: Any, action: str) -> None:
    with uncommitted():
        dataset = town.submitted()
    grant = people.grant(town["outsider"]["id"], people.WALIDATA, SYSTEM)
    model.Session.commit()
    error = meanwhile(
        app, dataset["id"],
        lambda: call(town["outsider"], f"satudata_dataset_{action}", id=dataset["id"],
                     content_hash=dataset["content_hash"], note="Tidak lagi."),
        lambda: people.revoke(grant.person, people.WALIDATA, SYSTEM),
    )
    assert isinstance(error, tk.NotAuthorized | tk.ObjectNotFound)
    assert town.show(dataset)["status_alur"] == "diajukan"


def test_a_role_that_ends_against_saying_who_looks(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    grant = people.grant(town["outsider"]["id"], people.WALIDATA, SYSTEM)
    model.Session.commit()
    error = meanwhile(
        app, dataset["id"],
        lambda: tk.get_action("satudata_assign")(
            as_user(town["outsider"]), {"id": dataset["id"], "user": town["walidata"]["id"]}),
        lambda: people.revoke(grant.person, people.WALIDATA, SYSTEM),
    )
    assert isinstance(error, tk.NotAuthorized | tk.ObjectNotFound)
    assert submissions.require(dataset["id"]).assigned_to is None


def test_a_class_that_closes_against_an_import(town: Town, app: Any) -> None:
    """What the import links has the class that its dataset has by then."""
    with uncommitted():
        dataset = town.verified()

    def brought() -> None:
        done = register.run(
            sheets.from_dicts([{
                "judul": "Butir daftar", "opd": town.office["name"], "frekuensi": "tahunan",
                "klasifikasi_akses": "terbuka", "dataset": dataset["name"],
            }]),
            city_today().year + 1, SYSTEM, dry_run=False, retire_missing=False, confirm=False,
        )
        assert not done["errors"]

    error = meanwhile(
        app, dataset["id"], brought,
        lambda: call(town["editor"], "package_patch", id=dataset["id"],
                     klasifikasi_akses="tertutup", **CLOSED),
    )
    assert error is None
    terms = obligations.latest(obligations.all_of_dataset(dataset["id"])).values()
    assert {one.klasifikasi_akses for one in terms} == {"tertutup"}
    assert "Butir daftar" in {one.title for one in terms}


@pytest.fixture
def public(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A public dataset, and a file that waits for it."""
    with uncommitted():
        dataset = town.verified()
    if not obligations.all_of_dataset(dataset["id"]):
        raise AssertionError("a dataset with a rhythm has an item")
    deposit = call(
        town["editor"], "satudata_deposit_create", package_id=dataset["id"],
        period=str(city_today().year), upload=upload("baru.csv", b"kode,jumlah\n1,2\n"))
    return town.show(dataset), deposit


def test_a_class_that_closes_against_an_acceptance(town: Town, app: Any, public: Any) -> None:
    dataset, deposit = public
    error = meanwhile(
        app, dataset["id"],
        lambda: call(town["walidata"], "satudata_deposit_accept", id=deposit["id"],
                     sha256=deposit["sha256"]),
        lambda: call(town["editor"], "package_patch", id=dataset["id"],
                     klasifikasi_akses="tertutup", **CLOSED),
    )
    assert error is None
    after = town.show(dataset)
    assert (after["private"], after["klasifikasi_akses"]) == (True, "tertutup")
    assert len(after["resources"]) == len(dataset["resources"]) + 1
    assert model.Session.execute(
        sa.select(model.Package.private).where(model.Package.id == dataset["id"])
    ).scalar_one() is True


def test_a_role_that_ends_against_an_acceptance(town: Town, app: Any, public: Any) -> None:
    dataset, deposit = public
    grant = people.grant(town["outsider"]["id"], people.WALIDATA, SYSTEM)
    model.Session.commit()
    error = meanwhile(
        app, dataset["id"],
        lambda: call(town["outsider"], "satudata_deposit_accept", id=deposit["id"],
                     sha256=deposit["sha256"]),
        lambda: people.revoke(grant.person, people.WALIDATA, SYSTEM),
    )
    assert isinstance(error, tk.NotAuthorized)
    assert store.get(store.UUID(deposit["id"]))["status"] == "menunggu"


def test_a_role_that_ends_against_saying_who_looks_at_a_deposit(
    town: Town, app: Any, public: Any
) -> None:
    dataset, deposit = public
    grant = people.grant(town["outsider"]["id"], people.WALIDATA, SYSTEM)
    model.Session.commit()
    error = meanwhile(
        app, dataset["id"],
        lambda: tk.get_action("satudata_deposit_assign")(
            as_user(town["outsider"]), {"id": deposit["id"], "user": town["walidata"]["id"]}),
        lambda: people.revoke(grant.person, people.WALIDATA, SYSTEM),
    )
    assert isinstance(error, tk.NotAuthorized)
    assert store.get(store.UUID(deposit["id"]))["assigned_to"] is None


def test_a_download_that_has_begun_ends_whole_and_none_begins_after_a_revocation(
    town: Town, app: Any
) -> None:
    with uncommitted():
        dataset = town.verified()
    [file] = dataset["resources"]
    address = f"/dataset/{dataset['id']}/resource/{file['id']}/download/data.csv"
    client = app.test_client()
    begun = client.get(address, buffered=False)
    assert begun.status_code == 200
    call(town["walidata"], "satudata_dataset_revoke", id=dataset["id"],
         content_hash=dataset["content_hash"], note="Keliru.")
    model.Session.remove()
    assert begun.data == CSV
    assert client.get(address).status_code == 404
    assert client.get(f"/datastore/dump/{file['id']}").status_code == 404


def test_a_dataset_returned_while_its_file_is_returned_by_itself(town: Town, app: Any) -> None:
    """The one takes the dataset first, the other the file: neither waits for ever, both end it."""
    with uncommitted():
        datasets = [town.submitted() for _ in range(3)]
    files = [
        (dataset, row["id"]) for dataset in datasets
        for row in store.find(obligations=obligations.all_of_dataset(dataset["id"]))[1]
    ]
    assert files

    def tried(*args: Any, **more: Any) -> Callable[[], None]:
        def work() -> None:
            try:
                call(*args, **more)
            except tk.ValidationError:
                # The other was there first.
                model.Session.rollback()
        return work

    model.Session.remove()
    crowd = []
    for dataset, deposit in files:
        crowd += [
            Person(app, tried(town["walidata"], "satudata_dataset_return", id=dataset["id"],
                              content_hash=dataset["content_hash"], note="Keliru.")),
            Person(app, tried(town["walidata2"], "satudata_deposit_return", id=str(deposit),
                              note="Keliru.")),
        ]
    for person in crowd:
        person.start()
    for person in crowd:
        person.ended()
    for dataset, deposit in files:
        assert town.show(dataset)["status_alur"] == "dikembalikan"
        ended = [one for one in events.history([("deposit", str(deposit))])
                 if one["type"] == "deposit.returned"]
        assert len(ended) == 1, "returned once, not twice"
