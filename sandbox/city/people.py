"""Accounts: the city-wide ones of ``akun.csv``, an editor and an admin for each office."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import read
from .choice import Dice
from .model import Office, User

_FIRST = (
    "Aulia", "Bagas", "Cahya", "Danang", "Elok", "Faisal", "Gita", "Hafidz", "Indra", "Jihan",
    "Kinanti", "Luthfi", "Mira", "Naufal", "Oktavia", "Pandu", "Ratih", "Satria", "Tasya", "Umar",
    "Vina", "Wahyu", "Yuni", "Zaki",
)
_LAST = (
    "Ardiansyah", "Basuki", "Cahyani", "Darmawan", "Effendi", "Fitriani", "Gunawan", "Handoko",
    "Irawan", "Julianti", "Kurniasih", "Lestari", "Mahendra", "Nurjanah", "Pamungkas", "Purnomo",
    "Saraswati", "Wicaksana", "Yulianto",
)


def users(city_dir: Path, offices: Sequence[Office], dice: Dice) -> list[User]:
    """All accounts; the names of persons are invented and marked "(contoh)"."""
    return _city_wide(city_dir) + [
        user for office in offices for user in (_editor(office), _admin(office, dice))
    ]


def _city_wide(city_dir: Path) -> list[User]:
    return [
        User(
            name=row["nama_akun"], fullname=row["nama_lengkap"], email=row["surel"],
            roles=() if row["peran"] == "sysadmin" else (row["peran"],),
            sysadmin=row["peran"] == "sysadmin",
        )
        for row in read.rows(city_dir / "akun.csv")
    ]


def _editor(office: Office) -> User:
    """The data officer of the office list."""
    return _member(office, "editor", office.row["petugas_data"])


def _admin(office: Office, dice: Dice) -> User:
    name = f"{dice.pick(_FIRST, office.code, 'depan')} {dice.pick(_LAST, office.code, 'belakang')}"
    return _member(office, "admin", f"{name} (contoh)")


def _member(office: Office, capacity: str, fullname: str) -> User:
    name = f"{office.name}-{capacity}"
    domain = office.row["kontak_surel"].partition("@")[2]
    return User(name, fullname, f"{name}@{domain}", (), office.code, capacity)
