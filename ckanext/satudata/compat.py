"""Every difference between CKAN 2.11 and 2.12."""
from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from ckan import model
from ckan.lib import uploader
from flask import current_app, g


def group_extras(
    group_ids: Collection[str] | None, keys: Collection[str]
) -> dict[str, dict[str, str]]:
    """Extras of organizations and groups by the id of each, in one query.

    2.11 keeps them in a table of their own, 2.12 in a JSON column.

    :param group_ids: ids, or None for all
    :param keys: names of the extras that are wanted
    """
    return _extras(model.Group, "GroupExtra", "group_id", group_ids, keys)


def protect_form() -> None:
    """Refuse a form that was posted without its token, in a browser session.

    To be called first by every view that changes something. CKAN checks too, but 2.11 may leave
    plugins out, and 2.12.0 exempts a view for all once it was called with an API token or by
    somebody who is not signed in. A call with an API token has no session to misuse.
    """
    if g.get("login_via_auth_header") or not current_app.config.get("WTF_CSRF_ENABLED", True):
        return
    current_app.extensions["csrf"].protect()


def package_extras(
    package_ids: Collection[str], keys: Collection[str]
) -> dict[str, dict[str, str]]:
    """Extras of datasets by the id of each, in one query (see :func:`group_extras`)."""
    return _extras(model.Package, "PackageExtra", "package_id", package_ids, keys)


def _extras(
    owner: Any, table_name: str, owner_id: str, ids: Collection[str] | None,
    keys: Collection[str],
) -> dict[str, dict[str, str]]:
    table: Any = getattr(model, table_name, None)
    if table is None:
        query = sa.select(owner.id, owner.extras)
        if ids is not None:
            query = query.where(owner.id.in_(list(ids)))
        return {
            id: {key: value for key, value in (extras or {}).items() if key in keys}
            for id, extras in model.Session.execute(query)
        }
    column = getattr(table, owner_id)
    query = sa.select(column, table.key, table.value).where(
        table.key.in_(list(keys)), table.state == "active"
    )
    if ids is not None:
        query = query.where(column.in_(list(ids)))
    found: dict[str, dict[str, str]] = {}
    for id, key, value in model.Session.execute(query):
        found.setdefault(id, {})[key] = value
    return found


def open_upload(resource_id: str) -> IO[bytes]:
    """The file of a resource as CKAN's storage has it, to be read and closed.

    2.11 keeps files on a disk; 2.12 may be told to keep them in a storage of its own, which streams
    them.

    :raises OSError: there is no such file
    """
    upload: Any = uploader.get_resource_uploader({})
    place = upload.get_path(resource_id)
    storage = getattr(upload, "storage", None)
    if storage is None:
        return Path(place).open("rb")
    from ckan.lib import files  # pyright: ignore[reportMissingImports]

    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (the caller's)
    try:
        for chunk in storage.stream(files.FileData(place)):
            copy.write(chunk)
    except files.exc.LocationError as error:
        raise FileNotFoundError(resource_id) from error
    copy.seek(0)
    return copy  # pyright: ignore[reportReturnType]


def remove_upload(resource_id: str) -> None:
    """Remove a file from CKAN's storage; nothing happens when it is not there."""
    upload: Any = uploader.get_resource_uploader({})
    place = upload.get_path(resource_id)
    storage = getattr(upload, "storage", None)
    if storage is None:
        Path(place).unlink(missing_ok=True)
        return
    from ckan.lib import files  # pyright: ignore[reportMissingImports]

    with contextlib.suppress(files.exc.LocationError):
        storage.remove(files.FileData(place))


def local_uploads() -> Path | None:
    """The directory under which CKAN keeps the files of resources; None: not on a disk."""
    upload: Any = uploader.get_resource_uploader({})
    if getattr(upload, "storage", None) is not None:
        return None
    return Path(upload.get_path("0" * 36)).parents[2]


#: Beyond this size what a storage streams is written to a temporary file.
_IN_MEMORY = 8 * 1024 * 1024
