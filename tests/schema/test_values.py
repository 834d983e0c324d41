"""What people write is understood in one way only, or refused."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ckanext.satudata.schema import values

GOOD: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (values.parse_date, "2026-08-17", "2026-08-17"),
    (values.parse_date, "17/08/2026", "2026-08-17"),
    (values.parse_date, "3/4/2026", "2026-04-03"),
    (values.parse_date, "2026-08-17T10:30:00", "2026-08-17"),
    (values.parse_date, dt.datetime(2026, 8, 17, 23, tzinfo=dt.timezone.utc), "2026-08-17"),
    (values.parse_date, dt.date(2024, 2, 29), "2024-02-29"),
    (values.parse_date_or_year, 2026, "2026"),
    (values.parse_date_or_year, "2026-8", "2026-08"),
    (values.parse_date_or_year, "31-12-2025", "2025-12-31"),
    (values.parse_year, 2026, "2026"),
    (values.parse_region, "35.76", "35.76"),
    (values.parse_region, 35.76, "35.76"),
    (values.parse_region, "35.76.01.1003", "35.76.01.1003"),
    (values.parse_region_bps, 3576, "3576"),
    (values.parse_sds, "sd00001.00.00", "SD00001.00.00"),
    (values.parse_sds, "n/a", "N/A"),
    (values.parse_sds, "-", "N/A"),
    (values.parse_email, "Data@Kota.go.id", "Data@Kota.go.id"),
    (values.parse_phone, "(0321) 123-456 ext. 12", "(0321) 123-456 ext. 12"),
    (values.parse_phone, "+62 812 3456 789", "+62 812 3456 789"),
    (values.parse_boolean, "Ya", "true"),
    (values.parse_boolean, False, "false"),
    (values.parse_list, " a ;b;; a\nc ", ["a", "b", "c"]),
    (values.parse_list, '["a", "b"]', ["a", "b"]),
    (values.parse_list, ["a", 2026, " "], ["a", "2026"]),
    (values.parse_list, ("a",), ["a"]),
    (values.parse_dictionary, '[{"nama": "jumlah"}]', [{"nama": "jumlah"}]),
    (values.parse_dictionary, [{"nama": "jumlah"}], [{"nama": "jumlah"}]),
]

BAD: list[tuple[Callable[[Any], Any], Any]] = [
    (values.parse_date, "2026-02-30"),
    (values.parse_date, "08/17/2026"),
    (values.parse_date, "kemarin"),
    (values.parse_date, "2026"),
    (values.parse_date_or_year, "2026-13"),
    (values.parse_date_or_year, "26"),
    (values.parse_year, True),
    (values.parse_year, "20261"),
    (values.parse_region, "3576"),
    (values.parse_region, "35.76.1"),
    (values.parse_region_bps, "35.76"),
    (values.parse_sds, "XX00001.00.00"),
    (values.parse_sds, "SD00001.00"),
    (values.parse_email, "kantor"),
    (values.parse_phone, "12"),
    (values.parse_phone, "lihat situs"),
    (values.parse_boolean, "mungkin"),
    (values.parse_list, {"a": 1}),
    (values.parse_list, 7),
    (values.parse_list, [["a"]]),
    (values.parse_list, "[not json"),
    (values.parse_dictionary, "{"),
    (values.parse_dictionary, ["jumlah"]),
    (values.parse_dictionary, '{"nama": "jumlah"}'),
]


@pytest.mark.parametrize(("parse", "value", "stored"), GOOD)
def test_understood(parse: Callable[[Any], Any], value: Any, stored: Any) -> None:
    assert parse(value) == stored


@pytest.mark.parametrize(("parse", "value", "stored"), GOOD)
def test_what_is_stored_is_understood_again(
    parse: Callable[[Any], Any], value: Any, stored: Any
) -> None:
    assert parse(stored) == stored


@pytest.mark.parametrize(("parse", "value"), BAD)
def test_refused_with_a_hint(parse: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(values.BadValue) as caught:
        parse(value)
    assert str(caught.value) == values.HINTS[caught.value.hint]


@pytest.mark.parametrize(
    ("stored", "loaded"),
    [(None, []), ("", []), ('["a"]', ["a"]), (["a"], ["a"]), ("teks lama", ["teks lama"]),
     ("2025", ["2025"]), ('{"a": 1}', ['{"a": 1}'])],
)
def test_a_stored_list_is_always_a_list(stored: Any, loaded: list[Any]) -> None:
    assert values.load_list(stored) == loaded


def test_first_day_of_year_month_and_date() -> None:
    assert values.first_day("2026") == dt.date(2026, 1, 1)
    assert values.first_day("2026-08") == dt.date(2026, 8, 1)
    assert values.first_day("2026-08-17") == dt.date(2026, 8, 17)


def test_region_codes_of_a_citys_file() -> None:
    text = "kode_kemendagri,nama\n35.76,Kota Mojokerto\n,tanpa kode\n35.76.01,Prajurit Kulon\n"
    assert values.region_codes(text) == {"35.76", "35.76.01"}
