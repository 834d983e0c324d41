"""What a letter says: from its facts to the words of its template.

Letters are official and Indonesian, whatever language the reader has. The sentences stand in the
templates, which a city changes in Word; here are the parts that differ from letter to letter, in
finished text (docs/letters.md, "Templates"). Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report.wording import Words

from . import levels
from .life import DRAFT, REPRIMAND, REQUEST

WORDS = Words("id")
LEVEL_WORDS = {1: "pertama", 2: "kedua", 3: "ketiga"}
_NUMBERS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
#: What stands for the serial in a number that was not given yet.
BLANK = "……"
#: Said of a level before which no lower one is on record: it does not speak of earlier letters.
_BY_QUARTERS = "menurut jumlah triwulan berturut-turut"
#: Characters that no document may hold.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


#: Signs that a number was not filled in.
_UNFILLED = re.compile(r"…|\.{3}|\{serial\}")


def is_filled(number: str) -> bool:
    """Whether a number has its serial: no blank of the pattern is left in it."""
    return not _UNFILLED.search(number)


def cited_on(content: Mapping[str, Any]) -> dt.date:
    """The day of the state that a letter cites, as it is written in it."""
    return dt.datetime.fromisoformat(content["as_of"]).date()


def words(letter: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """The places of a template with their text.

    :param letter: ``kind``, ``level``, ``state``, ``number``, ``date`` and ``content`` of a letter
    :param titles: titles of the items that everybody who receives it may see, by id
    """
    content = letter["content"]
    settings, quarter = content["settings"], Quarter.parse(content["quarter"])
    day = letter["date"] or dt.date.fromisoformat(content["drafted_on"])
    rows = _rows(content, titles, cited_on(content))
    unnamed = unnamed_count(content, titles)
    found = {
        "kop": settings["letterhead"],
        "tempat": settings["place"],
        "tanggal": WORDS.date(letter["date"]) if letter["date"] else f"{BLANK} {_month(day)}",
        "nomor": letter["number"] or settings["pattern"],
        "sifat": settings["urgency"],
        "lampiran": "1 (satu) berkas",
        "hal": _subject(letter),
        "kepada": content["addressee"]["position"],
        "penerus": _successor(content),
        "tingkat": LEVEL_WORDS.get(letter["level"] or 0, ""),
        "dasar_tingkat": _BY_QUARTERS if levels.unrecorded(letter["level"], content["earlier"])
        else "",
        "opd": content["office"]["title"],
        "triwulan": f"Triwulan {quarter.roman} ({WORDS.span(quarter)})",
        "tahun": str(quarter.year),
        "per": WORDS.moment(content["as_of"]),
        "jumlah": content["figures"],
        **counted(content["figures"]),
        "berturut": content["in_a_row"],
        "berturut_huruf": in_words(content["in_a_row"]),
        "surat_terdahulu": [_earlier(one) for one in content["earlier"]],
        "komitmen": _commitment(content["commitment"]),
        "peraturan": settings["regulation"],
        "batas": WORDS.date(content["deadline"]),
        "kontak": settings["contact"],
        "butir": rows,
        "tak_disebut": _unnamed(unnamed, bool(rows)),
        "unit_diam": content["silent_units"],
        "penandatangan": settings["signatory"],
        "tembusan": [
            {"no": str(number), "jabatan": one} for number, one in enumerate(settings["copies"], 1)
        ],
        "tanda": "KONSEP" if letter["state"] == DRAFT else "",
        "kaki": _foot(content),
    }
    return _fit(found)


def unnamed_count(content: Mapping[str, Any], titles: Mapping[str, str]) -> int:
    """How many items of a letter are not named: not everybody who receives it may see them."""
    return sum(1 for item in content["missing"] if item["id"] not in titles)


def counted(figures: Mapping[str, int]) -> dict[str, str]:
    """How an office stands, and what it lacks, in words."""
    missing = ("missing", "belum disetor")
    return {
        "rincian": _counted(figures, (
            ("fulfilled", "telah disetor lengkap"), ("partial", "disetor sebagian"), missing)),
        "kekurangan": _counted(figures, (missing, ("partial", "baru disetor sebagian"))),
    }


def in_words(number: int) -> str:
    """A small number in words; a larger one in digits."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def _rows(
    content: Mapping[str, Any], titles: Mapping[str, str], day: dt.date
) -> list[dict[str, str]]:
    found = [
        {
            "nama": titles[item["id"]],
            "unit": item["unit"],
            "frekuensi": WORDS.frequency(item["frekuensi"]),
            "periode": WORDS.period(period["period"]),
            "jadwal": WORDS.date(period["last_day"], short=True),
            "terlambat": str(max((day - dt.date.fromisoformat(period["last_day"])).days, 0)),
            "status": "Belum disetor",
        }
        for item in content["missing"] if item["id"] in titles for period in item["periods"]
    ]
    return [{"no": str(number), **row} for number, row in enumerate(found, 1)]


def _counted(figures: Mapping[str, int], parts: Sequence[tuple[str, str]]) -> str:
    """Figures in words, without those that are zero."""
    *first, last = [f"{figures[name]} data {state}" for name, state in parts if figures[name]] or [
        "tidak ada data"]
    if not first:
        return last
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} dan {last}"


def _unnamed(number: int, after_others: bool) -> str:
    """The rest in a number (docs/letters.md, "What a letter names")."""
    if not number:
        return ""
    if after_others:
        return f"dan {number} data lain yang tidak disebutkan judulnya"
    return f"{number} data yang tidak disebutkan judulnya"


def _subject(letter: Mapping[str, Any]) -> str:
    if letter["kind"] == REPRIMAND:
        return f"Teguran {LEVEL_WORDS.get(letter['level'] or 0, '')}".strip()
    return "Permintaan data"


def _successor(content: Mapping[str, Any]) -> str:
    if not content["addressee"]["successor"]:
        return ""
    return f"selaku penerus {content['office']['title']}"


def _earlier(one: Mapping[str, Any]) -> str:
    kind = "surat permintaan data"
    if one["kind"] != REQUEST:
        kind = f"surat teguran {LEVEL_WORDS.get(one['level'], '')}".strip()
    return f"{kind} nomor {one['number']} tanggal {WORDS.date(one['date'])}"


def _commitment(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return ""
    who = ", ".join(filter(None, (one["signatory"], one["position"])))
    return (
        f"Komitmen Bersama Penguatan Satu Data yang ditandatangani oleh {who} "
        f"pada tanggal {WORDS.date(one['signed_on'])}"
    )


def _foot(content: Mapping[str, Any]) -> str:
    if content["sha256"] is None:
        return f"Angka per {WORDS.moment(content['as_of'])}; triwulan belum dibekukan."
    return (
        f"Rekap beku {content['quarter']}, revisi {content['revision']}. "
        f"SHA-256: {content['sha256']}"
    )


def _month(day: dt.date) -> str:
    return f"{WORDS.month(day.month)} {day.year}"


def _fit(value: Any) -> Any:
    """The same without characters that a document cannot hold."""
    if isinstance(value, str):
        return _UNFIT.sub("", value)
    if isinstance(value, Mapping):
        return {key: _fit(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [_fit(one) for one in value]
    return value
