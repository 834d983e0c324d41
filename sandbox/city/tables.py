"""The tables of the sample files: columns and rows with plausible, invented numbers.

A total belongs to office, stem and period alone; it is split over kelurahan first and then over
the other breakdown. So the kelurahan of a table add up to the kecamatan of its sister table, and
a series moves smoothly from period to period.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ckanext.satudata.deposits.periods import MONTHS, label, parse_period

from .allot import largest_remainders
from .catalogue import is_additive
from .choice import Dice
from .metadata import office_scope
from .model import Breakdown, Item, Office, Region, Subject

SOURCE = "Data contoh, bukan data resmi"
#: Year in which a figure has the size that the catalogue gives.
_BASE_YEAR = 2024
_TERRITORIAL = ("kelurahan", "kecamatan", "rw")
_VALUE_COLUMNS = {
    "jumlah": "jumlah", "persentase": "persentase", "indeks": "indeks", "rata_rata": "rata_rata",
    "rasio": "rasio", "angka": "angka", "nilai": "nilai", "luas": "luas", "panjang": "panjang",
    "volume": "volume", "berat": "berat",
}
#: Column with the name of the whole area, by kind of office.
_AREA_COLUMNS = {"kecamatan": "nama_kecamatan", "kelurahan": "nama_kelurahan"}
_WHOLE_UNITS = (
    "orang", "jiwa", "rumah_tangga", "kk", "unit", "buah", "dokumen", "kasus", "ekor", "lembaga",
    "sekolah", "kelas", "usaha", "kunjungan", "kegiatan", "rupiah",
)

Cell = str | int | float
Columns = list[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """What tables need to know of the city."""

    regions: Sequence[Region]
    offices: Sequence[Office]
    #: Kelurahan that a unit serves, by abbreviation, where its region does not tell.
    served: Mapping[str, tuple[str, ...]]
    dice: Dice

    def wards(self, office: Office) -> list[Region]:
        """The kelurahan that an office's tables speak of."""
        names = self.served.get(office.abbreviation)
        if names is None:
            return office_scope(office, self.regions)
        return [one for one in self.regions if one.level == "kelurahan" and one.name in names]

    def region(self, code: str) -> Region:
        """The region with a code."""
        return next(one for one in self.regions if one.code == code)


def columns(subject: Subject) -> Columns:
    """(name, meaning) of each column, in order."""
    if subject.is_list:
        return _list_columns(subject)
    found: Columns = [("tahun", "tahun data"), ("periode", "periode data")]
    scopes = {part.scope for part in subject.breakdowns}
    found.append(("kode_kemendagri", "kode wilayah menurut Kementerian Dalam Negeri"))
    if not scopes & set(_TERRITORIAL):
        name = _AREA_COLUMNS.get(subject.office.kind, "nama_kabupaten_kota")
        found.append((name, "nama wilayah"))
    else:
        found.append(("nama_kecamatan", "nama kecamatan"))
        if scopes & {"kelurahan", "rw"}:
            found.append(("nama_kelurahan", "nama kelurahan"))
        if "rw" in scopes:
            found.append(("rw", "rukun warga"))
    for part in subject.breakdowns:
        if part.scope not in _TERRITORIAL:
            found.append((part.column, part.phrase))
    found += [
        (_VALUE_COLUMNS[subject.measure], f"{subject.measure.replace('_', '-')} pada periode itu"),
        ("satuan", "satuan ukuran"),
        ("sumber", "keterangan bahwa isi tabel adalah contoh"),
    ]
    return found


def _list_columns(subject: Subject) -> Columns:
    name = "kode_catatan" if subject.access else "objek"
    meaning = "kode catatan contoh" if subject.access else "nama contoh yang didaftar"
    return [
        ("tahun", "tahun data"), ("nomor", "nomor urut"), (name, meaning),
        ("kode_kemendagri", "kode wilayah menurut Kementerian Dalam Negeri"),
        ("nama_kelurahan", "nama kelurahan"), ("keadaan", "keadaan pada akhir periode"),
        ("sumber", "keterangan bahwa isi tabel adalah contoh"),
    ]


def rows(subject: Subject, periods: Sequence[str], place: Place) -> list[list[Cell]]:
    """The rows of ``subject`` for ``periods``, oldest first."""
    if subject.is_list:
        return _list_rows(subject, periods[-1], place)
    return [row for code in periods for row in _rows_of(subject, code, place)]


def correct(subject: Subject, body: list[list[Cell]]) -> None:
    """Change the largest number of a table a little, as a correction does."""
    place = next(
        number for number, (name, _) in enumerate(columns(subject))
        if name == _VALUE_COLUMNS[subject.measure])
    row = max(body, key=lambda one: float(one[place]))
    value = float(row[place])
    row[place] = round(value) - max(1, round(value * 0.03)) if isinstance(row[place], int) else (
        round(value * 0.97, 2))


