"""The first migration: tables as the models say, and a portal that was there before."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ckan import model
from ckan.tests import factories, helpers

import ckanext.satudata
from ckanext.satudata.access import model as _access  # noqa: F401
from ckanext.satudata.deposits import model as _deposits  # noqa: F401
from ckanext.satudata.journal.model import metadata
from ckanext.satudata.letters import model as _letters  # noqa: F401
from ckanext.satudata.opd import model as _opd  # noqa: F401
from ckanext.satudata.report import model as _report  # noqa: F401

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


def first_migration():
    path = Path(ckanext.satudata.__file__).parent / "migration/satudata/versions/001_tables.py"
    spec = importlib.util.spec_from_file_location("first_migration", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_migrations_make_the_tables_that_the_models_describe():
    def ours(thing, name, kind, reflected, compare_to):
        return kind != "table" or (
            name.startswith("satudata_")
            and name not in ("satudata_alembic_version", "satudata_test_stamp")
        )

    with model.ensure_engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_offices_of_before_stand_on_the_board_and_their_units_below_them():
    dinas = factories.Organization(title="Dinas Kesehatan")
    unit = factories.Organization(groups=[{"name": dinas["name"]}])
    # As it was before the plugin: nothing of ours is known.
    model.Session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    for table in ("satudata_opd_version", "satudata_opd", "satudata_event"):
        model.Session.execute(sa.text(f"DELETE FROM {table}"))
    model.Session.commit()

    migration = first_migration()
    for statement in (migration.INSTALLED, migration.ADOPTED):
        model.Session.execute(sa.text(statement.replace(":", r"\:")))
    model.Session.commit()

    report = helpers.call_action("satudata_compliance_report")
    assert [row["title"] for row in report["organizations"]] == ["Dinas Kesehatan"]
    tree = helpers.call_action("satudata_opd_tree")
    assert [child["name"] for child in tree[0]["children"]] == [unit["name"]]
