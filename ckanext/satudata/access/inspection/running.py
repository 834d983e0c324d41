"""Looking at the files that come in: by a worker after the commit, or then and there.

What follows from a finding is decided elsewhere: a dataset's ``private`` in ``visibility.decide``,
a verification in ``deciding``, the acceptance of a deposit in its room. This module looks, keeps
what it found, and says what stands in the way of being public.
"""
from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan import model
from rq.timeouts import BaseTimeoutException

from ckanext.satudata import compat
from ckanext.satudata.access import submissions
from ckanext.satudata.access.fetching import FetchError
from ckanext.satudata.access.files import digest_of, is_link, is_rows
from ckanext.satudata.schema import checking, content, regions, values

from . import difference, headers, sources, store
from .content import CERTAIN, RULES, UNREADABLE, Inspection, TooSlow, inspect, unread
from .reading import Unreadable
from .store import Kept
from .table import MESSAGES, Known

#: So long somebody who decides waits for a file that nobody has looked at yet (seconds).
PATIENCE = 15

#: A file whose inspection the job queue cuts off is not damaged: it was not looked at.
CUT_OFF = (BaseTimeoutException,)

#: The file that was accepted last for the same item as this one: a later room knows.
#: ``plugin.py`` fills it; called with the id of a file, it answers with one or None.
PREVIOUS: list[Callable[[str], str | None]] = []

#: What follows when a file of a dataset certainly holds personal data; ``plugin.py`` fills it.
FOLLOWERS: list[Callable[[str], None]] = []

#: What follows when a link of a dataset leads to something else than before, with the ids of both;
#: ``plugin.py`` fills it.
CHANGED: list[Callable[[str, str], None]] = []


@dataclass(frozen=True)
class Obstacle:
    """What keeps a file from being public.

    :param code: ``unchecked``, ``certain`` or ``doubtful``
    """

    code: str
    resource_id: str
    finding: Mapping[str, Any] | None = None


def carry_out(resource_id: str, data: Mapping[str, Any] | None = None) -> None:
    """The work owed for a file; may be done again."""
    kept = store.get(resource_id)
    if kept is None:
        return
    _look(kept, None)
    if kept.package_id is None:
        return
    if store.is_certain(kept.package_id):
        for follow in FOLLOWERS:
            follow(kept.package_id)
    now = store.get(resource_id)
    # A link that was down when it was looked at has led to nothing yet: what comes is as new.
    if kept.status == store.DONE and now is not None and (
        now.fetched_sha256 not in (None, kept.fetched_sha256)
    ):
        for tell in CHANGED:
            tell(kept.package_id, resource_id)


def ensure(
    files: Mapping[str, str | None], seconds: float = PATIENCE, *, links: bool = False
) -> dict[str, Kept]:
    """The inspections of files, made then and there where a worker has not been.

    What would take longer is left to the worker and stays ``menunggu``.

    :param files: ids of files with the dataset of each, if it has one
    :param links: fetch what links lead to once more, whatever was found there before
    :returns: by id; a file that the storage does not have is ``gagal``
    """
    deadline = time.monotonic() + seconds
    known = store.of(files)
    marks = submissions.hashes_of(files)
    if new := [id for id in files if id not in known or _is_other(known[id], marks.get(id))]:
        for id in new:
            _begin(id, files[id])
        known = store.of(files)
    left = [kept for kept in known.values() if not (
        kept.status == store.DONE and kept.rules == rules_of(_known_of(kept.resource_id))
    ) or (links and is_link(_resource(kept.resource_id)))]
    if not left:
        return known
    for kept in left:
        with contextlib.suppress(TooSlow):
            _look(kept, deadline)
    return store.of(files)


def _is_other(kept: Kept, sha256: str | None) -> bool:
    """Whether something else was looked at than what stands behind a resource now.

    :param sha256: of its file or rows, where it is known
    """
    resource = _resource(kept.resource_id)
    if is_link(resource):
        sha256 = sources.address_mark(resource["url"])
    elif sha256 is None and resource["url"] and _is_stored(resource):
        sha256 = _digest(kept.resource_id)
    return sha256 not in (None, kept.sha256)


def _begin(resource_id: str, package_id: str | None) -> None:
    """A file that was there before the plugin: what it is, its bytes say."""
    resource = _resource(resource_id)
    if not _is_stored(resource):
        store.begin(resource_id, package_id, sources.address_mark(resource["url"]))
        return
    if sha256 := _digest(resource_id):
        store.begin(resource_id, package_id, sha256)


def _digest(resource_id: str) -> str | None:
    """Of the stored bytes; None: the storage does not have them."""
    try:
        with opened(resource_id) as file:
            return digest_of(file).sha256
    except OSError:
        return None


