"""Numbers that have the structure of a person's, made up: their dates and serials are nobody's."""
from __future__ import annotations

import random

PROVINCES = ("11", "32", "35", "64", "94")


def nik(dice: random.Random, *, woman: bool = False) -> str:
    """A NIK of a random place, birth date and serial."""
    day = dice.randint(1, 28) + (40 if woman else 0)
    place = dice.choice(PROVINCES) + f"{dice.randint(1, 79):02d}{dice.randint(1, 40):02d}"
    return (
        f"{place}{day:02d}{dice.randint(1, 12):02d}{dice.randint(0, 99):02d}"
        f"{dice.randint(1, 9999):04d}"
    )


def niks(count: int, seed: int = 1) -> list[str]:
    """Different NIK of men and women."""
    dice = random.Random(seed)
    return [nik(dice, woman=bool(place % 2)) for place in range(count)]


def nip(dice: random.Random) -> str:
    """A NIP: birth date, appointment, sex, serial."""
    born = dice.randint(1966, 1998)
    return (
        f"{born}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"
        f"{born + dice.randint(20, 35)}{dice.choice(['01', '12', '21'])}"
        f"{dice.randint(1, 2)}{dice.randint(1, 999):03d}"
    )
