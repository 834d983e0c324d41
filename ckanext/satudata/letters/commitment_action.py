"""Actions about the commitments (Komitmen Bersama) that heads of offices sign."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import ckan.plugins as p
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata import compat
from ckanext.satudata.deposits.listing import Reader, reader
from ckanext.satudata.journal import asked, clock, papers
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import commitments, signing, store
from ckanext.satudata.opd.signing import Commitment
from ckanext.satudata.opd.tree import Office

from .offices import an_office

tk = p.toolkit


def satudata_commitment_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record that the head of an office has signed the commitment (Komitmen Bersama).

    docs/letters.md, "Commitments": the latest by its date counts; a new head signs anew.

    :param organization: name or id of the office
    :type organization: string
    :param signatory: who signed (default: the head of the office as the portal knows it)
    :type signatory: string
    :param position: the position of whoever signed (default: the head's)
    :type position: string
    :param date: the date on the document
    :type date: string
    :param valid_until: its last day, if it has one
    :type valid_until: string
    :param document: the signed document, as PDF, JPG or PNG
    :type document: FileStorage (multipart)

    :returns: the commitment: {id, organization {id, name, title}, signatory, position, date,
        valid_until, sha256, standing}
    :rtype: dictionary

    :raises ValidationError: no such office, no document, a date that is to come, nobody who signed

    A walidata or a koordinator.
    """
    tk.check_access("satudata_commitment_create", context, data_dict)
    group = an_office(data_dict)
    head = compat.group_extras([group.id], ("kepala_nama", "kepala_jabatan")).get(group.id, {})
    signatory = asked.optional(data_dict, "signatory") or head.get("kepala_nama")
    if not signatory:
        raise _wrong("signatory", tk._("Say who signed."))
    position = asked.optional(data_dict, "position") or head.get("kepala_jabatan")
    day, until = asked.day(data_dict, "date"), asked.optional_day(data_dict, "valid_until")
    if day > clock.city_today():
        raise _wrong("date", tk._("This day is still to come."))
    if until is not None and until < day:
        raise _wrong("valid_until", tk._("The last day is before the first."))
    paper = papers.keep(data_dict, "document")
    id = commitments.create(
        group.id, signatory, position or None, day, until, paper, actor(context))
    model.Session.commit()
    made = commitments.get(id)
    assert made is not None  # noqa: S101 (it was just written)
    return _shown(made, store.offices()[made.opd])


def satudata_commitment_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take back a commitment that was recorded by mistake. Reports of before keep it.

    :param id: id of the commitment
    :type id: string
    :param reason: what was wrong
    :type reason: string

    :returns: the commitment as it was, see ``satudata_commitment_create``
    :rtype: dictionary

    :raises ObjectNotFound: there is no such commitment (any more)
    :raises ValidationError: no reason

    A walidata or a koordinator.
    """
    tk.check_access("satudata_commitment_withdraw", context, data_dict)
    found = commitments.get(asked.identifier(data_dict))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is nothing with this id."))
    commitments.withdraw(found, asked.text(data_dict, "reason", asked.TEXT), actor(context))
    model.Session.commit()
    return _shown(found, store.offices()[found.opd])


@tk.side_effect_free
def satudata_commitment_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """How the offices stand to the commitment, those first who have to sign.

    These are the offices on the board, and others of which one is recorded.

    :param organization: only this office (name or id)
    :type organization: string
    :param standing: only ``none``, ``new_head``, ``expired`` or ``signed``
    :type standing: string
    :param limit: rows, 100 unless given, at most 500
    :type limit: integer
    :param offset: rows to skip
    :type offset: integer

    :returns: ``count`` and ``results``: {organization {id, name, title}, head, standing,
        commitments}, the latest commitment first; ``counts``: offices by their standing
    :rtype: dictionary

    Walidata, koordinator and pimpinan see all offices; others their own.
    """
    tk.check_access("satudata_commitment_list", context, data_dict)
    group = an_office(data_dict) if data_dict.get("organization") not in (None, "") else None
    wanted = None
    if data_dict.get("standing") not in (None, ""):
        wanted = asked.one_of(data_dict, "standing", signing.STANDINGS)
    limit, offset = asked.page(data_dict, 100, 500)
    rows = _standings(reader(context), store.key(group.id) if group else None)
    chosen = [one for one in rows if wanted in (None, one[1])]
    page = chosen[offset:offset + limit]
    return {
        "count": len(chosen),
        "counts": {
            name: sum(1 for _, standing in rows if standing == name) for name in signing.STANDINGS
        },
        "results": _listed(page),
    }


def _standings(who: Reader, only: UUID | None) -> list[tuple[Office, str]]:
    """The offices that a reader may see, with how they stand."""
    today, latest = clock.city_today(), commitments.latest()
    found = [
        (office, signing.standing(latest.get(id), office.kepala_nama, today))
        for id, office in store.offices().items()
        if (who.everything or id in who.opds) and only in (None, id)
        and ((office.active and office.wajib_setor and office.exists_on(today)) or id in latest)
    ]
    order = {name: place for place, name in enumerate(signing.STANDINGS)}
    return sorted(found, key=lambda one: (
        order[one[1]], one[0].kode_opd or "~", one[0].title, one[0].name))


def _listed(page: Sequence[tuple[Office, str]]) -> list[dict[str, Any]]:
    by_office: dict[UUID, list[Commitment]] = {}
    for one in commitments.of_offices([office.id for office, _ in page]):
        by_office.setdefault(one.opd, []).append(one)
    return [
        {
            "organization": _named(office), "head": office.kepala_nama, "standing": standing,
            "commitments": [_shown(one, office) for one in by_office.get(office.id, [])],
        }
        for office, standing in page
    ]


def _shown(one: Commitment, office: Office) -> dict[str, Any]:
    return {
        "id": str(one.id), "organization": _named(office), "signatory": one.signatory,
        "position": one.position, "date": one.signed_on.isoformat(),
        "valid_until": one.valid_until and one.valid_until.isoformat(), "sha256": one.sha256,
        "standing": signing.standing(one, office.kepala_nama, clock.city_today()),
    }


def _named(office: Office) -> dict[str, str]:
    return {"id": office.group_id, "name": office.name, "title": office.title}


def _wrong(name: str, message: str) -> tk.ValidationError:
    return tk.ValidationError({name: [message]})
