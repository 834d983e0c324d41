"""The file of a deposit is checked before it can be accepted for what is open."""
from __future__ import annotations

import pytest
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.deposits import acceptance, obligations
from tests.access.inspection.looking import look
from tests.access.inspection.numbers import niks

NIKS = "nik,jumlah\n" + "".join(f"{one},1\n" for one in niks(6))
NAMES = "nama,jumlah\nBudi,1\n"


def table(year: int, values: list[int]) -> str:
    rows = "".join(f"{year},kel {n},{value}\n" for n, value in enumerate(values))
    return "tahun,nama_kelurahan,jumlah\n" + rows


def deposit(kota, call, upload, text, item=None, **more):
    id = str(item or kota.item())
    return call("petugas", "satudata_deposit_create", obligation_id=id, upload=upload(text), **more)


def accept(call, given):
    return call("wali", "satudata_deposit_accept", id=given["id"], sha256=given["sha256"])


@pytest.mark.parametrize("text", ["a,b\n", "\n\n", "a;b\n;\n"])
def test_a_file_with_nothing_in_it_is_no_deposit(kota, call, upload, text):
    with pytest.raises(tk.ValidationError) as refused:
        deposit(kota, call, upload, text)
    assert "upload" in refused.value.error_dict


def test_a_certain_finding_is_not_accepted_for_what_is_open(kota, call, upload):
    given = deposit(kota, call, upload, NIKS)
    with pytest.raises(tk.ValidationError) as refused:
        accept(call, given)
    [words] = refused.value.error_dict["personal_data"]
    assert "nik" in words and "2, 3" in words
    assert call("petugas", "satudata_deposit_show", id=given["id"])["status"] == "menunggu"


def test_it_is_accepted_for_a_closed_item(kota, call, upload):
    item = kota.item(klasifikasi_akses="tertutup")
    given = deposit(kota, call, upload, NIKS, item)
    assert accept(call, given)["status"] == "diterima"


def test_a_doubt_is_answered_for_the_item_and_holds_for_its_dataset(kota, call, upload):
    item = kota.item()
    given = deposit(kota, call, upload, NAMES, item, period="2026-01")
    with pytest.raises(tk.ValidationError):
        accept(call, given)
    [finding] = call("wali", "satudata_file_check", deposit_id=given["id"])["personal_data"]
    call("wali", "satudata_finding_answer", id=finding["id"], answer="bukan_pribadi",
         reason="Nama jalan.")
    accepted = accept(call, given)
    assert inspections.answers([accepted["package_id"]]) == {("header", "nama"): "bukan_pribadi"}
    later = deposit(kota, call, upload, NAMES + "Ani,2\n", item, period="2026-02")
    assert accept(call, later)["status"] == "diterima"


def test_what_was_answered_is_adopted_with_the_acceptance_or_not_at_all(
    kota, call, upload, monkeypatch
):
    item = kota.item()
    given = deposit(kota, call, upload, NAMES, item, period="2026-01")
    with pytest.raises(tk.ValidationError):
        accept(call, given)
    [finding] = call("wali", "satudata_file_check", deposit_id=given["id"])["personal_data"]
    call("wali", "satudata_finding_answer", id=finding["id"], answer="bukan_pribadi",
         reason="Nama jalan.")
    accepted = acceptance.accept

    def killed(*args):
        accepted(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(acceptance, "accept", killed)
    with pytest.raises(KeyboardInterrupt):
        accept(call, given)
    model.Session.rollback()
    _, package_id = obligations.package_of(item)
    assert package_id
    assert inspections.answers([package_id]) == {("header", "nama"): "bukan_pribadi"}


def test_what_was_found_is_seen_by_the_office_and_the_walidata(kota, call, upload):
    given = deposit(kota, call, upload, NIKS)
    assert given["checks"]["status"] == "menunggu"
    look()
    for person in ("petugas", "kepala", "anggota", "wali"):
        found = call(person, "satudata_file_check", deposit_id=given["id"])
        assert [one["kind"] for one in found["personal_data"]] == ["nik"]
    for person in ("lain", "koor"):
        with pytest.raises(tk.ObjectNotFound):
            call(person, "satudata_file_check", deposit_id=given["id"])
    [listed] = call("wali", "satudata_deposit_list")["results"]
    assert listed["checks"] == call("wali", "satudata_deposit_show", id=given["id"])["checks"]
    assert listed["checks"]["certain"] == 1 and listed["checks"]["sound"]


def test_it_is_compared_with_the_last_accepted_file_of_the_item(kota, call, upload):
    item = kota.item()
    first = deposit(kota, call, upload, table(2025, list(range(10, 28))), item, period="2026-01")
    assert accept(call, first)["checks"]["difference"] is None
    now = [value + (5 if n >= 12 else 0) for n, value in enumerate(range(10, 28))]
    second = deposit(kota, call, upload, table(2026, now), item, period="2026-02")
    look()
    found = call("wali", "satudata_file_check", deposit_id=second["id"])["difference"]
    assert (found["unchanged"], found["matched"], found["by"]) == (12, 18, "nama_kelurahan")
