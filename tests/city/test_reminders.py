"""In the sample city there is somebody to remind, and nobody who cannot be."""
from __future__ import annotations

from typing import Any

import pytest

from ckanext.satudata.journal import clock, rules
from ckanext.satudata.journal.speaking import speaking
from ckanext.satudata.letters import reminding


def test_the_sample_city_is_reminded(sample_city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    working = rules.rule_book().after_working_days(clock.city_today(), 1)
    monkeypatch.setattr(clock, "city_today", lambda: working)
    with speaking("id"):
        found = reminding.remind(dry_run=True)
    assert found and all(any(counts) for one in found for counts in one.offices.values())
    assert reminding.unreachable() == []
