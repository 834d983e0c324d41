"""The past is what the habits say, judged by the plugin's own evaluation; none of it is later."""
from __future__ import annotations

import datetime as dt
import io
from collections import Counter

import pytest

from ckanext.satudata.access.inspection import difference
from ckanext.satudata.deposits.periods import parse_period
from ckanext.satudata.report import evaluation
from sandbox.city import files, habits, timetable
from sandbox.city.generate import MOJOKERTO, generate
from sandbox.city.model import City

from .conftest import TODAY
from .judging import JAKARTA, end_of, judge, statuses

QUARTERS = timetable.quarters_before(TODAY, 12)
LAST = QUARTERS[-1]
NOW = dt.datetime.combine(TODAY, dt.time(9), JAKARTA)


def test_the_board_of_the_last_quarter(city: City) -> None:
    """8 complete, 12 in part, 5 silent: what the mayor's page is shown with."""
    totals = judge(city, LAST, NOW).totals()
    assert LAST.code == "2026-TW3"
    assert {key: totals[key] for key in ("opd", "lengkap", "sebagian", "belum_setor", "nihil")} == {
        "opd": 25, "lengkap": 8, "sebagian": 12, "belum_setor": 5, "nihil": 0,
    }
    at_its_end = judge(city, LAST, end_of(LAST)).totals()
    assert at_its_end["belum_setor"] == 5


def test_two_offices_are_silent_for_the_third_time(city: City) -> None:
    board: dict[str, list[tuple[str | None, bool]]] = {}
    for quarter in QUARTERS:
        found = statuses(city, quarter, NOW if quarter == LAST else end_of(quarter))
        for office in city.offices:
            if office.on_board:
                board.setdefault(office.abbreviation, []).append(
                    (found.get(office.abbreviation), False)
                )
    missed = {
        name: evaluation.runs(past).consecutive_missed
        for name, past in board.items() if past[-1][0] == "belum_setor"
    }
    assert missed == {
        "Setwan": 1, "Disporapar": 2, "Satpol PP": 3, "Kec. Kranggan": 3, "BPBD": 4,
    }


def test_silent_quarters_are_as_the_habits_say(whole: City) -> None:
    wanted = habits.of_city(MOJOKERTO)
    for ago, quarter in enumerate(reversed(QUARTERS)):
        found = statuses(whole, quarter, end_of(quarter))
        silent = {name for name, status in found.items() if status == "belum_setor"}
        expected = {
            name for name, habit in wanted.items()
            if ago in habit.silent or (habit.kind == habits.NEVER and name in found)
        }
        assert silent == expected - {n for n, s in found.items() if s == "nihil"}, quarter


def test_always_on_time_and_always_late(whole: City) -> None:
    for quarter in QUARTERS:
        judgement = judge(whole, quarter, end_of(quarter))
        for name, on_time in (("Diskominfo", True), ("BPKPD", False)):
            code = next(o.code for o in whole.offices if o.abbreviation == name)
            figures = judgement.board[timetable.key_of(code)]
            assert figures.status == "lengkap"
            assert (figures.on_time == figures.due) is on_time, (name, quarter)


def test_improving_offices_improve(whole: City) -> None:
    code = next(o.code for o in whole.offices if o.abbreviation == "DPMPTSP")
    rates = [
        float(judge(whole, quarter, end_of(quarter)).board[timetable.key_of(code)].rate or 0)
        for quarter in QUARTERS
    ]
    assert rates[0] == 0
    assert rates[-1] == 1
    assert sum(rates[:4]) < sum(rates[4:8]) < sum(rates[8:])


def test_some_units_are_silent(whole: City) -> None:
    board = judge(whole, LAST, NOW).board
    magersari = next(o.code for o in whole.offices if o.abbreviation == "Kec. Magersari")
    assert board[timetable.key_of(magersari)].units_silent >= 1


def test_faults_are_there_to_be_found(whole: City) -> None:
    """Items that nobody can judge: without a schedule or of unknown frequency."""
    assert judge(whole, LAST, NOW).totals()["unjudged"] == 3


def test_rows_name_items_and_periods_that_are_owed(city: City) -> None:
    owed = {
        (item.office_code, item.title, due.period)
        for item in city.register
        for due in timetable.owed(item, city.rules, dt.date(TODAY.year, 12, 31))
    }
    rows = [(row.office_code, row.item_title, row.period) for row in (*city.history, *city.arrived)]
    assert set(rows) <= owed
    assert len(set(rows)) == len(rows)


