"""Every way by which something could come out, as data.

A way is an action of the API (its name, with what it is called with) or a page (its address).
``Listing``: asked once by each person; shows many things. ``Single``: asked for each thing; the
address says which. To add a way add a line; ``test_whole`` misses it when nobody has.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ckanext.satudata.access.reading import Sight


class Gives(Enum):
    """Which things a listing has to name, so that no test passes because nothing came."""

    #: No promise: only that nothing comes that may not.
    NO_PROMISE = "no promise"
    #: All that everybody may see.
    PUBLIC = "public"
    #: All that the person who asks may see.
    SEEN = "seen"
    #: Something of it: a page shows so many at a time.
    SOME = "some"


@dataclass(frozen=True)
class Listing:
    """A way that shows many things.

    :param what: an action, or an address that begins with ``/``; ``{office}`` and the like are
        the names of the town
    :param gives: what has to be in the answer
    :param mark: the word or id of a thing by which it is known to be in the answer
    :param items: it shows items of the daftar data, which are named to more people than datasets
    """

    what: str
    data: dict[str, Any] = field(default_factory=dict)
    gives: Gives = Gives.NO_PROMISE
    mark: str = "judul"
    items: bool = False

    def __str__(self) -> str:
        return f"{self.what} {self.data or ''}".strip()


@dataclass(frozen=True)
class Single:
    """A way that shows one thing; who may not see it is answered as if it was not there.

    :param what: as in ``Listing``; ``{id}`` and the like are those of the thing
    :param needs: how much of the thing one has to see to get an answer; None: no promise
    :param mark: the word or id of the thing that the answer then has
    :param of: the id that a thing must have to be asked for in this way
    :param items: as in ``Listing``
    :param writes: would change something if it was not refused: asked only by those who see nothing
    """

    what: str
    data: dict[str, Any] = field(default_factory=dict)
    needs: Sight | None = None
    mark: str | None = None
    of: str = "id"
    items: bool = False
    writes: bool = False

    def __str__(self) -> str:
        return f"{self.what} {self.data or ''}".strip()


_PUBLIC, _SEEN, _SOME = Gives.PUBLIC, Gives.SEEN, Gives.SOME
_META, _ALL = Sight.METADATA, Sight.ALL
_PRIVATE = {"include_private": True, "rows": 1000}
_EVERYTHING = {**_PRIVATE, "include_drafts": True}
_FACETS = [
    "tags", "organization", "groups", "res_format", "license_id", "status_alur",
    "klasifikasi_akses", "title_string", "name", "produsen_data", "entity_type", "state",
]

SEARCHES = (
    Listing("package_search", {"rows": 1000}, _PUBLIC),
    Listing("package_search", _PRIVATE, _SEEN),
    Listing("package_search", _EVERYTHING, _SEEN),
    Listing("package_search", {**_PRIVATE, "q": "title:{stem}*"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "q": "{stem}*", "defType": "lucene"}, _SEEN),
    Listing("package_search", {**_PRIVATE, "fq": "status_alur:*"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "fq": "+state:*"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "fq": "+state:(active OR draft OR deleted)"}, _SEEN),
    Listing("package_search", {"rows": 1000, "fq": "capacity:(private OR public)"}, _PUBLIC),
    Listing("package_search", {"rows": 1000, "fq_list": ["+capacity:private", "+state:*"]}),
    Listing("package_search", {**_PRIVATE, "fq": "permission_labels:*"}, _SEEN),
    Listing("package_search", {**_PRIVATE, "fq": "-permission_labels:public"}),
    Listing("package_search", {"rows": 1000, "q": "*:* OR capacity:private"}, _PUBLIC),
    Listing("package_search", {**_PRIVATE, "sort": "title_string desc"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "fl": "id,name,title,data_dict"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "fl": "validated_data_dict"}, _SEEN),
    Listing("package_search", {**_EVERYTHING, "fl": "*"}),
    Listing("package_search", {**_PRIVATE, "facet.field": _FACETS, "facet.limit": -1}, _SEEN),
    Listing("package_search", {"rows": 0, "facet.field": _FACETS, "facet.limit": -1},
            _PUBLIC, "nama"),
    Listing("package_search", {"rows": 1000, "use_default_schema": True}, _PUBLIC),
)

#: Actions of CKAN and its plugins that list.
LISTS = (
    Listing("package_list", {}, _PUBLIC, "nama"),
    Listing("current_package_list_with_resources", {"limit": 100}, _PUBLIC),
    Listing("resource_search", {"query": "name:{stem}"}, _PUBLIC, "berkas"),
    Listing("package_autocomplete", {"q": "{stem}", "limit": 100}),
    Listing("package_autocomplete", {"q": "Judul", "limit": 100}, _SOME),
    Listing("tag_list", {}, _SEEN, "tag"),
    Listing("tag_list", {"query": "{stem}", "all_fields": True}, _SEEN, "tag"),
    Listing("tag_search", {"query": "{stem}", "limit": 100}, _SEEN, "tag"),
    Listing("tag_autocomplete", {"query": "{stem}", "limit": 100}, _SEEN, "tag"),
    Listing("format_autocomplete", {"q": "{stem}", "limit": 100}, _SEEN, "format"),
    Listing("organization_list", {"all_fields": True, "include_dataset_count": True}),
    Listing("organization_list_for_user", {"include_dataset_count": True}),
    Listing("organization_show", {"id": "{office}", "include_datasets": True}, _SOME),
    Listing("organization_autocomplete", {"q": "pus"}),
    Listing("group_list", {"all_fields": True, "include_dataset_count": True}),
    Listing("group_show", {"id": "{group}", "include_datasets": True}, _SOME),
    Listing("group_package_show", {"id": "{group}", "limit": 100}, _SOME),
    Listing("member_list", {"id": "{group}", "object_type": "package"}),
    Listing("member_list", {"id": "{office}", "object_type": "package"}),
    Listing("user_show", {"id": "{editor}", "include_datasets": True}, _SOME),
    Listing("user_show", {"id": "{walidata}", "include_datasets": True}),
    Listing("user_list", {}),
    Listing("package_collaborator_list_for_user", {"id": "{collaborator}"}),
    Listing("datastore_search", {"resource_id": "_table_metadata", "limit": 1000}),
    Listing("datastore_search", {"id": "_table_metadata", "limit": 1000}),
    Listing("datastore_search", {"id": "_table_metadata", "resource_id": "x", "limit": 1000}),
)

#: Streams, and who follows what.
STREAMS = (
    Listing("recently_changed_packages_activity_list", {"limit": 1000}, _PUBLIC),
    # What an editor did was done before it was public.
    Listing("user_activity_list", {"id": "{editor}", "limit": 1000}),
    Listing("user_activity_list", {"id": "{walidata}", "limit": 1000}, _PUBLIC),
    Listing("organization_activity_list", {"id": "{office}", "limit": 1000}, _PUBLIC),
    Listing("organization_activity_list", {"id": "{third}", "limit": 1000}),
    Listing("group_activity_list", {"id": "{group}", "limit": 1000}),
    Listing("dashboard_activity_list", {"limit": 1000}),
    Listing("dashboard_new_activities_count", {}),
    Listing("followee_list", {"id": "{outsider}"}),
    Listing("dataset_followee_list", {"id": "{outsider}"}),
    Listing("dataset_followee_list", {"id": "{walidata}"}),
)

#: Actions of the plugin that list.
OURS = (
    *(Listing(what, data, items=True) for what, data in (
        ("satudata_obligation_list", {"limit": 1000}),
        ("satudata_obligation_list", {"limit": 1000, "q": "{stem}"}),
        ("satudata_obligation_list", {"limit": 1000, "quarter": "{quarter}"}),
        ("satudata_obligation_list", {"limit": 1000, "organization": "{office}"}),
        ("satudata_compliance_report", {"quarter": "{quarter}", "obligations": True}),
        ("satudata_compliance_report",
         {"quarter": "{quarter}", "organization": "{office}", "roll_up": False}),
        ("satudata_compliance_history", {}),
        ("satudata_compliance_year", {"year": "{year}"}),
        ("satudata_snapshot_show", {"quarter": "{frozen}"}),
        ("satudata_snapshot_verify", {"quarter": "{frozen}"}),
        ("satudata_owed_list", {"until": "2099-12-31"}),
        ("satudata_register_list", {"limit": 1000}),
        ("satudata_register_list", {"limit": 1000, "q": "{stem}"}),
        ("satudata_obligation_proposals", {"limit": 100}),
        ("satudata_dispensation_list", {"limit": 1000}),
        ("satudata_letter_list", {"limit": 100}),
        ("satudata_letter_show", {"id": "{letter}"}),
        ("satudata_letter_candidates", {"kind": "data_request", "quarter": "{frozen}"}),
    )),
    Listing("satudata_deposit_list", {"limit": 1000}, items=True),
    Listing("satudata_verification_queue", {"limit": 1000}),
    Listing("satudata_access_request_list", {}),
    Listing("satudata_closure_list", {"limit": 100}),
    Listing("satudata_opinion_list", {}),
    Listing("satudata_reminder_list", {}),
    Listing("satudata_opd_tree", {}),
    Listing("satudata_commitment_list", {}),
    Listing("satudata_snapshot_list", {}),
    Listing("satudata_role_list", {}),
)

#: Pages, feeds and files that list.
PAGES = (
    Listing("/"),
    Listing("/dataset/", {}, _SOME),
    Listing("/dataset/?q={stem}*"),
    Listing("/dataset/?_tags_limit=0&_organization_limit=0&_res_format_limit=0&_groups_limit=0"),
    Listing("/dataset/?sort=title_string+desc&page=2"),
    Listing("/organization/"),
    Listing("/organization/{office}", {}, _SOME),
    Listing("/organization/{office}?q={stem}*"),
    Listing("/organization/{third}"),
    Listing("/organization/about/{office}"),
    Listing("/organization/activity/{office}"),
    Listing("/organization/members/{office}"),
    Listing("/organization/followers/{office}"),
    Listing("/organization/bulk_process/{office}"),
    Listing("/group/"),
    Listing("/group/{group}", {}, _SOME),
    Listing("/group/about/{group}"),
    Listing("/group/activity/{group}"),
    Listing("/group/members/{group}"),
    Listing("/group/followers/{group}"),
    Listing("/user/"),
    Listing("/user/{editor}", {}, _SOME),
    Listing("/user/{walidata}"),
    Listing("/user/activity/{editor}"),
    Listing("/user/activity/{walidata}"),
    Listing("/user/followers/{outsider}"),
    Listing("/user/{editor}/groups"),
    Listing("/user/{editor}/organizations"),
    Listing("/user/me"),
    Listing("/dashboard/"),
    Listing("/dashboard/datasets"),
    Listing("/dashboard/groups"),
    Listing("/dashboard/organizations"),
    Listing("/ckan-admin/trash"),
    Listing("/ckan-admin/activities"),
    Listing("/feeds/dataset.atom", {}, _PUBLIC),
    Listing("/feeds/organization/{office}.atom", {}, _PUBLIC),
    Listing("/feeds/group/{group}.atom", {}, _PUBLIC),
    Listing("/feeds/tag/kesehatan.atom", {}, _PUBLIC),
    Listing("/feeds/custom.atom?q={stem}*"),
    Listing("/api/2/util/dataset/autocomplete?incomplete=Judul", {}, _SOME),
    Listing("/api/2/util/tag/autocomplete?incomplete={stem}&limit=100", {}, _SOME, "tag"),
    Listing("/api/2/util/resource/format_autocomplete?incomplete={stem}&limit=100"),
    Listing("/api/3/action/package_search?rows=1000", {}, _PUBLIC),
    Listing("/api/3/action/package_search?rows=1000&include_private=true&include_drafts=true",
            {}, _SEEN),
    Listing("/kepatuhan/", items=True),
    Listing("/kepatuhan/{quarter}", items=True),
    Listing("/kepatuhan/{quarter}.json", items=True),
    Listing("/kepatuhan/{quarter}.csv?isi=butir", items=True),
    Listing("/kepatuhan/{quarter}.csv?isi=opd", items=True),
    Listing("/kepatuhan/{quarter}.xlsx", items=True),
    Listing("/kepatuhan/{quarter}.pdf", items=True),
    Listing("/kepatuhan/{quarter}.json?opd={office}", items=True),
    Listing("/kepatuhan/{quarter}/{office}", items=True),
    Listing("/kepatuhan/{quarter}/butir", items=True),
    Listing("/kepatuhan/{quarter}/butir?q={stem}", items=True),
    Listing("/kepatuhan/{quarter}/tunggakan", items=True),
    Listing("/kepatuhan/{frozen}", items=True),
    Listing("/kepatuhan/{frozen}.json", items=True),
    Listing("/kepatuhan/{quarter}/beku", items=True),
    Listing("/kepatuhan/{frozen}/beku/1/publik.pdf", items=True),
    Listing("/kepatuhan/{frozen}/beku/1/publik.xlsx", items=True),
    Listing("/kepatuhan/{frozen}/beku/1/lengkap.pdf", items=True),
    Listing("/kepatuhan/{frozen}/beku/1/lengkap.xlsx", items=True),
    Listing("/kepatuhan/{quarter}/ringkas.pdf", items=True),
    Listing("/kepatuhan/riwayat", items=True),
    Listing("/kepatuhan/tahun/{year}", items=True),
    Listing("/kepatuhan/tahun/{year}/epss", items=True),
    Listing("/kepatuhan/tahun/{year}.xlsx", items=True),
    Listing("/kepatuhan/tahun/{year}.pdf", items=True),
    Listing("/opd"),
    Listing("/satudata/", items=True),
    Listing("/satudata/daftar-data?year=all", items=True),
    Listing("/satudata/daftar-data?year=all&q={stem}", items=True),
    Listing("/satudata/daftar-data/hubungkan?year=all", items=True),
    Listing("/satudata/dispensasi", items=True),
    Listing("/satudata/verifikasi"),
    Listing("/satudata/verifikasi/sekaligus"),
    Listing("/satudata/pemberitahuan"),
    Listing("/satudata/permohonan"),
    Listing("/satudata/penetapan"),
    Listing("/satudata/pengingat"),
    Listing("/satudata/komitmen"),
    Listing("/satudata/komitmen/{commitment}/dokumen"),
    Listing("/satudata/surat", items=True),
    Listing("/satudata/surat/konsep?quarter={frozen}", items=True),
    Listing("/satudata/surat/{letter}", items=True),
    Listing("/satudata/surat/{letter}.docx", items=True),
    Listing("/satudata/surat/{letter}.pdf", items=True),
    Listing("/satudata/surat/{letter}/tertanda"),
    Listing("/robots.txt"),
    Listing("/about"),
)

LISTINGS = (*SEARCHES, *LISTS, *STREAMS, *OURS, *PAGES)

#: Actions that show one dataset, its file, its past.
SHOWS = (
    Single("package_show", {"id": "{id}"}, _META, "judul"),
    Single("package_show", {"id": "{slug}"}, _META, "id"),
    Single("package_search", {"fq": 'id:"{id}"', "include_private": True, "include_drafts": True}),
    Single("package_search", {"q": "{judul}", "include_private": True}),
    Single("package_search", {"q": 'name:"{slug}"', "rows": 0, "include_private": True}),
    Single("package_search", {"fq": "tags:{tag}", "rows": 0, "facet.field": ["tags"]}),
    Single("package_autocomplete", {"q": "{judul}"}),
    Single("package_autocomplete", {"q": "{slug}"}),
    Single("resource_search", {"query": "name:{berkas}"}),
    Single("tag_show", {"id": "{tag}", "include_datasets": True}),
    Single("tag_list", {"query": "{tag}"}),
    Single("tag_search", {"query": "{tag}"}),
    Single("tag_autocomplete", {"query": "{tag}"}),
    Single("format_autocomplete", {"q": "{format}"}),
    Single("resource_show", {"id": "{resource}"}, _ALL, "berkas"),
    Single("resource_view_list", {"id": "{resource}"}, _ALL, "tampilan"),
    Single("resource_view_show", {"id": "{view}"}, _ALL, "tampilan"),
    Single("datastore_search", {"resource_id": "{resource}"}, _ALL, "isi"),
    Single("datastore_search", {"id": "{resource}"}, _ALL, "isi"),
    Single("datastore_info", {"id": "{resource}"}, _ALL, "kolom"),
    Single("datastore_info", {"resource_id": "{resource}"}, _ALL, "kolom"),
    Single("package_activity_list", {"id": "{slug}"}, _META, "judul"),
    Single("activity_show", {"id": "{activity}", "include_data": False}, _META, "judul"),
    Single("activity_show", {"id": "{activity}", "include_data": True}),
    Single("activity_data_show", {"id": "{activity}"}),
    Single("activity_diff", {"id": "{activity}", "object_type": "package", "diff_type": "html"}),
    Single("dataset_follower_count", {"id": "{slug}"}),
    Single("dataset_follower_list", {"id": "{slug}"}),
    Single("am_following_dataset", {"id": "{slug}"}),
    Single("package_collaborator_list", {"id": "{slug}"}),
    Single("package_relationships_list", {"id": "{slug}"}),
    Single("satudata_metadata_check", {"id": "{slug}"}),
    Single("satudata_history", {"id": "{slug}"}),
    Single("satudata_obligation_list", {"q": "{judul}"}, items=True),
    Single("satudata_obligation_list", {"q": "{judul}", "quarter": "{quarter}"}, items=True),
    Single("satudata_deposit_list", {"obligation_id": "{item}"}, of="item", items=True),
    Single("satudata_register_list", {"q": "{judul}"}, items=True),
    Single("satudata_obligation_show", {"id": "{item}"}, of="item", items=True),
    Single("satudata_file_check", {"resource_id": "{resource}"}),
    Single("satudata_file_check", {"deposit_id": "{deposit}"}, of="deposit"),
    Single("satudata_deposit_show", {"id": "{deposit}"}, _META, "berkas", of="deposit"),
)

#: Actions that would change a thing: what they refuse with must not say that there is one.
WRITES = tuple(Single(what, data, writes=True) for what, data in (
    ("package_update", {"id": "{slug}", "title": "x"}),
    ("package_patch", {"id": "{slug}", "notes": "x"}),
    ("package_patch", {"id": "{slug}", "klasifikasi_akses": "tertutup"}),
    ("package_revise", {"match": {"name": "{slug}"}, "update": {"notes": "x"}}),
    ("package_revise", {"match": {"name": "{slug}", "title": "Judul {judul}"}}),
    ("package_delete", {"id": "{slug}"}),
    ("dataset_purge", {"id": "{slug}"}),
    ("package_owner_org_update", {"id": "{slug}", "organization_id": "{third}"}),
    ("package_resource_reorder", {"id": "{slug}", "order": ["{resource}"]}),
    ("package_collaborator_create",
     {"id": "{slug}", "user_id": "{outsider}", "capacity": "member"}),
    ("package_collaborator_delete", {"id": "{slug}", "user_id": "{outsider}"}),
    ("package_relationship_create",
     {"subject": "{slug}", "object": "{slug}", "type": "depends_on"}),
    ("resource_create", {"package_id": "{slug}", "url": "https://example.org", "name": "x"}),
    ("resource_update", {"id": "{resource}", "url": "https://example.org", "name": "x"}),
    ("resource_patch", {"id": "{resource}", "name": "x"}),
    ("resource_delete", {"id": "{resource}"}),
    ("resource_view_create",
     {"resource_id": "{resource}", "view_type": "text_view", "title": "x"}),
    ("resource_view_update", {"id": "{view}", "resource_id": "{resource}", "title": "x",
                              "view_type": "text_view"}),
    ("resource_view_delete", {"id": "{view}"}),
    ("resource_view_reorder", {"id": "{resource}", "order": ["{view}"]}),
    ("datastore_create", {"resource_id": "{resource}", "force": True, "records": [{"a": 1}]}),
    ("datastore_upsert", {"resource_id": "{resource}", "force": True, "records": [],
                          "method": "insert"}),
    ("datastore_delete", {"resource_id": "{resource}", "force": True}),
    ("datastore_delete", {"id": "{resource}", "force": True}),
    ("datastore_create",
     {"resource": {"package_id": "{slug}", "name": "x"}, "records": [{"a": 1}]}),
    ("follow_dataset", {"id": "{slug}"}),
    ("unfollow_dataset", {"id": "{slug}"}),
    ("satudata_dataset_submit", {"id": "{slug}"}),
    ("satudata_dataset_withdraw", {"id": "{slug}"}),
    ("satudata_dataset_verify", {"id": "{slug}", "content_hash": "x"}),
    ("satudata_dataset_return", {"id": "{slug}", "content_hash": "x", "note": "x"}),
    ("satudata_dataset_revoke", {"id": "{slug}", "content_hash": "x", "note": "x"}),
    ("satudata_dataset_unblock", {"id": "{slug}", "content_hash": "x", "note": "x"}),
    ("satudata_assign", {"id": "{slug}", "user": "{outsider}"}),
    ("satudata_comment", {"id": "{slug}", "text": "x"}),
    ("satudata_deposit_create", {"package_id": "{slug}", "kind": "nil"}),
    ("member_create", {"id": "{group}", "object": "{slug}", "object_type": "package",
                       "capacity": "public"}),
    ("satudata_obligation_create",
     {"title": "x", "organization": "{office}", "package_id": "{slug}", "frekuensi": "bulanan",
      "valid_from": "2027-01-01"}),
))

#: Pages of one dataset, its file, its past.
SINGLE_PAGES = (
    Single("/dataset/{slug}", {}, _META, "judul"),
    Single("/dataset/{id}", {}, _META, "nama"),
    Single("/dataset/{slug}/resource/{resource}", {}, _ALL, "berkas"),
    Single("/dataset/{id}/resource/{resource}/download/{file}", {}, _ALL, "isi"),
    Single("/dataset/{id}/resource/{resource}/download", {}, _ALL, "isi"),
    # Another dataset's address before the id of the file.
    Single("/dataset/{open}/resource/{resource}/download/{file}"),
    Single("/dataset/{open}/resource/{resource}"),
    Single("/dataset/{open}/resource/{resource}/view/{view}"),
    Single("/dataset/{slug}/resource/{resource}/view/{view}"),
    Single("/dataset/{slug}/resource/{resource}/view"),
    Single("/dataset/{slug}/resource/{resource}/views"),
    Single("/dataset/{slug}/resource/{resource}/edit"),
    Single("/dataset/{slug}/resource/{resource}/delete"),
    Single("/dataset/{slug}/resource/{resource}/new_view"),
    Single("/dataset/{slug}/resource/{resource}/edit_view/{view}"),
    Single("/dataset/{slug}/resource/new"),
    Single("/dataset/{slug}/dictionary/{resource}"),
    Single("/dataset/activity/{slug}"),
    Single("/dataset/{slug}/history/{activity}"),
    Single("/dataset/{slug}/resources/{resource}/history/{activity}"),
    Single("/dataset/changes/{activity}"),
    Single("/dataset/changes_multiple?old_id={activity}&new_id={activity}"),
    Single("/dataset/followers/{slug}"),
    Single("/dataset/groups/{slug}"),
    Single("/dataset/collaborators/{slug}"),
    Single("/dataset/resources/{slug}"),
    Single("/dataset/edit/{slug}"),
    Single("/dataset/delete/{slug}"),
    Single("/datastore/dump/{resource}", {}, _ALL, "isi"),
    Single("/datastore/dump/{resource}?format=json", {}, _ALL, "isi"),
    Single("/datastore/api_info/{resource}"),
    Single("/file/download/{resource}"),
    Single("/file/public-download/resources/{file}"),
    Single("/feeds/tag/{tag}.atom"),
    Single("/dataset/?q={judul}"),
    Single("/dataset/?tags={tag}&res_format={format}"),
    Single("/organization/{office}?q={judul}"),
    Single("/api/3/action/package_show?id={slug}", {}, _META, "judul"),
    Single("/api/3/action/datastore_search?resource_id={resource}", {}, _ALL, "isi"),
    Single("/api/2/util/dataset/autocomplete?incomplete={judul}"),
    Single("/kepatuhan/{quarter}/butir?q={judul}", items=True),
    Single("/kepatuhan/{quarter}/{office}?q={judul}", items=True),
    Single("/satudata/verifikasi/{slug}"),
    Single("/satudata/dataset/{slug}/hapus"),
    Single("/satudata/dataset/{slug}/berkas-baru"),
    Single("/satudata/penetapan/{slug}"),
    Single("/satudata/riwayat/{slug}.json"),
    Single("/satudata/setor/{item}", of="item"),
    Single("/satudata/daftar-data/butir/{item}", of="item", items=True),
    Single("/satudata/daftar-data/butir/{item}/ubah", of="item", items=True),
    Single("/satudata/setoran/{deposit}", of="deposit"),
    Single("/satudata/setoran/{deposit}/berkas", {}, _ALL, "isi", of="deposit"),
)

CALLS = (*SHOWS, *WRITES)

#: Read actions that are no way out, and why.
HARMLESS_ACTIONS = {
    "am_following_group": "says yes or no of the caller and a group",
    "am_following_user": "says yes or no of the caller and a user",
    "api_token_list": "of tokens",
    "config_option_list": "of settings",
    "config_option_show": "of settings",
    "dataset_followee_count": "a number of what the person follows",
    "file_owner_scan": "files of CKAN 2.12's own storage; datasets' files are not among them",
    "file_show": "files of CKAN 2.12's own storage; datasets' files are not among them",
    "followee_count": "a number of what the person follows",
    "get_site_user": "a name",
    "group_autocomplete": "of groups",
    "group_followee_count": "of groups",
    "group_followee_list": "of groups",
    "group_follower_count": "of groups",
    "group_follower_list": "of groups",
    "group_list_authz": "of groups",
    "help_show": "docstrings",
    "job_list": "for sysadmins",
    "job_show": "for sysadmins",
    "license_list": "of licences",
    "member_roles_list": "of roles",
    "organization_followee_count": "of offices",
    "organization_followee_list": "of offices",
    "organization_follower_count": "of offices",
    "organization_follower_list": "of offices",
    "scheming_dataset_schema_list": "of schemas",
    "scheming_dataset_schema_show": "of schemas",
    "scheming_organization_schema_list": "of schemas",
    "scheming_organization_schema_show": "of schemas",
    "satudata_job_show": "numbers of a job, for whoever began it",
    "status_show": "of the portal",
    "task_status_show": "of the jobs of other plugins",
    "term_translation_show": "of terms that a sysadmin entered",
    "user_autocomplete": "of users",
    "user_followee_count": "of users",
    "user_followee_list": "of users",
    "user_follower_count": "of users",
    "user_follower_list": "of users",
    "vocabulary_list": "of vocabularies",
    "vocabulary_show": "of vocabularies",
}

#: Pages that are no way out: endpoints, or whole blueprints.
HARMLESS_PAGES = {
    "static": "files of the code",
    "satudata_together.job": "numbers of a job, for whoever began it",
    "satudata_register_import.sheet": "a form; what a sheet would change, for who keeps the list",
    "satudata_registers.create": "an empty form",
    "satudata_several.several": "an empty form",
    "satudata_several.confirm": "files that the person has just sent, and items of their office",
    "webassets": "files of the code",
    "util": "redirects and examples",
    "api.get_api": "a number",
    "api.i18n_js_translations": "texts of the code",
    "api.snippet": "snippets without data",
    "api.action": "the actions above",
    "api.group_autocomplete": "of groups",
    "api.organization_autocomplete": "of offices",
    "api.user_autocomplete": "of users",
    "home.redirect_locale": "a redirect",
    "admin.index": "for sysadmins: settings",
    "admin.config": "for sysadmins: settings",
    "admin.reset_config": "for sysadmins: settings",
    "dataset.new": "an empty form",
    "dataset.collaborator_delete": "of users, for admins of the dataset",
    "dataset.new_collaborator": "of users, for admins of the dataset",
    "group.admins": "of users",
    "group.bulk_process": "an error: only offices have it",
    "group.delete": "a question",
    "group.edit": "a form of the group",
    "group.manage_members": "of users",
    "group.member_delete": "a question",
    "group.member_dump": "of users",
    "group.member_new": "a form",
    "group.new": "a form",
    "organization.admins": "of users",
    "organization.delete": "a question",
    "organization.edit": "a form of the office",
    "organization.manage_members": "of users",
    "organization.member_delete": "a question",
    "organization.member_dump": "of users",
    "organization.member_new": "a form",
    "organization.new": "a form",
    "activity.group_changes": "what a group said of itself",
    "activity.group_changes_multiple": "what a group said of itself",
    "activity.organization_changes": "what an office said of itself",
    "activity.organization_changes_multiple": "what an office said of itself",
    "activity.dashboard_testing": "an empty page",
    "file.trusted_download": "a token says what it is for",
    "user.api_tokens": "of tokens",
    "user.logout": "a redirect",
    "user.delete": "a question",
    "user.edit": "a form of the person",
    "user.logged_out_page": "an empty page",
    "user.login": "a form",
    "user.register": "a form",
    "user.request_reset": "a form",
    "user.perform_reset": "a form",
}
