"""The command line of `./satudata`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox import testing
from sandbox.console import SandboxError, say
from sandbox.layout import CKAN_VERSIONS, Clone

INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The words that `./satudata` understands."""
    main_parser = argparse.ArgumentParser(prog="./satudata", description=__doc__)
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    test = commands.add_parser("test", help="run the test suite on its own services")
    test.add_argument("--ckan", choices=[*CKAN_VERSIONS, "both"], default="both")
    test.add_argument("--slot", default=testing.default_slot())
    test.add_argument("--keep", action="store_true", help="leave the services running")
    return main_parser


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    options, rest = parser().parse_known_args(arguments)
    clone = Clone(Path(__file__).resolve().parent.parent)
    try:
        if options.command == "test":
            return testing.test(clone, options, rest)
    except SandboxError as error:
        say(f"satudata: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The same command goes on where this one stopped.")
        return INTERRUPTED
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
