"""What the rule says of datasets as they stand: for looking, not for saving."""
from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ckanext.satudata import compat

from . import policy, submissions, visibility
from .inspection import store as inspections
from .visibility import Decision


def of(packages: Collection[Any]) -> dict[str, Decision]:
    """The decision about ``private`` by the id of each; the number of queries is always the same.

    :param packages: datasets, or rows with their columns
    """
    ids = [one.id for one in packages]
    given = compat.package_extras(ids, ["klasifikasi_akses"]) if ids else {}
    rows, certain = submissions.of(ids), inspections.certain_of(ids)
    enforcement = policy.enforcement()
    return {
        one.id: visibility.decide(
            klasifikasi_akses=visibility.effective_class(
                given.get(one.id, {}).get("klasifikasi_akses"), rows[one.id].verified_class),
            status=rows[one.id].status, state=one.state, dataset_type=one.type,
            enforcement=enforcement, current_private=one.private,
            held="personal_data" if one.id in certain else None,
        )
        for one in packages
    }
