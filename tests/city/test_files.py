"""The files are real tables with plausible numbers that agree with each other."""
from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from itertools import pairwise

import openpyxl
import pytest

from ckanext.satudata.deposits.periods import parse_period
from ckanext.satudata.schema import codes
from sandbox.city import files, tables
from sandbox.city.generate import MOJOKERTO
from sandbox.city.model import City, Dataset, FileSpec

REGION = re.compile(r"35\.76(\.0[1-3](\.\d{4})?)?")


@pytest.fixture(scope="module")
def rendered(whole: City) -> list[tuple[Dataset, FileSpec, bytes]]:
    """All files of the whole city."""
    return list(files.render_all(whole, MOJOKERTO))


@pytest.fixture(scope="module")
def read(
    rendered: list[tuple[Dataset, FileSpec, bytes]],
) -> list[tuple[Dataset, FileSpec, list[list[str]]]]:
    """The same files read back, header first."""
    return [(dataset, file, _rows(file, content)) for dataset, file, content in rendered]


def _rows(file: FileSpec, content: bytes) -> list[list[str]]:
    if file.format == "CSV":
        return list(csv.reader(io.StringIO(content.decode())))
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).active
    assert sheet is not None
    return [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_there_are_hundreds_of_each_format(rendered: list[tuple[Dataset, FileSpec, bytes]]) -> None:
    formats = Counter(file.format for _, file, _ in rendered)
    assert formats["CSV"] >= 300
    assert formats["XLSX"] >= 300
    assert sum(len(content) for _, _, content in rendered) < 30_000_000


def test_tables_are_sound(read: list[tuple[Dataset, FileSpec, list[list[str]]]]) -> None:
    for dataset, _, (header, *body) in read:
        assert len(set(header)) == len(header)
        assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in header), header
        assert body, dataset.title
        for row in body:
            assert len(row) == len(header)
            assert all(cell not in ("", "None") for cell in row), (dataset.title, row)
            assert row[-1] == tables.SOURCE
        assert len({tuple(row) for row in body}) == len(body), dataset.title


def test_regions_and_years_are_those_of_the_metadata(
    read: list[tuple[Dataset, FileSpec, list[list[str]]]],
) -> None:
    for dataset, file, (header, *body) in read:
        place, year = header.index("kode_kemendagri"), header.index("tahun")
        assert all(REGION.fullmatch(row[place]) for row in body)
        years = {row[year] for row in body}
        assert str(dataset.metadata["dimensi_awal"])[:4] <= min(years)
        assert max(years) == str(parse_period(file.period).last.year)


def test_no_column_or_value_looks_personal(
    read: list[tuple[Dataset, FileSpec, list[list[str]]]],
) -> None:
    """Headers that would make the walidata answer questions, and numbers as long as an identity."""
    rules = codes.access_rules()["sensitive_headers"]
    words = {word for group in ("certain_if_values_fit", "ask") for word in rules[group]}
    for dataset, _, (header, *body) in read:
        for name in header:
            if name not in rules["exceptions"]:
                assert not words & {name, *name.split("_")}, (dataset.title, name)
        assert not re.search(r"\d{15}", "\n".join(cell for row in body for cell in row))


def test_wards_add_up_to_districts(whole: City) -> None:
    """Sister tables by kelurahan and by kecamatan of one subject say the same."""
    place = files.place_of(whole, MOJOKERTO)
    tables_of: dict[tuple[str, str], dict[str, Dataset]] = defaultdict(dict)
    for dataset in whole.datasets:
        if len(dataset.subject.breakdowns) == 1 and dataset.subject.measure == "jumlah":
            tables_of[(dataset.office_code, dataset.subject.stem)][
                dataset.subject.breakdowns[0].scope
            ] = dataset
    pairs = [pair for pair in tables_of.values() if {"kelurahan", "kecamatan"} <= set(pair)]
    assert len(pairs) >= 8
    for pair in pairs:
        wards: Counter[str] = Counter()
        for row in tables.rows(pair["kelurahan"].subject, ["2025"], place):
            wards[str(row[2])[:8]] += int(row[-3])
        districts = {
            str(row[2]): int(row[-3])
            for row in tables.rows(pair["kecamatan"].subject, ["2025"], place)
        }
        assert districts == dict(wards), pair["kelurahan"].title


def test_people_are_as_many_as_live_there_and_change_little(whole: City) -> None:
    subject = next(
        d.subject for d in whole.datasets if d.title == "Jumlah penduduk menurut kelurahan"
    )
    place = files.place_of(whole, MOJOKERTO)
    totals = [
        sum(int(row[-3]) for row in tables.rows(subject, [code], place))
        for code in ("2024-S1", "2024-S2", "2025-S1", "2025-S2", "2026-S1")
    ]
    assert all(135_000 < total < 150_000 for total in totals)
    assert all(abs(a - b) < 2_000 for a, b in pairwise(totals))


def test_percentages_stay_below_a_hundred(whole: City) -> None:
    place = files.place_of(whole, MOJOKERTO)
    for dataset in whole.datasets:
        if dataset.subject.unit == "persen" and dataset.files:
            for row in tables.rows(dataset.subject, dataset.files[0].periods, place):
                assert 0 <= float(row[-3]) <= 100, dataset.title
