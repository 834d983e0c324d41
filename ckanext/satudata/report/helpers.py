"""Template helpers of the report."""
from __future__ import annotations

import ckan.plugins.toolkit as tk

from ckanext.satudata import config

__all__ = ["satudata_board_open"]


def satudata_board_open() -> bool:
    """Whether the reader has any board to open: then it stands in the main navigation."""
    signed_in = getattr(tk.current_user, "is_authenticated", False)
    return bool(signed_in) or config.public_board() != config.OFF
