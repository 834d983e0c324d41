"""The PPID's determination: who, of what, with what; and the countdown until there is one."""
from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.satudata.access import closing, closures, deciding, determination
from ckanext.satudata.access.model import access_request, closure
from ckanext.satudata.journal import events
from ckanext.satudata.journal.clock import city_today
from ckanext.satudata.schema import codes

from .town import CLOSED, Town, call, uncommitted

pytestmark = pytest.mark.usefixtures("strict")

WAITING = {
    "alasan_pengecualian": "menunggu_penetapan", "uraian_alasan": "Memuat riwayat kesehatan.",
    "pejabat_ppid": "Kepala Dinas Komunikasi dan Informatika",
}


def days(number: int) -> str:
    return (city_today() + dt.timedelta(days=number)).isoformat()


EVIDENCE = {
    **WAITING, "alasan_pengecualian": "kip_17h", "dasar_hukum_pengecualian": "UU 14/2008 pasal 17",
    "nomor_uji_konsekuensi": "188/45/PPID/2026",
}


def evidence() -> dict[str, str]:
    return {
        **EVIDENCE, "alasan_pengecualian": CLOSED["alasan_pengecualian"],
        "tanggal_uji_konsekuensi": days(0), "jangka_waktu_mulai": days(0),
        "jangka_waktu_akhir": days(700), "tanggal_tinjau_ulang": days(300),
    }


def waiting(town: Town, stage: str = "verified", klass: str = "tertutup") -> dict[str, Any]:
    more = {"opd_diizinkan": [town.other["name"]]} if klass == "terbatas" else {}
    return getattr(town, stage)(klasifikasi_akses=klass, **WAITING, **more)


def determine(town: Town, dataset: dict[str, Any], person: str = "ppid", **data: Any) -> Any:
    return call(town[person], "satudata_determine", id=dataset["id"], **data)


def listed(town: Town, person: str, **data: Any) -> dict[str, dict[str, Any]]:
    rows = call(town[person], "satudata_closure_list", limit=100, **data)["results"]
    return {row["package_id"]: row for row in rows}


def history(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    return events.history([("dataset", dataset["id"])])


# --- recording it -------------------------------------------------------------------------------


def test_a_determination_ends_the_waiting_and_stays_verified(town: Town) -> None:
    dataset = waiting(town)
    assert closures.get(dataset["id"]).waiting_until == city_today() + dt.timedelta(days=90)
    answer = determine(town, dataset, **evidence(), content_hash=dataset["content_hash"])
    assert {name: answer[name] for name in evidence()} == evidence()
    assert (answer["status_alur"], answer["private"]) == ("terverifikasi", True)
    assert closures.get(dataset["id"]) == closing.Terms(
        None, None, city_today() + dt.timedelta(days=700),
        city_today() + dt.timedelta(days=300))
    event = history(dataset)[-1]
    assert (event["type"], event["by"]) == ("dataset.determined", town["ppid"]["id"])
    assert event["hash"] == dataset["content_hash"] != answer["content_hash"]
    assert event["data"]["old"]["alasan_pengecualian"] == "menunggu_penetapan"
    assert event["data"]["new"]["nomor_uji_konsekuensi"] == "188/45/PPID/2026"
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)["results"]
    assert dataset["id"] not in {row["id"] for row in queue}, "the PPID's word needs no second look"


