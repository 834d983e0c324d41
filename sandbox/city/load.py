"""Load the sample city into the CKAN that ``--ckan-ini`` configures; safe to interrupt and repeat.

Runs in CKAN's environment: ``python -m sandbox.city.load --ckan-ini FILE``.
"""
from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ckan import model
from ckan.cli import load_config
from ckan.common import config
from ckan.config.middleware import make_app
from ckan.lib import search

from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, VIA
from sandbox.console import say

from . import bulk, follow
from .check import faults, figures
from .generate import MOJOKERTO, generate
from .model import City
from .steps import LoadError, Loading

#: Key of CKAN's ``system_info``: the day on which the city was begun. It stays the same city.
_DAY = "satudata.sample_city"
_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Load the city; returns the exit status."""
    options = _parser().parse_args(argv)
    # Whoever ends this process is to end its helpers as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app = make_app(_config(options.ckan_ini))
        for name in ("ckan", "ckan.lib.jobs", "ckanext"):
            logging.getLogger(name).setLevel(logging.ERROR)
        bulk.seldom_collect()
        with _request(app):
            load(options.city, options.scale, options)
    except LoadError as error:
        say(f"  {error}")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox.city.load", description=__doc__)
    parser.add_argument("--city", type=Path, default=MOJOKERTO, help="the files of the city")
    parser.add_argument("--ckan-ini", default=os.environ.get("CKAN_INI"))
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 for a tenth")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--part", type=int, default=0, help=argparse.SUPPRESS)
    return parser


def _config(ini: str) -> Any:
    found: Any = load_config(ini)
    plugins = found["ckan.plugins"].split()
    found["ckan.plugins"] = " ".join(name for name in plugins if name not in bulk.IDLE_PLUGINS)
    return found


@contextmanager
def _request(app: Any) -> Iterator[None]:
    """A request context in which events say that they came by the command line."""
    environ = {"CKAN_LANG": config["ckan.locale_default"], VIA: CLI}
    with app._wsgi_app.test_request_context(environ_overrides=environ):
        yield


def load(city_dir: Path, scale: float, options: argparse.Namespace | None = None) -> City:
    """Bring the city into the portal, within a request context.

    :param options: with ``workers``, ``part`` and ``ckan_ini``; without, this process does all
    :raises LoadError: the portal refused something, or is not as it should be in the end
    """
    city = generate(city_dir, scale, today=_day())
    loading = Loading(city, city_dir)
    with bulk.few_commits(), bulk.nobody_told():
        if options is not None and options.part:
            loading.datasets(options.part, options.workers, lambda done: print(done, flush=True))
            return city
        _step("offices", loading.offices)
        _step("people", loading.people)
        _step("registers", loading.registers)
        _step("agreements and deposits of the past", loading.past)
        _datasets(loading, city, options)
        _step("registers, linked to their datasets", lambda: loading.registers(linked=True))
        _counted(
            "deposits of today", len(city.present) + len(city.corrections), loading.deposits)
        _step("dispensations", loading.excuses)
        _step("commitments", lambda: follow.commitments(loading))
    _step("frozen quarters", loading.frozen)
    with bulk.nobody_told():
        _step("letters", lambda: follow.letters(loading))
    _checked(city)
    return city


def _day() -> dt.date:
    """The day of the city: that of its beginning, also when it is finished on another."""
    begun = model.get_system_info(_DAY)
    if not begun:
        begun = city_today().isoformat()
        model.set_system_info(_DAY, begun)
    return dt.date.fromisoformat(begun)


def _checked(city: City) -> None:
    if any(faults(city)):
        # What a killed Solr had not kept yet is in the database.
        _step("search index", lambda: search.rebuild(force=True, quiet=True))
    for line in figures(city):
        say(f"    {line}")
    if wrong := faults(city):
        raise LoadError("; ".join(wrong))


# --- progress and processes ---------------------------------------------------------------------


def _step(what: str, work: Callable[[], None]) -> None:
    begun = time.monotonic()
    work()
    model.Session.remove()
    say(f"    {what}: {time.monotonic() - begun:.0f} s")


def _counted(what: str, total: int, work: Callable[[Callable[[int], None]], None]) -> None:
    """Run a step that tells how far it is: a running number on a terminal, tenths elsewhere."""
    shown = [0]

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r    {what}: {done} of {total} ", end="", file=sys.stderr, flush=True)
        elif done * 10 // max(1, total) > shown[0]:
            shown[0] = done * 10 // total
            say(f"    {what}: {done} of {total}")

    begun = time.monotonic()
    work(tell)
    end = "\r" if sys.stderr.isatty() else ""
    say(f"{end}    {what}: {total} in {time.monotonic() - begun:.0f} s")


def _datasets(loading: Loading, city: City, options: argparse.Namespace | None) -> None:
    """All datasets, shared out over some processes."""
    workers, helpers = 1, []
    if options is not None:
        workers = options.workers
        helpers = [_helper(options, part) for part in range(1, workers)]
    done = [0] * workers

    def work(tell: Callable[[int], None]) -> None:
        lock = threading.Lock()

        def told(part: int, number: int) -> None:
            with lock:
                done[part] = number
                tell(sum(done))

        readers = [
            threading.Thread(target=_read, args=(helper.stdout, part, told), daemon=True)
            for part, helper in enumerate(helpers, 1)
        ]
        for reader in readers:
            reader.start()
        loading.datasets(0, workers, lambda number: told(0, number))
        for reader in readers:
            reader.join()

    try:
        _counted("datasets", len(city.datasets), work)
        if sum(helper.wait() != 0 for helper in helpers):
            raise LoadError("a part of the datasets was not loaded")
    finally:
        for helper in helpers:
            if helper.poll() is None:
                helper.terminate()
                helper.wait()


def _helper(options: argparse.Namespace, part: int) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "sandbox.city.load", "--city", str(options.city),
        "--ckan-ini", options.ckan_ini, "--scale", str(options.scale),
        "--workers", str(options.workers), "--part", str(part),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _read(lines: IO[str] | None, part: int, told: Callable[[int, int], None]) -> None:
    for line in lines or ():
        if line.strip().isdecimal():
            told(part, int(line))


if __name__ == "__main__":
    sys.exit(main())
