"""The tree of offices: who stands under whom, and who answers on the board. No database."""
from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from uuid import UUID

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Office:
    """What the figures need to know of one office, as one version of it says.

    :param berlaku_dari: first day on which the office exists (None: it always did)
    :param berlaku_sampai: last day on which it exists (None: no end is known)
    :param pengganti: offices that take over what falls due after the last day
    :param active: False for an organization that was deleted
    :param kepala_nama: name of the head; a new one has to sign the commitment anew
    """

    id: UUID
    group_id: str
    name: str
    title: str
    kode_opd: str | None = None
    singkatan: str | None = None
    jenis_opd: str | None = None
    parent: UUID | None = None
    wajib_setor: bool = True
    berlaku_dari: dt.date | None = None
    berlaku_sampai: dt.date | None = None
    pengganti: tuple[UUID, ...] = ()
    active: bool = True
    kepala_nama: str | None = None

    def exists_on(self, day: dt.date) -> bool:
        """Whether the office exists on a day."""
        return self.exists_between(day, day)

    def exists_between(self, first: dt.date, last: dt.date) -> bool:
        """Whether the office exists on any day from ``first`` to ``last``, both included."""
        begun = self.berlaku_dari is None or self.berlaku_dari <= last
        ended = self.berlaku_sampai is not None and self.berlaku_sampai < first
        return begun and not ended


class Tree:
    """Offices by their parents. A circle in the data, should one exist, is cut, not followed."""

    def __init__(self, offices: Mapping[UUID, Office]) -> None:
        self.offices = offices

    @cached_property
    def _children(self) -> dict[UUID | None, tuple[Office, ...]]:
        found: dict[UUID | None, list[Office]] = {}
        cut = circular({key: office.parent for key, office in self.offices.items()})
        for key, office in self.offices.items():
            parent = office.parent if office.parent in self.offices and key not in cut else None
            found.setdefault(parent, []).append(office)
        return {
            parent: tuple(sorted(below, key=_order)) for parent, below in found.items()
        }

    def parent(self, key: UUID) -> Office | None:
        """The office directly above, or None at the top."""
        office = self.offices.get(key)
        return self.offices.get(office.parent) if office and office.parent else None

    def children(self, key: UUID | None) -> tuple[Office, ...]:
        """Offices directly below, by code and title; with None, those at the top."""
        return self._children.get(key, ())

    def descendants(self, key: UUID) -> Iterator[Office]:
        """All offices below, each after the one it stands under."""
        for child in self.children(key):
            yield child
            yield from self.descendants(child.id)


def circular(parents: Mapping[Key, Key | None]) -> set[Key]:
    """Members of circles: those who would stand under themselves.

    :param parents: parent of each; a parent that is not itself a key ends the way up
    """
    done: set[Key] = set()
    found: set[Key] = set()
    for start in parents:
        way: list[Key] = []
        on_way: set[Key] = set()
        here: Key | None = start
        while here is not None and here in parents and here not in done and here not in on_way:
            way.append(here)
            on_way.add(here)
            here = parents[here]
        if here is not None and here in on_way:
            found.update(way[way.index(here):])
        done.update(way)
    return found


def _order(office: Office) -> tuple[bool, str, str, str]:
    return (office.kode_opd is None, office.kode_opd or "", office.title, office.name)
