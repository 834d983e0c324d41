"""Items too many for one answer come one after the other: the same ones, for the same readers."""
from __future__ import annotations

import json
from typing import Any

import pytest
from ckan import model
from ckan.tests import helpers

from ckanext.satudata.report import item_rows, reading
from tests.counting import counted
from tests.report import town
from tests.report.town import LAST

LIVE = pytest.mark.ckan_config("ckanext.satudata.public_board", "live")


@pytest.fixture
def city(with_plugins: None, clean_db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A city in which no answer gives items unasked, in batches of two."""
    opds = town.build()
    monkeypatch.setattr(reading, "UNASKED_LIMIT", 0)
    monkeypatch.setattr(item_rows, "BATCH", 2)
    return opds


def headers(user: str) -> dict[str, str]:
    if not user:
        return {}
    return {"Authorization": helpers.call_action("api_token_create", user=user, name="t")["token"]}


@LIVE
@pytest.mark.parametrize("office", [None, "dinkes", "dishub"])
@pytest.mark.parametrize("user", ["", "petugas", "wali"])
@pytest.mark.parametrize("frozen", [False, True])
def test_the_file_has_the_items_of_the_answer(
    city: dict[str, Any], app: Any, frozen: bool, user: str, office: str | None
) -> None:
    if frozen:
        helpers.call_action("satudata_snapshot_freeze", {"user": "wali"}, quarter=LAST.code)
    asked = {"organization": office} if office else {}
    context = {"user": user, "ignore_auth": False}
    short = helpers.call_action(
        "satudata_compliance_report", dict(context), quarter=LAST.code, **asked)
    assert "obligations" not in short
    address = f"/kepatuhan/{LAST.code}.json" + (f"?opd={office}" if office else "")
    found = json.loads(app.get(address, headers=headers(user)).data)
    whole = helpers.call_action(
        "satudata_compliance_report", dict(context), quarter=LAST.code, obligations=True,
        as_of=None if frozen else found["as_of"], **asked)
    assert found["obligations"] == whole["obligations"]
    titles = {item["title"] for item in found["obligations"]}
    assert (town.SECRET in titles) == (user == "wali" and office != "dishub")
    assert titles >= {"Jumlah angkutan"} or office == "dinkes"


@LIVE
def test_the_number_of_queries_grows_by_batches_at_most(city: dict[str, Any], app: Any) -> None:
    address = f"/kepatuhan/{LAST.code}.csv?isi=butir"
    app.get(address)
    with counted() as few:
        rows = app.get(address).body.count("\r\n")
    for number in range(30):
        town.item(city["dishub"], f"Jumlah {number}")
    model.Session.commit()
    with counted() as many:
        assert app.get(address).body.count("\r\n") > rows + 60
    assert len(many) <= len(few)
