"""Importing the office list: all or nothing, again without change, with the rows people see."""
from __future__ import annotations

import io
import json

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli.cli import ckan
from ckan.tests import factories, helpers

from ckanext.satudata.journal import clock
from ckanext.satudata.opd import office_list, people, store

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

CITY = [
    {"code": "4", "name": "Bagian Hukum", "abbreviation": "Bag. Hukum", "kind": "bagian",
     "parent_code": "1", "role": "produsen", "urusan": "4.01", "wajib_setor": "tidak"},
    {"code": "1", "name": "Sekretariat Daerah", "abbreviation": "Setda", "kind": "setda",
     "parent_code": "", "role": "walidata pendukung;produsen", "urusan": "4.01",
     "wajib_setor": "ya"},
    {"code": "2", "name": "Dinas Kesehatan", "abbreviation": "Dinkes", "kind": "dinas",
     "parent_code": "", "role": "produsen", "urusan": "1.02;2.14", "wajib_setor": "ya"},
    {"code": "3", "name": "Puskesmas Mentikan", "abbreviation": "", "kind": "puskesmas",
     "parent_code": "Dinkes", "role": "", "urusan": "", "wajib_setor": ""},
]
NAMES = ["bag-hukum", "dinkes", "puskesmas-mentikan", "setda"]


@pytest.fixture
def keeper(person):
    return person(role="walidata", administers=True)


def _count(table: str) -> int:
    return model.Session.execute(sa.text(f'SELECT count(*) FROM "{table}"')).scalar_one()


def _sizes() -> dict[str, int]:
    return {table: _count(table) for table in ("group", "member", "satudata_event",
                                               "satudata_opd_version")}


def test_offices_come_with_all_their_fields_and_in_their_places(keeper, call):
    result = call("satudata_opd_import", keeper, rows=CITY)
    assert sorted(result["created"]) == NAMES
    assert {key: result[key] for key in ("updated", "unchanged", "retired", "absent", "errors")} \
        == {"updated": [], "unchanged": [], "retired": [], "absent": [], "errors": []}
    dinkes = helpers.call_action("organization_show", id="dinkes", include_users=True)
    assert {key: dinkes[key] for key in (
        "title", "kode_opd", "singkatan", "jenis_opd", "peran_satu_data", "urusan", "wajib_setor"
    )} == {
        "title": "Dinas Kesehatan", "kode_opd": "2", "singkatan": "Dinkes", "jenis_opd": "dinas",
        "peran_satu_data": ["produsen"], "urusan": ["1.02", "2.14"], "wajib_setor": True,
    }
    offices = {office.name: office for office in store.offices().values()}
    assert offices["bag-hukum"].parent == offices["setda"].id
    assert offices["puskesmas-mentikan"].parent == offices["dinkes"].id
    assert not offices["puskesmas-mentikan"].wajib_setor
    # Who imports an office does not come to belong to it.
    assert dinkes["users"] == []


def test_the_same_again_changes_nothing(keeper, call):
    call("satudata_opd_import", keeper, rows=CITY)
    before = _sizes()
    result = call("satudata_opd_import", keeper, rows=CITY)
    assert sorted(result["unchanged"]) == NAMES
    assert (result["created"], result["updated"]) == ([], [])
    assert _sizes() == before


def test_what_was_exported_imports_unchanged(keeper, call):
    call("satudata_opd_import", keeper, rows=CITY)
    result = call("satudata_opd_import", keeper, upload=office_list.export().encode())
    assert (sorted(result["unchanged"]), result["errors"]) == (NAMES, [])


def test_a_dry_run_says_the_same_and_writes_nothing(keeper, call):
    before = _sizes()
    result = call("satudata_opd_import", keeper, rows=CITY, dry_run=True)
    assert sorted(result["created"]) == NAMES
    assert _sizes() == before


def test_changes_are_updated_and_recorded_for_the_person(keeper, call):
    call("satudata_opd_import", keeper, rows=CITY)
    rows = [{**row, "name": row["name"] + " Kota"} if row["code"] == "2" else row for row in CITY]
    result = call("satudata_opd_import", keeper, rows=rows)
    assert result["updated"] == ["dinkes"]
    assert store.latest(model.Group.get("dinkes").id).title == "Dinas Kesehatan Kota"
    last = model.Session.execute(
        sa.text("SELECT person FROM satudata_event ORDER BY seq DESC LIMIT 1")
    ).scalar_one()
    assert last == keeper["id"]


