"""Deposits through the actions: who may, what is refused, what counts, what is published."""
from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories, helpers

from ckanext.satudata.deposits import files, obligations, owed, replacing, store
from ckanext.satudata.deposits.periods import label
from ckanext.satudata.journal import clock
from ckanext.satudata.journal.quarters import Quarter

from .test_locks import Person


def last_month() -> str:
    first = clock.city_today().replace(day=1)
    return (first - dt.timedelta(days=1)).strftime("%Y-%m")


PEOPLE_WHO_DEPOSIT = {
    "petugas": True, "kepala": True, "anggota": False, "lain": False, "wali": False, "koor": False,
}


@pytest.mark.parametrize(("person", "may"), PEOPLE_WHO_DEPOSIT.items())
def test_only_editors_and_admins_of_the_office_deposit(kota, call, person, may):
    id = str(kota.item())
    if may:
        deposit = call(person, "satudata_deposit_create", obligation_id=id, kind="nil")
        assert deposit["kind"] == "nil"
    else:
        with pytest.raises(tk.NotAuthorized):
            call(person, "satudata_deposit_create", obligation_id=id, kind="nil")


@pytest.mark.parametrize("action", ["satudata_deposit_accept", "satudata_deposit_return"])
@pytest.mark.parametrize("person", ["petugas", "kepala", "anggota", "lain", "koor"])
def test_nobody_but_the_walidata_decides(kota, call, action, person):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
    with pytest.raises(tk.NotAuthorized):
        call(person, action, id=deposit["id"], note="catatan")


def test_a_file_waits_unseen_and_is_published_byte_for_byte(kota, call, upload):
    id = str(kota.item())
    text = "kode_kemendagri,jumlah\n35.76.01,12\n"
    deposit = call(
        "petugas", "satudata_deposit_create", obligation_id=id, period=last_month(),
        upload=upload(text),
    )
    assert deposit["status"] == "menunggu"
    assert deposit["resource_id"] is None, "the id is the only lock of a waiting file"
    assert deposit["sha256"] == hashlib.sha256(text.encode()).hexdigest()

    accepted = call("wali", "satudata_deposit_accept", id=deposit["id"], sha256=deposit["sha256"])

    dataset = helpers.call_action("package_show", id=accepted["package_id"])
    [resource] = dataset["resources"]
    assert resource["id"] == accepted["resource_id"]
    assert resource["periode"] == last_month()
    assert dataset["periode_data_terakhir"] == last_month()
    assert dataset["tanggal_rilis_terakhir"] == resource["created"][:10]
    with files.opened(resource["id"]) as file:
        assert file.read().decode() == text
    assert dataset["private"], "the dataset itself was not verified"


def test_accepting_needs_the_hash_of_the_file_that_was_looked_at(kota, call, upload):
    deposit = call(
        "petugas", "satudata_deposit_create", obligation_id=str(kota.item()), upload=upload()
    )
    for sha256 in ("", "0" * 64):
        with pytest.raises(tk.ValidationError) as refused:
            call("wali", "satudata_deposit_accept", id=deposit["id"], sha256=sha256)
        assert "sha256" in refused.value.error_dict


