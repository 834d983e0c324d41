"""Two connections on the same items: neither waits for the other for ever, and nothing is lost."""
from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, register, state, store
from ckanext.satudata.deposits.model import state as state_table
from ckanext.satudata.journal import clock, events, sheets
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd.store import ensure

SYSTEM = Actor(None, CLI)
#: How long a transaction may take here; beyond it two wait for each other.
PATIENCE = 60


@pytest.fixture
def items(kota: Any) -> list[Any]:
    return [kota.item(f"Butir {number}", opd=ensure(kota.dinkes["id"])) for number in range(4)]


class Person(threading.Thread):
    """Somebody else, with a connection of their own; what went wrong is kept."""

    def __init__(self, app: Any, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.app, self.work = app, work
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with self.app.flask_app.test_request_context():
                self.work()
                model.Session.commit()
        except BaseException as error:
            self.error = error
        finally:
            model.Session.remove()

    def ended(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive(), "two transactions wait for each other"
        if self.error is not None:
            raise self.error


def renamed(id: Any, **changes: Any) -> None:
    now = obligations.locked([id])[id]
    terms = obligations.Terms(**{**now.__dict__, **changes})
    obligations.change_many([(id, terms, clock.city_today())], SYSTEM)


def test_many_changes_of_the_same_items_in_any_order_end_and_all_count(
    items: list[Any], app: Any
) -> None:
    rounds = 4

    def in_turn(order: list[Any], field: str) -> Callable[[], None]:
        def work() -> None:
            for number in range(rounds):
                ids = order if number % 2 else order[::-1]
                held = obligations.locked(ids)
                batch = obligations.Batch(SYSTEM)
                value = f"{field}{number}" if field != "prioritas" else bool(number % 2)
                batch.change([
                    (id, obligations.Terms(**{**held[id].__dict__, field: value}),
                     clock.city_today())
                    for id in ids
                ])
                batch.finish()
                model.Session.commit()
        return work

    def deposits() -> None:
        for id in items:
            store.create(id, "2026-10", "nil", SYSTEM)
            model.Session.commit()

    model.Session.remove()
    people = [
        Person(app, in_turn(items, "title")), Person(app, in_turn(items[::-1], "code")),
        Person(app, in_turn(items[1:] + items[:1], "prioritas")), Person(app, deposits),
    ]
    for person in people:
        person.start()
    for person in people:
        person.ended()
    for terms in obligations.latest(items).values():
        last = rounds - 1
        assert (terms.title, terms.code, terms.prioritas) == (
            f"title{last}", f"code{last}", bool(last % 2))
    came = model.Session.execute(
        sa.select(sa.func.count()).select_from(state_table).where(
            state_table.c.closed_by.is_(None), state_table.c.period == "2026-10",
            state_table.c.kind == "nil",
        )
    ).scalar_one()
    assert came == len(items)


def test_an_import_keeps_what_was_changed_while_it_planned(
    items: list[Any], app: Any, monkeypatch: Any
) -> None:
    planned = register.imports.plan

    def while_planning(*args: Any) -> Any:
        plan = planned(*args)
        other = Person(app, lambda: renamed(items[0], prioritas=True))
        other.start()
        other.ended()
        return plan

    monkeypatch.setattr(register.imports, "plan", while_planning)
    done = register.run(
        sheets.from_dicts([{"judul": "Butir 0", "opd": "dinkes", "frekuensi": "triwulanan"}]),
        2026, SYSTEM, dry_run=False, retire_missing=False, confirm=False,
    )
    assert done["updated"] == ["Butir 0"] and not done["errors"]
    now = obligations.latest([items[0]])[items[0]]
    assert (now.frekuensi, now.prioritas) == ("triwulanan", True)


def test_an_import_holds_the_journals_clock_once_at_its_end(kota: Any, monkeypatch: Any) -> None:
    stamped: list[int] = []
    stamp = events.stamp
    monkeypatch.setattr(events, "stamp", lambda seq: stamped.append(seq) or stamp(seq))
    rows = [{"judul": f"Butir {n}", "opd": "dinkes", "frekuensi": "bulanan"} for n in range(3)]

    def bring(rows: list[dict[str, Any]]) -> None:
        done = register.run(
            sheets.from_dicts(rows), 2026, SYSTEM, dry_run=False, retire_missing=True, confirm=True
        )
        assert not done["errors"]

    bring(rows)
    bring([{**rows[0], "frekuensi": "tahunan"}, {**rows[0], "judul": "Baru"}])
    assert len(stamped) == 2
    latest = model.Session.execute(sa.text("SELECT max(seq) FROM satudata_event")).scalar()
    assert stamped[-1] == latest, "nothing is recorded after it"


def test_one_who_waited_reads_what_the_first_has_written(items: list[Any], app: Any) -> None:
    """Retiring and excusing the same item at once: both stand in the state of its periods."""
    id = items[0]
    state.lock([id])
    other = Person(app, lambda: obligations.excuse(id, "2026-11", None, "bencana", SYSTEM))
    other.start()
    obligations.retire(id, dt.date(2026, 12, 31), "selesai", SYSTEM)
    model.Session.commit()
    other.ended()
    rows = model.Session.execute(
        sa.select(state_table.c.period, state_table.c.last_day, state_table.c.waived).where(
            state_table.c.obligation == id, state_table.c.closed_by.is_(None),
        )
    ).all()
    assert max(row.last_day for row in rows) <= dt.date(2026, 12, 31)
    assert [row.period for row in rows if row.waived] == ["2026-11"]


def test_files_of_one_save_without_a_period_are_for_one_open_period_each(kota: Any) -> None:
    """The second finds the period of the first taken, though the table follows at the commit."""
    today = clock.city_today()
    item = kota.item(frekuensi="tahunan", valid_from=dt.date(today.year - 1, 1, 1))
    owing = [row["period"] for row in state.standing(item) if row["last_day"] < today]
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], user={"name": "petugas"})
    obligations.link(item, dataset["id"], kota.system)
    model.Session.commit()
    helpers.call_action(
        "package_patch", {"user": "petugas"}, id=dataset["id"],
        resources=[{"url": f"https://dinkes.go.id/{n}.csv", "jenis_berkas": "data"}
                   for n in range(2)],
    )
    _, came = store.find(obligations=[item])
    assert sorted(row["period"] for row in came) == sorted(owing)
    assert len(owing) == 2
