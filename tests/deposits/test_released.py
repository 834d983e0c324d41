"""The latest release of a dataset, as its files say."""
from __future__ import annotations

import pytest

from ckanext.satudata.deposits.released import released

CASES = {
    "no file, nothing known": ([], {}),
    "the period that ends last, whatever the order": (
        [{"periode": "2026"}, {"periode": "2026-TW4"}, {"periode": "2025-12"}],
        {"periode_data_terakhir": "2026-TW4"},
    ),
    "a release date of its own goes before the day of upload": (
        [{"tanggal_data": "2026-01-02", "created": "2026-05-01T10:00:00"}],
        {"tanggal_rilis_terakhir": "2026-01-02"},
    ),
    "a document is no data": (
        [{"periode": "2026", "created": "2026-05-01T10:00:00", "jenis_berkas": "metadata"}], {},
    ),
    "an old value that is no period is passed over": (
        [{"periode": "tahun lalu", "created": "2026-05-01T10:00:00"}],
        {"tanggal_rilis_terakhir": "2026-05-01"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_released(case):
    resources, expected = CASES[case]
    assert released({"resources": resources}) == expected
