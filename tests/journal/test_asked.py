"""Moments that callers send: the same answer in every room, whatever is wrong with them."""
from __future__ import annotations

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import helpers

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


@pytest.mark.parametrize("action", ["satudata_compliance_report", "satudata_opd_tree"])
@pytest.mark.parametrize("as_of", [
    "kemarin", "2026-13-01", "0001-01-01T00:00:00+14:00", "1899-12-31", "2999-01-01",
])
def test_a_moment_that_makes_no_sense_is_refused_on_its_field(action, as_of):
    with pytest.raises(tk.ValidationError) as refused:
        helpers.call_action(action, as_of=as_of)
    assert list(refused.value.error_dict) == ["as_of"]


@pytest.mark.parametrize("action", ["satudata_compliance_report", "satudata_opd_tree"])
@pytest.mark.parametrize("as_of", [
    "2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05 07:00", "2026-01-02 03:04:05",
])
def test_a_moment_is_taken_as_people_and_addresses_write_it(action, as_of):
    helpers.call_action(action, as_of=as_of)
