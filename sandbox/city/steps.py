"""The steps by which a sample city comes into a portal, through the plugin's own actions.

Each step may be run again: it looks at what is there and does the rest. To be called within a
request context of CKAN.
"""
from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from werkzeug.datastructures import FileStorage

from ckanext.satudata.access import submissions
from ckanext.satudata.changes import history
from ckanext.satudata.deposits import register as stored_register
from ckanext.satudata.deposits import store as stored_deposits
from ckanext.satudata.deposits.model import dispensation
from ckanext.satudata.journal import sheets
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people_import
from ckanext.satudata.report import snapshots
from ckanext.satudata.schema import codes
from sandbox import accounts

from . import assemble, bulk, files
from .model import DRAFT, PUBLISHED, RETURNED, City, Dataset, FileSpec, PresentDeposit

#: Quarters before the latest ended one that are frozen: the latest is left to the walidata.
FROZEN = 2
_MIME = {
    "CSV": "text/csv",
    "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What a step says while it works: how many are done.
Tell = Callable[[int], None]


class LoadError(Exception):
    """The portal refused a part of the city; the message says which."""


def call(user: str, action: str, **data: Any) -> Any:
    """Call an action as a person: nothing is skipped."""
    context: Any = {"user": user, "ignore_auth": False}
    try:
        return tk.get_action(action)(context, data)
    except (tk.ValidationError, tk.NotAuthorized) as error:
        about = data.get("name") or data.get("id") or data.get("package_id") or ""
        raise LoadError(f"{action} {about} as {user}: {error}") from error


class Loading:
    """One city on its way into one portal."""

    def __init__(self, city: City, city_dir: Path) -> None:
        self.city = city
        self.city_dir = city_dir
        by_role = {role: user.name for user in reversed(city.users) for role in user.roles}
        self.walidata = by_role["walidata"]
        self.koordinator = by_role["koordinator"]
        self.checkers = [user.name for user in city.users if "walidata" in user.roles]

    @cached_property
    def place(self) -> Any:
        """What the files' tables need to know of the city."""
        return files.place_of(self.city, self.city_dir)

    # --- offices and people ---------------------------------------------------------------------

    def offices(self) -> None:
        """The office list, as the sysadmin imports it."""
        _sysadmin()
        rows = [dict(office.row) for office in self.city.offices]
        _accepted(call(accounts.SYSADMIN, "satudata_opd_import", rows=rows))

    def people(self) -> None:
        """Accounts, memberships and roles."""
        rows = []
        for user in self.city.users:
            row = {
                "user": user.name, "fullname": user.fullname, "email": user.email,
                "password": accounts.PASSWORD, "role": ";".join(user.roles),
                "administers": "ya" if user.name == self.walidata else "",
            }
            if user.office_code and user.capacity:
                row |= {"opd": user.office_code, "capacity": user.capacity}
            rows.append(row)
        context: Any = {"user": accounts.SYSADMIN}
        _accepted(people_import.run(context, sheets.from_dicts(rows), dry_run=False))

    # --- what is owed and what came before ------------------------------------------------------

    def registers(self, *, linked: bool = False) -> None:
        """The daftar data of each year; ``linked`` when their datasets are there."""
        years = sorted({year for item in self.city.register for year in item.years})
        for year in years:
            rows = [item.as_row(year) for item in self.city.register_of(year)]
            if not linked:
                rows = [{key: row[key] for key in row if key != "package_id"} for row in rows]
            _accepted(call(self.koordinator, "satudata_register_import", year=year, rows=rows))

    def past(self) -> None:
        """Agreements and deposits of before the portal."""
        deposits = [
            {
                "opd": row.office_code, "judul": row.item_title, "periode": row.period,
                "jenis": row.kind, "tanggal": row.happened_at.isoformat(),
            }
            for row in (*self.city.history, *self.city.arrived)
        ]
        agreements = [
            {"tahun": one.year, "tanggal": one.date, "berita_acara": one.minutes}
            for one in self.city.agreements
        ]
        book = {
            "kesepakatan": sheets.from_dicts(agreements), "setoran": sheets.from_dicts(deposits)
        }
        sysadmin = model.User.get(accounts.SYSADMIN)
        _accepted(history.run(book, Actor(sysadmin and sysadmin.id, CLI)))

    # --- datasets -------------------------------------------------------------------------------

    def datasets(self, part: int, parts: int, tell: Tell) -> None:
        """One part of the datasets, each brought to the state that it should reach."""
        mine = self.city.datasets[part::parts]
        known = _known_datasets([dataset.name for dataset in mine])
        with bulk.unindexed():
            for number, dataset in enumerate(mine):
                self._dataset(dataset, *known.get(dataset.name, (None, 0)))
                model.Session.remove()
                tell(number + 1)
        bulk.index([dataset.name for dataset in mine])

    def _dataset(self, dataset: Dataset, status: str | None, have: int) -> None:
        if status == dataset.state and (status != DRAFT or have == len(dataset.files)):
            return
        editor = f"{self.city.office[dataset.office_code].name}-editor"
        if status is None:
            call(editor, "package_create", **dataset.metadata)
            status = DRAFT
        if status == DRAFT:
            for file in dataset.files[have:]:
                call(
                    editor, "resource_create", package_id=dataset.name, url=file.filename,
                    upload=self._upload(dataset, file), **assemble.resource_fields(dataset, file),
                )
        if dataset.state == DRAFT:
            return
        if status == DRAFT:
            seen = call(editor, "satudata_dataset_submit", id=dataset.name)
        else:
            seen = call(editor, "package_show", id=dataset.name)
        if dataset.state in (PUBLISHED, RETURNED):
            self._decide(dataset, seen["content_hash"])

    def _decide(self, dataset: Dataset, content_hash: str) -> None:
        checker = self.checkers[len(dataset.name) % len(self.checkers)]
        decision = "verify" if dataset.state == PUBLISHED else "return"
        call(
            checker, f"satudata_dataset_{decision}", id=dataset.name,
            content_hash=content_hash, note=dataset.note,
        )

    def _upload(self, dataset: Dataset, file: FileSpec) -> FileStorage:
        content = files.render(dataset, file, self.place)
        return FileStorage(
            io.BytesIO(content), filename=file.filename, content_type=_MIME[file.format]
        )

    # --- the running quarter --------------------------------------------------------------------

    def deposits(self, tell: Tell) -> None:
        """What is deposited today: some of it accepted or returned, the rest waits."""
        items = self._items()
        for number, one in enumerate((*self.city.present, *self.city.corrections)):
            self._deposit(one, items)
            model.Session.remove()
            tell(number + 1)

    def _deposit(self, one: PresentDeposit, items: dict[tuple[str, str], UUID]) -> None:
        office = self.city.office[one.office_code].name
        item = items[office, codes.fold(one.item_title)]
        more: dict[str, Any] = {}
        if one.file is not None:
            more["upload"] = self._upload(self.city.dataset[one.dataset_name], one.file)
            if one.file.corrected:
                more["replaces"] = str(_accepted_one(item, one.period))
        made = call(
            f"{office}-editor", "satudata_deposit_create", obligation_id=str(item),
            period=one.period, kind=one.kind, idempotency_key=f"contoh {one.period}", **more,
        )
        if made["status"] != one.outcome and made["status"] == "menunggu":
            decision = "accept" if one.outcome == "diterima" else "return"
            call(
                self.walidata, f"satudata_deposit_{decision}", id=made["id"],
                sha256=made["sha256"], note=one.note,
            )

    def excuses(self) -> None:
        """Dispensations: more time, or nothing owed."""
        items = self._items()
        there = {
            tuple(row) for row in model.Session.execute(
                sa.select(dispensation.c.obligation, dispensation.c.period)
            )
        }
        for one in self.city.excuses:
            office = self.city.office[one.office_code].name
            id = items[office, codes.fold(one.item_title)]
            if (id, one.period) not in there:
                call(
                    self.walidata, "satudata_obligation_excuse", id=str(id), period=one.period,
                    reason=one.reason, until=one.until.isoformat() if one.until else None,
                )

    def _items(self) -> dict[tuple[str, str], UUID]:
        """Items of this year's register by office and title."""
        return {
            one.key: one.id for one in stored_register.known() if one.year == self.city.today.year
        }

    def frozen(self) -> None:
        """Freeze the quarters before the latest ended one, which the walidata is to freeze."""
        for quarter in frozen_quarters(self.city.today):
            if snapshots.latest(quarter) is None:
                call(self.walidata, "satudata_snapshot_freeze", quarter=quarter.code)


def frozen_quarters(today: dt.date) -> list[Quarter]:
    """The quarters that the loader freezes, oldest first."""
    latest = Quarter.of(today).index - 1
    return [Quarter.from_index(latest - ago) for ago in range(FROZEN, 0, -1)]


def _sysadmin() -> None:
    """The sample sysadmin, if there is none yet."""
    user = model.User.get(accounts.SYSADMIN)
    if user is None:
        context: Any = {"ignore_auth": True}
        tk.get_action("user_create")(context, {
            "name": accounts.SYSADMIN, "email": f"{accounts.SYSADMIN}@example.org",
            "password": accounts.PASSWORD,
        })
        user = model.User.get(accounts.SYSADMIN)
    if user is not None and not user.sysadmin:
        user.sysadmin = True
        model.Session.commit()


def _known_datasets(names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Status and number of files of those datasets that are there already."""
    package: Any = model.Package
    resource: Any = model.Resource
    rows = model.Session.execute(
        sa.select(package.name, package.id, sa.func.count(resource.id))
        .outerjoin(resource, (resource.package_id == package.id) & (resource.state == "active"))
        .where(package.name.in_(list(names)), package.state == "active")
        .group_by(package.name, package.id)
    ).all()
    status = submissions.status_of([id for _, id, _ in rows])
    return {name: (status[id], count) for name, id, count in rows}


def _accepted_one(item: UUID, period: str) -> UUID:
    """The deposit that came first for a period."""
    return next(
        row["id"] for row in stored_deposits.standing(item, period)
        if row["status"] == stored_deposits.ACCEPTED)


def _accepted(done: dict[str, Any]) -> None:
    if done["errors"]:
        told = "; ".join(
            f"{one['row']}, {one['field']}: {one['message']}" for one in done["errors"][:5]
        )
        raise LoadError(told)
