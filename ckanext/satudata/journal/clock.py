"""The city's clock is the database's: one clock for all web and worker processes."""
from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.satudata import config

from .model import rule_version


def now() -> dt.datetime:
    """The moment up to which everything recorded is visible.

    The database waits for events that are being committed, so that none can appear later with an
    earlier time: a report as of this moment is the same whenever it is asked for.
    """
    return model.Session.execute(sa.text("SELECT satudata_now()")).scalar_one()


def today(timezone: dt.tzinfo) -> dt.date:
    """Today's date in the city, by the database clock."""
    return now().astimezone(timezone).date()


def city_day() -> sa.sql.ColumnElement[Any]:
    """SQL of today's date in the city, by the time zone of the rules now in force.

    For conditions of queries that run often; it neither loads the rules nor waits for commits.
    """
    known = (
        sa.select(rule_version.c.content["timezone"].astext)
        .where(
            sa.or_(
                rule_version.c.effective_from.is_(None),
                rule_version.c.effective_from <= sa.func.current_date(),
            )
        )
        .order_by(rule_version.c.effective_from.desc().nulls_last())
        .limit(1)
        .scalar_subquery()
    )
    # Asked when the statement runs, so that one can be built once and kept.
    zone = sa.func.coalesce(known, sa.bindparam(None, callable_=config.timezone, type_=sa.Text))
    return sa.cast(sa.func.timezone(zone, sa.func.clock_timestamp()), sa.Date)


def city_today() -> dt.date:
    """Today's date in the city, by the time zone of the rules now in force."""
    return model.Session.execute(sa.select(city_day())).scalar_one()
