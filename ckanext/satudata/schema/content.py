"""What a dataset says, and its hash: the thing that a verification is of.

A verification is of what was looked at: it names the hash of the content fields and of each file.
Content are the fields of the field table that a person fills in, a few descriptive fields of CKAN,
and what the files say of themselves. Not content: what the portal computes, and technical fields
(hash, size, mimetype, last_modified, datastore_active, views). The hash is the same on every CKAN
version, whatever the order of keys, tags, choices and files, and whether an empty field is there
or not. Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ckanext.satudata.journal import canonical
from ckanext.satudata.schema import fields, values

#: Descriptive fields of CKAN itself, beside those of the field table.
CORE_FIELDS = ("author", "author_email", "maintainer", "maintainer_email", "url", "version")

#: What a file says of itself.
RESOURCE_FIELDS = (
    "name", "url", "format", "description", "periode", "tanggal_data", "jenis_berkas", "kamus_data",
)


def content(
    dataset: Mapping[str, Any], files: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The content of a dataset in one form: only what says something, as texts and sorted lists.

    ``dataset`` is a dict as ``package_show`` gives it (an organization's id as ``owner_org``);
    ``files`` gives the SHA-256 of the files that are known, by resource id.
    """
    said = {
        name: plain
        for name in (*(field.name for field in fields.dataset_fields()), *CORE_FIELDS)
        if name not in fields.computed_names() and name != "tag_string"
        and (plain := _plain(name, dataset.get(name)))
    }
    if tags := _tags(dataset):
        said["tag_string"] = tags
    resources = [_resource(item, files or {}) for item in dataset.get("resources") or ()]
    if resources:
        said["resources"] = sorted(resources, key=canonical.dumps)
    return said


def content_hash(dataset: Mapping[str, Any], files: Mapping[str, str] | None = None) -> str:
    """The SHA-256 (hexadecimal) of :func:`content` as canonical JSON."""
    return canonical.sha256_hex(canonical.dumps(content(dataset, files)))


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the content fields in which two datasets differ, sorted.

    A difference in any file counts as ``resources``.
    """
    old, new = content(before), content(after)
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


def _resource(resource: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    said = {
        name: plain
        for name in RESOURCE_FIELDS
        if (plain := _plain(name, resource.get(name)))
    }
    if resource.get("url_type") == "upload" and "url" in said:
        # The address of an upload is made by the portal, its file name by a person.
        said["url"] = unquote(urlsplit(said["url"]).path.rpartition("/")[2])
    if sha256 := files.get(str(resource.get("id"))):
        said["sha256"] = sha256
    return said


def _tags(dataset: Mapping[str, Any]) -> list[str]:
    tags = dataset.get("tags")
    if tags is None:
        names = str(dataset.get("tag_string") or "").split(",")
    else:
        names = [tag["name"] if isinstance(tag, Mapping) else str(tag) for tag in tags]
    return sorted({name.strip() for name in names if name.strip()})


def _plain(name: str, value: Any) -> Any:
    """A value without its accidents: lists sorted, numbers and text alike, emptiness as None."""
    field = fields.by_name().get(name)
    if name == "kamus_data":
        return _tree(values.load_list(value))
    if field is not None and field.is_list:
        return sorted(str(item) for item in values.load_list(value) if fields.is_given(item))
    return _tree(value)


def _tree(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): plain for k, v in value.items() if (plain := _tree(v)) is not None} or None
    if isinstance(value, (list, tuple)):
        return [_tree(item) for item in value] or None
    if not fields.is_given(value):
        return None
    text = str(value).strip().replace("\r\n", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")
