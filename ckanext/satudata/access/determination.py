"""The PPID's determination of a dataset that is not open.

It stays closed, with the whole evidence, or it is to be opened: then it goes to verification and
is read by nobody more until that is done (UU 14/2008 art. 19, 20; PP 61/2010; Perki 1/2021).
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ckan.plugins as p
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, clock
from ckanext.satudata.journal.events import actor, record
from ckanext.satudata.opd import people
from ckanext.satudata.opd.people import KOORDINATOR, PIMPINAN, PPID, WALIDATA
from ckanext.satudata.schema import checking, codes, completeness

from . import (
    closing,
    closures,
    deciding,
    hiding,
    lifecycle,
    readers,
    saving,
    submissions,
    visibility,
)

tk = p.toolkit

__all__ = ["satudata_closure_list", "satudata_determine"]

#: What is determined.
CLOSE, OPEN = "close", "open"

#: Who sees the closures of all offices.
OVERSEERS = (PPID, WALIDATA, KOORDINATOR, PIMPINAN)


def evidence_fields() -> tuple[str, ...]:
    """The fields of a determination, as the access rules name them."""
    rules = codes.access_rules()["private_evidence"]
    return (*rules["required"], *rules["recommended"])


def satudata_determine(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record the PPID's determination about a dataset that is not open.

    UU 14/2008 art. 19, 20; docs/access.md, "Determination by the PPID". What is to be opened goes
    to verification: nothing is opened at once.

    :param id: id or name of the dataset
    :param decision: ``close`` (it stays closed; the default) or ``open``
    :param content_hash: the hash of what was looked at (optional)
    :param note: a word to the office (optional; to open: the reason, which is needed)
    :param alasan_pengecualian: to close: the reason, a code of UU 14/2008 art. 17
    :param uraian_alasan: to close: what would follow if the data were open
    :param dasar_hukum_pengecualian: to close: act and article
    :param nomor_uji_konsekuensi: to close: number of the determination
    :param tanggal_uji_konsekuensi: to close: its date
    :param pejabat_ppid: to close: who determined, as a position
    :param jangka_waktu_mulai: to close: first day
    :param jangka_waktu_akhir: to close: last day
    :param tanggal_tinjau_ulang: to close: when it is looked at again
    :param kesepakatan_forum: to close: the Forum's agreement (optional)

    :returns: the dataset
    :raises ObjectNotFound: there is no such dataset for the caller
    :raises ValidationError: the dataset is not closed; what is missing or wrong, by field; the
        content has changed

    A PPID may call this.
    """
    package = hiding.authorized(context, data_dict, "satudata_determine")
    decision = CLOSE
    if asked.optional_name(data_dict, "decision"):
        decision = asked.one_of(data_dict, "decision", (CLOSE, OPEN))
    note = asked.optional(data_dict, "note", asked.TEXT)
    if decision == OPEN and not note:
        raise tk.ValidationError({"note": [tk._("A reason is needed.")]})
    with saving.one_write(context, package, "satudata_determine", {"id": package.id}):
        for hold in deciding.HOLDERS:
            hold(package.id)
        klass = readers.standing(package)[0]
        dataset = _closed(package, klass, data_dict)
        old = {name: dataset.get(name) for name in evidence_fields()}
        new = _evidence(dataset, klass, data_dict) if decision == CLOSE else dict.fromkeys(old, "")
        record(
            "dataset.determined", "dataset", package.id, actor(context), text=note,
            hash=dataset["content_hash"], data={"decision": decision, "old": old, "new": new},
        )
        closures.determined(package.id)
        if decision == CLOSE:
            # Where opening had been asked for, that it stays closed is the answer.
            new = {**new, "klasifikasi_akses": klass}
        _save(context, package, dataset, decision, new)
    return saving.current(package.id)


