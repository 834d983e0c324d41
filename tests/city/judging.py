"""Judging the sample city with the plugin's own evaluation, from its rows alone."""
from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from ckanext.satudata.deposits.schedule import unjudged_quarters
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import evaluation
from sandbox.city import timetable
from sandbox.city.model import City

JAKARTA = ZoneInfo("Asia/Jakarta")


def end_of(quarter: Quarter) -> dt.datetime:
    """The moment at which the quarter is over."""
    return dt.datetime.combine(quarter.last + dt.timedelta(days=1), dt.time(), JAKARTA)


def judge(city: City, quarter: Quarter, as_of: dt.datetime) -> evaluation.Judgement:
    """The judgement of ``quarter`` at ``as_of``, imported deposits counted from when they came."""
    came = {
        (row.office_code, row.item_title, row.period): (row.happened_at, row.kind)
        for row in (*city.history, *city.arrived)
        if row.happened_at < as_of
    }
    periods, unjudged = [], []
    for item in city.register:
        key = timetable.key_of(item.office_code, item.title)
        for due in timetable.owed(item, city.rules, quarter.last):
            if due.quarter == quarter.index:
                when, kind = came.get((item.office_code, item.title, due.period), (None, None))
                periods.append(
                    evaluation.JudgedPeriod(
                        key, due.opd, due.period, due.last_day, due.deadline, due.waived,
                        due.extended, when, kind, False, None,
                    )
                )
        for gap in unjudged_quarters([timetable.version_of(item)], quarter.last):
            if gap.quarter == quarter.index:
                unjudged.append((key, gap.opd))
    return evaluation.judge(quarter, periods, unjudged, _offices(city, quarter), as_of)


def _offices(city: City, quarter: Quarter) -> list[evaluation.OfficeFacts]:
    return [
        evaluation.OfficeFacts(
            timetable.key_of(office.code),
            timetable.key_of(office.parent_code) if office.parent_code else None,
            office.on_board,
            office.valid_from <= quarter.last,
        )
        for office in city.offices
    ]


def statuses(city: City, quarter: Quarter, as_of: dt.datetime) -> dict[str, str]:
    """Status on the board by abbreviation."""
    board = judge(city, quarter, as_of).board
    return {
        office.abbreviation: board[key].status
        for office in city.offices
        if (key := timetable.key_of(office.code)) in board
    }
