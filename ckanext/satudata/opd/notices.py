"""People are told: a notice on the desk and in a mail, once each, with what to do.

An event of a type that people are told of owes a notice (``journal/events.py``, ``TOLD``). A teller
of the event's room says who is told, and writes the words for one reader: only then, and only what
that person may see. Mail goes at once or once a day, as each person chooses. A mail that is refused
stays owed (``journal/work.py``).
"""
from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import mailer
from sqlalchemy.dialects import postgresql as pg

from ckanext.satudata.journal import asked, work
from ckanext.satudata.journal.model import event, note
from ckanext.satudata.journal.speaking import portal_language, speaking

from .model import notice, notice_choice

#: How a person is mailed: as soon as there is something, or once a day.
AT_ONCE, DAILY = "segera", "harian"
MODES = (AT_ONCE, DAILY)

#: The hour of the city's day at which the daily mail is due.
DAILY_HOUR = 6

#: Kind of the work of mailing a person; its key is the person's id.
MAIL = "mail"

#: Notices in one mail; older than this (days) they are not mailed any more, only on the desk.
MOST, OLD_DAYS = 100, 14

#: Characters that are kept of what the mail server said.
_ERROR = 300

#: Notices that are this old (days) are removed by the daily command. A closure that ran out and was
#: not decided in all that time is told once more.
KEPT_DAYS = 180

_columns = notice.c


@dataclass(frozen=True)
class Happening:
    """What people are told of: an event, or a day that has come.

    :param kind: type of the event, or a name of its own; the key of a teller
    :param key: names this happening among those of its kind
    :param by: id of the person who brought it about: they know already
    """

    kind: str
    key: str
    object_type: str
    object_id: str
    data: Mapping[str, Any]
    by: str | None = None
    seq: int | None = None
    note: str | None = None
    hash: str | None = None


@dataclass(frozen=True)
class Words:
    """A notice for one reader, in the language of the running request.

    :param title: what happened, in one line
    :param todo: what to do now
    :param url: where to do it, with the portal's address
    :param reason: what the person said
    :param decided: whether that is the reason of a decision; else a remark
    :param lines: what the mail says besides; the page behind ``url`` shows it as it is then
    """

    title: str
    todo: str
    url: str
    reason: str | None = None
    decided: bool = True
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Notice:
    """Words that a person was told, and whether they have read them."""

    id: int
    words: Words
    created_at: dt.datetime
    is_read: bool


@dataclass(frozen=True)
class Choice:
    """How a person wants to be told."""

    mode: str
    language: str


class Teller(Protocol):
    """What a room knows of its happenings."""

    def people(self, happening: Happening) -> Collection[str]:
        """Ids of the persons who are to be told."""
        ...

    def words(self, happening: Happening, user: model.User) -> Words | None:
        """The notice for one reader; None: they may not know of it (any more)."""


#: Tellers by kind of happening; ``plugin.py`` fills it.
TELLERS: dict[str, Teller] = {}


# --- telling ------------------------------------------------------------------------------------


def tell_event(key: str, data: Mapping[str, Any]) -> None:
    """The handler of ``events.TELL``: tell whom an event concerns."""
    happening = _of_event(int(key))
    if happening is not None and happening.kind in TELLERS:
        with speaking(portal_language()):
            tell(happening)


def tell(happening: Happening) -> int:
    """Put a notice for each person it concerns, and owe the mails; does not commit.

    Told again, it changes nothing. Runs within a request context.

    :returns: to how many persons it is new
    """
    teller = TELLERS[happening.kind]
    users = _users(set(teller.people(happening)) - {happening.by})
    told = [user.id for user in users if teller.words(happening, user) is not None]
    return len(_put(happening, dict.fromkeys(told, happening.data)))


