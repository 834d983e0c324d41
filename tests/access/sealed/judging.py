"""Asking as a person, and looking through what came for words that are not theirs."""
from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.tests import factories

from ckanext.satudata.access.reading import Sight

from ..town import as_user
from .people import Person
from .things import IDS, STEM, WORDS, Sealed, Thing, code, dumped, ids_of, nothing
from .ways import Gives, Listing, Single

_WORD = re.compile(rf"{STEM}([a-z]{{2}})({'|'.join(WORDS)})", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: What differs from one answer to the next, whatever was asked for.
_NOISE = re.compile(
    r'^(?:Set-Cookie|Content-Length|Content-Type): .*$|name="_csrf_token"[^>]*>'
    r'|content="[^"]{60,}"|Keadaan per [^<]*', re.MULTILINE)
#: When an answer was made; a word of the question (a year) may be part of it.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+]+")
#: What somebody could think of and try; ids are 122 random bits.
_GUESSED = re.compile(r"\{(?:slug|judul|tag|format|berkas)\}")

SESSION, TOKEN = "session", "token"


@dataclass(frozen=True)
class Answer:
    """What came: a status as of HTTP, and all that was said, headers included."""

    status: int
    text: str
    cache: str = ""

    @property
    def refused(self) -> bool:
        """Whether there was none, or the way to sign in instead."""
        return self.status not in (200, 302) or "/user/login" in self.text


class Asking:
    """Asks as every person, by API call, by session and by token."""

    def __init__(self, sealed: Sealed, app: Any) -> None:
        self.sealed, self.app = sealed, app
        self._tokens: dict[str, str] = {}
        self._nothing = nothing()
        self._of_nothing: dict[Any, Answer] = {}

    def ask(self, person: Person, what: str, data: dict[str, Any], by: str = SESSION) -> Answer:
        """Call an action or get a page, whichever it is."""
        if what.startswith("/"):
            return self._page(person, what, by)
        return self._action(person, what, data)

    def _action(self, person: Person, what: str, data: dict[str, Any]) -> Answer:
        try:
            context = as_user(self.sealed.user(person))
            return Answer(200, dumped(tk.get_action(what)(context, data)))
        except tk.NotAuthorized as error:
            return self._failed(403, error)
        except tk.ObjectNotFound as error:
            return self._failed(404, error)
        except tk.ValidationError as error:
            return self._failed(409, error.error_dict)
        except Exception as error:
            # To whoever calls by HTTP it is just that.
            return self._failed(500, repr(error))

    def _failed(self, status: int, error: Any) -> Answer:
        model.Session.rollback()
        return Answer(status, str(error))

    def _page(self, person: Person, address: str, by: str) -> Answer:
        user = self.sealed.user(person)
        client, more = self.app.test_client(), {}
        if user and by == TOKEN:
            more = {"headers": {"Authorization": self._token(user)}}
        elif user:
            more = self._signed_in(client, user)
        try:
            found = client.get(address, follow_redirects=False, **more)
        except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError) as error:
            # CKAN's page does not catch it: outside of tests it is an error page without its words.
            return self._failed(404, type(error).__name__)
        except Exception as error:
            return self._failed(500, repr(error))
        finally:
            model.Session.remove()
        said = "\n".join(f"{name}: {value}" for name, value in found.headers)
        return Answer(
            found.status_code, f"{said}\n{_readable(found.data)}",
            found.headers.get("Cache-Control", ""),
        )

    def _signed_in(self, client: Any, user: dict[str, Any]) -> dict[str, Any]:
        """Make a browser one in which the person is signed in; what to send besides."""
        if not tk.check_ckan_version(min_version="2.12"):
            return {"extra_environ": {"REMOTE_USER": user["name"]}}
        with client.session_transaction(base_url=tk.config["ckan.site_url"]) as session:
            session["_user_id"], session["_fresh"] = user["id"], True
        return {}

    def _token(self, user: dict[str, Any]) -> str:
        if user["id"] not in self._tokens:
            self._tokens[user["id"]] = factories.APIToken(user=user["id"])["token"]
        return self._tokens[user["id"]]

    def listing(self, person: Person, way: Listing, by: str) -> Iterator[str]:
        """What is wrong with the answer to a listing, in words."""
        what, data = filled(way.what, self.sealed.names), filled(way.data, self.sealed.names)
        answer = self.ask(person, what, data, by)
        yield from self._wrong(person, answer, items=way.items)
        if way.gives is Gives.NO_PROMISE:
            return
        expected = [
            thing for thing in self.sealed.datasets
            if thing.public or (
                way.gives is not Gives.PUBLIC and thing.listed
                and thing.sight(person) >= Sight.METADATA)
        ]
        text = answer.text.lower()
        missing = [thing for thing in expected if thing.asked()[way.mark].lower() not in text]
        if way.gives is Gives.SOME and len(missing) < len(expected):
            return
        for thing in missing:
            yield f"does not show (status {answer.status}) {way.mark} of {thing}"

    def single(self, person: Person, thing: Thing, way: Single, by: str) -> Iterator[str]:
        """What is wrong with the answer about one thing."""
        sight = thing.sight(person)
        if way.writes and sight >= Sight.METADATA:
            return
        open_one = self.sealed["terbuka terverifikasi"].ids["id"]
        asked = {**self.sealed.names, **thing.asked(), "open": open_one}
        what, data = filled(way.what, asked), filled(way.data, asked)
        answer = self.ask(person, what, data, by)
        # Who asks by one id of it is not told much by another.
        said = dumped([what, data]) + " ".join(thing.ids.values())
        yield from self._wrong(person, answer, said, items=way.items)
        if way.needs is not None and sight >= way.needs:
            if answer.refused or (way.mark and thing.asked()[way.mark] not in answer.text):
                yield f"does not show (status {answer.status}) {way.mark} of {thing}"
        elif way.needs is not None and not answer.refused:
            yield f"answers (status {answer.status}) of {thing}"
        known = thing.named(person) if way.items else sight >= Sight.METADATA
        if not known and _GUESSED.search(way.what + dumped(way.data)):
            yield from self._as_if_not_there(person, thing, way, by)

    def _as_if_not_there(
        self, person: Person, thing: Thing, way: Single, by: str
    ) -> Iterator[str]:
        """Whether the right words, with ids that nobody could guess, are told from wrong ones."""
        nowhere = {**self.sealed.names, **self._nothing.asked(), "open": self._nothing.ids["id"]}
        key = (person, way.what, dumped(way.data), by)
        if key not in self._of_nothing:
            self._of_nothing[key] = self._asked(person, way, nowhere, by)
        guess = {**nowhere, **thing.asked(), **self._nothing.ids}
        one, two = self._asked(person, way, guess, by), self._of_nothing[key]
        if one.status != two.status:
            yield f"tells (status {one.status}, not {two.status}) of {thing}"
        elif _neutral(one.text, guess) != _neutral(two.text, nowhere):
            yield f"tells ({_difference(one, guess, two, nowhere)}) of {thing}"

    def _asked(self, person: Person, way: Single, names: dict[str, str], by: str) -> Answer:
        return self.ask(person, filled(way.what, names), filled(way.data, names), by)

    def _wrong(
        self, person: Person, answer: Answer, said: str = "", *, items: bool = False
    ) -> Iterator[str]:
        """Words and ids in an answer that the person may not be told, if they did not say them.

        :param items: what is said of an item of the daftar data is measured by its own rule
        """
        if answer.status >= 500:
            yield f"status {answer.status} {answer.text[:200]}"
        private = False
        for thing, name, needs, text in self._found(answer.text):
            sight = thing.sight(person)
            if items and thing.named(person):
                sight = max(sight, Sight.METADATA)
            if text.lower() in said.lower():
                continue
            private |= not thing.public
            if sight < needs:
                yield f"shows {name} of {thing}"
        if private and "public" in answer.cache:
            yield f"may be cached: {answer.cache}"

    def _found(self, text: str) -> set[tuple[Thing, str, Sight, str]]:
        things = {code(thing.number): thing for thing in self.sealed.things}
        ids = {id: (thing, name) for id, thing, name in ids_of(self.sealed.things)}
        found: set[Any] = set()
        for match in _WORD.finditer(text):
            if thing := things.get(match[1].lower()):
                name = match[2].lower()
                found.add((thing, name, WORDS[name], match[0]))
        for match in _ID.finditer(text):
            if match[0] in ids:
                thing, name = ids[match[0]]
                found.add((thing, name, IDS[name], match[0]))
        return found


