"""People are told: who, once, what they may know, in their language, by a real mail server."""
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import closing, closures
from ckanext.satudata.access import notices as dataset_notices
from ckanext.satudata.access.closures import End
from ckanext.satudata.journal import clock, events, work
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.model import work as work_table
from ckanext.satudata.journal.speaking import speaking
from ckanext.satudata.opd import notices
from ckanext.satudata.opd.model import notice, notice_choice
from sandbox.mail import text_of
from tests.access.town import CLOSED, Town, build_town, call, uncommitted
from tests.mailing import letters, post  # noqa: F401

SYSTEM = Actor(None, CLI)


@pytest.fixture
def town(request: pytest.FixtureRequest, with_plugins: None) -> Town:
    """A city that is built once for this module; each test begins with nobody told."""
    built = getattr(request.module, "_town", None)
    if built is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        built = request.module._town = build_town()
    for table in (work_table, notice, notice_choice):
        model.Session.execute(sa.delete(table))
    model.Session.commit()
    return built


@pytest.fixture(autouse=True)
def _no_mail_server(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that look at mails ask for the fixture ``letters``."""
    import ckan.plugins.toolkit as tk

    monkeypatch.setitem(tk.config, "smtp.server", None)


def told() -> dict[str, list[str]]:
    """Kinds that each person was told, by their id."""
    found: dict[str, list[str]] = {}
    for row in model.Session.execute(sa.select(notice).order_by(notice.c.id)).mappings():
        found.setdefault(row["person"], []).append(row["kind"])
    return found


def do_work(*kinds: str) -> work.Counts:
    """Do the work of these kinds and nothing else."""
    model.Session.execute(sa.delete(work_table).where(work_table.c.kind.not_in(kinds)))
    model.Session.commit()
    return work.run()


def tell() -> None:
    assert do_work(events.TELL).failed == 0


def names(town: Town, *people: str) -> set[str]:
    return {town[name]["id"] for name in people}


# --- who is told --------------------------------------------------------------------------------


def test_a_submission_is_told_to_the_walidata_and_a_return_to_whom_it_concerns(town: Town) -> None:
    dataset = town.submitted()
    tell()
    assert {p for p, kinds in told().items() if "dataset.submitted" in kinds} == names(
        town, "walidata", "walidata2")
    call(town["walidata"], "satudata_dataset_return", id=dataset["id"],
         content_hash=dataset["content_hash"], note="Satuan belum diisi.")
    tell()
    assert {p for p, kinds in told().items() if "dataset.returned" in kinds} == names(
        town, "editor", "admin")
    (found,) = _read(town, "editor")
    assert dataset["title"] in found.words.title
    assert found.words.reason == "Satuan belum diisi."
    assert found.words.url.endswith(f"/dataset/{dataset['name']}")


def _read(town: Town, name: str, **more: Any) -> list[notices.Notice]:
    with speaking("en"):
        return notices.latest(model.User.get(town[name]["id"]), 20, **more)


def test_whoever_did_it_is_not_told_and_nobody_is_told_twice(town: Town) -> None:
    town.submitted(by="admin")
    tell()
    seq = model.Session.execute(
        sa.select(sa.func.max(event.c.seq)).where(event.c.type == "dataset.submitted")
    ).scalar_one()
    before = told()
    assert town["admin"]["id"] not in before
    for _ in range(2):
        work.owe(events.TELL, str(seq))
        model.Session.commit()
        tell()
    assert told() == before


def test_a_closed_dataset_is_named_only_to_who_may_see_it_now(town: Town) -> None:
    with uncommitted():
        dataset = town.submitted(klasifikasi_akses="tertutup", **CLOSED)
    tell()
    (seen,) = _read(town, "walidata")
    assert dataset["title"] in seen.words.title
    from ckanext.satudata.opd import people

    people.revoke(town["walidata"]["id"], people.WALIDATA, SYSTEM)
    model.Session.commit()
    try:
        assert _read(town, "walidata") == []
    finally:
        people.grant(town["walidata"]["id"], people.WALIDATA, SYSTEM)
        model.Session.commit()


def test_every_event_that_people_are_told_of_has_a_teller_and_words(town: Town) -> None:
    dataset = town.shared("verified")
    assert set(notices.TELLERS) == events.TOLD
    user = model.User.get(town["walidata"]["id"])
    with speaking("en"):
        for kind, teller in dataset_notices.TELLERS.items():
            for end in closing.KINDS if kind == dataset_notices.END else ("",):
                happening = notices.Happening(kind, "k", "dataset", dataset["id"], {
                    "end": end, "step": "7", "last_day": "2026-12-01"}, seq=10**9)
                words = teller.words(happening, user)
                assert words is not None
                assert dataset["title"] in words.title and words.todo
                assert words.url.startswith("http://test.ckan.net/")
                teller.people(happening)


# --- ends of closures ---------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "step"), [
    (31, None), (30, "30"), (8, "30"), (7, "7"), (0, "7"), (-1, "over"), (-400, "over"),
])
def test_the_step_of_an_end(days: int, step: str | None) -> None:
    assert days > dataset_notices.AHEAD[0] if step is None else (
        dataset_notices._step(days) == step)


def test_a_closure_that_ends_is_told_step_by_step_and_never_opened(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with uncommitted():
        dataset = town.draft(klasifikasi_akses="tertutup", **CLOSED)
    today = clock.city_today()
    end = End(closing.CLOSURE, dataset["id"], today + dt.timedelta(days=7))
    monkeypatch.setattr(
        closures, "ending", lambda day: [end] if end.last_day <= day else [])

    def at(days: int) -> tuple[int, int]:
        monkeypatch.setattr(clock, "city_today", lambda: end.last_day - dt.timedelta(days=days))
        with speaking("id", CLI):
            return dataset_notices.tell_ends(SYSTEM)

    assert at(31) == (0, 0)
    assert [at(days) for days in (30, 29, 7, 3, 0)] == [(1, 0), (0, 0), (1, 0), (0, 0), (0, 0)]
    assert [at(days) for days in (-1, -2)] == [(1, 1), (0, 0)]
    with monkeypatch.context() as patch:
        # Every hour again: whom it concerns is not even asked of what has been told.
        patch.setattr(dataset_notices._Ending, "people", None)
        assert at(-3) == (0, 0)
    concerned = names(town, "admin", "walidata", "walidata2", "ppid")
    seen = {person for person, kinds in told().items() if dataset_notices.END in kinds}
    assert seen <= concerned and names(town, "admin", "walidata", "walidata2") <= seen
    assert {len(told()[person]) for person in seen} == {3}
    ended = model.Session.execute(
        sa.select(event.c.data).where(
            event.c.type == dataset_notices.ENDED, event.c.object_id == dataset["id"])
    ).scalars().all()
    assert ended == [{"kind": "closure", "last_day": end.last_day.isoformat()}]
    assert town.show(dataset)["private"] is True


# --- mails --------------------------------------------------------------------------------------


def test_a_mail_says_what_to_do_once_and_in_the_persons_language(
    town: Town, letters: Any,  # noqa: F811
) -> None:
    notices.choose(town["walidata2"]["id"], notices.AT_ONCE, "en")
    model.Session.commit()
    dataset = town.submitted()
    assert do_work(events.TELL, notices.MAIL).failed == 0
    (mail,) = letters(town["walidata"])
    (english,) = letters(town["walidata2"])
    assert dataset["title"] in mail["Subject"] and dataset["title"] in english["Subject"]
    body = text_of(english)
    assert "Check it, and verify or return it." in body
    assert f"http://test.ckan.net/en/satudata/verifikasi/{dataset['name']}" in body
    assert f"http://test.ckan.net/satudata/verifikasi/{dataset['name']}" in text_of(mail)
    assert english["Auto-Submitted"] == "auto-generated"
    assert do_work(events.TELL, notices.MAIL) == work.Counts(0, 0)
    work.owe(notices.MAIL, town["walidata"]["id"])
    model.Session.commit()
    do_work(notices.MAIL)
    assert len(letters(town["walidata"])) == 1


def test_whoever_wants_one_mail_a_day_gets_all_in_one_and_what_was_read_in_none(
    town: Town, letters: Any,  # noqa: F811
) -> None:
    notices.choose(town["walidata"]["id"], notices.DAILY, "en")
    model.Session.commit()
    first, second, third = (town.submitted() for _ in range(3))
    assert do_work(events.TELL, notices.MAIL).failed == 0
    assert letters(town["walidata"]) == []
    (due,) = [one for one in work.pending() if one.kind == notices.MAIL]
    assert dt.timedelta(0) < due.not_before - due.owed_at <= dt.timedelta(days=1)
    notices.mark_read(town["walidata"]["id"], _read(town, "walidata")[-1].id)
    model.Session.execute(
        sa.update(work_table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    assert do_work(notices.MAIL) == work.Counts(1, 0)
    (mail,) = letters(town["walidata"])
    body = text_of(mail)
    assert "2 notices" in mail["Subject"]
    assert first["title"] not in body and second["title"] in body and third["title"] in body


def test_a_mail_server_that_refuses_is_asked_again_and_nothing_is_lost(
    town: Town, letters: Any, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
) -> None:
    import ckan.plugins.toolkit as tk

    with monkeypatch.context() as away:
        away.setitem(tk.config, "smtp.server", "127.0.0.1:1")
        town.submitted()
        assert do_work(events.TELL, notices.MAIL).failed == 2
        assert {one.kind for one in work.failed()} == {notices.MAIL}
        assert "could not be connected" in str(work.failed()[0].last_error)
    assert letters(town["walidata"]) == []
    model.Session.execute(
        sa.update(work_table).values(not_before=sa.func.clock_timestamp()))
    model.Session.commit()
    assert do_work(notices.MAIL) == work.Counts(2, 0)
    assert len(letters(town["walidata"])) == 1 and work.failed() == []


def test_a_portal_without_mail_server_owes_no_mail(town: Town) -> None:
    town.submitted()
    tell()
    assert len(_read(town, "walidata", unread_only=True)) == 1
    assert [one for one in work.pending() if one.kind == notices.MAIL] == []


# --- pages --------------------------------------------------------------------------------------


def test_the_page_shows_marks_and_keeps_choices(town: Town, make_app: Any) -> None:
    from ckan.tests import factories

    dataset = town.submitted()
    tell()
    app = make_app()
    headers = {"Authorization": factories.APIToken(user=town["walidata"]["name"])["token"]}
    assert dataset["title"] in app.get("/satudata/pemberitahuan", headers=headers).body
    assert dataset["title"] in app.get("/satudata", headers=headers).body
    newest = _read(town, "walidata")[0].id
    for bad in ("", "x", "9" * 40):
        app.post("/satudata/pemberitahuan/dibaca", data={"up_to": bad}, headers=headers)
    assert _read(town, "walidata", unread_only=True)
    app.post("/satudata/pemberitahuan/dibaca", data={"up_to": str(newest)}, headers=headers)
    assert _read(town, "walidata", unread_only=True) == []
    for mode, language in (("sekali", "en"), ("harian", "tlh")):
        app.post("/satudata/pemberitahuan/pilihan", headers=headers,
                 data={"mode": mode, "language": language})
    assert notices.choice(town["walidata"]["id"]) == notices.Choice(notices.AT_ONCE, "id")
    app.post("/satudata/pemberitahuan/pilihan", headers=headers,
             data={"mode": "harian", "language": "en"})
    assert notices.choice(town["walidata"]["id"]) == notices.Choice(notices.DAILY, "en")


def test_strangers_are_shown_the_way_in(town: Town, make_app: Any) -> None:
    answer = make_app().get("/satudata/pemberitahuan", follow_redirects=False)
    assert answer.status_code == 302 and "/user/login" in answer.headers["Location"]
