"""Links as this portal takes them: its limits and networks, and in words what went wrong."""
from __future__ import annotations

import mimetypes
import os

import ckan.plugins.toolkit as tk
from ckan.lib import uploader
from werkzeug.datastructures import FileStorage

from ckanext.satudata import config
from ckanext.satudata.schema import codes
from ckanext.satudata.translation import N_

from . import fetching
from .fetching import FetchError, Limits

#: So long a person waits for a link that they deposit (seconds).
PATIENCE = 25

#: What each error says, and what to do.
MESSAGES = {
    "form": N_("This is no address of a file. Write it whole, beginning with https://."),
    "scheme": N_("Only addresses that begin with https:// or http:// are fetched."),
    "credentials": N_("The address holds a name or a password. Give one that works without, or "
                      "upload the file."),
    "address": N_("The address leads into a network that the portal does not fetch from. Upload "
                  "the file, or ask the administrator to allow the network."),
    "port": N_("The address names an unusual port. Upload the file, or ask the administrator to "
               "allow the network."),
    "name": N_("Nobody knows a server of this name. Look for a slip of the pen in the address."),
    "certificate": N_("The server cannot prove that it is who the address says (its certificate "
                      "is wrong or has run out). Tell its operator, or upload the file."),
    "connection": N_("The server does not answer, or broke off. Try again later, or upload the "
                     "file."),
    "time": N_("It took too long. Try again later, or download the file and upload it."),
    "redirects": N_("The address leads on and on. Give the one at which the file really is."),
    "headers": N_("The server's answer is not understood. Upload the file."),
    "coding": N_("The server sends the file packed in a way that is not understood. Upload the "
                 "file."),
    "page": N_("The address shows a web page and not a file. Give the address of the file itself, "
               "or upload it."),
}


def limits(seconds: float) -> Limits:
    """The portal's limits: size as for uploads, networks by ``ckanext.satudata.fetch.allow``."""
    return Limits(
        size=uploader.get_max_resource_size() * 1024 * 1024, seconds=seconds,
        allowed=config.fetch_allow(),
    )


def fetched(url: str, seconds: float = PATIENCE) -> FileStorage:
    """What a link leads to, as if somebody had uploaded it; docs/access.md, "Links".

    :param seconds: limit of it all
    :raises FetchError: there is no such file
    """
    found = fetching.fetch(url, limits(seconds))
    return FileStorage(
        found.file, filename=_with_extension(found.filename, found.mimetype),
        content_type=found.mimetype or None,
    )


def words(error: FetchError) -> str:
    """Why a link was not fetched, and what to do, in the reader's language."""
    if error.code == "status":
        return tk._(
            "The server has no file at this address (it answers {status}). Open the address "
            "without signing in, and mend it.").format(status=error.status)
    if error.code == "size":
        return tk._("The file is larger than {most} MB.").format(
            most=uploader.get_max_resource_size())
    return tk._(MESSAGES[error.code])


def refusal(error: FetchError, field: str = "url") -> tk.ValidationError:
    """The same as an error on a field."""
    return tk.ValidationError({field: [words(error)]})


def _with_extension(filename: str, mimetype: str) -> str:
    """A file's name by which its format is known: the server's type where the name says nothing."""
    stem, extension = os.path.splitext(filename)
    if codes.normalise("format_berkas", extension.lstrip(".")) is not None:
        return filename
    guessed = mimetypes.guess_extension(mimetype) if mimetype else None
    return f"{stem or 'berkas'}{guessed}" if guessed and guessed != ".bin" else filename
