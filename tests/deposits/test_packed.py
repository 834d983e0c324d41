"""A ZIP of files: what is read, and what is refused before anything is unpacked."""
from __future__ import annotations

import io
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.satudata.deposits import packed

MB = 1024 * 1024


def made(*files, method=zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for one in files:
            name, content = one if isinstance(one, tuple) else (one, b"a,b\n1,2\n")
            archive.writestr(name, content)
    return out


def link() -> io.BytesIO:
    info = zipfile.ZipInfo("data.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return made((info, "/etc/passwd"))


def encrypted() -> io.BytesIO:
    content = bytearray(made("rahasia.csv").getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return io.BytesIO(bytes(content))


REFUSED = {
    "no zip": (io.BytesIO(b"a,b\n1,2\n"), "not a ZIP"),
    "cut off": (io.BytesIO(made("a.csv").getvalue()[:40]), "not a ZIP"),
    "empty": (made(), "no file"),
    "nothing but folders": (made(("a/", b"")), "no file"),
    "path out": (made("../a.csv"), "leads out"),
    "path out in the middle": (made("a/../../b.csv"), "leads out"),
    "backslashes": (made("..\\a.csv"), "leads out"),
    "absolute": (made("/etc/a.csv"), "leads out"),
    "drive": (made("C:/a.csv"), "leads out"),
    "encrypted": (encrypted(), "encrypted"),
    "link": (link(), "link"),
    "nested": (made("dalam.zip"), "archive in the archive"),
    "nested tar": (made("dalam.tar.GZ"), "archive in the archive"),
    "same name": (made("a.csv", "A.csv"), "Two files"),
    "too many": (made(*(f"{n}.csv" for n in range(packed.MOST_FILES + 1))), "more than"),
    "too large": (made(("a.csv", b"x" * (11 * MB)), method=zipfile.ZIP_STORED), "larger than 10"),
    "bomb": (made(("a.csv", b"0" * (5 * MB))), "far more"),
}


@pytest.mark.parametrize(("file", "word"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told(file, word):
    with pytest.raises(packed.PackError, match=word):
        packed.members(file, 10 * MB)


def test_a_list_of_very_many_files_is_not_taken_into_memory(monkeypatch):
    built = []

    class Counted(zipfile.ZipInfo):
        def __init__(self, *args, **kwargs):
            built.append(1)
            super().__init__(*args, **kwargs)

    # So many that the ZIP is a ZIP64; the other one says that it has one file only.
    many = made(*((f"{n}.csv", b"") for n in range(66_000)), method=zipfile.ZIP_STORED).getvalue()
    place = many.rindex(b"PK\x06\x06")
    lying = many[:place + 24] + (1).to_bytes(8, "little") * 2 + many[place + 40:]
    monkeypatch.setattr(zipfile, "ZipInfo", Counted)
    for content in (many, lying):
        with pytest.raises(packed.PackError, match="more than"):
            packed.members(io.BytesIO(content), MB)
    assert built == []


def test_what_systems_put_beside_the_files_is_passed_by():
    file = made("data/a.csv", "__MACOSX/._a.csv", "data/.DS_Store", "b.xlsx")
    assert [one.name for one in packed.members(file, MB)] == ["data/a.csv", "b.xlsx"]


@given(st.lists(st.tuples(st.sampled_from(["a.csv", "A.csv", "b.csv"]), st.binary(max_size=40)),
                min_size=1, max_size=6))
def test_what_was_packed_comes_out_again_each_file_by_its_own_name(files):
    out = io.BytesIO()
    packed.pack([(name, io.BytesIO(content)) for name, content in files], out)
    found = packed.members(out, MB)
    assert len(found) == len(files)
    assert [packed.unpacked(out, one.name).read() for one in found] == [
        content for _, content in files]
    assert [one.name.rpartition("/")[2] for one in found] == [name for name, _ in files]


def test_a_broken_file_is_told_and_the_others_are_read():
    file = made(("a.csv", b"1,2\n" * 9), ("b.csv", b"3"), method=zipfile.ZIP_STORED)
    content = file.getvalue().replace(b"1,2\n1,2\n", b"9,9\n9,9\n", 1)
    with pytest.raises(packed.PackError, match=r"a\.csv cannot"):
        packed.unpacked(io.BytesIO(content), "a.csv")
    assert packed.unpacked(io.BytesIO(content), "b.csv").read() == b"3"


@given(st.binary(max_size=200))
def test_no_bytes_break_it(content):
    with pytest.raises(packed.PackError):
        packed.members(io.BytesIO(content), MB)
