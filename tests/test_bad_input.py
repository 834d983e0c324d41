"""Whatever is sent to our actions and pages, the answer says what is wrong; nothing is half done.

Every action of ours with every parameter that its docstring names, and every page of the address
map, is tried with what no form would send: text that cannot be kept, the wrong type, numbers and
days without end. An action refuses it in one of CKAN's three ways and leaves no event behind; a
page never answers with an error of the server.
"""
from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic.action import create, delete, get, patch, update
from ckan.tests import factories
from ckanext.datastore.logic import action as datastore

from ckanext.satudata import plugin
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import events
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.letters import settings
from ckanext.satudata.letters import store as letters
from ckanext.satudata.opd.store import ensure
from tests.access.conftest import strict, town  # noqa: F401
from tests.access.town import as_user, call

NESTED: Any = "x"
for _ in range(60):
    NESTED = [NESTED]

#: What nothing can mean, wherever it stands.
NEVER: dict[str, Any] = {
    "nul": "a\0b",
    "half a surrogate pair": "a\ud800b",
    "list": ["a", 1],
    "dict": {"a": {"b\0": 1}},
    "nested": NESTED,
    "long": "x" * 100_000,
    "huge": 10**30,
    "negative": -1,
    "no number": float("nan"),
}
#: What may mean something somewhere; where it does not, it is refused like the rest.
ODD: dict[str, Any] = {
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "year without end": "99999999999999999999",
}
PERSONS = (None, "editor", "walidata", "sysadmin")
REFUSED = (tk.ValidationError, tk.NotAuthorized, tk.ObjectNotFound)


def _actions() -> list[str]:
    names = {name for module in plugin._modules("action") for name in module.__all__}
    return sorted(name for name in names if name.startswith("satudata_"))


def _parameters(action: str) -> list[str]:
    documented = re.findall(r":param (\w+):", tk.get_action(action).__doc__ or "")
    # Its docstring names these by naming the action that has them.
    if action == "satudata_obligation_update":
        documented += _parameters("satudata_obligation_create")
        documented.remove("package_id")
    return documented


def _letter(opd: Any, office: Any) -> str:
    """A draft of a letter to the office; its quarter is never looked at here."""
    id = uuid.uuid4()
    seq = events.record("letter.drafted", "letter", str(id), Actor(None, CLI))
    named = {name: office[name] for name in ("id", "name", "title")}
    letters.create(
        id=id, kind="data_request", quarter=Quarter.parse("2026-TW2").index, opd=opd,
        addressee=opd, state="konsep", drafted_by=seq, content={
            "quarter": "2026-TW2", "drafted_on": "2026-11-24", "commitment": None,
            "settings": settings.of_letter("data_request", dt.date(2026, 11, 24)),
            "office": named, "addressee": {**named, "position": "Kepala", "successor": False},
            "deadline": "2026-12-01", "sha256": None,
            "revision": None, "as_of": "2026-11-24T00:00:00+07:00", "in_a_row": 1,
            "figures": dict.fromkeys(("due", "fulfilled", "partial", "missing"), 1),
            "earlier": [], "silent_units": [], "missing": [],
        },
    )
    model.Session.commit()
    return str(id)


@pytest.fixture
def city(town: Any, strict: Any) -> Any:  # noqa: F811
    """A dataset of each stage, an item of the daftar data, a waiting deposit for it."""
    if "bad input" not in town.kept:
        draft, submitted = town.draft(), town.submitted()
        terms = obligations.Terms(
            title="Jumlah balita", opd=ensure(town.office["id"]), frekuensi="bulanan",
            valid_from=dt.date(2026, 1, 1), klasifikasi_akses="terbuka",
        )
        [item] = obligations.create_many([(None, terms)], Actor(None, CLI))
        model.Session.commit()
        deposit = call(
            town["editor"], "satudata_deposit_create", obligation_id=str(item), kind="nil",
        )
        town.kept["bad input"] = {
            "draft": draft["name"], "submitted": submitted["name"],
            "content_hash": submitted["content_hash"], "item": str(item),
            "deposit": deposit["id"], "resource": submitted["resources"][0]["id"],
            "letter": _letter(terms.opd, town.office),
        }
    return SimpleNamespace(town=town, **town.kept["bad input"])


