"""Why a dataset is what it is: the rule and the events, from the functions that decided."""
from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.journal import events

from . import policy, readers, reading, submissions, visibility
from .inspection import store as inspections


def lines(package: model.Package) -> Iterator[str]:
    """The answer in words, line by line, in the language of the running request."""
    given = compat.package_extras([package.id], ["klasifikasi_akses"]).get(package.id, {})
    klass = given.get("klasifikasi_akses")
    row = submissions.require(package.id)
    decision = visibility.decide(
        klasifikasi_akses=visibility.effective_class(klass, row.verified_class),
        status=row.status, state=package.state, dataset_type=package.type,
        enforcement=policy.enforcement(), current_private=package.private,
        personal_data=inspections.is_certain(package.id),
    )
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
    if package.private and visibility.is_governed(package.type):
        yield from _readers(package)
    yield tk._("Events:")
    for one in events.history([("dataset", package.id)]):
        by = one["by"] or tk._("the system")
        note = f" – {one['note']}" if one["note"] else ""
        yield f"  {one['recorded_at'][:19]} {one['type']} ({by}, {one['via']}){note}"


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
