"""A link as a deposit: fetched once to a file that waits like an upload, or refused in words."""
from __future__ import annotations

import hashlib
import itertools

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.exceptions import CkanConfigurationException
from ckan.plugins import toolkit as tk
from ckan.tests import factories, helpers

from ckanext.satudata import config
from ckanext.satudata.access import links
from ckanext.satudata.access.addresses import LONGEST
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.deposits import files
from ckanext.satudata.deposits.model import deposit as table
from ckanext.satudata.journal.model import event
from tests.access.serving_files import CSV, leads_to, running, sends


@pytest.fixture
def server(monkeypatch, with_plugins):
    monkeypatch.setitem(tk.config, "ckanext.satudata.fetch.allow", ["127.0.0.1"])
    with running() as found:
        yield found


def test_a_link_is_fetched_to_a_file_that_waits_and_is_published_byte_for_byte(
    kota, call, server
):
    url = server.at("/balita.csv", sends())
    deposit = call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), url=url)
    assert (deposit["status"], deposit["filename"]) == ("menunggu", "balita.csv")
    assert deposit["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert deposit["checks"]["status"] == inspections.WAITING, "it is looked at like an upload"
    stored, kept_url = model.Session.execute(
        sa.select(table.c.resource_id, table.c.url)).one()
    assert kept_url == url

    # Whatever happens at the link afterwards: what was looked at is what is published.
    server.at("/balita.csv", sends(b"kode,jumlah\n1,9\n"))
    accepted = call("wali", "satudata_deposit_accept", id=deposit["id"], sha256=deposit["sha256"])
    assert accepted["resource_id"] == stored
    with files.opened(stored) as file:
        assert file.read() == CSV
    [resource] = helpers.call_action("package_show", id=accepted["package_id"])["resources"]
    assert resource["url_type"] == "upload"
    assert [path for path, _ in server.asked] == ["/balita.csv"], "fetched once"


@pytest.mark.parametrize("person", ["anggota", "lain", "wali", "koor"])
def test_who_may_not_deposit_lets_the_portal_fetch_nothing(kota, call, server, person):
    with pytest.raises(tk.NotAuthorized):
        call(person, "satudata_deposit_create", obligation_id=str(kota.item()),
             url=server.at("/x.csv", sends()))
    assert not server.asked


@pytest.mark.parametrize("klass", ["terbatas", "tertutup"])
@pytest.mark.parametrize("person", ["petugas", "kepala"])
def test_what_is_not_open_is_deposited_as_an_upload_only(kota, call, server, klass, person):
    with pytest.raises(tk.ValidationError) as refused:
        call(person, "satudata_deposit_create", url=server.at("/x.csv", sends()),
             obligation_id=str(kota.item(klasifikasi_akses=klass)))
    assert "url" in refused.value.error_dict
    assert not server.asked


@pytest.mark.parametrize(("given", "taken"), [("terbuka", True), ("terbatas", False),
                                              ("tertutup", False)])
def test_of_a_dataset_its_own_class_counts(kota, call, server, given, taken):
    dataset = factories.Dataset(
        owner_org=kota.dinkes["id"], klasifikasi_akses=given, frekuensi="bulanan")
    sent = {"package_id": dataset["id"], "url": server.at("/x.csv", sends())}
    if taken:
        assert call("petugas", "satudata_deposit_create", **sent)["kind"] == "file"
    else:
        with pytest.raises(tk.ValidationError):
            call("petugas", "satudata_deposit_create", **sent)


REFUSED = {
    "no file": ("/x.csv", sends(b"", 404)),
    "empty": ("/x.csv", sends(b"")),
    "titles only": ("/x.csv", sends(b"kode,jumlah\n")),
    "a page": ("/x.csv", sends(b"<html>", content_type="text/html")),
    "a kind that is not taken": ("/x.exe", sends(content_type="application/octet-stream")),
    "inwards": ("/x.csv", leads_to("http://169.254.169.254/latest/")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_fetched_is_no_deposit_and_says_why(kota, call, server, what):
    id = str(kota.item())
    before = model.Session.execute(sa.select(sa.func.max(event.c.seq))).scalar()
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", obligation_id=id, url=server.at(*REFUSED[what]))
    assert refused.value.error_dict["url"]
    model.Session.rollback()
    assert not model.Session.execute(sa.select(table.c.id)).first()
    assert model.Session.execute(sa.select(sa.func.max(event.c.seq))).scalar() == before


@pytest.mark.parametrize("kind", ["nil", "unchanged"])
def test_only_a_file_has_a_link(kota, call, kind):
    with pytest.raises(tk.ValidationError) as refused:
        call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()), kind=kind,
             url="https://data.go.id/x.csv")
    assert "url" in refused.value.error_dict


def test_an_address_longer_than_any_is_refused(kota, call):
    with pytest.raises(tk.ValidationError):
        call("petugas", "satudata_deposit_create", obligation_id=str(kota.item()),
             url="https://data.go.id/" + "x" * LONGEST)


@pytest.mark.parametrize(("address", "mimetype", "filename"), [
    ("/data.csv", "application/octet-stream", "data.csv"),
    ("/unduh", "text/csv", "unduh.csv"), ("/", "text/csv", "berkas.csv"),
    ("/api.php", "application/json", "api.json"),
    ("/x.xlsx", "text/csv", "x.xlsx"), ("/unduh", "", "unduh"),
])
def test_the_format_is_that_of_the_name_else_of_what_the_server_says(
    server, address, mimetype, filename
):
    found = links.fetched(server.at(address, sends(content_type=mimetype)))
    found.close()
    assert found.filename == filename


def test_the_portals_limit_of_size_holds(server, monkeypatch):
    monkeypatch.setitem(tk.config, "ckan.max_resource_size", 1)
    with pytest.raises(links.FetchError) as refused:
        links.fetched(server.at("/x.csv", sends(b"0" * (1024 * 1024 + 1))))
    assert refused.value.code == "size"


def test_each_error_of_the_client_has_its_words(with_plugins):
    import re
    from pathlib import Path

    from ckanext.satudata.access import addresses, fetching

    said = set(itertools.chain.from_iterable(
        re.findall(r'(?:Fetch|Address)Error\(.*?"(\w+)"', Path(str(one.__file__)).read_text())
        for one in (addresses, fetching)
    ))
    assert {"address", "size", "status", "time"} <= said
    assert said - {"size", "status"} <= set(links.MESSAGES)


@pytest.mark.parametrize(("value", "good"), [
    ([], True), (["10.0.0.0/8", "fd00::/8", "192.168.7.12"], True), (["intranet"], False),
])
def test_the_option_names_networks(with_plugins, monkeypatch, value, good):
    monkeypatch.setitem(tk.config, "ckanext.satudata.fetch.allow", value)
    if good:
        assert len(config.fetch_allow()) == len(value)
    else:
        with pytest.raises(CkanConfigurationException):
            config.fetch_allow()


def test_the_form_takes_a_link(kota, app, server):
    token = helpers.call_action("api_token_create", {"user": "petugas"}, user="petugas", name="t")
    url = server.at("/form.csv", sends())
    answer = app.post(
        f"/satudata/setor/{kota.item()}", data={"kind": "file", "url": url},
        headers={"Authorization": token["token"]}, follow_redirects=False,
    )
    assert answer.status_code == 302
    assert model.Session.execute(sa.select(table.c.url)).scalar_one() == url
