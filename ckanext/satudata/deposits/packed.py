"""Many files in one ZIP: what is in it, and what makes it one that is not taken. Pure."""
from __future__ import annotations

import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Any

from ckanext.satudata.translation import N_

#: Files that one ZIP may have, and how often larger than itself it may unpack to.
MOST_FILES, MOST_RATIO = 200, 100
#: A small file may be packed as tightly as it likes (bytes).
SMALL = 1024 * 1024
#: What is unpacked stays in memory up to this size (bytes).
_IN_MEMORY = 8 * SMALL
#: What the list of files takes at most: some thousand bytes for each that is taken.
_MOST_LISTED = SMALL
#: What systems put beside the files.
_BESIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst")
_ENCRYPTED = 0x1


class PackError(ValueError):
    """A ZIP that is not taken.

    :param message: an English message id with ``{named}`` places
    """

    def __init__(self, message: str, **places: Any) -> None:
        super().__init__(message.format(**places))
        self.message = message
        self.places = places


@dataclass(frozen=True)
class Member:
    """One file of a ZIP: its whole name in it, and its size in bytes."""

    name: str
    size: int


def members(file: IO[bytes], most_bytes: int) -> list[Member]:
    """The files of a ZIP, in its order; nothing is unpacked.

    :param most_bytes: the most that one file may unpack to
    :raises PackError: it is none, or is encrypted, holds paths that lead out of it, links, files
        of one name, archives, too many or too large files, or ones that unpack to far more than
        they take
    """
    try:
        with zipfile.ZipFile(_Opening(file)) as packed:
            infos = [one for one in packed.infolist() if not _is_beside(one)]
    except PackError:
        raise
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise PackError(N_("The file is not a ZIP that can be read.")) from error
    if not infos:
        raise PackError(N_("There is no file in the ZIP."))
    if len(infos) > MOST_FILES:
        raise PackError(N_("There are more than {most} files in the ZIP."), most=MOST_FILES)
    for one in infos:
        _refuse(one, most_bytes)
    names = [one.filename.casefold() for one in infos]
    twice = next((one.filename for one in infos if names.count(one.filename.casefold()) > 1), None)
    if twice:
        raise PackError(N_("Two files in the ZIP have the name {name}."), name=twice)
    if sum(one.file_size for one in infos) > MOST_FILES * most_bytes // 4:
        raise PackError(N_("The ZIP unpacks to too much."))
    return [Member(one.filename, one.file_size) for one in infos]


class _Opening:
    """A ZIP while its list of files is read: a list of millions is not taken into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.left = _MOST_LISTED
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > self.left:
            raise PackError(N_("There are more than {most} files in the ZIP."), most=MOST_FILES)
        content = self.file.read(self.left if size < 0 else size)
        self.left -= len(content)
        return content


def unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """One file of a ZIP, unpacked; a large one to a temporary file.

    :raises PackError: it is broken or not there
    """
    found = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (the caller's)
    try:
        with zipfile.ZipFile(file) as packed, packed.open(name) as member:
            shutil.copyfileobj(member, found, SMALL)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, RuntimeError,
            NotImplementedError, zlib.error, lzma.LZMAError) as error:
        raise PackError(N_("{name} cannot be unpacked."), name=name) from error
    found.seek(0)
    return found  # pyright: ignore[reportReturnType]


def pack(files: list[tuple[str, IO[bytes]]], into: IO[bytes]) -> None:
    """Put several files into one ZIP as they are; of those with one name each gets its own.

    :param files: (name, content) of each
    """
    used: set[str] = set()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files:
            place, number = name, 1
            while place.casefold() in used:
                number += 1
                place = f"{number}/{name}"
            used.add(place.casefold())
            with packed.open(zipfile.ZipInfo(place), "w", force_zip64=True) as member:
                while chunk := content.read(SMALL):
                    member.write(chunk)


def _is_beside(one: zipfile.ZipInfo) -> bool:
    return one.is_dir() or one.filename.startswith(_BESIDE[0]) or (
        one.filename.rpartition("/")[2] in _BESIDE[1:])


def _refuse(one: zipfile.ZipInfo, most_bytes: int) -> None:
    name = one.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\x00" in one.orig_filename:
        raise PackError(N_("The ZIP has a path that leads out of it: {name}"), name=name)
    if one.flag_bits & _ENCRYPTED:
        raise PackError(N_("{name} is encrypted: pack it without a password."), name=name)
    if stat.S_ISLNK(one.external_attr >> 16):
        raise PackError(N_("{name} is a link and no file."), name=name)
    if name.lower().endswith(_ARCHIVES):
        raise PackError(
            N_("{name} is an archive in the archive: deposit it by itself."), name=name)
    if one.file_size > most_bytes:
        raise PackError(N_("{name} is larger than {most} MB."), name=name, most=most_bytes >> 20)
    if one.file_size > SMALL and one.file_size > MOST_RATIO * max(one.compress_size, 1):
        raise PackError(N_("{name} unpacks to far more than it takes."), name=name)
