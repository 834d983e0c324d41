"""What the inspection of a deposit's file means for its acceptance, and how it is shown."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.access import submissions, visibility
from ckanext.satudata.access.inspection import running, store

from . import obligations
from .model import deposit
from .periods import is_period, parse_period
from .store import ACCEPTED

#: So long somebody who deposits waits for what is found in the file (seconds).
QUICK = 4


def refuse_personal(row: Mapping[str, Any]) -> None:
    """Refuse to accept a file for what would be public, while something stands in its way.

    docs/access.md, "Personal data".

    :param row: the deposit
    :raises tk.ValidationError: on ``personal_data``: certain findings, doubtful ones that nobody
        has answered, or a file that is still being checked
    """
    id = row["resource_id"]
    if not id or not _would_be_open(row):
        return
    found = _obstacles(row, running.ensure({id: row["package_id"]}), [id])
    if found:
        raise tk.ValidationError({"personal_data": [running.words(one) for one in found]})


def look_now(row: Mapping[str, Any]) -> None:
    """Look at a file that has just come, if that is quick: whoever sent it is told at once."""
    if row["resource_id"]:
        running.ensure({row["resource_id"]: row["package_id"]}, QUICK)


def in_the_way(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, Sequence[running.Obstacle]]:
    """What was found in the files of deposits that keeps these from being accepted, by their ids.

    As far as they were looked at. One query for all, and some for each in which anything was found.
    """
    kept = store.of({row["resource_id"] for row in rows if row["resource_id"]})
    return {
        row["id"]: _obstacles(row, {one.resource_id: one})
        if (one := kept.get(row["resource_id"])) and one.findings and _would_be_open(row) else ()
        for row in rows
    }


def _obstacles(
    row: Mapping[str, Any], files: Mapping[str, store.Kept], expected: Sequence[str] = ()
) -> list[running.Obstacle]:
    return running.obstacles(files, [row["package_id"], str(row["obligation"])], expected)


def adopt(row: Mapping[str, Any], package_id: str | None) -> None:
    """What was answered for the item of a deposit holds for the dataset that its files go to."""
    if package_id:
        store.adopt(str(row["obligation"]), package_id)


def _would_be_open(row: Mapping[str, Any]) -> bool:
    """Whether a file of the deposit may come to be public."""
    _, package_id = obligations.package_of(row["obligation"])
    return visibility.TERBUKA in _classes(row["obligation"], package_id)


def takes_links(obligation: UUID, package_id: str | None) -> bool:
    """Whether a deposit may be given as a link: a link's address is the file, for everybody.

    So what is not open, or is read by a more closed class until it is verified, takes uploads only.
    """
    return _classes(obligation, package_id) <= {visibility.TERBUKA, None}


def _classes(obligation: UUID, package_id: str | None) -> set[str | None]:
    """The classes of what a file is for: its dataset's, given and verified, else its item's."""
    standing = submissions.get(package_id) if package_id else None
    if package_id is None or standing is None:
        return {obligations.latest_of(obligation).klasifikasi_akses}
    said = compat.package_extras([package_id], ["klasifikasi_akses"]).get(package_id, {})
    return {visibility.class_code(said.get("klasifikasi_akses")), standing.verified_class}


def previous(resource_id: str) -> str | None:
    """The file that was accepted last for the same item before this one came, if any.

    Where none has come as a deposit yet it is the latest one of the item's verified dataset.
    """
    this = sa.select(deposit.c.obligation, deposit.c.created_by).where(
        deposit.c.resource_id == resource_id).limit(1).subquery()
    found = model.Session.execute(
        sa.select(deposit.c.resource_id)
        .where(
            deposit.c.obligation == this.c.obligation, deposit.c.created_by < this.c.created_by,
            deposit.c.status == ACCEPTED, deposit.c.resource_id.isnot(None),
        )
        .order_by(deposit.c.created_by.desc()).limit(1)
    ).scalar_one_or_none()
    return found or _latest_of_dataset(resource_id)


def _latest_of_dataset(resource_id: str) -> str | None:
    item = item_of(resource_id)
    package_id = obligations.package_of(UUID(item))[1] if item else None
    standing = submissions.get(package_id) if package_id else None
    if standing is None or standing.verified_hash is None:
        return None
    resource: Any = model.Resource
    files = model.Session.execute(
        sa.select(resource.id, resource.extras).where(
            resource.package_id == package_id, resource.state == "active",
            resource.url_type == "upload", resource.id != resource_id)
    ).all()
    dated = [
        (parse_period(said["periode"]).last, id) for id, said in files
        if said and (said.get("jenis_berkas") or "data") == "data"
        and said.get("periode") and is_period(said["periode"])
    ]
    return max(dated)[1] if dated else None


def item_of(resource_id: str) -> str | None:
    """The item for which a file came, as the subject of answers."""
    found = model.Session.execute(
        sa.select(deposit.c.obligation).where(deposit.c.resource_id == resource_id).limit(1)
    ).scalar_one_or_none()
    return found and str(found)


def short(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The checks of deposits in short, by the ids of their files; one query for any number."""
    kept = store.of({row["resource_id"] for row in rows if row["resource_id"]})
    return {id: running.short(one) for id, one in kept.items()}
