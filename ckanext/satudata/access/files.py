"""The files of a dataset as they come through the doors: what is an upload, a link, a change."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan.types import Context
from werkzeug.datastructures import FileStorage

_CHUNK = 1 << 20

#: Kinds (``url_type``) of resources that are no file: their rows stand in the DataStore alone.
ROWS = ("datastore", "tabledesigner")
#: What CKAN calls such a resource before it has said so.
_ONLY_ROWS = "_datastore_only_resource"


@dataclass(frozen=True)
class Digest:
    """SHA-256 (hexadecimal) and size in bytes of a file."""

    sha256: str
    size: int


#: Key in the context: the file of the resource that is being added at the end of the list. CKAN's
#: ``resource_create`` takes it out of the resource before the dataset is updated.
ADDED = "satudata_added_file"


def uploads(context: Context, resources: Sequence[Mapping[str, Any]]) -> dict[int, FileStorage]:
    """The files that come with these resources, by their place in the list."""
    found = {
        place: resource["upload"] for place, resource in enumerate(resources)
        if isinstance(resource, Mapping) and is_upload(resource.get("upload"))
    }
    added: Any = context.get(ADDED)
    if added is not None and resources:
        found.setdefault(len(resources) - 1, added)
    return found


def is_upload(value: Any) -> bool:
    """Whether a value is a file that comes in."""
    return isinstance(value, FileStorage) and bool(value.filename)


def digests(context: Context, resources: Sequence[Mapping[str, Any]]) -> dict[int, Digest]:
    """Digests of the files that come with these resources, by their place in the list."""
    return {place: digest(file) for place, file in uploads(context, resources).items()}


def digest(upload: FileStorage) -> Digest:
    """Digest of an upload; it is read once and put back to its beginning."""
    return digest_of(upload.stream)


def digest_of(file: IO[bytes]) -> Digest:
    """Digest of an open file; it is read once and put back to its beginning."""
    sha256, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    file.seek(0)
    return Digest(sha256.hexdigest(), size)


def is_link(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is an address elsewhere and not a file of this portal."""
    if resource.get("url_type") in ("upload", *ROWS) or resource.get("upload"):
        return False
    return str(resource.get("url") or "").strip() not in ("", _ONLY_ROWS)


def is_rows(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is rows of the DataStore and no file."""
    return resource.get("url_type") in ROWS


def is_looked_at(resource: Mapping[str, Any]) -> bool:
    """Whether there is something behind a resource: a file, rows, or what a link leads to."""
    return resource.get("url_type") == "upload" or is_rows(resource) or is_link(resource)


def refuse_changes(
    old: Mapping[str, Any], new: Mapping[str, Any], uploads: Mapping[int, Digest]
) -> None:
    """Refuse a file, a link, a new or removed resource on a public, verified dataset.

    The error stands where CKAN's resource actions look for it: in ``resources``, in the place of
    each resource that would change, or in the last place for one that would go.

    :raises tk.ValidationError: naming the deposit
    """
    before = {one["id"]: one for one in old.get("resources") or ()}
    resources = list(new.get("resources") or ())
    message = {"url": [tk._(
        "This dataset is public and verified: a new or changed file is deposited (setor, "
        "satudata_deposit_create) and takes its place once it is checked.")]}
    changed = [
        place in uploads or _differs(resource, before.get(resource.get("id")))
        for place, resource in enumerate(resources)
    ]
    gone = set(before) - {one.get("id") for one in resources}
    if not any(changed) and not gone:
        return
    errors: list[Any] = [message if is_so else {} for is_so in changed]
    if gone:
        errors = [*errors[:-1], message]
    raise tk.ValidationError({"resources": errors})


def _differs(resource: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    if before is None or tk.asbool(resource.get("clear_upload") or False):
        return True
    url, old = str(resource.get("url") or ""), str(before.get("url") or "")
    if before.get("url_type") != "upload":
        # Whoever sends a resource without its kind means no other.
        kind = resource.get("url_type") or before.get("url_type")
        return url != old or (kind or "") != (before.get("url_type") or "")
    # CKAN's form sends the bare file name, its API the whole address.
    path, _, name = url.rpartition("/")
    ours = not path or path.endswith(f"/resource/{before['id']}/download")
    return (
        resource.get("url_type") != "upload" or not ours or name != old.rpartition("/")[2]
    )
