"""What is public, in every combination there is: the rule that everything else rests on."""
from __future__ import annotations

import itertools

import pytest

from ckanext.satudata.access import lifecycle, visibility
from ckanext.satudata.access.visibility import STRICT, WARN, decide

CLASSES = (None, "terbuka", "terbatas", "tertutup", "nonsense")
PRIVATE = (None, True, False)
KEYS = (
    "klasifikasi_akses", "status", "state", "dataset_type", "enforcement", "asked_private",
    "current_private", "held",
)


def combinations():
    return itertools.product(
        CLASSES, lifecycle.STATES, ("active", "draft", "deleted"),
        ("dataset", "kegiatan", "indikator", "harvest"), (STRICT, WARN), PRIVATE, PRIVATE,
        (None, "personal_data", "unchecked"),
    )


def naive(klass, status, state, kind, enforcement, asked, current, held):
    """The rule once more, as docs/access.md says it in sentences."""
    as_asked = asked if asked is not None else (current or False)
    if kind == "harvest":
        return as_asked
    if kind != "dataset" or held:
        return True
    public = klass == "terbuka" and status == "terverifikasi" and state == "active"
    if enforcement == STRICT:
        return not public
    return True if klass in ("terbatas", "tertutup") else as_asked


def test_every_combination_agrees_with_the_sentences_of_the_rule() -> None:
    for case in combinations():
        decision = decide(**dict(zip(KEYS, case, strict=True)))
        assert decision.private is naive(*case), case
        assert decision.rule in visibility.RULES
        assert decision.explanation


def test_in_strict_nobody_gets_what_is_asked_for() -> None:
    for asked, current in itertools.product(PRIVATE, PRIVATE):
        decision = decide(
            klasifikasi_akses="terbuka", status="draf", state="active", dataset_type="dataset",
            enforcement=STRICT, asked_private=asked, current_private=current,
        )
        assert decision == visibility.Decision(True, "not_verified")


def test_every_rule_is_the_reason_for_something() -> None:
    rules = {
        decide(**dict(zip(KEYS, case, strict=True))).rule for case in combinations()
    }
    assert rules == set(visibility.RULES)


@pytest.mark.parametrize(("given", "verified", "expected"), [
    (None, None, None),
    ("terbuka", None, "terbuka"),
    (None, "tertutup", "tertutup"),
    ("publik", "tertutup", "terbuka"),
    ("Rahasia", "terbuka", "tertutup"),
])
def test_a_missing_class_is_the_one_last_verified(given, verified, expected) -> None:
    assert visibility.effective_class(given, verified) == expected


@pytest.mark.parametrize(("given", "verified", "expected"), [
    (None, None, "tertutup"),
    ("terbuka", None, "terbuka"),
    ("terbuka", "tertutup", "tertutup"),
    ("terbuka", "terbatas", "terbatas"),
    ("tertutup", "terbuka", "tertutup"),
    ("nonsense", None, "tertutup"),
])
def test_readers_are_admitted_by_the_more_closed_class(given, verified, expected) -> None:
    assert visibility.reading_class(given, verified) == expected


def test_more_closed_is_an_order_and_no_class_is_outside_it() -> None:
    order = visibility.CLASSES
    for new, old in itertools.product((*order, None), (*order, None)):
        expected = None not in (new, old) and order.index(new) > order.index(old)
        assert visibility.is_more_closed(new, old) is expected
