"""Messages that are translated where they are shown were marked where they are written."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .tool import ROOT

PACKAGE = ROOT / "ckanext" / "satudata"
TRANSLATES = {"_", "gettext", "ngettext", "ungettext"}
#: What is translated without being written in the call, and where each such text is marked.
MARKED_ELSEWHERE = {
    "error.message",  # sheets.Problem and the like: N_() where it is raised
    "problem.message",
    "decision.explanation",  # access/visibility.py, RULES
    "says[0]",  # tables of access/notices.py and deposits/notices.py
    "says[1]",
    "title",  # letters/notices.py, _OF_LETTERS
    "todo",
    "MESSAGES[code]",  # access/inspection/table.py
    "MESSAGES[error.code]",  # access/links.py
    "WORDS[one]",  # portal/together.py
    "values.HINTS[error.hint]",  # schema/values.py, HINTS
    "_FIELDS[name]",  # portal/register_import.py
}


def translated(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each first argument of a translating call that is not written there."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(
            node.func, "id", "")
        first = node.args[0]
        if name in TRANSLATES and not isinstance(first, ast.Constant):
            yield node.lineno, ast.unparse(first)


def test_every_text_that_comes_from_elsewhere_is_known() -> None:
    unknown = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in translated(path) if text not in MARKED_ELSEWHERE
    ]
    assert unknown == []


def test_no_text_is_put_together_before_it_is_translated() -> None:
    joined = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in {*TRANSLATES, "N_"}
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert joined == []
