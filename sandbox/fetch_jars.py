"""Bring jars by their Maven coordinates and check them; run by the Python that has jgo.

Usage: fetch_jars.py LIST DIRECTORY. LIST has a line `group:artifact:version[:classifier]
sha256` for each jar. A jar that is there and right is not brought again.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import MavenContext  # pyright: ignore[reportMissingImports]

TRIES = 4
AT_ONCE = 8


def is_right(path: Path, checksum: str) -> bool:
    """Whether the file is there, whole and unchanged."""
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum


def bring(context: MavenContext, line: str, target: Path) -> None:
    """Bring one jar of the list into the target directory, with a few tries."""
    coordinate, checksum = line.split()
    group, name, version, *classifier = coordinate.split(":")
    parts = [name, version, *classifier]
    jar = target / f"{group}.{'-'.join(parts)}.jar"
    for attempt in range(1, TRIES + 1):
        if is_right(jar, checksum):
            return
        artifact = context.project(group, name).at_version(version).artifact(*classifier)
        try:
            found = artifact.resolve()
            if not is_right(found, checksum):
                found.unlink()
                raise OSError(f"{coordinate} is not the file that the list names")
            shutil.copy(found, jar)
        except Exception:
            # An interrupted download leaves a part of the file behind, taken for whole.
            Path(artifact.cached_path or "/nonexistent").unlink(missing_ok=True)
            if attempt == TRIES:
                raise
            time.sleep(attempt)


def main(listed: Path, target: Path) -> None:
    """Bring all jars of the list; remove any other file from the target directory."""
    target.mkdir(parents=True, exist_ok=True)
    downloads = target / ".downloads"
    context = MavenContext(repo_cache=downloads, local_repos=[], timeout=60)
    lines = [line for line in listed.read_text().splitlines() if line.strip()]
    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(lambda line: bring(context, line, target), lines))
    shutil.rmtree(downloads, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