def test_whoever_deposited_does_not_accept_sysadmins_included(kota, call):
    factories.Sysadmin(name="puncak")
    from ckanext.satudata.opd import people

    people.grant(model.User.get("puncak").id, "walidata", kota.system)
    model.Session.commit()
    deposit = call("puncak", "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
    with pytest.raises(tk.ValidationError):
        call("puncak", "satudata_deposit_accept", id=deposit["id"])
    assert call("wali", "satudata_deposit_accept", id=deposit["id"])["status"] == "diterima"


def test_a_decided_deposit_is_not_decided_again(kota, call):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
    call("wali", "satudata_deposit_accept", id=deposit["id"])
    for action in ("satudata_deposit_accept", "satudata_deposit_return"):
        with pytest.raises(tk.ValidationError):
            call("wali2", action, id=deposit["id"], note="catatan")
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_withdraw", id=deposit["id"])


NOBODY = "00000000-0000-0000-0000-000000000000"

REFUSED = {
    "an empty file": ({"kind": "file", "upload": ("",)}, "upload"),
    "no file at all": ({"kind": "file"}, "upload"),
    "an unknown kind": ({"kind": "surat"}, "kind"),
    "no period": ({"kind": "nil", "period": "2026-13"}, "period"),
    "a period of another rhythm": ({"kind": "nil", "period": "2026-TW3"}, "period"),
    "a period that has not begun": ({"kind": "nil", "period": "2999-01"}, "period"),
    "unchanged without a file before it": ({"kind": "unchanged"}, "kind"),
    "a text that is called a workbook": ({"upload": ("bukan excel\n", "data.xlsx")}, "upload"),
    "a file and a link": (
        {"upload": ("kode,jumlah\n1,2\n", "data.csv"), "url": "https://x.id/a.csv"}, "url"),
    "in the place of what is not there": ({"kind": "nil", "replaces": NOBODY}, "replaces"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_said_on_its_field_and_writes_nothing(kota, call, upload, case):
    data, field = REFUSED[case]
    if "upload" in data:
        data = {**data, "upload": upload(*data["upload"])}
    id = kota.item()
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", obligation_id=str(id), **data)
    assert field in refused.value.error_dict
    assert store.find(obligations=[id]) == (0, [])


def test_the_same_key_gives_the_same_deposit(kota, call, upload):
    id = kota.item()
    first, second = (
        call("petugas", "satudata_deposit_create", obligation_id=str(id), upload=upload(),
             idempotency_key="k1")
        for _ in range(2)
    )
    assert first == second
    assert store.find(obligations=[id])[0] == 1


def test_the_same_key_with_other_content_is_no_deposit_and_says_so(kota, call):
    id = kota.item()
    data = {"obligation_id": str(id), "kind": "nil", "idempotency_key": "k1"}
    first = call("petugas", "satudata_deposit_create", period="2026-01", **data)
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_create", period="2026-02", **data)
    call("petugas", "satudata_deposit_withdraw", id=first["id"])
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_create", period="2026-01", **data)
    assert store.find(obligations=[id])[0] == 1


def test_a_period_is_not_deposited_a_second_time_without_a_word(kota, call):
    id = kota.item()
    data = {"obligation_id": str(id), "kind": "nil", "period": last_month()}
    first = call("petugas", "satudata_deposit_create", **data)
    for decided in (False, True):
        if decided:
            call("wali", "satudata_deposit_accept", id=first["id"])
        with pytest.raises(tk.ValidationError) as refused:
            call("petugas", "satudata_deposit_create", **data)
        assert list(refused.value.error_dict) == ["period"]
    assert store.find(obligations=[id])[0] == 1


def test_one_that_waits_is_withdrawn_by_the_one_that_takes_its_place(kota, call, upload):
    id = kota.item()
    data = {"obligation_id": str(id), "period": last_month()}
    first = call("petugas", "satudata_deposit_create", kind="nil", **data)
    second = call("petugas", "satudata_deposit_create", upload=upload(), replaces=first["id"],
                  idempotency_key="k", **data)
    assert call("petugas", "satudata_deposit_show", id=first["id"])["status"] == "ditarik"
    assert (second["status"], second["replaces"]) == ("menunggu", None)
    assert period_row(id, last_month())["counts_from"].isoformat() == second["happened_at"]
    # Sent twice it is one; and what is gone is not replaced a second time.
    again = call("petugas", "satudata_deposit_create", upload=upload(), replaces=first["id"],
                 idempotency_key="k", **data)
    assert again["id"] == second["id"]
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", kind="nil", replaces=first["id"], **data)
    assert "replaces" in refused.value.error_dict
    assert store.find(obligations=[id], status=store.WAITING)[0] == 1


def test_a_file_of_a_draft_is_taken_back_there(kota, call, upload):
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], user={"name": "petugas"})
    id = kota.item()
    obligations.link(id, dataset["id"], kota.system)
    model.Session.commit()
    resource = call("petugas", "resource_create", package_id=dataset["id"], upload=upload(),
                    url="data.csv", periode=last_month(), jenis_berkas="data")
    [came] = store.find(obligations=[id])[1]
    assert (came["attached"], came["status"]) == (True, "menunggu")
    named = {"replaces": str(came["id"]), "obligation_id": str(id), "period": last_month()}
    for action, data, field in (
        ("satudata_deposit_withdraw", {"id": str(came["id"])}, "id"),
        ("satudata_deposit_create", {"kind": "nil", **named}, "replaces"),
    ):
        with pytest.raises(tk.ValidationError) as refused:
            call("petugas", action, **data)
        assert "Remove the file" in str(refused.value.error_dict[field])
    call("petugas", "resource_delete", id=resource["id"])
    call("petugas", "satudata_deposit_create", kind="nil", **named)
    assert call("petugas", "satudata_deposit_show", id=str(came["id"]))["status"] == "ditarik"


def test_a_correction_leaves_the_accepted_one_and_its_time(kota, call):
    id = kota.item()
    data = {"obligation_id": str(id), "kind": "nil", "period": last_month()}
    first = call("petugas", "satudata_deposit_create", **data)
    call("wali", "satudata_deposit_accept", id=first["id"])
    second = call("petugas", "satudata_deposit_create", replaces=first["id"], **data)
    assert second["replaces"] == first["id"]
    assert call("petugas", "satudata_deposit_show", id=first["id"])["status"] == "diterima"
    assert period_row(id, last_month())["counts_from"].isoformat() == first["happened_at"]
    assert call("wali", "satudata_deposit_accept", id=second["id"])["status"] == "diterima"


def test_a_replacement_of_a_mended_one_still_counts_from_the_first_time(kota, call):
    id = kota.item()
    data = {"obligation_id": str(id), "kind": "nil", "period": last_month()}
    first = call("petugas", "satudata_deposit_create", **data)
    call("wali", "satudata_deposit_return", id=first["id"], note="angka belum lengkap")
    second = call("petugas", "satudata_deposit_create", **data)
    call("petugas", "satudata_deposit_create", replaces=second["id"], **data)
    assert period_row(id, last_month())["counts_from"].isoformat() == first["happened_at"]


@pytest.mark.parametrize("period", ["2026-TW3", "2999-01", "kemarin"])
def test_a_refused_period_says_in_words_which_are_open(kota, call, period):
    id = kota.item(valid_from=dt.date(2026, 10, 1))
    open_ones = [one for one in owed.open_of(id) if one.first <= clock.city_today()]
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil",
             period=period)
    said = " ".join(refused.value.error_dict["period"])
    assert open_ones
    assert all(label(one.code, "en") in said or label(one.code) in said for one in open_ones)