def test_with_errors_nothing_is_written_and_rows_are_those_of_the_sheet(keeper, call):
    before = _sizes()
    sheet = (
        "code;name;kind;parent_code\n"
        "1;Setda;setda;\n"
        "\n"
        "2;Dinas;perusahaan;\n"
        "3;;dinas;\n"
        "4;Unit;uptd;77\n"
        "1;Lagi;dinas;\n"
    )
    result = call("satudata_opd_import", keeper, upload=io.BytesIO(sheet.encode()))
    assert [(one["row"], one["field"]) for one in result["errors"]] == [
        (4, "jenis_opd"), (5, "title"), (7, "kode_opd"), (6, "induk"),
    ]
    assert all(one["message"] for one in result["errors"])
    assert result["created"] == []
    assert _sizes() == before


def test_what_ckan_refuses_half_way_leaves_nothing_half(keeper, call):
    before = _sizes()
    rows = [*CITY, {"code": "9", "name": "Dinas", "kontak_surel": "bukan surel"}]
    result = call("satudata_opd_import", keeper, rows=rows)
    assert [(one["row"], one["field"]) for one in result["errors"]] == [(5, "kontak_surel")]
    assert _sizes() == before


def test_an_interruption_leaves_nothing_half(keeper, call, monkeypatch):
    before = _sizes()
    record = store.record_version
    monkeypatch.setattr(store, "record_version", lambda group_id, by: (
        record(group_id, by) if model.Group.get(group_id).name != "puskesmas-mentikan"
        else (_ for _ in ()).throw(KeyboardInterrupt)
    ))
    with pytest.raises(KeyboardInterrupt):
        call("satudata_opd_import", keeper, rows=CITY)
    model.repo.commit()
    assert _sizes() == before


def test_successors_may_be_offices_of_the_same_sheet(keeper, call):
    rows = [
        {"code": "1", "nama": "Lama", "berlaku_sampai": "2025-12-31", "pengganti": "2;3"},
        {"code": "2", "nama": "Baru"}, {"code": "3", "nama": "Lain"},
    ]
    assert len(call("satudata_opd_import", keeper, rows=rows)["created"]) == 3
    keys = [store.key(model.Group.get(name).id) for name in ("baru", "lain")]
    assert list(store.latest(model.Group.get("lama").id).pengganti) == keys
    assert len(call("satudata_opd_import", keeper, rows=rows)["unchanged"]) == 3


def test_offices_that_the_sheet_lacks_are_named_or_retired(keeper, call):
    many = [{"code": str(number), "nama": f"Kantor {number}"} for number in range(20)]
    call("satudata_opd_import", keeper, rows=many)
    result = call("satudata_opd_import", keeper, rows=many[1:])
    assert (result["absent"], result["retired"]) == (["kantor-0"], [])
    result = call("satudata_opd_import", keeper, rows=many[1:], retire_missing=True)
    assert (result["absent"], result["retired"]) == ([], ["kantor-0"])
    office = store.latest(model.Group.get("kantor-0").id)
    assert (office.active, office.berlaku_sampai) == (True, clock.city_today())
    result = call("satudata_opd_import", keeper, rows=many[1:], retire_missing=True)
    assert (result["absent"], result["retired"]) == ([], [])


def test_retiring_many_is_asked_twice_and_an_empty_sheet_retires_nobody(keeper, call):
    call("satudata_opd_import", keeper, rows=CITY)
    result = call("satudata_opd_import", keeper, rows=[], retire_missing=True, confirm=True)
    assert (result["retired"], sorted(result["absent"])) == ([], NAMES)
    some = {"rows": CITY[:3], "retire_missing": True}
    assert call("satudata_opd_import", keeper, dry_run=True, **some)["retired"] == [
        "puskesmas-mentikan"
    ]
    with pytest.raises(tk.ValidationError) as caught:
        call("satudata_opd_import", keeper, **some)
    assert list(caught.value.error_dict) == ["confirm"]
    assert call("satudata_opd_import", keeper, confirm=True, **some)["retired"] == [
        "puskesmas-mentikan"
    ]


def test_an_organization_of_before_the_plugin_is_taken_in_by_its_title(keeper, call):
    org = factories.Organization(name="dinas-kesehatan-kota", title="Dinas Kesehatan")
    result = call("satudata_opd_import", keeper, rows=CITY)
    assert result["updated"] == ["dinas-kesehatan-kota"]
    assert store.latest(org["id"]).kode_opd == "2"


