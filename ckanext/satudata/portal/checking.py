"""What the walidata looks at before deciding: checks, a look into the file, names."""
from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

import ckan.plugins.toolkit as tk
import openpyxl

from ckanext.satudata.access import (
    choices,
    lifecycle,
    opinions,
    policy,
    submissions,
    visibility,
)
from ckanext.satudata.access.inspection import running
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.access.inspection.masking import masked
from ckanext.satudata.deposits import files, obligations, store
from ckanext.satudata.journal import events
from ckanext.satudata.opd import people
from ckanext.satudata.schema import fields
from ckanext.satudata.schema.checking import reader_language

from . import asking

#: Rows and columns of a file that are shown.
ROWS, COLUMNS = 12, 12
#: So much of a text file is read for the look into it.
_HEAD = 64 * 1024
#: Beyond this size a spreadsheet is not opened inside a request.
_LARGEST_SHEET = 5 * 1024 * 1024


#: The word of the address for each event that is decided on the page of a dataset.
WORDS = {
    lifecycle.VERIFY: "verify", lifecycle.RETURN: "return", lifecycle.REVOKE: "revoke",
    lifecycle.GRANT: "grant", lifecycle.REFUSE: "refuse", lifecycle.UNBLOCK: "unblock",
}
#: Remarks on single fields that the form for returning has room for.
REMARKS = 5


def dataset(id: str) -> dict[str, Any]:
    """A dataset with where it stands, its checks, and what the person may decide."""
    found = asking.found("package_show", id=id)
    row = submissions.get(found["id"])
    user: Any = tk.current_user
    decides = policy.may_verify(asking.context())
    comments = user.sysadmin or people.has_role(user.id, people.PEMBINA)
    if row is None or not (decides or comments):
        tk.abort(403, tk._("Only the walidata checks what was submitted."))
    checks = asking.call("satudata_metadata_check", id=found["id"])
    own = user.id in {*row.authors, row.submitted_by}
    return {
        "dataset": found,
        "row": row,
        "checks": checks,
        "history": tk.h.satudata_history_of(found),
        "own": own,
        "request": _request(row),
        "choices": _choices(found, row, complete=checks["complete"], own=own) if decides else [],
        "opinion": _opinion(row),
        "words": WORDS,
        "fields": _fields(found),
        "remarks": REMARKS,
        "decides": decides,
        "comments": comments,
        "walidata": walidata(),
    }


def _choices(
    found: Mapping[str, Any], row: submissions.Submission, *, complete: bool, own: bool
) -> list[choices.Choice]:
    """What the person may decide: the rows of the table whose conditions hold."""
    changed = row.changed_fields or row.inherited or (
        row.verified_hash is not None and row.verified_hash != found["content_hash"])
    holds = {
        lifecycle.COMPLETE: complete, lifecycle.FOUR_EYES: not own,
        lifecycle.SOMETHING_TO_CHECK: bool(changed),
        lifecycle.REQUESTED: row.requested is not None,
        lifecycle.DELETE_ASKED: row.requested == lifecycle.DELETE,
        lifecycle.UNPUBLISH_ASKED: row.requested == lifecycle.UNPUBLISH,
        lifecycle.PUBLIC: not found["private"],
        lifecycle.OPINION: opinions.waits_until(row) is None,
        lifecycle.INSPECTED: _is_without_findings(found, row),
    }
    who = [lifecycle.WALIDATA]
    if getattr(tk.current_user, "sysadmin", False):
        who.append(lifecycle.SYSADMIN)
    return choices.choices(
        row.status, choices.DECISIONS, who, [guard for guard, so in holds.items() if not so])


def _is_without_findings(found: Mapping[str, Any], row: submissions.Submission) -> bool:
    """Whether nothing that was found in the files keeps them from being public, if they would be.

    What nobody has looked at yet is looked at when somebody decides.
    """
    klass = visibility.effective_class(found.get("klasifikasi_akses"), row.verified_class)
    if klass != visibility.TERBUKA:
        return True
    kept = inspections.of([one["id"] for one in found.get("resources") or ()])
    return not running.obstacles(kept, [found["id"]])


