"""Where a link may lead: public addresses at their ports, and networks that are allowed by name."""
from __future__ import annotations

import ipaddress

import pytest

from ckanext.satudata.access import addresses

NOT_PUBLIC = (
    "0.0.0.0", "0.1.2.3",  # noqa: S104 (nothing listens here)
    "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "169.254.1.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "100::1", "2001:db8::1", "3fff::1", "5f00::1", "2001::1",
    # The same IPv4 in other clothes: mapped, compatible, NAT64, 6to4.
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "2002:a9fe:a9fe::",
)
PUBLIC = (
    "1.1.1.1", "103.10.20.30", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "2400:cb00::1",
    "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1",
)


@pytest.mark.parametrize("address", NOT_PUBLIC)
@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_what_is_not_public_is_not_gone_to(address, scheme, port):
    with pytest.raises(addresses.AddressError) as refused:
        addresses.check_target(address, port, scheme, ())
    assert refused.value.code == "address"


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is(address):
    addresses.check_target(address, 80, "http", ())
    addresses.check_target(address, 443, "https", ())


@pytest.mark.parametrize(("scheme", "port"), [("http", 22), ("http", 443), ("https", 80),
                                              ("https", 6379), ("http", 8080)])
def test_a_public_address_is_gone_to_at_the_port_of_its_scheme_alone(scheme, port):
    with pytest.raises(addresses.AddressError) as refused:
        addresses.check_target("1.1.1.1", port, scheme, ())
    assert refused.value.code == "port"


@pytest.mark.parametrize(("address", "may"), [
    ("10.20.3.4", True), ("::ffff:10.20.3.4", True), ("10.21.0.1", False), ("127.0.0.1", False),
    ("fd12::5", True), ("fd13::5", False),
])
def test_an_allowed_network_is_gone_to_at_any_port_and_nothing_beside_it(address, may):
    allowed = (ipaddress.ip_network("10.20.0.0/16"), ipaddress.ip_network("fd12::/16"))
    if may:
        addresses.check_target(address, 8080, "http", allowed)
    else:
        with pytest.raises(addresses.AddressError):
            addresses.check_target(address, 80, "http", allowed)


@pytest.mark.parametrize(("url", "code"), {
    "": "form", "data.csv": "form", "/etc/passwd": "form", "https://": "form",
    "https:///etc/passwd": "form", "http://a b.id/": "form", "http://a.id/\r\nHost: b": "form",
    "http://a.id\\@b.id/": "form", "http://[::1": "form", "http://a.id:99999/": "form",
    "http://a.id:x/": "form", "https://a.id/" + "x" * 2000: "form",
    "file:///etc/passwd": "scheme", "ftp://a.id/x.csv": "scheme", "gopher://a.id/": "scheme",
    "javascript:alert(1)": "scheme", "data:text/csv,a": "scheme",
    "https://budi:rahasia@a.id/x.csv": "credentials", "https://budi@a.id/": "credentials",
    "http://@a.id/": "credentials", "http://:x@a.id/": "credentials",
}.items())
def test_an_address_that_cannot_be_one_says_why(url, code):
    with pytest.raises(addresses.AddressError) as refused:
        addresses.check_url(url)
    assert refused.value.code == code


@pytest.mark.parametrize("url", [
    "https://data.go.id/x.csv", " https://data.go.id/x.csv\n", "http://[2606:4700::1111]/x.csv",
    "HTTPS://data.go.id", "https://data.go.id/x.csv?a=b@c&d=e:f#g",
])
def test_an_address_of_a_file_is_taken(url):
    assert addresses.check_url(url) == url.strip()
