"""The scheming files say the same as the field table, and the field table is sound."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import ckanext.satudata.schema as room
from ckanext.satudata.schema import codes, fields
from ckanext.satudata.schema.fields import Need

ROOM = Path(room.__file__).parent
# CKAN's own flag: derived by the portal, in no form, in no scheming file.
NOT_IN_FILES = {"private"}
# Whole lists that belong to a city or its portal, not to this plugin.
OUTSIDE_LISTS = {"opd_register", "wilayah_kemendagri", "wilayah_bps"}


def _file(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOM / name).read_text(encoding="ascii"))


DATASET = _file("dataset.yaml")
OFFICE = _file("organization.yaml")
ENTRIES = [
    *DATASET["dataset_fields"],
    *DATASET["resource_fields"],
    *OFFICE["fields"],
]
OURS = [entry for entry in ENTRIES if "satudata" in entry]
#: Fields of offices, in a file of their own.
OFFICE_GROUP = "organisasi"
TABLE = {
    (field.group, field.name): field
    for group in (*fields.DATASET_GROUPS, fields.RESOURCE_GROUP, OFFICE_GROUP)
    for field in fields.group_fields(group)
    if field.name not in NOT_IN_FILES
}


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["satudata"]["group"], entry["field_name"]


def test_every_field_of_the_table_is_in_its_file_once() -> None:
    keys = [_key(entry) for entry in OURS]
    assert sorted(keys) == sorted(TABLE)


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: ".".join(_key(entry)))
def test_an_entry_says_what_the_table_says(entry: dict[str, Any]) -> None:
    field, read = TABLE[_key(entry)], fields.from_scheming(entry)
    assert (read.label_id, read.label_en) == (field.label_id, field.label_en)
    assert read.computed is field.computed
    assert read.code_list == field.code_list
    if field.group == OFFICE_GROUP or field.computed:
        return
    assert read.need is field.need
    assert read.needed_when == field.needed_when


def test_the_browser_asks_for_title_name_and_office_only() -> None:
    required = {entry["field_name"] for entry in DATASET["dataset_fields"] if entry.get("required")}
    assert required == {"title", "name", "owner_org"}
    assert not any(entry.get("required") for entry in DATASET["resource_fields"])


def test_every_text_for_people_is_in_both_languages() -> None:
    for entry in ENTRIES:
        for key in ("label", "help_text"):
            if key in entry:
                assert set(entry[key]) == {"id", "en"}, (entry["field_name"], key)
                assert all(entry[key].values())


@pytest.mark.parametrize("field", fields.all_fields(), ids=lambda f: f"{f.group}.{f.name}")
def test_a_row_of_the_table_points_at_lists_and_fields_that_exist(field: fields.Field) -> None:
    assert field.label_id
    assert field.label_en
    assert field.source
    if field.code_list:
        assert field.code_list in OUTSIDE_LISTS or codes.is_list(field.code_list)
    if field.needed_when:
        name, _, wanted = field.needed_when.partition("=")
        other = next(f for f in fields.group_fields(field.group) if f.name == name.rstrip("!"))
        assert all(codes.is_code(other.code_list, code) for code in wanted.split("|"))


def test_fields_needed_when_closed_are_the_evidence_of_the_access_rules() -> None:
    closed = {f.name for f in fields.dataset_fields() if f.need is Need.CLOSED}
    assert closed == set(codes.access_rules()["private_evidence"]["required"])


def test_computed_fields_are_those_that_the_portal_makes() -> None:
    assert fields.computed_names() == {
        "private", "status_alur", "hasil_pemeriksaan", "tanggal_rilis_terakhir",
        "periode_data_terakhir", "content_hash",
    }


@pytest.mark.parametrize(
    ("condition", "record", "holds"),
    [
        ("", {}, True),
        ("jenis_data=statistik", {"jenis_data": "statistik"}, True),
        ("jenis_data=statistik", {"jenis_data": "keuangan"}, False),
        ("jenis_data=statistik", {}, False),
        ("sarana=1|2|4", {"sarana": ["2", "16"]}, True),
        ("sarana=1|2|4", {"sarana": ["16"]}, False),
        ("jenis_berkas!=metadata|pendukung", {}, True),
        ("jenis_berkas!=metadata|pendukung", {"jenis_berkas": "data"}, True),
        ("jenis_berkas!=metadata|pendukung", {"jenis_berkas": "pendukung"}, False),
    ],
)
def test_conditions(condition: str, record: dict[str, Any], holds: bool) -> None:
    assert fields.condition_holds(condition, record) is holds


def test_a_portals_own_field_is_read_from_its_scheming_file() -> None:
    own = fields.from_scheming({
        "field_name": "nomor_perkara",
        "label": "Nomor perkara",
        "satudata": {"group": "akses", "needed": "closed"},
    })
    assert own.need is Need.CLOSED
    assert own.label("en") == own.label("id") == "Nomor perkara"
    assert fields.from_scheming({"field_name": "x"}).need is Need.NEVER
