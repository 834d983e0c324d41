"""What a reviewer is told of a file and the last accepted one of the same item."""
from __future__ import annotations

import io

from ckanext.satudata.access.inspection import difference
from ckanext.satudata.access.inspection.difference import Difference


def compare(before: str, now: str) -> Difference:
    first, second = (
        difference.first_table(io.BytesIO(text.encode())) for text in (before, now))
    assert first is not None and second is not None
    found = difference.compare(first, second)
    assert found is not None
    return found


def table(year: int, values: list[float], extra: str = "") -> str:
    rows = "".join(
        f"{year},kel {n},{value}{',x' if extra else ''}\n" for n, value in enumerate(values))
    return f"tahun,nama_kelurahan,jumlah{extra}\n{rows}"


def test_twelve_of_eighteen_unchanged_to_the_digit() -> None:
    before = [float(10 + n) for n in range(18)]
    now = [value + (1 if n >= 12 else 0) for n, value in enumerate(before)]
    found = compare(table(2025, before), table(2026, now))
    assert (found.unchanged, found.matched, found.now) == (12, 18, 18)
    assert found.by == "nama_kelurahan"


def test_numbers_that_moved_far() -> None:
    found = compare(table(2025, [100, 100, 100]), table(2026, [149, 151, 0]))
    assert found.far == 2


def test_columns_that_came_and_went() -> None:
    found = compare(table(2025, [1, 2]), table(2026, [1, 2], ",satuan"))
    assert (found.added, found.removed) == (("satuan",), ())
    back = compare(table(2025, [1, 2], ",satuan"), table(2026, [1, 2]))
    assert (back.added, back.removed) == ((), ("satuan",))


def test_the_order_of_rows_and_columns_changes_nothing() -> None:
    before = "tahun,kel,jumlah\n2025,a,1\n2025,b,2\n"
    now = "Jumlah;Kel;Tahun\n2;B;2026\n1;A;2026\n"
    found = compare(before, now)
    assert (found.matched, found.unchanged, found.added) == (2, 2, ())


def test_several_periods_in_one_file_are_told_apart_by_them() -> None:
    before = "tahun,kel,jumlah\n2024,a,1\n2025,a,2\n"
    now = before + "2026,a,3\n"
    found = compare(before, now)
    assert (found.before, found.now, found.matched, found.unchanged) == (2, 3, 2, 2)


def test_nothing_to_compare() -> None:
    assert difference.first_table(io.BytesIO(b"%PDF\0")) is None
    assert difference.first_table(io.BytesIO(b"a,b\n")) is None
    values = difference.First(["3576012304850002"], [["1"]])
    assert difference.compare(values, values) is None
