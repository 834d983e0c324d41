"""A city to look at: 25 offices with units and items that are not open, in the contract's form."""
from __future__ import annotations

import copy
import random
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

TITLES = (
    "Sekretariat Daerah", "Sekretariat DPRD", "Inspektorat", "Dinas Pendidikan dan Kebudayaan",
    "Dinas Kesehatan, Pengendalian Penduduk dan Keluarga Berencana",
    "Dinas Pekerjaan Umum, Penataan Ruang, Perumahan Rakyat dan Kawasan Permukiman",
    "Satuan Polisi Pamong Praja", "Badan Penanggulangan Bencana Daerah",
    "Dinas Sosial, Pemberdayaan Perempuan dan Perlindungan Anak",
    "Dinas Ketahanan Pangan dan Pertanian", "Dinas Lingkungan Hidup",
    "Dinas Kependudukan dan Pencatatan Sipil", "Dinas Perhubungan",
    "Dinas Komunikasi dan Informatika", "Dinas Koperasi, UKM, Perindustrian dan Perdagangan",
    "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu", "Dinas Kepemudaan dan Olahraga",
    "Dinas Perpustakaan dan Kearsipan", "Badan Perencanaan Pembangunan Daerah",
    "Badan Pengelolaan Keuangan dan Aset Daerah", "Badan Pendapatan Daerah",
    "Badan Kepegawaian dan Pengembangan SDM", "Badan Kesatuan Bangsa dan Politik",
    "Kecamatan Kranggan", "Kecamatan Magersari",
)
#: Quarters without a deposit, by place in TITLES: 5 offices, two of them for the third time.
SILENT = {6: 3, 16: 3, 22: 2, 9: 1, 24: 1}
NOTHING_DUE = (2,)
COMPLETE = (0, 3, 11, 13, 18, 19, 23)
STATES = ("fulfilled", "partial", "missing", "pending", "excused", "unjudged")


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _name(title: str) -> str:
    return title.lower().replace(",", "").replace(" ", "-")


def rate(part: int, whole: int) -> str | None:
    """Four decimals, half up, or None."""
    if not whole:
        return None
    return str((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _item(dice: random.Random, number: int, office: dict[str, Any], status: str) -> dict[str, Any]:
    states = {
        "fulfilled": ("on_time", "late"), "partial": ("on_time", "missing"),
        "missing": ("missing",), "pending": ("pending",), "excused": ("excused",), "unjudged": (),
    }[status]
    if status == "fulfilled" and dice.random() < 0.7:
        states = ("on_time",)
    return {
        "id": _id(f"butir {number}"),
        "title": f"Jumlah layanan nomor {number} menurut kelurahan",
        "organization": office["name"], "package_id": None if number % 3 else _id(f"data {number}"),
        "frekuensi": "bulanan" if len(states) > 1 else "triwulanan",
        "klasifikasi_akses": "terbuka", "status": status,
        "periods": [
            {
                "period": ("2026-06", "2026-07")[place] if len(states) > 1 else "2026-TW2",
                "last_day": ("2026-07-10", "2026-08-10")[place]
                if len(states) > 1 else "2026-07-15",
                "status": state,
                "kind": dice.choice(("file", "file", "nil", "unchanged"))
                if state in ("on_time", "late") else None,
                "inferred": state == "late",
                "happened_at": {
                    "on_time": "2026-07-08T09:12:00+07:00", "late": "2026-08-14T15:03:20+07:00",
                }.get(state),
            }
            for place, state in enumerate(states)
        ],
    }


def _states_of(dice: random.Random, place: int) -> list[str]:
    if place in NOTHING_DUE:
        return []
    owed = dice.randint(8, 24)
    if place in SILENT:
        return ["missing"] * owed
    states = [
        "fulfilled" if place in COMPLETE
        else dice.choice(("fulfilled",) * 5 + ("missing", "partial"))
        for _number in range(owed)
    ]
    if place not in COMPLETE:
        states += ["missing", "pending", "excused"][: dice.randint(1, 3)]
    return states + (["unjudged"] if place % 6 == 1 else [])


def _office(place: int, title: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {state: sum(item["status"] == state for item in items) for state in STATES}
    due = counts["fulfilled"] + counts["partial"] + counts["missing"]
    on_time = sum(
        item["status"] == "fulfilled" and all(p["status"] == "on_time" for p in item["periods"])
        for item in items
    )
    came = any(p["happened_at"] for item in items for p in item["periods"])
    name = _name(title)
    return {
        "id": _id(title), "name": name, "title": title, "parent": None,
        "kode_opd": f"1.{place:02d}.0.00.0.00.01.0000",
        "status": "nihil" if not due else "lengkap" if counts["fulfilled"] == due
        else "sebagian" if came else "belum_setor",
        "due": due, **counts, "hidden": 0, "rate": rate(counts["fulfilled"], due),
        "on_time_rate": rate(on_time, due), "arrears": SILENT.get(place, 0) * 4,
        "arrears_inherited": 0, "consecutive_missed": SILENT.get(place, 0),
        "consecutive_incomplete": SILENT.get(place, 0), "units_silent": 2 if place == 4 else 0,
        "commitment_signed": place % 4 != 0, "metadata_score": 60 + place, "_on_time": on_time,
    }


def make_city(quarter: str = "2026-TW3", seed: int = 1) -> dict[str, Any]:
    """A report whose figures follow from its items."""
    dice = random.Random(seed)
    offices, shown, number = [], [], 0
    hidden_total = 0
    for place, title in enumerate(TITLES):
        items = []
        for status in _states_of(dice, place):
            number += 1
            items.append(_item(dice, number, {"name": _name(title)}, status))
        office = _office(place, title, items)
        office["hidden"] = min(len(items), 2) if place % 8 == 4 else 0
        hidden_total += office["hidden"]
        shown += items[office["hidden"]:]
        offices.append(office)
    totals: dict[str, Any] = {"opd": len(offices)}
    for status in ("lengkap", "sebagian", "belum_setor", "nihil"):
        totals[status] = sum(office["status"] == status for office in offices)
    for key in ("due", *STATES):
        totals[key] = sum(office[key] for office in offices)
    totals["rate"] = rate(totals["fulfilled"], totals["due"])
    totals["on_time_rate"] = rate(sum(office.pop("_on_time") for office in offices), totals["due"])
    return {
        "quarter": quarter, "from": "2026-07-01", "until": "2026-09-30",
        "as_of": "2026-10-01T00:00:00+07:00", "frozen": False, "trial": False, "totals": totals,
        "organizations": offices, "obligations": shown, "hidden_obligations": hidden_total,
    }


@pytest.fixture(scope="session")
def _city() -> dict[str, Any]:
    return make_city()


@pytest.fixture
def city(_city: dict[str, Any]) -> dict[str, Any]:
    """The report of the sample city, 2026-TW3; free to be changed by a test."""
    return copy.deepcopy(_city)


@pytest.fixture
def city_before() -> dict[str, Any]:
    """The report of the quarter before, with other figures."""
    return make_city("2026-TW2", seed=7)
