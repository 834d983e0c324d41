"""Slots: what one run of the test suite has to itself on the shared services.

Each slot has, for each CKAN, a database and a DataStore database, a Solr core, a numbered Redis
database and a storage directory. Two runs with different slots never meet.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.console import SandboxError, doing
from sandbox.environments import CKAN_RELEASES, Environment
from sandbox.ini import write as write_ini
from sandbox.layout import locked
from sandbox.processes import run
from sandbox.redis import DATABASES
from sandbox.services import Services
from sandbox.solr import schema_of

OWNER = "ckan_test"
READER = "datastore_read"
_NAME = re.compile(r"[a-z0-9_]{1,30}")
# Core migrations and the DataStore's functions, without any extension that may be half written.
_TEMPLATE_SETTINGS = {
    "SECRET_KEY": "only-to-make-the-template",
    "ckan.site_id": "template",
    "ckan.site_url": "http://localhost",
    "ckan.plugins": "activity tracking datastore",
    "ckan.storage_path": "/nonexistent",
    "ckan.datastore.sqlsearch.enabled": "false",
}


@dataclass(frozen=True)
class Slot:
    """One slot for one CKAN version."""

    services: Services
    environment: Environment
    version: str
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SandboxError(
                f"A slot's name has only small letters, digits and underscores: {self.name!r}"
            )

    @property
    def key(self) -> str:
        return f"{self.name}_{self.version.replace('.', '')}"

    @property
    def database(self) -> str:
        return f"t_{self.key}"

    @property
    def datastore(self) -> str:
        return f"t_{self.key}_ds"

    @property
    def storage(self) -> Path:
        return self.services.stack.home / "slots" / self.key

    @property
    def lock(self) -> Path:
        return self.services.stack.home / "slots" / f"{self.key}.lock"

    def variables(self) -> dict[str, str]:
        """The environment of a test run in this slot: where CKAN finds its services."""
        services = self.services
        return self.environment.variables(
            CKAN_INI=str(services.stack.clone.root / "test.ini"),
            CKAN_SQLALCHEMY_URL=services.postgres.url(self.database, OWNER),
            CKAN_DATASTORE_WRITE_URL=services.postgres.url(self.datastore, OWNER),
            CKAN_DATASTORE_READ_URL=services.postgres.url(self.datastore, READER),
            CKAN_REDIS_URL=services.redis.url(self._redis_database()),
            CKAN_SOLR_URL=services.solr.core_url(self.key),
            CKAN_STORAGE_PATH=str(self.storage),
            SATUDATA_TEST_SLOT=self.name,
            SATUDATA_TEST_CKAN=self.version,
        )

    def prepare(self) -> None:
        """Make what is missing of the slot; at once when it is all there."""
        self.storage.mkdir(parents=True, exist_ok=True)
        self.services.solr.ensure_core(self.key, schema_of(self.environment))
        postgres = self.services.postgres
        if postgres.has_database(self.datastore):
            return
        with locked(self.services.stack.home / ".lock-template"):
            template = self._ensure_template()
            # The DataStore comes last: with it the slot counts as complete.
            postgres.drop_database(self.database)
            postgres.sql(
                f'create database "{self.database}" owner "{OWNER}" template "{template}";\n'
                f'create database "{self.datastore}" owner "{OWNER}" template "{template}_ds";\n'
                f'grant connect on database "{self.datastore}" to "{READER}";'
            )

    def forget(self) -> None:
        """Remove everything of the slot but its number of a Redis database."""
        self.services.postgres.drop_database(self.datastore)
        self.services.postgres.drop_database(self.database)
        self.services.solr.drop_core(self.key)
        shutil.rmtree(self.storage, ignore_errors=True)

    def _ensure_template(self) -> str:
        postgres = self.services.postgres
        release = CKAN_RELEASES[self.version].replace(".", "_")
        template = f"template_{release}"
        if postgres.has_database(f"{template}_ds") and postgres.has_database(f"{template}_ready"):
            return template
        with doing(f"making an empty CKAN {self.version} database to copy"):
            postgres.ensure_role(OWNER, "superuser")
            postgres.ensure_role(READER)
            for name in (template, f"{template}_ds"):
                postgres.drop_database(name)
                postgres.ensure_database(name, OWNER)
            ini = self.services.stack.home / "template.ini"
            write_ini(ini, _TEMPLATE_SETTINGS, level="WARNING")
            variables = self.environment.variables(
                CKAN_INI=str(ini),
                CKAN_SQLALCHEMY_URL=postgres.url(template, OWNER),
                CKAN_DATASTORE_WRITE_URL=postgres.url(f"{template}_ds", OWNER),
                CKAN_DATASTORE_READ_URL=postgres.url(f"{template}_ds", READER),
                CKAN_REDIS_URL=self.services.redis.url(0),
                CKAN_SOLR_URL=self.services.solr.core_url(self.key),
            )
            ckan = self.environment.bin / "ckan"
            log = self.services.stack.log / "template.log"
            run([ckan, "db", "upgrade"], env=variables, log=log)
            permissions = run([ckan, "datastore", "set-permissions"], env=variables)
            postgres.sql(permissions_only(permissions))
            postgres.ensure_database(f"{template}_ready", OWNER)
        return template

    def _redis_database(self) -> int:
        """This slot's number of a Redis database, given once and remembered."""
        stack = self.services.stack
        with locked(stack.home / ".lock-redis-numbers"):
            numbers: dict[str, int] = stack.remembered().get("redis", {})
            if self.key not in numbers:
                if len(numbers) >= DATABASES - 1:
                    raise SandboxError("Too many test slots. Run ./satudata reset --test.")
                numbers[self.key] = len(numbers) + 1
                stack.remember(redis=numbers)
            return numbers[self.key]


def permissions_only(printed: str) -> str:
    """Keep the SQL of `ckan datastore set-permissions`; log lines may stand before it."""
    start = printed.find("/*")
    return printed[start if start >= 0 else 0 :]
