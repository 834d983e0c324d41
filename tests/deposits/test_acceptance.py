"""Accepting a deposit: one commit or nothing, the right author, a dataset that is there."""
from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

from ckanext.satudata.access import submissions
from ckanext.satudata.access.model import file
from ckanext.satudata.deposits import files, obligations, steps, store
from ckanext.satudata.journal import clock, events
from ckanext.satudata.opd import people

from .test_locks import Person

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def strict(with_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tk.config, "ckanext.satudata.enforcement", "strict")


@pytest.fixture
def deposit(kota: Any, call: Any, upload: Any) -> Any:
    """A file that waits for an item: its depositor, period and item as wished."""
    def make(by: str = "petugas", item: Any = None, period: str | None = None) -> dict[str, Any]:
        more = {"period": period} if period else {}
        return call(by, "satudata_deposit_create", obligation_id=str(item or kota.item()),
                    upload=upload(), **more)
    return make


def accepted(call: Any, deposit: dict[str, Any], by: str = "wali") -> dict[str, Any]:
    return call(by, "satudata_deposit_accept", id=deposit["id"], sha256=deposit["sha256"])


def periods() -> list[str]:
    """The two months before this one."""
    today = clock.city_today()
    months = today.year * 12 + today.month - 1
    return [f"{(months - back) // 12}-{(months - back) % 12 + 1:02d}" for back in (2, 1)]


def datasets() -> int:
    package: Any = model.Package
    return model.Session.execute(sa.select(sa.func.count()).select_from(
        package.__table__).where(package.state != "deleted")).scalar_one()


def test_whoever_deposited_is_the_author_and_not_who_accepted(kota: Any, call: Any, deposit: Any):
    done = accepted(call, deposit())
    dataset = helpers.call_action("package_show", id=done["package_id"])
    petugas, wali = kota.users["petugas"]["id"], kota.users["wali"]["id"]
    assert dataset["creator_user_id"] == petugas
    assert submissions.require(dataset["id"]).authors == (petugas,)
    [created] = events.history([("dataset", dataset["id"])])
    assert (created["type"], created["by"]) == ("dataset.created", wali)
    [resource] = dataset["resources"]
    assert resource["id"] == done["resource_id"]


def test_a_walidata_who_deposited_does_not_verify_what_it_went_into(
    kota: Any, call: Any, deposit: Any
):
    item = kota.item()
    first, second = periods()
    accepted(call, deposit(item=item, period=first))
    people.grant(kota.users["kepala"]["id"], people.WALIDATA, kota.system)
    model.Session.commit()
    done = accepted(call, deposit("kepala", item, second))
    assert kota.users["kepala"]["id"] in submissions.require(done["package_id"]).authors


@pytest.mark.parametrize("with_dataset", [False, True])
def test_what_fails_half_way_leaves_nothing(
    kota: Any, call: Any, deposit: Any, monkeypatch: pytest.MonkeyPatch, with_dataset: bool
):
    item = kota.item()
    first, second = periods()
    if with_dataset:
        accepted(call, deposit(item=item, period=first))
    waiting = deposit(item=item, period=second)
    before = datasets(), model.Session.execute(
        sa.select(sa.func.count()).select_from(file)).scalar_one()

    def broken(*args: object) -> None:
        raise RuntimeError("the light went out")

    monkeypatch.setattr(steps, "after_dataset_saved", broken)
    with pytest.raises(RuntimeError):
        accepted(call, waiting)
    monkeypatch.undo()
    model.Session.commit()
    assert store.get(store.UUID(waiting["id"]))["status"] == "menunggu"
    assert [one["type"] for one in events.history([("deposit", waiting["id"])])] == [
        "deposit.created"]
    assert before == (datasets(), model.Session.execute(
        sa.select(sa.func.count()).select_from(file)).scalar_one())
    with files.opened(store.get(store.UUID(waiting["id"]))["resource_id"]) as kept:
        assert kept.read().startswith(b"kode")


@pytest.mark.parametrize("gone", ["package_delete", "dataset_purge"])
def test_a_dataset_that_is_gone_is_none(kota: Any, call: Any, deposit: Any, gone: str):
    item = kota.item(register_year=clock.city_today().year)
    first, second = periods()
    before = accepted(call, deposit(item=item, period=first))["package_id"]
    factories.Sysadmin(name="admin-pusat")
    call("admin-pusat", gone, id=before)
    done = accepted(call, deposit(item=item, period=second))
    assert done["package_id"] != before
    assert obligations.package_of(item) == (True, done["package_id"])
    assert helpers.call_action("package_show", id=done["package_id"])["state"] == "active"


