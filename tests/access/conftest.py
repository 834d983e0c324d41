"""The city that the tests on a real portal look at."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


@pytest.fixture
def strict(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that publishes nothing without a verification."""
    _set(monkeypatch, "ckanext.satudata.enforcement", "strict")


@pytest.fixture
def warn(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that only warns."""
    _set(monkeypatch, "ckanext.satudata.enforcement", "warn")


@pytest.fixture
def collaborators(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal where datasets have collaborators."""
    _set(monkeypatch, "ckan.auth.allow_dataset_collaborators", True)


@pytest.fixture
def public_people(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that shows everybody who its users are."""
    _set(monkeypatch, "ckan.auth.public_user_details", True)


@pytest.fixture
def tokens(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that asks for the tokens of forms, as every real one does."""
    monkeypatch.setitem(app.flask_app.config, "WTF_CSRF_ENABLED", True)


def _set(monkeypatch: pytest.MonkeyPatch, option: str, value: object) -> None:
    import ckan.plugins.toolkit as tk

    monkeypatch.setitem(tk.config, option, value)
