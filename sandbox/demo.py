"""`./satudata demo` and what follows it: stop, reset, url, token, ckan, mails."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import accounts, environments
from sandbox import mail as mail_reader
from sandbox.console import SandboxError, doing, say
from sandbox.environments import Environment
from sandbox.identity import Identity
from sandbox.layout import CKAN_VERSIONS, Clone, Stack, locked, port_is_free
from sandbox.portal import Portal
from sandbox.processes import hand_over, run
from sandbox.services import Services, end_all, in_parallel, install

DEFAULT_PORT = 5000
DEFAULT_CITY = Path(__file__).parent / "city" / "mojokerto"
LOADER = Path(__file__).parent / "city" / "load.py"
_START_SECONDS = 90
_WATCH_SECONDS = 1.0
_NOT_RUNNING = "The sandbox is not running. Start it: ./satudata demo --detach"


@dataclass(frozen=True)
class Wish:
    """What a start asks for. The port left open is that of the start before; the CKAN is that of
    a demo that still runs, else the default."""

    version: str
    port: int
    city: Path | None
    detach: bool

    @classmethod
    def of(cls, stack: Stack, options: argparse.Namespace, running: str | None = None) -> Wish:
        before = stack.remembered()
        version = options.ckan or running or CKAN_VERSIONS[0]
        port = options.port or before.get("port") or DEFAULT_PORT
        city = None if options.empty else Path(options.city or DEFAULT_CITY).resolve()
        if city and not city.is_dir():
            raise SandboxError(f"There is no directory {city} with the files of a city.")
        return cls(version, port, city, options.detach)


def demo(clone: Clone, options: argparse.Namespace) -> int:
    """Start everything, say where it is, and stay until Ctrl-C unless detached."""
    stack = clone.stack("demo")
    running = current(clone)
    wish = Wish.of(stack, options, running.version if running else None)
    try:
        with locked(clone.state / ".lock-demo", "Another ./satudata demo starts in this clone."):
            portal = start(clone, stack, wish)
    except BaseException:
        # A start that did not come through leaves nothing running.
        stop(clone, quiet=True)
        raise
    print(welcome(portal), flush=True)
    if wish.detach:
        return 0
    say("Ctrl-C ends it; the data stay. (--detach leaves it running.)")
    try:
        while portal.services.supervisor.alive():
            time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        say("")
        stop(clone)
    return 0


def start(clone: Clone, stack: Stack, wish: Wish) -> Portal:
    """Bring a demo up; steps that are done already cost nothing."""
    running = current(clone)
    if running:
        wanted = (running.version, running.port) == (wish.version, wish.port)
        if wanted and running.ready() and not name_city(running, wish.city):
            load_city(running, wish.city)
            return running
    stop(clone, quiet=True)  # another start, or what a killed one has left
    if not port_is_free(wish.port):
        raise SandboxError(
            f"Port {wish.port} is taken by another program. Choose one: "
            f"./satudata demo --port {next_free(wish.port)}"
        )
    say(f"Satu Data on CKAN {wish.version}, everything in {clone.state}")
    tools, ckan = prepare_programs(clone, stack, wish.version)
    services = Services.of(stack, tools)
    services.start()
    stack.remember(ckan=wish.version, port=wish.port)
    portal = Portal(services, ckan, wish.version, wish.port)
    name_city(portal, wish.city)
    portal.prepare()
    with doing("starting CKAN, its worker and the mail catcher"):
        services.supervisor.write([*services.programs(), *portal.programs()])
        services.supervisor.start()
        services.supervisor.wait_for("web", portal.ready, _START_SECONDS)
    load_city(portal, wish.city)
    return portal


def prepare_programs(clone: Clone, stack: Stack, version: str) -> tuple[Environment, Environment]:
    """Install the services and CKAN at the same time; at once when both are there."""

    def install_ckan() -> Environment:
        environment = environments.ckan(clone, version, before=lambda: end_all(clone))
        environments.add_extension(clone, environment)
        return environment

    tools, ckan = in_parallel(lambda: install(stack), install_ckan)
    return tools, ckan


def name_city(portal: Portal, city: Path | None) -> bool:
    """Note whose portal it is, for CKAN's configuration; without a city it stays as it was.

    :returns: whether that differs from what was noted before
    :raises SandboxError: the sandbox holds another city, or the files do not name theirs
    """
    if city is None:
        return False
    stack = portal.services.stack
    loaded: dict[str, str] = stack.remembered().get("city", {})
    if loaded.get(portal.key) not in (None, label(stack.clone, city)):
        raise SandboxError(
            f"This sandbox holds the city of {loaded[portal.key]}. "
            "Forget it first: ./satudata reset"
        )
    noted = stack.remembered().get("identity", {})
    facts = Identity.of(city).facts()
    stack.remember(identity={**noted, portal.key: facts})
    return noted.get(portal.key) != facts


def load_city(portal: Portal, city: Path | None) -> None:
    """Load the files of a city into an empty portal, once."""
    stack = portal.services.stack
    loaded: dict[str, str] = stack.remembered().get("city", {})
    if city is None or loaded.get(portal.key) == label(stack.clone, city):
        return
    if not LOADER.exists():
        say("  (no sample city: its loader is not part of this checkout)")
        return
    say("  loading the sample city ...")
    begun = time.monotonic()
    command = [portal.environment.python, "-m", "sandbox.city.load"]
    arguments = ["--city", city, "--ckan-ini", portal.ini]
    root = stack.clone.root
    if hand_over([*command, *arguments], portal.variables(), cwd=root):
        raise SandboxError(
            "The sample city was not loaded to its end. The same command goes on from there."
        )
    stack.remember(city={**loaded, portal.key: label(stack.clone, city)})
    say(f"  loading the sample city: {time.monotonic() - begun:.0f} s")


def label(clone: Clone, city: Path) -> str:
    """A city's directory as it is remembered, even if the clone is moved."""
    return str(city.relative_to(clone.root) if city.is_relative_to(clone.root) else city)