def obstacles(
    files: Mapping[str, Kept], subjects: Sequence[str | None], expected: Collection[str] = ()
) -> list[Obstacle]:
    """What keeps these files from being public.

    :param subjects: the dataset, and the item, whose answers count
    :param expected: ids of files that must have been looked at
    """
    found = [Obstacle("unchecked", id) for id in unseen(files, expected)]
    said = store.answers(subjects)
    for kept in files.values():
        for finding in kept.findings:
            if code := _standing(finding, said):
                found.append(Obstacle(code, kept.resource_id, finding))
    return found


def unseen(files: Mapping[str, Kept], expected: Collection[str]) -> list[str]:
    """Ids of the files that nobody has looked at yet."""
    return [id for id in expected if id not in files or files[id].status != store.DONE]


def _standing(finding: Mapping[str, Any], said: Mapping[tuple[str, str], str]) -> str | None:
    if finding["certainty"] == CERTAIN:
        return "certain"
    answer = said.get((finding["kind"], finding["key"]))
    if answer == store.PERSONAL:
        return "certain"
    return None if answer else "doubtful"


def unanswered(
    kept: Kept, subjects: Sequence[str | None],
    said: Mapping[str, Mapping[tuple[str, str], str]],
) -> list[Mapping[str, Any]]:
    """Findings of a file that are certain, or that no answer says may be let out.

    :param said: answers by subject, as ``store.answers_of`` reads them for many files
    """
    known = store.together(said.get(subject or "", {}) for subject in subjects)
    return [one for one in kept.findings if _standing(one, known)]


def reconsider(package_id: str) -> None:
    """An answer was given: which of a dataset's files must stay in now?"""
    said = store.answers([package_id])
    store.mark(package_id, [
        kept.resource_id for kept in store.of_packages([package_id])[package_id]
        if any(_standing(one, said) == "certain" for one in kept.findings)
    ])


# -- looking -------------------------------------------------------------------------------------


def _look(kept: Kept, deadline: float | None) -> None:
    known = _known_of(kept.resource_id)
    try:
        seen = _seen(kept, known, deadline)
    except OSError:
        store.failed(kept.resource_id)
        return
    said = store.answers([kept.package_id])
    certain = any(_standing(one, said) == "certain" for one in seen.findings)
    store.keep(kept, rules_of(known), seen, certain=certain)


def _seen(kept: Kept, known: Known, deadline: float | None) -> store.Seen:
    """What is found in a stored file, in rows, or at the end of a link."""
    resource = _resource(kept.resource_id)
    if is_link(resource):
        return _seen_there(kept, resource["url"], known, deadline)
    if is_rows(resource):
        try:
            with sources.rows(kept.resource_id, deadline) as file:
                return store.seen(inspect(file, known, deadline=deadline, cut_off=CUT_OFF))
        except Unreadable as error:
            return store.seen(unread(error))
    with opened(kept.resource_id) as file:
        found = inspect(file, known, deadline=deadline, cut_off=CUT_OFF)
        return store.seen(found, _difference(kept.resource_id, file, deadline))


def _seen_there(kept: Kept, url: str, known: Known, deadline: float | None) -> store.Seen:
    try:
        with sources.linked(url, deadline) as stream, borrowed(stream) as file:
            found = inspect(file, known, deadline=deadline, cut_off=CUT_OFF)
            return store.seen(found, fetched_sha256=digest_of(file).sha256)
    except FetchError as error:
        doubt = store.seen(Inspection([sources.not_fetched(url, error)]))
        # What was there when it was fetched last is not forgotten.
        before = [one for one in kept.findings if one["kind"] != sources.LIVE]
        return store.Seen(
            [*before, *doubt.findings], kept.tables, fetched_sha256=kept.fetched_sha256)


def _resource(resource_id: str) -> dict[str, Any]:
    """Address and kind of a resource; what is none yet is the file of a deposit that waits."""
    found = model.Resource.get(resource_id)
    if found is None:
        return {"url": "", "url_type": "upload"}
    return {"url": found.url or "", "url_type": found.url_type}


def _is_stored(resource: Mapping[str, Any]) -> bool:
    return not is_rows(resource) and not is_link(resource)


def _known_of(resource_id: str) -> Known:
    resource = model.Resource.get(resource_id)
    said = (resource.extras or {}).get("kamus_data") if resource is not None else None
    return Known(dictionary(said), regions.known_codes())


def dictionary(said: Any) -> list[Mapping[str, Any]]:
    """The records of a data dictionary, whatever it is stored as."""
    return [record for record in values.load_list(said) if isinstance(record, Mapping)]


