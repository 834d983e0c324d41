"""A stock CKAN of the version under test, and the wheel."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import environments, testing
from sandbox.environments import Environment
from sandbox.ini import write as write_ini
from sandbox.layout import Clone, locked
from sandbox.processes import run
from sandbox.services import Services
from sandbox.slots import Slot

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
STOCK_PLUGINS = "activity datastore text_view"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; the launcher has built it, else it is built here."""
    given = os.environ.get("SATUDATA_TEST_WHEEL")
    if given:
        return Path(given)
    target = tmp_path_factory.mktemp("wheel")
    testing.copy_sources(ROOT, target / "source")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", target, target / "source"]
    run(command)
    return next(target.glob("*.whl"))


@dataclass(frozen=True)
class StockPortal:
    """A CKAN with nothing of ours installed, on databases of its own."""

    slot: Slot
    environment: Environment
    ini: Path

    def configure(self, plugins: str, **options: str) -> None:
        """Write a configuration as a city might have it, with these plugins.

        :param options: of the extension, without their prefix.
        """
        settings = {
            "SECRET_KEY": "a-portal-that-was-there-before",
            "ckan.site_id": "stock",
            "ckan.site_url": "http://stock.example.org",
            "ckan.plugins": plugins,
            "ckan.locale_default": "id",
            "ckan.storage_path": str(self.slot.storage),
            "ckan.auth.create_unowned_dataset": "false",
            "ckan.auth.allow_dataset_collaborators": "true",
            **{f"ckanext.satudata.{name}": value for name, value in options.items()},
        }
        write_ini(self.ini, settings, level="ERROR")

    def variables(self) -> dict[str, str]:
        return {**self.slot.variables(), "CKAN_INI": str(self.ini)}

    def ckan(self, *words: str) -> str:
        return run([self.environment.bin / "ckan", *words], env=self.variables())

    def ask(self, script: str, *words: str) -> Any:
        """Run a script of this directory in the stock environment; its last line is JSON."""
        command = [self.environment.python, "-I", HERE / script, *words]
        return json.loads(run(command, env=self.variables()).strip().splitlines()[-1])


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockPortal]:
    """A stock portal with empty databases and without the extension."""
    version = os.environ.get("SATUDATA_TEST_CKAN")
    if not version:
        pytest.fail("this test needs the services: run it with ./satudata test")
    clone = Clone(ROOT)
    tools = Environment(clone, "tools")
    name = f"stock-{version}"
    with locked(clone.environments / f".lock-use-{name}"):
        environment = environments.ckan(clone, version, name=name)
        run([environment.python, "-m", "pip", "uninstall", "-q", "-y", "ckanext-satudata"])
        services = Services.of(clone.stack("test"), tools, fast=True)
        slot = Slot(services, environment, version, f"stock_{os.environ['SATUDATA_TEST_SLOT']}")
        slot.forget()
        slot.prepare()
        ini = tmp_path_factory.mktemp("stock") / "ckan.ini"
        portal = StockPortal(slot, environment, ini)
        portal.configure(STOCK_PLUGINS)
        yield portal
        slot.forget()
