"""The catalogues are found in a checkout and in a wheel, wherever each stands."""
from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import wheel

from .tool import ROOT

__all__ = ["wheel"]

_ASK = """
import sys
sys.path.insert(0, sys.argv[1])
import ckanext
ckanext.__path__ = [sys.argv[1] + "/ckanext"]
from ckanext.satudata.translation import Catalogues, catalogues
print(catalogues(), *Catalogues().i18n_locales())
"""


def told_from(place: Path) -> str:
    """What the package in this place says of its catalogues, asked from elsewhere."""
    return subprocess.run(
        [sys.executable, "-c", _ASK, str(place)],
        check=True, capture_output=True, text=True, cwd="/",
    ).stdout.strip()


def test_a_checkout_elsewhere_finds_its_own(tmp_path: Path) -> None:
    package = tmp_path / "ckanext" / "satudata"
    package.mkdir(parents=True)
    for name in ("__init__.py", "translation.py"):
        shutil.copy(ROOT / "ckanext" / "satudata" / name, package)
    shutil.copytree(ROOT / "i18n", tmp_path / "i18n")
    assert told_from(tmp_path) == f"{tmp_path / 'i18n'} en id"


@pytest.mark.packaging
def test_a_wheel_finds_what_it_brought(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    inside = tmp_path / "ckanext" / "satudata" / "i18n"
    assert told_from(tmp_path) == f"{inside} en id"
    for kept in (ROOT / "i18n").glob("*/LC_MESSAGES/*"):
        brought = inside / kept.relative_to(ROOT / "i18n")
        assert brought.read_bytes() == kept.read_bytes()
    assert not list(inside.rglob("*.py")), "the script that refreshes them stays in the checkout"