def _good(action: str, city: Any) -> dict[str, Any]:
    """A call that would do something, so that the one bad value is what it fails at."""
    values = {
        "content_hash": city.content_hash, "note": "alasan", "reason": "alasan", "text": "kata",
        "user": city.town["walidata"]["name"], "role": "pembina", "year": 2026, "minutes": "BA 1",
        "organization": city.town.office["name"], "date": "2026-01-02", "title": "Jumlah posyandu",
        "frekuensi": "bulanan", "valid_from": "2026-01-01", "obligation_id": city.item,
        "kind": "nil", "period": "2026-09", "quarter": "2026-TW3", "dry_run": True,
        "rows": [{"nama": "Dinas Kesehatan", "judul": "Jumlah posyandu", "opd": "Dinas Kesehatan"}],
        "package_id": city.draft, "resource_id": city.resource, "deposit_id": city.deposit,
        "signatory": "Kepala",
    }
    if "letter" in action:
        values |= {"kind": "data_request", "id": city.letter}
        return {name: values[name] for name in _parameters(action) if name in values}
    values["id"] = (
        city.item if "obligation" in action else city.deposit if "deposit" in action
        else city.draft if action.endswith("_submit") else city.submitted
    )
    if action == "satudata_obligation_create":
        del values["package_id"]
    return {name: values[name] for name in _parameters(action) if name in values}


def _events() -> int:
    model.Session.rollback()
    return model.Session.execute(sa.select(sa.func.max(event.c.seq))).scalar_one()


def _attempts(parameters: list[str]) -> Iterator[tuple[str, str, Any]]:
    for name in parameters:
        for what, value in {**NEVER, **ODD}.items():
            # A text is a sheet too.
            if (name, what) != ("upload", "long"):
                yield name, what, value


def _answer(person: Any, action: str, data: dict[str, Any]) -> Any:
    """The answer of an action, or the error it refused with; anything else is a fault."""
    try:
        return tk.get_action(action)(as_user(person), data)
    except REFUSED as refused:
        return refused
    except Exception as fault:
        return SimpleNamespace(fault=fault)


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("action", _actions())
def test_an_action_refuses_what_makes_no_sense_and_writes_nothing(city, action, person):
    good, wrong = _good(action, city), []
    before = _events()
    for name, what, value in _attempts(_parameters(action)):
        # A nil report looks at no file.
        more = {"kind": "file"} if name == "upload" else {}
        answer = _answer(city.town.users.get(person), action, {**good, **more, name: value})
        after = _events()
        said = f"{name} = {what}: {str(getattr(answer, 'fault', answer))[:150]!r}"
        refused = isinstance(answer, REFUSED) or bool(
            isinstance(answer, dict) and answer.get("errors"))
        if hasattr(answer, "fault"):
            wrong.append(f"{said} ({type(answer.fault).__name__})")
        elif refused and after != before:
            wrong.append(f"{said}: refused, and yet something was written")
        elif what in NEVER and not refused:
            wrong.append(f"{said}: taken")
        before = after
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# --- pages --------------------------------------------------------------------------------------

#: As they stand in an address; a slash within would be another address.
PATHS = ("%00", "a%00b", "%FF%FE", "%ED%A0%80", "x" * 3000, "1900-TW1",
         "00000000-0000-0000-0000-000000000000")
#: Parameters, by the beginning of the addresses that look at them.
QUERIES = {
    "/": ("q=%00",),
    "/kepatuhan": (
        "as_of=9999-12-31T23:59:59Z", "as_of=1900-01-01", "isi=butir&hal=-1&q=%ED%A0%80",
        f"hal={10**30}&urut=--&q=%FF&status=x&kelas=x&isi=x&opd=x&layar=1",
    ),
    "/satudata": (f"page={10**30}&organization=x", "page=99999&period=x"),
}
FORMS: tuple[dict[str, Any], ...] = (
    {}, {"note": "a\0b"}, {"note": "x" * 100_000, "reason": "x" * 100_000, "kind": "nil"},
    {"kind": "x", "period": "x" * 5000, "key": "x" * 5000, "content_hash": "x" * 5000},
    {"upload": "no file", "kind": "file"},
)


def _rules(app: Any) -> list[tuple[str, bool]]:
    """Our addresses with a place for each variable, and whether they take forms."""
    found: dict[str, bool] = {}
    for rule in app.flask_app.url_map.iter_rules():
        if not rule.endpoint.startswith("satudata_"):
            continue
        *texts, last = re.split(r"<any\(([^)]*)\):\w+>", rule.rule)
        words = texts[1].split(",") if texts else [""]
        for word in words:
            address = re.sub(r"<\w+>", "{}", (texts[0] if texts else "") + word.strip() + last)
            found[address] = found.get(address, False) or "POST" in (rule.methods or ())
    return sorted(found.items())


