"""How the pages of the portal call actions, and say what is wrong."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from flask import request

from ckanext.satudata.report.page_data import context, messages


def signed_in() -> Any:
    """Before a request: strangers are shown the way in, and come back to the page."""
    if not tk.current_user.is_authenticated:
        return tk.redirect_to("user.login", came_from=request.path)
    return None


def call(action: str, **data: Any) -> Any:
    """Call an action as the person at the browser."""
    return tk.get_action(action)(context(), data)


def found(action: str, **data: Any) -> Any:
    """The same for a page: what is not there or not theirs becomes a page that says so."""
    try:
        return call(action, **data)
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error.message or tk._("There is nothing at this address.")))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error.message or tk._("You may not see this page.")))
    except tk.ValidationError as error:
        tk.abort(404, " ".join(messages(error)))


def tried(done: str, action: Callable[[], Any]) -> bool:
    """Do something and say how it went, at the top of the next page.

    :param done: what to say when it went well
    """
    went_well = did(action)
    if went_well:
        tk.h.flash_success(done)
    return went_well


def did(action: Callable[[], Any]) -> bool:
    """Do something; what is wrong is said at the top of the next page."""
    try:
        action()
    except tk.ValidationError as error:
        for message in messages(error):
            tk.h.flash_error(message)
    except tk.NotAuthorized as error:
        tk.h.flash_error(str(error.message or tk._("You may not do this.")))
    except tk.ObjectNotFound as error:
        tk.h.flash_error(str(error.message or tk._("It is not there any more.")))
    else:
        return True
    return False


def may(action: str) -> bool:
    """Whether the person at the browser passes an auth function that asks for no thing."""
    try:
        tk.check_access(action, context(), {})
    except tk.NotAuthorized:
        return False
    return True


def page_number(value: str | None) -> int:
    """The number of a page in an address: 1 for anything that is none."""
    text = value or ""
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1
