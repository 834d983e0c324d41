"""The town with all that is to be hidden in it: built once for the tests of this folder."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .judging import Asking
    from .things import Sealed

_built: list[Sealed] = []


@pytest.fixture
def admin_collaborators(collaborators: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal where collaborators may be admins of a dataset, too."""
    import ckan.plugins.toolkit as tk

    monkeypatch.setitem(tk.config, "ckan.auth.allow_admin_collaborators", True)


@pytest.fixture
def long_streams(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that gives the whole of a stream at once."""
    import ckan.plugins.toolkit as tk

    monkeypatch.setitem(tk.config, "ckan.activity_list_limit_max", 10_000)


@pytest.fixture
def sealed(
    request: pytest.FixtureRequest, strict: None, admin_collaborators: None, public_people: None,
    long_streams: None,
) -> Sealed:
    """The town; built anew only when something has emptied the portal since."""
    from ckan import model

    from .things import build

    if not _built or model.Group.get(_built[0].town.office["id"]) is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        _built[:] = [build()]
    return _built[0]


@pytest.fixture
def asking(sealed: Sealed, app: Any) -> Asking:
    """Asks as every person."""
    from .judging import Asking

    return Asking(sealed, app)


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is asked, not what its turn comes to."""
    return bool(request.config.getoption("--sealed-whole"))
