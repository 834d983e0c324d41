"""What the page of a dataset says when it is not open: until when, and how to get its files."""
from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.asked import context
from ckanext.satudata.opd import people

from . import closing, closures, determination, readers, request_life, visibility
from .reading import Reader
from .request_action import opens_files

#: Requests shown on a dataset's page; the list has all of them.
SHOWN = 20


def satudata_closed(pkg: dict[str, Any]) -> dict[str, Any] | None:
    """What a dataset's page says of its closure and of access; None when there is nothing to say.

    :param pkg: as ``package_show`` gives it
    :returns: ``ends`` ({kind, last_day, days}) and ``overdue``, for its office and those who
        oversee closures; ``may_determine``; ``no_file``: the person gets no file; then
        ``restricted`` (a grant would give them), ``asks`` (the person's office could ask) and
        ``offices`` (those for which the person may ask here); ``requests``, see
        ``satudata_access_request_list``
    """
    user: Any = tk.current_user
    if not user.is_authenticated or not pkg.get("private"):
        return None
    package = model.Package.get(pkg["id"])
    if package is None or package.state != "active" or not visibility.is_governed(package.type):
        return None
    klass, _ = readers.standing(package)
    if klass == visibility.TERBUKA:
        return None
    kinds = set(Reader) if user.sysadmin else readers.readers(user, package, klass)
    ends = _ends(package.id) if _oversees(user, kinds) else []
    requests = tk.get_action("satudata_access_request_list")(
        context(), {"package_id": package.id, "limit": SHOWN})["results"]
    found = {
        "ends": ends,
        "overdue": any(one["days"] < 0 for one in ends),
        "may_determine": user.sysadmin or people.has_role(user.id, people.PPID),
        # What stands, and the latest answer; the rest is on the list.
        "requests": [
            one for place, one in enumerate(requests)
            if place == 0 or one["lasts"] or one["status"] == request_life.WAITING
        ],
        **_without_file(user, package, requests),
    }
    return found if any(found.values()) else None


def satudata_closures(organization: str | None = None) -> dict[str, int] | None:
    """How many closures have to be decided, today, as far as this person may see them.

    :param organization: name or id of an office; None: of all
    :returns: ``waiting`` for the PPID's determination, ``overdue`` of them, ``ended`` closures;
        None when there is none of all that
    """
    if not tk.current_user.is_authenticated:
        return None
    yesterday = clock.city_today() - dt.timedelta(days=1)

    def count(**wanted: Any) -> int:
        if organization:
            wanted["organization"] = organization
        try:
            return tk.get_action("satudata_closure_list")(
                context(), {"limit": 0, **wanted})["count"]
        except tk.ObjectNotFound:
            return 0

    found = {
        "waiting": count(kind=closing.WAITING),
        "overdue": count(kind=closing.WAITING, until=yesterday),
        "ended": count(kind=closing.CLOSURE, until=yesterday),
    }
    return found if any(found.values()) else None


def _oversees(user: Any, kinds: set[Reader]) -> bool:
    return bool(kinds & {Reader.MEMBER, Reader.EDITOR}) or people.has_role(
        user.id, *determination.OVERSEERS)


def _ends(package_id: str) -> list[dict[str, Any]]:
    terms, today = closures.get(package_id), clock.city_today()
    days = {
        closing.WAITING: terms.waiting_until, closing.CLOSURE: terms.closed_until,
        closing.REVIEW: terms.review_until,
    }
    return [
        {"kind": kind, "last_day": day, "days": (day - today).days}
        for kind, day in days.items() if day is not None
    ]


def _without_file(
    user: Any, package: model.Package, requests: list[dict[str, Any]]
) -> dict[str, Any]:
    """How somebody who gets no file comes by it."""
    if readers.may_read_file(user, package):
        return {"no_file": False}
    restricted = opens_files(package)
    offices = tk.get_action("organization_list_for_user")(
        context(), {"permission": "update_dataset"}) if restricted else []
    waiting = {
        one["organization"]["id"] for one in requests if one["status"] == request_life.WAITING
    }
    return {
        "no_file": True,
        "restricted": restricted,
        "asks": restricted and bool(readers.offices_of(user)),
        "offices": [
            one for one in offices if one["id"] not in waiting | {package.owner_org}
        ],
    }
