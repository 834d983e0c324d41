"""What stands behind a resource that has no stored file: rows of the DataStore, a link's file."""
from __future__ import annotations

import csv
import hashlib
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.satudata.access import links
from ckanext.satudata.access.fetching import FetchError

from .columns import DOUBTFUL, Finding
from .content import TooSlow
from .reading import Unreadable

#: A link that led to no file: it is gone, slow, or a service and no file at all.
LIVE = "langsung"

#: So long a worker waits for what a link leads to (seconds).
LINK_SECONDS = 60

#: Rows that are asked of the DataStore at a time.
_PAGE = 10_000


@contextmanager
def rows(resource_id: str, deadline: float | None) -> Iterator[IO[bytes]]:
    """The rows of a resource as a CSV file; without a table there are none.

    :param deadline: by ``time.monotonic()``
    :raises TooSlow: the deadline is over
    :raises Unreadable: this portal has no DataStore (any more)
    """
    if not p.plugin_loaded("datastore"):
        raise Unreadable("datastore")
    with tempfile.TemporaryFile() as file:
        try:
            found = _page(resource_id, limit=0)
        except tk.ObjectNotFound:
            yield file
            return
        names = [one["id"] for one in found["fields"] if one["id"] != "_id"]
        titles = io.StringIO()
        csv.writer(titles).writerow(names)
        file.write(titles.getvalue().encode())
        offset = 0
        while names:
            if deadline is not None and time.monotonic() > deadline:
                raise TooSlow
            page = _page(
                resource_id, limit=_PAGE, offset=offset, fields=names, records_format="csv")
            if not page["records"]:
                break
            file.write(page["records"].encode())
            # The portal may give out fewer at a time.
            offset += page["limit"]
        yield file


def _page(resource_id: str, **more: Any) -> dict[str, Any]:
    return tk.get_action("datastore_search")({"ignore_auth": True}, {
        "resource_id": resource_id, "sort": "_id", "include_total": False, **more})


@contextmanager
def linked(url: str, deadline: float | None) -> Iterator[IO[bytes]]:
    """What a link leads to, fetched once; docs/access.md, "Links".

    :param deadline: by ``time.monotonic()``; None: as long as a worker waits
    :raises TooSlow: the deadline is over
    :raises FetchError: there is no such file
    """
    seconds = LINK_SECONDS if deadline is None else deadline - time.monotonic()
    if seconds <= 0:
        raise TooSlow
    try:
        fetched = links.fetched(url, seconds)
    except FetchError as error:
        if error.code == "time" and deadline is not None:
            raise TooSlow from error
        raise
    try:
        yield fetched.stream
    finally:
        fetched.close()


def address_mark(url: str) -> str:
    """What stands for the bytes of a link that nobody has fetched yet."""
    return hashlib.sha256(f"link:{url}".encode()).hexdigest()


def not_fetched(url: str, error: FetchError) -> Finding:
    """The doubt about a link that led to no file; an answer holds for this address."""
    return Finding(LIVE, DOUBTFUL, str(error), f"#link:{address_mark(url)[:20]}")


def why_not_fetched(column: str) -> str:
    """The reason of :func:`not_fetched` in words, and what to do."""
    code, _, status = column.partition(" ")
    return links.words(FetchError(code, int(status) if status else None))
