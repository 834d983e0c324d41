"""The small city of the report, two of its quarters frozen, with everybody who may call."""
from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from ckan import model
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

from ckanext.satudata.deposits import obligations
from ckanext.satudata.opd import people
from tests.report.town import LAST, PASSWORD, SECRET, SYSTEM, build

EARLIER = LAST.previous()

#: Persons by what they are: city-wide roles, and members of the silent office and of another.
ROLES = ("koordinator", "pembina", "ppid", "pimpinan")
PERSONS = (
    "stranger", "sysadmin", "walidata", *ROLES, "office_admin", "office_editor", "office_member",
    "other_editor",
)
SCAN = b"%PDF-1.4 tertanda"


def make() -> SimpleNamespace:
    """The city; ``users`` by the persons above (None: a stranger)."""
    opds = build()
    users: dict[str, Any] = {
        "stranger": None, "walidata": "wali",
        "sysadmin": factories.Sysadmin(name="sys", password=PASSWORD)["name"],
    }
    for role in ROLES:
        user = factories.User(name=f"orang-{role}", password=PASSWORD)
        people.grant(user["id"], role, SYSTEM)
        users[role] = user["name"]
    for capacity in ("admin", "editor", "member"):
        users[f"office_{capacity}"] = _member("dishub", capacity)
    users["other_editor"] = _member("dlh", "editor")
    model.Session.commit()
    for quarter in (EARLIER, LAST):
        helpers.call_action(
            "satudata_snapshot_freeze", {"user": "wali", "ignore_auth": False},
            quarter=quarter.code)
    return SimpleNamespace(opds=opds, users=users)


def _member(office: str, capacity: str) -> str:
    name = f"{office}-{capacity}"
    factories.User(name=name, password=PASSWORD)
    helpers.call_action(
        "organization_member_create", id=office, username=name, role=capacity)
    return name


def call(user: str | None, action: str, **data: Any) -> Any:
    """Call an action as a person: nothing is skipped."""
    found = model.User.get(user) if user else None
    context: Any = {"user": user or "", "auth_user_obj": found, "ignore_auth": False}
    return helpers.call_action(action, context, **data)


def scan(content: bytes = SCAN) -> FileStorage:
    """A signed paper."""
    return FileStorage(io.BytesIO(content), filename="pindai.pdf")


def drafted(office: str = "dishub", kind: str = "reprimand", **more: Any) -> dict[str, Any]:
    """A fresh draft, by the walidata."""
    return call(
        "wali", "satudata_letter_draft", kind=kind, organization=office,
        **{"quarter": LAST.code, **more})


#: What brings a letter from each state to the next.
STEPS: dict[str, dict[str, Any]] = {
    "number": {"number": "000.7/1/2026", "date": None}, "sign": {"signed": None},
    "send": {"sent_on": None}, "answer": {"answer": "Kami setor minggu depan."},
    "outcome": {"outcome": "Sudah disetor."}, "cancel": {"cancel": "Salah alamat."},
}
WAY = {
    "konsep": (), "bernomor": ("number",), "ditandatangani": ("number", "sign"),
    "dikirim": ("number", "sign", "send"), "dijawab": ("number", "sign", "send", "answer"),
    "batal": ("cancel",),
}


def step(user: str | None, id: str, event: str, number: str = "") -> dict[str, Any]:
    """Record a step with values that are right for it."""
    from ckanext.satudata.journal.clock import city_today

    data = dict(STEPS[event])
    if event == "number":
        data = {"number": number or f"000.7/{id[:8]}/2026"}
    elif event == "sign":
        data = {"signed": scan()}
    elif event == "send":
        data = {"sent_on": city_today().isoformat()}
    return call(user, "satudata_letter_update", id=id, **data)


def bring(id: str, state: str) -> None:
    """Bring a draft to a state."""
    for event in WAY[state]:
        step("wali", id, event)


__all__ = [
    "EARLIER", "LAST", "PERSONS", "SECRET", "bring", "call", "drafted", "make", "obligations",
    "scan", "step",
]
