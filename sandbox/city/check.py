"""Whether the portal holds the city that was to be loaded, as its readers would see it."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.satudata.journal.quarters import Quarter
from sandbox import accounts

from .model import OPEN, PUBLISHED, City


def faults(city: City) -> list[str]:
    """What is not as it should be; empty when everything is."""
    published = [one for one in city.datasets if one.state == PUBLISHED]
    wanted = {
        "public": sum(one.access == OPEN for one in published), "published": len(published)
    }
    return [
        f"{number} datasets are {name}, {wanted[name]} should be"
        for name, number in counts().items() if number != wanted[name]
    ]


def counts() -> dict[str, int]:
    """Datasets as search counts them: for everybody, and all that are published."""
    return {
        "public": _count("", {}),
        "published": _count(
            accounts.SYSADMIN, {"include_private": True, "fq": "status_alur:terverifikasi"}
        ),
    }


def figures(city: City) -> list[str]:
    """The figures of the city, for people: datasets, and the board of the latest ended quarter."""
    found = counts()
    quarter = Quarter.of(city.today).previous()
    report = tk.get_action("satudata_compliance_report")(
        _as(""), {"quarter": quarter.code, "obligations": False}
    )
    totals = report["totals"]
    names = ("opd", "lengkap", "sebagian", "belum_setor", "due", "fulfilled", "missing")
    return [
        f"{found['published']} datasets published, {found['public']} of them public",
        f"{quarter.code}: " + ", ".join(f"{name} {totals[name]}" for name in names),
    ]


def _count(user: str, query: dict[str, Any]) -> int:
    return tk.get_action("package_search")(_as(user), {"rows": 0, **query})["count"]


def _as(user: str) -> Any:
    return {
        "user": user, "auth_user_obj": model.User.get(user) if user else None,
        "ignore_auth": False,
    }
