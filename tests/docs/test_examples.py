"""What the pages show is run: API examples, the operator's script, commands, addresses, names."""
from __future__ import annotations

import datetime as dt
import importlib
import io
import itertools
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import click
import pytest
from ckan import model, plugins
from ckan.cli.cli import ckan
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import obligations, store
from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people
from ckanext.satudata.opd.store import ensure
from sandbox.commands import parser

from ..access.town import CLOSED, COMPLETE, call, upload
from .tables import DOCS, PAGES, ROOT

pytestmark = [
    pytest.mark.usefixtures("with_plugins"),
    pytest.mark.ckan_config("ckanext.satudata.enforcement", "strict"),
]

SYSTEM = Actor(None, CLI)
ROOMS = ("journal", "schema", "opd", "access", "deposits", "report", "letters", "changes", "portal")
NAME = "jumlah-balita-stunting-menurut-kelurahan"
TITLE = "Jumlah balita stunting menurut kelurahan"
BLOCK = re.compile(r"^```(?P<kind>[a-z]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
#: The quarter that the pages speak of; here it is the latest that has ended.
SHOWN = "2026-TW3"


@dataclass
class Example:
    """A call and what its answer must look like, if the page says so."""

    command: str
    answer: Any = None


def examples() -> Iterator[Example]:
    """The calls of the harvester's page, each with the answer that stands below it."""
    last: Example | None = None
    for block in BLOCK.finditer((DOCS / "harvester.md").read_text(encoding="utf-8")):
        if block["kind"] == "console":
            if last:
                yield last
            *others, final = [
                Example(line[2:]) for line in block["body"].splitlines() if line.startswith("$ ")
            ]
            yield from others
            last = final
        elif block["kind"] == "json" and last:
            last.answer = json.loads(block["body"])
    if last:
        yield last


EXAMPLES = list(examples())


@dataclass
class Call:
    """A line of curl, read."""

    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)


def curl(line: str, words: dict[str, str]) -> Call:
    """Read a line of curl; ``words`` take the place of its shell variables."""
    for name, value in words.items():
        line = line.replace(f"${name}", value)
    found, parts = Call(), shlex.split(line)[1:]
    while parts:
        part = parts.pop(0)
        if part == "-H":
            name, _, value = parts.pop(0).partition(": ")
            found.headers[name] = value
        elif part == "-F":
            name, _, value = parts.pop(0).partition("=")
            content = (io.BytesIO(b"kode_wilayah,jumlah\n35.76.01,12\n"), value[1:])
            found.form[name] = content if value.startswith("@") else value
        elif part != "-s":
            found.url = part
    return found


def fits(shown: Any, real: Any, path: str = "") -> list[str]:
    """Where an answer is not as shown: keys and kinds of values, words of yes and no exactly."""
    if isinstance(shown, dict) and isinstance(real, dict):
        wrong = [f"{path}.{key} is not there" for key in shown if key not in real]
        for key in shown.keys() & real.keys():
            wrong += fits(shown[key], real[key], f"{path}.{key}")
        return wrong
    if isinstance(shown, list) and isinstance(real, list):
        if not shown or not real:
            return [] if shown == real else [f"{path} is {real}"]
        tried = [fits(shown[0], one, f"{path}[]") for one in real]
        return min(tried, key=len)
    if shown is None or isinstance(shown, bool):
        return [] if shown is real else [f"{path} is {real!r}, not {shown!r}"]
    same = isinstance(real, type(shown)) or (real is None and path.endswith("rate"))
    return [] if same else [f"{path} is {real!r}, not {shown!r}"]


@pytest.fixture
def city(request: pytest.FixtureRequest, with_plugins: None) -> SimpleNamespace:
    """An office with a public and a closed dataset, items and a frozen quarter; built once."""
    built = getattr(request.module, "_city", None)
    if built is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        built = _build()
        request.module._city = built  # type: ignore[attr-defined]
    return built


