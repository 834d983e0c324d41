"""How fast a CSV of a million rows is looked at, against frictionless alone and a bare csv.reader.

Run with what the extension depends on: ``python bench/inspection.py [--rows N] [--file FILE]``.
Needs no portal. Ratios of one run are what counts; absolute times depend on the machine. The goal
is 50 MB/s on one core, or three times frictionless, whichever is less, and less than 300 MB.
"""
from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ckanext.satudata.access.inspection import content
from ckanext.satudata.access.inspection.content import Inspection

GOAL_MB, GOAL_RATIO, GOAL_MEMORY = 50, 3, 300

#: Columns of each kind of file: what cities publish, the same with long codes, and one of persons.
KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "plain": lambda dice, n: (
        f"{2020 + n % 6},Kecamatan {n % 3},Kelurahan {n % 18},{dice.randint(0, 99999)},orang,"
        f"{dice.random():.4f},Data contoh"
    ),
    "codes": lambda dice, n: (
        f"{n},35.76.01.1003,Kelurahan {n % 18},{dice.randint(0, 99999)},orang,"
        f"{dice.randint(10**15, 10**16)},{dice.random():.6f},2026-08-{n % 28 + 1:02d}"
    ),
    "persons": lambda dice, n: (
        f"{n},3576{dice.randint(1, 9999):04d}{dice.randint(1, 12):02d}85{dice.randint(1, 9999):04d}"
        f",08{dice.randint(10**9, 10**10)},orang{n}@contoh.com"
    ),
}
TITLES = {
    "plain": "tahun,nama_kecamatan,nama_kelurahan,jumlah,satuan,indeks,sumber",
    "codes": "nomor,kode_kemendagri,nama_kelurahan,jumlah,satuan,kode_aset,indeks,tanggal",
    "persons": "nomor,nik,hp,surel",
}


def main() -> None:
    """Make the files, look at them in all ways, print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        # What is loaded once in a process is loaded for both.
        _write(Path(folder) / "first.csv", "plain", 100)
        _frictionless(Path(folder) / "first.csv")
        _inspect(Path(folder) / "first.csv")
        for kind in KINDS:
            path = Path(folder) / f"{kind}.csv"
            _write(path, kind, options.rows)
            _measure(kind, path, options.part)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"memory at its highest: {peak} MB (goal: below {GOAL_MEMORY})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, default=20,
                        help="frictionless looks at one row in so many: it would take minutes")
    return parser.parse_args()


def _write(path: Path, kind: str, rows: int) -> None:
    dice = random.Random(1)
    with path.open("w") as file:
        file.write(TITLES[kind] + "\n")
        file.writelines(KINDS[kind](dice, n) + "\n" for n in range(rows))


def _measure(kind: str, path: Path, part: int) -> None:
    size = os.path.getsize(path) / 1e6
    bare = size / _timed(lambda: _read(path))
    ours = size / _timed(lambda: _inspect(path))
    short = path.with_name("short.csv")
    _head(path, short, part)
    theirs = os.path.getsize(short) / 1e6 / _timed(lambda: _frictionless(short))
    goal = min(GOAL_MB, GOAL_RATIO * theirs)
    print(
        f"{kind:8} {size:6.1f} MB  csv.reader {bare:6.1f} MB/s  frictionless {theirs:5.1f} MB/s  "
        f"inspection {ours:6.1f} MB/s = {ours / theirs:4.1f} x frictionless, "
        f"{ours / bare:.2f} x csv.reader  (goal {goal:.1f} MB/s: "
        f"{'reached' if ours >= goal else 'MISSED'})"
    )


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _read(path: Path) -> int:
    with path.open(newline="") as file:
        return sum(1 for _ in csv.reader(file))


def _inspect(path: Path) -> Inspection:
    with path.open("rb") as file:
        return content.inspect(file)


def _head(path: Path, short: Path, part: int) -> None:
    with path.open() as file, short.open("w") as target:
        target.writelines(line for n, line in enumerate(file) if n == 0 or n % part == 1)


def _frictionless(path: Path) -> object:
    from frictionless import Resource

    return Resource(path=path.name, basepath=str(path.parent)).validate()


if __name__ == "__main__":
    main()