def current(clone: Clone) -> Portal | None:
    """The demo that runs in this clone, if one does."""
    stack = clone.stack("demo")
    known = stack.remembered()
    tools = Environment(clone, "tools")
    services = Services.of(stack, tools)
    if "ckan" not in known or not services.supervisor.alive():
        return None
    ckan = Environment(clone, f"ckan-{known['ckan']}")
    return Portal(services, ckan, known["ckan"], known["port"])


def require_running(clone: Clone) -> Portal:
    """The running demo, or an error that says how to start one."""
    portal = current(clone)
    if portal is None:
        raise SandboxError(_NOT_RUNNING)
    return portal


def stop(clone: Clone, *, test: bool = False, quiet: bool = False) -> int:
    """End the demo (or a kept test stack); the data stay."""
    stack = clone.stack("test" if test else "demo")
    if Services.of(stack, Environment(clone, "tools")).stop():
        say(
            "  what was running has ended" if quiet else "  everything has ended; the data are kept"
        )
    elif not quiet:
        say("  nothing was running")
    return 0


def reset(clone: Clone, *, test: bool = False, everything: bool = False) -> int:
    """Forget the demo's data; with `everything` also the tests' and all that was installed."""
    names = ("demo", "test") if everything else ("test",) if test else ("demo",)
    for name in names:
        Services.of(clone.stack(name), Environment(clone, "tools")).forget()
    if everything:
        run(["/bin/rm", "-rf", clone.state])
    say("  forgotten")
    return 0


def token(clone: Clone, user: str) -> int:
    """Print a fresh API token of an account, and nothing else."""
    portal = require_running(clone)
    name = f"sandbox-{time.time_ns()}"
    printed = portal.ckan("user", "token", "add", user, name, "--quiet", secret=True)
    print(printed.strip().splitlines()[-1])
    return 0


def ckan(clone: Clone, words: list[str]) -> int:
    """CKAN's own command line in the demo; services that do not run are started meanwhile."""
    portal = current(clone)
    if portal:
        return _run_ckan(portal, words)
    known = clone.stack("demo").remembered()
    if "ckan" not in known:
        raise SandboxError(_NOT_RUNNING)
    stack = clone.stack("demo")
    services = Services.of(stack, install(stack))
    services.start()
    try:
        environment = Environment(clone, f"ckan-{known['ckan']}")
        portal = Portal(services, environment, known["ckan"], known["port"])
        portal.prepare()
        return _run_ckan(portal, words)
    finally:
        services.stop()


def _run_ckan(portal: Portal, words: list[str]) -> int:
    command = [portal.environment.bin / "ckan", *words]
    return hand_over(command, portal.variables(), cwd=Path(os.getcwd()))


def status(clone: Clone) -> int:
    """Print the state of each part."""
    portal = require_running(clone)
    for name, state in portal.services.supervisor.states().items():
        print(f"{name:10} {state}")
    return 0


def restart(clone: Clone, part: str) -> int:
    """Restart one part, after a change of the code, say."""
    supervisor = require_running(clone).services.supervisor
    supervisor.restart(part)
    return 0


def mails(clone: Clone, number: int | None) -> int:
    """Print the list of caught mails, or one of them."""
    directory = clone.stack("demo").home / "mail"
    for known, mail in mail_reader.mails(directory):
        if number is None:
            print(f"{known:5}  {mail['To']}  {mail['Subject']}")
        elif number == known:
            print(f"{mail_reader.heading(mail)}\n\n{mail_reader.text_of(mail)}")
    return 0


def welcome(portal: Portal) -> str:
    """What a person needs to know when everything runs."""
    people = "\n".join(f"    {name:12} {does}" for name, does in accounts.PEOPLE.items())
    offices = ", ".join(accounts.OF_AN_OFFICE)
    return f"""
  {portal.url}    CKAN {portal.version} with Satu Data
  board: {portal.url}/kepatuhan    log in: {portal.url}/user/login

  accounts, all with the password  {accounts.PASSWORD}  (for this sandbox alone):
{people}
    {offices}

  mails that were sent: {portal.mail_url}   logs: {portal.services.stack.log}
  ./satudata token USER · ./satudata ckan ... · ./satudata stop · ./satudata reset
"""


def next_free(port: int) -> int:
    """The first free port above one that is taken."""
    return next(number for number in range(port + 1, port + 1000) if port_is_free(number))
