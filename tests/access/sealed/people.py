"""Who asks: every person of the table of readers, and some who once were more."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ckanext.satudata.access import reading
from ckanext.satudata.access.reading import Reader, Sight

#: Offices of the town, as persons and things name them.
OFFICE, PARENT, PERMITTED, THIRD = "office", "parent", "other", "third"

#: Who still reads what was deleted: its office and the walidata.
READ_DELETED = frozenset({Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA})


@dataclass(frozen=True)
class Person:
    """A person of the town.

    :param name: key in ``Town.users``; None for whoever is not signed in
    :param member: offices they belong to, whatever they may do there
    :param editor: offices whose datasets they may edit (admins: of the offices below as well)
    :param role: a city-wide role that they hold today
    """

    name: str | None
    member: tuple[str, ...] = ()
    editor: tuple[str, ...] = ()
    role: str | None = None
    collaborates: bool = False
    sysadmin: bool = False

    def __str__(self) -> str:
        return self.name or "anonymous"

    @property
    def kind(self) -> tuple[object, ...]:
        """The same for persons who may see the same."""
        return self.member, self.editor, self.role, self.collaborates, self.sysadmin

    def readers(self, office: str, permitted: Collection[str]) -> set[Reader]:
        """What kinds of reader they are for a dataset of an office."""
        kinds = {Reader.PUBLIC}
        if self.role in {role.value for role in reading.ROLES}:
            kinds.add(Reader(self.role))
        if office in self.member or office in self.editor:
            kinds.add(Reader.MEMBER)
        if office in self.editor:
            kinds.add(Reader.EDITOR)
        if self.collaborates:
            kinds.add(Reader.COLLABORATOR)
        if self.member:
            kinds.add(Reader.OTHER_OPD)
        if set(self.member) & set(permitted):
            kinds.add(Reader.PERMITTED_OPD)
        return kinds


def sight(
    person: Person, *, office: str, klass: str, verified: bool, deleted: bool = False,
    permitted: Collection[str] = (),
) -> Sight:
    """How much a person may see of a dataset, by the table of readers and nothing else.

    :param verified: as the table means it: what is ``terbuka`` and verified is public
    """
    if person.sysadmin:
        return Sight.ALL
    kinds = person.readers(office, permitted)
    if deleted:
        kinds &= READ_DELETED
        verified = verified and klass != "terbuka"
    return reading.sight(kinds, klass, verified=verified)


PEOPLE = (
    Person(None),
    Person("outsider"),
    Person("former_walidata"),
    Person("member", (OFFICE,)),
    Person("editor", (OFFICE,), (OFFICE,)),
    Person("admin", (OFFICE,), (OFFICE,)),
    Person("parent_admin", (PARENT,), (PARENT, OFFICE)),
    Person("parent_editor", (PARENT,), (PARENT,)),
    Person("other_member", (PERMITTED,)),
    Person("other_editor", (PERMITTED,), (PERMITTED,)),
    Person("other_admin", (PERMITTED,), (PERMITTED,)),
    Person("third_reader", (THIRD,)),
    Person("third_member", (THIRD,), (THIRD,)),
    Person("third_admin", (THIRD,), (THIRD,)),
    Person("collaborator", collaborates=True),
    Person("collaborator_member", collaborates=True),
    Person("collaborator_admin", collaborates=True),
    Person("walidata", role="walidata"),
    Person("koordinator", role="koordinator"),
    Person("pimpinan", role="pimpinan"),
    Person("pembina", role="pembina"),
    Person("ppid", role="ppid"),
    Person("sysadmin", sysadmin=True),
)

#: More people than a town has by itself: key and capacity in an office.
MEMBERS = {
    "other_admin": (PERMITTED, "admin"), "third_reader": (THIRD, "member"),
    "third_admin": (THIRD, "admin"),
}
#: Key and capacity of those who collaborate on every dataset.
COLLABORATORS = {
    "collaborator": "editor", "collaborator_member": "member", "collaborator_admin": "admin",
}


def twins(person: Person) -> list[Person]:
    """The people who may see just what this one may, in the order of the table."""
    return [one for one in PEOPLE if one.kind == person.kind]


#: One of each kind.
KINDS = tuple(person for person in PEOPLE if twins(person)[0] is person)
