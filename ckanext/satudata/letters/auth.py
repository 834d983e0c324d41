"""Who drafts letters, who records what became of them, who reads them and the commitments."""
from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

from ckanext.satudata.access import policy
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import people

__all__ = [
    "satudata_commitment_create",
    "satudata_commitment_list",
    "satudata_commitment_withdraw",
    "satudata_letter_candidates",
    "satudata_letter_draft",
    "satudata_letter_draft_many",
    "satudata_letter_list",
    "satudata_letter_show",
    "satudata_letter_update",
    "satudata_reminder_list",
]


def satudata_letter_draft(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return policy.answer(policy.may_verify(context))


def satudata_letter_draft_many(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return policy.answer(policy.may_verify(context))


def satudata_letter_candidates(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata."""
    return policy.answer(policy.may_verify(context))


def satudata_letter_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; the action asks the table of a letter's life for each step."""
    return policy.answer(_is_somebody(context))


def satudata_letter_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; each sees the letters to their offices, some roles all."""
    return policy.answer(_is_somebody(context))


def satudata_letter_show(context: Context, data_dict: DataDict) -> AuthResult:
    """As the list; what may not be read is not there."""
    return policy.answer(_is_somebody(context))


def satudata_reminder_list(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata: it says which persons were mailed."""
    return policy.answer(policy.may_verify(context))


def satudata_commitment_create(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata or a koordinator."""
    return policy.answer(
        policy.may_verify(context)
        or people.has_role(actor(context).person, people.KOORDINATOR)
    )


def satudata_commitment_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """A walidata or a koordinator."""
    return satudata_commitment_create(context, data_dict)


def satudata_commitment_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is signed in; each sees the commitments of their offices, some roles all."""
    return policy.answer(_is_somebody(context))


def _is_somebody(context: Context) -> bool:
    return bool(context.get("user") or context.get("ignore_auth"))
