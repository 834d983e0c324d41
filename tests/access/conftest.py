"""The city that the tests on a real portal look at."""
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .town import Town


@pytest.fixture
def town(request: pytest.FixtureRequest, with_plugins: None) -> Town:
    """The city of these tests: built once for a module, whose tests each make their datasets."""
    from .town import build_town

    built = getattr(request.module, "_town", None)
    if built is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        built = build_town()
        request.module._town = built
    return built
