"""The report on A4, as it is laid on a desk: the same report gives the same bytes."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ckanext.satudata.report.board import arrange
from ckanext.satudata.report.wording import OFFICE_STATES

from .base import Exporter
from .typesetting import typeset

Row = Mapping[str, Any]


class PdfExporter(Exporter):
    """PDF set by typst from ``board.typ``; texts go in as data, never as markup."""

    extension = "pdf"
    media_type = "application/pdf"

    def chunks(self) -> Iterator[bytes]:
        yield typeset("board.typ", self.data())

    def data(self) -> dict[str, Any]:
        """All that the template writes, as finished text."""
        words, source = self.words, self.source
        report, _ = source.report, words.gettext
        board = arrange(report)
        silent = board.groups["belum_setor"]
        ordered = [row for status in OFFICE_STATES for row in board.groups[status]]
        return {
            **self.headings(),
            "tiles": [
                {"label": words.office_state(key), "value": words.number(report["totals"][key])}
                for key in OFFICE_STATES
            ],
            "silent": [self._silent(row) for row in silent],
            "rows": [self._row(number, row) for number, row in enumerate(ordered, 1)],
            "notes": self._notes(),
            "table_heading": _("All offices"),
            "columns": [
                _("No."), words.figure("title"), words.figure("status"),
                *(words.figure(key) for key in (
                    "due", "fulfilled", "missing", "rate", "on_time_rate", "arrears",
                )),
                *([words.figure("change")] if source.changes else []),
            ],
        }

    def headings(self) -> dict[str, Any]:
        """What the frame and the head of every paper of a quarter say."""
        words, source = self.words, self.source
        report, _ = source.report, words.gettext
        return {
            "lang": "en" if words.english else "id",
            "city": source.city,
            "sentence": words.sentence(report),
            "items_line": words.items_line(report["totals"]),
            "hash": source.sha256,
            "title": words.title(report["quarter"]),
            "heading": _("Data deposit compliance"),
            "due_in": words.due_in(report["quarter"]),
            "cut_off": words.cut_off(report["as_of"]),
            "mark": words.mark(report, source.revision),
            "silent_heading": words.office_state("belum_setor"),
            "foot": words.title(report["quarter"]) + " · " + words.cut_off(report["as_of"]),
            "hash_label": words.figure("sha256"),
            "page_label": _("Page {page} of {pages}"),
        }

    def _silent(self, row: Row) -> dict[str, str]:
        words = self.words
        times, contact = row["consecutive_missed"] or 0, self.source.contact(row)
        return {
            "title": row["title"],
            "again": words.in_a_row(times) if times > 1 else "",
            "detail": " · ".join(filter(None, (
                words.missing_of(row), words.arrears(row), words.head(contact),
                words.officer(contact), *map(words.letter, self.source.done.get(row["id"], ())),
            ))),
        }

    def _row(self, number: int, row: Row) -> dict[str, Any]:
        words, changes = self.words, self.source.changes
        return {
            "number": str(number),
            "title": row["title"],
            "head": self._head(row),
            "status": words.office_state(row["status"]),
            "urgent": row["status"] == "belum_setor",
            "figures": [
                *(words.number(row[key]) for key in ("due", "fulfilled", "missing")),
                words.percent(row["rate"]), words.percent(row["on_time_rate"]),
                words.number(row["arrears"]),
                *([words.change(changes.get(row["id"]))] if changes else []),
            ],
        }

    def _head(self, row: Row) -> str:
        """The head, unless that says no more than the office's own name does."""
        contact = self.source.contact(row)
        position, name = contact.get("kepala_jabatan", ""), contact.get("kepala_nama", "")
        if position.casefold() == f"kepala {row['title']}".casefold():
            return name
        return self.words.head(contact)

    def _notes(self) -> list[str]:
        words, report = self.words, self.source.report
        hidden = report["hidden_obligations"]
        return [words.hidden(hidden)] if hidden else []