def filled(what: Any, names: dict[str, str]) -> Any:
    """A way with the names in it, however deep; in an address as addresses write them."""
    if isinstance(what, str):
        return what.format_map({key: _in(what, value) for key, value in names.items()})
    if isinstance(what, dict):
        return {key: filled(value, names) for key, value in what.items()}
    if isinstance(what, (list, tuple)):
        return [filled(one, names) for one in what]
    return what


def _in(what: str, value: str) -> str:
    return quote(value) if what.startswith("/") else value


def _readable(body: bytes) -> str:
    """The text of a body, that of a spreadsheet and of the streams of a PDF included."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace")
                             for name in archive.namelist())
    if body.startswith(b"%PDF"):
        return _pdf_text(body)
    return body.decode("utf-8", "replace")


def _pdf_text(body: bytes) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)


def _neutral(text: str, asked: dict[str, str]) -> str:
    """An answer without the words of the question, so that two can be compared."""
    text = _MOMENT.sub("", text)
    for value in sorted(asked.values(), key=len, reverse=True):
        text = re.sub(re.escape(value), "…", text, flags=re.IGNORECASE)
    return _NOISE.sub("", text)


def _difference(one: Answer, asked: dict[str, str], two: Answer, other: dict[str, str]) -> str:
    lines = set(_neutral(two.text, other).splitlines())
    for line in _neutral(one.text, asked).splitlines():
        if line not in lines:
            return line.strip()[:160]
    return "something is missing"


def told(faults: Iterable[str]) -> str:
    """All faults of a test, one a line; what is the same of many things in one."""
    things: dict[str, list[str]] = {}
    for fault in faults:
        what, _, thing = fault.rpartition(" of ")
        things.setdefault(what or fault, []).append(thing if what else "")
    return "\n".join(f"{what}: {', '.join(sorted(names))}" for what, names in things.items())


__all__ = ["SESSION", "TOKEN", "Answer", "Asking", "filled", "told"]
