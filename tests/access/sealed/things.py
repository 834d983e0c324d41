"""What is there to be hidden: datasets in every class and state, items, a waiting file.

Each carries words that nothing else in the portal has, in everything that it says: the slug, the
title, the description, the tags, the name and the content of its file, the names of its columns.
"""
from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import search
from ckan.tests import factories

from ckanext.satudata.access.reading import Sight
from ckanext.satudata.deposits import obligations
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.opd import people as roles
from ckanext.satudata.opd.store import ensure
from ckanext.satudata.report import paper_making
from ckanext.satudata.report import papers as snapshot_papers

from ..town import CLOSED, COMPLETE, Town, build_town, call, job, uncommitted, upload
from . import people
from .people import OFFICE, PERMITTED, THIRD, Person

TERBUKA, TERBATAS, TERTUTUP = "terbuka", "terbatas", "tertutup"
CLASSES = (TERBUKA, TERBATAS, TERTUTUP)
STATES = ("draf", "diajukan", "terverifikasi", "dikembalikan", "dicabut")
VERIFIED = "terverifikasi"

#: How much one has to see of a dataset to be told a word of it. The rest belongs to the file.
WORDS = {
    "nama": Sight.METADATA, "judul": Sight.METADATA, "catatan": Sight.METADATA,
    "tag": Sight.METADATA, "uraian": Sight.METADATA, "berkas": Sight.METADATA,
    "format": Sight.METADATA, "isi": Sight.ALL, "kolom": Sight.ALL, "tampilan": Sight.ALL,
}
#: Those that are ids.
IDS = {
    "id": Sight.METADATA, "resource": Sight.METADATA, "activity": Sight.METADATA,
    "view": Sight.ALL, "item": Sight.METADATA, "deposit": Sight.METADATA,
    # What a harvester brought, if there is one.
    "object": Sight.METADATA, "older": Sight.METADATA, "failed": Sight.ALL,
}
#: The one way by which a word of a thing is written; letters only, so that search takes it whole.
STEM = "zq"


