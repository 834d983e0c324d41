"""The portal on one machine: everything from the package registries, all state in .sandbox/."""

from __future__ import annotations

import argparse
from pathlib import Path

from sandbox import demo, testing
from sandbox.console import SandboxError, say
from sandbox.layout import CKAN_VERSIONS, Clone
from sandbox.processes import stop_on_signals

INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The words that `./satudata` understands."""
    main_parser = argparse.ArgumentParser(prog="./satudata", description=__doc__)
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_test(commands)
    commands.add_parser("ckan", help="CKAN's own command line inside the sandbox")
    commands.add_parser("url", help="the running sandbox's address")
    token = commands.add_parser("token", help="a fresh API token of an account")
    token.add_argument("user")
    stop = commands.add_parser("stop", help="end the sandbox; the data are kept")
    stop.add_argument("--test", action="store_true", help="the kept test services instead")
    reset = commands.add_parser("reset", help="forget the sandbox's data")
    reset.add_argument("--test", action="store_true", help="the tests' data instead")
    reset.add_argument("--all", action="store_true", help="everything that was installed too")
    commands.add_parser("status", help="the state of each part")
    restart = commands.add_parser("restart", help="restart one part (web, worker, ...)")
    restart.add_argument("part", nargs="?", default="web")
    mails = commands.add_parser("mails", help="list the mails that were sent, or print one")
    mails.add_argument("number", nargs="?", type=int)
    return main_parser


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("demo", help="start everything and load the sample city")
    command.add_argument("--port", type=int, help=f"default {demo.DEFAULT_PORT}")
    command.add_argument("--detach", action="store_true", help="return when it runs")
    city = command.add_mutually_exclusive_group()
    city.add_argument("--empty", action="store_true", help="no sample city")
    city.add_argument("--city", metavar="DIR", help="the files of another city")
    command.add_argument("--ckan", choices=CKAN_VERSIONS, help=f"default {CKAN_VERSIONS[0]}")


def _add_test(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "test",
        help="run the test suite on its own services",
        description="Arguments that are not listed here go to pytest. When they name files, "
        "the static checks are left out.",
        allow_abbrev=False,
    )
    command.add_argument("--ckan", choices=[*CKAN_VERSIONS, "both"], default="both")
    command.add_argument(
        "--slot",
        default=testing.default_slot(),
        help="databases, core and storage of its own; runs in different slots never meet",
    )
    command.add_argument("--keep", action="store_true", help="leave the services running")


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    stop_on_signals()
    try:
        return _run(arguments)
    except SandboxError as error:
        say(f"satudata: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The same command goes on where this one stopped.")
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    clone = Clone(Path(__file__).resolve().parent.parent)
    if arguments[:1] == ["ckan"]:
        return demo.ckan(clone, arguments[1:])  # its options are all CKAN's own
    options, rest = parser().parse_known_args(arguments)
    if options.command == "test":
        return testing.test(clone, options, rest)
    if rest:
        parser().error(f"what is {' '.join(rest)}?")
    if options.command == "url":
        print(demo.require_running(clone).url)
        return 0
    work = {
        "demo": lambda: demo.demo(clone, options),
        "token": lambda: demo.token(clone, options.user),
        "stop": lambda: demo.stop(clone, test=options.test),
        "reset": lambda: demo.reset(clone, test=options.test, everything=options.all),
        "status": lambda: demo.status(clone),
        "restart": lambda: demo.restart(clone, options.part),
        "mails": lambda: demo.mails(clone, options.number),
    }
    return work[options.command]()
