"""The table of inspections, and of what walidata have answered.

An inspection is known by the id under which its file is stored: that of the resource, which a
waiting deposit's file has already. A walidata's answer is known by the dataset (or the item that
has none yet), the kind and the column, so that it is asked once and holds for later files.
"""
from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.access.files import ROWS
from ckanext.satudata.access.model import file, finding_answer, inspection
from ckanext.satudata.journal import work

from .content import Inspection, as_dicts

#: Kind of the work that is owed for a file that came in.
OWED = "inspection"
#: The same for a link that is fetched again, a day later: nobody waits for it.
LINK = "link"
WAITING, DONE, FAILED = "menunggu", "selesai", "gagal"

#: What a walidata can answer to a doubtful finding.
NOT_PERSONAL, MAY_BE_OPEN, PERSONAL = "bukan_pribadi", "boleh_terbuka", "pribadi"
ANSWERS = (NOT_PERSONAL, MAY_BE_OPEN, PERSONAL)


@dataclass(frozen=True)
class Kept:
    """A row of the table of inspections."""

    resource_id: str
    package_id: str | None
    sha256: str
    status: str
    rules: str | None
    is_certain: bool
    findings: Sequence[Mapping[str, Any]]
    tables: Sequence[Mapping[str, Any]]
    difference: Mapping[str, Any] | None
    fetched_sha256: str | None = None


@dataclass(frozen=True)
class Seen:
    """What was found in a file, as it is stored.

    :param fetched_sha256: of what a link led to
    """

    findings: Sequence[Mapping[str, Any]]
    tables: Sequence[Mapping[str, Any]]
    difference: Mapping[str, Any] | None = None
    fetched_sha256: str | None = None


def seen(
    found: Inspection, difference: Mapping[str, Any] | None = None,
    fetched_sha256: str | None = None,
) -> Seen:
    """What was found, as it is stored."""
    tables = [{**asdict(one), "sound": one.is_sound} for one in found.tables]
    return Seen(as_dicts(found.findings), tables, difference, fetched_sha256)


_COLUMNS = tuple(inspection.c[name] for name in Kept.__dataclass_fields__)


def expect(resource_id: str, sha256: str, package_id: str | None) -> None:
    """A file came in: it is to be looked at, and this is owed from the commit on.

    In the transaction that stores the file. The same file again is not looked at again.
    """
    values = {
        "resource_id": resource_id, "package_id": package_id, "sha256": sha256,
        "status": WAITING, "rules": None, "is_certain": False, "findings": [], "tables": [],
        "difference": None, "checked_at": None, "fetched_sha256": None,
    }
    statement = pg.insert(inspection).values(**values)
    changed = statement.on_conflict_do_update(
        index_elements=[inspection.c.resource_id],
        set_={name: statement.excluded[name] for name in values if name != "resource_id"},
        where=inspection.c.sha256 != sha256,
    ).returning(inspection.c.resource_id)
    if model.Session.execute(changed).scalar() is not None:
        work.owe(OWED, resource_id)


def again(resource_id: str) -> None:
    """Look at a file once more: what is known of its columns has changed."""
    work.owe(OWED, resource_id)


def unsettled(resource_id: str, not_before: dt.datetime) -> None:
    """What stands behind a resource may become other: who decides about it looks at it first.

    :param not_before: when a worker looks if nobody else has
    """
    model.Session.execute(
        sa.update(inspection).where(inspection.c.resource_id == resource_id)
        .values(status=WAITING)
    )
    work.owe(OWED, resource_id, not_before=not_before)


def belongs_to(resource_id: str, package_id: str) -> None:
    """The file of a deposit has become a resource of a dataset."""
    model.Session.execute(
        sa.update(inspection).where(inspection.c.resource_id == resource_id)
        .values(package_id=package_id)
    )


def begin(resource_id: str, package_id: str | None, sha256: str) -> None:
    """The row of a file that was there before the plugin, in a transaction of its own.

    A row of something else makes way for it.
    """
    values = {"package_id": package_id, "sha256": sha256, "status": WAITING}
    with model.ensure_engine().begin() as connection:
        connection.execute(
            pg.insert(inspection).values(resource_id=resource_id, **values)
            .on_conflict_do_update(
                index_elements=[inspection.c.resource_id],
                set_={**values, "fetched_sha256": None, "is_certain": False, "findings": []},
                where=inspection.c.sha256 != sha256,
            ))


