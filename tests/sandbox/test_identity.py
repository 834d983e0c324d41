"""Whose portal a sandbox is stands in the files of its city, and nowhere in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.console import SandboxError
from sandbox.demo import DEFAULT_CITY, name_city
from sandbox.environments import Environment
from sandbox.identity import Identity
from sandbox.layout import Clone
from sandbox.portal import Portal
from sandbox.services import Services

REGIONS = (
    "kode_kemendagri,nama,tingkat\n"
    "71,Sulawesi Utara,provinsi\n71.73,Kota Tomohon,kota\n71.73.01,Tomohon Selatan,kecamatan\n"
)


def city(directory: Path, regions: str = REGIONS, words: str | None = None) -> Path:
    (directory / "wilayah.csv").write_text(regions)
    if words is not None:
        (directory / "portal.csv").write_text(words)
    return directory


def test_the_sample_city_is_what_it_was() -> None:
    assert Identity.of(DEFAULT_CITY) == Identity(
        "Kota Mojokerto", "35.76", "Satu Data", "Asia/Jakarta"
    )


def test_a_city_is_named_by_its_own_region(tmp_path: Path) -> None:
    found = Identity.of(city(tmp_path)).settings()
    assert found["ckanext.satudata.city_name"] == "Kota Tomohon"
    assert found["ckanext.satudata.region_code"] == "71.73"


def test_it_may_say_more_about_its_portal(tmp_path: Path) -> None:
    words = "kunci,isi\njudul,Satu Data Tomohon\nzona_waktu,Asia/Makassar\n"
    found = Identity.of(city(tmp_path, words=words)).settings()
    assert found["ckan.site_title"] == "Satu Data Tomohon"
    assert found["ckan.display_timezone"] == found["ckanext.satudata.timezone"] == "Asia/Makassar"


@pytest.mark.parametrize(
    ("regions", "words", "said"),
    [
        ("kode_kemendagri,nama,tingkat\n71,Sulawesi Utara,provinsi\n", None, "exactly one row"),
        (REGIONS + "71.72,Kota Bitung,kota\n", None, "exactly one row"),
        (REGIONS, "kunci,isi\nwarna,merah\n", "not warna"),
    ],
)
def test_files_that_do_not_say_it_are_refused(
    tmp_path: Path, regions: str, words: str | None, said: str
) -> None:
    with pytest.raises(SandboxError, match=said):
        Identity.of(city(tmp_path, regions, words))


def test_a_directory_without_regions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"needs the file .*wilayah\.csv"):
        Identity.of(tmp_path)


def test_what_was_noted_is_read_again() -> None:
    identity = Identity("Kota Tomohon", "71.73")
    assert Identity.remembered(identity.facts()) == identity
    assert Identity.remembered(None) is None


def portal(directory: Path) -> Portal:
    clone = Clone(directory)
    tools = Environment(clone, "tools")
    return Portal(Services.of(clone.stack("demo"), tools), tools, "2.11", 5000)


def test_a_start_notes_its_city_for_the_configuration(tmp_path: Path) -> None:
    demo = portal(tmp_path)
    assert name_city(demo, city(tmp_path)), "it was not known before"
    assert not name_city(demo, city(tmp_path)), "nor is the same one new"
    assert not name_city(demo, None), "and an empty start takes no name away"
    assert demo.identity()["ckanext.satudata.city_name"] == "Kota Tomohon"


def test_an_empty_sandbox_is_nobodys_portal(tmp_path: Path) -> None:
    assert "ckanext.satudata.city_name" not in portal(tmp_path).identity()


def test_a_sandbox_that_holds_a_city_does_not_take_anothers_name(tmp_path: Path) -> None:
    demo = portal(tmp_path)
    demo.services.stack.remember(city={demo.key: "sandbox/city/mojokerto"})
    with pytest.raises(SandboxError, match="holds the city of"):
        name_city(demo, city(tmp_path))
    assert "ckanext.satudata.city_name" not in demo.identity()
