"""An address tells nothing: what is hidden is answered like what is not there, word for word."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.tests import factories

from .town import CLOSED, Town, as_user, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

#: Who must not learn that the datasets are there: nobody, and an editor of another office.
STRANGERS = (None, "third_member")

#: Ids of the same kinds that lead nowhere.
NOTHING = {
    "id": "11111111-1111-4111-8111-111111111111", "name": "data-yang-tidak-ada",
    "resource": "22222222-2222-4222-8222-222222222222",
}
#: What the address of a file or dataset can be called in an action.
PARAMETERS = (
    ("id", "id"), ("id", "name"), ("id", "resource"), ("package_id", "id"), ("package_id", "name"),
    ("resource_id", "resource"), ("dataset_id", "id"), ("object", "id"), ("match__id", "id"),
)


@pytest.fixture
def hidden(town: Town) -> dict[str, dict[str, str]]:
    """Hidden datasets by why they are; of each its id, name and the id of its file."""
    if "hidden_ids" not in town.kept:
        with uncommitted():
            made = {
                "draft": town.with_file(),
                "closed": town.verified(klasifikasi_akses="tertutup", **CLOSED),
                "deleted": town.with_file(),
            }
        call(town["walidata"], "package_delete", id=made["deleted"]["id"])
        town.kept["hidden_ids"] = {
            why: {"id": one["id"], "name": one["name"], "resource": one["resources"][0]["id"]}
            for why, one in made.items()
        }
    return town.kept["hidden_ids"]


def outcome(town: Town, person: str | None, action: str, data: dict[str, Any]) -> str:
    """What an action answers, as a caller of the API would read it."""
    try:
        answer = tk.get_action(action)(as_user(town[person] if person else None), dict(data))
    except tk.ObjectNotFound as error:
        answer = ["404", error.message]
    except tk.NotAuthorized as error:
        answer = ["403", error.message]
    except tk.ValidationError as error:
        answer = ["409", error.error_dict]
    except Exception as error:
        answer = ["500", type(error).__name__]
    finally:
        model.Session.rollback()
    return json.dumps(answer, default=str, sort_keys=True)


def plain(text: str, ids: dict[str, str]) -> str:
    """The text without what differs from one address to another."""
    for word in sorted(ids.values(), key=len, reverse=True):
        text = text.replace(word, "X")
    text = re.sub(r'(csrf_token" (?:content|value)=")[^"]*', r"\1", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "T", text)


def actions() -> list[str]:
    """Every action that is there, but those that look for no single thing."""
    tk.get_action("package_show")
    found = set(logic._actions)
    return sorted(found - {
        "package_search", "config_option_update", "job_clear", "task_status_update_many",
        "send_email_notifications", "get_site_user",
    })


@pytest.mark.parametrize("person", STRANGERS)
def test_no_action_tells_hidden_from_nothing(
    town: Town, hidden: dict[str, dict[str, str]], person: str | None
) -> None:
    told = []
    for action in actions():
        for parameter, kind in PARAMETERS:
            nothing = plain(outcome(town, person, action, {parameter: NOTHING[kind]}), NOTHING)
            for why in ("draft", "closed"):
                ids = hidden[why]
                answer = plain(outcome(town, person, action, {parameter: ids[kind]}), ids)
                if answer != nothing:
                    told.append(f"{action} {parameter}={kind} {why}: {answer} not {nothing}")
    assert not told, "\n".join(told)


@pytest.mark.parametrize("person", STRANGERS)
@pytest.mark.parametrize("why", ["draft", "closed", "deleted"])
def test_the_commonest_actions_say_that_there_is_nothing(
    town: Town, hidden: dict[str, dict[str, str]], person: str | None, why: str
) -> None:
    ids = hidden[why]
    for action, data in (
        ("package_show", {"id": ids["name"]}), ("package_patch", {"id": ids["id"]}),
        ("resource_show", {"id": ids["resource"]}), ("package_delete", {"id": ids["name"]}),
        ("resource_view_list", {"id": ids["resource"]}),
        ("package_activity_list", {"id": ids["name"]}),
        ("satudata_metadata_check", {"id": ids["name"]}), ("satudata_history", {"id": ids["name"]}),
    ):
        with pytest.raises(tk.ObjectNotFound):
            call(town[person] if person else None, action, **data)


def pages(app: Any) -> Iterator[tuple[str, list[str]]]:
    """Addresses of pages with a place for a dataset, and for one of its files."""
    for rule in app.flask_app.url_map.iter_rules():
        names = set(rule.arguments)
        if "GET" not in rule.methods or not names & {"id", "resource_id"}:
            continue
        if names - {"id", "resource_id", "package_type", "kind", "filename", "offset"}:
            continue
        if not re.search(r"dataset|satudata|datastore|datatables|file", rule.rule):
            continue
        yield rule.rule, sorted(names)


def filled(rule: str, ids: dict[str, str], kind: str) -> str:
    values = {
        "id": ids[kind], "resource_id": ids["resource"], "kind": "csv", "filename": "data.csv",
        "package_type": "dataset", "offset": "0",
    }
    return re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", lambda one: values[one.group(1)], rule)


def page(
    app: Any, address: str, headers: dict[str, str], ids: dict[str, str]
) -> tuple[int, str, str]:
    try:
        answer = app.get(address, headers=headers, follow_redirects=False)
    except Exception as error:  # A page of CKAN that breaks has to break for both.
        return 500, "", type(error).__name__
    where = plain(answer.headers.get("Location", ""), ids)
    return answer.status_code, where, plain(answer.text, ids)


@pytest.mark.parametrize("person", STRANGERS)
def test_no_page_tells_hidden_from_nothing(
    town: Town, hidden: dict[str, dict[str, str]], app: Any, person: str | None
) -> None:
    headers = {"Authorization": factories.APIToken(user=town[person]["id"])["token"]} if (
        person) else {}
    told, seen = [], 0
    for rule, _names in pages(app):
        for kind in ("name", "resource"):
            answers = []
            for ids in (NOTHING, hidden["draft"], hidden["closed"]):
                answers.append(page(app, filled(rule, ids, kind), headers, ids))
            seen += 1
            if len(set(answers)) > 1:
                told.append(f"{rule} {kind}: {[one[:2] for one in answers]}")
    assert seen > 20
    assert not told, "\n".join(told)


def test_members_of_an_office_that_are_hidden_are_not_listed(
    town: Town, hidden: dict[str, dict[str, str]]
) -> None:
    public = town.shared("verified")["id"]
    for person, expected in (
        (None, {public}), ("third_member", {public}),
        ("editor", {public, *(one["id"] for one in hidden.values())}),
    ):
        found = call(town[person] if person else None, "member_list", id=town.office["id"],
                     object_type="package")
        ids = {one[0] for one in found}
        assert public in ids
        assert not (ids & {one["id"] for one in hidden.values()}) - expected
    users = call(town["editor"], "member_list", id=town.office["id"], object_type="user")
    assert town["editor"]["id"] in {one[0] for one in users}
