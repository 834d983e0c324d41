"""What people are told of datasets: submissions, decisions, requests, closures that end."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context

from ckanext.satudata.journal import clock
from ckanext.satudata.journal.events import Actor, record
from ckanext.satudata.journal.model import event
from ckanext.satudata.opd import notices, people
from ckanext.satudata.opd.notices import Happening, Words
from ckanext.satudata.translation import N_

from . import closing, closures, lifecycle, opinion, request_life

#: Days before its last day on which an end is told, and when it is over.
AHEAD = (30, 7)
OVER = "over"

#: A closure, or the waiting for a determination, has run out: recorded once, opened by nobody.
ENDED = "dataset.closure_ended"

#: The PPID has determined what may stay closed.
DETERMINED = "dataset.determined"

_TYPES = lifecycle.EVENT_TYPES
_ASKS = request_life.EVENT_TYPES

#: Events after which something waits for the holders of a role: what is said, and which role.
_TO_ROLE = {
    _TYPES[lifecycle.SUBMIT]: (
        N_("Submitted: {title}"), N_("Check it, and verify or return it."), people.WALIDATA),
    _TYPES[lifecycle.OPEN]: (
        N_("Request to open: {title}"), N_("Check it, and verify or return it."), people.WALIDATA),
    _TYPES[lifecycle.ASK_UNPUBLISH]: (
        N_("Request to unpublish: {title}"), N_("Grant the request or refuse it."),
        people.WALIDATA),
    _TYPES[lifecycle.ASK_DELETE]: (
        N_("Request to delete: {title}"), N_("Grant the request or refuse it."), people.WALIDATA),
    opinion.ASKED: (
        N_("Your opinion is asked: {title}"),
        N_("Say whether you agree or object; the verification does not wait for long."),
        people.PEMBINA),
}

#: Events of which the office is told: whoever submitted or asked, and who answers for the office.
_TO_OFFICE = {
    _TYPES[lifecycle.RETURN]: (
        N_("Returned: {title}"), N_("Mend what the reason says and submit it again.")),
    _TYPES[lifecycle.REVOKE]: (
        N_("Verification revoked: {title}"), N_("Mend what the reason says and submit it again.")),
    _TYPES[lifecycle.VERIFY]: (
        N_("Verified: {title}"), N_("Nothing; its page shows what its readers see.")),
    _TYPES[lifecycle.UNBLOCK]: (
        N_("Verified: {title}"), N_("Nothing; its page shows what its readers see.")),
    _TYPES[lifecycle.REFUSE]: (
        N_("Your request was refused: {title}"),
        N_("Read the reason; ask again when it is settled.")),
    _TYPES[lifecycle.GRANT]: (
        N_("Your request was granted: {title}"), N_("Nothing; the history says what was done.")),
    DETERMINED: (
        N_("Determined by the PPID: {title}"),
        N_("Read the determination; what is to be opened is submitted and verified first.")),
    _TYPES[lifecycle.FIND_PERSONAL]: (
        N_("Personal data was found in a file: {title}"),
        N_("Take the file away, deposit another without personal data, or close the dataset.")),
}

#: Events of access requests: what is said, and whether the office that asks is told (else the
#: walidata and the office that has the dataset).
_OF_REQUESTS = {
    _ASKS[request_life.ASK]: (
        N_("Access requested: {title}"),
        N_("The walidata decides; the owning office may comment before."), False),
    _ASKS[request_life.COMMENT]: (
        N_("Comment on an access request: {title}"), N_("Read it; the walidata decides."), False),
    _ASKS[request_life.GRANT]: (
        N_("Access granted: {title}"), N_("Open the dataset; mind the last day."), True),
    _ASKS[request_life.REFUSE]: (
        N_("Access refused: {title}"), N_("Read the reason; ask again if need be."), True),
    _ASKS[request_life.REVOKE]: (
        N_("Access revoked: {title}"), N_("Read the reason; ask again if need be."), True),
}

#: Events whose note is a remark of whoever brings something, no reason of a decision.
_REMARKS = {_TYPES[lifecycle.SUBMIT], opinion.ASKED, _ASKS[request_life.COMMENT]}

#: What ends, by the kind of the end: before the day, after it, and what to do.
_ENDS = {
    closing.WAITING: (
        N_("Waits for the PPID's determination until {day}: {title}"),
        N_("Waited for a determination until {day}, and there is none: {title}"),
        N_("Get the PPID's determination and enter it, or open the dataset.")),
    closing.CLOSURE: (
        N_("The closure ends on {day}: {title}"),
        N_("The closure ended on {day}, the dataset stays closed until somebody decides: {title}"),
        N_("Decide: a new determination with a new last day, or open the dataset.")),
    closing.REVIEW: (
        N_("The closure has to be reviewed by {day}: {title}"),
        N_("The closure had to be reviewed by {day}: {title}"),
        N_("Review the closure and enter the next day of review.")),
    closing.GRANT: (
        N_("Access ends on {day}: {title}"),
        N_("Access ended on {day}: {title}"),
        N_("Ask again if your office still needs the data.")),
}


class _Datasets:
    """Common to all of this room: whoever may see a dataset's metadata may be told of it."""

    def words(self, happening: Happening, user: model.User) -> Words | None:
        package = model.Package.get(happening.object_id)
        if package is None or not _may_see(user, package.id):
            return None
        says = self.says(happening)
        return Words(
            tk._(says[0]).format(title=package.title or package.name, **self.places(happening)),
            tk._(says[1]), self.address(happening, package), happening.note,
            decided=happening.kind not in _REMARKS,
        )

    def says(self, happening: Happening) -> tuple[str, str]:
        raise NotImplementedError

    def places(self, happening: Happening) -> dict[str, str]:
        return {}

    def address(self, happening: Happening, package: model.Package) -> str:
        return tk.h.url_for("dataset.read", id=package.name, _external=True)


