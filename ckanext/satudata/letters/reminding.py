"""Reminding: once a day each person is told, in one digest, of what their offices still owe.

Who is reminded of what is decided for all offices at once (``reminders.py``), with the same few
statements for any number of them, in one transaction: a run that is killed has told nobody. The
mails follow like all others (``opd/notices.py``).
"""
from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata import config
from ckanext.satudata.access import policy
from ckanext.satudata.deposits import listing, owed
from ckanext.satudata.deposits.periods import label
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.opd import notices
from ckanext.satudata.opd import store as offices
from ckanext.satudata.opd.model import notice, reminded
from ckanext.satudata.opd.notices import Happening, Words

from . import reminders
from .reminders import Counts, Day, Line, Open, Reason

#: Kind of the notices.
REMINDER = "deposit.reminder"

#: Lines of one mail that name items; the rest is counted.
MOST = 60

#: Steps are kept for so long (days): longer than any of them can come again.
KEPT_DAYS = 200

#: Offices that owe something within so many days need somebody who can be reminded.
AHEAD_DAYS = 92


@dataclass(frozen=True)
class Person:
    """Somebody who may be reminded."""

    id: str
    has_address: bool


@dataclass(frozen=True)
class Reminder:
    """What one person is told today: their offices with what these owe."""

    person: str
    offices: Mapping[UUID, Counts]


def settings() -> reminders.Settings:
    """What the city has set.

    :raises CkanConfigurationException: an option makes no sense
    """
    return reminders.Settings(
        whom=frozenset(config.reminders_to()), before=config.reminder_days("before"),
        again=config.reminder_again(), closing=config.reminder_days("closing"),
    )


def remind(*, dry_run: bool = False) -> list[Reminder]:
    """Tell whoever is to be reminded today; commits.

    Within a request context. Nobody is told twice of a step, nor twice on a day; on days off
    nobody is told.

    :param dry_run: only say who would be told
    :returns: a digest for each person who is newly told
    """
    today = _day()
    if not (today.works and today.settings.whom) or _was_done(today.today):
        return []
    rows = [Open(*row) for row in owed.open_between(today.first, today.last)]
    able = recipients(today.settings)
    reached = [one for one in reminders.reasons(rows, today) if able.get(one.opd)]
    due = {one.opd for one in _new(reached, today.today)}
    counts = reminders.counts(rows, today)
    found = [
        Reminder(person, {opd: counts[opd] for opd in theirs})
        for person, theirs in reminders.shared(
            due, {opd: sorted(one.id for one in able[opd]) for opd in due}).items()
    ]
    if dry_run:
        model.Session.rollback()
        return found
    notices.tell_each(
        Happening(REMINDER, today.today.isoformat(), "reminder", today.today.isoformat(), {}),
        {one.person: _as_data(one, today) for one in found},
    )
    model.Session.execute(
        sa.delete(reminded)
        .where(reminded.c.told_on < today.today - dt.timedelta(days=KEPT_DAYS)))
    model.Session.commit()
    return found


def _day() -> Day:
    return reminders.day(clock.city_today(), rules.rule_book(), settings())


def _was_done(today: dt.date) -> bool:
    return model.Session.execute(sa.select(sa.exists().where(
        notice.c.kind == REMINDER, notice.c.key == today.isoformat()))).scalar_one()


def _new(reached: Collection[Reason], today: dt.date) -> list[Reason]:
    """Those of the steps that were not told before; they count as told from here on."""
    by_key = {(one.about, one.step): one for one in reached}
    if not by_key:
        return []
    keys = sorted(by_key)
    given = sa.func.unnest(
        sa.cast([about for about, _ in keys], pg.ARRAY(pg.UUID(as_uuid=True))),
        sa.cast([step for _, step in keys], pg.ARRAY(sa.Text)),
    ).table_valued("about", "step").render_derived()
    new = model.Session.execute(
        pg.insert(reminded)
        .from_select(
            ["about", "step", "told_on"],
            sa.select(given.c.about, given.c.step, sa.cast(today, sa.Date)))
        .on_conflict_do_nothing()
        .returning(reminded.c.about, reminded.c.step)
    )
    return [by_key[about, step] for about, step in new]


def _as_data(one: Reminder, of: Day) -> dict[str, Any]:
    return {
        "offices": {str(opd): list(counts) for opd, counts in one.offices.items()},
        "closing": of.quarter.code if of.closes is not None else None,
    }