def _request(row: submissions.Submission) -> dict[str, Any] | None:
    """What the office asks for, by whom, when and why."""
    if row.requested is None or row.requested_by_event is None:
        return None
    said = events.said([row.requested_by_event])
    return {"what": row.requested, **said.get(row.requested_by_event, {})}


def _opinion(row: submissions.Submission) -> dict[str, Any] | None:
    """The pembina's opinion on what was submitted: asked for when, and what it says."""
    if row.opinion_asked_at is None:
        return None
    given = events.said([row.opinion_by_event] if row.opinion_by_event else [])
    return {
        "said": row.opinion, "asked_at": row.opinion_asked_at.isoformat(),
        "until": opinions.waits_until(row), **given.get(row.opinion_by_event or 0, {}),
    }


def _fields(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a remark can be about: (name, label) of the fields of the form, then of the files."""
    language = reader_language()
    named = [
        (field.name, field.label(language))
        for field in fields.dataset_fields() if not field.computed
    ]
    return [*named, *((one["id"], one.get("name") or one["url"]) for one in found["resources"])]


def remarks_sent(form: Any) -> list[dict[str, str]]:
    """The remarks of the form: those that say something."""
    pairs = zip(form.getlist("field"), form.getlist("remark"), strict=False)
    return [{"field": field, "note": note} for field, note in pairs if note.strip()]


def may_decide(deposit: Mapping[str, Any]) -> bool:
    """Whether the person at the browser may decide this deposit: a walidata, not the depositor."""
    return (
        deposit["status"] == store.WAITING
        and deposit["by"] != tk.current_user.id
        and people.has_role(tk.current_user.id, people.WALIDATA)
    )


def may_deposit(row: Mapping[str, Any]) -> bool:
    """Whether the person at the browser may take back and replace a deposit of their office.

    :param row: the deposit as ``store.get`` gives it
    """
    try:
        tk.check_access("satudata_deposit_withdraw", asking.context(), {
            "group_id": obligations.group_of(row["obligation"])})
    except tk.NotAuthorized:
        return False
    return True


def preview(row: Mapping[str, Any]) -> list[list[str]]:
    """The first rows of a waiting table; empty when there is none that can be shown.

    Numbers of persons have dots in it: whoever may have the file downloads it.

    :param row: the deposit as ``store.get`` gives it
    """
    if row["kind"] != "file" or not row["resource_id"]:
        return []
    kind = files.resource_format(row["filename"])
    try:
        with files.opened(row["resource_id"]) as file:
            if kind in ("CSV", "TSV"):
                return _masked(_text_rows(file))
            if kind == "XLSX" and row["size"] <= _LARGEST_SHEET:
                return _masked(_sheet_rows(file))
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile):
        # A file that cannot be read is no error of the page: the walidata opens it himself.
        return []
    return []


def _masked(rows: list[list[str]]) -> list[list[str]]:
    return [[masked(cell) for cell in row] for row in rows]


def names(ids: Iterable[str | None]) -> dict[str, str]:
    """Names of persons by id, in one query."""
    return tk.h.satudata_person_names(ids)


def past(id: str) -> list[dict[str, Any]]:
    """What happened to a deposit, newest first, for those who may see it."""
    return list(reversed(events.history([("deposit", id)])))


def walidata() -> dict[str, str]:
    """Names of those who check, by id; empty for whoever does not check themself."""
    if not policy.may_verify(asking.context()):
        return {}
    return names(people.holders(people.WALIDATA))


def _text_rows(file: IO[bytes]) -> list[list[str]]:
    text = file.read(_HEAD).decode("utf-8-sig", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return [row[:COLUMNS] for row, _ in zip(rows, range(ROWS), strict=False)]


def _sheet_rows(file: IO[bytes]) -> list[list[str]]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    return [
        ["" if value is None else str(value) for value in row]
        for row in sheet.iter_rows(max_row=ROWS, max_col=COLUMNS, values_only=True)
    ]
