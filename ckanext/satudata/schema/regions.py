"""Region codes of the city, when the portal has a file of them.

Region codes are a city's data, not this plugin's: without a file only their form is checked.
"""
from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from ckanext.satudata import config
from ckanext.satudata.schema import values


def known_codes() -> frozenset[str]:
    """The Kemendagri codes of the configured region file; empty when there is none."""
    path = config.region_file()
    if not path:
        return frozenset()
    # The time of change is part of the key: an exchanged file is read without a restart.
    return _read(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: str, _changed: int) -> frozenset[str]:
    return values.region_codes(Path(path).read_text(encoding="utf-8-sig"))
