"""Work owed: committed with what it follows, done once at least, whatever is killed or away."""
from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs
from ckan.lib import redis as ckan_redis
from rq.timeouts import JobTimeoutException

from ckanext.satudata.journal import work
from ckanext.satudata.journal.model import work as table

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_satudata")

PATIENCE = 60  # seconds for a process of our own


@pytest.fixture
def seen(monkeypatch):
    """A kind of work that only remembers, and one that fails until it is told not to."""
    remembered = []

    def broken(key, data):
        remembered.append((key, dict(data)))
        if data.get("broken"):
            raise OSError("mail server says no\n to \0 us")

    monkeypatch.setitem(work.HANDLERS, "try", broken)
    return remembered


@pytest.fixture
def queue():
    """The job queue of this slot, empty, and nobody woken."""
    ckan_redis.connect_to_redis().delete(work._wake_key())
    found = jobs.get_queue()
    found.empty()
    yield found
    found.empty()
    ckan_redis.connect_to_redis().delete(work._wake_key())


def rows():
    found = model.Session.execute(sa.select(table).order_by(table.c.id)).mappings().all()
    model.Session.rollback()
    return found


def make_due():
    """As if every pause was over."""
    model.Session.execute(sa.update(table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()


# --- owing --------------------------------------------------------------------------------------


def test_work_is_committed_or_lost_with_what_it_follows(queue):
    work.owe("try", "a")
    model.Session.rollback()
    assert rows() == [] and len(queue) == 0
    work.owe("try", "a")
    assert len(queue) == 0
    model.Session.commit()
    assert [row["key"] for row in rows()] == ["a"] and len(queue) == 1


def test_a_savepoint_is_neither_a_commit_nor_the_end_of_what_was_owed_before_it(queue):
    work.owe("try", "before")
    with model.Session.begin_nested():
        work.owe("try", "inside")
    assert len(queue) == 0
    lost = model.Session.begin_nested()
    work.owe("try", "lost")
    lost.rollback()
    model.Session.commit()
    assert [row["key"] for row in rows()] == ["before", "inside"] and len(queue) == 1


def test_much_owed_is_one_wake_up(queue):
    for number in range(20):
        work.owe("try", f"{number}")
    model.Session.commit()
    work.owe("try", "again")
    model.Session.commit()
    assert len(queue) == 1


def test_what_is_owed_for_later_wakes_nobody(queue, seen):
    later = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)
    work.owe("try", "later", not_before=later)
    model.Session.commit()
    assert len(queue) == 0
    assert work.run() == work.Counts(0, 0) and seen == []


def test_owed_twice_it_is_done_once_with_the_latest_data(seen):
    for number in (1, 2):
        work.owe("try", "a", {"number": number})
        model.Session.commit()
    assert len(rows()) == 1
    assert work.run() == work.Counts(1, 0)
    assert seen == [("a", {"number": 2})] and rows() == []


def test_many_are_owed_like_each_by_itself(queue, seen):
    now = dt.datetime.now(dt.timezone.utc)
    soon, late = now + dt.timedelta(hours=1), now + dt.timedelta(hours=9)
    work.owe("try", "waits for long", not_before=late)
    work.owe("try", "waits", not_before=soon)
    work.owe_many("try", {"waits for long": soon, "waits": late, "later": late})
    model.Session.commit()
    assert len(queue) == 0
    assert {row["key"]: row["not_before"] for row in rows()} == {
        "waits for long": soon, "waits": soon, "later": late}
    work.owe_many("try", {"later": None, "now": None})
    model.Session.commit()
    assert len(queue) == 1 and len(rows()) == 4
    assert work.run() == work.Counts(2, 0)
    assert {key for key, _ in seen} == {"later", "now"}


def test_two_who_owe_the_same_at_once_do_not_wait_for_each_other(seen):
    work.owe("try", "a", {"number": 0})
    model.Session.commit()
    work.owe("try", "a", {"number": 1})
    with model.ensure_engine().connect() as other, other.begin():
        other.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        other.execute(sa.insert(table).values(
            kind="try", key="a", data={"number": 2}, not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    assert work.run() == work.Counts(1, 0)
    assert seen == [("a", {"number": 2})] and rows() == []


# --- doing --------------------------------------------------------------------------------------


def test_what_fails_is_kept_with_its_error_and_tried_again_later(seen):
    work.owe("try", "bad", {"broken": True})
    work.owe("try", "good")
    model.Session.commit()
    assert work.run() == work.Counts(1, 1)
    assert work.run() == work.Counts(0, 0), "its pause is not over"
    (left,) = work.failed()
    assert (left.key, left.attempts) == ("bad", 1)
    assert left.last_error == "OSError: mail server says no to us"
    pauses = []
    for _ in range(7):
        make_due()
        before = model.Session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        work.run()
        pauses.append(round((work.failed()[0].not_before - before).total_seconds(), -1))
    assert pauses == sorted(pauses) and pauses[0] < pauses[1]
    assert pauses[-1] == work.LONGEST_PAUSE
    assert work.failed()[0].attempts == 8


def test_what_failed_is_tried_at_once_when_it_is_owed_anew(seen):
    work.owe("try", "a", {"broken": True})
    model.Session.commit()
    work.run()
    work.owe("try", "a")
    model.Session.commit()
    assert work.run() == work.Counts(1, 0) and work.failed() == []


def test_a_failed_handler_leaves_nothing_half_and_stops_nobody(monkeypatch):
    def half(key, data):
        work.owe("try", "written by the one that failed")
        model.Session.flush()
        raise ValueError(key)

    monkeypatch.setitem(work.HANDLERS, "half", half)
    work.owe("half", "a")
    work.owe("unknown kind", "b")
    model.Session.commit()
    assert work.run() == work.Counts(0, 2)
    assert {row["key"]: row["last_error"] for row in rows()} == {
        "a": "ValueError: a",
        "b": "LookupError: nothing here does work of this kind: unknown kind",
    }


def test_what_the_queue_cuts_off_has_not_failed_and_the_rest_is_called_for(
    monkeypatch, seen, queue
):
    def too_long(key, data):
        work.owe("try", "written by the one that was cut off")
        model.Session.flush()
        raise JobTimeoutException

    monkeypatch.setitem(work.HANDLERS, "long", too_long)
    work.owe("long", "a")
    work.owe("try", "b")
    model.Session.commit()
    queue.empty()
    with pytest.raises(JobTimeoutException):
        work.job()
    assert len(queue) == 1, "the others are woken for"
    [left] = work.failed()
    assert (left.key, left.attempts, left.last_error) == ("a", 1, None)
    assert work.run() == work.Counts(1, 0) and seen == [("b", {})]


def test_work_that_a_handler_owes_is_done_in_the_same_run(monkeypatch, seen):
    monkeypatch.setitem(work.HANDLERS, "first", lambda key, data: work.owe("try", key))
    work.owe("first", "a")
    model.Session.commit()
    assert work.run() == work.Counts(2, 0) and seen == [("a", {})]


def test_what_owes_itself_does_not_keep_a_run_for_ever(monkeypatch, seen):
    monkeypatch.setitem(work.HANDLERS, "ever", lambda key, data: work.owe("ever", key))
    work.owe("ever", "a")
    work.owe("try", "b")
    model.Session.commit()
    assert work.run() == work.Counts(work.REPEATS + 1, 0)
    assert [one.key for one in work.pending()] == ["a"] and seen == [("b", {})]


def test_what_is_owed_while_it_is_being_done_is_done_once_more(monkeypatch):
    calls = []

    def handler(key, data):
        calls.append(dict(data))
        if len(calls) == 1:
            # Somebody else changes the same thing while this looks at it.
            work.owe("busy", key, {"newer": True})
            model.Session.commit()

    monkeypatch.setitem(work.HANDLERS, "busy", handler)
    work.owe("busy", "a")
    model.Session.commit()
    assert work.run() == work.Counts(2, 0)
    assert calls == [{}, {"newer": True}] and rows() == []


@pytest.mark.parametrize(("owed", "done"), [
    ([("slow", 9), ("try", 1)], ["try", "slow"]),
    ([("slow", 9), ("slow", 5), ("try", 1), ("try", 2)], ["try", "try", "slow", "slow"]),
    ([("try", 9), ("slow", 5)], ["try", "slow"]),
    ([("slow", 2), ("slow", 1)], ["slow", "slow"]),
    ([("slow", 9), ("try", -60)], ["slow"]),
])
def test_what_nobody_waits_for_comes_when_nothing_else_is_due(monkeypatch, owed, done):
    came = []
    for kind in ("slow", "try"):
        monkeypatch.setitem(
            work.HANDLERS, kind, lambda key, data, kind=kind: came.append((kind, int(key))))
    monkeypatch.setattr(work, "LAST", {"slow"})
    now = dt.datetime.now(dt.timezone.utc)
    for kind, minutes in owed:
        work.owe(kind, str(minutes), not_before=now - dt.timedelta(minutes=minutes))
    model.Session.commit()
    work.run()
    assert [kind for kind, _ in came] == done
    for kind in ("slow", "try"):
        waited = [minutes for one, minutes in came if one == kind]
        assert waited == sorted(waited, reverse=True)


def test_a_limit_leaves_the_rest(seen):
    for key in "abc":
        work.owe("try", key)
    model.Session.commit()
    assert work.run(limit=2) == work.Counts(2, 0)
    assert [key for key, _ in seen] == ["a", "b"] and work.count() == 1


def test_no_two_processes_take_the_same_piece(monkeypatch):
    inner = []

    def handler(key, data):
        if not inner:
            # What another process would find meanwhile: only the other piece.
            inner.append(None)
            inner.append(_in_another_process(
                "done = []\n"
                "work.HANDLERS['slow'] = lambda key, data: done.append(key)\n"
                "work.run()\n"
                "print(done)\n"
            ))

    monkeypatch.setitem(work.HANDLERS, "slow", handler)
    for key in "ab":
        work.owe("slow", key)
    model.Session.commit()
    assert work.run() == work.Counts(1, 0)
    assert inner[1] == "['b']" and rows() == []


# --- bad luck -----------------------------------------------------------------------------------


def test_a_worker_that_is_killed_leaves_the_work_for_the_next(seen):
    work.owe("try", "a")
    model.Session.commit()
    status = _process(
        "import os, signal\n"
        "work.HANDLERS['try'] = lambda key, data: os.kill(os.getpid(), signal.SIGKILL)\n"
        "work.run()\n"
    ).returncode
    assert status == -signal.SIGKILL
    (left,) = work.failed()
    assert (left.key, left.attempts, left.last_error) == ("a", 1, None)
    assert work.run() == work.Counts(0, 0), "what kills its process must not be first for ever"
    make_due()
    assert work.run() == work.Counts(1, 0) and seen == [("a", {})]


def test_redis_away_hurts_nobody_and_the_work_is_done_later(monkeypatch, seen):
    away = ckan_redis.Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr(work, "connect_to_redis", lambda: away)
    work.owe("try", "a")
    model.Session.commit()
    assert work.run() == work.Counts(1, 0) and seen == [("a", {})]


def test_the_database_ends_the_connection_and_the_work_is_still_there(monkeypatch, seen):
    def cut(key, data):
        with model.ensure_engine().connect() as other, other.begin():
            other.execute(sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"))

    monkeypatch.setitem(work.HANDLERS, "cut", cut)
    work.owe("cut", "a")
    model.Session.commit()
    with pytest.raises(sa.exc.DBAPIError):
        work.run()
    model.Session.remove()
    model.ensure_engine().dispose()
    assert [one.key for one in work.failed()] == ["a"]
    make_due()
    monkeypatch.setitem(work.HANDLERS, "cut", lambda key, data: None)
    assert work.run() == work.Counts(1, 0)


def test_a_worker_of_ckan_wakes_and_does_it(queue, tmp_path):
    target = tmp_path / "done.txt"
    plugin = tmp_path / "satudata_test_handlers.py"
    plugin.write_text(textwrap.dedent(f"""
        from ckanext.satudata.journal import work

        def handler(key, data):
            with open({str(target)!r}, "a") as file:
                file.write(key + "\\n")
    """))
    work.owe("written", "by the worker")
    model.Session.commit()
    assert len(queue) == 1
    # CKAN's own worker in a process of its own; it ends when the queue is empty.
    done = _process(
        "import satudata_test_handlers as found\n"
        "from ckan.lib.jobs import Worker\n"
        "work.HANDLERS['written'] = found.handler\n"
        "Worker().work(burst=True)\n",
        PYTHONPATH=os.pathsep.join([str(tmp_path), str(Path.cwd())]),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert target.read_text() == "by the worker\n"
    assert rows() == [] and len(queue) == 0
    work.owe("written", "next")
    model.Session.commit()
    assert len(queue) == 1, "an answered wake-up makes way for the next"


_BEGIN = """
import os
from ckan.config.middleware import make_app
from ckan.cli import load_config
make_app(load_config(os.environ["CKAN_INI"]))
from ckanext.satudata.journal import work
"""


def _process(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process of its own with CKAN loaded, on the same services as this test."""
    model.Session.remove()
    return subprocess.run(
        [sys.executable, "-c", _BEGIN + script], env={**os.environ, **variables},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )


def _in_another_process(script: str) -> str:
    done = _process(script)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]
