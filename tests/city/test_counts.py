"""The city has the size it says: datasets by state and class, offices, accounts, names."""
from __future__ import annotations

import re
from collections import Counter

import pytest

from sandbox.city.model import City


def _published(city: City) -> Counter[str]:
    return Counter(d.access for d in city.datasets if d.state == "terverifikasi")


def test_the_whole_city_has_the_figures_of_the_portal(whole: City) -> None:
    assert _published(whole) == {"terbuka": 1151, "terbatas": 34, "tertutup": 80}


def test_a_tenth_keeps_the_proportions(tenth: City) -> None:
    published = _published(tenth)
    assert published["terbuka"] == 115
    assert sum(published.values()) == 127


def test_unfinished_datasets_stand_beside(whole: City, tenth: City) -> None:
    assert Counter(d.state for d in whole.datasets if d.state != "terverifikasi") == {
        "draf": 40, "diajukan": 15, "dikembalikan": 10,
    }
    assert {d.state for d in tenth.datasets} == {
        "draf", "diajukan", "dikembalikan", "terverifikasi",
    }


def test_every_office_of_the_city_keeps_something(city: City) -> None:
    keepers = {d.office_code for d in city.datasets if d.state == "terverifikasi"}
    assert {o.code for o in city.offices if o.kind != "eksternal"} == keepers


def test_large_offices_keep_most(whole: City) -> None:
    kept = Counter(
        whole.office[d.office_code].abbreviation
        for d in whole.datasets if d.state == "terverifikasi"
    )
    for name in ("Dinkes PPKB", "Dinas P dan K", "Dispendukcapil", "BPKPD"):
        assert 80 <= kept[name] <= 120, name
    for office in whole.offices:
        if office.kind == "kelurahan":
            assert 3 <= kept[office.abbreviation] <= 8
        if office.kind == "kecamatan":
            assert 18 <= kept[office.abbreviation] <= 30


def test_titles_and_names_are_unique_and_read_well(whole: City) -> None:
    titles = Counter(d.title for d in whole.datasets)
    assert [title for title, times in titles.items() if times > 1] == []
    assert len({d.name for d in whole.datasets}) == len(whole.datasets)
    for title in titles:
        assert not re.search(r"\(\d+\)|\b(19|20)\d\d\b|menurut .* menurut|  ", title), title
        assert title[0].isupper(), title
        assert not title.endswith((" ", ".")), title
        assert len(title) <= 160


def test_names_fit_ckan_and_those_of_closed_datasets_say_nothing(whole: City) -> None:
    for dataset in whole.datasets:
        assert re.fullmatch(r"[a-z0-9_-]{2,100}", dataset.name)
        if dataset.access != "terbuka":
            assert re.fullmatch(r"data-[0-9a-f]{12}", dataset.name)
            for file in dataset.files:
                assert file.filename.startswith(dataset.name)


def test_an_office_has_its_two_accounts(whole: City) -> None:
    names = {user.name for user in whole.users}
    assert {
        "admin", "walidata", "walidata2", "koordinator", "pembina", "ppid", "pimpinan",
    } <= names
    for office in whole.offices:
        assert {f"{office.name}-editor", f"{office.name}-admin"} <= names
    assert len(names) == len(whole.users)
    assert [user.name for user in whole.users if user.sysadmin] == ["admin"]


def test_persons_are_said_to_be_samples(whole: City) -> None:
    for user in whole.users:
        assert user.fullname.endswith("(contoh)")
        assert user.email.endswith(".example")
    for office in whole.offices:
        assert office.row["kepala_nama"].endswith("(contoh)")
        assert office.row["kontak_surel"].endswith(".example")
        assert " 555-" in office.row["kontak_telepon"]


@pytest.mark.parametrize("column", ["code", "name", "abbreviation"])
def test_offices_are_told_apart_by(column: str, whole: City) -> None:
    values = [office.row[column] for office in whole.offices]
    assert len(set(values)) == len(values)


def test_the_registers_are_agreed_in_time(whole: City) -> None:
    assert [one.year for one in whole.agreements] == [2023, 2024, 2025, 2026]
    for agreement in whole.agreements[1:]:
        assert (agreement.date.year, agreement.date.month <= 3) == (agreement.year, True)
        assert whole.register_of(agreement.year)
    sizes = [len(whole.register_of(year)) for year in (2023, 2024, 2025, 2026)]
    assert sizes == sorted(sizes)
