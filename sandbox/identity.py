"""Whose portal a sandbox is: what the files of a city say about the city itself.

Read by plain Python before anything is installed, so only the standard library is used.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.console import SandboxError

#: Levels of the region that is the whole city (or regency) itself.
TOP_LEVELS = ("kota", "kabupaten")
#: Optional words of a city about its portal: columns ``kunci`` and ``isi``.
WORDS = "portal.csv"


@dataclass(frozen=True)
class Identity:
    """A city's name and region code (Kemendagri, with dots), its portal's title and time zone."""

    name: str
    region: str
    title: str = "Satu Data"
    timezone: str = "Asia/Jakarta"

    @classmethod
    def of(cls, city: Path) -> Identity:
        """What the files in a directory say: the top row of ``wilayah.csv``, and ``portal.csv``.

        :raises SandboxError: a file is missing, or does not say which region is the city
        """
        top = [row for row in _rows(city / "wilayah.csv") if row.get("tingkat") in TOP_LEVELS]
        if len(top) != 1 or not (top[0].get("nama") and top[0].get("kode_kemendagri")):
            raise SandboxError(
                f"{city / 'wilayah.csv'} needs exactly one row with the level "
                f"{' or '.join(TOP_LEVELS)}, with its code and name: the city itself."
            )
        words = _words(city / WORDS)
        return cls(
            words.pop("nama", top[0]["nama"]), top[0]["kode_kemendagri"],
            **{_FIELDS[key]: value for key, value in words.items()},
        )  # fmt: skip

    @classmethod
    def remembered(cls, facts: Mapping[str, str] | None) -> Identity | None:
        """The identity that an earlier start noted, if any."""
        return cls(**facts) if facts else None

    def facts(self) -> dict[str, str]:
        """What a start notes for the next."""
        return asdict(self)

    def settings(self) -> dict[str, str]:
        """CKAN's configuration of it."""
        return {
            "ckan.site_title": self.title,
            "ckan.display_timezone": self.timezone,
            "ckanext.satudata.city_name": self.name,
            "ckanext.satudata.region_code": self.region,
            "ckanext.satudata.timezone": self.timezone,
        }


_FIELDS = {"judul": "title", "zona_waktu": "timezone"}


def _words(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    words = {row.get("kunci") or "": row.get("isi") or "" for row in _rows(path)}
    unknown = set(words) - {"nama", *_FIELDS}
    if unknown:
        raise SandboxError(
            f"{path} knows the keys nama, {', '.join(_FIELDS)}, not {', '.join(sorted(unknown))}."
        )
    return {key: value for key, value in words.items() if value}


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return [
                {key: (value or "").strip() for key, value in row.items() if key}
                for row in csv.DictReader(handle)
            ]
    except FileNotFoundError as error:
        raise SandboxError(f"A city needs the file {path}.") from error
