"""What follows for the daftar data when a dataset is saved: obligations kept, files noticed.

Runs in the saving transaction; ``access.saving`` calls it (see ``access.saving.Step``).
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from ckan import model
from ckan.types import Context

from ckanext.satudata import compat
from ckanext.satudata.access import lifecycle, submissions, visibility
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.events import Actor, actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.opd import store as offices
from ckanext.satudata.schema import codes

from . import obligations, state, store, versions
from .counting import infer_period
from .model import obligation_version
from .periods import current_period, is_period, parse_period
from .store import File

#: Key in the context: the dataset is made for this item, which is to be linked to it.
FOR_ITEM = "satudata_for_item"
#: Key in the context: ids of the resources that the dataset had before.
_BEFORE = "satudata_resources_before"
#: Key in the context: the dataset was deleted, and is not any more after this save.
_RESTORED = "satudata_restored"


def before_dataset_saved(
    context: Context, old: Mapping[str, Any] | None, new: dict[str, Any]
) -> None:
    """Remember which files were there already; lock what may follow."""
    if old is not None:
        hold(old["id"])
    kept: Any = context
    kept[_BEFORE] = {one["id"] for one in (old or {}).get("resources") or ()}
    kept[_RESTORED] = (old or {}).get("state") == "deleted"


def after_dataset_saved(context: Context, dataset: Mapping[str, Any]) -> None:
    """Keep the dataset's item in step, and take new files as deposits for it."""
    if (dataset.get("type") or "dataset") != "dataset" or not dataset.get("owner_org"):
        return
    by = actor(context)
    made_for: Any = context.get(FOR_ITEM)
    if made_for is not None:
        obligations.link(made_for, dataset["id"], by)
        return
    ids = obligations.all_of_dataset(dataset["id"])
    if dataset.get("state") == "deleted":
        _end_derived(ids, by)
        return
    ended = _ended_with(dataset["id"], ids) if context.get(_RESTORED) else {}
    _follow(ids, dataset, by, ended)
    if not ids and (derived := _derive(dataset, by)):
        ids = [derived]
    if ids:
        _notice_files(context, ids[0], dataset, by)


def before_dataset_purged(package_id: str, by: Actor) -> None:
    """An item does not stay linked to nothing; one of a register goes on being owed."""
    hold(package_id)
    ids = obligations.all_of_dataset(package_id)
    obligations.link_many([(id, None) for id in ids], by)
    _end_derived(ids, by)


def hold(package_id: str) -> None:
    """Lock the items of a dataset and the deposits that wait as its files.

    Whoever changes a dataset locks in this order: the dataset, the rules, its items, its deposits;
    then comes what is written.
    """
    rules.hold()
    state.lock(obligations.all_of_dataset(package_id))
    store.lock_attached(package_id)


def is_owed(package_id: str) -> bool:
    """Whether a dataset stands on the daftar data of a year: its office does not delete it alone.

    An item that was only derived from the dataset ends with it.
    """
    terms = obligations.latest(obligations.all_of_dataset(package_id))
    return any(one.register_year is not None for one in terms.values())


def is_priority(package_id: str) -> bool:
    """Whether an item of a dataset is data prioritas."""
    terms = obligations.latest(obligations.all_of_dataset(package_id))
    return any(one.prioritas for one in terms.values())


#: What a decision on a dataset means for the deposits that came as its resources.
_DECISIONS = {
    lifecycle.VERIFY: "deposit.accepted",
    lifecycle.UNBLOCK: "deposit.accepted",
    lifecycle.RETURN: "deposit.returned",
}


def after_dataset_decided(package_id: str, event: str, note: str | None, by: Actor) -> None:
    """A file that came through CKAN's own form is accepted or returned with its dataset."""
    if decision := _DECISIONS.get(event):
        store.decide_attached(package_id, decision, note, by)
    row = submissions.get(package_id)
    if event not in (lifecycle.VERIFY, lifecycle.UNBLOCK) or row is None:
        return
    known = obligations.latest(obligations.all_of_dataset(package_id))
    if row.verified_class is not None:
        _change_class(known, row.verified_class, by)


def _derive(dataset: Mapping[str, Any], by: Actor) -> UUID | None:
    """First day: without a daftar data each dataset with a ``frekuensi`` is an obligation."""
    terms = terms_of(dataset)
    if terms is None or has_register(terms.valid_from.year):
        return None
    return obligations.create_many([(dataset["id"], terms)], by)[0]


def _end_derived(ids: Sequence[UUID], by: Actor) -> None:
    """An item that was only derived from a dataset ends with it; a register's stays owed."""
    today = clock.city_today()
    held = {
        # It says what the dataset said, which nobody reads any more.
        id: replace(terms, klasifikasi_akses=visibility.TERTUTUP)
        for id, terms in obligations.locked(ids).items() if terms.register_year is None
    }
    batch = obligations.Batch(by)
    batch.change([(id, terms, today) for id, terms in held.items()])
    batch.retire(held, today, "")
    batch.finish()


