"""The catalogue: what each office keeps. Rows of ``katalog/*.csv`` become subjects with titles.

A file is named for an office (the slug of its abbreviation) or, with a leading ``_``, for a kind
of offices that all keep the same (``_kelurahan``). A row has a stem, the breakdowns in which the
office publishes it (``;`` between them, ``+`` joins two, ``-`` is none), unit, frequency and the
size of the figure for the whole city. A blank ``bidang`` or ``urusan`` is that of the row above.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import read
from .choice import Dice
from .model import Breakdown, Office, Region, Subject

_BY_UNIT = {
    "persen": "persentase", "indeks": "indeks", "rupiah": "nilai", "juta_rupiah": "nilai",
    "hektar": "luas", "m2": "luas", "km2": "luas", "km": "panjang", "m3": "volume",
    "ton": "berat", "kg": "berat", "kuintal": "berat",
}
_BY_WORD = {
    "Jumlah": "jumlah", "Persentase": "persentase", "Rata-rata": "rata_rata", "Indeks": "indeks",
    "Rasio": "rasio", "Angka": "angka", "Luas": "luas", "Panjang": "panjang", "Volume": "volume",
    "Kepadatan": "rasio", "Produktivitas": "rata_rata", "Nilai": "nilai",
}
#: Units of what is measured and not counted.
_RATES = ("poin", "menit", "meter", "hari", "tahun", "mg per liter", "Mbps")

_PLACES = {
    "kecamatan": "di Kecamatan {place}", "kelurahan": "di Kelurahan {place}",
    "uptd": "di {place}", "rsud": "di {title}",
}


def measure(stem: str, unit: str) -> str:
    """The code of the measure that a stem and its unit speak of."""
    word = stem.split(maxsplit=1)[0]
    if word == "Jumlah":
        return "jumlah"
    money = unit in ("rupiah", "juta_rupiah")
    if word in _BY_WORD and (money or word != "Nilai"):
        if money and word != "Rata-rata":
            return "nilai"
        return "persentase" if unit == "persen" else _BY_WORD[word]
    if unit in _BY_UNIT:
        return _BY_UNIT[unit]
    return "angka" if unit in _RATES or " per " in unit else "jumlah"


def subjects(
    city_dir: Path, offices: Sequence[Office], regions: Sequence[Region], dice: Dice
) -> list[Subject]:
    """Everything that the offices keep, office by office in the order of the office list."""
    shared = read.breakdowns(city_dir)
    files = {path.stem: read.rows(path) for path in sorted((city_dir / "katalog").glob("*.csv"))}
    names = {office.name for office in offices} | {"_" + office.kind for office in offices}
    if strange := sorted(set(files) - names):
        raise ValueError(f"catalogue files without an office: {', '.join(strange)}")
    found: list[Subject] = []
    for office in offices:
        lines = files.get(office.name) or files.get("_" + office.kind) or []
        found += _of_office(office, lines, shared, _scale(office, regions, dice), dice)
    return found


def _of_office(
    office: Office,
    lines: Iterable[Mapping[str, str]],
    shared: Mapping[str, Breakdown],
    scale: float,
    dice: Dice,
) -> list[Subject]:
    found = []
    division, urusan = "", office.urusan[0]
    for number, line in enumerate(lines):
        division = line["bidang"] or division
        urusan = line["urusan"] or urusan
        stem, unit = line["data"], line["satuan"]
        kind = measure(stem, unit)
        growth = float(line["tren"] or round(dice.between(-2, 3, stem, "tren"), 1)) / 100
        for turn, text in enumerate(line["rincian"].split(";")):
            names = [name for name in text.split("+") if name not in ("", "-")]
            parts = tuple(_breakdown(name, shared) for name in names)
            found.append(
                Subject(
                    title=title(stem, parts, office), office=office, stem=stem,
                    division=division, breakdowns=parts, measure=kind, unit=unit,
                    frekuensi=line["frekuensi"],
                    size=float(line["besaran"]) * (scale if is_additive(stem, kind) else 1),
                    growth=growth, urusan=urusan, access=line["akses"], row=number, turn=turn,
                )
            )
    return found


def _breakdown(text: str, shared: Mapping[str, Breakdown]) -> Breakdown:
    return read.inline_breakdown(text) if "=" in text else shared[text]


def title(stem: str, breakdowns: Sequence[Breakdown], office: Office) -> str:
    """"Jumlah balita stunting menurut kelurahan", with the place where many offices keep it."""
    words = [stem]
    if breakdowns:
        words.append("menurut " + " dan ".join(part.phrase for part in breakdowns))
    if office.kind in _PLACES:
        words.append(_PLACES[office.kind].format(place=office.place, title=office.title))
    return " ".join(words)


#: Stems whose parts add up to the whole although the unit does not say so.
_SUMS = ("Komposisi", "Konsumsi pangan", "Skor pola", "Skor evaluasi", "Nilai akuntabilitas")
#: Prices and limits: values that do not add up although they are money.
_PRICES = (
    "Harga", "Upah", "Nilai jual", "Garis", "Standar harga", "Rata-rata harga",
    "Pengeluaran per kapita",
)


def is_additive(stem: str, kind: str) -> bool:
    """Whether the parts of a table make up the whole (counts, sums), or each stands alone."""
    if stem.startswith(_SUMS):
        return True
    if stem.startswith(_PRICES):
        return False
    return kind in ("jumlah", "nilai", "luas", "panjang", "volume", "berat")


def _scale(office: Office, regions: Sequence[Region], dice: Dice) -> float:
    """How large a unit is against the average of its kind, by the people who live there."""
    if office.kind == "kelurahan":
        people = {region.code: region.population for region in regions}
        return people[office.region] / 7900
    if office.kind == "kecamatan":
        return sum(r.population for r in regions if r.parent == office.region) / 47000
    if office.kind == "uptd":
        return dice.between(0.75, 1.3, office.code, "besar")
    return 1.0
