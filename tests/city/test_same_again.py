"""The same arguments give the same city, to the byte; nothing depends on when or where it runs."""
from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from sandbox.city import files
from sandbox.city.allot import largest_remainders
from sandbox.city.choice import Dice
from sandbox.city.generate import MOJOKERTO, generate
from sandbox.city.model import City

from .conftest import TODAY


def _digest(city: City) -> str:
    found = hashlib.sha256(repr(city).encode())
    for dataset in city.datasets:
        found.update(repr(sorted(dataset.metadata.items())).encode())
    for _, file, content in files.render_all(city, MOJOKERTO):
        found.update(file.filename.encode() + content)
    return found.hexdigest()


def test_same_seed_same_bytes(tenth: City) -> None:
    assert _digest(generate(scale=0.1, today=TODAY)) == _digest(tenth)


def test_another_seed_is_another_city_of_the_same_shape(tenth: City) -> None:
    other = generate(scale=0.1, seed=1, today=TODAY)
    assert _digest(other) != _digest(tenth)
    assert len(other.datasets) == len(tenth.datasets)


def test_choices_do_not_depend_on_order_or_process() -> None:
    dice = Dice(3576)
    assert dice.number("a", 1) == 9337558394834492482
    assert dice.shuffled(["x", "y", "z"], "k") == dice.shuffled(["z", "y", "x"], "k")


@pytest.mark.parametrize("total", [0, 1, 7, 100, 1151])
def test_shares_add_up(total: int) -> None:
    shares = largest_remainders({"a": 1.0, "b": 2.5, "c": 0.0, "d": 7.1}, total)
    assert sum(shares.values()) == total
    assert shares["c"] == 0


@pytest.mark.parametrize(
    "today",
    [dt.date(2026, 10, 1), dt.date(2026, 12, 31), dt.date(2027, 1, 2), dt.date(2028, 2, 29)],
)
def test_any_day_will_do(today: dt.date) -> None:
    city = generate(scale=0.1, today=today)
    assert sum(d.state == "terverifikasi" for d in city.datasets) == 127
    for row in (*city.history, *city.arrived):
        assert row.happened_at.date() < today


def test_too_small_a_city_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        generate(scale=0.01, today=TODAY)