class _Waiting(_Datasets):
    """Something waits for a walidata, or for the opinion of a pembina."""

    def people(self, happening: Happening) -> Collection[str]:
        return set(people.holders(_TO_ROLE[happening.kind][2]))

    def says(self, happening: Happening) -> tuple[str, str]:
        return _TO_ROLE[happening.kind][:2]

    def address(self, happening: Happening, package: model.Package) -> str:
        return tk.h.url_for("satudata_portal.dataset", id=package.name, _external=True)


class _Decided(_Datasets):
    """Something was decided for an office."""

    def people(self, happening: Happening) -> Collection[str]:
        package = model.Package.get(happening.object_id)
        told = people.heads_of(package.owner_org if package else None)
        asked = _TYPES[lifecycle.SUBMIT]
        if happening.kind in (_TYPES[lifecycle.REFUSE], _TYPES[lifecycle.GRANT]):
            asked = None
        if happening.kind == _TYPES[lifecycle.FIND_PERSONAL]:
            told |= set(people.holders(people.WALIDATA))
        return told | _who_asked(happening, asked)

    def says(self, happening: Happening) -> tuple[str, str]:
        return _TO_OFFICE[happening.kind]


class _Asked(_Datasets):
    """Something about an access request."""

    def people(self, happening: Happening) -> Collection[str]:
        if _OF_REQUESTS[happening.kind][2]:
            asking = happening.data.get("organization")
            return people.heads_of(asking) | _asker(happening, asking)
        package = model.Package.get(happening.object_id)
        owner = package.owner_org if package else None
        return people.heads_of(owner) | set(people.holders(people.WALIDATA))

    def says(self, happening: Happening) -> tuple[str, str]:
        return _OF_REQUESTS[happening.kind][:2]