def _build() -> SimpleNamespace:
    editor, walidata = factories.User(name="petugas"), factories.User(name="wali")
    office = factories.Organization(
        name="dinkes-ppkb", title="Dinas Kesehatan", kode_opd="1.02", wajib_setor=True,
        peran_satu_data=["produsen_data"], users=[{"name": "petugas", "capacity": "editor"}],
    )
    people.grant(walidata["id"], "walidata", SYSTEM)
    quarter = Quarter.of(clock.city_today()).previous()
    items = _items(ensure(office["id"]), quarter)
    _dataset(editor, walidata, office, name=NAME, title=TITLE)
    closed = {**CLOSED, "klasifikasi_akses": "tertutup"}
    _dataset(editor, walidata, office, name="daftar-pasien", title="Daftar pasien", **closed)
    obligations.link(items[0], model.Package.get(NAME).id, SYSTEM)
    model.Session.commit()
    frozen = call(walidata, "satudata_snapshot_freeze", quarter=quarter.code)
    return SimpleNamespace(
        editor=editor, walidata=walidata, quarter=quarter, hash=frozen["sha256"]
    )


def _items(opd: Any, quarter: Quarter) -> list[Any]:
    """An open and a closed item of an agreed daftar data; for the first month a file came."""
    items = obligations.create_many([
        (None, obligations.Terms(
            title=title, opd=opd, frekuensi="bulanan", klasifikasi_akses=klass,
            valid_from=quarter.first, register_year=clock.city_today().year,
        ))
        for title, klass in ((TITLE, "terbuka"), ("Daftar pasien", "tertutup"))
    ], SYSTEM)
    for year in {quarter.year, clock.city_today().year}:
        obligations.agree(year, quarter.previous().first, "BA/1", SYSTEM, origin="impor")
    first = quarter.previous().last
    came = dt.datetime.combine(quarter.first, dt.time(10), dt.timezone(dt.timedelta(hours=7)))
    store.import_past([store.Past(items[0], f"{first:%Y-%m}", "file", came)], SYSTEM)
    model.Session.commit()
    return items


def _dataset(editor: Any, walidata: Any, office: Any, **more: Any) -> None:
    """A verified dataset with a file, made and checked by two persons."""
    made = call(editor, "package_create", owner_org=office["id"], **{**COMPLETE, **more})
    call(
        editor, "resource_create", package_id=made["id"], upload=upload(), format="CSV",
        name="Data 2025", periode="2025", jenis_berkas="data", url="data.csv",
    )
    made = call(editor, "satudata_dataset_submit", id=made["id"])
    call(walidata, "satudata_dataset_verify", id=made["id"], content_hash=made["content_hash"])


@pytest.fixture
def ask(app: Any, city: SimpleNamespace) -> Any:
    """Run a line of curl against the portal."""
    tokens: dict[str, str] = {}

    def token(name: str) -> str:
        if name not in tokens:
            made = helpers.call_action("api_token_create", user=name, name="contoh")
            tokens[name] = made["token"]
        return tokens[name]

    def run(line: str) -> Any:
        words = {"PORTAL": "", "HASH": city.hash}
        for word, name in (("OFFICE_TOKEN", "petugas"), ("TOKEN", "wali")):
            if f"${word}" in line:
                words[word] = token(name)
        asked = curl(line, words)
        url = asked.url.replace(SHOWN, city.quarter.code)
        if not asked.form:
            return app.get(url, headers=asked.headers, status=200)
        middle = f"{city.quarter.first + dt.timedelta(days=40):%Y-%m}"
        asked.form["period"] = middle
        return app.post(url, data=asked.form, headers=asked.headers, status=200)

    return run


@pytest.mark.ckan_config("ckanext.satudata.public_board", "frozen")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.command[-60:])
def test_a_call_of_the_page_is_answered_as_it_says(example: Example, ask: Any) -> None:
    answer = ask(example.command)
    if example.answer is not None:
        assert fits(example.answer, json.loads(answer.body)) == []
    if "Authorization" not in example.command:
        assert b"Daftar pasien" not in answer.data


def test_the_examples_are_many(city: SimpleNamespace) -> None:
    """A page whose blocks the test does not find would pass unseen."""
    assert len(EXAMPLES) > 15
    assert sum(example.answer is not None for example in EXAMPLES) > 8


def test_counts_are_of_what_a_reader_may_see(ask: Any) -> None:
    public = json.loads(ask(EXAMPLES[0].command).body)["result"]["count"]
    [all_published] = [one for one in EXAMPLES if "include_private" in one.command]
    everything = json.loads(ask(all_published.command).body)["result"]["count"]
    assert (public, everything) == (1, 2)


