"""Files that a browser would run are handed out to be kept, not shown on the portal's own address.

An HTML page, an SVG drawing or an XML file that somebody uploaded could otherwise act as whoever
opens it: it comes from the same origin as the portal. CKAN sends the type that the resource says.
"""
from __future__ import annotations

from typing import Any

from flask import request

#: Types that browsers show without running anything in them.
SHOWN = frozenset({
    "application/pdf", "application/json", "application/geo+json", "text/csv", "text/plain",
    "text/tab-separated-values", "image/png", "image/jpeg", "image/gif", "image/webp",
    "audio/mpeg", "audio/ogg", "video/mp4", "video/webm",
})

#: CKAN's views that send an uploaded file, by the end of their names.
_VIEWS = ("resource.download", "file.download", "file.public_download")


def keep_from_running(response: Any) -> Any:
    """For ``after_request``: what is not in :data:`SHOWN` becomes an attachment, in a sandbox."""
    if not (request.endpoint or "").endswith(_VIEWS) or response.status_code >= 300:
        return response
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype in SHOWN:
        return response
    _, _, name = response.headers.get("Content-Disposition", "").partition(";")
    response.headers["Content-Disposition"] = f"attachment;{name}" if name else "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
