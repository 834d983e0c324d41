"""Who may ask how a job stands."""
from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

__all__ = ["satudata_job_show"]


def satudata_job_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; the action answers for the person's own jobs, to sysadmins for all."""
    return {"success": bool(context.get("user"))}