# --- who can be reminded ------------------------------------------------------------------------


def recipients(of: reminders.Settings) -> dict[UUID, set[Person]]:
    """Who may be reminded for each office; a sysadmin acts for every office and owes nothing."""
    member, user, group = model.Member, model.User, model.Group
    rows = model.Session.execute(
        sa.select(member.group_id, member.capacity, user.id, user.email)
        .join(user, user.id == member.table_id)
        .join(group, group.id == member.group_id)
        .where(
            member.table_name == "user", member.state == "active",
            member.capacity.in_([reminders.ADMIN, reminders.EDITOR]),
            group.is_organization.is_(True), group.state == "active",
            user.state == "active", user.sysadmin.is_(False),
            user.name != tk.config["ckan.site_id"],
        )
    ).all()
    found: defaultdict[UUID, set[Person]] = defaultdict(set)
    admins: defaultdict[UUID, set[Person]] = defaultdict(set)
    for group_id, capacity, id, email in rows:
        opd, person = offices.key(group_id), Person(id, bool(email))
        if capacity in of.whom:
            found[opd].add(person)
        if capacity == reminders.ADMIN:
            admins[opd].add(person)
    if reminders.PARENT in of.whom:
        for office in offices.offices().values():
            if office.parent is not None and office.parent in admins:
                found[office.id] |= admins[office.parent]
    return dict(found)


def unreachable() -> list[dict[str, Any]]:
    """Offices that owe something and have nobody with a mail address who may be reminded.

    :returns: {``name``, ``title``, ``people``}, by title; ``people``: whether there is anybody
    """
    wanted = settings()
    if not wanted.whom:
        return []
    today = clock.city_today()
    able, known = recipients(wanted), offices.offices()
    owing = owed.owing(today, today + dt.timedelta(days=AHEAD_DAYS))
    return sorted(
        (
            {"name": known[opd].name, "title": known[opd].title, "people": bool(able.get(opd))}
            for opd in owing
            if opd in known and not any(one.has_address for one in able.get(opd, ()))
        ),
        key=lambda one: one["title"],
    )


# --- the words ----------------------------------------------------------------------------------


class _Reminder:
    """The latest reminder of a person says what is open when it is read; earlier ones are over."""

    def people(self, happening: Happening) -> Collection[str]:
        return happening.data

    def words(self, happening: Happening, user: model.User) -> Words | None:
        if _is_over(happening.key, user.id):
            return None
        who = listing.reader(cast(Context, {"user": user.name, "auth_user_obj": user}))
        of = _day()
        rows = [
            row for row in _open_now({UUID(opd) for opd in happening.data["offices"]}, of)
            if who.everything or row["opd"] in who.opds
        ]
        if not rows:
            return None
        late = sum(row["last_day"] < of.today for row in rows)
        title = tk.ungettext(
            "{n} data item is still to be deposited", "{n} data items are still to be deposited",
            len(rows)).format(n=len(rows))
        if late:
            title = tk.ungettext(
                "{what}; {n} is overdue", "{what}; {n} are overdue", late,
            ).format(what=title, n=late)
        return Words(
            title, tk._("Deposit it at your desk; a nil report or \"unchanged\" counts too."),
            tk.h.url_for("satudata_portal.index", _external=True), lines=_lines(rows, of),
        )


#: Tellers of reminders by kind of happening.
TELLERS: dict[str, notices.Teller] = {REMINDER: _Reminder()}


def _is_over(key: str, person: str) -> bool:
    return model.Session.execute(sa.select(sa.exists().where(
        notice.c.person == person, notice.c.kind == REMINDER, notice.c.key > key))).scalar_one()


def _open_now(opds: Collection[UUID], of: Day) -> list[Mapping[Any, Any]]:
    """What these offices owe, as a reminder of today lists it."""
    now = clock.now()
    return [
        row for row in owed.open_periods(opds, of.last)
        if row["last_day"] >= of.first
        and (row["mending_until"] is None or row["mending_until"] <= now)
    ]


