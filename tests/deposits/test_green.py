"""What may be accepted together with others: one thing amiss, and it is looked at by itself."""
from __future__ import annotations

from dataclasses import replace

import pytest

from ckanext.satudata.deposits import green
from ckanext.satudata.deposits.green import Look, moved, why_not

SHARE = 10
DIFFERENCE = {
    "added": [], "removed": [], "before": 18, "now": 18, "matched": 18, "unchanged": 12, "far": 1,
    "by": "kelurahan", "cut": False,
}
GOOD = Look("file", "selesai", 0, True, DIFFERENCE, True)


def differing(**more):
    return replace(GOOD, difference={**DIFFERENCE, **more})


ONE_THING_AMISS = {
    "nothing": (GOOD, ()),
    "a nil report": (replace(GOOD, kind="nil"), (green.NO_FILE,)),
    "a statement": (replace(GOOD, kind="unchanged"), (green.NO_FILE,)),
    "not looked at": (replace(GOOD, status="menunggu", is_sound=None), (green.UNCHECKED,)),
    "gone from the storage": (replace(GOOD, status="gagal", is_sound=None), (green.UNCHECKED,)),
    "no inspection": (replace(GOOD, status=None, is_sound=None), (green.UNCHECKED,)),
    "a finding": (replace(GOOD, unanswered=1), (green.FINDING,)),
    "faults": (replace(GOOD, is_sound=False), (green.TABLE,)),
    "first file": (replace(GOOD, difference=None), (green.FIRST,)),
    "a new column": (differing(added=["catatan"]), (green.COLUMNS,)),
    "a column gone": (differing(removed=["jumlah"]), (green.COLUMNS,)),
    "not compared whole": (differing(cut=True), (green.CUT,)),
    "2 of 18 moved far": (differing(far=2), (green.MOVED,)),
    "2 of 20 moved far": (differing(far=2, before=20, now=20, matched=20), ()),
    "rows gone": (differing(now=15, matched=15), (green.MOVED,)),
    "rows new": (differing(now=25), (green.MOVED,)),
    "other rows": (differing(matched=0, unchanged=0, far=0), (green.MOVED,)),
    "all as before": (differing(unchanged=18, far=0), (green.SAME,)),
    "all as before, one row": (
        differing(before=1, now=1, matched=1, unchanged=1, far=0), (green.SAME,)),
    "another period": (replace(GOOD, as_proposed=False), (green.PERIOD,)),
    "a note": (replace(GOOD, has_note=True), (green.NOTE,)),
}


@pytest.mark.parametrize(("look", "reasons"), ONE_THING_AMISS.values(), ids=ONE_THING_AMISS)
def test_one_thing_amiss_is_one_reason(look, reasons):
    assert why_not(look, SHARE) == reasons


@pytest.mark.parametrize(("share", "far", "is_green"), [
    (0, 0, True), (0, 1, False), (10, 1, True), (10, 2, False), (100, 18, True),
])
def test_the_share_is_of_the_rows_of_the_longer_file(share, far, is_green):
    assert (green.MOVED not in why_not(differing(far=far), share)) is is_green


def test_rows_that_are_new_gone_or_moved_far_are_counted_together():
    assert moved({**DIFFERENCE, "before": 18, "now": 20, "matched": 17, "far": 2}) == (6, 20)


def test_all_that_is_amiss_is_said():
    look = replace(differing(added=["x"], cut=True), unanswered=2, is_sound=False, has_note=True)
    assert why_not(look, SHARE) == (
        green.FINDING, green.TABLE, green.CUT, green.COLUMNS, green.NOTE)


def test_every_reason_can_be_said():
    from ckanext.satudata.portal.together import WORDS

    assert set(WORDS) == set(green.REASONS)
