"""The forms ask in both languages, keep what was filled in, and the pages show words for codes."""
from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers
from werkzeug.datastructures import MultiDict

from ckanext.satudata.schema import fields

from .records import complete_dataset

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

LANGUAGES = {"id": "", "en": "/en"}


@pytest.fixture
def editor() -> dict[str, Any]:
    return factories.SysadminWithToken()


@pytest.fixture
def office(editor: dict[str, Any]) -> dict[str, Any]:
    return factories.Organization(
        title="Dinas Kesehatan", kepala_jabatan="Kepala Dinas Kesehatan & Keluarga",
        urusan=["1.02"])


@pytest.fixture
def dataset(editor: dict[str, Any], office: dict[str, Any]) -> dict[str, Any]:
    sent = complete_dataset(owner_org=office["id"], sumber_referensi=["rpjmd", "spm"])
    sent["resources"][0]["url"] = "https://contoh.go.id/data.csv"
    return helpers.call_action("package_create", {"user": editor["name"]}, **sent)


def page(app: Any, editor: dict[str, Any], address: str) -> str:
    response = app.get(address, headers={"Authorization": editor["token"]})
    assert response.status_code == 200
    return response.get_data(as_text=True)


def names(markup: str) -> set[str]:
    return set(re.findall(r'<(?:input|select|textarea)[^>]*? name="([^"]+)"', markup))


def assert_labels(asked: Iterable[fields.Field], markup: str, lang: str) -> None:
    text = html.unescape(markup)
    assert not [field.name for field in asked if field.label(lang) not in text]


def opening(markup: str, name: str) -> str:
    found = re.search(rf'<(?:input|select|textarea)[^>]*? name="{name}"[^>]*>', markup)
    assert found, name
    return found.group(0)


def test_the_dataset_form_asks_for_every_field_of_the_table(
    app: Any, editor: dict[str, Any], office: dict[str, Any]
) -> None:
    asked = [field for field in fields.dataset_fields() if not field.computed]
    for lang, prefix in LANGUAGES.items():
        markup = page(app, editor, prefix + "/dataset/new")
        assert {field.name for field in asked} <= names(markup)
        assert not fields.computed_names() & names(markup)
        assert_labels(asked, markup, lang)


def test_the_browser_requires_nothing_that_only_publishing_needs(
    app: Any, editor: dict[str, Any], office: dict[str, Any]
) -> None:
    markup = page(app, editor, "/en/dataset/new")
    assert "required" not in opening(markup, "sds_konsep")
    assert "needed to publish" in markup
    assert "needed unless open" in markup


def test_the_form_offers_what_the_only_office_knows(
    app: Any, office: dict[str, Any]
) -> None:
    clerk = factories.UserWithToken()
    helpers.call_action(
        "organization_member_create", id=office["id"], username=clerk["name"], role="editor")
    markup = page(app, clerk, "/dataset/new")
    offered = html.unescape(opening(markup, "penanggung_jawab"))
    assert 'value="Kepala Dinas Kesehatan & Keluarga"' in offered


def test_the_resource_form_asks_for_every_field_of_a_file(
    app: Any, editor: dict[str, Any], dataset: dict[str, Any]
) -> None:
    address = f"/dataset/{dataset['id']}/resource/{dataset['resources'][0]['id']}/edit"
    asked = fields.group_fields(fields.RESOURCE_GROUP)
    for lang, prefix in LANGUAGES.items():
        markup = page(app, editor, prefix + address)
        assert {field.name for field in asked} <= names(markup)
        assert_labels(asked, markup, lang)


def test_saving_the_edit_form_as_it_came_changes_nothing(
    app: Any, editor: dict[str, Any], dataset: dict[str, Any]
) -> None:
    markup = page(app, editor, f"/dataset/edit/{dataset['name']}")
    app.post(
        f"/dataset/edit/{dataset['name']}", data=filled_in(markup),
        headers={"Authorization": editor["token"]})
    after = helpers.call_action("package_show", id=dataset["id"])
    for field in fields.dataset_fields():
        if not field.computed and field.name != "tag_string":
            assert after.get(field.name) == dataset.get(field.name), field.name


