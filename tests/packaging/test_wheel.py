"""One wheel for both CKANs: whole, installable beside CKAN, and harmless to what was there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.processes import run

from .conftest import ROOT, STOCK_PLUGINS, StockPortal

pytestmark = pytest.mark.packaging

OURS = "satudata scheming_datasets scheming_organizations"
PAGES = ("/kepatuhan", "/dataset/jumlah-penduduk", "/dataset/rencana-kerja", "/dataset/")
_WHERE = """
import importlib.resources, json
import ckanext.satudata, ckanext.activity
from ckan.plugins.core import _get_service
print(json.dumps([ckanext.satudata.__file__, ckanext.activity.__file__]))
"""


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ckanext").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert expected - names == set()


def test_the_wheel_has_compiled_catalogues(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for source in (ROOT / "i18n").glob("*/LC_MESSAGES/*.po"):
        compiled = source.relative_to(ROOT / "i18n").with_suffix(".mo")
        assert f"ckanext/satudata/i18n/{compiled.as_posix()}" in names


def test_the_wheel_has_nothing_but_the_package(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ckanext"}


@pytest.fixture(scope="module")
def upgraded(stock: StockPortal, wheel: Path) -> dict[str, Any]:
    """What a portal with datasets looked like before the extension, with it, and after it."""
    stock.ckan("db", "upgrade")
    made = stock.ask("fill.py")
    asked = json.dumps({"pages": PAGES, **made})
    before = stock.ask("look.py", asked)
    pip = [stock.environment.python, "-m", "pip", "install", "-q", "-c", stock.environment.pins]
    run([*pip, wheel], env=stock.environment.variables())
    run([*pip, "--force-reinstall", "--no-deps", wheel], env=stock.environment.variables())
    stock.configure(f"{OURS} {STOCK_PLUGINS}", public_board="live")
    printed = [stock.ckan("db", "upgrade"), stock.ckan("db", "upgrade")]
    stock.ckan("search-index", "rebuild")
    during = stock.ask("look.py", asked)
    stock.configure(STOCK_PLUGINS)
    after = stock.ask("look.py", asked)
    return {"made": made, "before": before, "with": during, "after": after, "printed": printed}


def test_the_extension_is_imported_from_the_wheel(
    upgraded: dict[str, Any], stock: StockPortal
) -> None:
    found = run([stock.environment.python, "-I", "-c", _WHERE], env=stock.variables())
    assert str(stock.environment.site_packages / "ckanext" / "satudata") in found
    assert str(ROOT / "ckanext") not in found


def test_the_migrations_run_and_run_again(upgraded: dict[str, Any]) -> None:
    assert "satudata_event" in upgraded["with"]["tables"]
    assert upgraded["before"]["tables"] == []
    assert all("SUCCESS" in printed for printed in upgraded["printed"])


def test_installing_changes_nobodys_view(upgraded: dict[str, Any]) -> None:
    """An upgrade hides nothing and shows nothing: flags, search and pages stay as they were."""
    before, during = upgraded["before"], upgraded["with"]
    assert before["private"] == upgraded["made"]["private"]
    assert during["private"] == before["private"]
    assert during["public"] == before["public"] == ["jumlah-penduduk", "panjang-jalan"]
    for path in PAGES[1:]:
        assert during["pages"][path]["status"] == before["pages"][path]["status"], path


def test_installing_takes_nothing_from_members_and_collaborators(upgraded: dict[str, Any]) -> None:
    """They find, open, download and edit what they did, the private dataset too."""
    before, during = upgraded["before"]["people"], upgraded["with"]["people"]
    assert "rencana-kerja" in before["anggota"]["finds"]
    assert before["rekan"]["downloads"]["rencana-kerja"] == 200
    assert before["rekan"]["edits"] == ["rencana-kerja"]
    assert "rencana-kerja" not in before["tamu"]["shows"]
    for person, seen in before.items():
        for what in ("finds", "shows", "edits"):
            assert during[person][what] == seen[what], (person, what)
        for name, status in seen["downloads"].items():
            assert (during[person]["downloads"][name] == 200) is (status == 200), (person, name)


def test_the_board_is_there(upgraded: dict[str, Any]) -> None:
    assert upgraded["before"]["pages"]["/kepatuhan"]["status"] == 404
    assert upgraded["with"]["pages"]["/kepatuhan"]["status"] == 200
    assert "rencana-kerja" not in upgraded["with"]["pages"]["/kepatuhan"]["text"]


def test_removing_the_extension_changes_nobodys_view(upgraded: dict[str, Any]) -> None:
    before, after = upgraded["before"], upgraded["after"]
    assert after["private"] == before["private"]
    assert after["public"] == before["public"]
