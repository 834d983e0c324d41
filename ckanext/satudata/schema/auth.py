"""Who may ask what a dataset lacks."""
from __future__ import annotations

import ckan.plugins as p
from ckan import authz
from ckan.types import AuthResult, Context, DataDict

tk = p.toolkit

__all__ = ["satudata_metadata_check"]


@tk.auth_allow_anonymous_access
def satudata_metadata_check(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever may read the dataset."""
    return authz.is_authorized("package_show", context, data_dict)
