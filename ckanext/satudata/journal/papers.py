"""Papers: scans of what was signed outside, in CKAN's own resource storage under secret ids.

Nothing of a name that came with the file is kept: the page that offers it names it.
"""
from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan.lib import uploader
from flask import Response, send_file
from werkzeug.datastructures import FileStorage

from .canonical import sha256_hex

#: What a paper may be, by the bytes it begins with.
FORMATS: Mapping[str, bytes] = {
    "pdf": b"%PDF-", "jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n",
}
#: The most megabytes of a paper, where CKAN's own limit for files is not lower.
_MOST = 20


@dataclass(frozen=True)
class Paper:
    """A paper that was kept.

    :param id: under which the storage has it
    :param format: a key of :data:`FORMATS`
    :param sha256: of its bytes, hexadecimal
    """

    id: str
    format: str
    sha256: str


def keep(data: Mapping[str, Any], field: str) -> Paper:
    """Put a scan aside.

    :param data: what the caller of an action sent
    :param field: the upload in it
    :raises tk.ValidationError: on the field: no file, too large a one, or neither PDF, JPG nor PNG
    """
    upload = data.get(field)
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise _wrong(field, tk._("Choose the file: a PDF, or a photograph as JPG or PNG."))
    most = min(_MOST, uploader.get_max_resource_size())
    content = upload.read(most * 1024 * 1024 + 1)
    if len(content) > most * 1024 * 1024:
        raise _wrong(field, tk._("The file is larger than {most} MB.").format(most=most))
    kind = next((name for name, start in FORMATS.items() if content.startswith(start)), None)
    if kind is None:
        raise _wrong(field, tk._("This is no PDF, JPG or PNG."))
    id = str(uuid.uuid4())
    copy = FileStorage(io.BytesIO(content), filename=f"berkas.{kind}")
    uploader.get_resource_uploader({"url": copy.filename, "upload": copy}).upload(id, most)
    return Paper(id, kind, sha256_hex(content))


def attachment(file: IO[bytes], name: str) -> Response:
    """The answer that hands a private file out: never shown inside a page, never cached.

    :param name: of the file, with any letters
    """
    answer = send_file(
        file, mimetype="application/octet-stream", as_attachment=True, download_name=name,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _wrong(field: str, message: str) -> tk.ValidationError:
    return tk.ValidationError({field: [message]})
