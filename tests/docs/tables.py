"""Tables of the documentation that are made from the code they describe.

A page holds each between two comments, ``<!-- table: NAME -->`` and ``<!-- end -->``. The tests
compare; ``python -m tests.docs.tables`` writes them anew.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import yaml

from ckanext.satudata.letters import life
from ckanext.satudata.schema import codes, fields
from ckanext.satudata.schema.fields import Need

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))

_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z_]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)
_NEEDS = {
    Need.PUBLISH: "to submit", Need.CONDITION: "to submit", Need.CLOSED: "when not open",
    Need.RESTRICTED: "when `terbatas`", Need.NEVER: "",
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell or " " for cell in line) + " |\n" for line in lines)


def options() -> str:
    """The options of the configuration, from their declaration."""
    path = ROOT / "ckanext" / "satudata" / "config_declaration.yaml"
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = [
        (
            f"`{one['key']}`",
            f"`{one['default']}`" if str(one.get("default", "")) else "empty",
            " ".join(one["description"].split())
            + (f" Example: `{one['example']}`." if one.get("example") else ""),
        )
        for group in declared["groups"] for one in group["options"]
    ]
    return _table(("option", "default", "what it says"), rows)


def _need(field: fields.Field) -> str:
    if field.computed:
        return "computed"
    if field.is_form_reference:
        return "for the score"
    condition = field.needed_when.replace("|", "\\|")
    return _NEEDS[field.need] + (f", if `{condition}`" if condition else "")


def _field_rows(groups: Iterable[str]) -> Iterable[tuple[str, ...]]:
    for group in groups:
        for one in fields.group_fields(group):
            known = codes.is_list(one.code_list)
            yield (
                f"`{one.name}`", one.label_en, one.type, _need(one),
                f"`{one.code_list}`" if known else "",
            )


def dataset_fields() -> str:
    """The fields of a dataset."""
    head = ("field", "meaning", "type", "needed", "code list")
    return _table(head, _field_rows(fields.DATASET_GROUPS))


def resource_fields() -> str:
    """The fields of a file."""
    head = ("field", "meaning", "type", "needed", "code list")
    return _table(head, _field_rows((fields.RESOURCE_GROUP,)))


def frequencies() -> str:
    """Frequencies, the grace days that the first version of the rules takes, and period codes."""
    rows = [
        (
            f"`{row['code']}`", row["label_en"], row["grace_days"],
            f"`{row['period_code_example']}`" if row["period_code_example"] else "",
        )
        for row in codes.frequencies()
    ]
    return _table(("`frekuensi`", "meaning", "grace days", "period, for example"), rows)


def letter_life() -> str:
    """The life of a letter."""
    rows = [
        (
            row.state or "", f"`{row.event}`", ", ".join(row.who),
            "; ".join(life.GUARDS[guard] for guard in row.guards), row.target, row.effect,
        )
        for row in life.TABLE
    ]
    return _table(("state", "event", "who", "if", "becomes", "effect"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "options": options, "dataset_fields": dataset_fields, "resource_fields": resource_fields,
    "frequencies": frequencies, "letter_life": letter_life,
}


def held(text: str) -> dict[str, str]:
    """The tables that a page holds, by their names."""
    return {found["name"]: found["body"] for found in _BLOCK.finditer(text)}


def renewed(text: str) -> str:
    """A page with its tables made anew."""
    return _BLOCK.sub(lambda found: found[1] + TABLES[found["name"]]() + found[4], text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
