"""The report as canonical JSON: the same bytes as the answer of the action, written in pieces."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.satudata.journal import canonical

from .base import Exporter

#: Items are written in pieces of about this many bytes: few writes, little memory.
PIECE = 64 * 1024


class JsonExporter(Exporter):
    """Canonical JSON of the whole report (keys sorted, no white space)."""

    extension = "json"
    media_type = "application/json"

    def chunks(self) -> Iterator[bytes]:
        report: dict[str, Any] = dict(self.source.report)
        if self.source.obligations is not None:
            report["obligations"] = None
        separator = b"{"
        for key in sorted(report):
            yield separator + canonical.dumps(key) + b":"
            separator = b","
            if key == "obligations":
                yield from _array(self.source.items())
            else:
                yield canonical.dumps(report[key])
        yield b"}"


def _array(items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    piece = bytearray(b"[")
    separator = b""
    for item in items:
        piece += separator + canonical.dumps(item)
        separator = b","
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece) + b"]"
