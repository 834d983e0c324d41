"""The daftar data of a year as it is stored, and what an import writes into it."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.access import submissions, visibility
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.events import Actor
from ckanext.satudata.journal.sheets import Row
from ckanext.satudata.opd import office_list
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.imports import References

from . import imports, obligations, steps, versions
from .imports import Entry, Known, Plan, Surroundings
from .model import obligation
from .obligations import Terms
from .periods import default_tahun_awal

#: A larger part of a year's items than this is retired only when asked for twice.
MANY = 0.1

_TERMS = (
    "title", "frekuensi", "klasifikasi_akses", "valid_from", "valid_until", "prioritas", "jadwal",
    "tahun_awal", "code",
)


def known() -> list[Known]:
    """All items in the plain values of a sheet; three queries."""
    names = {key: office.name for key, office in offices.offices().items()}
    version = versions.latest().subquery()
    rows = model.Session.execute(
        sa.select(version, obligation.c.package_id)
        .join(obligation, obligation.c.id == version.c.obligation)
    ).mappings()
    return [
        _known(row["obligation"], Terms.from_row(row), row["package_id"], names) for row in rows
    ]


def _known(
    id: UUID, terms: Terms, package_id: str | None, names: Mapping[UUID, str]
) -> Known:
    held = {name: getattr(terms, name) for name in _TERMS}
    held["jadwal"] = tuple(sorted(terms.jadwal, key=lambda entry: (entry[1], entry[0])))
    if held["tahun_awal"] is None:
        # From which year it counts in fact: so it goes on in the next year's register.
        held["tahun_awal"] = default_tahun_awal(terms.frekuensi, terms.valid_from)
    held |= {"office": names.get(terms.opd, ""), "dataset": package_id}
    return Known(id, terms.register_year, held)


def run(
    rows: Sequence[Row], year: int, by: Actor, *, dry_run: bool, retire_missing: bool, confirm: bool
) -> dict[str, Any]:
    """Plan and, unless it is a dry run or something is wrong, do it in one transaction.

    :returns: as the action ``satudata_register_import``
    :raises tk.ValidationError: on ``confirm``, when more than a tenth would be retired
    """
    if not dry_run:
        # Two imports at once would each make what the other makes.
        model.Session.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtext('satudata_register'))")
        )
    items = known()
    today = clock.city_today()
    plan = imports.plan(rows, items, _surroundings(year, today))
    retired = _to_retire(plan, today) if retire_missing and plan.entries else []
    if not plan.problems and not dry_run:
        _refuse_many(len(retired), sum(one.counts_in(year) for one in items), confirm)
        _write(plan, retired, by, today)
        model.Session.commit()
    else:
        model.Session.rollback()
    done = not plan.problems
    kept = {one.id for one in retired}
    return {
        "created": [entry.title for entry in plan.created] if done else [],
        "updated": [entry.title for entry in plan.updated] if done else [],
        "unchanged": [entry.title for entry in plan.unchanged] if done else [],
        "retired": [one.values["title"] for one in retired] if done else [],
        "absent": [
            one.values["title"] for one in plan.absent if one.id not in kept
        ] if done else [],
        "errors": [office_list.told(problem) for problem in plan.problems],
        "changes": [_difference(entry, year) for entry in plan.updated] if done else [],
        "skipped": plan.skipped,
    }


def _difference(entry: Entry, year: int) -> dict[str, Any]:
    """What a row changes of its item: each value before and after, as JSON."""
    before: dict[str, Any] = {**entry.known.values, "year": entry.known.year} if entry.known else {}
    return {"row": entry.row, "title": entry.title, "fields": {
        name: [_said(before[name]), _said(after)] for name, after in entry.changes(year).items()
    }}


def _said(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{"period": code, "date": day.isoformat()} for code, day in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def derive(by: Actor, *, dry_run: bool) -> list[str]:
    """Make items out of existing datasets with a frequency that none is linked to.

    :returns: titles of the new items
    :raises tk.ValidationError: on ``year``: there is a daftar data, which alone says what is owed
    """
    year = clock.city_today().year
    if steps.has_register(year):
        raise tk.ValidationError({"year": [
            tk._("There is a daftar data of {year}: it alone says what is owed.").format(year=year)
        ]})
    package: Any = model.Package
    linked = sa.select(obligation.c.package_id).where(obligation.c.package_id.isnot(None))
    rows = model.Session.execute(
        sa.select(package.id, package.name, package.title, package.owner_org)
        .where(
            package.type == "dataset", package.state == "active", package.owner_org.isnot(None),
            package.id.not_in(linked),
        )
        .order_by(package.name)
    ).mappings().all()
    extras = compat.package_extras(
        [row["id"] for row in rows], ("frekuensi", "klasifikasi_akses")
    )
    found = []
    for row in rows:
        terms = steps.terms_of({**row, **extras.get(row["id"], {})})
        if terms is not None:
            found.append((row["id"], terms))
    if dry_run:
        model.Session.rollback()
    else:
        obligations.create_many(found, by)
        model.Session.commit()
    return [terms.title for _, terms in found]


def _surroundings(year: int, today: dt.date) -> Surroundings:
    package: Any = model.Package
    datasets: dict[str, str] = {}
    for id, name in model.Session.execute(
        sa.select(package.id, package.name)
        .where(package.type == "dataset", package.state != "deleted")
    ):
        datasets[id] = datasets[name] = id
    classes = steps.classes_of(set(datasets.values()))
    return Surroundings(
        year, today, References(office_list.known()).find, datasets.get,
        str(tk.config.get("ckan.site_url") or ""), classes.get,
    )


def _to_retire(plan: Plan, today: dt.date) -> list[Known]:
    return [
        one for one in plan.absent
        if one.values["valid_until"] is None or one.values["valid_until"] > today
    ]


def _refuse_many(retired: int, current: int, confirm: bool) -> None:
    if confirm or retired <= current * MANY:
        return
    message = tk._(
        "{count} of {total} items are not in the file and would be retired. "
        "If that is meant, say confirm=true as well."
    )
    raise tk.ValidationError({"confirm": [message.format(count=retired, total=current)]})


def _write(plan: Plan, retired: Sequence[Known], by: Actor, today: dt.date) -> None:
    keys = _office_keys(plan, by)
    updated = {entry.known.id: entry.changes(plan.year) for entry in plan.updated if entry.known}
    wanted = {entry.known.id: entry.wanted(plan.year)["dataset"]
              for entry in plan.updated if entry.known}
    new = [_new(entry, plan.year, keys) for entry in plan.created]
    linked = {dataset for dataset in [*wanted.values(), *(one for one, _ in new)] if dataset}
    submissions.lock(*linked)
    rules.keep_first(by)
    # What others have changed since the plan was made stays: only what the sheet says is changed.
    held = obligations.locked([*updated, *(one.id for one in retired)])
    classes = steps.classes_of(linked)
    batch = obligations.Batch(by)
    batch.create([(dataset, _as_linked(terms, dataset, classes)) for dataset, terms in new])
    links = [(id, said.pop("dataset")) for id, said in updated.items() if "dataset" in said]
    terms = {id: _as_linked(_changed(held[id], said, keys), wanted[id], classes)
             for id, said in updated.items()}
    batch.change([
        (id, now, today) for id, now in terms.items() if updated[id] or now != held[id]])
    obligations.link_many(links, by)
    batch.retire(
        {one.id: held[one.id] for one in retired}, today,
        tk._("Not in the daftar data of {year} any more.").format(year=plan.year),
    )
    batch.finish()


def _office_keys(plan: Plan, by: Actor) -> dict[str, UUID]:
    group: Any = model.Group
    names = {entry.said["office"] for entry in plan.entries}
    rows = model.Session.execute(
        sa.select(group.name, group.id).where(
            group.is_organization.is_(True), group.name.in_(list(names))
        )
    )
    return {name: offices.ensure(id, by) for name, id in rows.all()}


def _new(entry: Entry, year: int, keys: Mapping[str, UUID]) -> tuple[str | None, Terms]:
    wanted = entry.wanted(year)
    terms = {name: wanted[name] for name in _TERMS}
    return wanted["dataset"], Terms(opd=keys[wanted["office"]], register_year=year, **terms)


def _as_linked(terms: Terms, dataset: str | None, classes: Mapping[str, str]) -> Terms:
    """With the more closed class of the two, as it is now: the plan was made before."""
    own = terms.klasifikasi_akses
    return replace(
        terms, klasifikasi_akses=visibility.more_closed(own, classes.get(dataset or "", own)))


def _changed(now: Terms, changes: Mapping[str, Any], keys: Mapping[str, UUID]) -> Terms:
    told: dict[str, Any] = {name: changes[name] for name in _TERMS if name in changes}
    if "office" in changes:
        told["opd"] = keys[changes["office"]]
    if "year" in changes:
        told["register_year"] = changes["year"]
    return replace(now, **told)