def code(number: int) -> str:
    """The two letters of a thing in its words."""
    return chr(97 + number // 26) + chr(97 + number % 26)


def word(number: int, name: str) -> str:
    """The word that only thing ``number`` has, in the place called ``name``."""
    return f"{STEM}{code(number)}{name}"


@dataclass(eq=False)
class Thing:
    """Something that is not for everybody.

    :param number: in the words it carries
    :param state: of the submission; ``""`` for what has none
    :param sees: how much a person may see, when it is no dataset of the table
    :param ids: by name, as ``IDS`` has them
    """

    number: int
    name: str
    klass: str = TERBUKA
    state: str = ""
    office: str = OFFICE
    deleted: bool = False
    listed: bool = True
    sees: Callable[[Person], Sight] | None = None
    ids: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def dataset(self) -> bool:
        """Whether it is a dataset and not an item or a deposit."""
        return self.sees is None

    @property
    def public(self) -> bool:
        """Whether everybody sees all of it."""
        return self.dataset and self.sight(people.PEOPLE[0]) is Sight.ALL

    def named(self, person: Person) -> bool:
        """Whether a person may be named the item of the daftar data that it is, or has.

        It is named by its class, and to its office; some see every item (docs/access.md).
        """
        sight = max(self.sight(person), _own_and_all_seeing(person, self.office))
        return sight >= Sight.METADATA

    def sight(self, person: Person) -> Sight:
        """How much a person may see of it."""
        if self.sees:
            return self.sees(person)
        return people.sight(
            person, office=self.office, klass=self.klass, verified=self.state == VERIFIED,
            deleted=self.deleted, permitted=(PERMITTED,) if self.klass == TERBATAS else (),
        )

    def asked(self) -> dict[str, str]:
        """The words and ids that an address or a call may be filled with."""
        words = {name: word(self.number, name) for name in WORDS}
        return {**words, "slug": f"data-{words['nama']}", "file": f"{words['berkas']}.csv",
                **self.ids}


def nothing() -> Thing:
    """Something that is not there, to compare with what may not be seen."""
    return Thing(675, "nothing", ids={name: str(uuid.uuid4()) for name in IDS})


def marked(number: int) -> dict[str, Any]:
    """The metadata of a dataset, with a word wherever there is text."""
    return {
        "name": f"data-{word(number, 'nama')}", "title": f"Judul {word(number, 'judul')}",
        "notes": f"Catatan {word(number, 'catatan')}",
        "tags": [{"name": "kesehatan"}, {"name": word(number, "tag")}],
        "produsen_data": f"Bidang {word(number, 'uraian')}",
        "sds_konsep": f"Konsep {word(number, 'uraian')}", "frekuensi": "bulanan",
    }


def table(number: int) -> bytes:
    """The content of a dataset's file."""
    return f"{word(number, 'kolom')},jumlah\n{word(number, 'isi')},7\n".encode()


@dataclass
class Sealed:
    """The town and all there is in it."""

    town: Town
    things: list[Thing]
    names: dict[str, str]

    def __getitem__(self, name: str) -> Thing:
        return next(thing for thing in self.things if thing.name == name)

    @property
    def datasets(self) -> list[Thing]:
        """The things that are datasets."""
        return [thing for thing in self.things if thing.dataset]

    def user(self, person: Person) -> dict[str, Any] | None:
        """The account of a person."""
        return self.town[person.name] if person.name else None


def build() -> Sealed:
    """The town, its people and everything that is to be looked for."""
    town = build_town()
    _more_people(town)
    group = factories.Group(name=f"tema-{uuid.uuid4().hex[:6]}", user=town["sysadmin"])
    builder = _Builder(town, group)
    with uncommitted():
        builder.datasets()
        builder.special()
        builder.items()
        builder.frozen()
        papers = builder.letter()
        for thing in builder.things:
            builder.finish(thing)
    model.Session.commit()
    search.commit()
    quarter = Quarter.of(city_today())
    names = {
        "office": town.office["name"], "office_id": town.office["id"],
        "third": town.third["name"], "parent": town.parent["name"],
        "group": group["name"], "group_id": group["id"],
        "editor": town["editor"]["name"], "walidata": town["walidata"]["name"],
        "outsider": town["outsider"]["name"], "collaborator": town["collaborator"]["id"],
        "quarter": str(quarter), "frozen": str(quarter.previous()), "stem": STEM,
        "year": str(quarter.previous().year),
        **papers,
    }
    return Sealed(town, builder.things, names)


def _more_people(town: Town) -> None:
    for name in (*people.MEMBERS, *people.COLLABORATORS, "former_walidata"):
        if name not in town.users:
            town.users[name] = factories.User(
                name=f"{name.replace('_', '-')}-{uuid.uuid4().hex[:6]}")
    for name, (office, capacity) in people.MEMBERS.items():
        call(town["sysadmin"], "organization_member_create", id=getattr(town, office)["id"],
             username=town[name]["name"], role=capacity)
    yesterday = city_today() - dt.timedelta(days=1)
    roles.grant(town["former_walidata"]["id"], roles.WALIDATA, Actor(None, CLI),
                valid_from=yesterday, valid_until=yesterday)
    model.Session.commit()


#: What a scan begins with.
_SCAN = b"\x89PNG\r\n\x1a\n"


class _Builder:
    """Makes the things, each through the actions by which such a thing comes about."""

    def __init__(self, town: Town, group: dict[str, Any]) -> None:
        self.town, self.group = town, group
        self.before = Quarter.of(city_today()).previous()
        self.things: list[Thing] = []

    def datasets(self) -> None:
        """Each class in each state of a submission, and deleted."""
        for klass in CLASSES:
            for state in STATES:
                self.make(f"{klass} {state}", klass, state)
            deleted = self.make(f"{klass} deleted", klass, VERIFIED)
            call(self.town["walidata"], "package_delete", id=deleted.ids["id"])
            deleted.deleted, deleted.listed = True, False

    def special(self) -> None:
        """What was something else before."""
        town = self.town
        closed = self.make("closed after it was public", TERBUKA, VERIFIED)
        for follower in ("outsider", "third_member", "walidata"):
            call(town[follower], "follow_dataset", id=closed.ids["id"])
        call(town["editor"], "package_patch", id=closed.ids["id"], klasifikasi_akses=TERTUTUP,
             **CLOSED)
        closed.klass = TERTUTUP
        opening = self.make("waits to be opened", TERTUTUP, VERIFIED)
        call(town["editor"], "package_patch", id=opening.ids["id"], klasifikasi_akses=TERBUKA)
        opening.state = "diajukan"
        moved = self.make("moved to another office", TERTUTUP, VERIFIED)
        call(town["sysadmin"], "package_owner_org_update", id=moved.ids["id"],
             organization_id=town.third["id"])
        moved.office = THIRD
        form = self.make("half-filled form", TERBUKA, "draf", how={"state": "draft"})
        form.listed = False

    def items(self) -> None:
        """Items of the daftar data that nobody has a dataset for, and a file that waits."""
        self.item("closed item", TERTUTUP, _own_and_all_seeing)
        open_item = self.item("open item", TERBUKA, lambda _: Sight.ALL)
        # Named to everybody, and linked to what nobody outside sees: not even its id.
        draft = self.make("draft that an open item names", TERBUKA, "draf")
        self.item(
            "open item of a draft", TERBUKA, lambda _: Sight.ALL, package_id=draft.ids["id"],
            register_year=self.before.year,
        )
        thing = self.thing("waiting file", sees=_own_and_walidata)
        deposit = call(
            self.town["editor"], "satudata_deposit_create", obligation_id=open_item.ids["item"],
            upload=upload(f"{word(thing.number, 'berkas')}.csv", table(thing.number)),
        )
        thing.ids["deposit"] = deposit["id"]

    def frozen(self) -> None:
        """The quarter before, with its items by title."""
        year = self.before.year
        obligations.agree(year, dt.date(year, 1, 2), "BA/1", Actor(None, CLI), origin="impor")
        model.Session.commit()
        call(self.town["walidata"], "satudata_snapshot_freeze", quarter=str(self.before))
        paper_making.make(snapshot_papers.key(self.before, 1), {})

    def letter(self) -> dict[str, str]:
        """A letter about that quarter to the office that the items count under; a commitment."""
        walidata, office = self.town["walidata"], self.town.office["name"]
        commitment = call(
            walidata, "satudata_commitment_create", organization=office, signatory="Kepala",
            date=str(self.before.first), document=upload("komitmen.png", _SCAN))
        letter = call(
            walidata, "satudata_letter_draft", kind="data_request", quarter=str(self.before),
            organization=self.town.parent["name"])
        for step in (
            {"number": "000.7/1"}, {"signed": upload("surat.png", _SCAN)},
            {"sent_on": str(city_today())},
        ):
            call(walidata, "satudata_letter_update", id=letter["id"], **step)
        return {"letter": letter["id"], "commitment": commitment["id"]}

    def thing(self, name: str, **more: Any) -> Thing:
        thing = Thing(len(self.things) + 1, name, **more)
        self.things.append(thing)
        return thing

    def item(
        self, name: str, klass: str, sees: Callable[[Person], Sight], *,
        package_id: str | None = None, register_year: int | None = None,
    ) -> Thing:
        thing = self.thing(name, klass=klass, sees=sees)
        terms = obligations.Terms(
            title=f"Judul {word(thing.number, 'judul')}", opd=ensure(self.town.office["id"]),
            frekuensi="bulanan", valid_from=self.before.first, klasifikasi_akses=klass,
            register_year=register_year,
        )
        [id] = obligations.create_many([(package_id, terms)], Actor(None, CLI))
        model.Session.commit()
        thing.ids["item"] = str(id)
        return thing

    def make(
        self, name: str, klass: str, state: str, how: dict[str, Any] | None = None
    ) -> Thing:
        """A dataset with a file, brought to a state."""
        thing, town = self.thing(name, klass=klass, state=state), self.town
        evidence = {} if klass == TERBUKA else CLOSED
        if klass == TERBATAS:
            evidence = {**evidence, "opd_diizinkan": [town.other["name"]]}
        maker = town.draft if how is None else self._as_job
        dataset = maker(**marked(thing.number), klasifikasi_akses=klass, **evidence, **(how or {}))
        resource = call(
            town["editor"], "resource_create", package_id=dataset["id"], periode="2025",
            upload=upload(f"{word(thing.number, 'berkas')}.csv", table(thing.number)),
            name=f"Berkas {word(thing.number, 'berkas')}", jenis_berkas="data",
            format=word(thing.number, "format").upper(), url=f"{word(thing.number, 'berkas')}.csv",
        )
        view = call(
            town["editor"], "resource_view_create", resource_id=resource["id"],
            view_type="text_view", title=f"Tampilan {word(thing.number, 'tampilan')}",
        )
        thing.ids |= {"id": dataset["id"], "resource": resource["id"], "view": view["id"]}
        for event in _WAY_TO[state]:
            self._event(thing, event)
        return thing

    def _as_job(self, **values: Any) -> dict[str, Any]:
        data = {"owner_org": self.town.office["id"], **COMPLETE, **values}
        return tk.get_action("package_create")(job(), data)

    def _event(self, thing: Thing, event: str) -> None:
        if event == "submit":
            call(self.town["editor"], "satudata_dataset_submit", id=thing.ids["id"])
            return
        shown = self.town.show(thing.ids)
        call(self.town["walidata"], f"satudata_dataset_{event}", id=thing.ids["id"],
             content_hash=shown["content_hash"], note="Judulnya keliru.")

    def finish(self, thing: Thing) -> None:
        """A table in the DataStore, collaborators, a place in the group; and the ids."""
        if not thing.dataset:
            return
        tk.get_action("datastore_create")(job(), {
            "resource_id": thing.ids["resource"], "force": True,
            "fields": [{"id": word(thing.number, "kolom"), "type": "text"}],
            "records": [{word(thing.number, "kolom"): word(thing.number, "isi")}],
        })
        if not thing.deleted:
            for name, capacity in people.COLLABORATORS.items():
                tk.get_action("package_collaborator_create")(job(), {
                    "id": thing.ids["id"], "user_id": self.town[name]["id"],
                    "capacity": capacity})
        tk.get_action("member_create")(job(), {
            "id": self.group["id"], "object": thing.ids["id"], "object_type": "package",
            "capacity": "public"})
        # What was said before it was public stays with those who saw it then.
        thing.ids["activity"] = _activity(thing.ids["id"], last=thing.public)


#: What brings a dataset from its first saving to a state.
_WAY_TO = {
    "draf": (), "diajukan": ("submit",), VERIFIED: ("submit", "verify"),
    "dikembalikan": ("submit", "return"), "dicabut": ("submit", "verify", "revoke"),
}


def _activity(package_id: str, *, last: bool) -> str:
    """The last or the first of what was said of a dataset."""
    found = model.Session.execute(
        sa.text("""
            SELECT id FROM activity WHERE object_id = :id AND activity_type LIKE '%package'
             ORDER BY timestamp
        """),
        {"id": package_id},
    ).scalars().all()
    return found[-1 if last else 0]


def _own_and_all_seeing(person: Person, office: str = OFFICE) -> Sight:
    """Whom an item that is not open is named to (docs/access.md)."""
    sees_all = person.role in ("walidata", "koordinator", "pimpinan") or person.sysadmin
    own = office in person.member or office in person.editor
    return Sight.ALL if own or sees_all else Sight.NOTHING


def _own_and_walidata(person: Person) -> Sight:
    """Who sees a file that waits."""
    own = OFFICE in person.member or OFFICE in person.editor
    return Sight.ALL if own or person.role == "walidata" or person.sysadmin else Sight.NOTHING


def ids_of(things: list[Thing]) -> Iterator[tuple[str, Thing, str]]:
    """(id, the thing it is of, what it is an id of)."""
    for thing in things:
        for name, id in thing.ids.items():
            yield id, thing, name


def dumped(answer: Any) -> str:
    """An answer of the API as text."""
    return json.dumps(answer, default=str)
