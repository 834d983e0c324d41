"""Pages about offices."""
from __future__ import annotations

from typing import cast

import ckan.plugins.toolkit as tk
from ckan.types import Context
from flask import Blueprint

from ckanext.satudata.journal.asked import screened_blueprint

satudata_opd = screened_blueprint("satudata_opd", __name__)


def blueprints() -> list[Blueprint]:
    """The pages of this room."""
    return [satudata_opd]


@satudata_opd.route("/opd")
def index() -> str:
    """The tree of offices."""
    context = cast(Context, {"user": tk.current_user.name})
    offices = tk.get_action("satudata_opd_tree")(context, {})
    return tk.render("satudata/opd/index.html", {"offices": offices, "count": _count(offices)})


def _count(offices: list[dict[str, object]]) -> int:
    return sum(
        1 + _count(cast("list[dict[str, object]]", office["children"])) for office in offices
    )
