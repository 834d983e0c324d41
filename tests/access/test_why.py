"""`ckan satudata why`: the rule, in words, from the function that decided."""
from __future__ import annotations

from typing import Any

import pytest
from ckan import model

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")


def why(cli: Any, dataset: dict[str, Any]) -> str:
    from ckan.cli.cli import ckan

    answer = cli.invoke(ckan, ["satudata", "why", dataset["name"]])
    assert answer.exit_code == 0, answer.output
    return answer.output


def said(app: Any, dataset: dict[str, Any]) -> str:
    """The same without starting the command line."""
    from ckanext.satudata.access import why as answer

    package = model.Package.get(dataset["id"])
    assert package is not None
    with app.flask_app.test_request_context():
        return "\n".join(answer.lines(package))


def test_each_rule_and_its_events(town: Town, app: Any, cli: Any) -> None:
    with uncommitted():
        cases = {
            "not_verified": town.draft(),
            "no_class": town.draft(klasifikasi_akses=""),
            "closed_class": town.draft(klasifikasi_akses="tertutup", **CLOSED),
            "verified": town.shared("verified"),
        }
    for rule, dataset in cases.items():
        assert f"[{rule}]" in said(app, dataset)
        assert "dataset.created" in said(app, dataset)
    printed = why(cli, cases["verified"])
    assert "[verified]" in printed
    assert "dataset.verified" in printed
    assert town["walidata"]["id"] in printed


def test_it_says_when_the_database_is_out_of_order(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.draft()
    before = said(app, dataset).splitlines()
    package = model.Package.get(dataset["id"])
    assert package is not None
    package.private = False
    model.Session.commit()
    after = said(app, dataset).splitlines()
    assert "[not_verified]" in "".join(after)
    # It is said to be public, and that this is out of order; readers are those of all.
    assert after[1] != before[1]
    assert after[3] not in before


def test_an_unknown_dataset_is_said_to_be_none(town: Town, cli: Any) -> None:
    from ckan.cli.cli import ckan

    answer = cli.invoke(ckan, ["satudata", "why", "tidak-ada"])
    assert answer.exit_code == 1
    assert "tidak-ada" in answer.output


def test_notes_and_requests_are_told(town: Town, app: Any) -> None:
    with uncommitted():
        dataset = town.submitted()
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
         content_hash=dataset["content_hash"], note="Perbaiki satuan.")
    told = said(app, dataset)
    assert "Perbaiki satuan." in told
    assert "dikembalikan" in told


def test_a_closure_says_until_when_and_what_is_overdue(town: Town, app: Any) -> None:
    import datetime as dt

    from ckanext.satudata.access.model import closure
    from ckanext.satudata.journal import clock

    with uncommitted():
        waits = town.draft(
            klasifikasi_akses="tertutup", alasan_pengecualian="menunggu_penetapan",
            uraian_alasan="Menunggu uji konsekuensi.", pejabat_ppid="Sekretaris Daerah",
        )
        closed = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    last = clock.city_today() + dt.timedelta(days=90)
    assert "PPID" in said(app, waits) and last.isoformat() in said(app, waits)
    assert CLOSED["jangka_waktu_akhir"] in said(app, closed)
    before = said(app, closed)
    yesterday = clock.city_today() - dt.timedelta(days=1)
    model.Session.execute(
        closure.update().where(closure.c.package_id == closed["id"])
        .values(closed_until=yesterday)
    )
    after = said(app, closed)
    assert yesterday.isoformat() in after
    assert len(after.splitlines()) == len(before.splitlines())
    # It is private by its class, and by no date.
    assert "[closed_class]" in after
    model.Session.rollback()
