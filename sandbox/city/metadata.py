"""The metadata of a dataset, field by field, as an office would fill the form in."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.identity import TOP_LEVELS

from .catalogue import is_additive
from .choice import Dice, token
from .model import OPEN, Office, Region, Subject
from .read import slug

SAMPLE = "Data contoh untuk peragaan, bukan data resmi."

_FREQUENCY_WORDS = {
    "sekali": "satu kali", "terus_menerus": "terus-menerus", "harian": "setiap hari",
    "mingguan": "setiap minggu", "dua_mingguan": "setiap dua minggu", "bulanan": "setiap bulan",
    "dua_bulanan": "setiap dua bulan", "triwulanan": "setiap triwulan",
    "empat_bulanan": "setiap empat bulan", "semesteran": "setiap semester",
    "tahunan": "setiap tahun", "dua_tahunan": "setiap dua tahun",
    "lima_tahunan": "setiap lima tahun", "insidental": "sewaktu-waktu",
    "sesuai_kebutuhan": "sesuai kebutuhan", "tidak_diketahui": "tidak tetap",
}
_PEOPLE = ("orang", "jiwa", "kk", "rumah_tangga", "kasus")
_DEFINITIONS = {
    "jumlah": "Banyaknya {core} yang tercatat pada {office} dalam periode data.",
    "persentase": "Perbandingan {core} terhadap seluruh sasarannya dikali seratus.",
    "indeks": "Nilai {core} menurut metode penilaian yang berlaku pada periode data.",
    "rata_rata": "Rata-rata {core} dari seluruh catatan {office} dalam periode data.",
    "rasio": "Perbandingan {core} dari catatan {office} pada periode data.",
    "angka": "Nilai {core} hasil pengukuran atau penilaian {office} pada periode data.",
    "nilai": "Nilai {core} yang dibukukan {office} dalam periode data.",
    "luas": "Luas {core} menurut pendataan {office} pada periode data.",
    "panjang": "Panjang {core} menurut pendataan {office} pada periode data.",
    "volume": "Volume {core} yang tercatat pada {office} dalam periode data.",
    "berat": "Berat {core} yang tercatat pada {office} dalam periode data.",
}


def fields(
    subject: Subject,
    regions: Mapping[str, Region],
    topics: Mapping[str, Mapping[str, str]],
    concepts: Mapping[str, Mapping[str, str]],
    dice: Dice,
) -> dict[str, Any]:
    """Groups ``dataset_core`` and ``standar_data`` of a dataset, without dates and access."""
    office, topic = subject.office, topics[subject.urusan]
    region = regions[office.region]
    return {
        "title": subject.title,
        "owner_org": office.name,
        "tags": [{"name": tag} for tag in _tags(subject, topic["topik"], topic["subtopik"])],
        "jenis_data": _kind(subject),
        "tipe_entri": "variabel" if is_additive(subject.stem, subject.measure) else "indikator",
        "topik": topic["topik"],
        "subtopik": topic["subtopik"],
        "bidang_urusan": subject.urusan,
        "tingkat_penyajian": _level(subject),
        "cakupan": f"{_level_word(region)} {region.name}".strip(),
        "kode_wilayah": region.code,
        "kode_wilayah_bps": region.bps,
        "frekuensi": subject.frekuensi,
        "sumber_referensi": dice.shuffled(
            ("rpjmd", "rkpd", "spm", "sdgs", "lppd", "iku", "sipd"), subject.title, "acuan"
        )[: dice.whole(1, 2, subject.title, "acuan")],
        "metode_pengumpulan": "2" if _is_survey(subject) else "3",
        "produsen_data": producer(subject),
        "penanggung_jawab": _head_of(subject),
        "kontak_produsen": office.row["kontak_surel"],
        "walidata_pendukung": f"Sekretariat {office.title}" if office.on_board else "",
        **_standard(subject, concepts),
    }


def _standard(subject: Subject, concepts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The five parts of a data standard (Perpres 39/2019 art. 4)."""
    core = _core(subject)
    known = None if subject.is_list else _known_concept(core, concepts)
    phrases = [part.phrase for part in subject.breakdowns]
    concept = {
        "sds_konsep": core[0].upper() + core[1:],
        "sds_definisi": _definition(subject, core),
        "sds_referensi": "",
    }
    if known is not None:
        concept = {
            "sds_konsep": known["konsep"], "sds_definisi": known["definisi"],
            "sds_referensi": known["referensi"],
        }
    return concept | {
        "sds_kode": "N/A",
        "sds_klasifikasi": "; ".join(p[0].upper() + p[1:] for p in phrases) or "Tidak dirinci",
        "sds_ukuran": subject.measure,
        "sds_satuan": subject.unit,
        "kode_referensi": _reference_codes(subject),
    }


#: Words before the thing that a concept defines.
_BEFORE = (
    "kasus", "prevalensi", "realisasi", "penerimaan", "target", "cakupan", "kunjungan", "nilai",
)


def _known_concept(
    core: str, concepts: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str] | None:
    """The row of ``konsep.csv`` that speaks of ``core``: its key stands at the beginning."""
    words = core.lower().split()
    heads = {" ".join(words)}
    while words and words[0] in _BEFORE:
        words = words[1:]
        heads.add(" ".join(words))
    for key in sorted(concepts, key=len, reverse=True):
        start = key.lower()
        if any(_speaks_of(head, start) for head in heads):
            return concepts[key]
    return None


