"""Whether a sheet is a sound table, and whether it matches its data dictionary.

frictionless looks at the first thousand rows; that all rows are as wide as the titles is counted
over the whole file. An error names row and column and no value. Pure: no CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ckanext.satudata.schema import codes, values
from ckanext.satudata.translation import N_

from . import headers
from .columns import letter

#: Rows that frictionless looks at, and errors of one kind that are kept.
SAMPLE, ERRORS = 1000, 20

#: What each error says, as msgids.
MESSAGES = {
    "no-rows": N_("There is no row below the titles."),
    "title-rows": N_("The titles of the columns do not stand in the first row."),
    "blank-label": N_("A column has no title."),
    "duplicate-label": N_("Two columns have the same title."),
    "blank-row": N_("A row is blank."),
    "extra-cell": N_("A row has more cells than there are titles."),
    "missing-cell": N_("A row has fewer cells than there are titles."),
    "type-error": N_("A value is of another kind than its column (a word among numbers)."),
    "column-not-in-dictionary": N_("A column is not in the data dictionary."),
    "column-missing": N_("A column of the data dictionary is not in the file."),
    "region-code": N_("A region code does not exist, or is not of this city."),
    "affair-code": N_("A code of a government affair does not exist."),
}
_OF_FRICTIONLESS = frozenset({
    "blank-label", "duplicate-label", "blank-row", "extra-cell", "missing-cell", "type-error",
})
_TYPES = {"integer": "integer", "float": "number", "date": "date", "boolean": "boolean"}
_ABSENT = ("", "-", "n/a", "N/A", "NA", "null")


@dataclass
class Table:
    """What is said of one sheet.

    :param columns: titles, or letters where a title is a value
    :param rows: how many rows below the titles have anything in them
    :param errors: ``code``, ``row`` (None: the whole), ``column`` (None: the whole row)
    """

    sheet: str
    columns: list[str]
    rows: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether there is nothing to be said against it."""
        return not self.errors

    def add(self, code: str, row: int | None = None, column: str | None = None) -> None:
        """Keep an error, if there are not enough of its kind."""
        if sum(one["code"] == code for one in self.errors) < ERRORS:
            self.errors.append({"code": code, "row": row, "column": column})


@dataclass(frozen=True)
class Known:
    """What the portal knows of the codes and columns of a file.

    :param dictionary: records of ``kamus_data``
    :param regions: Kemendagri codes of the city; empty: only the form of codes is looked at
    """

    dictionary: Sequence[Mapping[str, Any]] = ()
    regions: Collection[str] = ()


def check_sample(table: Table, titles: Sequence[str], rows: Sequence[Sequence[str]],
                 first_row: int, known: Known) -> None:
    """Let frictionless look at the first rows.

    :param titles: as they stand in the file
    :param rows: the rows below
    :param first_row: the number of the row of titles
    """
    from frictionless import Checklist, Detector, Resource  # takes half a second to load

    types = _types(titles, known.dictionary)
    detector = Detector(
        field_missing_values=list(_ABSENT), schema_patch={"fields": types} if types else None,
    )
    resource = Resource(data=[list(titles), *(list(row) for row in rows)], detector=detector)
    report = resource.validate(Checklist(), limit_errors=ERRORS * 10)
    for task in report.tasks:
        for error in task.errors:
            if error.type not in _OF_FRICTIONLESS:
                continue
            number = getattr(error, "row_number", None)
            place = getattr(error, "field_number", None)
            table.add(
                error.type, None if number is None else number - 1 + first_row,
                table.columns[place - 1] if place and place <= len(table.columns) else (
                    letter(place - 1) if place else None),
            )


def check_dictionary(table: Table, titles: Sequence[str], known: Known) -> None:
    """Compare the titles with the data dictionary: ``alias`` or ``nama`` of each record."""
    if not known.dictionary:
        return
    names = [_names(record) for record in known.dictionary]
    listed = set().union(*names)
    there = {headers.key(title) for title in titles}
    for title, name in zip(titles, table.columns, strict=False):
        if title.strip() and headers.key(title) not in listed:
            table.add("column-not-in-dictionary", column=name)
    for record, said in zip(known.dictionary, names, strict=True):
        if said and not said & there:
            table.add("column-missing", column=str(record.get("alias") or record.get("nama")))


def check_codes(table: Table, place: int, title: str, cells: Sequence[str], first_row: int,
                known: Known) -> None:
    """Look at the codes of a column that holds codes of regions or affairs.

    A code of another region is right if its form is; one that begins like this city's must be
    among the city's.
    """
    kind, own = headers.key(title), headers.facts()
    if kind in own["region_columns"]:
        test, code = _region_test(known.regions), "region-code"
    elif kind in own["affair_columns"]:
        test, code = _is_affair, "affair-code"
    else:
        return
    wrong = {cell for cell in set(cells) if cell.strip() and not test(cell.strip())}
    if not wrong:
        return
    for row, cell in enumerate(cells, first_row):
        if cell in wrong:
            table.add(code, row, table.columns[place])


def _region_test(regions: Collection[str]) -> Any:
    cities = {".".join(code.split(".")[:2]) for code in regions if code.count(".") >= 1}

    def test(cell: str) -> bool:
        try:
            code = values.parse_region(cell)
        except values.BadValue:
            try:
                values.parse_region_bps(cell)
            except values.BadValue:
                return False
            return True
        return code in regions or not any(
            code == city or code.startswith(city + ".") for city in cities)

    return test


def _is_affair(cell: str) -> bool:
    return codes.normalise("bidang_urusan", cell) is not None


def _names(record: Mapping[str, Any]) -> set[str]:
    said = (record.get("alias"), record.get("nama"))
    return {headers.key(str(name)) for name in said if name and str(name).strip()}


def _types(
    titles: Sequence[str], dictionary: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Types of columns that the dictionary names; the others are told by their values."""
    found: dict[str, dict[str, Any]] = {}
    once = {title for title in titles if titles.count(title) == 1 and title}
    for record in dictionary:
        kind = codes.normalise("tipe_data", record.get("tipe_data"))
        for title in once:
            if headers.key(title) in _names(record) and kind:
                found[title] = {"type": _TYPES.get(kind, "string")}
    return found
