"""Canonical JSON: the same value gives the same bytes, and what has no one form is refused."""
from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.journal.canonical import CanonicalError, dumps, sha256_hex

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def test_form_is_fixed_to_the_byte() -> None:
    value = {
        "z": [1, True, None, "é"],
        "a": dt.datetime(2026, 10, 1, tzinfo=ZoneInfo("Asia/Jakarta")),
        "B": dt.date(2026, 9, 30),
        "rate": Decimal("0.7340"),
        "id": uuid.UUID(int=1),
        "t": ("x",),
    }
    assert dumps(value) == (
        '{"B":"2026-09-30","a":"2026-10-01T00:00:00+07:00",'
        '"id":"00000000-0000-0000-0000-000000000001","rate":"0.7340","t":["x"],'
        '"z":[1,true,null,"é"]}'
    ).encode()


def test_a_moment_keeps_its_offset_and_its_microseconds() -> None:
    moment = dt.datetime(2026, 9, 30, 16, 59, 59, 900000, tzinfo=dt.timezone.utc)
    assert dumps(moment) == b'"2026-09-30T16:59:59.900000+00:00"'
    assert dumps(moment.replace(microsecond=0)) == b'"2026-09-30T16:59:59+00:00"'


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("0.10", "0.10"), ("-0.00001", "-0.00001"), ("1E-8", "0.00000001")],
)
def test_decimals_are_written_out(number: str, text: str) -> None:
    assert dumps(Decimal(number)) == f'"{text}"'.encode()


class _Loop:
    def __init__(self) -> None:
        self.list: list[Any] = []
        self.list.append({"again": self.list})


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (0.5, "$"),
        ({"a": [1, {"b": 0.5}]}, "$.a[1].b"),
        ([float("nan")], "$[0]"),
        ({"n": {1: "x"}}, "$.n"),
        ({None: 1}, "$"),
        ({True: 1}, "$"),
        ([dt.datetime(2026, 1, 1)], "time zone"),  # noqa: DTZ001
        ([Decimal("NaN")], "NaN"),
        ({"s": {1, 2}}, "set"),
        ([b"bytes"], "bytes"),
        ([object()], "object"),
        (["\ud800"], "surrogate"),
        (_Loop().list, "itself"),
    ],
)
def test_what_has_no_one_form_is_refused_with_its_place(value: Any, where: str) -> None:
    with pytest.raises(CanonicalError) as raised:
        dumps(value)
    assert where in str(raised.value)


@given(values)
def test_what_was_written_reads_back_the_same(value: Any) -> None:
    assert json.loads(dumps(value)) == value


@given(st.dictionaries(texts, values, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], chance: random.Random) -> None:
    items = list(value.items())
    chance.shuffle(items)
    assert dumps(dict(items)) == dumps(value)


@given(values)
def test_no_white_space_outside_strings_and_keys_sorted(value: Any) -> None:
    data = dumps(value)
    again = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert data.decode("utf-8") == again


def test_hash_is_sha256_in_lower_case_hex() -> None:
    assert sha256_hex(b"abc") == hashlib.sha256(b"abc").hexdigest()
    assert sha256_hex(b"abc").startswith("ba7816bf")
