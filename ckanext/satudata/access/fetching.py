"""Fetching a link once, from wherever somebody says: a client that is led nowhere else.

A name is resolved once, all its addresses are looked at (``addresses.py``), and the connection goes
to just these: no second answer of the resolver is asked for. TLS is verified against the name.
Each redirect begins anew. The environment's proxies and passwords, and cookies, are left out. What
comes is limited in size, as it is sent and unpacked, and in time, in all and not for each read.
docs/access.md, "Links". Pure: no CKAN, no database.
"""
from __future__ import annotations

import contextlib
import re
import socket
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Any
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .addresses import AddressError, Network, check_target, check_url

#: Redirects that are followed.
REDIRECTS = 5
#: So long a connection, or a read, may take (seconds); all of it together has a limit of its own.
STEP_SECONDS = 10.0
#: Bytes that are read at a time.
_CHUNK = 1 << 16
#: Bytes of all headers of an answer together.
HEADERS = 64 * 1024
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_HEADERS = {
    "User-Agent": "ckanext-satudata (link check)", "Accept": "*/*", "Accept-Encoding": "identity",
}

Resolver = Callable[..., Sequence[Any]]


class FetchError(Exception):
    """A link that could not be fetched.

    :param code: key of the words that say why (``access/links.py``)
    :param status: the answer's number, for the code ``status``
    """

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code if status is None else f"{code} {status}")
        self.code, self.status = code, status


@dataclass
class Fetched:
    """What a link led to.

    :param file: the bytes, at their beginning; the caller closes it
    :param filename: as the server says, else as the address ends
    :param mimetype: as the server says, or an empty text
    """

    file: IO[bytes]
    filename: str
    mimetype: str
    size: int


@dataclass
class Limits:
    """How much of what is taken.

    :param size: bytes, unpacked
    :param seconds: of it all
    :param allowed: networks besides the public one
    """

    size: int
    seconds: float
    allowed: Sequence[Network] = ()
    resolver: Resolver = socket.getaddrinfo


def fetch(url: str, limits: Limits) -> Fetched:
    """The file to which a link leads.

    :raises FetchError: why there is none
    """
    with _answered(url, limits) as (answer, watch, address):
        kind = _mimetype(answer)
        if kind in ("text/html", "application/xhtml+xml"):
            raise FetchError("page")
        file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
        try:
            size = _copy(answer, file, limits.size, watch)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return Fetched(file, _filename(answer, address), kind, size)


# -- one way through all redirects ---------------------------------------------------------------


@dataclass
class _Watch:
    """Ends whatever is under way when the time is over: a slow server sends a byte in each read."""

    ends: float
    over: bool = False
    open: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def left(self) -> float:
        """Seconds, for one step.

        :raises FetchError: none are left
        """
        left = self.ends - time.monotonic()
        if self.over or left <= 0:
            raise FetchError("time")
        return min(left, STEP_SECONDS)

    def add(self, connected: socket.socket) -> None:
        """Watch a connection. A copy of it ends it whatever lies over it (TLS)."""
        with self._lock:
            self.open.append(connected.dup())

    def end(self) -> None:
        """The time is over."""
        self.over = True
        self._each(lambda one: one.shutdown(socket.SHUT_RDWR))

    def close(self) -> None:
        """Nothing is to be watched any more."""
        self._each(socket.socket.close)
        with self._lock:
            self.open.clear()

    def _each(self, what: Callable[[socket.socket], None]) -> None:
        with self._lock:
            for one in self.open:
                with contextlib.suppress(OSError):
                    what(one)


@contextlib.contextmanager
def _answered(url: str, limits: Limits) -> Iterator[tuple[requests.Response, _Watch, str]]:
    watch = _Watch(time.monotonic() + limits.seconds)
    timer = threading.Timer(limits.seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        with _session(limits, watch) as session:
            answer, address = _follow(session, url, watch)
            yield answer, watch, address
    except AddressError as error:
        raise FetchError(error.code) from None
    except requests.exceptions.SSLError as error:
        raise FetchError("time" if watch.over else "certificate") from error
    except requests.exceptions.InvalidURL as error:
        raise FetchError("form") from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError,
            ValueError) as error:
        slow = watch.over or isinstance(error, (
            requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError))
        raise FetchError("time" if slow else "connection") from error
    finally:
        timer.cancel()
        watch.close()


