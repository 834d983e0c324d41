"""Commitments: who has signed, as known at a moment; a new head signs anew."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ckanext.satudata.opd import signing

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk

from ckanext.satudata.journal.clock import city_today

from .town import LAST, PERSONS, call, scan

pytestmark = pytest.mark.usefixtures("with_plugins")
FIRST = "2026-01-12"


def signed(office: str = "dishub", **more: Any) -> dict[str, Any]:
    data = {"signatory": "Drs. H. Budi Santoso, M.M. (contoh)", "date": FIRST, **more}
    return call(
        "wali", "satudata_commitment_create", organization=office, document=scan(), **data)


def reported(as_of: str | None = None, office: str = "dishub") -> bool | None:
    """What the report of a quarter that is not frozen says."""
    found = call("wali", "satudata_compliance_report", quarter=LAST.next().code, as_of=as_of,
                 roll_up=False, obligations=False)
    return {row["name"]: row["commitment_signed"] for row in found["organizations"]}[office]


def standing(office: str = "dishub") -> str:
    [row] = call("wali", "satudata_commitment_list", organization=office)["results"]
    return row["standing"]


def _now() -> str:
    from ckanext.satudata.journal import clock

    return clock.now().isoformat()


def test_the_report_says_who_had_signed_at_its_moment(city: Any, changed: Any) -> None:
    before = _now()
    assert reported() is False
    one = signed()
    assert (reported(), reported(before), reported(office="puskesmas")) == (True, False, None)
    with_it = _now()
    call("wali", "satudata_commitment_withdraw", id=one["id"], reason="Salah OPD.")
    assert (reported(), reported(with_it), standing()) == (False, True, "none")


def test_what_was_frozen_keeps_what_it_had(city: Any, changed: Any) -> None:
    signed()
    frozen = call("wali", "satudata_compliance_report", quarter=LAST.code, obligations=False)
    assert {row["commitment_signed"] for row in frozen["organizations"]} == {False}
    faults = call("sys", "satudata_snapshot_verify", quarter=LAST.code)["faults"]
    # Its papers are a worker's, which these tests have none of.
    assert {one["fault"] for one in faults} <= {"paper"}


def test_a_new_head_has_to_sign(city: Any, changed: Any) -> None:
    signed()
    call("sys", "organization_patch", id="dishub", kepala_nama="Budi Santoso, S.Sos.")
    assert (standing(), reported()) == ("signed", True)
    before = _now()
    call("sys", "organization_patch", id="dishub", kepala_nama="Ir. Citra Lestari")
    assert (standing(), reported(), reported(before)) == ("new_head", False, True)
    signed(signatory=None, date=str(city_today()))
    assert (standing(), reported()) == ("signed", True)


def test_what_runs_out_has_to_be_signed_again(city: Any, changed: Any) -> None:
    yesterday = city_today() - dt.timedelta(days=1)
    signed(valid_until=str(yesterday))
    assert (standing(), reported()) == ("expired", False)


@pytest.mark.parametrize(("field", "value"), [
    ("date", "2999-01-01"), ("valid_until", "2020-01-01"), ("organization", "tidak-ada"),
    ("document", "text"),
])
def test_what_makes_no_sense_is_refused(city: Any, field: str, value: str) -> None:
    data = {"organization": "dishub", "date": FIRST, "signatory": "Budi", "document": scan()}
    with pytest.raises(tk.ValidationError) as refused:
        call("wali", "satudata_commitment_create", **{**data, field: value})
    assert field in refused.value.error_dict


@pytest.mark.parametrize("person", PERSONS)
def test_who_keeps_the_register_and_who_reads_what(city: Any, person: str) -> None:
    user = city.users[person]
    keeps = person in ("sysadmin", "walidata", "koordinator")
    data = {"organization": "dishub", "date": FIRST, "signatory": "Budi"}
    if keeps:
        one = call(user, "satudata_commitment_create", document=scan(), **data)
    else:
        one = signed()
        with pytest.raises(tk.NotAuthorized):
            call(user, "satudata_commitment_create", document=scan(), **data)
        with pytest.raises(tk.NotAuthorized):
            call(user, "satudata_commitment_withdraw", id=one["id"], reason="x")
    if user is None:
        with pytest.raises(tk.NotAuthorized):
            call(None, "satudata_commitment_list")
        return
    listed = call(user, "satudata_commitment_list")
    names = {row["organization"]["name"] for row in listed["results"]}
    everything = keeps or person == "pimpinan"
    own = {"dishub"} if person.startswith("office_") else {"dlh"} if person.startswith(
        "other") else set()
    assert names == ({"dinkes", "dishub", "dlh", "satpol"} if everything else own)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("Ir. Bambang Setyawan, M.T. (contoh)", "BAMBANG  setyawan", True),
    ("dr. Ani", "Ani", True),
    ("Ani Lestari", "Ani Lestiari", False),
    ("Prof. Dr.", "Prof. Dr.", True),
])
def test_titles_make_no_other_person(one: str, other: str, same: bool) -> None:
    assert signing.is_same_person(one, other) is same