def test_unchanged_is_refused_the_third_time_running(kota, call, upload):
    id = kota.item(valid_from=dt.date(2026, 1, 1))
    call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-01",
         upload=upload())
    for period in ("2026-02", "2026-03"):
        call("petugas", "satudata_deposit_create", obligation_id=str(id), period=period,
             kind="unchanged")
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-04",
             kind="unchanged")
    call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-04", kind="nil")
    assert call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-05",
                kind="unchanged")


def test_unchanged_is_counted_once_more_when_nobody_else_deposits(
    kota, call, upload, app, monkeypatch
):
    """Of two at once for different periods, the second finds the first."""
    id = kota.item(valid_from=dt.date(2026, 1, 1))
    call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-01",
         upload=upload())
    call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-02",
         kind="unchanged")
    held = replacing.held

    def just_before(*asked):
        other = Person(app, lambda: store.create(id, "2026-03", "unchanged", kota.system))
        other.start()
        other.ended()
        return held(*asked)

    monkeypatch.setattr(replacing, "held", just_before)
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", obligation_id=str(id), period="2026-04",
             kind="unchanged")
    assert list(refused.value.error_dict) == ["kind"]
    _, came = store.find(obligations=[id])
    assert {row["period"] for row in came} == {"2026-01", "2026-02", "2026-03"}


def test_without_a_period_the_oldest_ended_open_one_is_meant(kota, call):
    id = kota.item(valid_from=clock.city_today().replace(month=1, day=1))
    oldest = min(owed.open_of(id))
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil")
    assert (deposit["period"], deposit["inferred"]) == (oldest.code, True)
    assert oldest not in owed.open_of(id)


