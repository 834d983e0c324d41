"""The office, the people and the item that the tests of deposits use."""
from __future__ import annotations

from tests.deposits.conftest import call, kota, upload

__all__ = ["call", "kota", "upload"]