def tell_each(
    happening: Happening, data: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Put a notice with data of their own for each of many persons; does not commit.

    The same few statements for any number of them. Who may be told was asked before; the words
    ask once more. Mails go in the morning, at the hour of the daily ones, or as soon as it is over.

    :param data: by the person's id
    :returns: the persons to whom it is new
    """
    morning = _this_morning()
    return _put(happening, data, morning if morning > dt.datetime.now(morning.tzinfo) else None)


def _put(
    happening: Happening, data: Mapping[str, Mapping[str, Any]], at: dt.datetime | None = None
) -> list[str]:
    if not data:
        return []
    statement = pg.insert(notice).values([
        {
            "person": person, "kind": happening.kind, "key": happening.key,
            "event_seq": happening.seq, "object_type": happening.object_type,
            "object_id": happening.object_id, "data": dict(own),
        }
        for person, own in data.items()
    ])
    new = list(model.Session.execute(
        statement.on_conflict_do_nothing().returning(_columns.person)
    ).scalars())
    _owe_mails(new, at)
    return new


def told_of(kind: str, keys: Collection[str]) -> set[str]:
    """Those of the happenings of a kind of which somebody has been told, by their keys."""
    return set(model.Session.execute(
        sa.select(_columns.key).distinct().where(
            _columns.kind == kind,
            _columns.key == sa.any_(sa.literal(list(keys), pg.ARRAY(sa.Text))),
        )
    ).scalars())


def choice(person: str) -> Choice:
    """How a person wants to be told; the portal's way unless they have chosen."""
    row = model.Session.execute(
        sa.select(notice_choice).where(notice_choice.c.person == person)
    ).mappings().first()
    if row is None:
        return Choice(AT_ONCE, portal_language())
    return Choice(row["mode"], row["language"] or portal_language())


def choose(person: str, mode: str, language: str) -> None:
    """Keep how a person wants to be told; does not commit.

    :raises tk.ValidationError: there is no such way, or no such language here
    """
    if mode not in MODES:
        raise tk.ValidationError({"mode": [tk._("Choose one of the ways that are offered.")]})
    if language not in tk.config["ckan.locales_offered"]:
        raise tk.ValidationError({"language": [tk._("The portal does not speak this language.")]})
    values = {"mode": mode, "language": language}
    model.Session.execute(
        pg.insert(notice_choice).values(person=person, **values)
        .on_conflict_do_update(index_elements=[notice_choice.c.person], set_=values)
    )


# --- reading ------------------------------------------------------------------------------------


def latest(user: model.User, limit: int, *, unread_only: bool = False) -> list[Notice]:
    """A person's latest notices, the newest first; what they may not see any more is left out."""
    query = sa.select(notice).where(_columns.person == user.id)
    if unread_only:
        query = query.where(_columns.read_at.is_(None))
    rows = model.Session.execute(
        query.order_by(_columns.id.desc()).limit(limit)
    ).mappings().all()
    return [
        Notice(row["id"], words, row["created_at"], row["read_at"] is not None)
        for row, words in _worded(rows, user)
    ]


def mark_read(person: str, up_to: int) -> None:
    """A person has read their notices up to this one; does not commit."""
    model.Session.execute(
        sa.update(notice)
        .where(_columns.person == person, _columns.id <= up_to, _columns.read_at.is_(None))
        .values(read_at=sa.func.clock_timestamp())
    )


def purge() -> int:
    """Remove notices that are too old to be of use; does not commit."""
    gone = model.Session.execute(
        sa.delete(notice)
        .where(_columns.created_at < sa.func.clock_timestamp() - dt.timedelta(days=KEPT_DAYS))
        .returning(_columns.id)
    )
    return len(gone.scalars().all())


# --- mailing ------------------------------------------------------------------------------------


def can_mail() -> bool:
    """Whether the portal has a mail server."""
    return bool(tk.config.get("smtp.server"))


def mail(key: str, data: Mapping[str, Any]) -> None:
    """The handler of :data:`MAIL`: one mail with all that a person has not been mailed yet.

    The same notices make the same Message-ID: if a process ends between the mail server's answer
    and our commit, the second copy can be told from a new mail.

    :raises mailer.MailerException, OSError: the mail server refuses or is away
    """
    user = model.User.get(key)
    if user is None or user.state != "active" or not user.email or not can_mail():
        return
    rows = model.Session.execute(
        sa.select(notice)
        .where(
            _columns.person == user.id, _columns.mailed_at.is_(None), _columns.read_at.is_(None),
            _columns.created_at > sa.func.clock_timestamp() - dt.timedelta(days=OLD_DAYS),
        )
        .order_by(_columns.id)
        .with_for_update()
    ).mappings().all()
    with speaking(choice(user.id).language):
        worded = _worded(rows, user)
        sent = [row["id"] for row, _ in worded]
        if worded:
            try:
                mail_id = _send(user, [words for _, words in worded], sent)
            except (mailer.MailerException, OSError) as error:
                _keep_refusal(sent, error)
                raise
            model.Session.execute(
                sa.update(notice).where(_columns.id.in_(sent))
                .values(mail_id=mail_id, mail_error=None)
            )
    model.Session.execute(
        sa.update(notice)
        .where(_columns.id.in_([row["id"] for row in rows]))
        .values(mailed_at=sa.func.clock_timestamp())
    )


def _keep_refusal(ids: Sequence[int], error: Exception) -> None:
    """Keep what the mail server said, whatever becomes of the piece of work."""
    model.Session.rollback()
    model.Session.execute(
        sa.update(notice).where(_columns.id.in_(ids))
        .values(mail_error=_one_line(str(error).replace("\0", " "))[:_ERROR])
    )
    model.Session.commit()


def _send(user: model.User, found: Sequence[Words], ids: Sequence[int]) -> str:
    """Send a mail; returns its Message-ID."""
    site = str(tk.config.get("ckan.site_title") or "Satu Data")
    if len(found) == 1:
        subject = found[0].title
    else:
        subject = tk.ungettext("{n} notice", "{n} notices", len(found)).format(n=len(found))
    digest = hashlib.sha256(repr((user.id, list(ids))).encode()).hexdigest()[:32]
    host = str(tk.config.get("ckan.site_url") or "").partition("://")[2].partition("/")[0]
    mail_id = f"<{digest}@{host.partition(':')[0] or 'localhost'}>"
    mailer.mail_user(
        user, _one_line(f"[{site}] {subject}"), _body(user, found),
        headers={"Message-ID": mail_id, "Auto-Submitted": "auto-generated"},
    )
    return mail_id


def _body(user: model.User, found: Sequence[Words]) -> str:
    parts = [tk._("Dear {name},").format(name=user.fullname or user.name)]
    for words in found[:MOST]:
        lines = [words.title]
        if words.reason:
            said = tk._("Reason: {reason}") if words.decided else tk._("Note: {reason}")
            lines.append(said.format(reason=words.reason))
        lines += words.lines
        lines += [tk._("To do: {todo}").format(todo=words.todo), words.url]
        parts.append("\n".join(lines))
    if len(found) > MOST:
        more = len(found) - MOST
        parts.append(tk.ungettext(
            "{n} more notice stands on your desk.", "{n} more notices stand on your desk.", more,
        ).format(n=more))
    own = tk.h.url_for("satudata_notices.index", _external=True)
    parts.append("-- \n" + tk._(
        "The portal sent this mail by itself. Choose here how you are told: {url}"
    ).format(url=own))
    return "\n\n".join(parts) + "\n"


# --- parts --------------------------------------------------------------------------------------


def _owe_mails(persons: Collection[str], at: dt.datetime | None) -> None:
    if not persons or not can_mail():
        return
    daily = set(model.Session.execute(
        sa.select(notice_choice.c.person).where(
            notice_choice.c.person.in_(persons), notice_choice.c.mode == DAILY)
    ).scalars())
    morning = _next_morning() if daily else None
    work.owe_many(MAIL, {person: morning if person in daily else at for person in persons})


def _next_morning() -> dt.datetime:
    due = _this_morning()
    return due if due > dt.datetime.now(due.tzinfo) else due + dt.timedelta(days=1)


def _this_morning() -> dt.datetime:
    """The hour of today at which daily mails go, whether it is over or not."""
    now = dt.datetime.now(asked.city_zone())
    return now.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)