def _ended_with(package_id: str, ids: Sequence[UUID]) -> dict[UUID, dt.date | None]:
    """Of items that ended when their dataset was deleted: the last day that each had before.

    None of them while there is a register: then it alone says what is owed.
    """
    if has_register(clock.city_today().year):
        return {}
    deleted = (
        sa.select(sa.func.max(event.c.seq))
        .where(event.c.object_type == "dataset", event.c.object_id == package_id,
               event.c.type == "dataset.deleted")
        .scalar_subquery()
    )
    rows = model.Session.execute(
        versions.latest(obligation_version.c.obligation, obligation_version.c.valid_until)
        .where(obligation_version.c.obligation.in_(list(ids)),
               obligation_version.c.event_seq < deleted)
    )
    return {row.obligation: row.valid_until for row in rows}


def _follow(
    ids: Sequence[UUID], dataset: Mapping[str, Any], by: Actor,
    ended: Mapping[UUID, dt.date | None],
) -> None:
    """The access class of an item is its dataset's; a derived item follows it in everything.

    :param ended: last days of items that end no more, as their dataset is restored
    """
    said = terms_of(dataset) if ids else None
    changes = []
    for id, now in obligations.locked(ids).items():
        derived = now.register_year is None
        changed = replace(now, klasifikasi_akses=_class_of(dataset, derived=derived))
        if derived and said is not None:
            changed = replace(
                now, title=said.title, opd=said.opd, frekuensi=said.frekuensi,
                klasifikasi_akses=said.klasifikasi_akses,
                valid_until=ended.get(id, now.valid_until),
            )
        if changed != now:
            changes.append((id, changed, clock.city_today()))
    obligations.change_many(changes, by)


def _change_class(
    known: Mapping[UUID, obligations.Terms], klass: str, by: Actor
) -> None:
    obligations.change_many([
        (id, replace(now, klasifikasi_akses=klass), clock.city_today())
        for id, now in known.items() if now.klasifikasi_akses != klass
    ], by)


def _class_of(dataset: Mapping[str, Any], *, derived: bool) -> str:
    """The class by which a dataset's item is named: opening waits for the verification.

    An item of a register has a title of its own. One that is derived says the dataset's, and is
    named to nobody who does not see the dataset.
    """
    row = submissions.get(dataset["id"])
    klass = visibility.reading_class(
        dataset.get("klasifikasi_akses"), row.verified_class if row else None
    )
    hidden = derived and klass == visibility.TERBUKA and dataset.get("private")
    return visibility.TERTUTUP if hidden else klass


def classes_of(package_ids: Collection[str]) -> dict[str, str]:
    """The classes by which items of registers that are linked to datasets are named, by id."""
    given = compat.package_extras(list(package_ids), ["klasifikasi_akses"])
    return {
        id: visibility.reading_class(
            given.get(id, {}).get("klasifikasi_akses"), row.verified_class)
        for id, row in submissions.of(package_ids).items()
    }


def as_linked(terms: obligations.Terms, package_id: str) -> obligations.Terms:
    """Terms of an item that is linked to a dataset: the more closed class of the two holds."""
    klass = visibility.more_closed(terms.klasifikasi_akses, classes_of([package_id])[package_id])
    return replace(terms, klasifikasi_akses=klass)


def terms_of(dataset: Mapping[str, Any]) -> obligations.Terms | None:
    """The terms of an item derived from a dataset; None without a frequency that is known."""
    frekuensi = codes.normalise("frekuensi", dataset.get("frekuensi") or "")
    if frekuensi is None:
        return None
    return obligations.Terms(
        title=dataset.get("title") or dataset["name"],
        opd=offices.ensure(dataset["owner_org"]),
        frekuensi=frekuensi,
        valid_from=clock.city_today(),
        klasifikasi_akses=_class_of(dataset, derived=True),
    )


def has_register(year: int) -> bool:
    """Whether there is a daftar data of a year: then it alone says what is owed."""
    return model.Session.execute(
        sa.select(sa.exists().where(obligation_version.c.register_year == year))
    ).scalar_one()


def _notice_files(context: Context, id: UUID, dataset: Mapping[str, Any], by: Actor) -> None:
    before: Any = context.get(_BEFORE)
    if before is None:
        # A decision of our own is carried out: its file is a deposit already, the others are old.
        return
    new = [
        one for one in dataset.get("resources") or ()
        if one["id"] not in before and (one.get("jenis_berkas") or "data") == "data"
    ]
    if not new:
        return
    submission, hashes = submissions.with_files(dataset["id"])
    verified = submission is not None and submission.status == "terverifikasi"
    for resource in new:
        if _is_deposit(resource["id"]):
            continue
        period, inferred = _period(id, resource)
        if period is None:
            continue
        # Its period may be owed by the item of an earlier year's register.
        owing = obligations.of_dataset(dataset["id"], period) or id
        store.create(
            owing, period, "file", by, package_id=dataset["id"], inferred=inferred, attached=True,
            status=store.ACCEPTED if verified else store.WAITING,
            file=File(resource["id"], hashes.get(resource["id"]), None, resource.get("url")),
        )


def _period(id: UUID, resource: Mapping[str, Any]) -> tuple[str | None, bool]:
    given = resource.get("periode")
    if given and is_period(given):
        return given, False
    terms, today = obligations.latest_of(id), clock.city_today()
    # As this save leaves it: the table follows at its commit.
    open_ones = [
        parse_period(row["period"]) for row in state.standing(id)
        if row["deadline"] and not row["waived"] and row["counts_from"] is None
    ]
    current = current_period(terms.frekuensi, today, terms.start_year)
    found = infer_period(open_ones, current, today)
    return (found.code if found else None), True


def _is_deposit(resource_id: str) -> bool:
    return store.of_resource(resource_id) is not None
