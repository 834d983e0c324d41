"""A deposit's file, waiting in CKAN's own resource storage under an id that nobody knows.

Accepting the deposit makes the resource with just that id, so the bytes that were looked at are
the bytes that are published, and nothing is copied.
"""
from __future__ import annotations

import os
import re
import uuid
import zipfile
from dataclasses import replace
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan.lib import munge, uploader
from werkzeug.datastructures import FileStorage

from ckanext.satudata import compat
from ckanext.satudata.access import fetching, links
from ckanext.satudata.access.files import digest
from ckanext.satudata.access.inspection import running
from ckanext.satudata.access.inspection.content import has_rows
from ckanext.satudata.access.inspection.reading import SIGNATURES, is_called_rightly
from ckanext.satudata.schema import codes

from .store import File

#: The most characters of a file's name that are kept.
_NAME = 150


def keep(upload: Any) -> File:
    """Put an uploaded file aside.

    :param upload: the file of a form or of a multipart API call
    :raises tk.ValidationError: on ``upload``: no file, an empty one or one without a row below its
        titles, one that is too large, not what its name says, or of a kind that is not taken
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("Choose the file that is to be deposited.")]})
    filename = _plain_name(upload.filename)
    if refused := refusal_of_kind(filename):
        raise tk.ValidationError({"upload": [refused]})
    found = digest(upload)
    if found.size == 0:
        raise tk.ValidationError(
            {"upload": [tk._("The file is empty. If nothing happened, give a nil report.")]}
        )
    with running.borrowed(upload.stream) as file:
        if resource_format(filename) == "XLSX" and not _is_workbook(file):
            raise tk.ValidationError({"upload": [tk._(
                "This file is called .xlsx and is no Excel workbook. Open it in the program that "
                "made it, and save it as an Excel workbook or as CSV.")]})
        extension = resource_format(filename).lower()
        if not is_called_rightly(file, extension):
            raise tk.ValidationError({"upload": [tk._(
                "This file is called .{extension} and is something else inside. Open it in the "
                "program that made it, and save it as an Excel workbook or as CSV."
            ).format(extension=extension)]})
        if not has_rows(file):
            raise tk.ValidationError({"upload": [tk._(
                "There is nothing in the file below its titles. If nothing happened, give a nil "
                "report.")]})
    most = uploader.get_max_resource_size()
    if found.size > most * 1024 * 1024:
        raise tk.ValidationError(
            {"upload": [tk._("The file is larger than {most} MB.").format(most=most)]}
        )
    secret = str(uuid.uuid4())
    uploader.get_resource_uploader({"url": filename, "upload": upload}).upload(secret, most)
    return File(secret, found.sha256, found.size, filename)


def keep_link(url: str) -> File:
    """Fetch a link, once, and put aside what it leads to, as if it had been uploaded.

    docs/access.md, "Links".

    :raises tk.ValidationError: on ``url``: it cannot be fetched, or :func:`keep` does not take it
    """
    try:
        upload = links.fetched(url)
    except fetching.FetchError as error:
        raise links.refusal(error) from error
    try:
        return replace(keep(upload), url=url)
    except tk.ValidationError as error:
        raise tk.ValidationError({"url": error.error_dict["upload"]}) from error
    finally:
        upload.close()


def opened(resource_id: str) -> IO[bytes]:
    """A kept file, to be read and closed.

    :raises OSError: the storage does not have it
    """
    return compat.open_upload(resource_id)


def extensions() -> list[str]:
    """Endings of the files that are taken, with the dot: those of the code list
    ``format_berkas`` that are known by how they begin."""
    return [f".{one}" for one in SIGNATURES if codes.normalise("format_berkas", one) is not None]


def refusal_of_kind(filename: str) -> str | None:
    """Why files that are called so are not taken; None: they are."""
    if f".{resource_format(filename).lower()}" in extensions():
        return None
    return tk._("Files of this kind are not taken. Possible are: {formats}.").format(
        formats=", ".join(extensions()))


def resource_format(filename: str | None) -> str:
    """Format of a file by its name: ``CSV``, ``XLSX`` …"""
    return os.path.splitext(filename or "")[1].lstrip(".").upper()


def published_name(filename: str) -> str:
    """The name under which CKAN offers a file: it allows letters of the Latin alphabet only."""
    name = munge.munge_filename(filename)
    stem, extension = os.path.splitext(name)
    return name if extension and stem.strip("-_. ") else f"berkas{os.path.splitext(filename)[1]}"


def _is_workbook(file: IO[bytes]) -> bool:
    """Whether bytes are an Excel workbook; one with a password is, and is looked at later."""
    encrypted = file.read(4) == b"\xd0\xcf\x11\xe0"
    file.seek(0)
    if encrypted:
        return True
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    finally:
        file.seek(0)


def _plain_name(filename: str) -> str:
    """The name of a file without folders and control characters, in whatever script."""
    name = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", filename)[-1]).strip()
    stem, extension = os.path.splitext(name)
    return stem[:_NAME] + extension[:20]