@pytest.mark.parametrize("data", [
    {}, {"rows": "text"}, {"upload": b"\x00\x01"}, {"rows": CITY, "dry_run": "mungkin"},
])
def test_what_is_no_sheet_is_a_validation_error(data, keeper, call):
    with pytest.raises(tk.ValidationError):
        call("satudata_opd_import", keeper, **data)


@pytest.mark.parametrize("facts", [{}, {"role": "walidata"}, {"role": "koordinator"}])
def test_who_may_not_import(facts, person, call):
    with pytest.raises(tk.NotAuthorized):
        call("satudata_opd_import", person(**facts), rows=CITY)
    with pytest.raises(tk.NotAuthorized):
        call("satudata_opd_import", None, rows=CITY)


def test_the_tree_as_anybody_sees_it_and_as_it_was(keeper, call):
    call("satudata_opd_import", keeper, rows=CITY)
    before = clock.now().isoformat()
    call("satudata_opd_import", keeper, rows=[
        {"code": "4", "nama": "Bagian Hukum", "induk": ""},
        {"code": "3", "nama": "Puskesmas Mentikan", "berlaku_sampai": "2020-01-01"},
    ])
    tree = call("satudata_opd_tree", None)
    assert [(one["name"], [below["name"] for below in one["children"]]) for one in tree] == [
        ("setda", []), ("dinkes", []), ("bag-hukum", []),
    ]
    tree = call("satudata_opd_tree", None, as_of=before)
    assert tree[0] == {
        "name": "setda", "title": "Sekretariat Daerah", "kode_opd": "1",
        "peran_satu_data": ["walidata_pendukung", "produsen"], "wajib_setor": True,
        "children": [{
            "name": "bag-hukum", "title": "Bagian Hukum", "kode_opd": "4",
            "peran_satu_data": ["produsen"], "wajib_setor": False, "children": [],
        }],
    }
    assert [one["name"] for one in tree[1]["children"]] == ["puskesmas-mentikan"]


@pytest.mark.parametrize("as_of", ["kemarin", "2999-01-01", "2026-13-01T00:00:00"])
def test_a_moment_that_is_none_or_to_come(as_of, call):
    with pytest.raises(tk.ValidationError) as caught:
        call("satudata_opd_tree", None, as_of=as_of)
    assert list(caught.value.error_dict) == ["as_of"]


def test_statements_of_tree_and_plan_do_not_grow(keeper, call, counted):
    def statements() -> list[int]:
        with counted() as tree:
            call("satudata_opd_tree", None)
        with counted() as plan:
            office_list.run({"user": keeper["name"]}, [], dry_run=True, retire_missing=False,
                            confirm=False)
        return [len(tree), len(plan)]

    call("satudata_opd_import", keeper, rows=CITY[:2])
    few = statements()
    call("satudata_opd_import", keeper, rows=[
        {"code": f"9.{number}", "nama": f"Kantor {number}", "induk": "Setda"}
        for number in range(10)
    ])
    assert statements() == few


def test_the_page_shows_the_tree(keeper, call, app):
    call("satudata_opd_import", keeper, rows=CITY)
    page = app.get("/opd")
    assert page.status_code == 200
    for text in ("Sekretariat Daerah", "Puskesmas Mentikan", "/organization/dinkes"):
        assert text in page.body


def test_the_page_of_an_empty_portal(app):
    assert app.get("/opd").status_code == 200


def test_the_commands(cli, tmp_path):
    sheet = tmp_path / "opd.json"
    sheet.write_text(json.dumps(CITY))
    result = cli.invoke(ckan, ["satudata", "opd", "import", str(sheet), "--dry-run"])
    assert (result.exit_code, _count("group")) == (0, 0)
    assert cli.invoke(ckan, ["satudata", "opd", "import", str(sheet)]).exit_code == 0
    result = cli.invoke(ckan, ["satudata", "opd", "import", str(sheet), "--json"])
    assert '"unchanged": [\n    "bag-hukum"' in result.output
    assert "  - Bagian Hukum (4)" in cli.invoke(ckan, ["satudata", "opd", "tree"]).output
    exported = tmp_path / "opd.csv"
    cli.invoke(ckan, ["satudata", "opd", "export", str(exported)])
    result = cli.invoke(ckan, ["satudata", "opd", "import", str(exported)])
    assert "unchanged: 4" in result.output
    via = model.Session.execute(
        sa.text("SELECT DISTINCT via FROM satudata_event WHERE type = 'opd.recorded'")
    ).scalars()
    assert list(via) == ["cli"]


