"""Plugins that stand beside ours on many portals, and every way out that they add.

``ckanext-dcat`` gives datasets as RDF, as structured data and as Croissant; ``ckanext-harvest``
keeps everything that it brought as it came. Both are installed for the tests alone.
"""
from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import search

from ckanext.satudata.access.reading import Sight

from ..town import call, job
from . import people
from .people import Person
from .things import Sealed, Thing, marked, word
from .ways import Gives, Listing, Single

PLUGINS = (
    "satudata scheming_datasets scheming_organizations activity tracking datastore text_view "
    "image_view datatables_view dcat dcat_json_interface structured_data croissant harvest "
    "ckan_harvester"
)
RDF = ("ttl", "rdf", "xml", "jsonld", "n3")

_PUBLIC, _META = Gives.PUBLIC, Sight.METADATA

LISTINGS = (
    *(Listing(f"/catalog.{name}", {}, _PUBLIC) for name in RDF),
    Listing("/catalog.ttl?page=1&q={stem}*"),
    Listing("/catalog.ttl?page=2"),
    Listing("/catalog.ttl?fq=capacity:private"),
    Listing("/catalog.jsonld?fq=%2Bcapacity:(private OR public) %2Bstate:*", {}, _PUBLIC),
    Listing("/catalog.jsonld?modified_since=2020-01-01", {}, _PUBLIC),
    Listing("/catalog.jsonld?profiles=schemaorg", {}, _PUBLIC),
    Listing("/catalog.jsonld?profiles=croissant", {}, _PUBLIC),
    Listing("/dcat.json", {}, _PUBLIC),
    Listing("/api/3/action/dcat_catalog_search?format=jsonld&q=*:* OR capacity:private", {},
            _PUBLIC),
    Listing("/api/3/action/dcat_catalog_show?format=xml&fq=capacity:private"),
    Listing("/sitemap.xml"),
    Listing("/harvest"),
    Listing("/harvest/{source}"),
    Listing("/harvest/about/{source}"),
    Listing("/harvest/admin/{source}"),
    Listing("/harvest/{source}/job"),
    Listing("/harvest/{source}/job/last"),
    Listing("/harvest/{source}/job/{job}"),
    Listing("package_search", {"fq": "dataset_type:harvest", "include_private": True}),
    Listing("package_search", {"fq": "+dataset_type:harvest +status:*{stem}*"}),
    Listing("package_search", {"fq": "harvest_source_id:{source_id}", "rows": 100}),
    Listing("package_show", {"id": "{source}"}),
    Listing("harvest_source_list", {"return_last_job_status": True}),
    Listing("harvest_source_show", {"id": "{source}"}),
    Listing("harvest_source_show_status", {"id": "{source_id}"}),
    Listing("harvest_job_list", {"source_id": "{source_id}"}),
    Listing("harvest_job_show", {"id": "{job}"}),
    Listing("harvest_job_report", {"id": "{job}"}),
    Listing("harvest_object_list", {}),
    Listing("harvest_object_list", {"source_id": "{source_id}", "only_current": False}),
)

SINGLES = (
    *(Single(f"/dataset/{{slug}}.{name}", {}, _META, "judul") for name in RDF),
    Single("/dataset/{id}.jsonld?profiles=schemaorg", {}, _META, "judul"),
    Single("/dataset/{id}.jsonld?profiles=croissant", {}, _META, "judul"),
    Single("/dataset_series/{slug}.ttl", {}, _META, "judul"),
    Single("/dataset/{slug}/croissant.jsonld", {}, _META, "judul"),
    # With the structured data in them.
    Single("/dataset/{slug}", {}, _META, "judul"),
    Single("/catalog.ttl?q={judul}"),
    Single("/catalog.ttl?fq=name:{slug}"),
    Single("dcat_dataset_show", {"id": "{slug}", "format": "ttl"}, _META, "judul"),
    Single("harvest_object_show", {"dataset_id": "{slug}"}),
    Single("harvest_object_show", {"id": "{id}", "attr": "guid"}),
    Single("harvest_object_show", {"id": "{id}", "attr": "package_id"}),
    Single("harvest_object_show", {"id": "{object}"}),
    Single("harvest_object_show", {"id": "{older}"}),
    Single("harvest_object_show", {"id": "{failed}"}),
    Single("/harvest/object/{object}"),
    Single("/harvest/object/{older}"),
    Single("/harvest/object/{failed}"),
    Single("/dataset/harvest_object/{slug}"),
    Single("/api/3/action/harvest_object_show?dataset_id={id}"),
)

