"""Who may see what, as one table: the source of labels, of file rights and of the documentation.

The table says for each access class, verified or not, what each kind of reader may see. Pure: no
CKAN, no database.
"""
from __future__ import annotations

from collections.abc import Collection
from enum import Enum, IntEnum

from .visibility import TERBATAS, TERBUKA, TERTUTUP


class Sight(IntEnum):
    """How much a reader may see; more includes less."""

    NOTHING = 0
    COUNTED = 1
    METADATA = 2
    ALL = 3


class Reader(str, Enum):
    """Kinds of readers; a person can be several at once, and sees the most of them."""

    PUBLIC = "public"
    #: Own OPD: member, editor, admin there; admins of the offices above count as admins.
    MEMBER = "member"
    EDITOR = "editor"
    COLLABORATOR = "collaborator"
    OTHER_OPD = "other_opd"
    PERMITTED_OPD = "permitted_opd"
    WALIDATA = "walidata"
    KOORDINATOR = "koordinator"
    PIMPINAN = "pimpinan"
    PEMBINA = "pembina"
    #: Decides what may stay closed, and so reads what closed datasets say of themselves, no file.
    PPID = "ppid"


#: Stands for a class in :data:`TABLE`: private since before the plugin, and never given one.
UNCLASSED = "none, inherited"

#: Roles of persons that are kinds of readers.
ROLES = (Reader.WALIDATA, Reader.KOORDINATOR, Reader.PIMPINAN, Reader.PEMBINA, Reader.PPID)

_NONE, _COUNT, _META, _ALL = Sight.NOTHING, Sight.COUNTED, Sight.METADATA, Sight.ALL

_ORDER = (
    Reader.PUBLIC, Reader.MEMBER, Reader.EDITOR, Reader.COLLABORATOR, Reader.OTHER_OPD,
    Reader.PERMITTED_OPD, Reader.WALIDATA, Reader.KOORDINATOR, Reader.PIMPINAN, Reader.PEMBINA,
    Reader.PPID,
)


def _row(*sights: Sight) -> dict[Reader, Sight]:
    return dict(zip(_ORDER, sights, strict=True))


_CLOSED = _row(_COUNT, _META, _ALL, _NONE, _COUNT, _COUNT, _ALL, _META, _META, _COUNT, _META)

#: (class, verified) -> what each kind of reader may see; printed in docs/access.md, "Who may see
#: what". A PPID has to read what waits for their determination or is closed (UU 14/2008 art. 19).
TABLE: dict[tuple[str, bool], dict[Reader, Sight]] = {
    # public, member, editor, collaborator, other OPD, permitted OPD,
    # walidata, koordinator, pimpinan, pembina, PPID
    (TERBUKA, True): _row(*[_ALL] * 11),
    (TERBUKA, False): _row(
        _NONE, _ALL, _ALL, _ALL, _NONE, _NONE, _ALL, _ALL, _ALL, _ALL, _NONE),
    (TERBATAS, True): _row(
        _COUNT, _ALL, _ALL, _NONE, _META, _ALL, _ALL, _META, _META, _META, _META),
    (TERBATAS, False): _row(
        _NONE, _ALL, _ALL, _NONE, _NONE, _NONE, _ALL, _META, _META, _META, _META),
    (TERTUTUP, True): _CLOSED,
    (TERTUTUP, False): _CLOSED,
    # Whoever reads it in CKAN goes on reading it; for all others it is closed.
    (UNCLASSED, False): {**_CLOSED, Reader.MEMBER: _ALL, Reader.COLLABORATOR: _ALL},
}

#: Classes for which collaborators count: what is open, and what CKAN let them into before.
COLLABORATIVE = (TERBUKA, UNCLASSED)

_READ_DELETED = (Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA)


def sight(readers: Collection[Reader], klass: str, *, verified: bool) -> Sight:
    """The most that a person who is all these kinds of reader may see of a dataset.

    :param klass: the class by which readers are admitted (``visibility.reading_class``), or
        :data:`UNCLASSED`
    """
    row = TABLE[klass, verified]
    return max((row[reader] for reader in readers), default=Sight.NOTHING)


def readers_of(klass: str, *, verified: bool) -> tuple[Reader, ...]:
    """The kinds of readers who may see at least the metadata."""
    row = TABLE[klass, verified]
    return tuple(reader for reader in _ORDER if row[reader] >= Sight.METADATA)


def of_deleted(kinds: Collection[Reader], klass: str) -> set[Reader]:
    """Those of the kinds of readers who still see what was deleted: its office and the walidata."""
    more = (Reader.COLLABORATOR,) if klass == UNCLASSED else ()
    return {kind for kind in kinds if kind in (*_READ_DELETED, *more)}
