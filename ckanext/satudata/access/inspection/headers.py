"""What a column's title says about it: a number of a person, something to ask about, or nothing.

The words are those of ``access-rules.json`` (``sensitive_headers``), their kinds and spellings
those of ``personal-data.json``. Whole words count, after lower case and without dots and blanks. A
word after ``jumlah``, ``kode`` and their like speaks of a count or a code and does not; neither
does ``nama`` before what names a thing. Pure: no CKAN, no database.
"""
from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ckanext.satudata.schema import codes

#: Kind of a title that only asks and has no pattern of its own.
HEADER = "header"

#: Long runs of digits, or an address: a title that is a value, so its file has no titles.
_A_VALUE = re.compile(r"\d(?:[\s.\-']?\d){9,}|[^\s@]+@[^\s@]+\.\w|\d[.,]\d+E\+\d", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"[/,;|()\[\]&+]| atau ")
_BETWEEN = re.compile(r"[\W_]+")
_NUMBER_WORDS = {"nomor": "no", "nomer": "no", "num": "no", "number": "no"}


@dataclass(frozen=True)
class Title:
    """What a title says.

    :param kind: ``nik``, ``phone``, ``header``… (labels: ``personal-data.json``)
    :param certain: whether one value of the right structure below it is enough
    """

    kind: str
    certain: bool


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    """The content of ``personal-data.json``; shared by the process, not to be changed."""
    return json.loads(codes.data_text("personal-data.json"))


@lru_cache(maxsize=4096)
def read(title: str) -> Title | None:
    """What a column's title says; None: nothing.

    A number of a person is told before something to ask about: "Nama dan NIK" is a NIK.
    """
    found: list[Title] = []
    for part in _ALTERNATIVES.split(unicodedata.normalize("NFKC", title).lower()):
        for words in _spellings(part):
            found.extend(_in_words(words))
    return max(found, key=lambda one: (one.certain, one.kind != HEADER), default=None)


def is_value(title: str) -> bool:
    """Whether what stands where titles stand is itself a value, so that it must not be named."""
    return bool(_A_VALUE.search(title))


def key(title: str) -> str:
    """A title as answers remember it: lower case, ``_`` between words."""
    return "_".join(_words(unicodedata.normalize("NFKC", title).lower()))


def _spellings(part: str) -> list[tuple[str, ...]]:
    """``n.i.k`` is one word, ``no.kk`` two."""
    spaced = _words(part)
    tight = _words(part.replace(".", "")) if "." in part else spaced
    return [spaced] if spaced == tight else [spaced, tight]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN.split(text) if word)


def _in_words(words: tuple[str, ...]) -> list[Title]:
    plain = tuple(_NUMBER_WORDS.get(word, word) for word in words)
    book = _phrases()
    found: list[Title] = []
    for start in range(len(plain)):
        if plain[start] in _counting():
            # What follows is counted, or is a code.
            break
        for length in range(min(book.longest, len(plain) - start), 0, -1):
            phrase = plain[start:start + length]
            if phrase in book.exceptions:
                break
            title = book.titles.get(phrase)
            if title is None or _is_of_a_thing(title, plain[start + length:]):
                continue
            found.append(title)
            break
    return found


def _is_of_a_thing(title: Title, rest: tuple[str, ...]) -> bool:
    return not title.certain and bool(
        rest and (rest[0] in _things() or "_".join(rest[:2]) in _things()))


@dataclass(frozen=True)
class _Phrases:
    titles: dict[tuple[str, ...], Title]
    exceptions: frozenset[tuple[str, ...]]
    longest: int


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    rules, own = codes.access_rules()["sensitive_headers"], facts()
    titles: dict[tuple[str, ...], Title] = {}
    for word in rules["ask"]:
        title = Title(own["ask_kinds"].get(word, HEADER), False)
        for spelling in (word, *own["ask_also_written"].get(word, ())):
            titles[_phrase(spelling)] = title
    for word in rules["certain_if_values_fit"]:
        kind = own["kind_of_word"][word]
        for spelling in (word, *own["also_written"].get(kind, ())):
            titles[_phrase(spelling)] = Title(kind, True)
    exceptions = frozenset(_phrase(one) for one in rules["exceptions"])
    longest = max(len(one) for one in (*titles, *exceptions))
    return _Phrases(titles, exceptions, longest)


def _phrase(spelling: str) -> tuple[str, ...]:
    return tuple(_NUMBER_WORDS.get(word, word) for word in spelling.split("_"))


@lru_cache(maxsize=1)
def _counting() -> frozenset[str]:
    return frozenset(facts()["counting"])


@lru_cache(maxsize=1)
def _things() -> frozenset[str]:
    return frozenset(facts()["things"])
