"""What the portal can show for the assessment of statistics (EPSS), indicator by indicator.

The indicators are ``schema/data/epss-indicators.csv``. Where the portal keeps no evidence it says
so. Datasets are counted whatever their class, and none is named.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata import compat
from ckanext.satudata.access import lifecycle, visibility
from ckanext.satudata.access.model import closure, submission
from ckanext.satudata.deposits.model import obligation, state
from ckanext.satudata.journal import asked
from ckanext.satudata.journal.model import event
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.schema import codes

_package: Any = model.Package
_resource: Any = model.Resource

#: The parts of the standard of statistical data (Perpres 39/2019 art. 5), and its code.
_STANDARD = (
    "sds_kode", "sds_konsep", "sds_definisi", "sds_klasifikasi", "sds_ukuran", "sds_satuan",
)
_REFERENCE = "kode_referensi"

#: What may be counted; the words are ``wording.Words.evidence``.
MEASURES = (
    "standard", "machine", "reference", "on_time", "published", "formats", "delivered", "checks",
    "accepted", "reasons", "letters",
)
#: The measure that is evidence for an indicator, by the indicator's code.
EVIDENCE: Mapping[str, str] = {
    "10101": "standard", "10301": "machine", "10401": "reference", "20302": "on_time",
    "20401": "published", "20403": "formats", "30201": "delivered", "30301": "checks",
    "30401": "accepted", "40104": "reasons", "40304": "letters",
}
_CHECKS = ("dataset.verified", "dataset.returned", "deposit.accepted", "deposit.returned")
_LETTERS = ("letter.sent",)
_ACCEPTED = ("deposit.accepted",)


@dataclass(frozen=True)
class Measured:
    """A figure: how many, and of how many where it is a share."""

    part: int
    whole: int | None = None


def indicators() -> list[dict[str, str]]:
    """The indicators in their order, each with domain, aspect and weights."""
    return codes.data_rows("epss-indicators.csv")


def measured(year: int, totals: Mapping[str, Any]) -> dict[str, Measured]:
    """What the portal can show for a year, by measure; the number of queries is always the same.

    :param totals: of the year, as ``year.standing`` gives them
    """
    ids = set(model.Session.execute(_published(_package.id)).scalars())
    said = compat.package_extras(ids, (*_STANDARD, _REFERENCE)) if ids else {}
    machine, several = _formats()
    closed, reasoned = _closed()
    items, published = _items(year)
    due = totals["due"]
    return {
        "standard": Measured(_filled(said, _STANDARD), len(ids)),
        "machine": Measured(machine, len(ids)),
        "reference": Measured(_filled(said, (_REFERENCE,)), len(ids)),
        "on_time": Measured(totals["on_time"], due),
        "published": Measured(published, items),
        "formats": Measured(several, len(ids)),
        "delivered": Measured(totals["fulfilled"], due),
        "reasons": Measured(reasoned, closed),
        **_happened(year),
    }


def _published(*columns: Any) -> Any:
    """Datasets that are verified, of any class."""
    return (
        sa.select(*columns)
        .join(submission, submission.c.package_id == _package.id)
        .where(
            _package.state == "active", _package.type == visibility.DATASET,
            submission.c.status == lifecycle.TERVERIFIKASI,
        )
    )


def _filled(said: Mapping[str, Mapping[str, str]], names: Collection[str]) -> int:
    """How many datasets have all of these fields."""
    return sum(
        all(fields.get(name, "").strip() not in ("", "[]") for name in names)
        for fields in said.values()
    )


def _formats() -> tuple[int, int]:
    """Published datasets with an open, machine-readable file; with two formats or more."""
    readable = [
        one.code for one in codes.code_list("format_berkas")
        if one.extra.get("open_machine_readable")
    ]
    format = sa.func.upper(_resource.format)
    each = (
        _published(
            _package.id, sa.func.bool_or(format.in_(readable)).label("readable"),
            sa.func.count(sa.distinct(sa.func.nullif(format, ""))).label("formats"),
        )
        .join(_resource, _resource.package_id == _package.id)
        .where(_resource.state == "active")
        .group_by(_package.id)
        .subquery()
    )
    row = model.Session.execute(sa.select(
        sa.func.count().filter(each.c.readable), sa.func.count().filter(each.c.formats > 1),
    ).select_from(each)).one()
    return row[0], row[1]


def _closed() -> tuple[int, int]:
    """Published datasets that are not open; those whose closure waits for no determination."""
    row = model.Session.execute(sa.select(
        sa.func.count(),
        sa.func.count().filter(closure.c.waiting_since.is_(None)),
    ).select_from(
        _package.__table__.join(submission, submission.c.package_id == _package.id)
        .outerjoin(closure, closure.c.package_id == _package.id)
    ).where(
        _package.state == "active", _package.type == visibility.DATASET,
        submission.c.status == lifecycle.TERVERIFIKASI,
        submission.c.verified_class.isnot(None), submission.c.verified_class != "terbuka",
    )).one()
    return row[0], row[1]


def _items(year: int) -> tuple[int, int]:
    """Items that owe something in a year; those whose dataset is published."""
    published = _published(_package.id).subquery()
    row = model.Session.execute(
        sa.select(
            sa.func.count(sa.distinct(state.c.obligation)),
            sa.func.count(sa.distinct(state.c.obligation)).filter(published.c.id.isnot(None)),
        )
        .select_from(
            state.join(obligation, obligation.c.id == state.c.obligation)
            .outerjoin(published, published.c.id == obligation.c.package_id)
        )
        .where(
            state.c.quarter.between(Quarter(year, 1).index, Quarter(year, 4).index),
            state.c.closed_by.is_(None),
        )
    ).one()
    return row[0], row[1]


def _happened(year: int) -> dict[str, Measured]:
    """Checks, acceptances and letters sent in a year of the city's calendar."""
    zone = asked.city_zone()
    first, end = (dt.datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    row = model.Session.execute(
        sa.select(*(
            sa.func.count().filter(event.c.type.in_(types))
            for types in (_CHECKS, _ACCEPTED, _LETTERS)
        )).where(
            event.c.type.in_((*_CHECKS, *_LETTERS)), event.c.happened_at >= first,
            event.c.happened_at < end,
        )
    ).one()
    return {
        name: Measured(number)
        for name, number in zip(("checks", "accepted", "letters"), row, strict=True)
    }
