"""One reader for each option."""
from __future__ import annotations

import ipaddress

import ckan.plugins.toolkit as tk
from ckan.exceptions import CkanConfigurationException

PREFIX = "ckanext.satudata."

STRICT, WARN = "strict", "warn"
OFF, FROZEN, LIVE = "off", "frozen", "live"


def city_name() -> str:
    """Name of the city for pages and letters."""
    return tk.config[PREFIX + "city_name"]


def region_code() -> str:
    """Region code of the city with dots, or an empty string."""
    return tk.config[PREFIX + "region_code"]


def region_file() -> str:
    """Path of the city's region codes, or an empty string."""
    return tk.config[PREFIX + "region_file"]


def timezone() -> str:
    """IANA name of the city's time zone: for the first version of the rules only."""
    return tk.config[PREFIX + "timezone"]


def enforcement() -> str:
    """``strict``, ``warn``, or an empty string when the portal is to decide."""
    return _one_of("enforcement", ("", STRICT, WARN))


def public_board() -> str:
    """``off``, ``frozen`` or ``live``."""
    return _one_of("public_board", (OFF, FROZEN, LIVE))


def holidays_file() -> str:
    """Path of the city's own days off, or an empty string."""
    return tk.config[PREFIX + "holidays_file"]


def mending_days() -> int:
    """Working days in which a returned deposit may be mended."""
    return tk.config[PREFIX + "mending_days"]


def unchanged_limit() -> int:
    """How many statements "unchanged" are taken in a row."""
    return tk.config[PREFIX + "unchanged_limit"]


def green_share() -> int:
    """Percent of a file's rows that may have changed much while it is accepted with others."""
    return tk.config[PREFIX + "green_share"]


def opinion_days() -> int:
    """Working days for which a verification waits for the pembina's opinion."""
    return tk.config[PREFIX + "opinion_days"]


def letterhead(part: str) -> str:
    """A part of the letterhead: ``government``, ``secretariat``, ``mayor``, ``address``, ``place``.
    """
    return str(tk.config[f"{PREFIX}letterhead.{part}"]).strip()


def letters(option: str) -> str:
    """What stands in letters: an option below ``letters``, as text."""
    return str(tk.config[f"{PREFIX}letters.{option}"]).strip()


def letter_days() -> int:
    """Working days after the date of a letter until its deadline."""
    return tk.config[PREFIX + "letters.deadline_days"]


def reprimand_below() -> int:
    """Percent of fulfilled items below which an office is reprimanded; 0: the silent ones only."""
    return tk.config[PREFIX + "letters.reprimand_below"]


def reminders_to() -> tuple[str, ...]:
    """Who is reminded: ``admin``, ``editor``, ``parent``; none: nobody."""
    option = PREFIX + "reminders.to"
    found = tuple(tk.config[option])
    if not set(found) <= {"admin", "editor", "parent"}:
        raise CkanConfigurationException(
            f"{option} = {' '.join(found)!r}: must be some of admin, editor, parent")
    return found


def reminder_days(option: str) -> tuple[int, ...]:
    """Days of ``before`` or ``closing`` at which people are reminded; none: they are not."""
    option = f"{PREFIX}reminders.{option}_days"
    words = tk.config[option]
    if not all(word.isdecimal() and len(word) < 4 for word in words):
        raise CkanConfigurationException(
            f"{option} = {' '.join(words)!r}: must be numbers of days, with blanks between them")
    return tuple(map(int, words))


def reminder_again() -> int:
    """Days from one reminder of an overdue item to the next; 0: there is one."""
    return max(tk.config[PREFIX + "reminders.again_days"], 0)


def fetch_allow() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Networks that links may lead to besides the public one."""
    try:
        return tuple(
            ipaddress.ip_network(text, strict=False) for text in tk.config[PREFIX + "fetch.allow"])
    except ValueError as error:
        raise CkanConfigurationException(f"{PREFIX}fetch.allow: {error}") from None


def _one_of(option: str, allowed: tuple[str, ...]) -> str:
    value = str(tk.config[PREFIX + option] or "")
    if value not in allowed:
        raise CkanConfigurationException(
            f"{PREFIX}{option} = {value!r}: must be one of {', '.join(filter(None, allowed))}"
        )
    return value
