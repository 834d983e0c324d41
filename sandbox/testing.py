"""`./satudata test`: the whole suite on its own services, for each CKAN."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from sandbox import environments
from sandbox.console import SandboxError, say
from sandbox.environments import Environment
from sandbox.layout import CKAN_VERSIONS, Clone, locked
from sandbox.processes import hand_over
from sandbox.services import Services, install
from sandbox.slots import Slot

NO_TESTS = 5  # pytest's exit status when nothing was collected


def test(clone: Clone, options: argparse.Namespace, arguments: list[str]) -> int:
    """Run the suite; see `./satudata test --help` for the options.

    :param arguments: what goes to pytest. When they name files, the static checks are left out.
    :returns: 0 when everything passed.
    """
    versions = CKAN_VERSIONS if options.ckan == "both" else (options.ckan,)
    stack = clone.stack("test")
    services = Services.of(stack, install(stack), fast=True)
    ready = {version: test_environment(clone, version) for version in versions}
    was_running = services.running()
    services.start()
    results: list[tuple[str, int, float]] = []
    try:
        for version in versions:
            begun = time.monotonic()
            status = run_pytest(services, ready[version], version, options.slot, arguments)
            results.append((f"tests on CKAN {version}", status, time.monotonic() - begun))
    finally:
        if not (options.keep or was_running):
            services.stop()
    return summarize(results)


def test_environment(clone: Clone, version: str) -> Environment:
    """CKAN's environment with this checkout and the test tools in it."""
    environment = environments.ckan(clone, version)
    environments.add_extension(clone, environment)
    environments.add_test_tools(clone, environment)
    return environment


def run_pytest(
    services: Services, environment: Environment, version: str, slot: str, arguments: list[str]
) -> int:
    """Run pytest in a slot that nobody else uses at the same moment."""
    own = Slot(services, environment, version, slot)
    busy = (
        f"The test slot '{slot}' for CKAN {version} is in use. "
        f"Take another: --slot NAME (or SATUDATA_TEST_SLOT=NAME)."
    )
    with locked(own.lock, busy):
        own.prepare()
        root = services.stack.clone.root
        command: list[str | Path] = [environment.python, "-m", "pytest", *arguments]
        return hand_over(command, own.variables(), cwd=root)


def summarize(results: list[tuple[str, int, float]]) -> int:
    """Say what passed and what failed; returns the exit status of the whole."""
    failed = [name for name, status, _ in results if status]
    if len(results) > 1:
        for name, status, took in results:
            say(f"  {'failed' if status else 'passed'}  {name} ({took:.0f} s)")
    return 1 if failed else 0


def default_slot() -> str:
    """The slot that the environment asks for, else `main`."""
    return os.environ.get("SATUDATA_TEST_SLOT", "main")


__all__ = ["SandboxError", "default_slot", "run_pytest", "test", "test_environment"]
