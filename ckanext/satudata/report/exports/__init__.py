"""The report as files: one source of rows, one writer for each format. Pure.

:func:`export` streams a file; ``FORMATS`` names the writers. All of them take the same
:class:`Source`, so that no two files of a report can say different numbers.
"""
from __future__ import annotations

from collections.abc import Iterator

from ckanext.satudata.report.wording import Words

from .as_brief import BriefExporter
from .as_csv import CsvExporter
from .as_json import JsonExporter
from .as_pdf import PdfExporter
from .as_xlsx import XlsxExporter
from .base import Exporter, ExportError, Source

__all__ = [
    "FORMATS", "BriefExporter", "CsvExporter", "ExportError", "Exporter", "JsonExporter",
    "PdfExporter", "Source", "XlsxExporter", "export",
]

FORMATS: dict[str, type[Exporter]] = {
    exporter.extension: exporter
    for exporter in (JsonExporter, CsvExporter, XlsxExporter, PdfExporter)
}


def export(extension: str, source: Source, words: Words) -> Iterator[bytes]:
    """The file in pieces, ready to be streamed or written.

    :param extension: a key of ``FORMATS``: json, csv, xlsx, pdf
    :raises ExportError: for any other format
    """
    if extension not in FORMATS:
        raise ExportError(f"{extension!r} is none of {', '.join(FORMATS)}")
    return FORMATS[extension](source, words).chunks()
