"""What people may change of an office, and how its place in the tree is kept."""
from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import authz, model
from ckan.tests import factories, helpers

from ckanext.satudata.opd import store

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

OFFICE = {
    "kode_opd": "1.01", "wajib_setor": True, "berlaku_dari": "2020-01-01",
    "berlaku_sampai": "2030-12-31", "pengganti": ["penerus"], "peran_satu_data": ["produsen"],
    "induk": "setda",
}
CHANGED = {
    "kode_opd": "1.02", "wajib_setor": False, "berlaku_dari": "2021-01-01",
    "berlaku_sampai": "2031-12-31", "pengganti": ["lain"], "peran_satu_data": ["walidata"],
    "induk": "lain",
}
PERSONS = {
    "sysadmin": ({"sysadmin": True}, True),
    "walidata who administers": ({"role": "walidata", "administers": True}, True),
    "walidata who administers and is admin of the office": (
        {"role": "walidata", "administers": True, "admin_of": "dinas"}, True
    ),
    "admin of the office": ({"admin_of": "dinas"}, False),
    "admin of its parent": ({"admin_of": "setda"}, False),
    "walidata and admin of the office": ({"role": "walidata", "admin_of": "dinas"}, False),
    "pimpinan and admin of the office": ({"role": "pimpinan", "admin_of": "dinas"}, False),
}


@pytest.fixture
def dinas():
    for name in ("setda", "penerus", "lain"):
        factories.Organization(name=name)
    return factories.Organization(name="dinas", title="Dinas", **OFFICE)


def _stored(user) -> dict:
    return helpers.call_action("organization_show", {"user": user["name"]}, id="dinas")


def _child_of(parent: str) -> list[str]:
    below = model.Group.get(parent).get_children_group_hierarchy("organization")
    return [row.name for row in below]


@pytest.mark.parametrize("who", PERSONS)
def test_who_may_change_which_protected_field(who, dinas, person, call):
    facts, allowed = PERSONS[who]
    user = person(**facts)
    for field, value in CHANGED.items():
        if allowed:
            call("organization_patch", user, id="dinas", **{field: value})
            assert _stored(user)[field] == value
        else:
            with pytest.raises(tk.ValidationError) as caught:
                call("organization_patch", user, id="dinas", title="Baru", **{field: value})
            assert list(caught.value.error_dict) == [field]
    if not allowed:
        stored = _stored(user)
        assert {field: stored[field] for field in OFFICE} == OFFICE
        assert stored["title"] == "Dinas"


@pytest.mark.parametrize("facts", [{}, {"editor_of": "dinas"}, {"role": "walidata"}])
def test_who_may_not_write_the_office_at_all(facts, dinas, person, call):
    with pytest.raises(tk.NotAuthorized):
        call("organization_patch", person(**facts), id="dinas", title="Baru")


@pytest.mark.parametrize("sent", ["all fields as shown", "none of them", "in other spellings"])
def test_an_admin_saves_the_rest_of_the_form(sent, dinas, person, call):
    user = person(admin_of="dinas")
    form = {"name": "dinas", "title": "Dinas Baru", "kepala_nama": "Budi"}
    if sent == "all fields as shown":
        form |= OFFICE
    elif sent == "in other spellings":
        form |= {"wajib_setor": "ya", "berlaku_dari": "01/01/2020", "kode_opd": " 1.01 ",
                 "pengganti": '["penerus"]', "peran_satu_data": "produsen"}
    call("organization_update", user, id=dinas["id"], **form)
    stored = _stored(user)
    assert (stored["title"], stored["kepala_nama"]) == ("Dinas Baru", "Budi")
    assert {field: stored[field] for field in OFFICE} == OFFICE
    assert _child_of("setda") == ["dinas"]


def test_an_admin_cannot_empty_a_protected_field(dinas, person, call):
    user = person(admin_of="dinas")
    for field, value in OFFICE.items():
        empty = [] if isinstance(value, list) else ""
        with pytest.raises(tk.ValidationError) as caught:
            call("organization_patch", user, id="dinas", **{field: empty})
        assert list(caught.value.error_dict) == [field]


