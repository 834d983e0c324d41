"""How fast a quarter is judged at 300 offices and 100,000 items, against judging row by row.

Run inside CKAN's environment: ``CKAN_INI=ckan.ini python bench/figures.py``.
Everything is written in one transaction that is rolled back: the portal stays as it was.
Ratios of one run are what counts; absolute times depend on the machine.
"""
from __future__ import annotations

import argparse
import datetime as dt
import os
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from sqlalchemy import event as sa_event

from ckanext.satudata.deposits.model import state
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import evaluation, figures

#: Of the items one in three is monthly, so each has about 1.67 periods a quarter.
FILL = """
INSERT INTO satudata_state (obligation, opd, period, quarter, last_day, deadline, waived, extended,
                            counts_from, kind, inferred, opened_by, sys_from)
SELECT md5('o' || item)::uuid, md5('d' || item % :offices)::uuid, q || '-' || part, q, day,
       day + interval '17 hours', item % 97 = 0, false,
       CASE WHEN item % 5 > 0 THEN day - interval '3 days' + (item % 6) * interval '1 day' END,
       CASE WHEN item % 5 > 0 THEN 'file' END, false, 0, day - interval '90 days'
  FROM generate_series(1, :items) item,
       generate_series(:first, :last) q,
       generate_series(1, 3) part,
       LATERAL (SELECT (make_date(q / 4, (q % 4) * 3 + part, 10))::date AS day) at
 WHERE item % 3 = 0 OR part = 1
"""


def main() -> None:
    """Fill, judge in both ways, print, roll back."""
    options = _options()
    app = make_app(load_config(os.environ["CKAN_INI"]))
    with app._wsgi_app.test_request_context():
        try:
            _measure(options)
        finally:
            model.Session.rollback()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offices", type=int, default=300)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--quarters", type=int, default=12)
    parser.add_argument("--explain", action="store_true", help="show how the database does it")
    return parser.parse_args()


#: What is wanted on a quiet machine of two cores at 300 offices and 100,000 items, in seconds.
GOAL_TABLE, GOAL_HISTORY, GOAL_OFFICE = 0.5, 2.0, 0.02

#: How fast the machine is today: hashing and sorting that has nothing to do with the portal.
YARDSTICK = """
SELECT count(*) FROM (SELECT md5(n::text) AS word FROM generate_series(1, 400000) n
                      ORDER BY word OFFSET 0) sorted
"""


def _measure(options: argparse.Namespace) -> None:
    judged = Quarter.of(clock.city_today()).previous()
    model.Session.execute(
        sa.text(FILL),
        {"items": options.items, "offices": options.offices, "last": judged.index,
         "first": judged.index - options.quarters + 1},
    )
    model.Session.execute(sa.text("ANALYZE satudata_state"))
    now = clock.now()
    moment = figures.Moment(judged.index, now, now, now)
    past = [
        figures.Moment(index, now, now, now)
        for index in range(judged.index - options.quarters + 1, judged.index + 1)
    ]
    # In a revision deposits count up to the first freezing.
    revision = figures.Moment(judged.index, now, now, now - dt.timedelta(days=10))
    yardstick, _ = _timed(lambda: model.Session.execute(sa.text(YARDSTICK)).scalar())
    in_sql, by_sql = _timed(lambda: figures.figures([moment])[0])
    by_hand, by_rule = _timed(lambda: _row_by_row(judged, now))
    revised, _ = _timed(lambda: figures.figures([revision]))
    all_quarters, _ = _timed(lambda: figures.figures(past))
    arrears, _ = _timed(lambda: _count(figures.arrears(judged.index, (), moment)))
    office, _ = _timed(lambda: _one_office(moment))
    if by_sql != by_rule:
        raise SystemExit("the two ways do not agree")
    rows = model.Session.execute(
        sa.select(sa.func.count()).where(state.c.quarter == judged.index)
    ).scalar()
    print(f"{options.offices} offices, {options.items} items, {rows} periods in {judged}")
    _line("yardstick: 400,000 hashes sorted by the database", yardstick)
    _line("one quarter in SQL", in_sql, GOAL_TABLE)
    _line("  as a revision", revised, GOAL_TABLE)
    _line("  row by row in Python", by_hand, beside=f"{by_hand / in_sql:.1f} times as long")
    _line(f"{options.quarters} quarters in SQL, one statement", all_quarters,
          beside=f"{all_quarters / in_sql:.1f} times one quarter")
    _line("arrears of all earlier quarters", arrears,
          beside=f"with one quarter {(in_sql + arrears) / in_sql:.1f} times it, "
                 f"goal {GOAL_HISTORY:.0f}")
    _line("the items of one office in the quarter", office, GOAL_OFFICE)
    if options.explain:
        print(_plan(moment))


def _line(what: str, seconds: float, goal: float | None = None, beside: str = "") -> None:
    if goal is not None:
        beside = f"goal {goal} s: {'met' if seconds <= goal else 'MISSED'}"
    print(f"{what:<50}{seconds:8.3f} s   {beside}".rstrip())


def _count(rows: sa.sql.Select[Any]) -> int:
    return model.Session.execute(
        sa.select(sa.func.count()).select_from(rows.subquery())
    ).scalar_one()


def _one_office(moment: figures.Moment) -> int:
    """How many items one office has in the quarter, with the states of their periods."""
    opd = model.Session.execute(sa.select(state.c.opd).limit(1)).scalar_one()
    return _count(figures.item_bits([moment]).where(state.c.opd == opd))


def _plan(moment: figures.Moment) -> str:
    """How the database goes about one quarter."""
    found: list[str] = []

    def explained(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("EXPLAIN"):
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement, parameters)
            found.extend(row[0] for row in cursor.fetchall())

    engine = model.ensure_engine()
    sa_event.listen(engine, "before_cursor_execute", explained)
    try:
        figures.figures([moment])
    finally:
        sa_event.remove(engine, "before_cursor_execute", explained)
    return "\n".join(found)


def _row_by_row(quarter: Quarter, now: dt.datetime) -> Any:
    rows = model.Session.execute(
        sa.select(
            state.c.obligation, state.c.opd, state.c.deadline, state.c.waived,
            state.c.counts_from, state.c.mending_until,
        ).where(state.c.quarter == quarter.index, state.c.sys_from < now, state.c.sys_to >= now)
    ).all()
    offices = [evaluation.OfficeFacts(opd, None, True) for opd in {row[1] for row in rows}]
    return evaluation.judge_rows(rows, offices, now).own


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Best of three, and the answer."""
    best, answer = float("inf"), None
    for _ in range(3):
        begun = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - begun)
    return best, answer


if __name__ == "__main__":
    main()
