"""The client that fetches links, against a real server of good and of bad will."""
from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from ckanext.satudata.access import fetching
from ckanext.satudata.access.fetching import FetchError, Limits

from .serving_files import (
    BOMB,
    CSV,
    Server,
    drips,
    drips_headers,
    leads_to,
    many_headers,
    running,
    sends,
)

HERE = (ipaddress.ip_network("127.0.0.1/32"),)
MOST = 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


def limits(seconds: float = 5, **values: Any) -> Limits:
    return Limits(**{"size": MOST, "seconds": seconds, "allowed": HERE, **values})


def code(url: str, **values: Any) -> str:
    with pytest.raises(FetchError) as refused:
        fetching.fetch(url, limits(**values))
    return refused.value.code


def names(*answers: str) -> Any:
    """A resolver that answers each question with the next of these, and then with the last."""
    left = list(answers)

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        resolve.asked.append(host)  # pyright: ignore[reportFunctionMemberAccess]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    resolve.asked = []  # pyright: ignore[reportFunctionMemberAccess]
    return resolve


def test_a_file_comes_byte_for_byte(server):
    found = fetching.fetch(server.at("/unduh/data%20balita.csv", sends()), limits())
    with found.file as file:
        assert file.read() == CSV
    assert (found.filename, found.mimetype, found.size) == ("data balita.csv", "text/csv", len(CSV))


@pytest.mark.parametrize(("headers", "filename"), [
    ({"content_disposition": 'attachment; filename="balita.xlsx"'}, "balita.xlsx"),
    ({"content_disposition": "attachment; filename*=UTF-8''balita%202.csv"}, "balita 2.csv"),
    ({"content_disposition": "attachment; filename="}, "x.csv"),
    ({"content_disposition": "\x7f;;=;"}, "x.csv"),
    ({}, "x.csv"),
])
def test_its_name_is_what_the_server_says_else_the_end_of_the_address(server, headers, filename):
    found = fetching.fetch(server.at("/x.csv?v=1", sends(**headers)), limits())
    found.file.close()
    assert found.filename == filename


@pytest.mark.parametrize("packed", [
    {"body": gzip.compress(CSV), "content_encoding": "gzip"},
    {"body": zlib.compress(CSV), "content_encoding": "deflate"},
    {"body": gzip.compress(CSV * 20_000), "content_encoding": "x-gzip"},
])
def test_what_was_packed_for_the_way_is_unpacked(server, packed):
    found = fetching.fetch(server.at("/p.csv", sends(**packed)), limits())
    with found.file as file:
        assert file.read(len(CSV)) == CSV
        assert found.size % len(CSV) == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_relative_ones_too(server, status):
    server.at("/benar.csv", sends())
    found = fetching.fetch(server.at("/lama.csv", leads_to("benar.csv", status)), limits())
    found.file.close()
    assert found.filename == "benar.csv"


def test_five_redirects_are_followed_and_a_sixth_is_not(server):
    for number in range(6):
        server.at(f"/r{number}", leads_to(f"/r{number + 1}"))
    server.at("/r6", sends())
    assert code(f"http://127.0.0.1:{server.port}/r0") == "redirects"
    fetching.fetch(f"http://127.0.0.1:{server.port}/r1", limits()).file.close()


TARGETS = {
    "http://127.0.0.2:{port}/x.csv": "address", "http://localhost.localdomain.invalid/": "name",
    "http://169.254.169.254/latest/meta-data/": "address", "http://2130706434/": "address",
    "http://0x7f000002/": "address", "http://0177.0.0.2/": "address",
    "http://[::1]/": "address", "http://[::ffff:127.0.0.2]/": "address", "http://0/": "address",
    "file:///etc/passwd": "scheme", "ftp://127.0.0.1/x": "scheme",
    "http://a:b@127.0.0.1:{port}/x.csv": "credentials", "": "status",
}


@pytest.mark.parametrize(("target", "why"), TARGETS.items())
def test_each_redirect_is_looked_at_like_the_first_address(server, target, why):
    server.at("/x.csv", sends())
    address = target.format(port=server.port)
    assert code(server.at("/ke", leads_to(address))) == why
    if target:
        assert code(address) == why


def test_a_name_is_resolved_once_and_just_that_address_is_gone_to(server):
    server.at("/x.csv", sends())
    asked = names("127.0.0.1", "127.0.0.2")
    url = f"http://data.contoh.id:{server.port}/x.csv"
    fetching.fetch(url, limits(resolver=asked)).file.close()
    assert asked.asked == ["data.contoh.id"], "a second answer could be another one"
    assert server.asked[-1][1]["Host"] == f"data.contoh.id:{server.port}"


def test_a_name_that_answers_otherwise_the_second_time_leads_nowhere(server):
    """A redirect to the same name begins anew, with what the name says then."""
    server.at("/x.csv", leads_to("/y.csv"))
    server.at("/y.csv", sends())
    url = f"http://data.contoh.id:{server.port}/x.csv"
    server.asked.clear()
    # The server closes after each answer, so the second step needs a connection of its own.
    assert code(url, resolver=names("127.0.0.1", "127.0.0.2")) == "address"
    assert [path for path, _ in server.asked] == ["/x.csv"]


