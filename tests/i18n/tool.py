"""The script that refreshes the catalogues, as a module: it stands outside the package."""
from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    """`i18n/refresh.py`."""
    spec = importlib.util.spec_from_file_location("refresh_catalogues", ROOT / "i18n/refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