def test_a_wrong_sheet_ends_the_command_with_its_rows(cli, tmp_path):
    sheet = tmp_path / "opd.csv"
    sheet.write_text("code,name,kind\n1,Satu,perusahaan\n")
    result = cli.invoke(ckan, ["satudata", "opd", "import", str(sheet)])
    assert result.exit_code == 1
    assert "2, jenis_opd" in result.output
    sheet.write_bytes(b"\x00\x01")
    assert cli.invoke(ckan, ["satudata", "opd", "import", str(sheet)]).exit_code == 1


def test_people_come_with_their_offices_and_roles(keeper, call, cli, tmp_path):
    call("satudata_opd_import", keeper, rows=CITY)
    sheet = tmp_path / "orang.csv"
    sheet.write_text(
        "user,fullname,email,opd,capacity,role,from,until,administers,password\n"
        "ani,Ani,ani@kota.example,Dinkes,editor,,,,,Rahasia-123\n"
        "budi,Budi,budi@kota.example,2,admin,walidata;ppid,,,ya,\n"
        "budi,Budi,budi@kota.example,Setda,member,,,,,\n"
        "cici,Cici,cici@kota.example,Setda,,pembina,2020-01-01,2020-12-31,,\n"
    )
    command = ["satudata", "people", "import", str(sheet)]
    result = cli.invoke(ckan, [*command, "--dry-run"])
    assert (result.exit_code, model.User.get("ani")) == (0, None)
    result = cli.invoke(ckan, command)
    assert "created: 3" in result.output, result.output
    ani, budi, cici = (model.User.get(name) for name in ("ani", "budi", "cici"))
    assert ani.validate_password("Rahasia-123")
    assert people.roles_of(budi.id) == {"walidata", "ppid"}
    assert people.administers(budi.id)
    assert people.roles_of(cici.id) == frozenset()
    held = {
        (group.name, user.name): authz_role for group in model.Session.query(model.Group)
        for user in (ani, budi, cici)
        if (authz_role := _capacity(group.id, user.id))
    }
    assert held == {
        ("dinkes", "ani"): "editor", ("dinkes", "budi"): "admin", ("setda", "budi"): "member",
    }
    before = _sizes()
    result = cli.invoke(ckan, command)
    assert "unchanged: 3" in result.output
    assert _sizes() == before


def _capacity(group_id: str, user_id: str) -> str | None:
    return model.Session.execute(
        sa.select(model.Member.capacity).where(
            model.Member.group_id == group_id, model.Member.table_id == user_id,
            model.Member.state == "active",
        )
    ).scalar()


def test_wrong_people_are_told_by_row_and_nobody_comes(cli, tmp_path):
    factories.Organization(name="dinkes")
    sheet = tmp_path / "orang.csv"
    sheet.write_text(
        "user,email,opd,capacity,role,from,administers\n"
        "ani,ani@kota.example,dinkes,editor,,,\n"
        ",x@kota.example,,,,,\n"
        "budi,budi@kota.example,tidak-ada,editor,,,\n"
        "cici,cici@kota.example,dinkes,raja,,,\n"
        "dedi,dedi@kota.example,,editor,,,\n"
        "euis,euis@kota.example,,,sysadmin,,\n"
        "fani,fani@kota.example,,,ppid,besok,\n"
        "gani,gani@kota.example,,,ppid,,ya\n"
    )
    result = cli.invoke(ckan, ["satudata", "people", "import", str(sheet)])
    assert result.exit_code == 1
    for place in ("3, user", "4, opd", "5, capacity", "6, opd", "7, role", "8, from",
                  "9, administers"):
        assert place in result.output
    assert model.User.get("ani") is None


def test_what_ckan_refuses_of_a_person_is_told_by_row(cli, tmp_path):
    sheet = tmp_path / "orang.csv"
    sheet.write_text("user,email\nani,ani@kota.example\nbudi,bukan surel\n")
    result = cli.invoke(ckan, ["satudata", "people", "import", str(sheet)])
    assert result.exit_code == 1 and "3, email" in result.output
    assert model.User.get("ani") is None