def test_the_json_file_is_the_answer_of_the_action(ask: Any) -> None:
    action = ask("curl $PORTAL/api/3/action/satudata_compliance_report?quarter=2026-TW3")
    assert json.loads(ask("curl $PORTAL/kepatuhan/2026-TW3.json").body) == json.loads(
        action.body
    )["result"]


# --- the operator's page ------------------------------------------------------------------------


def test_the_holidays_of_a_year_are_a_new_version_of_the_rules(
    city: SimpleNamespace, cli: Any
) -> None:
    """The page's own command, as the operator pastes it, after its dry run."""
    asked = [words for _, words in _lines("ckan") if "--holidays" in words]
    dry, real = ([*words[words.index("satudata"):]] for words in asked)
    year = int(real[real.index("--holidays") + 1])
    decreed = {
        dt.date.fromisoformat(day)
        for option, day in itertools.pairwise(real) if option == "--day-off"
    }
    before, frozen = rules.rule_book(), helpers.call_action("satudata_snapshot_verify")
    for words, versions in ((dry, 0), (real, 1)):
        done = cli.invoke(ckan, words)
        assert done.exit_code == 0, done.output
        model.Session.rollback()
        assert len(rules.rule_book().versions) == len(before.versions) + versions
    last = rules.rule_book().versions[-1]
    added = {day for day in last.holidays if day.year == year}
    assert decreed and added >= decreed
    assert {(day.month, day.day) for day in added} >= {(1, 1), (8, 17), (12, 25)}
    assert last.grace_days == before.versions[-1].grace_days
    sound = {"agrees": True, "judged": True, "faults": []}
    assert helpers.call_action("satudata_snapshot_verify") == frozen == sound


def _lines(word: str) -> list[tuple[str, list[str]]]:
    """(page, words) of each line of a console block that calls a command."""
    found = []
    for page in PAGES:
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if block["kind"] != "console":
                continue
            for line in block["body"].splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words and words[0] == word:
                    found.append((page.name, words[1:]))
    return found


def test_commands_of_the_pages_exist_with_their_options() -> None:
    """Each ``ckan … satudata …`` parses; nothing is run."""
    lines = [words[words.index("satudata"):] for _, words in _lines("ckan") if "satudata" in words]
    # "-p satudata" names the plugin.
    lines = [words for words in lines if len(words) > 1]
    assert len(lines) > 10
    for words in lines:
        command, rest = _group(), words[1:]
        while isinstance(command, click.Group):
            assert rest[0] in command.commands, words
            command, rest = command.commands[rest[0]], rest[1:]
        existing = [word if "." not in word else str(ROOT / "README.md") for word in rest]
        command.make_context(words[1], existing)


def test_the_launchers_words_exist() -> None:
    for page, words in _lines("./satudata"):
        options, _ = parser().parse_known_args(words)
        assert options.command == words[0], page


def _group() -> click.Group:
    """``ckan satudata`` with the commands of all rooms."""
    commands = plugins.get_plugin("satudata").get_commands()
    return next(one for one in commands if one.name == "satudata")


def test_actions_of_the_pages_exist() -> None:
    """Actions, rights, and what the database has of that name."""
    migration = ROOT / "ckanext/satudata/migration/satudata/versions/001_tables.py"
    known = set(re.findall(r"\bsatudata_[a-z_]+", migration.read_text(encoding="utf-8")))
    for module in ("action", "auth"):
        for room in ROOMS:
            try:
                known |= set(importlib.import_module(f"ckanext.satudata.{room}.{module}").__all__)
            except ModuleNotFoundError:
                continue
    for page in PAGES:
        named = set(re.findall(r"\bsatudata_[a-z_]+[a-z]\b", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


def test_addresses_of_the_pages_lead_to_a_view(app: Any, city: SimpleNamespace) -> None:
    routes = app.flask_app.url_map.bind("localhost")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for path in set(re.findall(r"`(/(?:satudata|kepatuhan|opd)[a-zA-Z0-9/._-]*)", text)):
            assert routes.match(path, method="GET"), (page.name, path)