def _filled(address: str, city: Any) -> str:
    """The address of something that is there."""
    for part, value in (
        ("/kepatuhan/", "2026-TW3"), ("/surat/", city.letter), ("/setoran/", city.deposit),
        ("/setor/", city.item),
        ("/verifikasi/", city.submitted), ("/dataset/", city.draft),
    ):
        if part in address:
            return address.replace("{}", value, 1).replace("{}", city.town.office["name"])
    return address.replace("{}", "x")


def _asked(rules: list[tuple[str, bool]], city: Any) -> Iterator[tuple[str, Any]]:
    """Addresses and forms (None: only looked at)."""
    yield "/kepatuhan/2999-TW4", None
    for address, takes_forms in rules:
        for path in PATHS if "{}" in address else ():
            yield address.replace("{}", path), {} if takes_forms else None
        if address.count("{}") > 1:
            yield _filled(address, city).rpartition("/")[0] + "/%00", None
        for start, queries in QUERIES.items():
            for query in queries if address.startswith(start) else ():
                yield f"{_filled(address, city)}?{query}", None
        for form in FORMS if takes_forms else ():
            yield _filled(address, city), form


@pytest.mark.parametrize("person", [None, "walidata"])
def test_a_page_says_what_is_wrong_and_never_breaks(city, app, person):
    headers, wrong = {}, []
    if person is not None:
        token = factories.APIToken(user=city.town[person]["name"])["token"]
        headers["Authorization"] = token
    rules = _rules(app)
    assert {"/kepatuhan/{}", "/satudata/setor/{}"} <= {address for address, _ in rules}
    for address, form in _asked(rules, city):
        try:
            if form is None:
                answer = app.get(address, headers=headers, follow_redirects=False)
            else:
                answer = app.post(address, data=form, headers=headers, follow_redirects=False)
        except Exception as fault:
            wrong.append(f"{address[:90]} {str(form)[:60]}: {fault!r:.150}")
        else:
            if answer.status_code >= 500:
                wrong.append(f"{address[:90]} {str(form)[:60]}: {answer.status_code}")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# --- CKAN's own actions -------------------------------------------------------------------------

#: Where the doors of the plugin stand, with what they look at themselves.
DOORS = {
    "package_create": ("type", "id", "name", "private", "owner_org"),
    "package_update": ("id", "name", "private", "resources", "type"),
    "package_patch": ("id", "private", "klasifikasi_akses"),
    "package_revise": ("match", "update", "update__private"),
    "package_delete": ("id",), "dataset_purge": ("id",),
    "package_owner_org_update": ("id", "organization_id"),
    "bulk_update_public": ("datasets", "org_id"), "bulk_update_private": ("datasets", "org_id"),
    "bulk_update_delete": ("datasets", "org_id"),
    "tag_list": ("query", "vocabulary_id"), "tag_autocomplete": ("query", "limit", "offset"),
    "tag_search": ("query", "limit", "offset"), "tag_show": ("id",),
    "resource_view_list": ("id",),
    "member_create": ("id", "object", "object_type", "capacity"),
    "member_delete": ("id", "object", "object_type"),
    "organization_create": ("name", "type", "induk", "groups"),
    "organization_update": ("id", "induk", "groups", "kode_opd"),
    "organization_delete": ("id",), "organization_purge": ("id",),
    "group_update": ("id",), "group_delete": ("id",), "group_purge": ("id",),
    "datastore_create": ("resource_id", "resource"), "datastore_upsert": ("resource_id",),
    "datastore_delete": ("resource_id",),
}
_STOCK = (create, delete, get, patch, update, datastore)


def _stock(action: str) -> Any:
    return next(getattr(module, action) for module in _STOCK if hasattr(module, action))


@pytest.mark.parametrize("person", ["editor", "sysadmin"])
@pytest.mark.parametrize("action", DOORS)
def test_a_door_takes_bad_values_no_worse_than_ckan_alone(city, action, person):
    user, wrong = city.town[person], []
    for name, what, value in _attempts(list(DOORS[action])):
        data = {"id": city.draft, "query": "x"} if name != "id" else {}
        ours = _outcome(lambda data: tk.get_action(action)(as_user(user), data), data, name, value)
        if not isinstance(ours, Exception) or isinstance(ours, REFUSED):
            continue
        alone = _outcome(lambda data: _stock(action)(as_user(user), data), data, name, value)
        if not isinstance(alone, Exception) or isinstance(alone, REFUSED):
            wrong.append(f"{name} = {what}: {ours!r:.200} where CKAN alone: {alone!r:.100}")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _outcome(do: Any, data: dict[str, Any], name: str, value: Any) -> Any:
    try:
        return do({**data, name: value})
    except Exception as error:
        return error
    finally:
        model.Session.rollback()
