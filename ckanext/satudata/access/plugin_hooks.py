"""CKAN's calls when datasets are saved, shown and indexed, and when readers meet them."""
from __future__ import annotations

from typing import Any

from ckan import model
from ckan.types import Context

from ckanext.satudata.schema.index import index_fields

from . import (
    computed,
    harvested,
    index,
    readers,
    saving,
    seals,
    visibility,
    watching,
)


class DatasetHooks:
    """Methods of IPackageController."""

    def after_dataset_create(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        self._saved(context, pkg_dict)

    def after_dataset_update(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        self._saved(context, pkg_dict)

    def _saved(self, context: Context, data: dict[str, Any]) -> None:
        package = model.Session.get(model.Package, data["id"])
        if package is not None and visibility.is_governed(package.type):
            saving.finish(context, package, data, saving.STEPS)

    def after_dataset_show(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        computed.show(pkg_dict)
        watching.shown(context, pkg_dict)
        seals.keep_files_apart(context, pkg_dict)

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        index.told(pkg_dict["id"])
        if visibility.is_governed(pkg_dict.get("type")):
            pkg_dict = index.with_computed(pkg_dict)
        return index_fields(harvested.indexed(pkg_dict))


class ReaderHooks:
    """Methods of IPermissionLabels. CKAN asks only the first plugin that has them."""

    def get_dataset_labels(self, dataset_obj: model.Package) -> list[str]:
        return readers.dataset_labels(dataset_obj)

    def get_user_dataset_labels(self, user_obj: Any) -> list[str]:
        return readers.user_labels(user_obj)
