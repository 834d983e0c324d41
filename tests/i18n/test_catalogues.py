"""The catalogues are whole: all of the code's messages, in good Indonesian, compiled."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

pytest.importorskip("babel")

from . import tool

refresh = tool.load()

#: Said the same in both languages.
SAME_IN_BOTH = {
    "API", "CKAN", "CSV", "Data", "DataStore", "Dataset", "Facebook", "Format", "JSON", "Label",
    "Metadata", "No.", "PDF, A4", "Satu Data", "Status", "Token", "URL:", "Unit", "Walidata",
    "XLSX", "dataset", "Open Data Commons Public Domain Dedication and License (PDDL)", "Hash",
    "Status: ", "eg. application/json", "data prioritas", "Data prioritas", "ID Daftar Data",
}
_NAMED = re.compile(r"%\(\w+\)[sdi]|\{\w*(?:!\w)?\}")
_POSITIONAL = re.compile(r"%[sdir]")
_TAGS = re.compile(r"</?[a-z]+|href=\"[^\"]*\"|data-[\w-]+=\"[^\"]*\"|class=\"[^\"]*\"")
_CODE_NAMES = re.compile(r"\w*_\w*|https?://\S+|\{[^}]*\}|%\(\w+\)s")


def pairs(catalogue: Iterable[Any]) -> list[tuple[str, str]]:
    """Each message with its translation; of plurals the plural with each form."""
    found = []
    for message in refresh.messages(catalogue):
        if message.pluralizable:
            found += [(message.id[1], form) for form in message.string]
        else:
            found.append((message.id, message.string))
    return found


@pytest.fixture(scope="module")
def template() -> Any:
    """What the code and the templates say now."""
    pytest.importorskip("ckan.lib.extract")
    return refresh.extract()


@pytest.fixture(scope="module")
def indonesian() -> list[tuple[str, str]]:
    """Our own messages and the core messages that we carry."""
    ours = refresh.load(refresh.path_of("id"), "id")
    return pairs(ours) + pairs(refresh.load(refresh.CORE, "id"))


def test_every_message_of_the_code_is_in_the_template(template: Any) -> None:
    kept = refresh.content(refresh.load(refresh.TEMPLATE))
    now = refresh.content(template)
    assert [key[0] for key in now if key not in kept] == [], "run: python i18n/refresh.py"
    assert [key[0] for key in kept if key not in now] == [], "run: python i18n/refresh.py"


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_message_is_in_the_catalogues(template: Any, language: str) -> None:
    catalogue = refresh.content(refresh.load(refresh.path_of(language), language))
    assert [key[0] for key in refresh.content(template) if key not in catalogue] == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_nothing_is_untranslated_or_doubtful(language: str) -> None:
    assert refresh.untranslated(refresh.load(refresh.path_of(language), language)) == []
    assert refresh.untranslated(refresh.load(refresh.CORE, "id")) == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_compiled_catalogue_says_what_the_source_says(language: str) -> None:
    compiled = refresh.compiled(refresh.path_of(language).with_suffix(".mo"))
    assert compiled == refresh.singular(refresh.merged(language))


def test_the_english_catalogue_is_the_code_s_own_english() -> None:
    assert [pair for pair in pairs(refresh.load(refresh.path_of("en"), "en"))
            if pair[0] != pair[1] and not pair[1]] == []
    for message in refresh.messages(refresh.load(refresh.path_of("en"), "en")):
        assert message.string == message.id


def test_indonesian_has_one_form(template: Any) -> None:
    for source in (refresh.path_of("id"), refresh.CORE):
        catalogue = refresh.load(source, "id")
        assert catalogue.num_plurals == 1
        assert all(
            len(message.string) == 1
            for message in refresh.messages(catalogue) if message.pluralizable
        )


def test_placeholders_are_kept(indonesian: list[tuple[str, str]]) -> None:
    for english, text in indonesian:
        assert Counter(_NAMED.findall(english)) == Counter(_NAMED.findall(text)), english
        assert _POSITIONAL.findall(english) == _POSITIONAL.findall(text), english


def test_markup_is_kept(indonesian: list[tuple[str, str]]) -> None:
    for english, text in indonesian:
        assert Counter(_TAGS.findall(english)) == Counter(_TAGS.findall(text)), english


def test_white_space_at_the_ends_is_kept(indonesian: list[tuple[str, str]]) -> None:
    for english, text in indonesian:
        assert english[0].isspace() == text[0].isspace(), english
        assert english[-1].isspace() == text[-1].isspace(), english


def test_sentences_end_alike(indonesian: list[tuple[str, str]]) -> None:
    ends = {english: (english.rstrip()[-1], text.rstrip()[-1]) for english, text in indonesian}
    assert {
        english: end for english, end in ends.items()
        if ("." in end or ":" in end or "?" in end or "…" in end) and end[0] != end[1]
    } == {}


def test_what_people_read_is_indonesian(indonesian: list[tuple[str, str]]) -> None:
    """Whole words that read the same in English are few, and meant."""
    same = {
        _NAMED.sub("", _TAGS.sub("", english)) for english, text in indonesian if english == text
    }
    worded = {text for text in same if re.search("[A-Za-z]{4}", text) and "://" not in text}
    assert worded <= SAME_IN_BOTH


def test_the_words_are_those_of_the_offices(indonesian: list[tuple[str, str]]) -> None:
    for english, text in indonesian:
        words = _CODE_NAMES.sub(" ", text)
        assert not re.search(r"\b(deposit|register)", words, re.IGNORECASE), english
        # A quarter says when data was due, never what it is about.
        assert not re.search(r"\bdata (TW|triwulan)\b", words, re.IGNORECASE), english
        assert not re.search(r"\banda\b", words), f"{english}: Anda"
        assert not re.search(r"\b(sumber ?daya|kumpulan data|password|silahkan)\b",
                             words, re.IGNORECASE), english


def test_a_quarter_is_named_by_when_its_data_is_due() -> None:
    catalogue = refresh.load(refresh.path_of("id"), "id")
    assert catalogue["due in quarter {roman} ({span})"].string == (
        "jatuh tempo dalam TW {roman} ({span})"
    )
