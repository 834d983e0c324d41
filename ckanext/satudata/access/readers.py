"""Readers and datasets meet in labels: CKAN's search and ``package_show`` ask for nothing else.

A dataset that is not public carries a label for each kind of reader whom the table of ``reading``
lets see its metadata; a person carries the labels of what they are today. Grants, roles and end
dates stand on the person's side only, so that they end at once, without a reindex.
"""
from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from ckan import authz, model
from ckan.lib.plugins import DefaultPermissionLabels

from ckanext.satudata import compat
from ckanext.satudata.opd.people import roles_of

from . import lifecycle, reading, requests, submissions, visibility
from .reading import Reader, Sight

#: Label of everybody who belongs to an office, whichever.
ANY_OPD = "satudata-opd"
_ROLE_LABEL = "satudata-{}"

_DEFAULT = DefaultPermissionLabels()


def dataset_labels(package: Any) -> list[str]:
    """Labels of a dataset, from its class, its verification and the table of readers."""
    return labels_of([package])[package.id]


def labels_of(packages: Collection[Any]) -> dict[str, list[str]]:
    """Labels of many datasets by the id of each; the number of queries is always the same.

    :param packages: datasets, or rows with their columns
    """
    hidden = [one for one in packages if one.state != "active" or one.private]
    standings = _standings([one.id for one in hidden if visibility.is_governed(one.type)])
    found = {one.id: ["public"] for one in packages}
    for one in hidden:
        found[one.id] = _hidden_labels(one, standings.get(one.id))
    return found


def _hidden_labels(package: Any, where: tuple[str, bool] | None) -> list[str]:
    kinds: Collection[Reader]
    if where is not None:
        kinds = reading.readers_of(where[0], verified=where[1])
    elif package.type in visibility.COMPANIONS:
        kinds = reading.readers_of(visibility.TERBUKA, verified=False)
    else:
        return _DEFAULT.get_dataset_labels(package)
    if package.state == "deleted":
        kinds = reading.of_deleted(kinds, where[0] if where else visibility.TERBUKA)
    labels = [label for kind in kinds if (label := _label(kind, package))]
    return sorted(set(labels))


def user_labels(user: Any) -> list[str]:
    """Labels of a person as of now: CKAN's own, of their roles, of belonging to an office."""
    labels = _DEFAULT.get_user_dataset_labels(user)
    if not user or user.is_anonymous:
        return labels
    if any(label.startswith("member-") for label in labels):
        labels.append(ANY_OPD)
    kinds = {kind.value for kind in reading.ROLES}
    labels.extend(_ROLE_LABEL.format(role) for role in sorted(roles_of(user.id) & kinds))
    return labels


def standing(package: model.Package) -> tuple[str, bool]:
    """The class by which readers are admitted to a dataset that is not public, and if it counts
    as verified for them. What is open and still private is not; what has none is
    ``reading.UNCLASSED`` if it was there before the plugin."""
    return _standings([package.id])[package.id]


def _standings(ids: Collection[str]) -> dict[str, tuple[str, bool]]:
    rows = submissions.of(ids)
    given = compat.package_extras(ids, ["klasifikasi_akses"]) if ids else {}
    found = {}
    for id in ids:
        row = rows.get(id)
        klass = _admitting_class(given.get(id, {}).get("klasifikasi_akses"), row)
        verified = row is not None and row.status == lifecycle.TERVERIFIKASI
        found[id] = klass, verified and klass in (visibility.TERBATAS, visibility.TERTUTUP)
    return found


def _admitting_class(given: str | None, row: submissions.Submission | None) -> str:
    """An upgrade hides nothing: what has no class keeps its readers until it is given one."""
    known = row.verified_class if row else None
    if row and row.inherited and visibility.effective_class(given, known) is None:
        return reading.UNCLASSED
    return visibility.reading_class(given, known)


def may_read_file(user: Any, package: model.Package, *, draft: bool = False) -> bool:
    """Whether a person may have the files of a dataset: "all" in the table of readers.

    :param user: a CKAN user, None or anonymous
    :param draft: it is about something of it that nobody has verified, whatever the dataset is
    """
    if package.state == "active" and not package.private and not draft:
        return True
    if not user or user.is_anonymous:
        return False
    if user.sysadmin:
        return True
    if not visibility.is_governed(package.type):
        return True
    klass, verified = standing(package)
    kinds = readers(user, package, klass)
    if package.state == "deleted":
        kinds = reading.of_deleted(kinds, klass)
    return reading.sight(kinds, klass, verified=verified and not draft) >= Sight.ALL


def readers(user: Any, package: model.Package, klass: str) -> set[Reader]:
    """What kinds of reader a person is for a dataset."""
    kinds = {Reader.PUBLIC}
    kinds |= {kind for kind in reading.ROLES if kind.value in roles_of(user.id)}
    if authz.has_user_permission_for_group_or_org(package.owner_org, user.name, "read"):
        kinds.add(Reader.MEMBER)
    if authz.has_user_permission_for_group_or_org(package.owner_org, user.name, "update_dataset"):
        kinds.add(Reader.EDITOR)
    if package.owner_org is None and package.creator_user_id == user.id:
        kinds.add(Reader.EDITOR)
    if authz.check_config_permission("allow_dataset_collaborators") and (
        authz.user_is_collaborator_on_dataset(user.id, package.id)
    ):
        kinds.add(Reader.COLLABORATOR)
    offices = offices_of(user)
    if offices:
        kinds.add(Reader.OTHER_OPD)
        if klass == visibility.TERBATAS and offices & let_in(package):
            kinds.add(Reader.PERMITTED_OPD)
    return kinds


def offices_of(user: Any) -> set[str]:
    """Ids and names of the organizations that a person belongs to."""
    member, group = model.Member, model.Group
    rows = model.Session.execute(
        sa.select(group.id, group.name)
        .join(member, member.group_id == group.id)
        .where(
            member.table_name == "user", member.table_id == user.id, member.state == "active",
            group.is_organization.is_(True), group.state == "active",
        )
    )
    return {word for row in rows for word in row}


def let_in(package: model.Package) -> set[str]:
    """Names or ids of the offices that have the files of a restricted dataset today.

    Those that the dataset names, and those whose request was granted and lasts. Asked anew each
    time; see docs/access.md, "Access requests".
    """
    return named(package) | requests.granted(package.id)


def named(package: model.Package) -> set[str]:
    """Names or ids of the offices that a restricted dataset itself names (``opd_diizinkan``)."""
    value = compat.package_extras([package.id], ["opd_diizinkan"]).get(package.id, {})
    return set(_items(value.get("opd_diizinkan")))


def _items(value: str | None) -> Collection[str]:
    if not value:
        return ()
    try:
        found = json.loads(value)
    except ValueError:
        found = value.split(",")
    return [str(one).strip() for one in (found if isinstance(found, list) else [found])]


def _label(kind: Reader, package: model.Package) -> str | None:
    if kind in (Reader.MEMBER, Reader.EDITOR):
        if package.owner_org:
            return f"member-{package.owner_org}"
        return f"creator-{package.creator_user_id}"
    if kind in reading.ROLES:
        return _ROLE_LABEL.format(kind.value)
    if kind is Reader.COLLABORATOR:
        allowed = authz.check_config_permission("allow_dataset_collaborators")
        return f"collaborator-{package.id}" if allowed else None
    if kind in (Reader.OTHER_OPD, Reader.PERMITTED_OPD):
        return ANY_OPD
    return "public"