def _follow(
    session: requests.Session, url: str, watch: _Watch
) -> tuple[requests.Response, str]:
    """The answer at the end of all redirects, and from where it came."""
    for _ in range(REDIRECTS + 1):
        url = check_url(url)
        answer = session.get(
            url, stream=True, allow_redirects=False, timeout=watch.left(), headers=_HEADERS)
        if sum(len(name) + len(value) for name, value in answer.headers.items()) > HEADERS:
            raise FetchError("headers")
        if answer.status_code not in _REDIRECTED:
            if answer.status_code != requests.codes.ok:
                raise FetchError("status", answer.status_code)
            return answer, url
        target = session.get_redirect_target(answer)
        answer.close()
        if not target:
            raise FetchError("status", answer.status_code)
        url = urljoin(url, target)
        # No cookie of one place is shown to the next.
        session.cookies.clear()
    raise FetchError("redirects")


# -- connections to the address that was looked at -----------------------------------------------


def _session(limits: Limits, watch: _Watch) -> requests.Session:
    session = requests.Session()
    # No proxy, no .netrc and no bundle of certificates that the environment names.
    session.trust_env = False
    adapter = _Adapter(limits, watch)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Lets ``requests`` use connections that choose their address themselves."""

    def __init__(self, limits: Limits, watch: _Watch) -> None:
        self._pools = _pools(limits, watch)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As ever, with our own pools."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(limits: Limits, watch: _Watch) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self.host, self.port, "http", limits, watch)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self.host, self.port, "https", limits, watch)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls: Any = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls: Any = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connect(
    host: str, port: int | None, scheme: str, limits: Limits, watch: _Watch
) -> socket.socket:
    """A connection to an address of a name, of which the resolver is asked once and no more.

    :raises AddressError: one of its addresses is not gone to; then none of them is
    :raises FetchError: nobody knows the name
    :raises OSError: nobody answers there
    """
    number = port or (443 if scheme == "https" else 80)
    try:
        found = limits.resolver(host.strip("[]"), number, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("name") from error
    for _, _, _, _, address in found:
        check_target(str(address[0]), number, scheme, limits.allowed)
    last: OSError | None = None
    for family, kind, protocol, _, address in found:
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(watch.left())
            connected.connect(address)
        except OSError as error:
            connected.close()
            last = error
            continue
        watch.add(connected)
        return connected
    raise last or FetchError("name")


# -- what comes ----------------------------------------------------------------------------------


def _copy(answer: requests.Response, file: IO[bytes], most: int, watch: _Watch) -> int:
    said = answer.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > most:
        raise FetchError("size")
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in (*_PACKED, "identity", ""):
        raise FetchError("coding")
    size = 0
    for chunk in _unpacked(answer, coding in _PACKED, most, watch):
        size += len(chunk)
        if size > most:
            raise FetchError("size")
        file.write(chunk)
    if watch.over:
        raise FetchError("time")
    return size


def _unpacked(
    answer: requests.Response, packed: bool, most: int, watch: _Watch
) -> Iterator[bytes]:
    """The bytes as the file has them, a small piece at a time however well they were packed."""
    # 32 + 15: gzip and zlib, whichever it is.
    unpack = zlib.decompressobj(32 + zlib.MAX_WBITS) if packed else None
    came = 0
    for chunk in answer.raw.stream(_CHUNK, decode_content=False):
        watch.left()
        came += len(chunk)
        if came > most:
            raise FetchError("size")
        if unpack is None:
            yield chunk
            continue
        try:
            while chunk:
                yield unpack.decompress(chunk, _CHUNK)
                chunk = unpack.unconsumed_tail  # noqa: PLW2901 (what is left of it)
        except zlib.error as error:
            raise FetchError("coding") from error
    said = answer.headers.get("Content-Length", "")
    cut_off = said.isdigit() and came < int(said)
    if unpack is not None and came:
        yield unpack.flush()
        if unpack.unused_data:
            raise FetchError("coding")
        cut_off = cut_off or not unpack.eof
    if cut_off:
        raise FetchError("time" if watch.over else "connection")


def _mimetype(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _filename(answer: requests.Response, url: str) -> str:
    """The name that the server gives, else the end of the address."""
    said = Message()
    said["Content-Disposition"] = re.sub(
        r"[\r\n]", "", answer.headers.get("Content-Disposition", ""))
    return said.get_filename() or unquote(urlsplit(url).path.rpartition("/")[2])
