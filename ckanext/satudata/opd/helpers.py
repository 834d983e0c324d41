"""Template helpers of this room."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from . import notices

__all__ = ["satudata_unread_notices"]


def satudata_unread_notices(limit: int = 5) -> list[notices.Notice]:
    """What the person at the browser was told and has not read, the newest first."""
    user: Any = tk.current_user
    if not user.is_authenticated:
        return []
    return notices.latest(user, limit, unread_only=True)
