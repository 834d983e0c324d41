"""The documentation says what the code does."""
from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.satudata.access import tables, visibility

DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


@pytest.mark.parametrize("table", [tables.life, tables.readers, tables.requests])
def test_the_tables_of_the_document_are_those_of_the_code(table) -> None:
    assert table() in DOCUMENT.read_text(encoding="utf-8")


def test_the_modes_are_named() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for mode in (visibility.STRICT, visibility.WARN):
        assert f"`{mode}`" in text