def _of_event(seq: int) -> Happening | None:
    row = _events([seq]).get(seq)
    if row is None:
        return None
    return Happening(
        row["type"], str(seq), row["object_type"], row["object_id"], row["data"], row["person"],
        seq, row["text"], row["hash"],
    )


def _worded(
    rows: Sequence[Mapping[Any, Any]], user: model.User
) -> list[tuple[Mapping[Any, Any], Words]]:
    events = _events([row["event_seq"] for row in rows if row["event_seq"] is not None])
    found = []
    for row in rows:
        teller = TELLERS.get(row["kind"])
        of = events.get(row["event_seq"], {})
        happening = Happening(
            row["kind"], row["key"], row["object_type"], row["object_id"], row["data"],
            seq=row["event_seq"], note=of.get("text"), hash=of.get("hash"),
        )
        words = teller.words(happening, user) if teller else None
        if words is not None:
            found.append((row, words))
    return found


def _events(seqs: Collection[int]) -> dict[int, Mapping[Any, Any]]:
    """Events by number, with their notes."""
    if not seqs:
        return {}
    rows = model.Session.execute(
        sa.select(event, note.c.text).outerjoin(note, note.c.event_seq == event.c.seq)
        .where(event.c.seq.in_(list(seqs)))
    ).mappings()
    return {row["seq"]: row for row in rows}


def _users(ids: Collection[str | None]) -> list[model.User]:
    user: Any = model.User
    wanted = [id for id in ids if id]
    if not wanted:
        return []
    return list(model.Session.execute(
        sa.select(user).where(
            user.id.in_(wanted), user.state == "active",
            # CKAN's own account is nobody.
            user.name != tk.config["ckan.site_id"],
        ).order_by(user.id)
    ).scalars())


def _one_line(text: str) -> str:
    return " ".join(text.split())
