"""Fixtures for the whole suite.

Plain pytest without CKAN runs the pure tests: nothing here imports CKAN unless it is there. With
CKAN, `clean_db` gives an empty database with the plugin's migrations applied.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "ckanext" / "satudata" / "migration" / "satudata"
HAS_CKAN = importlib.util.find_spec("ckan") is not None
STAMP = "satudata_test_stamp"

if not HAS_CKAN:

    @pytest.fixture
    def with_plugins() -> None:
        pytest.fail("this test needs CKAN: run it with ./satudata test")


if HAS_CKAN:
    import sqlalchemy as sa

    from tests.city import loaded
    from tests.city.loaded import changing_city, index_at_end, sample_city  # noqa: F401

    # Everything of ours that a migration leaves behind; its tables, their types and triggers.
    _DROP_OURS = """
        do $$ declare found record; begin
          for found in select tablename from pg_tables
                        where schemaname = 'public' and tablename like 'satudata\\_%' loop
            execute format('drop table %I cascade', found.tablename);
          end loop;
          for found in select oid::regprocedure as signature from pg_proc
                        where pronamespace = 'public'::regnamespace
                          and proname like 'satudata\\_%' loop
            execute format('drop routine %s cascade', found.signature);
          end loop;
          for found in select typname from pg_type
                        where typnamespace = 'public'::regnamespace and typtype = 'e'
                          and typname like 'satudata\\_%' loop
            execute format('drop type %I cascade', found.typname);
          end loop;
        end $$"""
    # What a run with ckanext-harvest leaves: rows that hold CKAN's own.
    _DROP_HARVEST = """
        drop table if exists harvest_object_extra, harvest_object_error, harvest_object,
            harvest_gather_error, harvest_log, harvest_job, harvest_source,
            harvest_alembic_version cascade;
        drop type if exists log_level"""
    # Events and snapshots refuse DELETE and TRUNCATE; a superuser who replays may.
    _EMPTY_OURS = f"""
        do $$ declare found record; filled boolean; begin
          set local session_replication_role = replica;
          for found in select tablename from pg_tables
                        where schemaname = 'public' and tablename like 'satudata\\_%'
                          and tablename not in ('satudata_alembic_version', '{STAMP}') loop
            execute format('select exists (select from %I)', found.tablename) into filled;
            if filled then
              execute format('delete from %I', found.tablename);
            end if;
          end loop;
        end $$"""

    def _engine() -> Any:
        from ckan import model

        return model.ensure_engine()

    def _migrations_hash() -> str:
        digest = hashlib.sha256()
        for path in sorted(MIGRATIONS.rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _core_is_migrated() -> bool:
        """Whether an earlier run left CKAN's own tables at the newest version."""
        with _engine().connect() as connection:
            return sa.inspect(connection).has_table("alembic_version")

    def _ours_are_migrated(wanted: str) -> bool:
        with _engine().connect() as connection:
            if not sa.inspect(connection).has_table(STAMP):
                return False
            return connection.execute(sa.text(f"select hash from {STAMP}")).scalar() == wanted

    class _Loaded:
        """What stays loaded from one test to the next; loading costs half a second."""

        plugins = False
        app: Any = None

        @classmethod
        def forget(cls) -> None:
            cls.plugins, cls.app = False, None

    def _is_special(request: pytest.FixtureRequest) -> bool:
        """Whether a test changes the configuration before plugins are loaded."""
        marks = ("ckan_config", "with_plugins", "provide_plugin")
        return any(request.node.get_closest_marker(mark) for mark in marks)

    @pytest.fixture
    def with_plugins(ckan_config: Any, request: pytest.FixtureRequest) -> Iterator[None]:
        """The plugins of the test configuration, loaded.

        They stay loaded for the next test unless one of the two has a configuration of its own;
        CKAN's own fixture of this name loads and unloads them around each test.
        """
        import ckan.plugins as p

        if not _is_special(request):
            if not _Loaded.plugins:
                p.load_all()
                _Loaded.forget()
                _Loaded.plugins = True
            yield
            return
        _Loaded.forget()
        p.load_all()
        yield
        p.unload_all()

    @pytest.fixture
    def make_app(ckan_config: Any, request: pytest.FixtureRequest) -> Callable[[], Any]:
        """A maker of test clients; the application behind them is made once for usual tests."""
        from ckan.lib.app_globals import _CONFIG_CACHE
        from ckan.tests import helpers

        _CONFIG_CACHE.clear()

        def make() -> Any:
            if _is_special(request) or not _Loaded.plugins:
                _Loaded.app = None
                return helpers._get_test_app()
            if _Loaded.app is None:
                # CKAN has the pages of collaborators if there may be some when the application
                # is made; a later test may allow them.
                with pytest.MonkeyPatch.context() as patch:
                    patch.setitem(ckan_config, "ckan.auth.allow_dataset_collaborators", True)
                    _Loaded.app = helpers._get_test_app().app
            return helpers.CKANTestApp(_Loaded.app)

        return make

    @pytest.fixture(scope="session")
    def without_harvest() -> Callable[[], None]:
        """A callable that drops the tables of ckanext-harvest."""
        def drop() -> None:
            from ckan import model

            model.Session.remove()
            with _engine().begin() as connection:
                connection.execute(sa.text(_DROP_HARVEST))

        return drop

    @pytest.fixture(scope="session")
    def migrated(
        reset_db: Any, migrate_db_for: Any, without_harvest: Callable[[], None]
    ) -> Any:
        """A callable that brings the database to the plugin's newest tables, once per run.

        The tables stay from run to run; a migration that has changed since drops and makes
        them anew. The plugin must be loaded when it is called.
        """
        done: list[str] = []

        def bring() -> None:
            if done:
                return
            from ckan import model

            if _core_is_migrated():
                # The slot's database is a copy with CKAN's migrations applied: keep its tables.
                model.repo.tables_created_and_initialised = True
            without_harvest()
            reset_db()
            wanted = _migrations_hash()
            if not _ours_are_migrated(wanted):
                with _engine().begin() as connection:
                    connection.execute(sa.text(_DROP_OURS))
                migrate_db_for("satudata")
                with _engine().begin() as connection:
                    connection.execute(sa.text(f"create table {STAMP} (hash text)"))
                    connection.execute(sa.text(f"insert into {STAMP} values (:h)"), {"h": wanted})
            done.append(wanted)

        return bring

    @pytest.fixture
    def clean_satudata(with_plugins: Any, migrated: Any) -> None:
        """Empty the plugin's tables, those that refuse it included."""
        from ckan import model

        loaded.gone()
        migrated()
        model.Session.remove()
        with _engine().begin() as connection:
            connection.execute(sa.text(_EMPTY_OURS))

    @pytest.fixture
    def clean_db(clean_satudata: Any, reset_db: Any) -> None:
        """An empty portal: CKAN's tables and the plugin's."""
        from ckan import model

        reset_db()
        model.Session.remove()


