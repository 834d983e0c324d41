"""People are reminded: who, of what they may see, once, whatever is killed or refused."""
from __future__ import annotations

import datetime as dt
import os
import signal
import socketserver
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.exceptions import CkanConfigurationException
from ckan.tests import factories

from ckanext.satudata.changes import checks
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal import clock, work
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import work as work_table
from ckanext.satudata.journal.speaking import speaking
from ckanext.satudata.letters import reminding
from ckanext.satudata.opd import notices
from ckanext.satudata.opd.model import notice, notice_choice, reminded
from ckanext.satudata.opd.store import ensure
from sandbox.mail import text_of
from tests.access.town import Town, build_town, call
from tests.counting import counted
from tests.mailing import letters, post  # noqa: F401

SYSTEM = Actor(None, CLI)
PATIENCE = 60  # seconds for a process of our own
TOLD = ("admin", "editor", "editor2", "parent_admin")


@pytest.fixture
def town(
    request: pytest.FixtureRequest, with_plugins: None, monkeypatch: pytest.MonkeyPatch
) -> Town:
    """A city that is built once for this module; nobody was reminded, no mail server is there.

    Its office owes: an open item due on Tuesday 17 November 2026, a closed one due on the same
    day; the office above it one due on 18 November.
    """
    monkeypatch.setitem(tk.config, "smtp.server", None)
    built = getattr(request.module, "_town", None)
    if built is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        built = request.module._town = build_town()
        owe(built.office, "Jumlah posyandu", "2026-11-17")
        owe(built.office, "Jumlah penderita TB", "2026-11-17", klasifikasi_akses="tertutup")
        owe(built.parent, "Anggaran kesehatan", "2026-11-18")
    model.Session.rollback()
    for table in (work_table, notice, notice_choice, reminded):
        model.Session.execute(sa.delete(table))
    model.Session.commit()
    return built


def owe(office: dict[str, Any], title: str, day: str, **more: Any) -> uuid.UUID:
    """An item with one period, October 2026, due on a day."""
    terms = {
        "title": title, "opd": ensure(office["id"]), "frekuensi": "sekali",
        "valid_from": dt.date(2026, 1, 1), "klasifikasi_akses": "terbuka",
        "jadwal": (("2026-10", dt.date.fromisoformat(day)),), **more,
    }
    [id] = obligations.create_many([(None, obligations.Terms(**terms))], SYSTEM)
    model.Session.commit()
    return id


