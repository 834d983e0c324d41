"""Alembic's way into the tables of satudata, which have a MetaData of their own."""
from __future__ import annotations

import importlib
from typing import Any

from alembic import context
from sqlalchemy import engine_from_config, pool

from ckanext.satudata.journal.model import metadata

for room in ("opd", "access", "deposits", "report"):
    importlib.import_module(f"ckanext.satudata.{room}.model")


def _ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return kind != "table" or bool(name and name.startswith("satudata_")
                                   and not name.endswith("alembic_version"))


def _migrate() -> None:
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table="satudata_alembic_version",
            include_object=_ours,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("satudata migrates a live database: run `ckan db upgrade -p satudata`.")
_migrate()