def test_a_name_with_one_address_that_is_not_gone_to_is_not_gone_to(server):
    def both(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
                for one in ("127.0.0.1", "127.0.0.2")]

    server.at("/x.csv", sends())
    server.asked.clear()
    assert code(f"http://a.id:{server.port}/x.csv", resolver=both) == "address"
    assert not server.asked


def test_nothing_here_is_gone_to_unless_its_network_is_allowed(server):
    assert code(server.at("/x.csv", sends()), allowed=()) == "address"


HOSTILE = {
    "too large": (sends(b"0" * (MOST + 1)), "size"),
    "too large, unsaid": (sends(b"0" * (MOST + 1), content_length=""), "size"),
    "says it is too large": (sends(CSV, content_length="99999999999"), "size"),
    "bomb": (sends(BOMB, content_encoding="gzip"), "size"),
    "broken packing": (sends(b"no gzip", content_encoding="gzip"), "coding"),
    "packed and something after it": (
        sends(gzip.compress(CSV) + b"more", content_encoding="gzip"), "coding"),
    "unknown packing": (sends(CSV, content_encoding="br"), "coding"),
    "packed twice": (sends(CSV, content_encoding="gzip, gzip"), "coding"),
    "cut off": (sends(CSV, content_length=str(len(CSV) + 5)), "connection"),
    "packed and cut off": (
        sends(gzip.compress(CSV * 99)[:-9], content_encoding="gzip"), "connection"),
    "drips": (drips, "time"),
    "drips headers": (drips_headers, "time"),
    "headers without end": (many_headers(9, 9000), "headers"),
    "too many headers": (many_headers(200, 1), "connection"),
    "a page": (sends(b"<html>", content_type="text/html; charset=utf-8"), "page"),
    "not there": (sends(b"", 404), "status"), "locked": (sends(b"", 401), "status"),
    "error": (sends(b"", 500), "status"), "partial": (sends(CSV, 206), "status"),
    "no protocol": (lambda handler: handler.wfile.write(b"\x16\x03\x01 SSH-2.0\r\n\r\n"),
                    "connection"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_server_of_bad_will_gets_an_error_and_no_more(server, what):
    answer, why = HOSTILE[what]
    began = time.monotonic()
    assert code(server.at("/x.csv", answer), seconds=1) == why
    assert time.monotonic() - began < 20, "it would have gone on for thirty seconds"


def test_nothing_is_left_over_of_a_server_that_drips(server):
    before = threading.active_count()
    for _ in range(3):
        assert code(server.at("/x.csv", drips), seconds=0.3) == "time"
    deadline = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert threading.active_count() <= before


def test_an_empty_file_is_an_empty_file(server):
    found = fetching.fetch(server.at("/x.csv", sends(b"")), limits())
    found.file.close()
    assert found.size == 0


def test_neither_cookies_nor_passwords_nor_proxies_of_the_environment_are_used(
    server, monkeypatch, tmp_path
):
    secrets = tmp_path / "netrc"
    secrets.write_text("machine 127.0.0.1 login budi password rahasia\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("NETRC", str(secrets))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.9:9")
    server.at("/dua.csv", sends())
    server.asked.clear()
    fetching.fetch(
        server.at("/satu.csv", sends(b"", 302, location="/dua.csv", set_cookie="a=b; Path=/")),
        limits(),
    ).file.close()
    assert [path for path, _ in server.asked] == ["/satu.csv", "/dua.csv"]
    for _, headers in server.asked:
        assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_a_certificate_is_that_of_the_name_or_nothing_comes(tls, monkeypatch):
    """The address is chosen by us, the name is still the one that has to be proved."""
    port, certificate = tls
    plain = fetching._session

    def trusting(*args: Any) -> Any:
        session = plain(*args)
        session.verify = certificate
        return session

    for host, trusted, why in (
        ("data.contoh.id", False, "certificate"), ("data.contoh.id", True, None),
        ("lain.contoh.id", True, "certificate"), ("127.0.0.1", True, "certificate"),
    ):
        monkeypatch.setattr(fetching, "_session", trusting if trusted else plain)
        url = f"https://{host}:{port}/x.csv"
        if why:
            assert code(url, resolver=names("127.0.0.1")) == why, host
        else:
            fetching.fetch(url, limits(resolver=names("127.0.0.1"))).file.close()


@pytest.fixture
def tls(tmp_path: Any) -> Iterator[tuple[int, str]]:
    """A server with a certificate for data.contoh.id of its own making."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",  # noqa: S607
         "-subj", "/CN=data.contoh.id", "-addext", "subjectAltName=DNS:data.contoh.id",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with running() as secure:
        secure.at("/x.csv", sends())
        secure.http.socket = context.wrap_socket(secure.http.socket, server_side=True)
        yield secure.port, str(certificate)
