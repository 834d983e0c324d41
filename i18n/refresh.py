"""Refresh the message catalogues: extract, update, compile.

    python i18n/refresh.py            # after the code's messages changed, or a translation did
    python i18n/refresh.py --check    # writes nothing; fails when something is stale or missing
    python i18n/refresh.py --core     # lists CKAN's own messages that still want Indonesian

Run it in an environment that has CKAN and this extension. See README.md beside it.
"""
from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from pathlib import Path

from babel.messages import frontend
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

# Babel 2.17 renamed it.
_parse_mapping = getattr(frontend, "parse_mapping_cfg", None) or frontend.parse_mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOMAIN = "ckanext-satudata"
TEMPLATE = HERE / f"{DOMAIN}.pot"
#: CKAN's own messages in Indonesian, where CKAN has none or one that reads badly.
CORE = HERE / "core-id.po"
#: Languages and their plural forms; Indonesian has one.
LANGUAGES = {"en": "nplurals=2; plural=(n != 1);", "id": "nplurals=1; plural=0;"}

SOURCE_LANGUAGE = "en"
#: A stable header: no dates, so that a refresh that changes nothing writes nothing.
_HEADER = """\
# Messages of Satu Data for CKAN.
# This file is distributed under the same licence as the ckanext-satudata project.
msgid ""
msgstr ""
"Project-Id-Version: ckanext-satudata\\n"
{language}\
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
_DATE = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

#: Parts of CKAN whose messages no page of a Satu Data portal shows to the people who use it:
#: examples, CKAN's own development pages, plugins that are not used with this extension.
NOT_OURS = (
    "ckanext/audioview/", "ckanext/datapusher/", "ckanext/example_", "ckanext/expire_api_token/",
    "ckanext/multilingual/", "ckanext/resourceproxy/", "ckanext/stats/", "ckanext/tabledesigner/",
    "ckanext/videoview/", "ckanext/webpageview/", "ckan/templates/development/",
)


def path_of(language: str) -> Path:
    """The catalogue of a language."""
    return HERE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def blank(language: str | None = None) -> Catalog:
    """An empty catalogue of a language; the template's without one."""
    catalogue = Catalog(
        locale=language, project=DOMAIN, creation_date=_DATE, revision_date=_DATE, fuzzy=False
    )
    if language:
        catalogue.mime_headers = [("Plural-Forms", LANGUAGES[language])]
    return catalogue


def load(path: Path, language: str | None = None) -> Catalog:
    """A catalogue of this directory; an empty one when the file is not there yet."""
    if not path.exists():
        return blank(language)
    with path.open("rb") as handle:
        return read_po(handle, locale=language, ignore_obsolete=True)


def messages(catalogue: Iterable[Message]) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalogue if message.id)


def extract() -> Catalog:
    """All messages of the code and the templates, as a template catalogue."""
    with (HERE / "babel.cfg").open(encoding="utf-8") as handle:
        methods, options = _parse_mapping(handle)
    found = extract_from_dir(
        str(ROOT), methods, options, comment_tags=["i18n:"], strip_comment_tags=True
    )
    catalogue = blank()
    for file, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        catalogue.add(message, None, [(file, 1)], auto_comments=comments, context=context)
    return catalogue


def updated(language: str, template: Catalog) -> Catalog:
    """A language's catalogue with exactly the template's messages, translations kept."""
    old = load(path_of(language), language)
    new = blank(language)
    for message in messages(template):
        new.add(
            message.id, _translation(old.get(message.id, message.context), message, language),
            message.locations, auto_comments=message.auto_comments, context=message.context,
        )
    if language != SOURCE_LANGUAGE:
        for message in _scripts(load(CORE, language)):
            if not new.get(message.id, message.context):
                new.add(
                    message.id, message.string, message.locations, context=message.context,
                    auto_comments=["CKAN core, for scripts; edit it in core-id.po"],
                )
    return new


def _translation(old: Message | None, message: Message, language: str) -> str | tuple[str, ...]:
    if language == SOURCE_LANGUAGE:
        return message.id
    if old and old.string and bool(old.pluralizable) == bool(message.pluralizable):
        return old.string
    return ("",) if message.pluralizable else ""


def _scripts(core: Catalog) -> list[Message]:
    """Core messages that CKAN's scripts show: CKAN looks for them in the ``.po`` file itself."""
    return [
        message for message in messages(core)
        if any(file.endswith(".js") for file, _line in message.locations)
    ]


def merged(language: str) -> Catalog:
    """What is compiled: CKAN's messages that we carry, then our own, which win."""
    catalogue = blank(language)
    sources = [path_of(language)] if language == SOURCE_LANGUAGE else [CORE, path_of(language)]
    for source in sources:
        for message in messages(load(source, language)):
            catalogue.delete(message.id, message.context)
            catalogue.add(message.id, message.string, context=message.context)
    return catalogue


