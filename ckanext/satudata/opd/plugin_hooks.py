"""CKAN's calls when an organization is saved or deleted, before it commits."""
from __future__ import annotations

from ckan import model

from . import steps


class OfficeHooks:
    """Methods of IOrganizationController (and IGroupController: CKAN takes ``group_update`` of an
    organization too). CKAN calls them in the transaction that it is about to commit, in every
    way in which an organization is created, edited or deleted, but not when it is purged."""

    def create(self, entity: model.Group) -> None:
        steps.after_organization_saved(entity)

    def edit(self, entity: model.Group) -> None:
        steps.after_organization_saved(entity)

    def delete(self, entity: model.Group) -> None:
        steps.after_organization_saved(entity)
