"""How many datasets of which state and class each office gets: exact totals, fair shares."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .choice import Dice
from .model import (
    CLOSED,
    DRAFT,
    OPEN,
    PUBLISHED,
    RESTRICTED,
    RETURNED,
    SUBMITTED,
    Subject,
)

#: The city's figures at full scale: 1,265 published = 1,151 open and 114 not.
TOTAL, OPENED, RESTRICTED_ONES = 1265, 1151, 34
UNFINISHED = {DRAFT: 40, SUBMITTED: 15, RETURNED: 10}

Chosen = list[tuple[Subject, str, str]]


def choose(
    subjects: Sequence[Subject], classes: Mapping[str, str], scale: float, dice: Dice
) -> Chosen:
    """(subject, state, class) of each dataset of the city, in the order of ``subjects``.

    ``classes``: the class of each access profile. ``scale``: 1 is the whole city, 0.1 a tenth.
    """
    pools = {OPEN: [], RESTRICTED: [], CLOSED: []}
    for subject in subjects:
        pools[classes[subject.access] if subject.access else OPEN].append(subject)
    total, opened = math.ceil(TOTAL * scale), round(OPENED * scale)
    restricted = round(RESTRICTED_ONES * scale)
    found = {
        **_marked(_shares(pools[OPEN], opened, dice), OPEN),
        **_marked(_spread(pools[RESTRICTED], restricted, dice), RESTRICTED),
        **_marked(_spread(pools[CLOSED], total - opened - restricted, dice), CLOSED),
    }
    states = dict.fromkeys(found, PUBLISHED)
    for state, subject in zip(_unfinished(scale), _rest(pools, found, dice), strict=False):
        found[subject], states[subject] = _class_of(subject, classes), state
    return [(one, states[one], found[one]) for one in subjects if one in found]


def _marked(chosen: Sequence[Subject], access: str) -> dict[Subject, str]:
    return dict.fromkeys(chosen, access)


def _class_of(subject: Subject, classes: Mapping[str, str]) -> str:
    return classes[subject.access] if subject.access else OPEN


def _unfinished(scale: float) -> list[str]:
    return [
        state for state, number in UNFINISHED.items() for _ in range(max(1, round(number * scale)))
    ]


def _rest(
    pools: Mapping[str, Sequence[Subject]], taken: Mapping[Subject, str], dice: Dice
) -> list[Subject]:
    """What is left, one closed among six, in no order that one could see."""
    left = {
        access: [
            one for one in sorted(pool, key=lambda s: dice.number("sisa", s.title))
            if one not in taken
        ]
        for access, pool in pools.items()
    }
    closed = left[CLOSED] + left[RESTRICTED]
    found: list[Subject] = []
    for number, subject in enumerate(left[OPEN]):
        if number % 5 == 4 and closed:
            found.append(closed.pop())
        found.append(subject)
    return found


def _shares(pool: Sequence[Subject], number: int, dice: Dice) -> list[Subject]:
    """``number`` subjects: each office by its size, at least two on the board and one elsewhere.

    An office's first ones are those that fall due often, so that even a small city has a board.
    """
    by_office: dict[str, list[Subject]] = {}
    for subject in pool:
        by_office.setdefault(subject.office.code, []).append(subject)
    least = {code: 2 if ones[0].office.on_board else 1 for code, ones in by_office.items()}
    spare = number - sum(least.values())
    if spare < 0:
        raise ValueError(f"{number} open datasets are too few for {len(by_office)} offices")
    room = {code: len(ones) - least[code] for code, ones in by_office.items()}
    extra = largest_remainders(room, spare)
    return [
        subject
        for code, ones in by_office.items()
        for subject in _order(ones, least[code], dice)[: least[code] + extra[code]]
    ]


def _order(ones: Sequence[Subject], least: int, dice: Dice) -> list[Subject]:
    """What an office publishes first: a few that fall due often, first tables, then the others."""
    first = sorted(ones, key=_first_come)[:least]
    others = [one for one in ones if one not in first]
    return first + sorted(others, key=lambda s: (s.turn > 0, dice.number("dahulu", s.title)))


#: What falls due in each quarter comes first, then what falls due twice a year.
_OFTEN = {"bulanan": 0, "triwulanan": 0, "semesteran": 1}


def _first_come(subject: Subject) -> tuple[int, int, int]:
    return (subject.turn, _OFTEN.get(subject.frekuensi, 2), subject.row)


def _spread(pool: Sequence[Subject], number: int, dice: Dice) -> list[Subject]:
    """``number`` subjects from as many offices as possible."""
    rank: dict[str, int] = {}
    order = []
    for subject in sorted(pool, key=lambda s: dice.number("tertutup", s.title)):
        place = rank[subject.office.code] = rank.get(subject.office.code, 0) + 1
        order.append((place, dice.number("giliran", subject.title), subject))
    if number > len(order):
        raise ValueError(f"{number} are wanted, the catalogue has {len(order)}")
    return [subject for _, _, subject in sorted(order, key=lambda entry: entry[:2])[:number]]


def largest_remainders(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """``total`` shared out in whole numbers by ``weights``; the sum is exact."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {key: total * weight / whole for key, weight in weights.items()}
    shares = {key: math.floor(value) for key, value in exact.items()}
    left = total - sum(shares.values())
    for key in sorted(exact, key=lambda k: (shares[k] - exact[k], k))[:left]:
        shares[key] += 1
    return shares
