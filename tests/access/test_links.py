"""Links that come through CKAN's own doors: what they lead to is looked at like a file."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import submissions
from ckanext.satudata.access.inspection import running as looking
from ckanext.satudata.access.inspection import store
from ckanext.satudata.changes import checks, daily
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import work as owed

from .inspection.looking import look
from .inspection.numbers import niks
from .serving_files import CSV, Server, drips, running, sends
from .town import CLOSED, Town, as_user, call, job

STRICT = pytest.mark.usefixtures("strict")
WARN = pytest.mark.usefixtures("warn")

NIKS = ("nik,jumlah\n" + "".join(f"{one},1\n" for one in niks(6))).encode()
PAGE = sends(b"<html>Layanan</html>", content_type="text/html")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, with_plugins: None) -> Iterator[Server]:
    monkeypatch.setitem(tk.config, "ckanext.satudata.fetch.allow", ["127.0.0.1"])
    with running() as found:
        yield found


def resource_of(url: str) -> dict[str, Any]:
    return {"name": "Tautan", "url": url, "format": "CSV", "periode": "2025",
            "jenis_berkas": "data"}


def by_create(town: Town, url: str, **more: Any) -> dict[str, Any]:
    return town.draft(resources=[resource_of(url)], **more)


def by_resource_create(town: Town, url: str, **more: Any) -> dict[str, Any]:
    dataset = town.draft(**more)
    call(town["editor"], "resource_create", package_id=dataset["id"], **resource_of(url))
    return town.show(dataset)


def by_update(town: Town, url: str, **more: Any) -> dict[str, Any]:
    dataset = town.draft(**more)
    tk.get_action("package_update")(
        as_user(town["editor"]), {**dataset, "resources": [resource_of(url)]})
    return town.show(dataset)


def by_revise(town: Town, url: str, **more: Any) -> dict[str, Any]:
    dataset = town.draft(**more)
    call(town["editor"], "package_revise", match={"id": dataset["id"]},
         update__resources__extend=[resource_of(url)])
    return town.show(dataset)


def in_place_of_a_file(town: Town, url: str, **more: Any) -> dict[str, Any]:
    dataset = town.with_file(**more)
    call(town["editor"], "resource_update", **{
        **dataset["resources"][0], "url": url, "url_type": ""})
    return town.show(dataset)


DOORS = [by_create, by_resource_create, by_update, by_revise, in_place_of_a_file]


def kept_of(dataset: dict[str, Any]) -> store.Kept:
    kept = store.get(dataset["resources"][0]["id"])
    assert kept is not None
    return kept


def submit(town: Town, dataset: dict[str, Any]) -> None:
    call(town["editor"], "satudata_dataset_submit", id=dataset["id"])


def verify(town: Town, dataset: dict[str, Any]) -> dict[str, Any]:
    return call(
        town["walidata"], "satudata_dataset_verify", id=dataset["id"],
        content_hash=town.show(dataset)["content_hash"])


def verified(town: Town, url: str) -> dict[str, Any]:
    dataset = by_create(town, url)
    submit(town, dataset)
    return verify(town, dataset)


def refused(town: Town, dataset: dict[str, Any]) -> str:
    with pytest.raises(tk.ValidationError) as error:
        verify(town, dataset)
    assert town.show(dataset)["private"]
    return str(error.value.error_dict["personal_data"])


def check(town: Town, dataset: dict[str, Any]) -> dict[str, Any]:
    return call(
        town["walidata"], "satudata_file_check", resource_id=dataset["resources"][0]["id"])


@pytest.fixture
def every_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The daily part for links, as often as a test wants it, and what a worker makes of it."""
    monkeypatch.setattr(daily, "SELDOM", ())
    monkeypatch.setattr(daily, "PARTS", {"links": daily.PARTS["links"]})

    def run() -> None:
        model.Session.execute(sa.delete(owed))
        [(_, _, went_well)] = daily.run(Actor(None, CLI))
        assert went_well
        look()

    return run


@STRICT
@pytest.mark.parametrize("door", DOORS)
def test_what_a_link_leads_to_is_looked_at_by_whatever_door_it_came(
    town: Town, server: Server, door: Any
) -> None:
    dataset = door(town, server.at("/nik.csv", sends(NIKS)))
    assert kept_of(dataset).status == store.WAITING
    assert not server.asked, "nobody who saves waits for a link"
    look()
    kept = kept_of(dataset)
    assert (kept.status, kept.is_certain) == (store.DONE, True)
    submit(town, dataset)
    assert "nik" in refused(town, dataset)
    assert len(server.asked) == 2, "once by the worker, once by whoever verifies"


@STRICT
@pytest.mark.parametrize("door", DOORS)
def test_a_link_to_a_clean_file_is_verified_where_no_worker_has_been(
    town: Town, server: Server, door: Any
) -> None:
    dataset = door(town, server.at("/x.csv", sends()))
    submit(town, dataset)
    assert not verify(town, dataset)["private"]
    shown = check(town, dataset)
    assert [one["rows"] for one in shown["table"]["sheets"]] == [2]