# --- writing and comparing -----------------------------------------------------------------------

def content(catalogue: Iterable[Message]) -> dict[tuple[object, object], object]:
    """Messages and their translations, without what changes from run to run."""
    return {
        (message.id, message.context): message.string if any(message.string or "") else ""
        for message in messages(catalogue)
    }


def _same_file(path: Path, catalogue: Catalog) -> bool:
    if not path.exists():
        return False
    places = [
        {message.id: [file for file, _line in message.locations] for message in messages(one)}
        for one in (load(path), catalogue)
    ]
    return content(load(path)) == content(catalogue) and places[0] == places[1]


def _write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    language = str(catalogue.locale or "")
    line = f'"Language: {language}\\n"\n' if language else ""
    header = _HEADER.format(language=line, plurals=LANGUAGES[language or SOURCE_LANGUAGE])
    with path.open("wb") as handle:
        handle.write(header.encode())
        write_po(handle, catalogue, width=0, include_lineno=False, omit_header=True)


def compiled(path: Path) -> dict[tuple[object, object], object]:
    """The content of a compiled catalogue, comparable with :func:`content`.

    A compiled catalogue keeps no plural of the message itself, so plurals compare by their
    singular.
    """
    with path.open("rb") as handle:
        return singular(read_mo(handle))


def singular(catalogue: Iterable[Message]) -> dict[tuple[object, object], object]:
    """As :func:`content`, messages with a plural named by their singular."""
    return {
        (message.id[0] if message.pluralizable else message.id, message.context):
            tuple(message.string) if message.pluralizable else message.string
        for message in messages(catalogue)
        if message.string and all(message.string)
    }


def stale() -> list[str]:
    """What a refresh would change, and what is not translated."""
    template = extract()
    found = [] if _same_file(TEMPLATE, template) else [TEMPLATE.name]
    for language in LANGUAGES:
        catalogue = updated(language, template)
        if not _same_file(path_of(language), catalogue):
            found.append(f"{language}: {path_of(language).name}")
        compiled_path = path_of(language).with_suffix(".mo")
        if not compiled_path.exists() or compiled(compiled_path) != singular(merged(language)):
            found.append(f"{language}: {compiled_path.name}")
        found += [f"{language}: not translated: {text}" for text in untranslated(catalogue)]
    return found


def untranslated(catalogue: Iterable[Message]) -> list[str]:
    """Messages without a translation, or with a doubtful one."""
    return [
        str(message.id) for message in messages(catalogue)
        if message.fuzzy or not message.string
        or (message.pluralizable and not all(message.string))
    ]


def refresh() -> None:
    """Extract, update and compile; files that would say the same are left alone."""
    template = extract()
    if not _same_file(TEMPLATE, template):
        _write(TEMPLATE, template)
    for language in LANGUAGES:
        catalogue = updated(language, template)
        path = path_of(language)
        if not _same_file(path, catalogue):
            _write(path, catalogue)
        new = merged(language)
        target = path.with_suffix(".mo")
        if not target.exists() or compiled(target) != singular(new):
            with target.open("wb") as handle:
                write_mo(handle, new)
        missing = untranslated(catalogue)
        if missing:
            print(f"{language}: {len(missing)} messages are not translated; --check lists them")


# --- CKAN's own messages -------------------------------------------------------------------------

def core_messages() -> tuple[Catalog, Catalog]:
    """CKAN's own template and its Indonesian, as installed."""
    directory = Path(str(resources.files("ckan"))) / "i18n"
    return load(directory / "ckan.pot"), load(directory / "id" / "LC_MESSAGES" / "ckan.po", "id")


def is_seen(message: Message) -> bool:
    """Whether a core message stands on a page of this portal."""
    return any(not file.startswith(NOT_OURS) for file, _line in message.locations)


def core_missing() -> list[Message]:
    """Core messages that people see and that neither CKAN nor ``core-id.po`` translates."""
    template, theirs = core_messages()
    ours, own = load(CORE, "id"), load(path_of("id"), "id")

    def has(catalogue: Catalog, message: Message) -> bool:
        found = catalogue.get(message.id, message.context)
        return bool(found and found.string and all(found.string))

    return [
        message for message in messages(template)
        if is_seen(message) and not any(has(one, message) for one in (theirs, ours, own))
    ]


def _report(lines: Iterable[str], show: Callable[[str], object] = print) -> int:
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007
        show(line)
    return 1 if count else 0


def main() -> int:
    """Do what the command line asks; 1 when a check finds something."""
    parser = argparse.ArgumentParser(description="Refresh the message catalogues.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if stale")
    parser.add_argument("--core", action="store_true", help="list core messages without Indonesian")
    options = parser.parse_args()
    if options.core:
        return _report(str(message.id) for message in core_missing())
    if options.check:
        return _report(stale())
    refresh()
    return 0


if __name__ == "__main__":
    sys.exit(main())
