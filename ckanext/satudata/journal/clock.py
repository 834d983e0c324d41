"""The city's clock is the database's: one clock for all web and worker processes."""
from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from ckan import model


def now() -> dt.datetime:
    """The moment up to which everything recorded is visible.

    The database waits for events that are being committed, so that none can appear later with an
    earlier time: a report as of this moment is the same whenever it is asked for.
    """
    return model.Session.execute(sa.text("SELECT satudata_now()")).scalar_one()


def today(timezone: dt.tzinfo) -> dt.date:
    """Today's date in the city, by the database clock."""
    return now().astimezone(timezone).date()