@pytest.fixture
def on(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    """Remind as on a day."""

    def remind(day: str, **more: Any) -> list[Any]:
        monkeypatch.setattr(clock, "city_today", lambda: dt.date.fromisoformat(day))
        with speaking("id", CLI):
            return reminding.remind(**more)

    return remind


def mail_now() -> work.Counts:
    """Send what is owed, as if its morning had come."""
    model.Session.execute(sa.delete(work_table).where(work_table.c.kind != notices.MAIL))
    model.Session.execute(sa.update(work_table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    return work.run()


def who(found: list[Any]) -> set[str]:
    return {one.person for one in found}


def names(town: Town, *people: str) -> set[str]:
    return {town[name]["id"] for name in people}


# --- who, when ----------------------------------------------------------------------------------


def test_the_offices_people_and_the_parents_admins_are_told_once_a_step(
    town: Town, on: Any
) -> None:
    assert on("2026-11-09") == []
    first = on("2026-11-10")
    assert who(first) == names(town, *TOLD)
    assert {one.person: len(one.offices) for one in first}[town["editor"]["id"]] == 1
    assert on("2026-11-10") == [], "again on the same day"
    # The item of the office above is told of a day later, and to its own people.
    assert who(on("2026-11-11")) == names(town, "parent_admin", "parent_editor")
    assert on("2026-11-12") == [] and on("2026-11-17") == []
    assert who(on("2026-11-18")) == names(town, *TOLD), "the day after"
    days = ("2026-11-20", "2026-11-24", "2026-11-25", "2026-12-02", "2026-12-09")
    assert [bool(names(town, "editor") & who(on(day))) for day in days] == [
        False, False, True, True, True]


@pytest.mark.parametrize(("day", "expected"), [
    ("2026-11-14", False), ("2026-11-15", False), ("2026-11-16", True), ("2027-03-01", False),
])
def test_on_days_off_nobody_is_told_and_nothing_is_lost(
    town: Town, on: Any, day: str, expected: bool
) -> None:
    assert bool(on(day)) is expected


@pytest.mark.parametrize(("to", "people"), [
    (["admin"], ["admin"]), (["editor"], ["editor", "editor2"]), (["parent"], ["parent_admin"]),
    ([], []),
])
def test_whom_the_city_has_set(
    town: Town, on: Any, monkeypatch: pytest.MonkeyPatch, to: list[str], people: list[str]
) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.reminders.to", to)
    assert who(on("2026-11-10")) == names(town, *people)


def test_a_quarter_about_to_end_is_told_to_who_still_owes(town: Town, on: Any) -> None:
    on("2026-12-21")
    [row] = model.Session.execute(
        sa.select(notice).where(notice.c.person == town["editor"]["id"])).mappings()
    assert row["data"]["closing"] == "2026-TW4"
    assert on("2026-12-22") == []
    assert names(town, "editor") <= who(on("2026-12-28"))


def test_what_came_and_what_was_waived_is_not_told(town: Town, on: Any) -> None:
    came, waived, open_ = (owe(town.third, title, "2026-11-17") for title in ("a", "b", "c"))
    call(town["third_member"], "satudata_deposit_create", obligation_id=str(came), kind="nil")
    call(town["walidata"], "satudata_obligation_excuse", id=str(waived), period="2026-10",
         reason="Belum ada kegiatan.")
    try:
        [mine] = [one for one in on("2026-11-10") if one.person == town["third_member"]["id"]]
        assert [tuple(counts) for counts in mine.offices.values()] == [(0, 1)]
    finally:
        call(town["third_member"], "satudata_deposit_create", obligation_id=str(open_), kind="nil")


@pytest.mark.parametrize(("option", "value"), [
    ("to", ["admin", "walikota"]), ("before_days", ["seven"]), ("closing_days", ["-3"]),
    ("before_days", ["99999"]),
])
def test_an_option_that_makes_no_sense_is_named(
    town: Town, on: Any, monkeypatch: pytest.MonkeyPatch, option: str, value: list[str]
) -> None:
    monkeypatch.setitem(tk.config, f"ckanext.satudata.reminders.{option}", value)
    with pytest.raises(CkanConfigurationException, match=option):
        on("2026-11-10")


def test_the_number_of_statements_does_not_grow(town: Town, on: Any) -> None:
    with counted() as few:
        assert on("2026-11-10", dry_run=True)
        on("2026-11-10")
    for number in range(12):
        office = factories.Organization(users=[
            {"name": factories.User()["name"], "capacity": "editor"}])
        owe(office, f"Jumlah {number}", "2026-12-17")
        owe(office, f"Luas {number}", "2026-12-17")
    try:
        with counted() as many:
            assert len(on("2026-12-10", dry_run=True)) >= 12
            on("2026-12-10")
        assert len(many) <= len(few)
        with counted() as reading:
            reminding.sent(None, 100, 0)
            reminding.unreachable()
        assert len(reading) < 12
    finally:
        model.Session.rollback()


# --- mails --------------------------------------------------------------------------------------


def test_one_digest_names_what_its_reader_may_see(
    town: Town, on: Any, letters: Any  # noqa: F811
) -> None:
    notices.choose(town["editor2"]["id"], notices.AT_ONCE, "en")
    model.Session.commit()
    on("2026-11-11")
    assert mail_now().failed == 0
    (mail,), (english,) = letters(town["editor"]), letters(town["editor2"])
    for body in (text_of(mail), text_of(english)):
        assert "Jumlah posyandu" in body and "Jumlah penderita TB" in body
        assert "Anggaran kesehatan" not in body, "another office's"
    assert "- Jumlah posyandu, October 2026: due on 17 November 2026" in text_of(english)
    assert "2 data items are still to be deposited" in english["Subject"]
    assert "http://test.ckan.net/en/satudata" in text_of(english)
    # Both offices in one mail.
    (both,) = letters(town["parent_admin"])
    assert "Anggaran kesehatan" in text_of(both) and "Jumlah penderita TB" in text_of(both)
    assert letters(town["walidata"]) == []
    assert mail_now() == work.Counts(0, 0)


def test_what_came_before_the_mail_went_is_not_in_it(
    town: Town, on: Any, letters: Any  # noqa: F811
) -> None:
    item = owe(town.third, "Jumlah atlet", "2026-11-17")
    on("2026-11-10")
    call(town["third_member"], "satudata_deposit_create", obligation_id=str(item), kind="nil")
    mail_now()
    assert letters(town["third_member"]) == []
    _, rows = reminding.sent(ensure(town.third["id"]), 10, 0)
    assert [one["state"] for one in rows] == [reminding.NOT_NEEDED]


def test_who_has_left_the_office_is_told_nothing(
    town: Town, on: Any, letters: Any  # noqa: F811
) -> None:
    on("2026-11-10")
    office = {"id": town.office["id"], "username": town["editor2"]["name"]}
    sysadmin = {"user": town["sysadmin"]["name"], "ignore_auth": True}
    tk.get_action("organization_member_delete")(sysadmin, office)
    try:
        mail_now()
        assert letters(town["editor2"]) == [] and len(letters(town["editor"])) == 1
    finally:
        tk.get_action("organization_member_create")(sysadmin, {**office, "role": "editor"})


def test_only_the_latest_reminder_speaks(town: Town, on: Any) -> None:
    for day in ("2026-11-10", "2026-11-18", "2026-11-25"):
        on(day)
    with speaking("en", CLI):
        found = notices.latest(model.User.get(town["editor"]["id"]), 20)
    assert [one.words.title for one in found] == [
        "2 data items are still to be deposited; 2 are overdue"]


def test_whoever_wants_one_mail_a_day_gets_it_then(
    town: Town, on: Any, letters: Any  # noqa: F811
) -> None:
    notices.choose(town["editor"]["id"], notices.DAILY, "id")
    model.Session.commit()
    on("2026-11-10")
    moments = {one.key: one.not_before for one in work.pending() if one.kind == notices.MAIL}
    assert set(moments) == names(town, *TOLD)
    assert moments[town["editor"]["id"]] > dt.datetime.now(dt.timezone.utc)
    assert moments[town["editor"]["id"]].astimezone(
        dt.timezone(dt.timedelta(hours=7))).hour == notices.DAILY_HOUR


# --- bad luck -----------------------------------------------------------------------------------


class _Refusing(socketserver.StreamRequestHandler):
    """As much of a mail server as it takes to know nobody."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail\r\n")
        while line := self.rfile.readline().upper():
            if line.startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            unknown = line.startswith(b"RCPT")
            self.wfile.write(b"550 5.1.1 no such mailbox here\r\n" if unknown else b"250 ok\r\n")


@pytest.fixture
def refusing() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_what_the_mail_server_refuses_is_seen_and_tried_again(
    town: Town, on: Any, letters: Any, refusing: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(tk.config, "smtp.server", refusing)
        on("2026-11-10")
        assert mail_now() == work.Counts(0, len(TOLD))
        number, rows = reminding.sent(None, 10, 0)
    assert number == len(rows) == len(TOLD)
    assert {one["state"] for one in rows} == {reminding.REFUSED}
    assert all("550" in one["error"] and "no such mailbox here" in one["error"] for one in rows)
    assert mail_now() == work.Counts(len(TOLD), 0)
    _, rows = reminding.sent(None, 10, 0)
    assert {one["state"] for one in rows} == {reminding.SENT}
    assert {one["error"] for one in rows} == {None}
    (mail,) = letters(town["editor"])
    assert mail["Message-ID"] in {one["mail_id"] for one in rows}


_BEGIN = """
import datetime as dt, os, signal
from ckan.config.middleware import make_app
from ckan.cli import load_config
make_app(load_config(os.environ["CKAN_INI"]))
import ckan.plugins.toolkit as tk
tk.config["smtp.server"] = os.environ["POST"]
from ckan.lib import mailer
from ckanext.satudata.journal import clock, work
from ckanext.satudata.journal.speaking import speaking
from ckanext.satudata.letters import reminding
from ckanext.satudata.opd import notices
clock.city_today = lambda: dt.date(2026, 11, 10)
def die(*args, **words):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed(script: str, server: str) -> None:
    model.Session.remove()
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + script], env={**os.environ, "POST": server},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


def test_a_run_that_is_killed_has_told_nobody_and_loses_nobody(
    town: Town, on: Any, letters: Any, post: Any  # noqa: F811
) -> None:
    _killed("""
work.owe_many = die
with speaking("id"):
    reminding.remind()
""", post.server)
    assert reminding.sent(None, 10, 0) == (0, [])
    assert model.Session.execute(sa.select(sa.func.count()).select_from(reminded)).scalar() == 0
    model.Session.rollback()
    assert who(on("2026-11-10")) == names(town, *TOLD)
    assert mail_now() == work.Counts(len(TOLD), 0)
    assert len(letters(town["editor"])) == 1


def test_a_mail_during_which_the_process_is_killed_is_the_same_mail_again(
    town: Town, on: Any, letters: Any, post: Any  # noqa: F811
) -> None:
    on("2026-11-10")
    for name in TOLD:
        if name != "editor":
            model.Session.execute(
                sa.delete(work_table).where(work_table.c.key == town[name]["id"]))
    model.Session.execute(sa.update(work_table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    # The mail server took it, and the process ends before it could write that down.
    _killed("""
send = mailer.mail_user
def send_and_die(*args, **words):
    send(*args, **words)
    die()
mailer.mail_user = send_and_die
work.run()
""", post.server)
    assert mail_now() == work.Counts(1, 0)
    first, second = letters(town["editor"])
    assert first["Message-ID"] == second["Message-ID"]
    assert mail_now() == work.Counts(0, 0)


# --- whoever cannot be reminded, and the commands ----------------------------------------------


@pytest.fixture
def lonely(town: Town) -> Iterator[dict[str, Any]]:
    """An office that owes, with one editor who has no mail address, and one with nobody."""
    editor = factories.User()
    without = factories.Organization(
        title="Kecamatan Alpa", users=[{"name": editor["name"], "capacity": "editor"}])
    nobody = factories.Organization(title="Kecamatan Bisu", users=[])
    model.Session.execute(
        sa.update(model.User).where(model.User.id == editor["id"]).values(email=None))
    model.Session.commit()
    items = [owe(one, "Jumlah warga", "2026-11-17") for one in (without, nobody)]
    yield {"without": without, "nobody": nobody, "editor": editor}
    for id in items:
        call(town["walidata"], "satudata_obligation_excuse", id=str(id), period="2026-10",
             reason="Selesai.")
    for one in (without, nobody):
        sysadmin = {"user": town["sysadmin"]["name"], "ignore_auth": True}
        tk.get_action("organization_delete")(sysadmin, {"id": one["id"]})


def test_who_cannot_be_reminded_is_named_with_the_remedy(
    town: Town, on: Any, lonely: Any, letters: Any  # noqa: F811
) -> None:
    found = on("2026-11-10")
    assert lonely["editor"]["id"] in who(found), "on the desk"
    assert [(one["name"], one["people"]) for one in reminding.unreachable()] == [
        (lonely["without"]["name"], True), (lonely["nobody"]["name"], False)]
    faults = list(checks.reminded())
    assert [one.subject for one in faults] == [
        lonely["without"]["name"], lonely["nobody"]["name"]]
    assert all("people import" in one.remedy for one in faults)
    mail_now()
    _, rows = reminding.sent(ensure(lonely["without"]["id"]), 10, 0)
    assert [one["state"] for one in rows] == [reminding.NO_ADDRESS]
    # Once somebody is there, what was reached is told.
    new = factories.User()
    tk.get_action("organization_member_create")(
        {"user": town["sysadmin"]["name"], "ignore_auth": True},
        {"id": lonely["nobody"]["id"], "username": new["name"], "role": "editor"})
    assert who(on("2026-11-12")) >= {new["id"]}


def test_a_dry_run_says_who_and_writes_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch, cli: Any
) -> None:
    from ckan.cli.cli import ckan

    monkeypatch.setattr(clock, "city_today", lambda: dt.date(2026, 11, 10))
    answer = cli.invoke(ckan, ["satudata", "daily", "--dry-run"])
    assert answer.exit_code == 0, answer.output
    for name in TOLD:
        assert town[name]["name"] in answer.output
    assert town.office["title"] in answer.output
    for table in (notice, reminded, work_table):
        assert model.Session.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


# --- pages --------------------------------------------------------------------------------------


def _headers(town: Town, name: str) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=town[name]["name"])["token"]}


def test_the_walidatas_page(town: Town, on: Any, make_app: Any) -> None:
    on("2026-11-10")
    app, walidata = make_app(), _headers(town, "walidata")
    body = app.get("/satudata/pengingat", headers=walidata).body
    assert town.office["title"] in body
    assert (town["editor"]["fullname"] or town["editor"]["name"]) in body
    assert "Jumlah penderita TB" not in body
    assert town.office["title"] in app.get(
        f"/satudata/pengingat?opd={town.office['name']}", headers=walidata).body
    for bad, status in (("?page=x", 200), ("?page=99999", 200), ("?opd=tidak-ada", 404),
                        ("?opd=%00", 400)):
        assert app.get(f"/satudata/pengingat{bad}", headers=walidata, status=status)
    for name in ("editor", "admin", "koordinator", "pembina", "outsider"):
        assert app.get("/satudata/pengingat", headers=_headers(town, name), status=403)
    assert app.get("/satudata/pengingat", follow_redirects=False).status_code == 302


@pytest.mark.parametrize(("name", "shows"), [
    ("editor", True), ("member", True), ("parent_admin", True), ("walidata", True),
    ("other_editor", False), ("outsider", False), ("pembina", False), (None, False),
])
def test_the_text_for_the_phone_group_names_open_items_only(
    town: Town, make_app: Any, monkeypatch: pytest.MonkeyPatch, name: str | None, shows: bool
) -> None:
    monkeypatch.setattr(clock, "city_today", lambda: dt.date(2026, 11, 11))
    monkeypatch.setitem(tk.config, "ckanext.satudata.public_board", "live")
    headers = _headers(town, name) if name else {}
    body = make_app().get(f"/kepatuhan/2026-TW4/{town.office['name']}", headers=headers).body
    text = body.partition("<textarea")[2].partition("</textarea>")[0]
    assert bool(text) is shows
    if shows:
        assert "Jumlah posyandu" in text and "dan 1 data lain." in text
        assert "Jumlah penderita TB" not in text
        assert "http://test.ckan.net/satudata" in text


def test_the_desk_has_the_text_too(
    town: Town, make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "city_today", lambda: dt.date(2026, 11, 11))
    body = make_app().get("/satudata", headers=_headers(town, "editor")).body
    assert "satudata-phone-1" in body and 'data-satudata-copy="satudata-phone-1"' in body
    assert "dan 1 data lain." in body.partition("<textarea")[2]
