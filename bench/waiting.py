"""How fast the walidata's queue is with 10,000 waiting, and how fast many are verified at once.

Run inside CKAN's environment on a portal for trying: ``CKAN_INI=ckan.ini python bench/waiting.py``.
The waiting rows are written in one transaction that is rolled back. The datasets that are verified
are real ones, and are purged afterwards; their events stay, as events do. Ratios of one run are
what counts: verifying is wanted at least half as fast as a bare ``package_patch``.
"""
from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from sqlalchemy import event as sa_event

from ckanext.satudata.access import queue
from ckanext.satudata.deposits import greenness, store
from ckanext.satudata.journal import work
from ckanext.satudata.journal.events import CLI, Actor
from ckanext.satudata.opd import people

GOAL_RATIO = 0.5

FILL = """
WITH items AS (SELECT n, md5('o' || n)::uuid AS item, md5('p' || n)::uuid::text AS package
                 FROM generate_series(1, :many) n),
     packages AS (INSERT INTO package (id, name, title, type, state, private, owner_org)
                  SELECT package, 'bench-' || n, 'Bench ' || n, 'dataset', 'active', true, :office
                    FROM items),
     waiting AS (INSERT INTO satudata_submission (package_id, status, submitted_at, assigned_to)
                 SELECT package, 'diajukan', now() - n * interval '1 minute', :person
                   FROM items),
     owed AS (INSERT INTO satudata_obligation (id, package_id, klasifikasi_akses, created_by)
              SELECT item, package, 'terbuka', :seq FROM items),
     terms AS (INSERT INTO satudata_obligation_version
                   (event_seq, obligation, title, opd, frekuensi, valid_from, klasifikasi_akses)
               SELECT :seq, item, 'Bench ' || n, :opd, 'bulanan', '2026-01-01', 'terbuka'
                 FROM items),
     states AS (INSERT INTO satudata_state
                    (obligation, opd, period, quarter, last_day, deadline, waived, extended,
                     counts_from, kind, opened_by, sys_from)
                SELECT item, :opd, '2026-0' || month, 8104, make_date(2026, month + 1, 10), now(),
                       false, false, CASE month WHEN 1 THEN now() END,
                       CASE month WHEN 1 THEN 'file' END, :seq, now()
                  FROM items, generate_series(1, 2) month)
INSERT INTO satudata_deposit
    (id, obligation, package_id, resource_id, period, kind, status, sha256, created_by)
SELECT md5('d' || n)::uuid, item, package, md5('r' || n), '2026-01', 'file', 'menunggu', 'x', :seq
  FROM items
"""

DATASET: dict[str, Any] = {
    "notes": "Data contoh.", "license_id": "cc-by", "tags": [{"name": "contoh"}],
    "jenis_data": "statistik", "tipe_entri": "variabel", "bidang_urusan": "1.02",
    "topik": "perlindungan-sosial-kesehatan", "tingkat_penyajian": "kelurahan",
    "cakupan": "Kota", "kode_wilayah": "35.76", "dimensi_awal": "2020", "dimensi_akhir": "2025",
    "frekuensi": "tahunan", "produsen_data": "Bidang", "penanggung_jawab": "Kepala Bidang",
    "kontak_produsen": "bidang@contoh.go.id", "sds_konsep": "Contoh", "sds_definisi": "Contoh.",
    "sds_klasifikasi": "Kelurahan", "sds_ukuran": "jumlah", "sds_satuan": "orang",
    "mengandung_data_pribadi": "anonim", "klasifikasi_akses": "terbuka",
    "resources": [{"url": "https://contoh.go.id/data.csv", "name": "Data", "format": "CSV",
                   "periode": "2025", "jenis_berkas": "data"}],
}


def main() -> None:
    """Measure both, print."""
    options = _options()
    app = make_app(load_config(os.environ["CKAN_INI"]))
    with app._wsgi_app.test_request_context():
        office, editor, walidata = _city()
        try:
            _measure_queue(options.waiting, office, walidata)
        finally:
            model.Session.rollback()
        _measure_bulk(options.datasets, office, editor, walidata)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--datasets", type=int, default=500)
    return parser.parse_args()


