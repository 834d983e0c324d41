"""What may be wrong with a portal, one function for each kind; each says the remedy.

Nothing is changed here. Everything is read in batches, so that 100,000 datasets fit.
"""
from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.access import closing, closures, index, verdicts, visibility
from ckanext.satudata.access.inspection import sources
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.access.model import file
from ckanext.satudata.deposits import bundles, state, store
from ckanext.satudata.deposits.model import deposit, obligation
from ckanext.satudata.journal import clock, work
from ckanext.satudata.journal.model import run
from ckanext.satudata.journal.model import work as work_owed
from ckanext.satudata.letters import reminding
from ckanext.satudata.letters.model import letter
from ckanext.satudata.opd import notices
from ckanext.satudata.opd.model import commitment
from ckanext.satudata.report import snapshots

#: Without a daily run for so long something is wrong (hours).
DAILY_HOURS = 48

#: Work that is due for longer than this has nobody who does it (hours).
OWED_HOURS = 6

#: Obligations whose derived rows are looked at.
SAMPLE = 500

_BLOCK = 1 << 20
_package: Any = model.Package
_resource: Any = model.Resource


@dataclass(frozen=True)
class Fault:
    """Something out of order.

    :param check: which function found it
    :param subject: what it is about: an id, a name
    :param message: what is wrong
    :param remedy: what to do
    """

    check: str
    subject: str
    message: str
    remedy: str

    def line(self) -> str:
        """The fault in one line."""
        return f"{self.check}: {self.subject}: {self.message} -> {self.remedy}"

    def as_dict(self) -> dict[str, str]:
        """The fault as JSON has it."""
        return asdict(self)


def visible() -> Iterator[Fault]:
    """``private`` of each dataset against the rule (``access/visibility.py``)."""
    columns = (_package.id, _package.name, _package.type, _package.state, _package.private)
    for rows in _batches(sa.select(*columns).where(
        _package.type == visibility.DATASET, _package.state != "deleted",
    ), _package.id):
        decided = verdicts.of(rows)
        for row in rows:
            decision = decided[row.id]
            if decision.private != row.private:
                yield Fault(
                    "visibility", row.name,
                    f"private = {row.private}, the rule [{decision.rule}] says {decision.private}",
                    f"ckan satudata why {row.name}; then save it: the rule is applied to each save",
                )


def closed() -> Iterator[Fault]:
    """Closures and determinations that have run out and wait for somebody's decision."""
    today = clock.city_today()
    _, ends = closures.find(
        (closing.WAITING, closing.CLOSURE, closing.REVIEW), today - dt.timedelta(days=1), None,
        limit=None,
    )
    for end in ends:
        yield Fault(
            "closure", end["name"], f"{end['kind']} ran out on {end['last_day']}",
            "the PPID determines anew, or the office opens it and submits",
        )


def indexed() -> Iterator[Fault]:
    """The search index against the database: entries, ``private``, readers, status."""
    known: set[str] = set()
    for rows in _batches(sa.select(_package.id), _package.id):
        ids = [row.id for row in rows]
        known.update(ids)
        for id, difference in index.out_of_step(ids).items():
            yield _index_fault(id, difference)
    for id in index.indexed_ids():
        if id not in known:
            yield _index_fault(id, "in the index, and not in the database")


def _index_fault(id: str, difference: str) -> Fault:
    return Fault(
        "index", id, difference, f"ckan satudata daily; at once: ckan search-index rebuild {id}")


def owed() -> Iterator[Fault]:
    """Work that failed, or that nobody does."""
    for one in work.failed():
        # A first try without an error may be under way just now.
        if one.last_error is None and one.attempts == 1:
            continue
        remedy = {
            notices.MAIL: "look at the mail server (smtp.* in the configuration)",
            index.OWED: "look at Solr (ckan search-index check)",
        }.get(one.kind, "look at the worker's log")
        yield Fault(
            "work", f"{one.kind} {one.key}",
            f"begun {one.attempts} times, last: {one.last_error or 'its process was ended'}",
            remedy + "; it is tried again by itself",
        )
    now = dt.datetime.now(dt.timezone.utc)
    for one in work.pending():
        if not one.attempts and now - one.not_before > dt.timedelta(hours=OWED_HOURS):
            yield Fault(
                "work", f"{one.kind} {one.key}", f"due since {one.not_before.isoformat()[:19]}",
                "is a worker running (ckan jobs worker)? ckan satudata daily does it now",
            )


