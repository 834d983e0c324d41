"""How fast and how lean the files of a report are at 100,000 items of 300 offices.

Run inside CKAN's environment on a portal for trying: ``CKAN_INI=ckan.ini python bench/exports.py``.
Everything is written in one transaction that is rolled back. Each file is written as it is sent, to
nowhere; memory is what the process has grown by at its highest, so each format has its own process.
"""
from __future__ import annotations

import argparse
import os
import resource
import time
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app

from ckanext.satudata.deposits.listing import EVERYTHING
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.report import files, item_rows, page_data, reading
from ckanext.satudata.report.quarter import Judged

#: Goals on two quiet cores: seconds for the file, seconds to its first byte, megabytes above idle.
GOALS: dict[tuple[str, str | None], tuple[float, float | None, int | None]] = {
    ("json", None): (2, 0.6, 50), ("csv", "butir"): (2, None, None),
    ("xlsx", None): (15, None, 40), ("pdf", None): (5, None, None),
}

EVENTS = """
INSERT INTO satudata_event (type, object_type, object_id, via, happened_at, recorded_at)
SELECT 'bench', 'bench', n::text, 'cli', now() - interval '1 day', now() - interval '1 day'
  FROM generate_series(1, :offices) n RETURNING seq
"""

FILL = """
WITH offices AS (INSERT INTO satudata_opd (id, group_id)
                 SELECT md5('d' || n)::uuid, md5('d' || n)::uuid::text
                   FROM generate_series(0, :offices - 1) n RETURNING id),
     said AS (INSERT INTO satudata_opd_version
                  (event_seq, opd, name, title, wajib_setor, active, pengganti)
              SELECT :seq + n, md5('d' || n)::uuid, 'dinas-' || n, 'Dinas ' || n, true, true, '{}'
                FROM generate_series(0, :offices - 1) n),
     items AS (SELECT n, md5('o' || n)::uuid AS item, md5('d' || n % :offices)::uuid AS opd
                 FROM generate_series(1, :items) n),
     owed AS (INSERT INTO satudata_obligation (id, klasifikasi_akses, created_by)
              SELECT item, 'terbuka', :seq FROM items),
     terms AS (INSERT INTO satudata_obligation_version
                   (event_seq, obligation, title, opd, frekuensi, valid_from, klasifikasi_akses)
               SELECT :seq, item, 'Jumlah layanan nomor ' || n || ' menurut kelurahan', opd,
                      'bulanan', '2020-01-01', 'terbuka' FROM items)
INSERT INTO satudata_state (obligation, opd, period, quarter, last_day, deadline, waived,
                            extended, counts_from, kind, inferred, opened_by, sys_from)
SELECT item, opd, :year || '-' || lpad(part::text, 2, '0'), :quarter, day,
       day + interval '17 hours', false, false,
       CASE WHEN n % 5 > 0 THEN day + (n % 6 - 3) * interval '1 day' END,
       CASE WHEN n % 5 > 0 THEN 'file' END, false, :seq, day - interval '90 days'
  FROM items, generate_series(1, 3) part,
       LATERAL (SELECT CAST(:first AS date) + part * 20 AS day) at
 WHERE n % 3 = 0 OR part = 1
"""

#: How fast the machine is today.
YARDSTICK = """
SELECT count(*) FROM (SELECT md5(n::text) AS word FROM generate_series(1, 400000) n
                      ORDER BY word OFFSET 0) sorted
"""


def main() -> None:
    """Fill, write each file in a process of its own, print, roll back."""
    options = _options()
    app = make_app(load_config(os.environ["CKAN_INI"]))
    for extension, part in GOALS:
        child = os.fork()
        if not child:
            with app._wsgi_app.test_request_context():
                try:
                    _measure(options, extension, part)
                finally:
                    model.Session.rollback()
                    os._exit(0)
        os.waitpid(child, 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offices", type=int, default=300)
    parser.add_argument("--items", type=int, default=100_000)
    return parser.parse_args()


def _measure(options: argparse.Namespace, extension: str, part: str | None) -> None:
    model.ensure_engine().dispose()
    quarter = Quarter.of(clock.city_today()).previous()
    # Offices and items as of yesterday: the journal lets nobody say that but its superuser.
    model.Session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    seq = min(model.Session.execute(sa.text(EVENTS), {"offices": options.offices}).scalars())
    model.Session.execute(sa.text(FILL), {
        "offices": options.offices, "items": options.items, "seq": seq, "year": quarter.year,
        "quarter": quarter.index, "first": quarter.first,
    })
    model.Session.execute(sa.text("ANALYZE satudata_state, satudata_obligation_version"))
    begun = time.perf_counter()
    model.Session.execute(sa.text(YARDSTICK))
    yardstick = time.perf_counter() - begun
    judged = Judged(quarter, clock.now())
    _print(extension, part, _written(judged, extension, part), yardstick)


def _written(judged: Judged, extension: str, part: str | None) -> tuple[float, float, int, int]:
    """(seconds, seconds to the first byte, bytes, megabytes grown)."""
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    report: dict[str, Any] = reading.live(
        judged.quarter, judged.as_of, EVERYTHING, reading.Asked(items=False))
    made_from = files.source(EVERYTHING, report)
    exporter = files.exporter(extension, made_from, page_data.words(), part)
    first, size = 0.0, 0
    for piece in exporter.chunks():
        first = first or time.perf_counter() - begun
        size += len(piece)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
    return time.perf_counter() - begun, first, size, grown // 1024


def _print(
    extension: str, part: str | None, found: tuple[float, float, int, int], yardstick: float
) -> None:
    seconds, first, size, grown = found
    goal, first_goal, memory = GOALS[extension, part]
    print(
        f"{extension} {part or ''}: {seconds:.2f} s (goal {goal}), {seconds / yardstick:.1f} times "
        f"the yardstick of {yardstick:.2f} s; first byte {first:.2f} s (goal {first_goal}); "
        f"{size / 1e6:.1f} MB; memory +{grown} MB (goal {memory}); "
        f"batches of {item_rows.BATCH}", flush=True,
    )


if __name__ == "__main__":
    main()
