"""The matrix on a portal with ckanext-dcat and ckanext-harvest beside us, and their own doors."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic

from ..town import as_user, call
from . import neighbours
from .judging import Asking, told
from .people import KINDS, PEOPLE, Person
from .test_sealed import _by, _is_stranger, _turn
from .test_whole import _is_twin, _names
from .things import Sealed, word

pytestmark = pytest.mark.ckan_config("ckan.plugins", neighbours.PLUGINS)

#: So many of the ways a stranger tries of each thing, and everybody else.
STRANGERS_TRY, OTHERS_TRY = 2, 1
#: Everybody else asks for every fourth list, and about every second thing.
A_LIST, A_THING = 4, 2


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