def _rows_of(subject: Subject, code: str, place: Place) -> list[list[Cell]]:
    period = parse_period(code)
    by_month = bool(subject.breakdowns) and subject.breakdowns[0].code == "bulan"
    if by_month and period.last.month - period.first.month < 11:
        subject = _months_of(subject, period.first.month, period.last.month)
    unit = subject.unit.replace("_", " ")
    territory = next((p for p in subject.breakdowns if p.scope in _TERRITORIAL), None)
    others = [part for part in subject.breakdowns if part.scope not in _TERRITORIAL]
    found: list[list[Cell]] = []
    for keys, region_value in _territories(subject, territory, code, place):
        for labels, value in _split_further(subject, others, keys, region_value, code, place):
            found.append(
                [period.last.year, label(code), *keys, *labels, value, unit, SOURCE]
            )
    return found


def _months_of(subject: Subject, first: int, last: int) -> Subject:
    """A table by month for a period shorter than a year has that period's months only."""
    items = tuple(Item(name, 1.0) for name in MONTHS["id"][first - 1 : last])
    part = subject.breakdowns[0]
    months = Breakdown(part.code, part.phrase, part.column, part.level, items)
    return Subject(**{**subject.__dict__, "breakdowns": (months, *subject.breakdowns[1:])})


def total(subject: Subject, code: str, dice: Dice) -> float:
    """The figure for all that the office covers, in one period."""
    last = parse_period(code).last
    years = last.year - _BASE_YEAR + (last.timetuple().tm_yday - 183) / 365
    steady = subject.unit in ("jiwa", "kk", "km", "km2", "hektar", "m2")
    wobble = 0.003 if steady else 0.045
    keys = (subject.office.code, subject.stem, code)
    value = subject.size * (1 + subject.growth) ** years
    value *= dice.between(1 - wobble, 1 + wobble, *keys)
    return min(value, 100.0) if subject.unit == "persen" else value


def _territories(
    subject: Subject, part: Breakdown | None, code: str, place: Place
) -> list[tuple[list[Cell], float]]:
    """(columns, value) for each place of the table; one row for the whole without a place."""
    whole = total(subject, code, place.dice)
    wards = place.wards(subject.office)
    if part is None:
        region = place.region(subject.office.region)
        return [([region.code, region.name], whole)]
    values = _ward_values(subject, wards, whole, code, place.dice)
    parents = {region.code: region for region in place.regions}
    if part.scope == "kelurahan":
        return [([w.code, parents[w.parent].name, w.name], values[w.code]) for w in wards]
    if part.scope == "kecamatan":
        return _districts(subject, wards, values, parents)
    return [
        ([w.code, parents[w.parent].name, w.name, f"RW {number:02d}"], value)
        for w in wards
        for number, value in _neighbourhoods(subject, w, values[w.code], place.dice)
    ]


def _districts(
    subject: Subject,
    wards: Sequence[Region],
    values: Mapping[str, float],
    parents: Mapping[str, Region],
) -> list[tuple[list[Cell], float]]:
    groups: dict[str, list[float]] = {}
    for ward in wards:
        groups.setdefault(ward.parent, []).append(values[ward.code])
    additive = is_additive(subject.stem, subject.measure)
    return [
        ([code, parents[code].name], sum(group) if additive else sum(group) / len(group))
        for code, group in groups.items()
    ]


def _ward_values(
    subject: Subject, wards: Sequence[Region], whole: float, code: str, dice: Dice
) -> dict[str, float]:
    if not is_additive(subject.stem, subject.measure):
        return {ward.code: _near(subject, whole, ward.code, code, dice) for ward in wards}
    spread = 0.02 if subject.unit in ("jiwa", "kk") else 0.28
    shares = {
        ward.code: ward.population
        * dice.between(1 - spread, 1 + spread, subject.office.code, subject.stem, ward.code)
        for ward in wards
    }
    return _share_out(subject, shares, whole)


def _neighbourhoods(
    subject: Subject, ward: Region, value: float, dice: Dice
) -> list[tuple[int, float]]:
    numbers = range(1, ward.rw + 1)
    if not is_additive(subject.stem, subject.measure):
        return [(n, _near(subject, value, ward.code, str(n), dice)) for n in numbers]
    shares = {str(n): dice.between(0.7, 1.3, subject.stem, ward.code, n) for n in numbers}
    return [(int(key), part) for key, part in _share_out(subject, shares, value).items()]