def verified(call: Any, kota: Any, deposit: Any) -> tuple[Any, dict[str, Any]]:
    """An item whose dataset is public and verified."""
    from tests.access.town import COMPLETE

    item = kota.item()
    package_id = accepted(call, deposit(item=item, period=periods()[0]))["package_id"]
    call("petugas", "package_patch", id=package_id, **{**COMPLETE, "frekuensi": "bulanan"})
    call("petugas", "satudata_dataset_submit", id=package_id)
    shown = helpers.call_action("package_show", id=package_id)
    call("wali2", "satudata_dataset_verify", id=package_id, content_hash=shown["content_hash"])
    return item, helpers.call_action("package_show", id=package_id)


def test_the_verification_names_the_content_with_the_new_file(
    kota: Any, call: Any, deposit: Any
):
    item, dataset = verified(call, kota, deposit)
    accepted(call, deposit(item=item, period=periods()[1]))
    after = helpers.call_action("package_show", id=dataset["id"])
    assert after["private"] is False and len(after["resources"]) == 2
    row = submissions.require(dataset["id"])
    assert row.verified_hash == after["content_hash"] != dataset["content_hash"]
    with pytest.raises(tk.ValidationError, match="nothing has changed"):
        call("wali2", "satudata_dataset_verify", id=dataset["id"],
             content_hash=after["content_hash"])


def test_what_was_written_past_every_door_shows_and_can_be_verified(
    kota: Any, call: Any, deposit: Any
):
    item, dataset = verified(call, kota, deposit)
    package = model.Package.get(dataset["id"])
    assert package is not None
    package.title = "Ditulis langsung ke basis data"
    model.Session.commit()
    accepted(call, deposit(item=item, period=periods()[1]))
    after = tk.get_action("package_show")(
        {"ignore_auth": True, "use_cache": False}, {"id": dataset["id"]})
    assert submissions.require(dataset["id"]).verified_hash != after["content_hash"]
    call("wali2", "satudata_dataset_verify", id=dataset["id"], content_hash=after["content_hash"])
    assert submissions.require(dataset["id"]).verified_hash == after["content_hash"]


def test_two_who_accept_at_once_make_one_dataset(kota: Any, call: Any, deposit: Any, app: Any):
    item = kota.item()
    waiting = [deposit(item=item, period=period) for period in periods()]
    refused: list[str] = []

    def accept(one: dict[str, Any], by: str) -> Any:
        def work() -> None:
            try:
                accepted(call, one, by)
            except tk.ValidationError as error:
                refused.append(str(error.error_dict))
        return work

    model.Session.remove()
    crowd = [
        Person(app, accept(one, by)) for one in waiting for by in ("wali", "wali2", "wali")
    ]
    for person in crowd:
        person.start()
    for person in crowd:
        person.ended()
    rows = [store.get(store.UUID(one["id"])) for one in waiting]
    assert {row["status"] for row in rows} == {"diterima"}
    [package_id] = {row["package_id"] for row in rows}
    assert datasets() == 1
    assert len(helpers.call_action("package_show", id=package_id)["resources"]) == 2
    assert len(refused) == 4


NAMES = {
    "data.csv": True, "DATA.XLSX": True, "lama.xls": True, "peta.geojson": True, "scan.pdf": True,
    "paket.zip": True, "halaman.html": False, "gambar.svg": False, "program.exe": False,
    "tanpa-akhiran": False, "skrip.js": False, "makro.xlsm": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_only_formats_of_the_list_are_taken(name: str):
    assert (files.refusal_of_kind(name) is None) is NAMES[name]


def test_a_refused_format_is_answered_with_those_that_are_taken(kota: Any, call: Any, upload: Any):
    with pytest.raises(tk.ValidationError) as error:
        call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
             upload=upload("<script/>", "halaman.html"))
    [words] = error.value.error_dict["upload"]
    assert words.endswith(", ".join(files.extensions()) + ".")


def test_the_forms_offer_the_kinds_that_are_taken(kota: Any, app: Any):
    headers = {"Authorization": factories.APIToken(user="petugas")["token"]}
    for address in (f"/satudata/setor/{kota.item()}", "/satudata/setor-banyak"):
        assert f'accept="{",".join(files.extensions())}"' in app.get(address, headers=headers).body


