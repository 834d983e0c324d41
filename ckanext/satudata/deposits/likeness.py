"""How alike two names are: titles of items and datasets, names of files. Pure.

An office calls the same data "Jumlah balita stunting" in one list and "balita_stunting_2026-08.csv"
in another. What is alike is proposed and never done by itself: a person says yes.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz import fuzz

from .period_text import normalise_period
from .periods import PeriodError

Key = TypeVar("Key")

#: Scores go from 0 to 100. What is below ``FLOOR`` is not proposed; ``SURE`` with ``LEAD`` points
#: before the next one is taken for meant.
FLOOR, SURE, LEAD = 55, 85, 8

#: Words that say nothing about which data is meant.
_EMPTY = frozenset({
    "data", "dataset", "jumlah", "menurut", "berdasarkan", "per", "di", "dan", "dengan", "yang",
    "kota", "kabupaten", "tahun", "bulan", "the", "of", "by", "in", "and", "number",
})
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Proposal(Generic[Key]):
    """Something that may be meant, with its score from 0 to 100."""

    key: Key
    score: int


def words(text: str) -> tuple[str, ...]:
    """The words by which a name is compared, in order: without case, marks, years, empty words.

    A name of nothing but such words keeps them all.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    found = _WORD.findall(plain)
    telling = [word for word in found if word not in _EMPTY and not word.isdecimal()]
    return tuple(telling or found)


def score(one: str, other: str) -> int:
    """How alike two names are, from 0 (nothing in common) to 100 (the same words).

    The same either way round; order, case and punctuation do not count, and the words that only
    one of the two has count half.
    """
    return _score(words(one), words(other))


def _score(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    if not one or not other:
        return 0
    first, second = " ".join(sorted(one)), " ".join(sorted(other))
    if first == second:
        return 100
    whole = fuzz.ratio(first, second)
    common = fuzz.token_set_ratio(first, second)
    # Two names are never the same because one stands in the other.
    return min(99, round((whole + common) / 2))


def proposals(
    name: str, candidates: Mapping[Key, str], most: int = 3, floor: int = FLOOR
) -> list[Proposal[Key]]:
    """The candidates that are most alike, the best first; equal ones in the order given.

    :param candidates: names by their keys
    :param most: how many at most
    :param floor: the lowest score that is proposed
    """
    wanted = words(name)
    found = [Proposal(key, _score(wanted, words(text))) for key, text in candidates.items()]
    good = [one for one in found if one.score >= floor]
    return sorted(good, key=lambda one: -one.score)[:most]


def is_sure(found: list[Proposal[Key]]) -> bool:
    """Whether the first proposal may be taken for meant."""
    if not found or found[0].score < SURE:
        return False
    return len(found) == 1 or found[0].score - found[1].score >= LEAD


# --- names of files -----------------------------------------------------------------------------

#: Parts of a file's name that may be a period, the longest first; what they mean is read elsewhere.
_PERIODS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    r"\d{4}-\d{1,2}-\d{1,2}", r"\d{4}[-_ ]?(?:TW|DM|[SCBWQ])[-_ ]?\d{1,2}",
    r"\d{4}-\d{1,2}", r"(?:triwulan|tw|semester|caturwulan)[-_ ]*(?:\d|i{1,3}|iv)[-_ ]+\d{4}",
    r"[a-z]{3,9}[-_ ]+\d{4}", r"\d{4}[-_ ]+[a-z]{3,9}", r"\d{4}",
))


def stem(filename: str) -> str:
    """The name of a file without folders and ending."""
    name = re.split(r"[/\\]", filename)[-1]
    return re.sub(r"\.[A-Za-z0-9]{1,8}$", "", name)


def period_in(filename: str, possible: Iterable[str]) -> str | None:
    """The period of an item that a file's name tells, or None.

    :param possible: codes of the periods that it can be for: nothing else is read into a name
    """
    name, codes = stem(filename), set(possible)
    for pattern in _PERIODS:
        for match in pattern.findall(name):
            try:
                code = normalise_period(re.sub(r"[_ ]+", " ", match))
            except PeriodError:
                continue
            if code in codes:
                return code
    return None


def named(filename: str, names: Mapping[Key, Iterable[str]]) -> list[Key]:
    """Those that a file's name tells by an id, code or address of theirs, as whole words.

    Of marks that stand in each other the longest counts.

    :param names: ids, codes and addresses by key
    """
    name = stem(filename).casefold()
    found = {
        key: max((len(mark) for mark in marks if _stands_in(mark, name)), default=0)
        for key, marks in names.items()
    }
    longest = max(found.values(), default=0)
    return [key for key, length in found.items() if length and length == longest]


def _stands_in(mark: str, name: str) -> bool:
    return bool(mark) and re.search(
        rf"(?<![^\W_]){re.escape(mark.casefold())}(?![^\W_])", name) is not None
