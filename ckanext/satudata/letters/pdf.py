"""A letter as PDF: what stands in its .docx, set by typst.

The template of Word is the only place of a letter's text, so the PDF is made from the filled
document: its paragraphs, lists of two columns and tables, its header and footer. Pictures are left
out. Pure: no CKAN.
"""
from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import typst
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Length
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

_ALIGN = {
    WD_ALIGN_PARAGRAPH.CENTER: "center", WD_ALIGN_PARAGRAPH.RIGHT: "right",
    WD_ALIGN_PARAGRAPH.JUSTIFY: "justify",
}
_DEFAULT_SIZE = 11.0


def render(document: bytes) -> bytes:
    """The PDF of a filled letter; the same letter gives the same bytes.

    :param document: the bytes of a .docx
    """
    template = resources.files("ckanext.satudata.letters") / "letter.typ"
    return typst.compile(
        template.read_bytes(), format="pdf", ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(parts(document), ensure_ascii=False)},
    )


def parts(document: bytes) -> dict[str, Any]:
    """What is set: the blocks of the text, of the header and of the footer."""
    opened = Document(io.BytesIO(document))
    section, usual = opened.sections[0], getattr(opened.styles["Normal"], "font", None)
    margins = section.left_margin, section.right_margin, section.top_margin, section.bottom_margin
    return {
        "margins": [_points(one, 70) for one in margins],
        "size": _points(getattr(usual, "size", None), _DEFAULT_SIZE),
        "header": list(_blocks(section.header)),
        "footer": list(_blocks(section.footer)),
        "blocks": list(_blocks(opened)),
    }


def _blocks(owner: Any) -> Iterator[dict[str, Any]]:
    for one in owner.iter_inner_content():
        yield _table(one) if isinstance(one, Table) else _paragraph(one)


def _paragraph(one: Paragraph) -> dict[str, Any]:
    form, usual = one.paragraph_format, getattr(one.style, "paragraph_format", None)
    properties = one._p.pPr
    border = properties is not None and properties.find(qn("w:pBdr")) is not None
    return {
        "type": "paragraph",
        "align": _ALIGN.get(one.alignment, "left") if one.alignment is not None else "left",
        "indent": _points(form.left_indent, 0),
        "first": _points(form.first_line_indent, 0),
        "before": _points(form.space_before, _points(getattr(usual, "space_before", None), 0)),
        "after": _points(form.space_after, _points(getattr(usual, "space_after", None), 0)),
        "rule": border,
        "new_page": bool(form.page_break_before) or _breaks(one),
        "runs": [_run(run) for run in one.runs if run.text.strip("\f")],
    }


def _breaks(one: Paragraph) -> bool:
    return any(part.get(qn("w:type")) == "page" for part in one._p.iter(qn("w:br")))


def _run(run: Run) -> dict[str, Any]:
    return {
        "text": run.text.replace("\f", ""),
        "bold": bool(run.bold), "italic": bool(run.italic), "underline": bool(run.underline),
        "size": _points(run.font.size, 0),
    }


def _table(one: Table) -> dict[str, Any]:
    rows = [
        [list(_blocks(cell)) for cell in _cells(row._tr.tc_lst, one)] for row in one.rows
    ]
    heads = [row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None
             for row in one.rows]
    widths = [_points(column.width, 0) for column in one.columns]
    return {
        "type": "table", "rows": rows, "head": sum(heads[:1]), "widths": widths,
        "border": one.style is not None and one.style.name == "Table Grid",
    }


def _cells(cells: Any, table: Table) -> Iterator[_Cell]:
    for cell in cells:
        yield _Cell(cell, table)


def _points(length: Length | None, default: float) -> float:
    return round(length.pt, 2) if length is not None else default
