"""The office that a caller names."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import DataDict

from ckanext.satudata.journal import asked


def an_office(data_dict: DataDict) -> Any:
    """The organization that ``organization`` names, by name or id, also one that has ended.

    :raises tk.ValidationError: there is no such office
    """
    group = model.Group.get(asked.name(data_dict, "organization"))
    if group is None or not group.is_organization:
        raise tk.ValidationError({"organization": [tk._("There is no such office.")]})
    return group
