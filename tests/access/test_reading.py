"""The table of readers, cell by cell: written down a second time, as a person would read it."""
from __future__ import annotations

import itertools

import pytest

from ckanext.satudata.access.reading import (
    TABLE,
    UNCLASSED,
    Reader,
    Sight,
    of_deleted,
    readers_of,
    sight,
)

A, M, C, N = Sight.ALL, Sight.METADATA, Sight.COUNTED, Sight.NOTHING

# "Own OPD" is the member, who of what is closed gets no file.
COLUMNS = (
    Reader.PUBLIC, Reader.MEMBER, Reader.EDITOR, Reader.OTHER_OPD, Reader.PERMITTED_OPD,
    Reader.WALIDATA, Reader.KOORDINATOR, Reader.PIMPINAN, Reader.PEMBINA, Reader.PPID,
)
ROWS = {
    ("terbuka", True): (A, A, A, A, A, A, A, A, A, A),
    ("terbuka", False): (N, A, A, N, N, A, A, A, A, N),
    ("terbatas", True): (C, A, A, M, A, A, M, M, M, M),
    ("terbatas", False): (N, A, A, N, N, A, M, M, M, M),
    ("tertutup", True): (C, M, A, C, C, A, M, M, C, M),
    ("tertutup", False): (C, M, A, C, C, A, M, M, C, M),
    (UNCLASSED, False): (C, A, A, C, C, A, M, M, C, M),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_cell(row: tuple[str, bool]) -> None:
    klass, verified = row
    for reader, expected in zip(COLUMNS, ROWS[row], strict=True):
        assert sight([reader], klass, verified=verified) is expected, reader


def test_the_table_is_whole() -> None:
    classes = itertools.product(("terbuka", "terbatas", "tertutup"), (True, False))
    assert set(TABLE) == {*classes, (UNCLASSED, False)}
    for row in TABLE.values():
        assert set(row) == set(Reader)


def test_collaborators_count_for_what_is_open_or_was_theirs_before_the_plugin() -> None:
    for (klass, _), row in TABLE.items():
        assert (row[Reader.COLLABORATOR] > Sight.COUNTED) is (klass in ("terbuka", UNCLASSED))


def test_what_is_deleted_is_for_its_office_and_the_walidata() -> None:
    left = {Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA}
    for klass, _ in TABLE:
        more = {Reader.COLLABORATOR} if klass == UNCLASSED else set()
        assert of_deleted(Reader, klass) == left | more


def test_who_is_several_kinds_sees_the_most_of_them() -> None:
    for key, row in TABLE.items():
        for pair in itertools.combinations(Reader, 2):
            seen = sight(pair, key[0], verified=key[1])
            assert seen == max(row[pair[0]], row[pair[1]])
    assert sight([], "terbuka", verified=True) is Sight.NOTHING


def test_more_closed_shows_nobody_more() -> None:
    for verified in (True, False):
        for more_open, more_closed in (("terbuka", "terbatas"), ("terbatas", "tertutup")):
            # A PPID's part begins where something is closed: drafts are none of theirs.
            for reader in set(Reader) - {Reader.PPID}:
                # "Counted" and "nothing" both show nothing.
                before = max(sight([reader], more_open, verified=verified), Sight.COUNTED)
                after = max(sight([reader], more_closed, verified=verified), Sight.COUNTED)
                assert after <= before, (reader, more_closed)


def test_labels_are_for_those_who_see_at_least_the_metadata() -> None:
    assert Reader.PUBLIC in readers_of("terbuka", verified=True)
    assert set(readers_of("tertutup", verified=True)) == {
        Reader.MEMBER, Reader.EDITOR, Reader.WALIDATA, Reader.KOORDINATOR, Reader.PIMPINAN,
        Reader.PPID,
    }
