"""The judgement in SQL says the same as the rule in readable form, office for office.

Random registers are written through the rooms' own functions, judged by SQL, by the pure module
from the same rows, and read back through the report; all three must agree.
"""
from __future__ import annotations

import datetime as dt
import random

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, owed, store
from ckanext.satudata.deposits.counting import KINDS
from ckanext.satudata.deposits.listing import EVERYTHING
from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd.store import ensure
from ckanext.satudata.report import evaluation, figures
from ckanext.satudata.report.quarter import Judged, facts_of
from tests.counting import counted

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")

SYSTEM = Actor(None, CLI)
RHYTHMS = ("bulanan", "triwulanan", "semesteran", "mingguan", "terus_menerus", "insidental")


@pytest.fixture
def random_city():
    """Offices of two levels with items, deposits of every kind, returns and dispensations."""
    dice = random.Random(20261124)
    heads = [ensure(factories.Organization()["id"]) for _ in range(3)]
    units = []
    for head in heads[:2]:
        above = str(head)
        unit = factories.Organization(groups=[{"name": model.Group.get(above).name}])
        units.append(ensure(unit["id"]))
    ids = obligations.create_many(
        [
            (None, obligations.Terms(
                title=f"Butir {number}", opd=dice.choice(heads + units),
                frekuensi=dice.choice(RHYTHMS), valid_from=dt.date(2025, 7, 1),
                valid_until=dt.date(2026, 12, 31),
                klasifikasi_akses=dice.choice(("terbuka", "terbatas", "tertutup")),
            ))
            for number in range(40)
        ],
        SYSTEM,
    )
    past = []
    for id in ids:
        for period in owed.open_of(id):
            if dice.random() < 0.6 and period.last < dt.date(2026, 10, 1):
                day = period.last + dt.timedelta(days=dice.choice((1, 3, 9, 20, 45)))
                moment = dt.datetime.combine(day, dt.time(5), dt.timezone.utc)
                if moment < clock.now():
                    past.append(store.Past(id, period.code, dice.choice(KINDS), moment))
    created = store.import_past(past, SYSTEM)
    for deposit in dice.sample(created, len(created) // 6):
        store.end(deposit, dice.choice(list(store.ENDS)), "diperbaiki", SYSTEM)
    for id in dice.sample(ids, 10):
        for period in owed.open_of(id)[:2]:
            obligations.excuse(id, period.code, None, "bencana", SYSTEM)
    model.Session.commit()
    return ids


def pure(judged: Judged) -> evaluation.Judgement:
    rows = model.Session.execute(
        sa.select(
            state.c.obligation, state.c.opd, state.c.deadline, state.c.waived,
            state.c.counts_from, state.c.mending_until,
        ).where(
            state.c.quarter == judged.quarter.index,
            state.c.sys_from < judged.as_of, state.c.sys_to >= judged.as_of,
        )
    ).all()
    return evaluation.judge_rows(rows, facts_of(judged.offices, judged.quarter), judged.as_of)


def test_sql_and_rule_agree_for_every_quarter_and_both_agree_with_the_items(random_city):
    now = clock.now()
    for index in range(Quarter(2025, 3).index, Quarter(2027, 1).index):
        judged = Judged(Quarter.from_index(index), now)
        rule = pure(judged)
        assert judged.judgement.own == rule.own, judged.quarter
        assert judged.judgement.board == rule.board, judged.quarter

        items = judged.items(EVERYTHING)
        for status in evaluation.OBLIGATION_STATUSES:
            counted = sum(getattr(row, status) for row in rule.own.values())
            assert counted == sum(item["status"] == status for item in items), status


def test_figures_as_of_a_moment_stay_the_same_whatever_comes_later(random_city):
    quarter = Quarter(2026, 3)
    before = clock.now()
    first = helpers.call_action(
        "satudata_compliance_report", quarter=quarter.code, as_of=before.isoformat()
    )
    open_now = [id for id in random_city if owed.open_of(id)]
    for id in open_now[:5]:
        store.create(id, owed.open_of(id)[0].code, "nil", SYSTEM)
    obligations.excuse(open_now[6], owed.open_of(open_now[6])[0].code, None, "bencana", SYSTEM)
    model.Session.commit()
    again = helpers.call_action(
        "satudata_compliance_report", quarter=quarter.code, as_of=before.isoformat()
    )
    assert again == first
    now = helpers.call_action("satudata_compliance_report", quarter=quarter.code)
    assert now["as_of"] > first["as_of"]


def test_the_number_of_queries_does_not_grow_with_offices_or_items(random_city):
    def queries() -> int:
        with counted() as seen:
            helpers.call_action("satudata_compliance_report", quarter="2026-TW3")
        return len(seen)

    few = queries()
    more = ensure(factories.Organization()["id"])
    obligations.create_many(
        [(None, obligations.Terms(title=f"Lagi {n}", opd=more, frekuensi="bulanan",
                                  valid_from=dt.date(2026, 1, 1))) for n in range(30)],
        SYSTEM,
    )
    model.Session.commit()
    assert queries() == few


def test_earlier_quarters_are_counted_in_a_row_without_one_statement_each():
    moment = clock.now()
    moments = [figures.Moment(index, moment, moment, moment) for index in range(8000, 8012)]
    assert figures.figures(moments) == [{}] * len(moments)