def rules_of(known: Known) -> str:
    """What an inspection rests on besides the file: if it changes, the file is looked at again."""
    said = {"resources": [{"kamus_data": list(known.dictionary)}]}
    return f"{RULES}:{content.content_hash(said)[:12]}"


def _difference(
    resource_id: str, file: IO[bytes], deadline: float | None
) -> dict[str, Any] | None:
    previous = next((id for ask in PREVIOUS if (id := ask(resource_id))), None)
    if previous is None or (deadline is not None and time.monotonic() > deadline):
        return None
    now = difference.first_table(file, CUT_OFF)
    try:
        with opened(previous) as earlier:
            before = difference.first_table(earlier, CUT_OFF)
    except OSError:
        return None
    if now is None or before is None:
        return None
    found = difference.compare(before, now)
    return found and found.as_dict()


@contextmanager
def opened(resource_id: str) -> Iterator[IO[bytes]]:
    """A stored file that can be sought.

    :raises OSError: the storage does not have it
    """
    with compat.open_upload(resource_id) as file, borrowed(file) as whole:
        yield whole


@contextmanager
def borrowed(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """An open file that readers of all kinds can take; it is put back to its beginning."""
    if hasattr(file, "readable"):
        yield file
    else:
        # Before Python 3.11 a spooled file is no real one.
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            yield copy
    file.seek(0)


# -- what is shown -------------------------------------------------------------------------------


def short(kept: Kept) -> dict[str, Any]:
    """An inspection in a few figures, for lists."""
    return {
        "status": kept.status,
        "certain": sum(one["certainty"] == CERTAIN for one in kept.findings),
        "doubtful": sum(one["certainty"] != CERTAIN for one in kept.findings),
        # What could not be read is no table.
        "sound": bool(kept.tables) and all(one["sound"] for one in kept.tables)
        if kept.status == store.DONE else None,
        "rows": sum(one["rows"] for one in kept.tables),
        "difference": kept.difference,
    }


def shown(kept: Kept, said: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """An inspection whole, for those who may see it.

    :param said: what was answered, as ``store.answers`` gives it
    """
    return {
        "status": kept.status,
        "sha256": kept.fetched_sha256 or kept.sha256,
        "personal_data": [
            {
                **one, "label": kind_label(one["kind"]), "message": finding_words(one),
                "answer": said.get((one["kind"], one["key"])),
            }
            for one in kept.findings
        ],
        "table": {
            "sound": short(kept)["sound"],
            "sheets": [
                {
                    **one,
                    "errors": [
                        {**error, "message": fault_words(error["code"])} for error in one["errors"]
                    ],
                }
                for one in kept.tables
            ],
        },
        "difference": kept.difference,
    }


# -- words ---------------------------------------------------------------------------------------


def words(obstacle: Obstacle, filename: str | None = None) -> str:
    """An obstacle for whoever meets it: column and rows, never a value."""
    where = f"{filename}: " if filename else ""
    if obstacle.finding is None:
        return where + tk._(
            "The file is still being checked for personal data, or the storage does not give it "
            "out: try again soon.")
    what = finding_words(obstacle.finding)
    if obstacle.code == "certain":
        return where + what + " " + tk._(
            "It cannot be public: take the column out and give another file, or set the access "
            "class to tertutup.")
    return where + what + " " + tk._("A walidata has to say whether it may be public.")


def finding_words(finding: Mapping[str, Any]) -> str:
    """A finding in one sentence."""
    if finding["kind"] == UNREADABLE:
        name = f" ({finding['sheet']})" if finding["sheet"] else ""
        return tk._("The file could not be read{name}, so nobody knows what is in it.").format(
            name=name)
    if finding["kind"] == sources.LIVE:
        return tk._(
            "The link led to no file when it was fetched, so nobody knows what is there. {why}"
        ).format(why=sources.why_not_fetched(finding["column"]))
    place = tk._("column {column}").format(column=finding["column"])
    if finding["sheet"]:
        place += ", " + tk._("sheet {sheet}").format(sheet=finding["sheet"])
    if rows := finding["rows"]:
        more = " …" if finding["count"] > len(rows) else ""
        place += ", " + tk._("rows {rows}").format(rows=", ".join(map(str, rows[:5])) + (
            " …" if len(rows) > 5 else more))
    return tk._("{kind} found: {place}.").format(kind=kind_label(finding["kind"]), place=place)


def fault_words(code: str) -> str:
    """A fault of a table in one sentence."""
    return tk._(MESSAGES[code])


def kind_label(kind: str) -> str:
    """What people read for a kind of finding, in the reader's language."""
    labels = headers.facts()["labels"]
    said = labels.get(kind, labels["header"])
    return said["en" if checking.reader_language().startswith("en") else "id"]