def keep(kept: Kept, rules: str, what: Seen, *, certain: bool) -> None:
    """Write down what was found, in a transaction of its own.

    Whoever decides may be refused by just this and roll back; it is not found a second time then.
    A file that was exchanged meanwhile keeps its own row.
    """
    values = {
        "status": DONE, "rules": rules, "is_certain": certain,
        "findings": [
            {**one, "id": finding_id(kept.resource_id, one)} for one in what.findings
        ],
        "tables": list(what.tables),
        "difference": None if what.difference is None else dict(what.difference),
        "fetched_sha256": what.fetched_sha256,
        "checked_at": sa.func.clock_timestamp(),
    }
    with model.ensure_engine().begin() as connection:
        connection.execute(
            sa.update(inspection)
            .where(inspection.c.resource_id == kept.resource_id,
                   inspection.c.sha256 == kept.sha256)
            .values(**values)
        )


def failed(resource_id: str) -> None:
    """The storage does not have the file."""
    with model.ensure_engine().begin() as connection:
        connection.execute(
            sa.update(inspection).where(inspection.c.resource_id == resource_id)
            .values(status=FAILED)
        )


def finding_id(resource_id: str, finding: Mapping[str, Any]) -> str:
    """The id by which a finding is answered."""
    parts = (resource_id, finding["kind"], finding["sheet"], finding["key"])
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def get(resource_id: str) -> Kept | None:
    """The inspection of a file, or None."""
    return of([resource_id]).get(resource_id)


def of(resource_ids: Collection[str]) -> dict[str, Kept]:
    """The inspections of files by the ids of these, in one query."""
    if not resource_ids:
        return {}
    rows = model.Session.execute(
        sa.select(*_COLUMNS).where(inspection.c.resource_id.in_(list(resource_ids)))
    ).mappings()
    return {row["resource_id"]: Kept(**row) for row in rows}


def with_finding(id: str) -> Kept | None:
    """The inspection in which a finding is."""
    row = model.Session.execute(
        sa.select(*_COLUMNS).where(inspection.c.findings.contains([{"id": id}])).limit(1)
    ).mappings().first()
    return Kept(**row) if row else None


def missing(package_id: str) -> list[tuple[str, str]]:
    """(resource_id, sha256) of files of a dataset for which there is no inspection of these bytes.
    """
    resource: Any = model.Resource
    rows = model.Session.execute(
        sa.select(file.c.resource_id, file.c.sha256)
        .join(resource, resource.id == file.c.resource_id)
        .outerjoin(inspection, inspection.c.resource_id == file.c.resource_id)
        .where(
            file.c.package_id == package_id, resource.url_type == "upload",
            sa.or_(
                inspection.c.sha256.is_(None), inspection.c.sha256 != file.c.sha256,
                inspection.c.package_id.is_distinct_from(package_id),
            ),
        )
    )
    return [(resource_id, sha256) for resource_id, sha256 in rows]


def is_certain(package_id: str) -> bool:
    """Whether a file of a dataset certainly holds personal data."""
    return package_id in certain_of([package_id])


def certain_of(package_ids: Collection[str]) -> set[str]:
    """Those of the datasets of which a file certainly holds personal data, in one query."""
    resource: Any = model.Resource
    return set(model.Session.execute(
        sa.select(inspection.c.package_id).distinct()
        .join(resource, sa.and_(
            resource.id == inspection.c.resource_id,
            resource.package_id == inspection.c.package_id, resource.state == "active",
        ))
        .where(inspection.c.package_id.in_(list(package_ids)), inspection.c.is_certain)
    ).scalars())


def mark(package_id: str, certain: Collection[str]) -> None:
    """An answer has changed which of a dataset's files certainly hold personal data."""
    model.Session.execute(
        sa.update(inspection).where(inspection.c.package_id == package_id)
        .values(is_certain=inspection.c.resource_id.in_(list(certain)))
    )