class _Ending(_Datasets):
    """Something ends in some days, or has ended."""

    def people(self, happening: Happening) -> Collection[str]:
        package = model.Package.get(happening.object_id)
        owner = people.heads_of(package.owner_org if package else None)
        if happening.data["end"] == closing.GRANT:
            return owner | people.heads_of(happening.data.get("organization"))
        return owner | set(people.holders(people.WALIDATA, people.PPID))

    def says(self, happening: Happening) -> tuple[str, str]:
        before, after, todo = _ENDS[happening.data["end"]]
        return (after if happening.data["step"] == OVER else before), todo

    def places(self, happening: Happening) -> dict[str, str]:
        return {"day": tk.h.satudata_day(happening.data["last_day"])}


#: Kind of the notices of :func:`tell_ends`.
END = "closure.end"

#: Tellers of this room by kind of happening.
TELLERS: dict[str, notices.Teller] = {
    **dict.fromkeys(_TO_ROLE, _Waiting()),
    **dict.fromkeys(_TO_OFFICE, _Decided()),
    **dict.fromkeys(_OF_REQUESTS, _Asked()),
    END: _Ending(),
}


def tell_ends(by: Actor) -> tuple[int, int]:
    """Tell of closures, waiting and grants that end in 30 or 7 days or have ended; commits.

    Each step is told once; of several that were missed only the nearest. What has ended is
    recorded as an event, once: nothing is opened or prolonged (docs/access.md, "Determination by
    the PPID"). Runs within a request context.

    :returns: how many ends were told to anybody, and how many have newly run out
    """
    today = clock.city_today()
    told = over = 0
    ends = {}
    for end in closures.ending(today + dt.timedelta(days=AHEAD[0])):
        step = _step((end.last_day - today).days)
        names = (end.kind, end.package_id, end.request or "", end.last_day.isoformat(), step)
        ends[":".join(names)] = end, step
    known = notices.told_of(END, ends)
    for key, (end, step) in ends.items():
        if key in known:
            continue
        over += step == OVER and end.kind != closing.GRANT and _record_once(end, by)
        told += notices.tell(Happening(
            END, key, "dataset", end.package_id,
            {
                "end": end.kind, "last_day": end.last_day.isoformat(), "step": step,
                "organization": end.organization,
            },
        )) > 0
        model.Session.commit()
    return told, over


def _step(days: int) -> str:
    """The step that is reached: the last day itself is not over yet."""
    if days < 0:
        return OVER
    return str(min(ahead for ahead in AHEAD if days <= ahead))


def _record_once(end: closures.End, by: Actor) -> bool:
    known = model.Session.execute(
        sa.select(event.c.seq).where(
            event.c.object_type == "dataset", event.c.object_id == end.package_id,
            event.c.type == ENDED, event.c.data["kind"].astext == end.kind,
            event.c.data["last_day"].astext == end.last_day.isoformat(),
        ).limit(1)
    ).first()
    if known:
        return False
    record(ENDED, "dataset", end.package_id, by,
           data={"kind": end.kind, "last_day": end.last_day.isoformat()})
    return True


def _may_see(user: model.User, package_id: str) -> bool:
    context: Any = {"user": user.name, "auth_user_obj": user}
    try:
        tk.check_access("package_show", Context(context), {"id": package_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def _who_asked(happening: Happening, type: str | None) -> set[str]:
    """Who submitted what was decided, or made the request that was answered."""
    query: Any = sa.select(event.c.person).where(event.c.person.isnot(None))
    if type is None:
        query = query.where(event.c.seq == happening.data.get("request"))
    else:
        query = query.where(
            event.c.object_type == "dataset", event.c.object_id == happening.object_id,
            event.c.type == type, event.c.seq < happening.seq,
        ).order_by(event.c.seq.desc()).limit(1)
    return set(model.Session.execute(query).scalars())


def _asker(happening: Happening, organization: Any) -> set[str]:
    return set(model.Session.execute(
        sa.select(event.c.person).where(
            event.c.object_type == "dataset", event.c.object_id == happening.object_id,
            event.c.type == _ASKS[request_life.ASK], event.c.seq < happening.seq,
            event.c.data["organization"].astext == organization, event.c.person.isnot(None),
        ).order_by(event.c.seq.desc()).limit(1)
    ).scalars())
