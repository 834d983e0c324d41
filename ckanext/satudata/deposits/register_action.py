"""The action that brings the daftar data of a year to what a sheet says."""
from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ckanext.satudata.journal import asked, sheets
from ckanext.satudata.journal.events import actor

from . import register

_LISTS = ("created", "updated", "unchanged", "retired", "absent", "changes")


def satudata_register_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Bring the daftar data of a year to what a sheet says. Again with the same sheet: no change.

    Only the columns that the sheet has are touched; what they change holds from today on. An item
    without class is ``tertutup``; one without days is owed from the first to the last day of the
    year. Everything is written in one transaction, or nothing if anything is wrong.

    :param year: the year of the register
    :type year: integer
    :param rows: list of dicts with the columns of the official list (``nama_data``,
        ``produsen_data``, ``jadwal_pemutakhiran``, ``klasifikasi_risiko``, ``id_ddd``, ``id_ddp``,
        ``link_portal_daerah``), of the central priority list or the e-Walidata list as they are
        sent, or ``judul, opd, frekuensi, klasifikasi_akses, valid_from, valid_until, prioritas,
        jadwal, tahun_awal, dataset``
    :type rows: list of dicts
    :param upload: instead of ``rows``: a CSV, XLSX or JSON file
    :param dry_run: only say what would happen (default: False)
    :type dry_run: bool
    :param retire_missing: let the year's items that the sheet does not have end today (default:
        False); a sheet without rows retires nothing
    :type retire_missing: bool
    :param confirm: say that retiring more than a tenth of the items is meant
    :type confirm: bool

    :returns: ``created``, ``updated``, ``unchanged``, ``retired``, ``absent`` (lists of titles),
        ``errors``, a list of {row, field, message}; with errors nothing was written; ``changes``,
        for each that is updated {row, title, fields: {field: [before, after]}}; ``skipped``, how
        many rows are meant for other years
    :rtype: dictionary

    :raises ValidationError: no year, no rows and no file, a file that cannot be read, or more than
        a tenth to be retired without ``confirm``
    :raises NotAuthorized: the caller is neither koordinator nor walidata
    """
    tk.check_access("satudata_register_keep", context, data_dict)
    year = asked.whole(data_dict, "year", 2000, 2999)
    try:
        rows = asked.rows(data_dict)
    except sheets.SheetError as error:
        message = tk._(error.message).format(**error.places)
        if error.row is None:
            raise tk.ValidationError({"upload": [message]}) from error
        return {
            **{key: [] for key in _LISTS},
            "errors": [{"row": error.row, "field": "file", "message": message}],
            "skipped": 0,
        }
    return register.run(
        rows, year, actor(context),
        dry_run=asked.flag(data_dict, "dry_run"),
        retire_missing=asked.flag(data_dict, "retire_missing"),
        confirm=asked.flag(data_dict, "confirm"),
    )