HARMLESS = {
    "dcat_datasets_list": "the action behind /dcat.json",
    "harvest_log_list": "for sysadmins",
    "harvest_source_reindex": "does something, and shows nothing",
    "harvest_sources_reindex": "does something, and shows nothing",
    "harvesters_info_show": "of the harvesters that are installed",
    "harvest_get_notifications_recipients": "for sysadmins: of users",
    "harvester.clear": "does something, and shows nothing",
    "harvester.delete": "does something, and shows nothing",
    "harvester.job_abort": "does something, and shows nothing",
    "harvester.refresh": "does something, and shows nothing",
    "harvest.new": "an empty form",
    "harvest.edit": "a form of the source",
    "harvest.delete": "a question",
    "harvest.resources": "a source has no files",
    "harvest.groups": "groups of the source",
    "harvest.followers": "of users",
    "harvest.collaborators_read": "of users, for admins of the source",
    "harvest.new_collaborator": "of users, for admins of the source",
    "harvest.collaborator_delete": "of users, for admins of the source",
}


def plant(sealed: Sealed) -> None:
    """A source that brought every dataset, twice, and once in vain; each time whole."""
    from ckanext.harvest import model as harvest

    names = sealed.names
    source = call(
        sealed.town["sysadmin"], "harvest_source_create", name="sumber-panen", title="Sumber",
        url="https://sumber.example.go.id", source_type="ckan", owner_org=sealed.town.office["id"],
    )
    kept = harvest.HarvestSource.get(source["id"])
    task = harvest.HarvestJob(source=kept, status="Finished")
    model.Session.add(task)
    model.Session.flush()
    for thing in sealed.datasets:
        content = json.dumps({
            **marked(thing.number), "id": thing.ids["id"], "resources": [
                {"name": word(thing.number, "isi"), "url": f"https://x.id/{thing.ids['id']}"}]})
        for name, more in (
            ("object", {"package_id": thing.ids["id"], "current": True}),
            ("older", {"package_id": thing.ids["id"], "current": False}),
            ("failed", {"current": False, "report_status": "errored"}),
        ):
            found = harvest.HarvestObject(
                guid=thing.ids["id"], content=content, job=task, source=kept, state="COMPLETE",
                **more)
            model.Session.add(found)
            model.Session.flush()
            thing.ids[name] = found.id
        if not thing.public:
            model.Session.add(harvest.HarvestObjectError(
                harvest_object_id=thing.ids["failed"], stage="Import",
                message=f"Invalid {thing.ids['id']}: Judul {word(thing.number, 'judul')}"))
    model.Session.commit()
    names |= {"source": source["name"], "source_id": source["id"], "job": task.id}
    for id in (source["id"], *(thing.ids["id"] for thing in sealed.datasets)):
        search.rebuild(id, defer_commit=True)
    search.commit()


def reads_objects(thing: Thing, person: Person) -> bool:
    """Whether somebody reads what came for a dataset: they read its drafts, with their files."""
    return people.sight(
        person, office=thing.office, klass=thing.klass, verified=False, deleted=thing.deleted,
    ) is Sight.ALL


def run(source: dict[str, Any]) -> list[Any]:
    """Harvest a source, as harvest's own processes do; what came, as it is now."""
    from ckanext.harvest import model as harvest
    from ckanext.harvest import queue
    from ckanext.harvest.harvesters import CKANHarvester

    made = tk.get_action("harvest_job_create")(job(), {"source_id": source["id"], "run": False})
    task = harvest.HarvestJob.get(made["id"])
    task.status = "Running"
    task.save()
    harvester = CKANHarvester()
    found = [harvest.HarvestObject.get(id) for id in queue.gather_stage(harvester, task) or ()]
    for one in found:
        queue.fetch_and_import_stages(harvester, one)
    task.status = "Finished"
    task.save()
    return found
