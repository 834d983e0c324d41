"""Last days of a closure: 90 days of waiting that no other date or reason makes longer."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ckanext.satudata.access.closing import Terms, terms
from tests.schema.records import complete_dataset, determination

D = dt.date
TODAY = D(2026, 11, 24)

WAITING = {"alasan_pengecualian": "menunggu_penetapan", "uraian_alasan": "Data pasien.",
           "pejabat_ppid": "Sekretaris Dinas"}
CLOSED = determination(jangka_waktu_mulai="2026-01-10", jangka_waktu_akhir="2028-02-01",
                       tanggal_tinjau_ulang="2026-12-01")
TILL, REVIEW = D(2028, 2, 1), D(2026, 12, 1)

CASES: dict[str, tuple[dict[str, Any], D | None, Terms]] = {
    "waits from today": (WAITING, None, Terms(TODAY, D(2027, 2, 22))),
    "waits since a while": (WAITING, D(2026, 9, 1), Terms(D(2026, 9, 1), D(2026, 11, 30))),
    "an earlier first day counts": (
        {**WAITING, "jangka_waktu_mulai": "2026-10-01"}, None, Terms(TODAY, D(2026, 12, 30))),
    "a later first day wins no time": (
        {**WAITING, "jangka_waktu_mulai": "2027-05-01"}, D(2026, 9, 1),
        Terms(D(2026, 9, 1), D(2026, 11, 30))),
    "an earlier last day counts": (
        {**WAITING, "jangka_waktu_akhir": "2026-12-01"}, None, Terms(TODAY, D(2026, 12, 1))),
    "a later last day wins no time": (
        {**WAITING, "jangka_waktu_akhir": "2030-01-01"}, D(2026, 9, 1),
        Terms(D(2026, 9, 1), D(2026, 11, 30))),
    "a whole determination ends the waiting": (
        CLOSED, D(2026, 9, 1), Terms(None, None, TILL, REVIEW)),
    "half a determination does not": (
        {**CLOSED, "nomor_uji_konsekuensi": ""}, D(2026, 9, 1),
        Terms(D(2026, 9, 1), None, TILL, REVIEW)),
    "that opening is asked for puts no clock back": (
        {"klasifikasi_akses": "terbuka"}, D(2026, 9, 1), Terms(D(2026, 9, 1))),
    "no reason, no date": ({}, None, Terms()),
    "dates that are none are none": (
        {**CLOSED, "jangka_waktu_akhir": "selamanya", "tanggal_tinjau_ulang": "31-31-2026"},
        None, Terms()),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("klass", ["terbatas", "tertutup"])
def test_last_days_follow_what_the_dataset_says(case: str, klass: str) -> None:
    fields, since, expected = CASES[case]
    dataset = complete_dataset(**{
        "klasifikasi_akses": klass, "opd_diizinkan": ["dishub"], **fields})
    assert terms(dataset, since, TODAY) == expected
