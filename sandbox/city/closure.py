"""Why a dataset is not open: the PPID's determination, or a sentence and a person for 90 days."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from .choice import Dice
from .model import CLOSED, RESTRICTED, Office, Subject

#: Share of the closures that still wait for their determination, and that run out soon.
_WAITING, _SOON = 0.08, 0.07
_MAX_WAITING = dt.timedelta(days=90)


def evidence(
    subject: Subject,
    profile: Mapping[str, str],
    offices: Sequence[Office],
    ppid: str,
    today: dt.date,
    dice: Dice,
) -> dict[str, Any]:
    """The fields of group ``akses`` for a dataset that is not open.

    ``profile``: its row of ``akses.csv``. ``offices``: those that a restricted one may be shared
    with. ``ppid``: the position of the official. Closed ones that wait carry
    ``menunggu_penetapan`` for at most 90 days.
    """
    access = profile["klasifikasi"]
    fields: dict[str, Any] = {
        "klasifikasi_akses": access,
        "mengandung_data_pribadi": profile["data_pribadi"],
    }
    if access == CLOSED and dice.chance(_WAITING, subject.title, "menunggu"):
        fields |= _waiting(subject, today, dice) | {"pejabat_ppid": ppid}
    else:
        fields |= _determination(subject, profile, today, dice) | {"pejabat_ppid": ppid}
    if access == RESTRICTED:
        fields["opd_diizinkan"] = _readers(subject, offices, dice)
        if dice.chance(0.7, subject.title, "forum"):
            fields["kesepakatan_forum"] = (
                f"Berita Acara Forum Satu Data Nomor {dice.whole(2, 19, subject.title, 'ba')}"
                f"/FSD/{today.year - 1} (contoh)"
            )
    return fields


def _waiting(subject: Subject, today: dt.date, dice: Dice) -> dict[str, Any]:
    """Closed at once, the determination is asked for: some have not many days left."""
    start = today - dt.timedelta(days=dice.whole(5, 85, subject.title, "mulai"))
    return {
        "alasan_pengecualian": "menunggu_penetapan",
        "uraian_alasan": (
            "Berkas memuat rincian yang belum diuji konsekuensinya; ditutup sementara sampai PPID "
            "menetapkan klasifikasinya."
        ),
        "jangka_waktu_mulai": start.isoformat(),
        "jangka_waktu_akhir": (start + _MAX_WAITING).isoformat(),
    }


def _determination(
    subject: Subject, profile: Mapping[str, str], today: dt.date, dice: Dice
) -> dict[str, Any]:
    tested = today - dt.timedelta(days=dice.whole(40, 330, subject.title, "uji"))
    start = tested + dt.timedelta(days=dice.whole(1, 7, subject.title, "berlaku"))
    years = dice.pick((1, 2, 3, 5), subject.title, "lama")
    end = _years_later(start, years)
    if dice.chance(_SOON, subject.title, "segera") or end <= today:
        end = today + dt.timedelta(days=dice.whole(6, 45, subject.title, "sisa"))
    review = min(_years_later(tested, 1) - dt.timedelta(days=1), end)
    number = dice.whole(1, 48, subject.title, "nomor")
    return {
        "alasan_pengecualian": profile["alasan"],
        "uraian_alasan": profile["uraian"],
        "dasar_hukum_pengecualian": profile["dasar_hukum"],
        "nomor_uji_konsekuensi": f"555/{number:03d}/PPID/{tested.year} (contoh)",
        "tanggal_uji_konsekuensi": tested.isoformat(),
        "jangka_waktu_mulai": start.isoformat(),
        "jangka_waktu_akhir": end.isoformat(),
        "tanggal_tinjau_ulang": review.isoformat(),
    }


def _years_later(day: dt.date, years: int) -> dt.date:
    return (day.replace(day=28) if (day.month, day.day) == (2, 29) else day).replace(
        year=day.year + years
    )


def _readers(subject: Subject, offices: Sequence[Office], dice: Dice) -> list[str]:
    """Names of one to four other offices that may read it; planning is nearly always one."""
    others = [
        office.name for office in offices if office.on_board and office.code != subject.office.code
    ]
    chosen = dice.shuffled(others, subject.title, "pembaca")[: dice.whole(1, 4, subject.title, "n")]
    return sorted(set(chosen))
