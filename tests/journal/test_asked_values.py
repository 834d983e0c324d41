"""What callers send: one reader for each kind of value, the same refusal everywhere."""
from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import pytest

pytest.importorskip("ckan")

from ckan.plugins import toolkit as tk

from ckanext.satudata.journal import asked
from ckanext.satudata.journal.quarters import Quarter

pytestmark = pytest.mark.usefixtures("with_plugins")

#: reader, what is sent, what is read
TAKEN: tuple[tuple[Any, Any, Any], ...] = (
    (asked.optional, None, None), (asked.optional, "  ", None), (asked.optional, " a ", "a"),
    (asked.name, "dinkes", "dinkes"), (asked.optional_name, "", None),
    (asked.flag, "", False), (asked.flag, "ya", True), (asked.flag, 0, False),
    (asked.day, "17/08/2026", dt.date(2026, 8, 17)), (asked.optional_day, None, None),
    (asked.quarter, "2026-TW3", Quarter(2026, 3)), (asked.optional_quarter, "", None),
)
REFUSED: tuple[tuple[Any, Any], ...] = (
    (asked.optional, 5), (asked.optional, ["a"]), (asked.optional, "a\0"),
    (asked.optional, "\udfff"), (asked.optional, "x" * (asked.LINE + 1)),
    (asked.text, None), (asked.text, " "), (asked.name, "x" * (asked.NAME + 1)),
    (asked.flag, "mungkin"), (asked.flag, []), (asked.flag, {}),
    (asked.day, "0001-01-01"), (asked.day, "9999-12-31"), (asked.day, dt.date(1, 1, 1)),
    (asked.day, "2026-02-30"), (asked.day, None),
    (asked.quarter, "2026-TW5"), (asked.quarter, 2026), (asked.quarter, None),
    (asked.moment, "9999-12-31T23:59:59Z"),
)


@pytest.mark.parametrize(("reader", "sent", "read"), TAKEN)
def test_what_can_be_meant_is_taken(reader: Any, sent: Any, read: Any) -> None:
    assert reader({"field": sent}, "field") == read


@pytest.mark.parametrize(("reader", "sent"), REFUSED)
def test_the_rest_is_refused_on_its_field(reader: Any, sent: Any) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        reader({"field": sent}, "field")
    assert list(refused.value.error_dict) == ["field"]


@pytest.mark.parametrize("sent", [1, " 1 ", "20", 20])
def test_a_number_within_its_limits(sent: Any) -> None:
    assert asked.whole({"n": sent}, "n", 1, 20) == int(sent)


@pytest.mark.parametrize("sent", [0, 21, "21", "x", 1.5, True, [], {}, 10**30, "9" * 5000, None])
def test_no_number_or_beyond_its_limits(sent: Any) -> None:
    with pytest.raises(tk.ValidationError):
        asked.whole({"n": sent}, "n", 1, 20)


def test_an_id_that_nothing_can_have_is_not_found() -> None:
    id = uuid4()
    assert asked.identifier({"id": str(id)}) == id
    assert asked.identifier({"id": id}) == UUID(str(id))
    with pytest.raises(tk.ObjectNotFound):
        asked.identifier({"id": "dinkes"})


def test_rows_that_cannot_be_kept_are_told_by_their_number() -> None:
    with pytest.raises(asked.sheets.SheetError) as refused:
        asked.rows({"rows": [{"nama": "Dinas"}, {"nama": "a\0"}]})
    assert refused.value.row == 2
