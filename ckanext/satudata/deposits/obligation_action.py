"""Actions about the daftar data: items, their terms, dispensations, the Forum's agreement."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict

from ckanext.satudata.access import submissions
from ckanext.satudata.journal import asked, clock
from ckanext.satudata.journal.events import actor
from ckanext.satudata.opd import store as offices

from . import imports, listing, obligations, steps
from .asked import (
    a_period,
    access_class,
    frequency_code,
    organization,
    reason_given,
    schedule,
)
from .obligations import Terms


def satudata_obligation_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Put an item on the daftar data: one dataset that one office must deposit.

    :param title: what the data is called
    :type title: string
    :param organization: name or id of the office that answers for it
    :type organization: string
    :param frekuensi: code of the frequency
    :type frekuensi: string
    :param valid_from: first last-allowed day that counts
    :type valid_from: string (date)
    :param valid_until: last one that counts; default: no end
    :type valid_until: string (date)
    :param tahun_awal: first year of a several-year period
    :type tahun_awal: integer
    :param prioritas: whether it is data prioritas
    :type prioritas: boolean
    :param klasifikasi_akses: access class; default ``tertutup``
    :type klasifikasi_akses: string
    :param jadwal: own schedule, a list of {period, date}
    :type jadwal: list
    :param package_id: the dataset its files go to
    :type package_id: string

    The item belongs to the register of the year in which it begins, if that year has one.

    :returns: the item
    :rtype: dictionary

    :raises ValidationError: what is wrong, by field; also a dataset that is linked to another item
        of the same register
    :raises NotAuthorized: the caller is neither koordinator nor walidata
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    terms = _terms(data_dict)
    if steps.has_register(terms.valid_from.year):
        terms = replace(terms, register_year=terms.valid_from.year)
    package_id = _package(data_dict)
    if package_id is not None:
        _refuse_second_link(package_id, terms.register_year)
        terms = steps.as_linked(terms, package_id)
    [id] = obligations.create_many([(package_id, terms)], actor(context))
    model.Session.commit()
    return _shown(id)


def satudata_obligation_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change an item from a day on; what was due before stays as it was judged.

    :param id: id of the item
    :type id: string
    :param effective_from: first day of the change; default and earliest: today
    :type effective_from: string (date)

    Other parameters as for ``satudata_obligation_create``; what is left out stays. Which dataset
    its files go to is said by ``satudata_obligation_link``.

    :returns: the item
    :rtype: dictionary

    :raises ValidationError: also for a scheduled day that is over: only a dispensation changes it;
        and for a class more open than that of the dataset which the item is linked to
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    id = _known(asked.identifier(data_dict))
    now, package_id = _held(id)
    terms = _terms({**_plain(now), **data_dict}, now)
    if package_id is not None:
        linked = steps.as_linked(terms, package_id)
        if linked != terms and "klasifikasi_akses" in data_dict:
            raise tk.ValidationError({"klasifikasi_akses": [tk._(
                "The dataset that the item is linked to is more closed: its class is the item's."
            )]})
        terms = linked
    today = clock.city_today()
    start = asked.optional_day(data_dict, "effective_from") or today
    if start < today:
        raise tk.ValidationError({"effective_from": [
            tk._(
                "A change takes effect today or later: nothing is judged by a rule made "
                "afterwards."
            )
        ]})
    _refuse_past_schedule(now, terms, today)
    obligations.change_many([(id, terms, start)], actor(context))
    model.Session.commit()
    return _shown(id)


def satudata_obligation_retire(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take an item off the daftar data, with a reason; its past stays.

    :param id: id of the item
    :type id: string
    :param valid_until: last day on which it owes; default and earliest: today
    :type valid_until: string (date)
    :param reason: why
    :type reason: string

    :returns: the item
    :rtype: dictionary

    :raises ValidationError: what is wrong, by field; also a day after the one on which the item
        ends already
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    id = _known(asked.identifier(data_dict))
    reason = reason_given(data_dict, "reason")
    today = clock.city_today()
    last = asked.optional_day(data_dict, "valid_until") or today
    if last < today:
        raise tk.ValidationError({"valid_until": [tk._("An item is retired today or later.")]})
    end = obligations.locked([id])[id].valid_until
    if end is not None and end < last:
        raise tk.ValidationError({"valid_until": [
            tk._("The item ends on {date} already.").format(date=end.isoformat())
        ]})
    obligations.retire(id, last, reason, actor(context))
    model.Session.commit()
    return _shown(id)


def satudata_obligation_link(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say which dataset an item's files go to.

    :param id: id of the item
    :type id: string
    :param package_id: name or id of the dataset
    :type package_id: string

    :returns: the item
    :rtype: dictionary

    Of the classes of the two the more closed one is the item's from then on.

    :raises ValidationError: the dataset is linked to another item of the same register
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    id = _known(asked.identifier(data_dict))
    asked.name(data_dict, "package_id")
    package_id = str(_package(data_dict))
    _refuse_second_link(package_id, obligations.latest_of(id).register_year, id)
    by, now = actor(context), obligations.locked([id])[id]
    obligations.link(id, package_id, by)
    linked = steps.as_linked(now, package_id)
    if linked != now:
        obligations.change_many([(id, linked, clock.city_today())], by)
    model.Session.commit()
    return _shown(id)


def satudata_obligation_excuse(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A dispensation for one period: more time, or none owed; the latest stands.

    :param id: id of the item
    :type id: string
    :param period: code of the period
    :type period: string
    :param reason: why; not shown to the public
    :type reason: string
    :param until: new last allowed day (an extension); without it the period is waived
    :type until: string (date)
    :param withdraw: take the standing dispensation back
    :type withdraw: boolean

    :returns: the item
    :rtype: dictionary

    :raises ValidationError: an extension after the day is over (then only a waiver is possible) or
        beyond ``valid_until``
    """
    tk.check_access("satudata_obligation_excuse", context, data_dict)
    id = _known(asked.identifier(data_dict))
    period = a_period(asked.required(data_dict, "period"))
    reason = reason_given(data_dict, "reason")
    if asked.flag(data_dict, "withdraw"):
        if not obligations.take_back_excuse(id, period.code, reason, actor(context)):
            model.Session.rollback()
            raise tk.ValidationError({"period": [
                tk._("There is no dispensation for {period}.").format(period=period.code)
            ]})
    else:
        until = asked.optional_day(data_dict, "until")
        obligations.locked([id])
        _refuse_extension(id, period.code, until)
        obligations.excuse(id, period.code, until, reason, actor(context))
    model.Session.commit()
    return _shown(id)


