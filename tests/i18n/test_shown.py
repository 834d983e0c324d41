"""What people are shown: Indonesian unless they ask for English; on the command line, too."""
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from ckan.cli.cli import ckan
from ckan.lib import i18n
from ckan.plugins import PluginImplementations
from ckan.plugins import toolkit as tk
from ckan.plugins.interfaces import ITranslation
from ckan.tests import factories

from ckanext.satudata.deposits import asked
from ckanext.satudata.journal.cli import city_language
from ckanext.satudata.report.page_data import words
from ckanext.satudata.translation import DOMAIN, catalogues

from . import tool

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


@pytest.fixture
def spoken(app: Any) -> Any:
    """Run something in a request in a language."""

    @contextmanager
    def speak(language: str) -> Iterator[None]:
        with app.flask_app.test_request_context(environ_overrides={"CKAN_LANG": language}):
            yield

    return speak


def test_ckan_is_told_where_the_catalogues_are() -> None:
    [plugin] = [one for one in PluginImplementations(ITranslation) if one.i18n_domain() == DOMAIN]
    assert Path(plugin.i18n_directory()) == catalogues() == tool.ROOT / "i18n"
    assert plugin.i18n_locales() == ["en", "id"]


PAGES = [
    ("/kepatuhan", "Kepatuhan Penyetoran Data", "Data deposit compliance"),
    ("/opd", "Belum ada OPD yang tercatat.", "No office is recorded yet."),
    ("/dataset/", "Tidak ada dataset yang ditemukan", "No datasets found"),
    ("/organization/", "Belum ada OPD di portal ini", "There are currently no organizations"),
    ("/user/login", "Nama Pengguna atau Surel", "Username or Email"),
]


@pytest.mark.parametrize(("address", "indonesian", "english"), PAGES)
def test_a_page_is_indonesian_unless_asked_for_in_english(
    app: Any, address: str, indonesian: str, english: str
) -> None:
    page = app.get(address).body
    assert indonesian in page
    assert english not in page
    page = app.get(f"/en{address}").body
    assert english in page
    assert indonesian not in page


def test_an_error_page_is_indonesian(app: Any) -> None:
    """Flask explains an error in English only; our catalogue knows its words."""
    page = app.get("/tidak-ada", status=404).body
    assert "404 Tidak Ditemukan" in page
    assert "Alamat yang diminta tidak ada di server ini." in page
    assert "404 Not Found" in app.get("/en/tidak-ada", status=404).body


def test_an_action_s_errors_are_indonesian(app: Any) -> None:
    factories.User(name="petugas")
    token = factories.APIToken(user="petugas")["token"]
    answer = app.post(
        "/api/3/action/satudata_deposit_show", json={"id": "tidak-ada"},
        headers={"Authorization": token}, status=404,
    )
    assert "Tidak ada apa pun dengan id ini." in answer.json["error"]["message"]


def test_what_is_wrong_with_a_period_is_said_in_indonesian(spoken: Any) -> None:
    with spoken("id"):
        with pytest.raises(tk.ValidationError) as wrong:
            asked.a_period("triwulan tiga")
        assert "Bukan periode." in str(wrong.value)
        with pytest.raises(tk.ValidationError) as wrong:
            asked.frequency_code({"frekuensi": "kadang"})
        assert "Frekuensi tidak dikenal: kadang." in str(wrong.value)


def test_our_indonesian_wins_over_ckan_s(spoken: Any) -> None:
    """CKAN's own says "Kumpulan data" and "Sumberdaya"; plugins come after it."""
    with spoken("id"):
        assert tk._("Datasets") == "Dataset"
        assert tk._("Resources") == "Berkas"
        assert tk._("Home") == "Beranda"  # CKAN's, kept
    with spoken("en"):
        assert tk._("Datasets") == "Datasets"


def test_indonesian_counts_in_one_form_and_english_in_two(spoken: Any) -> None:
    def counted(n: int) -> str:
        return tk.ungettext("{n} deposit waits", "{n} deposits wait", n).format(n=n)

    with spoken("id"):
        assert [counted(1), counted(2)] == ["1 setoran menunggu", "2 setoran menunggu"]
    with spoken("en"):
        assert [counted(1), counted(2)] == ["1 deposit waits", "2 deposits wait"]


def test_a_quarter_is_named_by_when_its_data_is_due(spoken: Any) -> None:
    with spoken("id"):
        assert words().due_in("2026-TW3") == "jatuh tempo dalam TW III (1 Jul–30 Sep 2026)"
    with spoken("en"):
        assert words().due_in("2026-TW3") == "due in quarter III (1 Jul–30 Sep 2026)"


def test_outside_a_request_the_language_is_forced(app: Any) -> None:
    """Commands and jobs have no reader: they speak the portal's language."""
    command = click.Context(click.Command("anything"))
    command.meta["flask_app"] = app.flask_app
    assert tk._("Reason") == "Reason"
    with command.scope(), city_language():
        assert tk._("Reason") == "Alasan"


@pytest.mark.ckan_config("ckan.locale_default", "en")
def test_the_forced_language_is_the_portal_s(app: Any) -> None:
    command = click.Context(click.Command("anything"))
    command.meta["flask_app"] = app.flask_app
    with command.scope(), city_language():
        assert tk._("Reason") == "Reason"


def test_a_command_answers_in_indonesian(cli: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "opd.csv"
    sheet.write_text("kode_opd,nama\nA,Dinas A\nB,\n")
    answer = cli.invoke(ckan, ["satudata", "opd", "import", str(sheet), "--dry-run"])
    assert "OPD wajib memiliki nama." in answer.output


def test_a_report_on_the_command_line_is_indonesian(cli: Any) -> None:
    answer = cli.invoke(ckan, ["satudata", "report", "show", "2026-TW3"])
    assert "jatuh tempo dalam TW III (1 Jul–30 Sep 2026)" in answer.output
    assert "Belum setor 0" in answer.output


def test_scripts_find_their_messages(ckan_config: Any, monkeypatch: Any, tmp_path: Path) -> None:
    """CKAN makes the scripts' messages from the ``.po`` files, ours included."""
    monkeypatch.setitem(ckan_config, "ckan.storage_path", str(tmp_path))
    i18n.build_js_translations()
    said = json.loads((tmp_path / "i18n" / "js" / "id.js").read_text())
    assert said["Confirm"] == [None, "Ya, lanjutkan"]
    assert said["File"] == [None, "Berkas"]



def test_moments_are_told_by_the_city_s_clock(spoken: Any) -> None:
    with spoken("id"):
        assert tk.h.satudata_moment("2026-11-24T12:37:00+00:00") == "24 Nov 2026 19.37 WIB"
        assert tk.h.satudata_moment(None) == ""
        assert tk.h.satudata_day("2026-10-05") == "5 Oktober 2026"
    with spoken("en"):
        assert tk.h.satudata_moment("2026-11-24T12:37:00+00:00") == "24 Nov 2026 19:37 WIB"
