"""Pages say only what is there: tables, links, pictures, files, commands."""
from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from .tables import PAGES, ROOT, TABLES, held, renewed

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_CODE = re.compile(r"`(?P<path>[a-z_0-9-]+(?:/[a-zA-Z_0-9.-]+)+)`(?: `(?P<name>[A-Za-z_.]+)`)?")
PICTURES = sorted((ROOT / "docs" / "images").glob("*"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_tables_are_those_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert renewed(text) == text, "python -m tests.docs.tables writes them anew"


def test_every_table_stands_on_a_page() -> None:
    standing = {name for page in PAGES for name in held(page.read_text(encoding="utf-8"))}
    assert standing == set(TABLES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_links_lead_somewhere(page: Path) -> None:
    targets = [found["to"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))]
    local = [to.partition("#")[0] for to in targets if "://" not in to]
    assert [to for to in local if to and not (page.parent / to).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_it_names_exist(page: Path) -> None:
    """``access/doors.py`` is looked for in the package and at the top; a name after it, in it."""
    missing = []
    for found in _CODE.finditer(page.read_text(encoding="utf-8")):
        path = found["path"]
        if not path.endswith((".py", ".csv", ".json", ".yaml", ".toml", ".md")):
            continue
        places = [ROOT / "ckanext" / "satudata" / path, ROOT / path]
        place = next((place for place in places if place.exists()), None)
        if place is None or (found["name"] and found["name"] not in place.read_text("utf-8")):
            missing.append(found[0])
    assert missing == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_light_and_shown(picture: Path) -> None:
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", content[16:24])
    assert width == 1280
    assert len(content) < 300_000
    assert any(picture.name in page.read_text(encoding="utf-8") for page in PAGES)


def test_the_readme_is_one_screen() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 120