def test_a_returned_deposit_is_owed_again_and_its_correction_counts_from_its_time(kota, call):
    id = kota.item()
    code = last_month()
    first = call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil",
                 period=code)
    returned = call("wali", "satudata_deposit_return", id=first["id"], note="angka belum lengkap")
    assert returned["status"] == "dikembalikan"
    assert code in {period.code for period in owed.open_of(id)}

    call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil", period=code)

    counted = period_row(id, code)
    assert counted["counts_from"].isoformat() == first["happened_at"]


def test_a_return_needs_its_reason(kota, call):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
    with pytest.raises(tk.ValidationError) as refused:
        call("wali", "satudata_deposit_return", id=deposit["id"], note="  ")
    assert "note" in refused.value.error_dict


READERS = {
    "petugas": 1, "kepala": 1, "anggota": 1, "lain": 0, "wali": 1, "koor": 0,
}


@pytest.mark.parametrize(("person", "number"), READERS.items())
def test_a_waiting_deposit_is_seen_by_its_office_and_the_walidata(kota, call, person, number):
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), kind="nil")
    assert call(person, "satudata_deposit_list")["count"] == number
    if number:
        assert call(person, "satudata_deposit_show", id=deposit["id"])["id"] == deposit["id"]
    else:
        for action in ("satudata_deposit_show", "satudata_deposit_withdraw"):
            assert refusal(call, person, action, id=deposit["id"]) == refusal(
                call, person, action, id=NOBODY)


def refusal(call, person, action, **data):
    """The kind and the words of a refusal."""
    with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError)) as refused:
        call(person, action, **data)
    return type(refused.value), str(refused.value)


#: Actions about an item or its deposit, with the parameter that names it.
NAMED = {
    "satudata_deposit_create": "obligation_id", "satudata_obligation_excuse": "id",
    "satudata_obligation_update": "id", "satudata_obligation_retire": "id",
    "satudata_obligation_link": "id",
    "satudata_deposit_show": "id", "satudata_deposit_withdraw": "id",
    "satudata_deposit_accept": "id", "satudata_deposit_return": "id",
    "satudata_deposit_assign": "id", "satudata_file_check": "deposit_id",
}


@pytest.mark.parametrize("person", ["", "lain"])
@pytest.mark.parametrize("action", NAMED)
def test_a_closed_item_answers_strangers_as_if_it_was_not_there(kota, call, action, person):
    item = kota.item(klasifikasi_akses="tertutup")
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(item), kind="nil")
    about_deposit = action != "satudata_deposit_create" and "obligation" not in action
    id = deposit["id"] if about_deposit else str(item)
    more = {"note": "a", "reason": "a", "period": "2026-01", "kind": "nil"}
    assert refusal(call, person, action, **{**more, NAMED[action]: id}) == refusal(
        call, person, action, **{**more, NAMED[action]: NOBODY})


def period_row(id, code):
    import sqlalchemy as sa

    from ckanext.satudata.deposits.model import state

    return model.Session.execute(
        sa.select(state).where(
            state.c.obligation == id, state.c.period == code, state.c.closed_by.is_(None)
        )
    ).mappings().one()


def test_the_report_counts_a_deposit_from_the_moment_it_came(kota, call):
    id = kota.item(valid_from=clock.city_today())
    quarter = Quarter.of(clock.city_today())
    before = clock.now()
    call("petugas", "satudata_deposit_create", obligation_id=str(id), kind="nil",
         period=clock.city_today().strftime("%Y-%m"))
    due_in = Quarter.of(period_row(id, clock.city_today().strftime("%Y-%m"))["last_day"])

    def states(as_of):
        report = helpers.call_action(
            "satudata_compliance_report", quarter=due_in.code,
            **({"as_of": as_of.isoformat()} if as_of else {}),
        )
        return {
            period["period"]: period["status"]
            for item in report["obligations"] for period in item["periods"]
        }

    code = clock.city_today().strftime("%Y-%m")
    assert states(None)[code] == "on_time"
    assert states(before)[code] == "pending"
    assert quarter.index <= due_in.index