def filled_in(markup: str) -> MultiDict[str, str]:
    """What a browser would send for the dataset form."""
    form = re.search(r'<form id="dataset-edit".*?</form>', markup, re.DOTALL)
    assert form
    sent = [("save", "")]
    for tag in re.findall(r"<input[^>]*>", form.group(0)):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        unticked = 'type="checkbox"' in tag and " checked" not in tag
        if name and not unticked:
            sent.append((name.group(1), html.unescape(value.group(1) if value else "")))
    pattern = r'<(textarea|select)[^>]*? name="([^"]+)"[^>]*>(.*?)</\1>'
    for kind, name, inner in re.findall(pattern, form.group(0), re.DOTALL):
        if kind == "textarea":
            sent.append((name, html.unescape(inner)))
            continue
        sent += [
            (name, html.unescape(chosen))
            for chosen in re.findall(r'<option value="([^"]*)"[^>]*selected', inner)
        ]
    return MultiDict(sent)


def test_an_error_is_shown_beside_its_field_with_the_values_kept(
    app: Any, editor: dict[str, Any], office: dict[str, Any]
) -> None:
    response = app.post("/en/dataset/new", headers={"Authorization": editor["token"]}, data={
        "title": "Jumlah pasar", "name": "jumlah-pasar", "owner_org": office["id"],
        "sumber_referensi": ["rpjmd", "spm"], "kode_wilayah": "3576",
        "sds_definisi": "Pasar <rakyat>", "_ckan_phase": "dataset_new_1", "save": "",
    })
    markup = response.get_data(as_text=True)
    assert 'id="error-kode_wilayah"' in markup
    assert 'value="3576"' in opening(markup, "kode_wilayah")
    assert "Pasar &lt;rakyat&gt;" in markup
    ticked = re.findall(r'name="sumber_referensi" value="(\w+)" checked', markup)
    assert ticked == ["rpjmd", "spm"]


WORDS = {
    "id": ["Frekuensi pemutakhiran", "Triwulanan", "1.02 Kesehatan", "RPJMD",
           "Perlindungan Sosial dan Kesehatan", "Terbuka"],
    "en": ["Update frequency", "Quarterly", "1.02 Health", "Regional medium-term plan",
           "Social protection and health", "Open"],
}


def test_the_dataset_page_shows_words_for_codes(
    app: Any, editor: dict[str, Any], dataset: dict[str, Any]
) -> None:
    for lang, words in WORDS.items():
        markup = page(app, editor, f"{LANGUAGES[lang]}/dataset/{dataset['name']}")
        text = html.unescape(re.sub(r"<[^>]+>|\s+", " ", markup))
        for word in words:
            assert word in text, word
        assert "perlindungan-sosial-kesehatan" not in text
        assert fields.by_name()["sds_referensi"].label(lang) not in text


def test_the_page_of_a_file_says_everything_once(
    app: Any, editor: dict[str, Any], dataset: dict[str, Any]
) -> None:
    resource = dataset["resources"][0]
    markup = page(app, editor, f"/dataset/{dataset['name']}/resource/{resource['id']}")
    text = html.unescape(re.sub(r"<[^>]+>|\s+", " ", markup))
    assert text.count("Jenis berkas") == text.count("2026-TW2") == text.count(" integer ") == 1
    assert "Tanggal rilis berkas" not in text


def test_the_office_form_and_page_speak_the_readers_language(
    app: Any, editor: dict[str, Any], office: dict[str, Any]
) -> None:
    asked = fields.group_fields("organisasi")
    for lang, prefix in LANGUAGES.items():
        form = page(app, editor, f"{prefix}/organization/edit/{office['name']}")
        assert {field.name for field in asked} <= names(form)
        assert_labels(asked, form, lang)
        about = page(app, editor, f"{prefix}/organization/about/{office['name']}")
        assert {"id": "1.02 Kesehatan", "en": "1.02 Health"}[lang] in about


def test_naming_the_plugins_is_all_the_configuration_that_the_schemas_need(app: Any) -> None:
    for kind in ("dataset", "organization"):
        schema = tk.get_action(f"scheming_{kind}_schema_show")({}, {"type": kind})
        entries = schema.get("dataset_fields") or schema["fields"]
        assert any("satudata" in entry for entry in entries)
