"""The matrix on a portal with ckanext-dcat and ckanext-harvest beside us, and their own doors."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model

from ckanext.satudata.access import submissions

from ..town import CLOSED, as_user, call
from . import neighbours, second
from .judging import Asking, told
from .people import KINDS, PEOPLE, Person
from .test_sealed import _by, _is_stranger, _turn
from .test_whole import _is_twin, _names
from .things import Sealed, word

pytestmark = pytest.mark.ckan_config("ckan.plugins", neighbours.PLUGINS)

#: So many of the ways a stranger tries of each thing, and everybody else.
STRANGERS_TRY, OTHERS_TRY = 2, 1
#: Everybody else asks for every fourth list, and about every third thing.
A_LIST, A_THING = 4, 3


@pytest.fixture(autouse=True, scope="module")
def made(without_harvest: Callable[[], None]) -> Iterator[list[str]]:
    """Whether harvest's tables are there; other tests would not know how to empty them."""
    made: list[str] = []
    yield made
    without_harvest()


@pytest.fixture
def tables(
    with_plugins: None, migrated: Callable[[], None], migrate_db_for: Callable[[str], None],
    made: list[str],
) -> None:
    """The tables of harvest."""
    if not made:
        migrated()
        migrate_db_for("harvest")
        made.append("harvest")


@pytest.fixture
def sealed(tables: None, sealed: Sealed) -> Sealed:
    """The town, harvested."""
    if "source" not in sealed.names:
        neighbours.plant(sealed)
    return sealed


def test_lists(asking: Asking, whole: bool) -> None:
    faults = []
    for person in KINDS:
        for number, way in enumerate(neighbours.LISTINGS):
            turn = number + KINDS.index(person)
            if whole or _is_stranger(person) or turn % A_LIST == 0:
                faults.extend(
                    f"{person}: {way}: {fault}"
                    for fault in asking.listing(person, way, _by(number)))
    assert not faults, told(faults)


def test_each_thing(asking: Asking, sealed: Sealed, whole: bool) -> None:
    faults, ways = [], neighbours.SINGLES
    for person in KINDS:
        stranger = _is_stranger(person)
        tries = STRANGERS_TRY if stranger else OTHERS_TRY
        for number, thing in enumerate(sealed.datasets):
            if not (whole or stranger or (number + KINDS.index(person)) % A_THING == 0):
                continue
            turn = (number * len(KINDS) + KINDS.index(person)) * tries
            for step in range(len(ways) if whole else tries):
                way = _turn(ways, turn + step)
                faults.extend(
                    f"{person}: {way}: {fault}"
                    for fault in asking.single(person, thing, way, _by(turn)))
    assert not faults, told(faults)


def test_what_came_is_read_like_a_draft_of_its_dataset(sealed: Sealed) -> None:
    faults = []
    for person in KINDS:
        listed = set(
            call(sealed.user(person), "harvest_object_list", only_current=False)
            if person.name else ())
        for number, thing in enumerate(sealed.datasets):
            expected = neighbours.reads_objects(thing, person)
            name = _turn(("object", "older", "failed"), number + KINDS.index(person))
            shown = _shown(sealed, person, thing.ids[name])
            if shown is not expected:
                faults.append(f"{person}: {name} shown {shown} of {thing}")
            if expected and person.name and thing.ids["older"] not in listed:
                faults.append(f"{person}: not listed of {thing}")
    assert not faults, told(faults)


def _shown(sealed: Sealed, person: Person, id: str) -> bool:
    try:
        found = tk.get_action("harvest_object_show")(as_user(sealed.user(person)), {"id": id})
    except tk.ObjectNotFound:
        return False
    return bool(found["content"])


def test_who_reads_metadata_alone_is_told_neither_where_a_file_is_nor_its_columns(
    asking: Asking, sealed: Sealed
) -> None:
    thing = sealed["terbatas terverifikasi"]
    file, column = f"/resource/{thing.ids['resource']}/download", word(thing.number, "kolom")
    people = {person.name: person for person in PEOPLE}
    for page in (
        "/dataset/{slug}", "/dataset/{slug}/croissant.jsonld", "/dataset/{slug}.jsonld",
        "/dataset/{slug}.jsonld?profiles=croissant", "/dataset/{slug}.ttl",
    ):
        address = page.format_map(thing.asked())
        all_of_it = asking.ask(people["editor"], address, {}).text
        some = asking.ask(people["third_reader"], address, {}).text
        assert file in all_of_it and word(thing.number, "judul") in some, page
        assert file not in some and column not in some, page
        assert column in all_of_it or "croissant" not in page


