"""Cities for the tests: the whole one and a tenth, made once."""
from __future__ import annotations

import datetime as dt

import pytest

from sandbox.city.generate import generate
from sandbox.city.model import City

TODAY = dt.date(2026, 11, 24)


@pytest.fixture(scope="session")
def whole() -> City:
    """The city at full scale."""
    return generate(today=TODAY)


@pytest.fixture(scope="session")
def tenth() -> City:
    """A tenth of it, which the other tests load."""
    return generate(scale=0.1, today=TODAY)


@pytest.fixture(scope="session", params=["whole", "tenth"])
def city(request: pytest.FixtureRequest) -> City:
    """Each of the two."""
    return request.getfixturevalue(request.param)
