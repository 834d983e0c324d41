"""The matrix: every person, everything that is to be hidden, every way out, in both directions.

Who may not see a thing gets no word of it, and cannot tell it from one that is not there; who may
see it finds it. What is expected comes from the table of readers alone (``people.sight``).

The whole of it is some 50,000 questions. Here every person is asked about every thing in search and
by its address, strangers ask for every list, and all other ways are taken in turn: each of them is
met by several kinds of people and by several things. With ``--sealed-whole`` all of it is asked
(an hour).
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import ckan.plugins.toolkit as tk
import pytest

from ckanext.satudata.access.reading import Sight

from ..town import call
from .judging import SESSION, TOKEN, Asking, told
from .people import KINDS, PEOPLE, Person, twins
from .things import Sealed, Thing
from .ways import LISTINGS, SEARCHES, SHOWS, SINGLE_PAGES, WRITES, Listing, Single

#: So many of the calls, of those that write, and of the pages each kind tries of each thing.
SHOWS_A_THING, WRITES_A_THING, PAGES_A_THING = 2, 1, 1

_OTHER = next(person for person in KINDS if person.name == "third_reader")

_T = TypeVar("_T")



@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_search_and_show_agree_with_the_table(sealed: Sealed, person: Person) -> None:
    user = sealed.user(person)
    found = call(user, "package_search", include_private=True, include_drafts=True, rows=1000)
    ids = {one["id"] for one in found["results"]}
    assert found["count"] == len(ids)
    faults = []
    for thing in sealed.datasets:
        seen = thing.sight(person) >= Sight.METADATA
        try:
            call(user, "package_show", id=thing.ids["id"])
            shown = True
        except (tk.NotAuthorized, tk.ObjectNotFound):
            shown = False
        if shown is not seen:
            faults.append(f"{thing}: shown {shown}")
        if (thing.ids["id"] in ids) is not (seen and not thing.deleted):
            faults.append(f"{thing}: found {thing.ids['id'] in ids}")
    assert not faults, told(faults)


@pytest.mark.parametrize("by", [SESSION, TOKEN])
def test_people_are_who_they_say(asking: Asking, sealed: Sealed, by: str) -> None:
    """Otherwise the tests below would ask as strangers and find nothing."""
    for person in KINDS:
        seen = sum(
            thing.listed and thing.sight(person) >= Sight.METADATA for thing in sealed.datasets)
        answer = asking.ask(
            person, "/api/3/action/package_search?rows=0&include_private=true", {}, by)
        assert f'"count": {seen},' in answer.text, person


@pytest.mark.parametrize("person", KINDS, ids=str)
def test_lists(asking: Asking, person: Person, whole: bool) -> None:
    faults = []
    for number, way in enumerate(LISTINGS):
        if _is_here(way) and (whole or _takes_turn(way, number, person)):
            who = _turn(twins(person), number)
            faults.extend(
                f"{who}: {way}: {fault}" for fault in asking.listing(who, way, _by(number)))
    assert not faults, told(faults)


@pytest.mark.parametrize("person", KINDS, ids=str)
def test_each_thing(
    asking: Asking, sealed: Sealed, person: Person, whole: bool
) -> None:
    faults = []
    for number, thing in enumerate(sealed.things):
        who = _turn(twins(person), number)
        turn = number * len(KINDS) + KINDS.index(person)
        for way in _ways(thing, turn, whole):
            faults.extend(
                f"{who}: {way}: {fault}"
                for fault in asking.single(who, thing, way, _by(turn)))
    assert not faults, told(faults)


def _takes_turn(way: Listing, number: int, person: Person) -> bool:
    """Strangers, and who belongs to another office, ask for every list; others for some."""
    if way in SEARCHES[:3] or _is_stranger(person):
        return True
    every = 4 if way.what.startswith("/") else 2
    return (number + KINDS.index(person)) % every == 0


def _is_stranger(person: Person) -> bool:
    return person.kind in (KINDS[0].kind, _OTHER.kind)


def _ways(thing: Thing, turn: int, whole: bool) -> Iterator[Single]:
    for ways, some in (
        (SHOWS, SHOWS_A_THING), (WRITES, WRITES_A_THING), (SINGLE_PAGES, PAGES_A_THING),
    ):
        fitting = [way for way in ways if way.of in thing.ids and _is_here(way)]
        for step in range(len(fitting) if whole else min(some, len(fitting))):
            yield _turn(fitting, turn * some + step)


def _is_here(way: Listing | Single) -> bool:
    """Whether this version of CKAN has the action."""
    if way.what.startswith("/"):
        return True
    try:
        tk.get_action(way.what)
    except KeyError:
        return False
    return True


def _turn(row: Sequence[_T], number: int) -> _T:
    return row[number % len(row)]


def _by(number: int) -> str:
    return (SESSION, TOKEN)[number // 2 % 2]