def reminded() -> Iterator[Fault]:
    """Offices that owe something and have nobody with a mail address who could be reminded."""
    for one in reminding.unreachable():
        yield Fault(
            "reminder", one["name"],
            "its people have no mail address" if one["people"] else "it has no people to remind",
            "give it an editor or admin with a mail address (ckan satudata people import)",
        )


def run_daily() -> Iterator[Fault]:
    """Whether the daily command runs, and what went wrong in it."""
    last = model.Session.execute(
        sa.select(run).where(run.c.ended_at.isnot(None)).order_by(run.c.id.desc()).limit(1)
    ).mappings().first()
    now = dt.datetime.now(dt.timezone.utc)
    if last is None or now - last["ended_at"] > dt.timedelta(hours=DAILY_HOURS):
        when = "never" if last is None else f"last on {last['ended_at'].isoformat()[:19]}"
        yield Fault(
            "daily", "ckan satudata daily", f"it ran {when}",
            "let cron run it (docs/operator.md, \"Every day\")",
        )
    for part, error in (last["failed"] if last else {}).items():
        yield Fault("daily", part, f"failed in the last run: {error}", "run ckan satudata daily")


def linked() -> Iterator[Fault]:
    """Items of the daftar data that are linked to a dataset that is not there."""
    rows = model.Session.execute(
        sa.select(obligation.c.id, obligation.c.package_id)
        .outerjoin(_package, _package.id == obligation.c.package_id)
        .where(obligation.c.package_id.isnot(None), _package.id.is_(None))
    )
    for id, package_id in rows:
        yield Fault(
            "link", str(id), f"its dataset {package_id} does not exist",
            "link another dataset or none (action satudata_obligation_link)",
        )


def addresses() -> Iterator[Fault]:
    """Links of public datasets that led to no file when they were fetched last."""
    for package_id, findings in inspections.links_with(sources.LIVE):
        said = inspections.answers([package_id])
        for one in findings:
            if one["kind"] == sources.LIVE and (one["kind"], one["key"]) not in said:
                yield Fault(
                    "address", _name(package_id), f"a link of it led to no file ({one['column']})",
                    "its office mends the address or uploads the file; what is a service and no "
                    "file is answered by a walidata",
                )


def frozen() -> Iterator[Fault]:
    """The chain of frozen quarters; the figures behind it are judged by ``report verify``."""
    for one in snapshots.faults(judge=False):
        yield Fault(
            "snapshot", f"{one['quarter']} revision {one['revision']}",
            f"{one['fault']} does not agree",
            "ckan satudata report verify; compare with the printed hash and with a backup",
        )


def derived() -> Iterator[Fault]:
    """Derived periods of a sample of items against their events; and how far they are written."""
    if state.written_until() < state.horizon():
        yield Fault(
            "periods", "register", f"written only until {state.written_until()}",
            "ckan satudata daily",
        )
        return
    ids = state.all_ids()
    # Another sample each time, so that in the end each item is looked at.
    found = state.look(random.sample(ids, min(SAMPLE, len(ids))))
    for id in sorted({str(row["obligation"]) for row in [*found.closing, *found.opening]}):
        yield Fault(
            "periods", id, "its periods are not what its events say", "ckan satudata rebuild")


