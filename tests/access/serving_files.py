"""A real server of files, of good and bad will, for the tests of links."""
from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CSV = b"kode,jumlah\n35.76.01,12\n35.76.02,15\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


def sends(body: bytes = CSV, status: int = 200, **headers: str) -> Answer:
    """An answer with a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        said = {"content_length": str(len(body)), "content_type": "text/csv", **headers}
        for name, value in said.items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def many_headers(number: int, length: int) -> Answer:
    """An answer with so many headers of such a length."""
    return sends(CSV, 200, **{f"x_{one}": "y" * length for one in range(number)})


def leads_to(address: str, status: int = 302) -> Answer:
    """A redirect."""
    return sends(b"", status, location=address)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/csv")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"1")
        handler.wfile.flush()
        time.sleep(0.05)


def drips_headers(handler: BaseHTTPRequestHandler) -> None:
    """The same before the file even begins."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(600):
        handler.wfile.write(b"1")
        handler.wfile.flush()
        time.sleep(0.05)


#: 200 MB of nothing in 200 kB.
BOMB = gzip.compress(b"0" * 200_000_000, 9)


class Server:
    """A running server: what it answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                server.answers[self.path](self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]

    def at(self, path: str, answer: Answer) -> str:
        """The address at which this is the answer."""
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs."""
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
