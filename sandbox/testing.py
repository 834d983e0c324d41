"""`./satudata test`: static checks, the wheel, then the suite on each CKAN."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox import environments
from sandbox.console import SandboxError, say
from sandbox.environments import Environment
from sandbox.layout import CKAN_VERSIONS, Clone, locked
from sandbox.processes import hand_over, run
from sandbox.services import Services, end_all, in_parallel, install
from sandbox.slots import Slot

# Someone who asks for the terminal gets it, one CKAN after the other.
_INTERACTIVE = {"-s", "--capture=no", "--pdb", "--trace", "--collect-only"}
_SUMMARY = re.compile(r"\b\d+ (?:passed|failed|error|skipped|deselected|no tests ran).*")
_PIECE, _KEPT = 4096, 100_000  # bytes
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Result:
    """How one part of the run ended: its exit status, seconds, and what it says of itself."""

    name: str
    status: int
    seconds: float
    says: str = ""

    def __str__(self) -> str:
        verdict = self.says or ("failed" if self.status else "passed")
        return f"{self.name}: {verdict}"


def test(clone: Clone, options: argparse.Namespace, arguments: list[str]) -> int:
    """Run the suite; see `./satudata test --help` for the options.

    :param arguments: what goes to pytest. When they name files, the static checks and the
        wheel are left out.
    :returns: 0 when everything passed.
    """
    versions = CKAN_VERSIONS if options.ckan == "both" else (options.ckan,)
    whole = not names_files(clone.root, arguments)
    stack = clone.stack("test")
    tools, ready = in_parallel(
        lambda: install(stack),
        lambda: {version: test_environment(clone, version) for version in versions},
    )
    services = Services.of(stack, tools, fast=True)
    results: list[Result] = []
    variables: dict[str, str] = {}
    if whole:
        results += run_checks(clone, ready[versions[-1]])
        built = timed("wheel", lambda: build_wheel(clone, ready[versions[-1]]))
        results.append(built)
        if not built.status:
            variables["SATUDATA_TEST_WHEEL"] = str(wheel(clone))
    was_running = services.running()
    services.start()
    try:
        slots = [Slot(services, ready[version], version, options.slot) for version in versions]
        results += run_slots(slots, arguments, variables)
    finally:
        if not (options.keep or was_running):
            services.stop()
    return summarize(results)


def names_files(root: Path, arguments: Sequence[str]) -> bool:
    """Whether arguments to pytest pick files or directories of the suite."""
    return any(
        (root / word.partition("::")[0]).exists()
        for word in arguments
        if not word.startswith("-") and "/" in word
    )


def test_environment(clone: Clone, version: str) -> Environment:
    """CKAN's environment with this checkout and the test tools in it."""
    environment = environments.ckan(clone, version, before=lambda: end_all(clone))
    environments.add_extension(clone, environment)
    environments.add_test_tools(clone, environment)
    return environment


def run_checks(clone: Clone, ckan: Environment) -> list[Result]:
    """Ruff, pyright and import-linter over the whole checkout.

    :param ckan: the environment whose packages types are checked against.
    """
    tools = environments.checks(clone)
    env = tools.variables(PYTHONPATH=str(clone.root))
    sources = ("ckanext", "sandbox", "tests", "bench", "setup.py")
    present = [name for name in sources if (clone.root / name).exists()]
    commands: dict[str, list[str | Path]] = {
        "ruff": [tools.bin / "ruff", "check", *present],
        "pyright": [tools.bin / "basedpyright", "--pythonpath", ckan.python],
        "import-linter": [tools.bin / "lint-imports", "--no-cache", "--no-logo"],
    }
    return [
        timed(name, lambda words=words: hand_over(words, env, cwd=clone.root))
        for name, words in commands.items()
    ]


def build_wheel(clone: Clone, environment: Environment) -> int:
    """Build the wheel from a copy of what git knows, so that stray files cannot help it."""
    shutil.rmtree(clone.state / "wheel", ignore_errors=True)
    source = clone.state / "wheel" / "source"
    copy_sources(clone.root, source)
    command = [environment.python, "-m", "build", "--wheel", "--outdir", clone.state / "wheel"]
    try:
        run([*command, source], env=environment.variables(), log=clone.log / "wheel.log")
    except SandboxError as error:
        say(str(error))
        return 1
    return 0


