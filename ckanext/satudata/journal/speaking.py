"""Speaking to a person outside a request: in a job or a command nothing is translated by itself."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk
import click
from flask import current_app, has_app_context

from .events import JOB, VIA


def portal_language() -> str:
    """The language of the portal."""
    return tk.config.get("ckan.locale_default") or "en"


@contextmanager
def speaking(language: str, via: str = JOB) -> Iterator[None]:
    """A request context in which texts, dates and addresses are those of a language.

    :param via: how events that are recorded meanwhile came in
    """
    environ = {
        "CKAN_LANG": language, "CKAN_LANG_IS_DEFAULT": language == portal_language(), VIA: via,
    }
    with _app().test_request_context(environ_overrides=environ):
        yield


def _app() -> Any:
    if has_app_context():
        return current_app._get_current_object()  # type: ignore[attr-defined]
    command = click.get_current_context(silent=True)
    if command is not None and "flask_app" in command.meta:
        return command.meta["flask_app"]
    return _own_app()


@lru_cache(maxsize=1)
def _own_app() -> Any:
    from ckan.config.middleware import make_app

    made: Any = make_app(tk.config)
    return made._wsgi_app