BAD = {
    "a page": (PAGE, "page"), "gone": (sends(b"", 404), "status 404"),
    "broken": (sends(CSV, content_length="999"), "connection"),
}


@STRICT
@pytest.mark.parametrize("what", BAD)
def test_a_link_that_leads_to_no_file_is_for_a_walidata_to_answer(
    town: Town, server: Server, what: str
) -> None:
    answer, why = BAD[what]
    url = server.at("/layanan", answer)
    dataset = by_create(town, url)
    submit(town, dataset)
    words = refused(town, dataset)
    assert "nobody knows what is there" in words
    assert url not in words
    [finding] = check(town, dataset)["personal_data"]
    assert (finding["kind"], finding["column"]) == ("langsung", why)
    call(town["walidata"], "satudata_finding_answer", id=finding["id"],
         answer=store.NOT_PERSONAL, reason="Layanan peta.")
    assert not verify(town, dataset)["private"]
    # The answer is about this address; another one is asked about anew.
    call(town["sysadmin"], "resource_patch", id=dataset["resources"][0]["id"],
         url=server.at("/layanan-lain", answer))
    look()
    [other] = check(town, dataset)["personal_data"]
    assert other["answer"] is None


@STRICT
def test_a_link_into_the_network_of_the_city_is_not_gone_to(
    town: Town, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.fetch.allow", [])
    dataset = by_create(town, server.at("/x.csv", sends()))
    look()
    assert [one["column"] for one in kept_of(dataset).findings] == ["address"]
    assert not server.asked


@STRICT
def test_a_slow_link_is_left_to_the_worker(
    town: Town, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = by_create(town, server.at("/x.csv", drips))
    submit(town, dataset)
    monkeypatch.setattr(looking.ensure, "__defaults__", (1,))
    assert "still being checked" in refused(town, dataset)
    assert kept_of(dataset).status == store.WAITING


@STRICT
def test_another_address_is_another_file(town: Town, server: Server) -> None:
    dataset = by_create(town, server.at("/nik.csv", sends(NIKS)))
    look()
    call(town["editor"], "resource_patch", id=dataset["resources"][0]["id"],
         url=server.at("/x.csv", sends()))
    assert kept_of(dataset).status == store.WAITING
    submit(town, dataset)
    assert not verify(town, dataset)["private"]


@STRICT
def test_what_is_closed_forgets_what_its_link_led_to(town: Town, server: Server) -> None:
    dataset = by_create(town, server.at("/nik.csv", sends(NIKS)))
    look()
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="tertutup", **CLOSED)
    assert store.get(dataset["resources"][0]["id"]) is None
    assert not store.is_certain(dataset["id"])


@WARN
def test_where_the_portal_warns_a_link_is_looked_at_before_it_is_public(
    town: Town, server: Server
) -> None:
    bad, good = server.at("/nik.csv", sends(NIKS)), server.at("/x.csv", sends())
    with pytest.raises(tk.ValidationError) as error:
        by_create(town, bad, private=False)
    assert "nik" in str(error.value.error_dict["resources"])
    dataset = by_create(town, bad, private=True)
    with pytest.raises(tk.ValidationError) as error:
        call(town["editor"], "package_patch", id=dataset["id"], private=False)
    assert "private" in error.value.error_dict
    assert not by_create(town, good, private=False)["private"]
    # What leads to no file holds nobody up where the portal only warns.
    assert not by_create(town, server.at("/layanan", PAGE), private=False)["private"]


@WARN
def test_a_harvester_waits_for_no_link_and_the_worker_takes_back_what_it_must(
    town: Town, server: Server
) -> None:
    url = server.at("/nik.csv", sends(NIKS))
    dataset = tk.get_action("package_create")(job(), {
        "name": f"panen-{town.office['id'][:8]}", "title": "Panen", "private": False,
        "owner_org": town.office["id"], "resources": [resource_of(url)]})
    assert not dataset["private"] and not server.asked
    look()
    assert town.show(dataset)["private"]


@pytest.fixture
def relinked(town: Town, server: Server, request: Any) -> dict[str, Any]:
    """A link in the place of a file whose bytes CKAN keeps."""
    link = server.at("/x.csv", sends())
    return in_place_of_a_file(town, link, **getattr(request, "param", {}))


def with_bytes(town: Town) -> dict[str, Any]:
    """A draft with a file of another dataset, which was removed from there."""
    other = town.with_file()
    call(town["editor"], "resource_delete", id=other["resources"][0]["id"])
    return other["resources"][0]


@STRICT
def test_what_was_a_file_once_is_none_by_saying_so(
    town: Town, relinked: dict[str, Any]
) -> None:
    dataset = relinked
    resource = dataset["resources"][0]
    gone, kept = with_bytes(town), town.with_file()["resources"][0]
    submit(town, dataset)
    for public in (False, True):
        if public:
            assert not verify(town, dataset)["private"]
        for person in ("editor", "sysadmin"):
            with pytest.raises(tk.ValidationError):
                call(town[person], "resource_update", **{**resource, "url_type": "upload"})
            for other in (gone, kept):
                with pytest.raises(tk.ValidationError):
                    call(town[person], "package_patch", id=dataset["id"], resources=[
                        resource, {**other, "package_id": dataset["id"]}])
                with pytest.raises(tk.ValidationError):
                    call(town[person], "resource_create", **{
                        **other, "package_id": dataset["id"]})
    assert [one["url_type"] for one in town.show(dataset)["resources"]] == [resource["url_type"]]


@WARN
@pytest.mark.parametrize("relinked", [{"private": False}], indirect=True)
def test_where_the_portal_warns_no_old_bytes_come_back_either(
    town: Town, relinked: dict[str, Any]
) -> None:
    dataset = relinked
    resource, gone = dataset["resources"][0], with_bytes(town)
    assert not dataset["private"]
    with pytest.raises(tk.ValidationError):
        call(town["editor"], "resource_patch", id=resource["id"], url_type="upload")
    with pytest.raises(tk.ValidationError):
        call(town["editor"], "resource_create", **{**gone, "package_id": dataset["id"]})
    assert town.show(dataset)["resources"][0]["url_type"] == resource["url_type"]


@STRICT
def test_what_was_looked_at_for_a_link_says_nothing_of_a_file(
    town: Town, relinked: dict[str, Any]
) -> None:
    look()
    dataset = relinked
    id = dataset["resources"][0]["id"]
    assert kept_of(dataset).fetched_sha256
    # Past every door.
    resource = model.Resource.get(id)
    resource.url, resource.url_type = "data.csv", "upload"
    model.Session.commit()
    kept = looking.ensure({id: dataset["id"]})[id]
    assert (kept.status, kept.fetched_sha256) == (store.DONE, None)


@STRICT
def test_what_a_link_leads_to_is_fetched_anew_by_whoever_verifies(
    town: Town, server: Server
) -> None:
    dataset = by_create(town, server.at("/x.csv", sends()))
    submit(town, dataset)
    look()
    server.at("/x.csv", sends(NIKS))
    assert "nik" in refused(town, dataset)


# -- every day -----------------------------------------------------------------------------------


@STRICT
def test_public_links_are_fetched_every_day_and_what_has_changed_is_listed(
    town: Town, server: Server, every_day: Callable[[], None]
) -> None:
    dataset = verified(town, server.at("/x.csv", sends()))
    private = by_create(town, server.at("/y.csv", sends()))
    look()
    server.asked.clear()
    every_day()
    assert [path for path, _ in server.asked] == ["/x.csv"], private["name"]
    assert submissions.require(dataset["id"]).changed_fields == ()
    server.at("/x.csv", sends(CSV + b"35.76.03,7\n"))
    every_day()
    row = submissions.require(dataset["id"])
    assert (row.status, row.changed_fields) == ("terverifikasi", ("resources",))
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)
    assert dataset["id"] in [one["id"] for one in queue["results"]]
    events = call(town["editor"], "satudata_history", id=dataset["id"])
    every_day()
    assert call(town["editor"], "satudata_history", id=dataset["id"]) == events
    assert not verify(town, dataset)["private"]
    assert submissions.require(dataset["id"]).changed_fields == ()


