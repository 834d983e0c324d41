"""The services that the suite itself runs on."""

from __future__ import annotations

import pytest


@pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
def test_a_dataset_is_stored_found_and_gone_after_cleaning(request: pytest.FixtureRequest) -> None:
    from ckan import model
    from ckan.tests import factories, helpers

    organization = factories.Organization()
    dataset = factories.Dataset(owner_org=organization["id"])
    found = helpers.call_action("package_search", include_private=True)
    assert [row["id"] for row in found["results"]] == [dataset["id"]]
    request.getfixturevalue("reset_db")()
    assert model.Session.query(model.Package).count() == 0
