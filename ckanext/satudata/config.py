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
