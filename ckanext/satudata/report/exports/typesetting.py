"""Setting a paper with typst: the frame that all share, one template, and data."""
from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import typst


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """A PDF; the same data gives the same bytes.

    :param template: name of a file beside ``frame.typ``
    :param data: all that it writes, as finished text: data, never markup
    """
    folder = resources.files("ckanext.satudata.report.exports")
    text = b"\n".join((folder / name).read_bytes() for name in ("frame.typ", template))
    # Only the typefaces inside the typesetter: those of a machine would change the bytes.
    return typst.compile(
        text, format="pdf", ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