def _is_pure(item: pytest.Item) -> bool:
    """Whether a test needs no CKAN: nothing of its file, nor of its fixtures, names it."""
    names = set(getattr(item, "fixturenames", ()))
    if names & {"with_plugins", "app", "cli", "ckan_config", "clean_db", "non_clean_db"}:
        return False
    if item.get_closest_marker("browser") or item.get_closest_marker("packaging"):
        return False
    module = getattr(item, "module", None)
    if module is None:
        return False
    return (
        not any(
            getattr(value, "__module__", None) == "ckan"
            or str(getattr(value, "__name__", "")).split(".")[0] == "ckan"
            or str(getattr(value, "__module__", "")).split(".")[0] == "ckan"
            for value in vars(module).values()
        )
        and "import ckan" not in Path(str(module.__file__)).read_text()
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ways to run more than every run does."""
    parser.addoption(
        "--sealed-whole", action="store_true",
        help="ask the matrix of persons, things and ways out in tests/access/sealed whole",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the pure tests out when another run of the same suite has had them."""
    if HAS_CKAN:
        items[:] = loaded.last(items)
    if os.environ.get("SATUDATA_TEST_SKIP_PURE") != "1":
        return
    pure = [item for item in items if _is_pure(item)]
    config.hook.pytest_deselected(items=pure)
    items[:] = [item for item in items if item not in set(pure)]