TEXT, OLD = b"kode,jumlah\n1,2\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
PICTURE = b"\x89PNG\r\n\x1a\n"
INSIDE = {
    "csv": ("foto.csv", PICTURE + b"a\nb\n", False),
    "a whole picture": ("foto.csv", PICTURE + b"\0\0\0\rIHDR" + b"\0" * 200, False),
    "tsv": ("foto.tsv", b"\xff\xd8\xff\xe0 JFIF\nb\n", False),
    "json": ("foto.json", b"GIF89a\nb\n", False),
    "geojson": ("peta.geojson", b"PK\x03\x04 a\nb\n", False),
    "xml": ("buku.xml", b"%PDF-1.7\na\nb\n", False),
    "a program": ("data.csv", b"\x7fELF a\nb\n", False),
    "control characters": ("data.csv", b"a\x01\x02\x03b\n" * 9, False),
    "a picture as old workbook": ("foto.xls", PICTURE + b"a\nb\n", False),
    "a page as old workbook": ("tabel.xls", b"<table><tr><td>1</td></tr></table>", False),
    "a text as ods": ("data.ods", TEXT, False),
    "a text as zip": ("data.zip", TEXT, False),
    "a text as pdf": ("data.pdf", TEXT, False),
    "a text as picture": ("data.png", TEXT, False),
    "what it is": ("data.csv", TEXT, True),
    "what it is, of Windows": ("data.csv", "kode,jumlah\né,2\n".encode("cp1252"), True),
    "what it is, of Excel": ("data.csv", "kode,jumlah\n1,2\n".encode("utf-16"), True),
    "an old workbook": ("data.xls", OLD, True),
    "a paper": ("data.pdf", b"%PDF-1.7\n", True),
    "a picture": ("foto.png", PICTURE + b"\0\0\0\rIHDR", True),
}


@pytest.mark.parametrize("case", INSIDE)
def test_a_file_is_what_its_name_says(kota: Any, call: Any, case: str):
    name, body, taken = INSIDE[case]
    item = kota.item()

    def send() -> Any:
        return call("petugas", "satudata_deposit_create", obligation_id=str(item),
                    upload=FileStorage(io.BytesIO(body), filename=name))

    if taken:
        assert send()["filename"] == name
        return
    with pytest.raises(tk.ValidationError) as error:
        send()
    [words] = error.value.error_dict["upload"]
    assert f".{files.resource_format(name).lower()} " in words
    assert store.find(obligations=[item]) == (0, [])


def test_a_name_in_any_script_survives(kota: Any, call: Any, upload: Any, app: Any):
    name = "データ ꦗꦮ 2026.csv"
    waiting = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
                   upload=upload(name=f"../folder\\{name}"))
    assert waiting["filename"] == name
    answer = app.get(
        f"/satudata/setoran/{waiting['id']}/berkas",
        headers={"Authorization": factories.APIToken(user="wali")["token"]})
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "filename*=UTF-8''%E3%83%87" in disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    done = accepted(call, waiting)
    [resource] = helpers.call_action("package_show", id=done["package_id"])["resources"]
    assert name in resource["name"]
    assert resource["url"].endswith(".csv")
    assert app.get(resource["url"], headers={
        "Authorization": factories.APIToken(user="wali")["token"]}).body.startswith("kode")


def test_the_history_of_a_dataset_tells_of_its_deposits_to_those_who_may_see_it(
    kota: Any, call: Any, deposit: Any
):
    item = kota.item()
    first, second = periods()
    before = dt.datetime(2024, 2, 3, tzinfo=dt.timezone.utc)
    store.import_past([store.Past(item, "2024-01", "file", before)], kota.system)
    model.Session.commit()
    came = deposit(item=item, period=first)
    package_id = accepted(call, came)["package_id"]
    back = deposit(item=item, period=second)
    call("wali", "satudata_deposit_return", id=back["id"], note="Jumlahnya keliru.")
    found = call("petugas", "satudata_history", id=package_id)
    said = [(one["type"], one["period"], one["origin"]) for one in found
            if one["object"] == "deposit"]
    assert said == [
        ("deposit.created", "2024-01", "impor"), ("deposit.created", first, "langsung"),
        ("deposit.accepted", first, "langsung"), ("deposit.created", second, "langsung"),
        ("deposit.returned", second, "langsung")]
    assert [one["seq"] for one in found] == sorted(one["seq"] for one in found)
    assert "obligation.linked" in {one["type"] for one in found}
    assert found[-1]["note"] == "Jumlahnya keliru."
    assert call("koor", "satudata_history", id=package_id)[-1]["note"] is None
    with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
        call("lain", "satudata_history", id=package_id)
