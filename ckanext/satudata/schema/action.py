"""Actions about what datasets say."""
from __future__ import annotations

from typing import Any

import ckan.plugins as p
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked
from ckanext.satudata.schema import checking

tk = p.toolkit

__all__ = ["satudata_metadata_check"]


@tk.side_effect_free
def satudata_metadata_check(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say what a dataset still lacks before it can be submitted.

    :param id: id or name of the dataset
    :type id: string

    :returns: ``complete`` (bool); ``score`` (0-100); ``missing``: a list of {field, label, group},
        with ``message`` where a value is there but wrong, ``resource`` where it is a file's and
        ``suggestion`` where the office's own record has a value; ``warnings``: a list of
        {field, message} of what deserves a look. Labels and messages are in the reader's language.
    :rtype: dictionary

    :raises ObjectNotFound: there is no such dataset
    :raises NotAuthorized: the caller may not read the dataset

    Whoever may read the dataset may call this.
    """
    package_id = asked.name(data_dict)
    try:
        tk.check_access("satudata_metadata_check", context, {"id": package_id})
    except tk.ObjectNotFound:
        # In the same words whether it is hidden or not there.
        raise tk.ObjectNotFound(tk._("There is no such dataset.")) from None
    dataset = tk.get_action("package_show")(tk.fresh_context(context), {"id": package_id})
    return checking.check_dataset(dataset, _office(dataset)).as_dict()


def _office(dataset: dict[str, Any]) -> dict[str, Any]:
    """The owning office's own record, as anybody may read it; empty for an unowned dataset."""
    owner = dataset.get("owner_org")
    if not owner:
        return {}
    return tk.get_action("organization_show")({"ignore_auth": True}, {
        "id": owner, "include_dataset_count": False, "include_users": False,
        "include_groups": False, "include_tags": False, "include_followers": False,
    })

