"""What the walidata looks at before deciding: checks, a look into the file, names."""
from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any
from uuid import UUID

import ckan.plugins.toolkit as tk
import openpyxl
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import lifecycle, submissions
from ckanext.satudata.deposits import files, store
from ckanext.satudata.opd import people

from . import asking

#: Rows and columns of a file that are shown.
ROWS, COLUMNS = 12, 12
#: So much of a text file is read for the look into it.
_HEAD = 64 * 1024
#: Beyond this size a spreadsheet is not opened inside a request.
_LARGEST_SHEET = 5 * 1024 * 1024


def dataset(id: str) -> dict[str, Any]:
    """A dataset with where it stands, its checks, and what the person may decide."""
    found = asking.found("package_show", id=id)
    row = submissions.get(found["id"])
    if row is None or not people.has_role(tk.current_user.id, people.WALIDATA):
        tk.abort(403, tk._("Only the walidata checks what was submitted."))
    involved = {*row.authors, row.submitted_by}
    return {
        "dataset": found,
        "row": row,
        "checks": asking.call("satudata_metadata_check", id=found["id"]),
        "history": asking.call("satudata_history", id=found["id"]),
        "own": tk.current_user.id in involved,
        "submitted": row.status == lifecycle.DIAJUKAN,
        "verified": row.status == lifecycle.TERVERIFIKASI,
    }


def may_decide(deposit: Mapping[str, Any]) -> bool:
    """Whether the person at the browser may decide this deposit: a walidata, not the depositor."""
    return (
        deposit["status"] == store.WAITING
        and deposit["by"] != tk.current_user.id
        and people.has_role(tk.current_user.id, people.WALIDATA)
    )


def preview(id: UUID, deposit: Mapping[str, Any]) -> list[list[str]]:
    """The first rows of a waiting table; empty when there is none that can be shown."""
    row = store.get(id)
    if row is None or deposit["kind"] != "file" or not row["resource_id"]:
        return []
    kind = files.resource_format(row["filename"])
    try:
        with files.opened(row["resource_id"]) as file:
            if kind in ("CSV", "TSV"):
                return _text_rows(file)
            if kind == "XLSX" and row["size"] <= _LARGEST_SHEET:
                return _sheet_rows(file)
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile):
        # A file that cannot be read is no error of the page: the walidata opens it himself.
        return []
    return []


def names(ids: Iterable[str | None]) -> dict[str, str]:
    """Names of persons by id, in one query."""
    wanted = [id for id in ids if id]
    if not wanted:
        return {}
    user: Any = model.User
    rows = model.Session.execute(
        sa.select(user.id, user.name, user.fullname).where(user.id.in_(wanted))
    )
    return {id: fullname or name for id, name, fullname in rows}


def age(moment: str | None) -> int:
    """Full days since a moment."""
    if not moment:
        return 0
    return (dt.datetime.now(dt.timezone.utc) - dt.datetime.fromisoformat(moment)).days


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
