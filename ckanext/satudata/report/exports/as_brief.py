"""One A4 for the mayor: who has not deposited, since when, whom to call, and what was done."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ckanext.satudata.report.board import arrange

from .as_pdf import PdfExporter
from .typesetting import typeset

Row = Mapping[str, Any]


class BriefExporter(PdfExporter):
    """A PDF of one page, whatever the city's size: ``brief.typ`` says shorter what does not fit."""

    def chunks(self) -> Iterator[bytes]:
        yield typeset("brief.typ", self.data())

    def filename(self, part: str = "ringkas") -> str:
        return super().filename(part)

    def data(self) -> dict[str, Any]:
        words, source = self.words, self.source
        board = arrange(source.report, source.before)
        _ = words.gettext
        return {
            **self.headings(),
            "against": words.against(board, source.before),
            "silent": [self._silent_office(row) for row in board.groups["belum_setor"]],
            "excused_heading": words.figure("excused"),
            "excused": [words.excused(one, source.office_titles()) for one in source.excused],
            "excused_count": len(source.excused),
            "notes": self._notes(),
            "and-more": _(" and {n} more"),
            "more-offices": _("{n} more offices stand in the full report."),
            "more-excused": _("{n} more stand in the portal."),
        }

    def _silent_office(self, row: Row) -> dict[str, Any]:
        words, source = self.words, self.source
        times, contact = row["consecutive_missed"] or 0, source.contact(row)
        missing: Sequence[Row] = source.missing.get(row["id"], ())
        return {
            "title": row["title"],
            "again": words.in_a_row(times) if times > 1 else "",
            "figures": " · ".join(filter(None, (words.missing_of(row), words.arrears(row)))),
            "who": " · ".join(filter(None, (self._head(row), words.officer(contact)))),
            "missing": [words.since(item) for item in missing],
            "missing-count": row["missing"],
            "done": [words.letter(one) for one in source.done.get(row["id"], ())],
        }