def test_no_way_out_of_theirs_is_forgotten(app: Any) -> None:
    logic.get_action("package_show")
    reading = {
        name for name, action in logic._actions.items()
        if getattr(action, "side_effect_free", False) and name.startswith(("harvest", "dcat"))
    }
    known = {way.what for way in (*neighbours.LISTINGS, *neighbours.SINGLES)}
    called = {way.partition("?")[0].removeprefix("/api/3/action/") for way in known}
    assert reading - called - set(neighbours.HARMLESS) == set()

    adapter = app.flask_app.url_map.bind("test.ckan.net")
    names = {**dict.fromkeys(_names(), "x"), "source": "x", "job": "x", "object": "x",
             "older": "x", "failed": "x", "source_id": "x"}
    met = set(neighbours.HARMLESS)
    for way in known:
        path = way.partition("?")[0].format_map(names)
        if way.startswith("/") and adapter.test(path, method="GET"):
            met.add(adapter.match(path, method="GET")[0])
    theirs = {
        rule.endpoint for rule in app.flask_app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint.partition(".")[0] in (
            "dcat", "dcat_json_interface", "croissant", "harvest", "harvester")
    }
    left = {page for page in theirs - met if not _is_twin(page, met)}
    assert "\n".join(sorted(left)) == ""


@pytest.mark.parametrize("name", ["editor", "admin", "parent_admin", "third_member"])
def test_a_source_writes_everywhere_so_no_office_has_one(sealed: Sealed, name: str) -> None:
    user, names = sealed.town[name], sealed.names
    for action, data in (
        ("harvest_source_create", {
            "name": "sumber-lain", "title": "x", "url": "https://lain.example.id",
            "source_type": "ckan", "owner_org": sealed.town.office["id"]}),
        ("harvest_source_update", {"id": names["source_id"], "url": "https://lain.example.id"}),
        ("harvest_job_create", {"source_id": names["source_id"]}),
        ("harvest_source_clear", {"id": names["source_id"]}),
        ("harvest_source_index_clear", {"id": names["source_id"]}),
        ("harvest_job_report", {"id": names["job"]}),
    ):
        with pytest.raises(tk.NotAuthorized):
            call(user, action, **data)
        model.Session.rollback()


def test_what_a_second_portal_has_comes_as_a_draft_and_opens_nothing(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.fetch.allow", ["127.0.0.1"])
    town = sealed.town
    with second.running() as other:
        source = call(
            town["sysadmin"], "harvest_source_create", name="kedua", title="Kedua", url=other.url,
            source_type="ckan", owner_org=town.office["id"])
        dataset = {"id": other.open}

        [came] = neighbours.run(source)
        assert not came.errors and model.Package.get(other.closed) is None
        drawn = town.show(dataset)
        assert (drawn["private"], drawn["status_alur"]) == (True, "draf")
        assert (drawn["klasifikasi_akses"], drawn["owner_org"]) == ("terbuka", town.office["id"])
        assert _refused(None, "package_show", **dataset)

        call(town["editor"], "satudata_dataset_submit", **dataset)
        hash = town.show(dataset)["content_hash"]
        call(town["walidata"], "satudata_dataset_verify", content_hash=hash, **dataset)
        assert call(None, "package_show", **dataset)["title"] == "Jumlah pasar"
        # What came is not what was verified.
        assert _refused(None, "harvest_object_show", dataset_id=other.open)
        assert call(town["editor"], "harvest_object_show", dataset_id=other.open)["content"]

        other.retitle("Jumlah pasar rakyat")
        [again] = neighbours.run(source)
        assert not again.errors
        assert call(None, "package_show", **dataset)["title"] == "Jumlah pasar rakyat"
        assert "title" in submissions.require(other.open).changed_fields

        call(town["editor"], "package_patch", klasifikasi_akses="tertutup", **CLOSED, **dataset)
        other.retitle("Jumlah pasar modern")
        neighbours.run(source)
        assert town.show(dataset)["private"]
        assert submissions.require(other.open).verified_class == "tertutup"
        for reader in (None, town["third_member"], town["member"]):
            assert _refused(reader, "harvest_object_show", id=again.id)
            assert _refused(reader, "resource_show", id=drawn["resources"][0]["id"])

    # All that it brought goes through the door for that, with its own rows.
    assert _refused(town["walidata"], "harvest_source_clear", id=source["id"])
    call(town["sysadmin"], "harvest_source_clear", id=source["id"])
    assert model.Package.get(other.open) is None
    assert submissions.get(other.open) is None


def _refused(user: dict[str, Any] | None, action: str, **data: Any) -> bool:
    try:
        call(user, action, **data)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        model.Session.rollback()
        return True
    return False