def _split_further(
    subject: Subject,
    parts: Sequence[Breakdown],
    keys: Sequence[Cell],
    value: float,
    code: str,
    place: Place,
) -> list[tuple[list[Cell], Cell]]:
    """(labels, figure) for each combination of the breakdowns that are not places."""
    if not parts:
        return [([], _shown(subject, value))]
    found = []
    for item, part_value in _parts_of(subject, parts[0], keys, value, code, place):
        for labels, figure in _split_further(
            subject, parts[1:], [*keys, item], part_value, code, place
        ):
            found.append(([item, *labels], figure))
    return found


def _parts_of(
    subject: Subject,
    part: Breakdown,
    keys: Sequence[Cell],
    value: float,
    code: str,
    place: Place,
) -> list[tuple[str, float]]:
    items, dice = _items(part, subject, place), place.dice
    if not is_additive(subject.stem, subject.measure):
        levels = {item.label: _level(item, subject, value) for item in items}
        return [
            (name, _near(subject, level, name, f"{keys}{code}", dice))
            for name, level in levels.items()
        ]
    spread = 0.01 if part.code == "jk" else 0.2
    shares = {
        item.label: item.share
        * dice.between(1 - spread, 1 + spread, subject.stem, part.code, item.label, *keys)
        for item in items
    }
    return list(_share_out(subject, shares, value).items())


def _level(item: Item, subject: Subject, value: float) -> float:
    """The level a value has of its own (a price), moved as the whole has moved."""
    return value if item.level is None else item.level * value / subject.size


def _near(subject: Subject, value: float, thing: str, moment: str, dice: Dice) -> float:
    """A value near that of the whole: lasting difference of the thing, small move of the moment."""
    near = value * dice.between(0.93, 1.07, subject.stem, thing)
    near *= dice.between(0.99, 1.01, subject.stem, thing, moment)
    return min(near, 100.0) if subject.unit == "persen" else near


def _share_out(subject: Subject, shares: Mapping[str, float], whole: float) -> dict[str, float]:
    """``whole`` in parts that add up exactly, in whole numbers where the unit is counted."""
    grain = 1 if subject.unit in _WHOLE_UNITS else 100
    parts = largest_remainders(shares, round(whole * grain))
    return {key: part if grain == 1 else part / grain for key, part in parts.items()}


def _shown(subject: Subject, value: float) -> Cell:
    whole = subject.unit in _WHOLE_UNITS and (
        is_additive(subject.stem, subject.measure) or subject.unit == "rupiah"
    )
    return round(value) if whole else round(value, 2)


def _items(part: Breakdown, subject: Subject, place: Place) -> Sequence[Item]:
    if part.scope == "opd":
        return [Item(one.title, 1.0) for one in place.offices if one.on_board]
    if part.scope == "sd":
        wards = place.wards(subject.office)
        return [
            Item(f"SD Negeri {ward.name} {number}", 1.0)
            for ward in wards for number in range(1, 3 + (ward.population > 8000))
        ]
    return part.items


_CONDITIONS = ("Aktif", "Aktif", "Aktif", "Dalam pembaruan", "Tidak aktif")


def _list_rows(subject: Subject, code: str, place: Place) -> list[list[Cell]]:
    """A list of things, or of records known by a code only."""
    dice, wards = place.dice, place.wards(subject.office)
    year = parse_period(code).last.year
    noun = subject.stem.partition(" ")[2]
    found: list[list[Cell]] = []
    for number in range(1, max(3, round(total(subject, code, dice))) + 1):
        ward = dice.pick(wards, subject.title, number)
        thing = f"{noun[0].upper()}{noun[1:]} contoh {number}"
        if subject.access:
            thing = f"C-{number:04d}"
        state = dice.pick(_CONDITIONS, subject.title, number, "keadaan")
        found.append([year, number, thing, ward.code, ward.name, state, SOURCE])
    return found


def column_types(subject: Subject) -> dict[str, str]:
    """Data type of each column in the words of MS-Var."""
    numbers = {"tahun": "integer", "nomor": "integer"}
    value = _VALUE_COLUMNS[subject.measure]
    numbers[value] = "integer" if subject.unit in _WHOLE_UNITS else "float"
    return {name: numbers.get(name, "string") for name, _ in columns(subject)}


def dictionary(subject: Subject, until: dt.date) -> list[dict[str, object]]:
    """The data dictionary of a file: one MS-Var record for each column."""
    types = column_types(subject)
    return [
        {
            "nama": meaning[0].upper() + meaning[1:], "alias": name,
            "konsep": [meaning], "definisi": meaning[0].upper() + meaning[1:] + ".",
            "referensi_pemilihan": ["Daftar Data Daerah (contoh)"],
            "referensi_waktu": f"sampai {until.isoformat()}",
            "tipe_data": types[name], "akses_umum": "1",
            **(
                {"ukuran": subject.measure, "satuan": subject.unit}
                if types[name] == "float" or name == _VALUE_COLUMNS[subject.measure] else {}
            ),
        }
        for name, meaning in columns(subject)
    ]
