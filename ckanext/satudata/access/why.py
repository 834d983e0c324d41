"""Why a dataset is what it is: the rule and the events, from the functions that decided."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.journal import clock, events

from . import closures, policy, readers, reading, submissions, verdicts, visibility

#: What later rooms know of a dataset, in lines; ``plugin.py`` fills it.
PARTS: list[Callable[[model.Package], Iterator[str]]] = []

#: What later rooms know of something else than a dataset, by its id: lines, or None when there is
#: nothing of theirs with this id; ``plugin.py`` fills it.
OTHERS: list[Callable[[str], Iterator[str] | None]] = []


#: What of later rooms belongs to a dataset, by its id: (object_type, object_id) as events name
#: them; ``plugin.py`` fills it.
RELATED: list[Callable[[str], list[tuple[str, str]]]] = []


def objects(package_id: str) -> list[tuple[str, str]]:
    """A dataset and what else belongs to its history, as events name them."""
    return [("dataset", package_id), *(one for ask in RELATED for one in ask(package_id))]


def lines(package: model.Package) -> Iterator[str]:
    """The answer in words, line by line, in the language of the running request."""
    given = compat.package_extras([package.id], ["klasifikasi_akses"]).get(package.id, {})
    klass = given.get("klasifikasi_akses")
    row = submissions.require(package.id)
    decision = verdicts.of([package])[package.id]
    yield f"{package.name}: {package.title}"
    yield tk._("It is private.") if package.private else tk._("It is public.")
    yield tk._("Rule: {rule} {words}").format(
        rule=f"[{decision.rule}]", words=tk._(decision.explanation))
    if decision.private != package.private:
        yield tk._("The database says otherwise: this is out of order.")
    yield tk._("Class: {klass}").format(klass=klass or tk._("none"))
    if row.verified_class and row.verified_class != klass:
        yield tk._("Class that counts until the next verification: {klass}").format(
            klass=row.verified_class)
    yield tk._("Status: {status}").format(status=row.status) + (
        " (" + tk._("inherited: it was there before the plugin") + ")" if row.inherited else "")
    if row.changed_fields:
        yield tk._("Changed since it was verified:") + " " + ", ".join(row.changed_fields)
    if row.requested:
        yield tk._("Asked of the walidata: {what}").format(what=row.requested)
    yield tk._("State in CKAN: {state}; enforcement: {mode}").format(
        state=package.state, mode=policy.enforcement())
    yield from _closure(package)
    if package.private and visibility.is_governed(package.type):
        yield from _readers(package)
    for part in PARTS:
        yield from part(package)
    yield from told(objects(package.id))


def told(objects: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The events behind something, oldest first.

    :param objects: (object_type, object_id), as events name them
    """
    yield tk._("Events:")
    for one in events.history(objects):
        by = one["by"] or tk._("the system")
        note = f" – {one['note']}" if one["note"] else ""
        yield f"  {one['recorded_at'][:19]} {one['type']} ({by}, {one['via']}){note}"


def _closure(package: model.Package) -> Iterator[str]:
    """Until when it may stay closed, or wait for the PPID's determination, and what is over."""
    terms, today = closures.get(package.id), clock.city_today()
    for day, lasts, is_over in (
        (terms.waiting_until, tk._("Waits for the PPID's determination, at most until {day}."),
         tk._("Waited for the PPID's determination until {day}: a decision is overdue, nothing is "
              "opened by itself.")),
        (terms.closed_until, tk._("The closure holds until {day}."),
         tk._("The closure ended on {day}: a decision is overdue, nothing is opened by itself.")),
        (terms.review_until, tk._("The closure is to be reviewed by {day}."),
         tk._("The closure was to be reviewed by {day}.")),
    ):
        if day is not None:
            yield (is_over if day < today else lasts).format(day=day.isoformat())


def _readers(package: model.Package) -> Iterator[str]:
    klass, verified = readers.standing(package)
    row = reading.TABLE[klass, verified]
    for sight, words in (
        (reading.Sight.ALL, tk._("All of it is read by:")),
        (reading.Sight.METADATA, tk._("Its metadata, without files, are read by:")),
    ):
        kinds = [reader.value for reader, seen in row.items() if seen is sight]
        if kinds:
            yield words + " " + ", ".join(kinds)