def _speaks_of(head: str, key: str) -> bool:
    """A key of one word must be all; a longer one may be narrowed: "usaha mikro penerima …"."""
    return head == key or (" " in key and head.startswith(key + " "))


def _core(subject: Subject) -> str:
    """The stem without its measure: "balita stunting"."""
    first, _, rest = subject.stem.partition(" ")
    words = ("Jumlah", "Persentase", "Rata-rata", "Luas", "Panjang", "Volume", "Nilai", "Berat")
    if first in words and rest:
        return rest
    return subject.stem if subject.stem[:2].isupper() else first.lower() + subject.stem[len(first):]


def _definition(subject: Subject, core: str) -> str:
    if subject.is_list:
        return f"Catatan {core} yang dikelola {subject.office.title} sampai akhir periode data."
    if subject.measure == "jumlah" and not subject.stem.startswith("Jumlah"):
        return f"{subject.stem} menurut catatan {subject.office.title} pada akhir periode data."
    return _DEFINITIONS[subject.measure].format(core=core, office=subject.office.title)


def producer(subject: Subject) -> str:
    """The unit with its office: "Bidang Aset, Badan Pengelolaan …"."""
    title = subject.office.title
    return title if subject.division == title else f"{subject.division}, {title}"


def notes(subject: Subject, columns: Sequence[tuple[str, str]]) -> str:
    """The description: what, from whom, how often, and each column in words."""
    told = "\n".join(f"- `{name}`: {meaning}" for name, meaning in columns)
    return (
        f"{subject.title}. Data disusun oleh {producer(subject)} dan dimutakhirkan "
        f"{_FREQUENCY_WORDS[subject.frekuensi]}.\n\nKolom tabel:\n\n{told}\n\n{SAMPLE}"
    )


def open_access(subject: Subject) -> dict[str, str]:
    """Group ``akses`` of an open dataset: what is counted from records of people is anonymous."""
    people = subject.unit in _PEOPLE
    return {
        "klasifikasi_akses": OPEN,
        "mengandung_data_pribadi": "anonim" if people else "tidak",
        "license_id": "cc-by",
    }


def url_name(subject: Subject, access: str) -> str:
    """The dataset's name in addresses; that of one that is not open says nothing about it."""
    if access != OPEN:
        return "data-" + token(subject.office.code, subject.title, size=12)
    name = slug(subject.title)
    if len(name) <= 90:
        return name
    return f"{name[:80].rsplit('-', 1)[0]}-{token(subject.title, size=6)}"


def _tags(subject: Subject, topic: str, subtopic: str) -> list[str]:
    words = {topic.replace("-", " "), subtopic.lower(), subject.office.abbreviation.lower()}
    words |= {part.phrase for part in subject.breakdowns if len(part.phrase) <= 30}
    return sorted("".join(c for c in word if c.isalnum() or c in " -_.") for word in words)


def _kind(subject: Subject) -> str:
    if subject.urusan == "5.02" and subject.measure == "nilai":
        return "keuangan"
    if subject.stem.startswith(("Peta", "Luas rencana", "Daftar titik", "Daftar ruas", "Lokasi")):
        return "geospasial"
    return "lainnya" if subject.is_list else "statistik"


def _is_survey(subject: Subject) -> bool:
    return any(word in subject.stem.lower() for word in ("kepuasan", "survei", "kegemaran"))


#: Levels of presentation from the coarsest to the finest.
_LEVELS = ("kabupaten_kota", "kecamatan", "kelurahan_desa", "rt_rw", "opd", "individu")


def _level(subject: Subject) -> str:
    """The lowest level shown; registers of persons and cases are microdata."""
    if subject.is_list and subject.access and subject.unit in _PEOPLE:
        return "individu"
    own = {"kecamatan": "kecamatan", "kelurahan": "kelurahan_desa", "uptd": "opd", "rsud": "opd"}
    levels = [part.level for part in subject.breakdowns]
    levels.append(own.get(subject.office.kind, "kabupaten_kota"))
    return max(levels, key=_LEVELS.index)


def _level_word(region: Region) -> str:
    return "" if region.level in TOP_LEVELS else region.level.capitalize()


def _head_of(subject: Subject) -> str:
    if subject.division.startswith("Sekretariat"):
        return f"Sekretaris {subject.office.title}" if subject.office.kind != "setda" else (
            subject.office.row["kepala_jabatan"]
        )
    if subject.division == subject.office.title:
        return subject.office.row["kepala_jabatan"]
    return f"Kepala {subject.division}"


def _reference_codes(subject: Subject) -> list[str]:
    codes = ["permendagri90_urusan"]
    scopes = {part.scope for part in subject.breakdowns}
    if scopes & {"kelurahan", "kecamatan", "rw"} or not subject.breakdowns:
        codes.append("kemendagri_wilayah")
    if "sd" in scopes:
        codes.append("npsn")
    return sorted(codes)


def office_scope(office: Office, regions: Sequence[Region]) -> list[Region]:
    """The kelurahan that an office's tables speak of: its own area, else the whole city."""
    wards = [region for region in regions if region.level == "kelurahan"]
    own = [region for region in wards if office.region in (region.code, region.parent)]
    return own or wards
