"""The sample accounts of a sandbox.

The password is the same for all of them and printed at each start: it protects nothing but a
throw-away portal that listens on this machine alone.
"""

from __future__ import annotations

SYSADMIN = "admin"
PASSWORD = "satudata-contoh"  # noqa: S105 - for sandboxes alone, and said so

PEOPLE = {
    "admin": "sysadmin",
    "walidata": "verifies, freezes the quarter, drafts letters",
    "walidata2": "the second pair of eyes",
    "koordinator": "keeps the daftar data",
    "pembina": "comments on metadata",
    "ppid": "decides what stays closed",
    "pimpinan": "reads the board, signs letters",
}
OF_AN_OFFICE = ("<organization name>-editor", "<organization name>-admin")