def test_an_admin_cannot_move_the_office_by_ckans_own_ways(dinas, person, call):
    user = person(admin_of="dinas")
    call("organization_patch", user, id="dinas", title="Dinas")
    whole = {"name": "dinas", "title": "Dinas"}
    for action, data in (("organization_patch", {}), ("group_update", whole)):
        with pytest.raises(tk.ValidationError) as caught:
            call(action, user, id="dinas", groups=[{"name": "lain"}], **data)
        assert list(caught.value.error_dict) == ["induk"]
    # An empty list beside the name of the parent is what forms send that know no hierarchy.
    call("organization_patch", user, id="dinas", groups=[])
    with pytest.raises(tk.ValidationError):
        call("member_create", user, id="dinas", object="lain", object_type="group",
             capacity="public")
    with pytest.raises((tk.ValidationError, tk.NotAuthorized)):
        call("member_delete", user, id="dinas", object="setda", object_type="group")
    with pytest.raises(tk.NotAuthorized):
        call("organization_delete", user, id="dinas")
    assert (_child_of("setda"), _child_of("lain")) == (["dinas"], [])
    assert store.latest(dinas["id"]).parent == store.key(model.Group.get("setda").id)


def test_the_name_of_the_parent_and_ckans_hierarchy_go_together(dinas, person, call):
    user = person(sysadmin=True)
    call("organization_patch", user, id="dinas", induk="lain")
    assert (_child_of("setda"), _child_of("lain")) == ([], ["dinas"])
    call("organization_patch", user, id="dinas", groups=[{"name": "setda"}])
    assert _stored(user)["induk"] == "setda"
    assert _child_of("setda") == ["dinas"]
    call("organization_patch", user, id="dinas", induk="")
    assert "induk" not in _stored(user) or not _stored(user)["induk"]
    assert store.latest(dinas["id"]).parent is None
    call("organization_update", user, id=dinas["id"], name="dinas", title="D", induk="lain")
    call("organization_update", user, id=dinas["id"], name="dinas", title="Dinas")
    assert _child_of("lain") == ["dinas"]


def test_a_renamed_office_is_followed_by_those_that_name_it(dinas, person, call):
    user = person(sysadmin=True)
    call("organization_patch", user, id="setda", name="sekretariat")
    call("organization_patch", user, id="penerus", name="pewaris")
    stored = _stored(user)
    assert (stored["induk"], stored["pengganti"]) == ("sekretariat", ["pewaris"])
    admin = person(admin_of="dinas")
    call("organization_patch", admin, id="dinas", **{
        key: stored[key] for key in ("induk", "pengganti", "title")
    })


def test_admins_of_an_office_are_admins_of_its_units(dinas, person):
    head, clerk = person(admin_of="setda"), person(editor_of="setda")
    for user, may in ((head, True), (clerk, False)):
        assert authz.has_user_permission_for_group_or_org(
            dinas["id"], user["name"], "update_dataset"
        ) is may


@pytest.mark.parametrize("parent", ["dinas", "unit", "tidak-ada"])
def test_a_parent_that_cannot_be_is_an_error_on_its_field(parent, dinas, person, call):
    factories.Organization(name="bidang", induk="dinas")
    factories.Organization(name="unit", induk="bidang")
    with pytest.raises(tk.ValidationError) as caught:
        call("organization_patch", person(sysadmin=True), id="dinas", induk=parent)
    assert list(caught.value.error_dict) == ["induk"]
    assert _child_of("setda") == ["dinas", "bidang", "unit"]


def test_a_code_belongs_to_one_office(dinas, person, call):
    user = person(sysadmin=True)
    with pytest.raises(tk.ValidationError) as caught:
        call("organization_patch", user, id="lain", kode_opd="1.01")
    assert list(caught.value.error_dict) == ["kode_opd"]
    call("organization_delete", user, id="dinas")
    call("organization_patch", user, id="lain", kode_opd="1.01")


def test_an_office_with_units_is_not_deleted(dinas, person, call):
    user = person(sysadmin=True)
    for action in ("organization_delete", "organization_purge"):
        with pytest.raises(tk.ValidationError):
            call(action, user, id="setda")
    assert model.Group.get("setda").state == "active"


def test_a_refused_write_leaves_no_event(dinas, person, call):
    def events() -> int:
        return model.Session.execute(sa.text("SELECT count(*) FROM satudata_event")).scalar_one()

    user = person(sysadmin=True)
    before = events()
    with pytest.raises(tk.ValidationError):
        call("organization_patch", user, id="dinas", name="Bukan Nama")
    model.repo.commit()
    assert events() == before
