"""A mail catcher: takes every mail, delivers none, and shows what it took.

Usage: mail.py DIRECTORY SMTP-PORT PAGE-PORT. Each mail becomes a file `NUMBER.eml`; the page
lists them, the newest first. Run by the Python that has aiosmtpd.
"""

from __future__ import annotations

import email
import email.policy
import html
import itertools
import sys
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.2rem .8rem .2rem 0;vertical-align:top}}pre{{white-space:pre-wrap}}</style>
<h1>{title}</h1>{body}</html>"""


def mails(directory: Path) -> list[tuple[int, EmailMessage]]:
    """All caught mails with their numbers, the newest first."""
    found = []
    for path in directory.glob("*.eml"):
        if path.stem.isdigit():
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if isinstance(message, EmailMessage):
                found.append((int(path.stem), message))
    return sorted(found, key=lambda pair: pair[0], reverse=True)


def text_of(message: EmailMessage) -> str:
    """The readable part of a mail; names of its attachments at the end."""
    body = message.get_body(preferencelist=("plain", "html"))
    lines = [body.get_content() if body else ""]
    lines += [f"[{part.get_filename()}]" for part in message.iter_attachments()]
    return "\n".join(lines)


def heading(message: EmailMessage) -> str:
    """Sender, receivers, date and subject as lines of text."""
    return "\n".join(f"{name}: {message[name]}" for name in ("Date", "From", "To", "Subject"))


def page_of_all(directory: Path) -> str:
    """The list of mails as a page."""
    rows = "".join(
        f"<tr><td>{html.escape(str(mail['Date'] or ''))}<td>{html.escape(str(mail['To'] or ''))}"
        f'<td><a href="/{number}">{html.escape(str(mail["Subject"] or "(no subject)"))}</a>'
        for number, mail in mails(directory)
    )
    return _PAGE.format(title="Mails of this sandbox", body=f"<table>{rows}</table>")


def page_of_one(directory: Path, number: int) -> str | None:
    """One mail as a page, or nothing when there is no such mail."""
    for known, mail in mails(directory):
        if known == number:
            text = f"{heading(mail)}\n\n{text_of(mail)}"
            body = f'<p><a href="/">All mails</a></p><pre>{html.escape(text)}</pre>'
            return _PAGE.format(title=f"Mail {number}", body=body)
    return None


class Catcher:
    """Takes mails for aiosmtpd."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        taken = (int(path.stem) for path in directory.glob("*.eml") if path.stem.isdigit())
        self.numbers = itertools.count(max(taken, default=0) + 1)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one mail as a file."""
        target = self.directory / f"{next(self.numbers)}.eml"
        fresh = target.with_suffix(".new")
        fresh.write_bytes(envelope.original_content or envelope.content)
        fresh.replace(target)
        return "250 OK"


def page_handler(directory: Path) -> type[BaseHTTPRequestHandler]:
    """The page's request handler for one directory of mails."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            page = page_of_one(directory, int(name)) if name.isdigit() else None
            if not name:
                page = page_of_all(directory)
            content = (page or "not found").encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a reader's clicks are not worth a log."""

    return Handler


def main(directory: Path, smtp_port: int, page_port: int) -> None:
    """Catch mails and show them until the process is ended."""
    from aiosmtpd.controller import Controller  # pyright: ignore[reportMissingImports]

    directory.mkdir(parents=True, exist_ok=True)
    catcher = Controller(Catcher(directory), hostname=HOST, port=smtp_port)
    catcher.start()
    print(f"catching mails at {HOST}:{smtp_port}, showing them at http://{HOST}:{page_port}")
    ThreadingHTTPServer((HOST, page_port), page_handler(directory)).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
