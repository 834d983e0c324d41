"""The city of these tests: built once, its letters taken away before each test."""
from __future__ import annotations

from typing import Any

import pytest

try:
    import sqlalchemy as sa
    from ckan import model
except ImportError:  # the pure tests run without CKAN
    model = None  # type: ignore[assignment]

_standing: list[Any] = []

#: What a test of this folder may have changed, besides events, which nobody minds.
_EMPTIED = ("satudata_letter", "satudata_commitment", "satudata_notice", "satudata_work")


@pytest.fixture
def city(request: pytest.FixtureRequest, with_plugins: None) -> Any:
    """Two frozen quarters and no letter; ``users`` by what each person is."""
    if not (_standing and model.User.get("dlh-editor")):
        from .town import make

        _standing.clear()
        request.getfixturevalue("clean_db")
        _standing.append(make())
    model.Session.remove()
    for table in _EMPTIED:
        model.Session.execute(sa.text(f"DELETE FROM {table}"))
    model.Session.commit()
    return _standing[0]


@pytest.fixture
def changed(city: Any) -> Any:
    """For tests that change the city itself: the next one gets a new one."""
    yield
    _standing.clear()