@tk.side_effect_free
def satudata_closure_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Closures that wait for a determination, end, or have to be looked at again; soonest first.

    :param kind: waiting, closure or review; default: all
    :param organization: id or name of the owning office (optional)
    :param until: only those whose last day is then or earlier (optional)
    :param limit: rows, 50 unless given, at most 100
    :param offset: rows to skip

    :returns: ``count`` and ``results`` [{package_id, name, title, organization {id, title}, kind,
        last_day, days}]; ``days`` until the last day, negative when it is over

    PPID, walidata, koordinator and pimpinan see all; people of an office see their own.
    """
    tk.check_access("satudata_closure_list", context, data_dict)
    kinds = [kind for kind in closing.KINDS if kind != closing.GRANT]
    if asked.optional_name(data_dict, "kind"):
        kinds = [asked.one_of(data_dict, "kind", kinds)]
    offices = _offices(context)
    if given := asked.optional_name(data_dict, "organization"):
        group = model.Group.get(given)
        if group is None or not group.is_organization:
            raise tk.ObjectNotFound(tk._("There is no such organization."))
        offices = {group.id} if offices is None else offices & {group.id}
    until = asked.optional_day(data_dict, "until")
    limit, offset = asked.page(data_dict)
    count, rows = closures.find(kinds, until, offices, limit, offset)
    today = clock.city_today()
    return {"count": count, "results": [
        {
            "package_id": row["package_id"], "name": row["name"], "title": row["title"],
            "organization": {"id": row["owner_org"], "title": row["organization_title"]},
            "kind": row["kind"], "last_day": row["last_day"].isoformat(),
            "days": (row["last_day"] - today).days,
        }
        for row in rows
    ]}


def _offices(context: Context) -> set[str] | None:
    """Ids of the offices whose closures the caller may see; None: all."""
    person = actor(context).person
    user = model.User.get(person) if person else None
    if context.get("ignore_auth") or (user and user.sysadmin):
        return None
    if user is None:
        return set()
    if people.has_role(user.id, *OVERSEERS):
        return None
    found = tk.get_action("organization_list_for_user")(
        {"user": user.name}, {"permission": "read"})
    return {one["id"] for one in found}


def _closed(
    package: model.Package, klass: str, data_dict: Mapping[str, Any]
) -> dict[str, Any]:
    """The dataset as it is now, if it is one to be determined."""
    dataset = saving.current(package.id)
    if package.state != "active" or not package.private or klass == visibility.TERBUKA or not (
        visibility.class_code(dataset.get("klasifikasi_akses"))
    ):
        raise tk.ValidationError({"id": [tk._(
            "Only a dataset whose class is not open is determined.")]})
    sent = asked.optional_name(data_dict, "content_hash")
    if sent and sent != dataset["content_hash"]:
        raise tk.ValidationError({"content_hash": [tk._(
            "The dataset has changed since it was looked at: look at it again.")]})
    return dataset


def _evidence(
    dataset: Mapping[str, Any], klass: str, data_dict: Mapping[str, Any]
) -> dict[str, str]:
    """The whole evidence, as it was sent.

    :param klass: the class that stays
    :raises tk.ValidationError: what is missing or does not hold together, by field
    """
    required = codes.access_rules()["private_evidence"]["required"]
    given = {name: asked.optional(data_dict, name, asked.TEXT) for name in evidence_fields()}
    errors = {name: [tk._("Missing value")] for name in required if not given[name]}
    if given["alasan_pengecualian"] == completeness.WAITING:
        errors["alasan_pengecualian"] = [tk._("A determination gives a reason of its own.")]
    # The Forum's agreement that was there stays unless another is given.
    found = {name: value or "" for name, value in given.items()}
    found["kesepakatan_forum"] = given["kesepakatan_forum"] or dataset.get(
        "kesepakatan_forum") or ""
    checked = checking.check_dataset({**dataset, **found, "klasifikasi_akses": klass})
    for lack in checked.missing:
        if lack["field"] in required and lack["field"] not in errors:
            errors[lack["field"]] = [lack.get("message") or tk._("Missing value")]
    if errors:
        raise tk.ValidationError(cast(Any, errors))
    return found


def _save(
    context: Context, package: model.Package, dataset: Mapping[str, Any], decision: str,
    new: Mapping[str, str],
) -> None:
    """Put the determination into the dataset, by CKAN's own action.

    The evidence is the PPID's own word and needs no second look: what was verified just so stays
    verified with it. Opening goes through the door like anybody's: it waits for a verification.
    """
    inner = cast(Context, {
        "user": context.get("user", ""), "auth_user_obj": context.get("auth_user_obj"),
        "ignore_auth": True,
    })
    if decision == OPEN:
        tk.get_action("package_patch")(
            inner, {"id": package.id, **new, "klasifikasi_akses": visibility.TERBUKA})
        return
    row = submissions.require(package.id)
    as_verified = row.status == lifecycle.TERVERIFIKASI and (
        row.verified_hash == dataset["content_hash"] and not row.changed_fields
    )
    inner[saving.DECIDED] = True  # type: ignore[literal-required]
    inner[saving.ADDED] = saving.Added(  # type: ignore[literal-required]
        by=None, as_verified=as_verified)
    tk.get_action("package_patch")(inner, {"id": package.id, **new})
