"""Who answers for an office, for the board: the head, and whom to call about the data."""
from __future__ import annotations

from collections.abc import Collection

from ckanext.satudata import compat

#: Public facts about an office.
PUBLIC = ("singkatan", "kepala_jabatan", "kepala_nama", "kontak_surel")
#: For the city's own people: a person's name and a number that is answered.
INTERNAL = ("petugas_data", "kontak_telepon")


def contacts(office_ids: Collection[str], internal: bool) -> dict[str, dict[str, str]]:
    """What is known of the heads and contacts of offices, in one query.

    :param office_ids: ids of organizations
    :param internal: whether the reader may see the data officer and the telephone
    :returns: fields of the organization by its id; empty ones are left out
    """
    if not office_ids:
        return {}
    found = compat.group_extras(office_ids, PUBLIC + INTERNAL if internal else PUBLIC)
    return {
        id: {key: value for key, value in fields.items() if value}
        for id, fields in found.items()
    }