def _lines(rows: Sequence[Mapping[Any, Any]], of: Day) -> list[str]:
    """Items by office, the soonest first; of very many the rest is counted."""
    lang, known = str(tk.h.lang() or "id"), offices.offices()
    by_office = _by_office(rows)
    lines: list[str] = []
    if of.closes is not None:
        lines.append(tk._("The quarter ends on {day}.").format(
            day=tk.h.satudata_day(of.quarter.last)))
    share = max(MOST // len(by_office), 1)
    for opd in sorted(by_office, key=lambda opd: known[opd].title):
        theirs = by_office[opd]
        lines.append(f"{known[opd].title}:")
        for row in theirs[:share]:
            what = f"{row['title']}, {label(row['period'], lang)}"
            said = tk._("- {what}: was due on {day}") if row["last_day"] < of.today else tk._(
                "- {what}: due on {day}")
            lines.append(said.format(what=what, day=tk.h.satudata_day(row["last_day"])))
        if len(theirs) > share:
            more = len(theirs) - share
            lines.append(tk.ungettext("and {n} more", "and {n} more", more).format(n=more))
    return lines


def _by_office(rows: Iterable[Mapping[Any, Any]]) -> dict[UUID, list[Mapping[Any, Any]]]:
    found: dict[UUID, list[Mapping[Any, Any]]] = {}
    for row in rows:
        found.setdefault(row["opd"], []).append(row)
    return found


# --- for the phone ------------------------------------------------------------------------------


def phone_texts(group_ids: Collection[str], context: Context) -> dict[str, str]:
    """Texts for the phone groups of offices, by the offices' titles, of those that owe something.

    They name only what anybody may read about: they are sent to phones. Of offices in which the
    reader has no part there is none; a walidata has a part in all. A few queries for any number.
    """
    who = listing.reader(context)
    keys = {offices.key(id) for id in group_ids}
    if not policy.may_verify(context):
        keys &= who.opds
    of, known = _day(), offices.offices() if keys else {}
    by_office = _by_office(_open_now(keys, of) if keys else ())
    url = tk.h.url_for("satudata_portal.index", _external=True, locale="default")
    found = {}
    for opd in sorted(by_office, key=lambda opd: known[opd].title):
        rows = by_office[opd]
        lines = [
            Line(row["title"], row["period"], row["last_day"])
            for row in rows if row["klasifikasi_akses"] == "terbuka"
        ]
        found[known[opd].title] = reminders.phone_text(
            known[opd].title, config.city_name(), lines, len(rows) - len(lines), of.today, url)
    return found


# --- what was sent ------------------------------------------------------------------------------

SENT, REFUSED, WAITING, READ, NO_ADDRESS, NOT_NEEDED = (
    "sent", "refused", "waiting", "read", "no_address", "not_needed")


def sent(opd: UUID | None, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """(how many, a page of) the reminders, the latest first, with what became of each mail.

    :param opd: those about one office only
    :returns: rows as ``satudata_reminder_list`` gives them
    """
    columns, user = notice.c, model.User
    where = [columns.kind == REMINDER]
    if opd is not None:
        where.append(columns.data["offices"].has_key(str(opd)))
    number = model.Session.execute(
        sa.select(sa.func.count()).select_from(notice).where(*where)).scalar_one()
    rows = model.Session.execute(
        sa.select(notice, user.email, user.state)
        .outerjoin(user, user.id == columns.person)
        .where(*where).order_by(columns.key.desc(), columns.id).limit(limit).offset(offset)
    ).mappings().all()
    known = offices.offices()
    return number, [_as_sent(row, known) for row in rows]


def _as_sent(row: Mapping[Any, Any], known: Mapping[UUID, Any]) -> dict[str, Any]:
    return {
        "day": row["key"],
        "person": row["person"],
        "offices": [
            {"name": known[UUID(opd)].name, "title": known[UUID(opd)].title,
             **Counts(*numbers)._asdict()}
            for opd, numbers in row["data"]["offices"].items()
        ],
        "closing": row["data"]["closing"],
        "state": _state(row),
        "at": row["mailed_at"] and row["mailed_at"].isoformat(),
        "error": row["mail_error"],
        "mail_id": row["mail_id"],
    }


def _state(row: Mapping[Any, Any]) -> str:
    if row["mail_id"]:
        return SENT
    if row["mail_error"]:
        return REFUSED
    if row["mailed_at"]:
        return NOT_NEEDED
    if row["read_at"]:
        return READ
    return WAITING if row["email"] and row["state"] == "active" else NO_ADDRESS