def satudata_register_agree(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record that the Forum Satu Data agreed on the daftar data of a year.

    Until then the year's quarters are trials: shown and exported, not frozen, no reprimand.

    :param year: the year
    :type year: integer
    :param date: day of the agreement
    :type date: string (date)
    :param minutes: number of the minutes (berita acara)
    :type minutes: string

    :returns: {year, date, minutes, obligations}
    :rtype: dictionary

    :raises ValidationError: a date in the future, or a year without daftar data
    """
    tk.check_access("satudata_register_agree", context, data_dict)
    year = asked.whole(data_dict, "year", 2000, 2999)
    day = asked.day(data_dict, "date")
    minutes = asked.text(data_dict, "minutes")
    if day > clock.city_today():
        raise tk.ValidationError({"date": [tk._("This day lies in the future.")]})
    number = listing.count_register(year)
    if not number:
        raise tk.ValidationError({"year": [
            tk._("There is no daftar data of {year} yet. Import it first.").format(year=year)
        ]})
    obligations.agree(year, day, minutes, actor(context))
    model.Session.commit()
    return {"year": year, "date": day.isoformat(), "minutes": minutes, "obligations": number}


# --- parts --------------------------------------------------------------------------------------


def _terms(data: Mapping[str, Any], now: Terms | None = None) -> Terms:
    group = organization(data)
    start = asked.day(data, "valid_from")
    end = asked.optional_day(data, "valid_until")
    if end is not None and end < start:
        raise tk.ValidationError({"valid_until": [tk._("The end lies before the beginning.")]})
    return Terms(
        title=asked.text(data, "title"),
        opd=offices.ensure(group.id),
        frekuensi=frequency_code(data),
        valid_from=start,
        valid_until=end,
        tahun_awal=asked.optional_whole(data, "tahun_awal", 1900, 2999),
        prioritas=asked.flag(data, "prioritas"),
        klasifikasi_akses=access_class(data),
        jadwal=schedule(data.get("jadwal")),
        register_year=now.register_year if now else None,
        code=now.code if now else None,
    )


def _plain(terms: Terms) -> dict[str, Any]:
    return {
        **terms.as_data(),
        "organization": offices.group_of(terms.opd),
    }


def _refuse_past_schedule(now: Terms, terms: Terms, today: dt.date) -> None:
    over = imports.changed_past_days(now.jadwal, terms.jadwal, today)
    if over:
        raise tk.ValidationError({"jadwal": [tk._(
            "The scheduled day of {periods} is over: only a dispensation changes it now."
        ).format(periods=", ".join(over))]})


def _refuse_extension(id: UUID, period: str, until: dt.date | None) -> None:
    due = listing.open_day(id, period)
    if due is None:
        raise tk.ValidationError({"period": [
            tk._("{period} is not owed for this item.").format(period=period)
        ]})
    if until is None:
        return
    today = clock.city_today()
    terms = obligations.latest_of(id)
    if due < today:
        raise tk.ValidationError({"until": [
            tk._("The last allowed day is over: only a waiver is possible now.")
        ]})
    if until < today or (terms.valid_until is not None and until > terms.valid_until):
        raise tk.ValidationError({"until": [
            tk._("An extension ends between today and the item's last valid day.")
        ]})


def _package(data_dict: Mapping[str, Any]) -> str | None:
    name = asked.optional_name(data_dict, "package_id")
    if name is None:
        return None
    package = model.Package.get(name)
    if package is None or package.type != "dataset" or package.state == "deleted":
        raise tk.ValidationError({"package_id": [tk._("There is no such dataset.")]})
    return package.id


def _refuse_second_link(package_id: str, year: int | None, id: UUID | None = None) -> None:
    """A dataset is linked to one item of a register; of two at once the second waits here."""
    submissions.lock(package_id)
    others = [other for other in obligations.all_of_dataset(package_id) if other != id]
    if year in {terms.register_year for terms in obligations.latest(others).values()}:
        raise tk.ValidationError({"package_id": [
            tk._("This dataset is linked to another item of the daftar data.")
        ]})


def _held(id: UUID) -> tuple[Terms, str | None]:
    """The terms of an item, locked after its dataset, and the dataset's id."""
    while True:
        _, package_id = obligations.package_of(id)
        if package_id is not None:
            submissions.lock(package_id)
        now = obligations.locked([id])[id]
        if obligations.package_of(id)[1] == package_id:
            return now, package_id
        # It was linked meanwhile: begin again, in the right order.
        model.Session.rollback()


def _known(id: UUID) -> UUID:
    if not obligations.package_of(id)[0]:
        raise tk.ObjectNotFound(tk._("There is no such item in the daftar data."))
    return id


def _shown(id: UUID) -> dict[str, Any]:
    names = {key: office.name for key, office in offices.offices().items()}
    return listing.as_item(listing.one(id), names)
