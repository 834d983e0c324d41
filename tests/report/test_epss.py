"""The evidence for EPSS counts what is there, names nothing, and says where there is none."""
from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.report import epss
from ckanext.satudata.report.wording import Words
from tests.counting import counted
from tests.report import town
from tests.report.town import LAST

WALI = {"user": "wali", "ignore_auth": False}
SECRET = "Dataset penyintas"


@pytest.fixture
def city(with_plugins: None, clean_db: None, clean_index: None) -> dict[str, Any]:
    return town.build()


def measured() -> dict[str, epss.Measured]:
    found = helpers.call_action("satudata_compliance_year", dict(WALI), year=LAST.year)
    return epss.measured(LAST.year, found["totals"])


def publish(title: str, **fields: Any) -> str:
    """A dataset that counts as verified, as after an upgrade or a decision."""
    dataset = factories.Dataset(title=title, owner_org=model.Group.get("dlh").id, **fields)
    model.Session.execute(epss.submission.delete().where(
        epss.submission.c.package_id == dataset["id"]))
    model.Session.execute(epss.submission.insert().values(
        package_id=dataset["id"], status="terverifikasi", authors=[], changed_fields=[],
        verified_class=fields.get("klasifikasi_akses", "terbuka"),
    ))
    model.Session.commit()
    return dataset["id"]


def test_every_measure_has_its_words_and_belongs_to_an_indicator_that_exists() -> None:
    known = {one["indicator_code"] for one in epss.indicators()}
    assert len(known) == 38
    assert set(epss.EVIDENCE) <= known
    assert sorted(epss.EVIDENCE.values()) == sorted(epss.MEASURES)
    assert all(Words("en").evidence(measure) for measure in epss.MEASURES)


def test_a_city_without_datasets_has_shares_of_nothing(city: dict[str, Any]) -> None:
    found = measured()
    assert set(found) == set(epss.MEASURES)
    assert found["standard"] == epss.Measured(0, 0)
    assert found["delivered"].whole and found["delivered"].part <= found["delivered"].whole
    assert found["published"].part == 0 and found["published"].whole == 6


def test_published_datasets_are_counted_by_what_they_say(city: dict[str, Any]) -> None:
    standard = {**dict.fromkeys(epss._STANDARD, "x"), "sds_kode": "SD00001.00.00"}
    csv = {"url": "https://contoh.go.id/a.csv", "format": "CSV"}
    pdf = {"url": "https://contoh.go.id/a.pdf", "format": "PDF"}
    first = publish("Lengkap", **standard, kode_referensi=["kemendagri-wilayah"],
                    resources=[csv, pdf], klasifikasi_akses="terbuka")
    publish("Kurang satu", **{**standard, "sds_satuan": ""}, resources=[pdf],
            klasifikasi_akses="terbuka")
    factories.Dataset(title="Draf", owner_org=model.Group.get("dlh").id, **standard)
    found = measured()
    assert found["standard"] == epss.Measured(1, 2)
    assert found["machine"] == epss.Measured(1, 2)
    assert found["formats"] == epss.Measured(1, 2)
    assert found["reference"].part == 1
    model.Package.get(first).state = "deleted"
    model.Session.commit()
    assert measured()["standard"] == epss.Measured(0, 1)


@pytest.mark.ckan_config("ckanext.satudata.public_board", "live")
def test_the_page_names_nothing_and_says_where_there_is_no_evidence(
    city: dict[str, Any], app: Any
) -> None:
    publish(SECRET, klasifikasi_akses="tertutup")
    page = app.get(f"/en/kepatuhan/tahun/{LAST.year}/epss").body
    assert SECRET not in page and town.SECRET not in page
    rows = BeautifulSoup(page, "html.parser").select("tbody tr")
    texts = {row.th.get_text(" ", strip=True)[:5]: row.get_text(" ", strip=True) for row in rows}
    for one in epss.indicators():
        code = one["indicator_code"]
        assert ("No evidence in the portal" in texts[code]) == (code not in epss.EVIDENCE)
        assert bool(next(row for row in rows if row.th.get_text().startswith(code)).a) == (
            code in epss.EVIDENCE)
    assert "0 of 1" in texts["10101"], "hidden datasets are counted"


@pytest.mark.ckan_config("ckanext.satudata.public_board", "off")
def test_where_the_board_is_closed_so_is_the_evidence(city: dict[str, Any], app: Any) -> None:
    assert app.get(f"/kepatuhan/tahun/{LAST.year}/epss").status_code == 403
    assert app.get("/kepatuhan/tahun/2999/epss").status_code == 403


def test_the_number_of_queries_does_not_grow(city: dict[str, Any]) -> None:
    publish("Satu")
    with counted() as few:
        measured()
    for number in range(5):
        publish(f"Lagi {number}")
    with counted() as many:
        measured()
    assert len(many) == len(few)
