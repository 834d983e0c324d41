"""Several files at once, kept as one ZIP in CKAN's storage until they are deposited or forgotten.

A bundle is named by a secret id. It is removed when its time is over: that is work owed, so nothing
stays behind.
"""
from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan.lib import uploader
from werkzeug.datastructures import FileStorage

from ckanext.satudata import compat
from ckanext.satudata.access.files import digest_of
from ckanext.satudata.access.inspection import running
from ckanext.satudata.journal import clock, work

from . import packed
from .matching import File

#: Kind of the work that is owed for each bundle; its key is the bundle's id.
FORGET = "forget_bundle"

#: So long a bundle waits for somebody to confirm it, or for the worker.
WAITS, WORKS = dt.timedelta(days=1), dt.timedelta(days=14)

#: How many times larger than one file a bundle may be, and what of it is kept in memory (bytes).
_LARGER, _IN_MEMORY = 10, 8 * 1024 * 1024


def largest() -> int:
    """The most bytes that one file may have."""
    return uploader.get_max_resource_size() * 1024 * 1024


def taken(uploads: Sequence[Any]) -> IO[bytes]:
    """The files of a form as one ZIP: a single ZIP is taken as it is.

    :raises tk.ValidationError: on ``upload``: no file, one that is too large, or a ZIP that
        ``packed.members`` refuses
    """
    given = [one for one in uploads if isinstance(one, FileStorage) and one.filename]
    if not given:
        raise _wrong(tk._("Choose the files that are to be deposited."))
    if len(given) > packed.MOST_FILES:
        raise _wrong(tk._("There are more than {most} files.").format(most=packed.MOST_FILES))
    bundle: Any = given[0].stream
    if len(given) > 1 or not str(given[0].filename).lower().endswith(".zip"):
        bundle = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (the caller's)
        packed.pack([(_name(one), one.stream) for one in given], bundle)
    bundle.seek(0, 2)
    if bundle.tell() > _LARGER * largest():
        raise _wrong(tk._("The files are larger than {most} MB together.").format(
            most=_LARGER * largest() >> 20))
    bundle.seek(0)
    files(bundle)
    return bundle


def files(bundle: IO[bytes]) -> dict[str, int]:
    """Sizes of the files of a bundle by their names in it, in its order.

    :raises tk.ValidationError: on ``upload``: it is one that is not taken
    """
    try:
        with running.borrowed(bundle) as file:
            return {one.name: one.size for one in packed.members(file, largest())}
    except packed.PackError as error:
        raise refusal(error) from error


def refusal(error: packed.PackError) -> tk.ValidationError:
    """What is wrong with a ZIP, in the reader's language."""
    return _wrong(tk._(error.message).format(**error.places))


def hashed(bundle: IO[bytes]) -> list[File]:
    """The files of a bundle with their hashes.

    :raises tk.ValidationError: as :func:`files`; also one that cannot be unpacked
    """
    found = []
    for name in files(bundle):
        with upload(bundle, name).stream as file:
            found.append(File(name, digest_of(file).sha256))
    return found


def upload(bundle: IO[bytes], name: str) -> FileStorage:
    """One file of a bundle as if it had been uploaded by itself."""
    try:
        with running.borrowed(bundle) as file:
            return FileStorage(packed.unpacked(file, name), filename=name.rpartition("/")[2])
    except packed.PackError as error:
        raise refusal(error) from error


def keep(bundle: IO[bytes], until: dt.timedelta) -> str:
    """Keep a bundle in the storage; the caller commits.

    :returns: its secret id
    """
    secret = str(uuid.uuid4())
    bundle.seek(0)
    stored = FileStorage(bundle, filename="setoran.zip")
    uploader.get_resource_uploader({"url": "setoran.zip", "upload": stored}).upload(
        secret, _LARGER * largest() >> 20)
    work.owe(FORGET, secret, not_before=clock.now() + until)
    return secret


def opened(secret: str) -> IO[bytes]:
    """A kept bundle, to be read and closed.

    :raises tk.ObjectNotFound: it is kept no more
    """
    try:
        return compat.open_upload(secret)
    except OSError as error:
        raise tk.ObjectNotFound(tk._("The files are not kept any more. Choose them again.")) from (
            error)


def forget(key: str, data: Mapping[str, Any]) -> None:
    """The handler of :data:`FORGET`: its time is over."""
    compat.remove_upload(key)


def _name(one: FileStorage) -> str:
    return str(one.filename).replace("\\", "/").rpartition("/")[2]


def _wrong(message: str) -> tk.ValidationError:
    return tk.ValidationError({"upload": [message]})