def copy_sources(root: Path, target: Path) -> None:
    """Copy what belongs into a wheel, without anything that was built or cached."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")
    for name in ("ckanext", "i18n"):
        shutil.copytree(root / name, target / name, ignore=ignored)
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        if (root / name).exists():
            shutil.copy(root / name, target / name)


def wheel(clone: Clone) -> Path:
    """The wheel that `build_wheel` made."""
    return next((clone.state / "wheel").glob("*.whl"))


def run_slots(
    slots: Sequence[Slot], arguments: list[str], variables: Mapping[str, str]
) -> list[Result]:
    """Run pytest in each slot, two at a time; pure tests run in the first alone."""
    if len(slots) == 1:
        return [run_pytest(slots[0], arguments, variables)]
    later = {**variables, "SATUDATA_TEST_SKIP_PURE": "1"}
    if _INTERACTIVE & set(arguments):
        return [run_pytest(slots[0], arguments, variables), run_pytest(slots[1], arguments, later)]
    quiet = slots[1].services.stack.log / f"pytest-{slots[1].version}.log"
    first, second = in_parallel(
        lambda: run_pytest(slots[0], arguments, variables),
        lambda: run_pytest(slots[1], arguments, later, output=quiet),
    )
    print(f"\n== tests on CKAN {slots[1].version}\n{quiet.read_text(errors='replace')}", flush=True)
    return [first, second]


def run_pytest(
    slot: Slot, arguments: list[str], variables: Mapping[str, str], output: Path | None = None
) -> Result:
    """Run pytest in a slot that nobody else uses at the same moment.

    :param output: a file that takes what it prints instead of the terminal.
    """
    busy = (
        f"The test slot '{slot.name}' for CKAN {slot.version} is in use. "
        f"Take another: --slot NAME (or SATUDATA_TEST_SLOT=NAME)."
    )
    with locked(slot.lock, busy):
        slot.prepare()
        command = [str(slot.environment.python), "-m", "pytest", *arguments]
        if output is None and sys.stdout.isatty():
            command.append("--color=yes")
        env = {**slot.variables(), **variables}
        begun = time.monotonic()
        root = slot.services.stack.clone.root
        if output is None and _INTERACTIVE & set(arguments):
            return Result(f"CKAN {slot.version}", hand_over(command, env, cwd=root), 0)
        status, printed = passed_on(command, env, root, output)
        seconds = time.monotonic() - begun
        return Result(f"CKAN {slot.version}", status, seconds, summary_line(printed))


def summary_line(printed: str) -> str:
    """What pytest says last of itself (`12 passed, 1 skipped in 3.21s`); empty if it crashed."""
    for line in reversed(printed.splitlines()):
        found = _SUMMARY.search(_COLOURS.sub("", line).strip("= \n"))
        if found:
            return found.group()
    return ""


def timed(name: str, work: Callable[[], int]) -> Result:
    """Do a piece of work and keep its exit status and how long it took."""
    say(f"== {name}")
    begun = time.monotonic()
    status = work()
    return Result(name, status, time.monotonic() - begun)


def summarize(results: Sequence[Result]) -> int:
    """Print what passed and failed, one line at the end; returns the whole's exit status."""
    failed = any(result.status for result in results)
    verdict = "FAILED" if failed else "ok"
    if len(results) > 1:
        print(f"== {verdict} == " + "; ".join(map(str, results)), flush=True)
    return 1 if failed else 0


def default_slot() -> str:
    """The slot that the environment asks for, else `main`."""
    return os.environ.get("SATUDATA_TEST_SLOT", "main")


def passed_on(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, output: Path | None
) -> tuple[int, str]:
    """Run a program and pass on what it prints as it comes.

    :param output: a file that takes it instead of the terminal.
    :returns: the exit status and the last part of what was printed.
    """
    kept = b""
    with (
        output.open("wb") if output else _terminal() as sink,
        subprocess.Popen(
            command, env=dict(env), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as child,
    ):
        while child.stdout and (piece := child.stdout.read1(_PIECE)):  # pyright: ignore[reportAttributeAccessIssue]
            sink.write(piece)
            sink.flush()
            kept = (kept + piece)[-_KEPT:]
    return child.returncode, kept.decode(errors="replace")


def _terminal() -> IO[bytes]:
    return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