def _site() -> dict[str, Any]:
    name = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return {"ignore_auth": True, "user": name}


def _city() -> tuple[dict[str, Any], model.User, model.User]:
    """An office with an editor, and a walidata."""
    mark = uuid.uuid4().hex[:6]
    for name in ("editor", "walidata"):
        tk.get_action("user_create")(_site(), {
            "name": f"bench-{name}-{mark}", "email": f"bench-{name}-{mark}@contoh.go.id",
            "password": uuid.uuid4().hex,
        })
    editor, walidata = (
        model.User.get(f"bench-{name}-{mark}") for name in ("editor", "walidata"))
    office = tk.get_action("organization_create")(_site(), {
        "name": f"bench-{mark}", "users": [{"name": editor.name, "capacity": "editor"}]})
    people.grant(walidata.id, people.WALIDATA, Actor(None, CLI))
    model.Session.commit()
    return office, editor, walidata


def _measure_queue(many: int, office: dict[str, Any], walidata: model.User) -> None:
    seq = model.Session.execute(sa.text("SELECT max(seq) FROM satudata_event")).scalar_one()
    opd = model.Session.execute(
        sa.text("SELECT id FROM satudata_opd WHERE group_id = :id"), {"id": office["id"]},
    ).scalar_one()
    model.Session.execute(sa.text(FILL), {
        "many": many, "office": office["id"], "person": walidata.id, "seq": seq, "opd": opd})
    for table in ("package", "satudata_submission", "satudata_deposit", "satudata_state"):
        model.Session.execute(sa.text(f"ANALYZE {table}"))
    _said(f"datasets by age, {many} waiting", lambda: queue.page(None, None, 20, 0))
    _said("datasets by deadline", lambda: queue.page(None, None, 20, 0, queue.DEADLINE))
    _said("datasets of one person", lambda: queue.page(None, walidata.id, 20, 5_000))
    _said("deposits by age", lambda: store.find(
        status=store.WAITING, attached=False, limit=20))
    _said("deposits by deadline", lambda: store.find(
        status=store.WAITING, attached=False, by_deadline=True, limit=20))
    _said("500 deposits looked through for what is green", lambda: greenness.of_deposits(
        store.find(status=store.WAITING, attached=False, limit=500)[1]))


def _said(what: str, call: Callable[[], object]) -> None:
    call()
    with _counted() as seen:
        begun = time.perf_counter()
        call()
        took = time.perf_counter() - begun
    print(f"{what:52} {took * 1000:8.0f} ms {len(seen):4} queries")


@contextmanager
def _counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    engine = model.ensure_engine()
    sa_event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa_event.remove(engine, "before_cursor_execute", note)


def _measure_bulk(
    many: int, office: dict[str, Any], editor: model.User, walidata: model.User
) -> None:
    made = []
    for number in range(many):
        dataset = _as(editor, "package_create", name=f"{office['name']}-{number}",
                      title=f"Bench {number}", owner_org=office["id"], **DATASET)
        made.append(_as(editor, "satudata_dataset_submit", id=dataset["id"]))
    work.run()
    job = _as(walidata, "satudata_decide_bulk", decision="verify", items=[
        {"id": one["id"], "content_hash": one["content_hash"]} for one in made])
    begun = time.perf_counter()
    work.run(limit=1)
    bulk = time.perf_counter() - begun
    found = _as(walidata, "satudata_job_show", id=job["id"])
    assert found["done"] == many and not found["errors"], found
    work.run()
    begun = time.perf_counter()
    for one in made:
        tk.get_action("package_patch")(_site(), {"id": one["id"], "notes": "Diubah."})
    patch = time.perf_counter() - begun
    ratio = patch / bulk
    print(f"verified in bulk {many / bulk:6.1f} a second, package_patch {many / patch:6.1f}: "
          f"ratio {ratio:.2f}, wanted {GOAL_RATIO}")
    for one in made:
        tk.get_action("dataset_purge")(_site(), {"id": one["id"]})


def _as(user: model.User, action: str, **data: Any) -> Any:
    return tk.get_action(action)({"user": user.name, "auth_user_obj": user}, data)


if __name__ == "__main__":
    main()