def test_what_later_rooms_have_of_the_dataset_is_locked_before_anything_is_written(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = waiting(town)
    before, seen = len(history(dataset)), []
    monkeypatch.setattr(deciding, "HOLDERS", [
        *deciding.HOLDERS, lambda id: seen.append((id, len(history(dataset))))])
    determine(town, dataset, **evidence())
    assert seen == [(dataset["id"], before)]
    assert len(history(dataset)) > before


def test_what_else_had_changed_waits_for_the_walidata_still(town: Town) -> None:
    dataset = waiting(town)
    call(town["editor"], "package_patch", id=dataset["id"], notes="Keterangan lain.")
    determine(town, dataset, **evidence())
    queue = call(town["walidata"], "satudata_verification_queue", limit=100)["results"]
    assert dataset["id"] in {row["id"] for row in queue}


@pytest.mark.parametrize(("stage", "becomes"), [
    ("verified", "diajukan"), ("submitted", "diajukan"), ("with_file", "draf")])
def test_what_is_to_be_opened_goes_to_verification_and_is_not_opened(
    town: Town, stage: str, becomes: str
) -> None:
    dataset = waiting(town, stage)
    answer = determine(town, dataset, decision="open", note="Tidak ada akibat.")
    assert (answer["status_alur"], answer["private"]) == (becomes, True)
    assert answer["klasifikasi_akses"] == "terbuka"
    assert not answer.get("alasan_pengecualian"), "the reason for closing is gone, not lost:"
    found = [one for one in history(dataset) if one["type"] == "dataset.determined"]
    assert [one["note"] for one in found] == ["Tidak ada akibat."]
    assert found[0]["data"]["old"]["uraian_alasan"] == WAITING["uraian_alasan"]
    with pytest.raises(tk.ObjectNotFound):
        call(town["pembina"], "package_show", id=dataset["id"])
    assert dataset["id"] not in listed(town, "ppid")
    if becomes == "diajukan":
        call(town["walidata2"], "satudata_dataset_verify", id=dataset["id"],
             content_hash=answer["content_hash"])
        assert town.show(dataset)["private"] is False
        assert closures.get(dataset["id"]) == closing.Terms()


def test_that_it_stays_closed_answers_a_wish_to_open(town: Town) -> None:
    dataset = waiting(town)
    call(town["editor"], "package_patch", id=dataset["id"], klasifikasi_akses="terbuka")
    answer = determine(town, dataset, **evidence())
    assert (answer["klasifikasi_akses"], answer["private"]) == ("tertutup", True)


PEOPLE = {
    "ppid": "done", "sysadmin": "done", "walidata": "not theirs", "koordinator": "not theirs",
    "editor": "not theirs", "member": "not theirs", "pembina": "none", "outsider": "none",
    "other_editor": "none", None: "none",
}


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_who_determines(town: Town, person: str | None) -> None:
    if "waiting" not in town.kept:
        town.kept["waiting"] = waiting(town, "with_file")
    dataset = town.kept["waiting"]
    before = history(dataset)
    try:
        call(town[person] if person else None, "satudata_determine", id=dataset["id"],
             **evidence())
    except tk.NotAuthorized:
        answer = "not theirs"
    except tk.ObjectNotFound:
        answer = "none"
    else:
        answer = "done"
    assert answer == PEOPLE[person]
    assert (history(dataset) == before) is (answer != "done")


WRONG = {
    "no number": ({"nomor_uji_konsekuensi": ""}, "nomor_uji_konsekuensi"),
    "still waiting": ({"alasan_pengecualian": "menunggu_penetapan"}, "alasan_pengecualian"),
    "a reason of no list": ({"alasan_pengecualian": "karena"}, "alasan_pengecualian"),
    "ends before it begins": ({"jangka_waktu_akhir": "2020-01-01"}, "jangka_waktu_akhir"),
    "review after the end": ({"tanggal_tinjau_ulang": "2040-01-01"}, "tanggal_tinjau_ulang"),
    "no date": ({"jangka_waktu_mulai": "besok"}, "jangka_waktu_mulai"),
    "another content": ({"content_hash": "0" * 64}, "content_hash"),
    "no such decision": ({"decision": "maybe"}, "decision"),
    "opening without a reason": ({"decision": "open"}, "note"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_on_its_field_and_nothing_is_written(town: Town, case: str) -> None:
    if "undetermined" not in town.kept:
        town.kept["undetermined"] = waiting(town)
    dataset = town.kept["undetermined"]
    before = town.show(dataset), history(dataset), closures.get(dataset["id"])
    fields, field = WRONG[case]
    with pytest.raises(tk.ValidationError) as error:
        determine(town, dataset, **{**evidence(), **fields})
    assert field in error.value.error_dict
    assert (town.show(dataset), history(dataset), closures.get(dataset["id"])) == before


def test_only_what_is_not_open_is_determined(town: Town) -> None:
    with pytest.raises(tk.ValidationError):
        determine(town, town.shared("verified"), **evidence())


def test_the_fields_are_those_of_the_access_rules() -> None:
    rules = codes.access_rules()["private_evidence"]
    assert set(evidence()) == set(rules["required"])
    assert set(determination.evidence_fields()) == {*rules["required"], *rules["recommended"]}


# --- counting down ------------------------------------------------------------------------------


def test_other_dates_and_reasons_in_between_win_no_time(town: Town) -> None:
    with uncommitted():
        dataset = waiting(town, "with_file")
    begun = city_today() - dt.timedelta(days=80)
    model.Session.execute(
        sa.update(closure).where(closure.c.package_id == dataset["id"])
        .values(waiting_since=begun))
    model.Session.commit()
    for change in (
        {"jangka_waktu_mulai": days(0), "jangka_waktu_akhir": days(60)},
        {"alasan_pengecualian": CLOSED["alasan_pengecualian"]}, WAITING,
        {"klasifikasi_akses": "terbuka"}, {"klasifikasi_akses": "tertutup"},
    ):
        call(town["editor"], "package_patch", id=dataset["id"], **change)
    assert closures.get(dataset["id"]).waiting_until == begun + dt.timedelta(days=90)


SEEN = {
    "ppid": True, "walidata": True, "koordinator": True, "pimpinan": True, "sysadmin": True,
    "editor": True, "member": True, "parent_admin": True, "parent_editor": False,
    "other_editor": False, "pembina": False, "outsider": False,
}


def test_who_sees_what_waits(town: Town) -> None:
    with uncommitted():
        dataset = waiting(town, "draft")
    for person, seen in SEEN.items():
        row = listed(town, person, kind="waiting").get(dataset["id"])
        assert (row is not None) is seen, person
        if row:
            assert (row["title"], row["days"]) == (dataset["title"], 90), person
    with pytest.raises(tk.NotAuthorized):
        call(None, "satudata_closure_list")


def test_what_ends_is_listed_the_soonest_first_until_somebody_decides(town: Town) -> None:
    model.Session.execute(sa.delete(closure))
    model.Session.execute(sa.delete(access_request))
    model.Session.commit()
    today = city_today()
    over, soon, later = (
        town.draft(klasifikasi_akses="tertutup", **{
            **CLOSED, "jangka_waktu_akhir": days(number), "tanggal_tinjau_ulang": days(number - 1),
        }) for number in (-40, 10, 100)
    )
    found = [(one.kind, one.package_id) for one in closures.ending(today)]
    assert found == [("review", over["id"]), ("closure", over["id"])]
    ids = {one.package_id for one in closures.ending(today + dt.timedelta(days=30))}
    assert ids == {over["id"], soon["id"]}
    rows = call(town["ppid"], "satudata_closure_list", kind="closure")["results"]
    assert [(row["package_id"], row["days"]) for row in rows] == [
        (over["id"], -40), (soon["id"], 10), (later["id"], 100)]
    assert town.show(over)["private"] is True, "a machine opens nothing"
    call(town["editor"], "package_delete", id=over["id"])
    assert over["id"] not in {one.package_id for one in closures.ending(today)}


def test_what_is_granted_is_listed_when_it_ends(town: Town) -> None:
    dataset = town.verified(
        klasifikasi_akses="terbatas", opd_diizinkan=[town.third["name"]], **CLOSED)
    asked = call(town["other_editor"], "satudata_access_request_create", package_id=dataset["id"],
                 reason="Perlu.")
    call(town["walidata"], "satudata_access_request_grant", id=asked["id"], until=days(7))
    today = city_today()
    for day, listed in ((6, False), (7, True), (30, True)):
        found = [one for one in closures.ending(today + dt.timedelta(days=day))
                 if one.kind == closing.GRANT]
        assert bool(found) is listed, day
        assert all((one.request, one.organization, one.last_day) == (
            asked["id"], town.other["id"], today + dt.timedelta(days=7)) for one in found)
    call(town["editor"], "satudata_access_request_revoke", id=asked["id"], reason="-")
    assert not [one for one in closures.ending(today + dt.timedelta(days=30))
                if one.kind == closing.GRANT]
