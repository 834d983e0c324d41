"""Persons and offices for the tests of this room."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def person() -> Callable[..., dict[str, Any]]:
    """Make a user; with a role, or as admin or editor of an office.

    Called with ``role=``, ``administers=``, ``admin_of=``, ``editor_of=``, ``sysadmin=``.
    """
    from ckan import model
    from ckan.tests import factories, helpers

    from ckanext.satudata.journal.events import CLI, Actor
    from ckanext.satudata.opd import people

    def make(
        role: str | None = None, administers: bool = False, admin_of: str | None = None,
        editor_of: str | None = None, sysadmin: bool = False,
    ) -> dict[str, Any]:
        user = factories.Sysadmin() if sysadmin else factories.User()
        for office, capacity in ((admin_of, "admin"), (editor_of, "editor")):
            if office:
                helpers.call_action(
                    "member_create", id=office, object=user["id"], object_type="user",
                    capacity=capacity,
                )
        if role:
            people.grant(user["id"], role, Actor(None, CLI), administers=administers)
            model.repo.commit()
        return user

    return make


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call an action as a person, with CKAN's checks (None: anonymous)."""
    from ckan.tests import helpers

    def act(action: str, user: dict[str, Any] | None, /, **data: Any) -> Any:
        context = {"user": user["name"] if user else "", "ignore_auth": False}
        return helpers.call_action(action, context, **data)

    return act


@pytest.fixture
def counted() -> Callable[..., Any]:
    """A context manager that counts the statements sent to the database."""
    from tests import counting

    return counting.counted