def of_packages(package_ids: Collection[str]) -> dict[str, list[Kept]]:
    """The inspections of the files of datasets, by the ids of these, in one query."""
    rows = model.Session.execute(
        sa.select(*_COLUMNS).where(inspection.c.package_id.in_(list(package_ids)))
        .order_by(inspection.c.resource_id)
    ).mappings()
    found: dict[str, list[Kept]] = {id: [] for id in package_ids}
    for row in rows:
        found[row["package_id"]].append(Kept(**row))
    return found


def public_links() -> list[str]:
    """Ids of the links of public datasets that were looked at before."""
    return list(model.Session.execute(
        _of_public_links(inspection.c.resource_id).order_by(inspection.c.checked_at)).scalars())


def links_with(kind: str) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Links of public datasets with a finding of a kind: the dataset's id, and all findings."""
    rows = model.Session.execute(
        _of_public_links(inspection.c.package_id, inspection.c.findings)
        .where(inspection.c.findings.contains([{"kind": kind}]))
        .order_by(inspection.c.package_id)
    )
    return [(package_id, findings) for package_id, findings in rows]


def _of_public_links(*columns: Any) -> Any:
    package: Any = model.Package
    resource: Any = model.Resource
    return (
        sa.select(*columns).select_from(inspection)
        .join(resource, resource.id == inspection.c.resource_id)
        .join(package, package.id == resource.package_id)
        .where(
            package.state == "active", package.private.is_(False), resource.state == "active",
            sa.func.coalesce(resource.url_type, "").not_in(("upload", *ROWS)),
        )
    )


def drop(resource_ids: Collection[str]) -> None:
    """There is nothing behind these resources any more."""
    model.Session.execute(
        sa.delete(inspection).where(inspection.c.resource_id.in_(list(resource_ids))))


def forget(package_id: str) -> None:
    """Remove what was found in the files of a dataset that is purged."""
    model.Session.execute(sa.delete(inspection).where(inspection.c.package_id == package_id))


# -- answers -------------------------------------------------------------------------------------


def answer(subject: str, kind: str, column_key: str, said: str, event_seq: int) -> None:
    """Remember the answer about a column; the latest stands."""
    statement = pg.insert(finding_answer).values(
        subject=subject, kind=kind, column_key=column_key, answer=said, event_seq=event_seq
    )
    model.Session.execute(statement.on_conflict_do_update(
        index_elements=["subject", "kind", "column_key"],
        set_={"answer": statement.excluded.answer, "event_seq": statement.excluded.event_seq},
    ))


def adopt(subject: str, heir: str) -> None:
    """What was answered for an item holds for its dataset, where that has no answer of its own.

    "Personal" holds in any case.
    """
    own = finding_answer.c
    statement = pg.insert(finding_answer).from_select(
        ["subject", "kind", "column_key", "answer", "event_seq"],
        sa.select(sa.literal(heir), own.kind, own.column_key, own.answer, own.event_seq)
        .where(own.subject == subject),
    )
    model.Session.execute(statement.on_conflict_do_update(
        index_elements=["subject", "kind", "column_key"],
        set_={"answer": statement.excluded.answer, "event_seq": statement.excluded.event_seq},
        where=statement.excluded.answer == PERSONAL,
    ))


def answers(subjects: Iterable[str | None]) -> dict[tuple[str, str], str]:
    """Answers by (kind, key of the column) for a file of all these subjects (:func:`together`)."""
    return together(answers_of({subject for subject in subjects if subject}).values())


def together(said: Iterable[Mapping[tuple[str, str], str]]) -> dict[tuple[str, str], str]:
    """What several subjects have answered, as one: nobody overrules who has answered "personal"."""
    found: dict[tuple[str, str], str] = {}
    for answered in said:
        for key, word in answered.items():
            found[key] = PERSONAL if found.get(key) == PERSONAL else word
    return found


def answers_of(subjects: Collection[str]) -> dict[str, dict[tuple[str, str], str]]:
    """Answers of many subjects, by these and then as in :func:`answers`; one query."""
    found: dict[str, dict[tuple[str, str], str]] = {subject: {} for subject in subjects}
    own = finding_answer.c
    for subject, kind, column, said in model.Session.execute(
        sa.select(own.subject, own.kind, own.column_key, own.answer)
        .where(own.subject.in_(list(subjects)))
    ):
        found[subject][kind, column] = said
    return found
