"""Loading thousands of changes at once: the search index is written at the end of each part."""
from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import sqlalchemy as sa
from ckan import model
from ckan.common import config
from ckan.lib import search
from ckan.lib.search.index import PackageSearchIndex

from ckanext.satudata.journal import events

#: Plugins that only cost time while a city is loaded: the streams of activity and the counts of
#: visits begin with what people do.
IDLE_PLUGINS = frozenset({"activity", "tracking"})


@contextmanager
def unindexed() -> Iterator[None]:
    """Datasets that change meanwhile are not indexed: five times each would be four too many."""
    with mock.patch.object(PackageSearchIndex, "index_package", _nothing):
        observer: Any = getattr(search, "SynchronousSearchPlugin", None)
        if observer is None:
            yield
            return
        # 2.11 reads a dataset whole before it asks the index; 2.12 has no such observer.
        with mock.patch.object(observer, "notify", _nothing):
            yield


def _nothing(*_: Any, **__: Any) -> None:
    pass


def index(names: Collection[str]) -> None:
    """Index datasets as they are now; Solr commits when :func:`few_commits` ends."""
    package: Any = model.Package
    ids = model.Session.execute(
        sa.select(package.id).where(package.name.in_(list(names)), package.state == "active")
    ).scalars().all()
    search.rebuild(package_ids=ids, quiet=True)


@contextmanager
def nobody_told() -> Iterator[None]:
    """The people of a sample get no notices of what they did while it was made."""
    with mock.patch.object(events, "TOLD", frozenset()):
        yield


@contextmanager
def few_commits() -> Iterator[None]:
    """Solr is told to commit once at the end, not for each change of a dataset."""
    before = config["ckan.search.solr_commit"]
    config["ckan.search.solr_commit"] = False
    try:
        yield
    finally:
        config["ckan.search.solr_commit"] = before
        search.commit()


def seldom_collect() -> None:
    """Let Python look for circles of garbage less often: what CKAN loaded is there to stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