def stored() -> Iterator[Fault]:
    """Files that the database knows, in CKAN's storage; their hashes too. Reads every file."""
    known = sa.union_all(
        # Rows of the DataStore have a number in place of a hash.
        sa.select(file.c.resource_id, file.c.sha256)
        .join(_resource, _resource.id == file.c.resource_id)
        .where(_resource.url_type == "upload"),
        sa.select(deposit.c.resource_id, deposit.c.sha256).where(
            deposit.c.status == store.WAITING, deposit.c.resource_id.isnot(None),
            deposit.c.sha256.isnot(None), deposit.c.attached.is_(False),
        ),
        sa.select(letter.c.paper, letter.c.sha256).where(letter.c.paper.isnot(None)),
        sa.select(commitment.c.paper, commitment.c.sha256),
    ).subquery()
    for rows in _batches(sa.select(known.c.resource_id.label("id"), known.c.sha256),
                         known.c.resource_id):
        for row in rows:
            yield from _stored(row.id, row.sha256)


def _stored(resource_id: str, sha256: str) -> Iterator[Fault]:
    try:
        with compat.open_upload(resource_id) as found:
            digest = hashlib.sha256()
            while block := found.read(_BLOCK):
                digest.update(block)
    except OSError:
        yield Fault(
            "file", resource_id, "the storage does not have it", "restore it from a backup")
        return
    if digest.hexdigest() != sha256:
        yield Fault(
            "file", resource_id, "its bytes are not those that came (SHA-256 differs)",
            "restore it from a backup; look at who wrote to the storage",
        )


def missing() -> Iterator[Fault]:
    """Uploads of before the portal, whose hash nobody knows, that the storage does not have."""
    query = (
        sa.select(_resource.id, _package.name)
        .join(_package, _package.id == _resource.package_id)
        .outerjoin(file, file.c.resource_id == _resource.id)
        .where(
            _resource.state == "active", _resource.url_type == "upload",
            _package.type == visibility.DATASET, _package.state == "active",
            file.c.resource_id.is_(None),
        )
    )
    for rows in _batches(query, _resource.id):
        for row in rows:
            try:
                compat.open_upload(row.id).close()
            except OSError:
                yield Fault(
                    "file", row.id, f"the storage does not have this file of {row.name}",
                    "restore it from a backup, or upload it again",
                )


def strays() -> Iterator[Fault]:
    """Files in a local storage that belong to no resource, deposit, letter or commitment."""
    root = compat.local_uploads()
    places = iter(sorted(root.glob("???/???/*")) if root is not None else ())
    while batch := {"".join(place.parts[-3:]): place for place in islice(places, index.BATCH)}:
        known = model.Session.execute(sa.union(*(
            sa.select(column).where(column.in_(list(batch)))
            for column in (
                _resource.id, deposit.c.resource_id, letter.c.paper, commitment.c.paper,
            )
        ), sa.select(work_owed.c.key).where(
            # Files that are about to be deposited together go by themselves.
            work_owed.c.kind == bundles.FORGET, work_owed.c.key.in_(list(batch)),
        ))).scalars().all()
        for id in batch.keys() - set(known):
            yield Fault(
                "file", id, "nothing belongs to this file", f"remove it if you agree: {batch[id]}")


#: The checks by name, in the order of their output; those that read every file come only when
#: they are asked for.
CHECKS: dict[str, Callable[[], Iterator[Fault]]] = {
    "daily": run_daily, "work": owed, "visibility": visible, "index": indexed, "closure": closed,
    "link": linked, "reminder": reminded, "address": addresses, "snapshot": frozen,
    "periods": derived,
}
FILE_CHECKS: dict[str, Callable[[], Iterator[Fault]]] = {
    "file": stored, "file-missing": missing, "file-stray": strays,
}


def _batches(query: Any, key: Any) -> Iterator[list[Any]]:
    """Rows of a query in batches, by a key that is in it under the name ``id``."""
    last = ""
    while True:
        rows = model.Session.execute(
            query.where(key > last).order_by(key).limit(index.BATCH)).all()
        if not rows:
            return
        yield list(rows)
        last = rows[-1].id


def _name(package_id: str) -> str:
    return model.Session.execute(
        sa.select(_package.name).where(_package.id == package_id)).scalar() or package_id