def test_nothing_happens_in_the_future_or_before_its_period(city: City) -> None:
    frequency = {(item.office_code, item.title): item.frekuensi for item in city.register}
    codes = {quarter.code for quarter in QUARTERS}
    for row in (*city.history, *city.arrived):
        assert row.happened_at.utcoffset() == dt.timedelta(hours=7)
        assert row.happened_at.date() < TODAY
        period = parse_period(row.period)
        rhythm = frequency[(row.office_code, row.item_title)]
        if rhythm not in ("terus_menerus", "sekali", "insidental"):
            assert row.happened_at.date() > period.last, row
    assert {row.quarter for row in city.history} == codes
    assert {row.quarter for row in city.arrived} <= {"2026-TW4"}


def test_unchanged_follows_a_file_and_not_itself(whole: City) -> None:
    before: dict[tuple[str, str], str] = {}
    kinds: Counter[str] = Counter()
    for row in sorted((*whole.history, *whole.arrived), key=lambda r: (r.happened_at, r.period)):
        key = (row.office_code, row.item_title)
        if row.kind == "unchanged":
            assert before.get(key) == "file", row
        before[key] = row.kind
        kinds[row.kind] += 1
    assert kinds["unchanged"] > 50
    assert kinds["nil"] > 30
    assert kinds["file"] > 5000


def test_files_tell_the_same_story_as_the_history(city: City) -> None:
    """A file's period is one that came, or one that nobody owed; so loading adds no deposit."""
    came = {
        (row.office_code, row.item_title, row.period) for row in (*city.history, *city.arrived)
    }
    items = {item.dataset_name: item for item in city.register}
    for dataset in city.datasets:
        item = items.get(dataset.name)
        if item is None:
            continue
        owed = {due.period for due in timetable.owed(item, city.rules, dt.date(2027, 12, 31))}
        for file in dataset.files:
            assert (
                file.period not in owed or (item.office_code, item.title, file.period) in came
            ), dataset.title


def test_what_is_deposited_today_is_still_open(city: City) -> None:
    came = {
        (row.office_code, row.item_title, row.period) for row in (*city.history, *city.arrived)
    }
    assert len(city.present) >= 6
    for deposit in city.present:
        assert (deposit.office_code, deposit.item_title, deposit.period) not in came
        assert deposit.file is not None
        assert deposit.file.period == deposit.period
        assert bool(deposit.note) == (deposit.outcome == "dikembalikan")
        assert city.dataset[deposit.dataset_name].state == "terverifikasi"


def test_corrections_are_of_what_came_and_change_no_figure(city: City) -> None:
    came = {
        (row.office_code, row.item_title, row.period): row.kind
        for row in (*city.history, *city.arrived)
    }
    assert len(city.corrections) == 6
    for one in city.corrections:
        assert came[one.office_code, one.item_title, one.period] == "file"
        assert one.file is not None and one.file.corrected and one.outcome == "menunggu"
    place = files.place_of(city, MOJOKERTO)
    for one in city.corrections:
        dataset = city.dataset[one.dataset_name]
        before = next(file for file in dataset.files if file.period == one.period)
        tables = [
            difference.first_table(io.BytesIO(files.render(dataset, file, place)), ())
            for file in (before, one.file)
        ]
        changed = difference.compare(*tables)
        assert (changed.matched - changed.unchanged, changed.far) == (1, 0), dataset.title
        assert changed.matched == changed.before == changed.now


def test_dispensations_are_of_open_periods(city: City) -> None:
    made = {(one.office_code, one.item_title, one.period) for one in city.present}
    assert city.excuses
    for excuse in city.excuses:
        assert (excuse.office_code, excuse.item_title, excuse.period) not in made
        assert excuse.reason
        assert excuse.until is None or excuse.until > TODAY


@pytest.mark.parametrize("today", [dt.date(2027, 1, 7), dt.date(2027, 4, 20), dt.date(2026, 7, 1)])
def test_the_picture_is_the_same_on_other_days(today: dt.date) -> None:
    city = generate(scale=0.1, today=today)
    last = timetable.quarters_before(today, 1)[0]
    now = dt.datetime.combine(today, dt.time(9), JAKARTA)
    totals = judge(city, last, now).totals()
    assert (totals["opd"], totals["belum_setor"], totals["lengkap"]) == (25, 5, 8)
