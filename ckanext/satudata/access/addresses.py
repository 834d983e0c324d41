"""To which addresses the portal goes when it fetches a link: public ones, and those allowed.

A link is written by a person, and fetched by a server that stands inside the city's network. So
what a name leads to is looked at, not the name: docs/access.md, "Links". Pure: no CKAN, no network.
"""
from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Ports of the two schemes. Another one is for networks that are allowed by name.
PORTS = {"http": 80, "https": 443}

#: IPv6 that is given out at all (RFC 4291, section 2.4, and IANA's registry).
_UNICAST = ipaddress.IPv6Network("2000::/3")

#: What Python's own list of special addresses does not have, or not in each version: assignments of
#: the IETF (some clouds answer there), relays of 6to4, documentation, and the host of Azure.
_SPECIAL: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in (
    "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20",
))

#: Addresses in whose last bits an IPv4 address stands (RFC 6052, RFC 8215, RFC 4291).
_EMBEDDING = tuple(ipaddress.IPv6Network(one) for one in (
    "64:ff9b::/96", "64:ff9b:1::/48", "::/96",
))

#: The longest address of a page that is taken (characters).
LONGEST = 2000


class AddressError(ValueError):
    """An address that is not gone to.

    :param code: key of the words that say why (``access/links.py``)
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_url(url: str) -> str:
    """The address of a link as it can be fetched.

    :raises AddressError: ``form`` (no address, or signs in it that none has), ``scheme`` (neither
        http nor https), ``credentials`` (it holds a name or password)
    """
    text = url.strip()
    if len(text) > LONGEST or any(ord(sign) <= ord(" ") or ord(sign) == 127 for sign in text):
        raise AddressError("form")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressError("form") from None
    if parts.scheme.lower() not in PORTS:
        raise AddressError("scheme" if parts.scheme else "form")
    if not host or "\\" in text:
        raise AddressError("form")
    if parts.username is not None or parts.password is not None:
        raise AddressError("credentials")
    return text


def check_target(address: str, port: int, scheme: str, allowed: Sequence[Network]) -> None:
    """Refuse an address that a name has led to.

    :param address: numeric
    :param allowed: networks that may be gone to besides the public one, at any port
    :raises AddressError: ``address`` (not public), ``port`` (not the scheme's own)
    """
    found = plain(ipaddress.ip_address(address))
    if any(found.version == one.version and found in one for one in allowed):
        return
    if not is_public(found):
        raise AddressError("address")
    if port != PORTS[scheme]:
        raise AddressError("port")


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one is another way of writing, or carries; else the same."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in one for one in _EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether everybody on the internet gets to the same place by this address."""
    address = plain(address)
    if any(address.version == one.version and address in one for one in _SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _UNICAST or address.teredo is not None
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