def test_a_dataset_with_a_frequency_is_an_item_until_there_is_a_daftar_data(kota, call):
    dataset = factories.Dataset(
        owner_org=kota.dinkes["id"], title="Jumlah posyandu", frekuensi="triwulanan",
        klasifikasi_akses="terbuka",
    )
    id = obligations.of_dataset(dataset["id"])
    assert id is not None
    terms = obligations.latest([id])[id]
    assert (terms.title, terms.frekuensi) == ("Jumlah posyandu", "triwulanan")
    assert terms.klasifikasi_akses == "tertutup", "named to nobody before the dataset is public"
    kota.item("Dari daftar", register_year=clock.city_today().year)
    other = factories.Dataset(owner_org=kota.dinkes["id"], frekuensi="triwulanan")
    assert obligations.of_dataset(other["id"]) is None


@pytest.mark.parametrize("register", [False, True])
def test_an_item_that_ended_with_its_dataset_goes_on_when_that_is_restored(kota, call, register):
    """Unless there is a register by then: it alone says what is owed."""
    sysadmin = factories.Sysadmin()["name"]
    dataset = factories.Dataset(
        owner_org=kota.dinkes["id"], frekuensi="triwulanan", klasifikasi_akses="terbuka")
    [id] = obligations.all_of_dataset(dataset["id"])
    standing = obligations.latest_of(id)
    call(sysadmin, "package_delete", id=dataset["id"])
    assert obligations.latest_of(id).valid_until == clock.city_today()
    assert owed.open_of(id) == []
    if register:
        kota.item("Dari daftar", register_year=clock.city_today().year)
    call(sysadmin, "package_patch", id=dataset["id"], state="active")
    assert obligations.all_of_dataset(dataset["id"]) == [id]
    now = obligations.latest_of(id)
    assert now.valid_until == (clock.city_today() if register else None)
    assert register or (now == standing and owed.open_of(id))


def test_an_item_that_was_to_end_anyway_still_does_when_its_dataset_is_restored(kota, call):
    sysadmin = factories.Sysadmin()["name"]
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], frekuensi="triwulanan")
    [id] = obligations.all_of_dataset(dataset["id"])
    ends = clock.city_today() + dt.timedelta(days=200)
    obligations.retire(id, ends, "Selesai.", kota.system)
    model.Session.commit()
    call(sysadmin, "package_delete", id=dataset["id"])
    call(sysadmin, "package_patch", id=dataset["id"], state="active")
    assert obligations.latest_of(id).valid_until == ends


@pytest.mark.parametrize(("year", "state"), [(2026, "active"), (None, "deleted")])
def test_what_stands_on_the_daftar_data_is_not_deleted_by_its_office_alone(
    kota, call, year, state
):
    dataset = factories.Dataset(owner_org=kota.dinkes["id"], user={"name": "petugas"})
    obligations.link(kota.item(register_year=year), dataset["id"], kota.system)
    model.Session.commit()
    call("petugas", "package_delete", id=dataset["id"])
    assert model.Package.get(dataset["id"]).state == state


@pytest.mark.parametrize("frekuensi", [
    "harian", "mingguan", "dua_mingguan", "bulanan", "dua_bulanan", "triwulanan", "empat_bulanan",
    "semesteran", "tahunan", "dua_tahunan", "tiga_tahunan", "empat_tahunan", "lima_tahunan",
    "sepuluh_tahunan", "terus_menerus",
])
def test_an_item_of_every_rhythm_takes_a_deposit_without_a_period(kota, call, frekuensi):
    id = str(kota.item(frekuensi=frekuensi))
    deposit = call("petugas", "satudata_deposit_create", obligation_id=id, kind="nil")
    assert deposit["inferred"]
    again = call("petugas", "satudata_deposit_create", obligation_id=id, kind="nil",
                 period=deposit["period"], replaces=deposit["id"])
    assert again["period"] == deposit["period"]


def test_asking_to_open_a_dataset_does_not_name_its_item(kota, call):
    dataset = factories.Dataset(
        owner_org=kota.dinkes["id"], title="Rahasia sekali", frekuensi="bulanan",
        klasifikasi_akses="tertutup",
    )
    def named() -> bool:
        found = call("", "satudata_obligation_list", q="Rahasia")
        return bool(found["results"])

    assert not named()
    call("petugas", "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    assert not named(), "opening waits for the verification"
