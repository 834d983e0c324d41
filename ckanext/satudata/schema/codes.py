"""Code lists: which values a coded field may take, and how people write them.

The lists are the data files beside this module (``data/``): ``code-lists.json``,
``frequencies.csv`` (list ``frekuensi``) and ``urusan-bidang.csv`` (list ``bidang_urusan``);
``subtopik_sdi`` is taken out of the topics. Forms, validators, imports, exports and tests all
read them here and nowhere else. Pure: no CKAN, no database; files are read once per process.
"""
from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

LANGUAGES = ("id", "en")

_OWN_KEYS = frozenset({"code", "id", "en", "alias"})
_SEPARATORS = re.compile(r"[\s_/–—-]+")


class UnknownList(KeyError):
    """A code list was asked for by a name that no data file has."""


@dataclass(frozen=True)
class Code:
    """One value of a code list.

    ``code`` is what is stored, ``label_id`` and ``label_en`` are what people read, ``aliases``
    are other spellings that imports understand, ``extra`` holds the list's further columns
    (for a licence ``only_when_private``, for a subtopic its ``topik``…).
    """

    code: str
    label_id: str
    label_en: str
    aliases: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def label(self, lang: str = "id") -> str:
        """The label in ``lang`` (``en``… in English, all else in Indonesian, the official text)."""
        return self.label_en if lang.lower().startswith("en") else self.label_id


def data_text(filename: str) -> str:
    """The text of one of this room's data files (UTF-8), from a checkout or an installed wheel."""
    path = resources.files("ckanext.satudata.schema") / "data" / filename
    return path.read_text(encoding="utf-8")


def data_rows(filename: str) -> list[dict[str, str]]:
    """The rows of a CSV data file; missing cells are empty strings."""
    reader = csv.DictReader(io.StringIO(data_text(filename)))
    return [{key: value or "" for key, value in row.items()} for row in reader]


@lru_cache(maxsize=1)
def _source() -> dict[str, dict[str, Any]]:
    raw: dict[str, dict[str, Any]] = json.loads(data_text("code-lists.json"))
    return {name: body for name, body in raw.items() if not name.startswith("_")}


@lru_cache(maxsize=1)
def access_rules() -> dict[str, Any]:
    """The rules of access classes, evidence and personal data (``access-rules.json``).

    The answer is shared by the whole process: do not change it.
    """
    rules: dict[str, Any] = json.loads(data_text("access-rules.json"))
    return rules


@lru_cache(maxsize=1)
def _frequency_rows() -> tuple[dict[str, str], ...]:
    return tuple(data_rows("frequencies.csv"))


def frequencies() -> list[dict[str, str]]:
    """The rows of ``frequencies.csv`` in their order, as fresh dicts of strings.

    Columns: code, label_id, label_en, unit (none, day, iso_week, month, year), step, anchor,
    grace_days, period_code_example, iso8601, eu_frequency_uri, mskeg_code, source,
    label_confidence, alias (separated by ``;``).
    """
    return [dict(row) for row in _frequency_rows()]


def list_names() -> tuple[str, ...]:
    """The names of all code lists, sorted."""
    return tuple(sorted({*_source(), *_BUILDERS}))


def is_list(name: str) -> bool:
    """Whether there is a code list of this name."""
    return name in _BUILDERS or name in _source()


@cache
def code_list(name: str) -> tuple[Code, ...]:
    """The values of a code list in their official order.

    Raises :class:`UnknownList`. The office list and the region codes are not code lists: they
    belong to a city and are looked up elsewhere.
    """
    if name in _BUILDERS:
        return tuple(_BUILDERS[name]())
    if name not in _source():
        raise UnknownList(f"{name!r} is none of {', '.join(list_names())}")
    return tuple(_json_code(item) for item in _source()[name]["items"])


def is_open(name: str) -> bool:
    """Whether other text is allowed beside the listed values (units, measures)."""
    code_list(name)
    return bool(_source().get(name, {}).get("open"))


def get(name: str, value: object) -> Code | None:
    """The entry whose code is exactly ``value``, or None."""
    return _by_code(name).get(value) if isinstance(value, str) else None


def is_code(name: str, value: object) -> bool:
    """Whether ``value`` is exactly a code of the list (case and all)."""
    return get(name, value) is not None


def normalise(name: str, text: object) -> str | None:
    """The code that ``text`` means, or None when it means none or more than one.

    Understood are the code itself, its aliases and its labels in both languages, whatever the
    case, with spaces, ``_``, ``-`` and ``/`` alike; a number of a spreadsheet counts as its text.
    """
    if text is None or isinstance(text, bool):
        return None
    value = str(text).strip()
    if value in _by_code(name):
        return value
    folded = fold(value)
    if not folded:
        return None
    for index in _spellings(name):
        found = index.get(folded, set())
        if found:
            return next(iter(found)) if len(found) == 1 else None
    return None


def label(name: str, code: object, lang: str = "id") -> str:
    """What people read for ``code``: its label in ``lang``, or the code itself when not listed."""
    entry = get(name, code)
    if entry is None:
        return "" if code is None else str(code)
    return entry.label(lang)


def fold(text: str) -> str:
    """``text`` as it is compared: Unicode-normalised, lower case, separators as one space."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


@cache
def _by_code(name: str) -> dict[str, Code]:
    return {entry.code: entry for entry in code_list(name)}


@cache
def _spellings(name: str) -> tuple[dict[str, set[str]], ...]:
    """Folded spellings to codes; an earlier index wins over a later one."""
    tiers: tuple[dict[str, set[str]], ...] = ({}, {}, {})
    for entry in code_list(name):
        texts = ((entry.code,), entry.aliases, (entry.label_id, entry.label_en))
        for tier, spellings in zip(tiers, texts, strict=True):
            for spelling in filter(None, map(fold, spellings)):
                tier.setdefault(spelling, set()).add(entry.code)
    return tiers


def _json_code(item: Mapping[str, Any]) -> Code:
    return Code(
        code=item["code"],
        label_id=item["id"],
        # Names that are the same in both languages are written once.
        label_en=item.get("en") or item["id"],
        aliases=tuple(item.get("alias", ())),
        extra={key: value for key, value in item.items() if key not in _OWN_KEYS},
    )


def _frequency_codes() -> Iterator[Code]:
    for row in _frequency_rows():
        yield Code(
            row["code"], row["label_id"], row["label_en"],
            tuple(filter(None, row["alias"].split(";"))), row,
        )


def _affair_codes() -> Iterator[Code]:
    for row in data_rows("urusan-bidang.csv"):
        code, name = row["code"], row["name_id"]
        aliases = [f"{code} {name}"]
        if code.endswith("0"):
            # A spreadsheet that takes 2.10 for a number drops the zero; no code ends so short.
            aliases.append(code[:-1])
        yield Code(code, name, row["name_en"], tuple(aliases), row)


def _subtopic_codes() -> Iterator[Code]:
    """Subtopics have no codes of their own: the name is the code."""
    for topic in _source()["topik_sdi"]["items"]:
        for name in topic["subtopik"]:
            yield Code(name, name, name, (), {"topik": topic["code"]})


_BUILDERS = {
    "frekuensi": _frequency_codes,
    "bidang_urusan": _affair_codes,
    "subtopik_sdi": _subtopic_codes,
}
