"""A deposit's file, waiting in CKAN's own resource storage under an id that nobody knows.

Accepting the deposit makes the resource with just that id, so the bytes that were looked at are
the bytes that are published, and nothing is copied.
"""
from __future__ import annotations

import os
import uuid
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib import uploader
from werkzeug.datastructures import FileStorage

from ckanext.satudata.access.files import digest

from .store import File


def keep(upload: Any) -> File:
    """Put an uploaded file aside.

    :param upload: the file of a form or of a multipart API call
    :raises tk.ValidationError: on ``upload``: no file, an empty one, one that is too large
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("Choose the file that is to be deposited.")]})
    found = digest(upload)
    if found.size == 0:
        raise tk.ValidationError(
            {"upload": [tk._("The file is empty. If nothing happened, give a nil report.")]}
        )
    most = uploader.get_max_resource_size()
    if found.size > most * 1024 * 1024:
        raise tk.ValidationError(
            {"upload": [tk._("The file is larger than {most} MB.").format(most=most)]}
        )
    resource = {"url": upload.filename, "upload": upload}
    store = uploader.get_resource_uploader(resource)
    secret = str(uuid.uuid4())
    store.upload(secret, most)
    return File(secret, found.sha256, found.size, resource["url"])


def path(resource_id: str) -> str:
    """Where a kept file stands on this machine's view of CKAN's storage."""
    return str(uploader.get_resource_uploader({}).get_path(resource_id))


def resource_format(filename: str | None) -> str:
    """Format of a file by its name: ``CSV``, ``XLSX`` …"""
    return os.path.splitext(filename or "")[1].lstrip(".").upper()