@STRICT
def test_a_link_that_comes_to_lead_to_personal_data_is_taken_back(
    town: Town, server: Server, every_day: Callable[[], None]
) -> None:
    dataset = verified(town, server.at("/x.csv", sends()))
    server.at("/x.csv", sends(NIKS))
    every_day()
    shown = town.show(dataset)
    assert (shown["private"], shown["status_alur"]) == (True, "dicabut")


@STRICT
def test_a_link_that_is_gone_takes_nothing_down_and_is_named_by_check(
    town: Town, server: Server, every_day: Callable[[], None]
) -> None:
    dataset = verified(town, server.at("/x.csv", sends()))
    assert dataset["name"] not in [one.subject for one in checks.addresses()]
    server.at("/x.csv", sends(b"", 404))
    every_day()
    assert not town.show(dataset)["private"]
    assert dataset["name"] in [one.subject for one in checks.addresses()]
    assert [one["rows"] for one in check(town, dataset)["table"]["sheets"]] == [2]
    # It is back as it was: nothing to say.
    server.at("/x.csv", sends())
    every_day()
    assert dataset["name"] not in [one.subject for one in checks.addresses()]
    assert submissions.require(dataset["id"]).changed_fields == ()


@STRICT
def test_a_link_that_comes_alive_is_listed(
    town: Town, server: Server, every_day: Callable[[], None]
) -> None:
    dataset = by_create(town, server.at("/x.csv", sends(b"", 404)))
    submit(town, dataset)
    look()
    [doubt] = check(town, dataset)["personal_data"]
    call(town["walidata"], "satudata_finding_answer", id=doubt["id"],
         answer=store.NOT_PERSONAL, reason="Layanan sendiri.")
    assert not verify(town, dataset)["private"]
    every_day()
    assert submissions.require(dataset["id"]).changed_fields == ()
    server.at("/x.csv", sends())
    every_day()
    row = submissions.require(dataset["id"])
    assert (row.status, row.changed_fields) == ("terverifikasi", ("resources",))
