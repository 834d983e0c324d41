"""What ``ckan satudata why`` says of deposits: which rule counts, and the events behind it."""
from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import why

from . import obligations, store
from .model import deposit, state

_RULES = {
    store.WAITING: "waiting", store.ACCEPTED: "counts", store.RETURNED: "returned",
    store.WITHDRAWN: "withdrawn",
}


def of_dataset(package: model.Package) -> Iterator[str]:
    """The items of the daftar data that a dataset stands for, and the deposits that wait."""
    ids = obligations.all_of_dataset(package.id)
    for terms in obligations.latest(ids).values() if ids else ():
        yield tk._("Item of the daftar data: {title} ({frequency})").format(
            title=terms.title, frequency=terms.frekuensi)
    if ids:
        _, waiting = store.find(
            status=store.WAITING, opds=None, obligations=ids, limit=100, offset=0)
        for row in waiting:
            yield tk._("A deposit for {period} waits to be checked: {id}").format(
                period=row["period"], id=row["id"])


def objects(package_id: str) -> list[tuple[str, str]]:
    """The items a dataset stands for, and the deposits for them or in it, as events name them."""
    ids = obligations.all_of_dataset(package_id)
    return [
        *(("obligation", str(id)) for id in ids),
        *(("deposit", str(id)) for id in model.Session.execute(
            sa.select(deposit.c.id).where(sa.or_(
                deposit.c.obligation.in_(ids), deposit.c.package_id == package_id))
        ).scalars()),
    ]


def of_deposit(text: str) -> Iterator[str] | None:
    """The rule by which a deposit counts, and its events; None: there is no such deposit."""
    try:
        id = UUID(text)
    except ValueError:
        return None
    return _lines(id) if store.get(id) is not None else None


def _lines(id: UUID) -> Iterator[str]:
    row = store.get(id)
    if row is None:
        return
    terms = obligations.latest_of(row["obligation"])
    yield tk._("Deposit for {title}, {period}: {status}").format(
        title=terms.title, period=row["period"], status=row["status"])
    yield tk._("Rule: {rule} {words}").format(
        rule=f"[{_RULES[row['status']]}]", words=_words(row["status"]))
    yield tk._("It was recorded {moment}.").format(moment=row["happened_at"].isoformat())
    if row["attached"]:
        yield tk._("It came as a file of its dataset and is decided with it.")
    held = model.Session.execute(
        sa.select(state.c.last_day, state.c.counts_from, state.c.mending_until).where(
            state.c.obligation == row["obligation"], state.c.period == row["period"],
            state.c.closed_by.is_(None),
        )
    ).mappings().first()
    if held is None:
        yield tk._("Nothing is owed for this period.")
    else:
        yield tk._("Last day of the period: {day}; it counts from: {moment}").format(
            day=held["last_day"], moment=held["counts_from"] or tk._("nothing has come"))
        if held["mending_until"]:
            yield tk._("It can be mended until {moment}.").format(moment=held["mending_until"])
    yield from why.told([("deposit", str(id))])


def _words(status: str) -> str:
    return {
        store.WAITING: tk._(
            "It waits to be checked; it counts from the moment it came, however long that takes."),
        store.ACCEPTED: tk._("It was accepted; it counts from the moment it came."),
        store.RETURNED: tk._(
            "It was returned: a corrected one counts from its time if it comes within the time for "
            "mending."),
        store.WITHDRAWN: tk._("Its office withdrew it: it counts for nothing."),
    }[status]
