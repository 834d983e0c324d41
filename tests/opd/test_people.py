"""City-wide roles: granted to persons, with dates, ending at once."""
from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people
from ckanext.satudata.schema import codes

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

SYSTEM = Actor(None, CLI)


def _day(days: int) -> dt.date:
    return clock.city_today() + dt.timedelta(days=days)


def test_the_roles_are_those_of_the_code_list():
    assert set(people.ROLES) == {code.code for code in codes.code_list("peran_orang")}


@pytest.mark.parametrize(("first", "last", "holds"), [
    (-10, None, True), (0, 0, True), (-10, -1, False), (1, None, False), (-1, 1, True),
])
def test_a_grant_holds_from_its_first_to_its_last_day(first, last, holds):
    user = factories.User()
    people.grant(
        user["id"], "walidata", SYSTEM, valid_from=_day(first),
        valid_until=None if last is None else _day(last), administers=True,
    )
    assert people.roles_of(user["id"]) == ({"walidata"} if holds else frozenset())
    assert people.has_role(user["id"], "ppid", "walidata") is holds
    assert people.administers(user["id"]) is holds
    assert people.holders("walidata") == ({user["id"]: {"walidata"}} if holds else {})


def test_days_are_those_of_the_city(monkeypatch):
    """At the database's moment, Kiritimati (UTC+14) and Niue (UTC-11) have different dates."""
    user = factories.User()
    days = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        monkeypatch.setitem(tk.config, "ckanext.satudata.timezone", zone)
        days[zone] = clock.city_today()
    assert days["Pacific/Kiritimati"] > days["Pacific/Niue"]
    people.grant(user["id"], "ppid", SYSTEM, valid_from=days["Pacific/Kiritimati"])
    assert people.roles_of(user["id"]) == frozenset()
    monkeypatch.setitem(tk.config, "ckanext.satudata.timezone", "Pacific/Kiritimati")
    assert people.roles_of(user["id"]) == {"ppid"}


def test_a_revoked_role_ends_at_once():
    user = factories.User()
    people.grant(user["id"], "ppid", SYSTEM)
    people.grant(user["id"], "walidata", SYSTEM)
    assert people.roles_of(user["id"]) == {"ppid", "walidata"}
    people.revoke(user["id"], "ppid", SYSTEM)
    assert people.roles_of(user["id"]) == {"walidata"}
    assert people.revoke(user["id"], "ppid", SYSTEM) == []


def test_nobody_and_the_deleted_hold_nothing():
    user = factories.User()
    people.grant(user["id"], "walidata", SYSTEM, administers=True)
    model.repo.commit()
    helpers.call_action("user_delete", id=user["id"])
    assert people.roles_of(None) == people.roles_of(user["id"]) == frozenset()
    assert not people.administers(None) and not people.administers(user["id"])
    assert people.holders() == {}


def test_the_same_grant_again_is_the_same_and_another_takes_its_place():
    user = factories.User()
    first = people.grant(user["id"], "ppid", SYSTEM)
    assert people.grant(user["id"], "ppid", SYSTEM) == first
    second = people.grant(user["id"], "ppid", SYSTEM, valid_until=_day(30))
    assert [one.id for one in people.grants(user["id"]) if not one.revoked] == [second.id]
    apart = people.grant(user["id"], "ppid", SYSTEM, valid_from=_day(60))
    assert {one.id for one in people.grants(user["id"]) if not one.revoked} == {second.id, apart.id}


def test_what_an_office_is_gives_its_people_no_role(person):
    office = factories.Organization(peran_satu_data=["walidata", "koordinator"])
    admin = person(admin_of=office["id"])
    assert people.roles_of(admin["id"]) == frozenset()


GRANTERS = {
    "sysadmin": ({"sysadmin": True}, True),
    "walidata who administers": ({"role": "walidata", "administers": True}, True),
    "walidata": ({"role": "walidata"}, False),
    "koordinator": ({"role": "koordinator"}, False),
    "pimpinan": ({"role": "pimpinan"}, False),
    "nobody in particular": ({}, False),
}


@pytest.mark.parametrize("who", GRANTERS)
def test_who_may_grant_and_revoke(who, person, call):
    facts, allowed = GRANTERS[who]
    user, other = person(**facts), person()
    if not allowed:
        for action in ("satudata_role_grant", "satudata_role_revoke", "satudata_role_list"):
            with pytest.raises(tk.NotAuthorized):
                call(action, user, user=other["name"], role="ppid")
        return
    granted = call("satudata_role_grant", user, user=other["name"], role="ppid")
    today = clock.city_today().isoformat()
    assert granted == {
        "id": granted["id"], "user": other["name"], "role": "ppid", "from": today, "until": None,
        "administers": False, "active": True, "revoked": False,
    }
    assert call("satudata_role_list", user, user=other["name"]) == [granted]
    assert call("satudata_role_revoke", user, user=other["name"], role="ppid")["revoked"]
    assert call("satudata_role_list", user, user=other["name"]) == []
    assert len(call("satudata_role_list", user, user=other["name"], all=True)) == 1


def test_office_admins_and_strangers_may_not_grant(person, call):
    office = factories.Organization()
    for user in (person(admin_of=office["id"]), None):
        with pytest.raises(tk.NotAuthorized):
            call("satudata_role_grant", user, user=user and user["name"], role="walidata")


def test_everybody_sees_the_roles_they_hold(person, call):
    user = person(role="pembina")
    assert [one["role"] for one in call("satudata_role_list", user, user=user["name"])] == [
        "pembina"
    ]
    with pytest.raises(tk.NotAuthorized):
        call("satudata_role_list", user)


@pytest.mark.parametrize(("data", "field"), [
    ({"role": "raja"}, "role"),
    ({"role": "ppid", "user": "nobody-at-all"}, "user"),
    ({"role": "ppid", "from": "besok"}, "from"),
    ({"role": "ppid", "from": "2026-02-01", "until": "2026-01-31"}, "until"),
    ({"role": "ppid", "administers": True}, "administers"),
])
def test_a_wrong_grant_says_in_which_field(data, field, person, call):
    sysadmin = person(sysadmin=True)
    with pytest.raises(tk.ValidationError) as caught:
        call("satudata_role_grant", sysadmin, **{"user": sysadmin["name"], **data})
    assert list(caught.value.error_dict) == [field]


def test_a_role_that_is_not_held_cannot_be_revoked(person, call):
    with pytest.raises(tk.ObjectNotFound):
        call("satudata_role_revoke", person(sysadmin=True), user=person()["name"], role="ppid")


def test_asking_for_roles_takes_one_statement(counted):
    user = factories.User()
    with counted() as seen:
        people.roles_of(user["id"])
    assert len(seen) == 1
