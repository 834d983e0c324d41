"""A tenth of the sample city in the test portal: loaded once, then copied back when it was lost.

After the loader has run, the database is kept as a template beside the slot's own. A test that
empties the portal only costs a copy and an index; the next run of the suite finds the template too,
as long as nothing in the code and no day has changed since.
"""
from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ckan
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import search

from ckanext.satudata.journal.clock import city_today
from sandbox.city.generate import generate
from sandbox.city.model import City

SCALE = 0.1
ROOT = Path(__file__).parents[2]
_CODE = ("sandbox/city", "ckanext/satudata")

#: Whether the portal holds the city, untouched.
_pristine: list[bool] = []
#: What went wrong, told again instead of tried again.
_failed: list[str] = []
_indexed: list[bool] = []


def gone() -> None:
    """To be called by whatever changes or empties the portal."""
    _pristine.clear()


@pytest.fixture
def sample_city(
    request: pytest.FixtureRequest, with_plugins: Any, migrated: Any, index_at_end: None
) -> City:
    """The portal of a tenth of the sample city, to look at and not to change.

    Roles and accounts as in the sandbox (`walidata`, `<organization name>-editor`, …).
    """
    migrated()
    if _failed:
        pytest.fail(_failed[0])
    if not _pristine:
        if _stamp_of(_template()) != _stamp():
            request.getfixturevalue("clean_db")
            request.getfixturevalue("clean_index")
            _load()
            _keep()
        else:
            _restore()
        _pristine.append(True)
        _indexed.append(True)
    return generate(scale=SCALE, today=city_today())


@pytest.fixture
def changing_city(sample_city: City) -> Iterator[City]:
    """The same, for a test that changes it: the next one gets a fresh copy."""
    yield sample_city
    gone()


@pytest.fixture(scope="session")
def index_at_end() -> Iterator[None]:
    """Tests that search without emptying the index would find the city in the next run."""
    yield
    if _indexed:
        search.clear_all()


def _load() -> None:
    """By the same command as the sandbox, so that it is tried too."""
    command = [sys.executable, "-m", "sandbox.city.load", "--scale", str(SCALE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        _failed.append(f"the sample city was not loaded:\n{done.stdout}\n{done.stderr}")
        pytest.fail(_failed[0])


def _keep() -> None:
    own, template = _database(), _template()
    _execute(
        f'DROP DATABASE IF EXISTS "{template}"',
        f'CREATE DATABASE "{template}" TEMPLATE "{own}"',
        f"COMMENT ON DATABASE \"{template}\" IS '{_stamp()}'",
    )


def _restore() -> None:
    own, template = _database(), _template()
    _execute(
        f'DROP DATABASE "{own}" WITH (FORCE)', f'CREATE DATABASE "{own}" TEMPLATE "{template}"'
    )
    search.clear_all()
    search.rebuild(defer_commit=True, quiet=True)
    search.commit()


def _execute(*statements: str) -> None:
    """Run statements beside the slot's database, to which nobody may be connected meanwhile."""
    model.Session.remove()
    model.ensure_engine().dispose()
    beside = sa.create_engine(
        model.ensure_engine().url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with beside.connect() as connection:
        # The DataStore has looked at this database through an engine of its own.
        connection.execute(
            sa.text("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name
            """),
            {"name": _database()},
        )
        for statement in statements:
            connection.execute(sa.text(statement))
    beside.dispose()


def _stamp_of(database: str) -> str | None:
    with model.ensure_engine().connect() as connection:
        return connection.execute(
            sa.text("""
                SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name
            """),
            {"name": database},
        ).scalar()


def _stamp() -> str:
    """Changes with the code that loads, the code that is loaded into, and the day."""
    digest = hashlib.sha256(f"{ckan.__version__} {dt.date.today()} {SCALE}".encode())  # noqa: DTZ011
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".csv", ".json", ".yaml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _database() -> str:
    return str(model.ensure_engine().url.database)


def _template() -> str:
    return f"{_database()}_city"


def last(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that look at the city after all others: it is then loaded or copied once.

    After them what loads neighbours of ours: ckanext-harvest ties itself to CKAN's datasets for as
    long as the process lives, and its tables are dropped.
    """
    return sorted(items, key=lambda item: (
        item.path.name == "test_with_neighbours.py",
        "sample_city" in getattr(item, "fixturenames", ()),
    ))


__all__ = ["changing_city", "gone", "index_at_end", "last", "sample_city"]
