"""CKAN's own pages speak Indonesian too, on each CKAN that is supported."""
from __future__ import annotations

import ckan
import pytest

from . import tool

refresh = tool.load()


def test_every_message_of_ckan_that_people_see_has_an_indonesian() -> None:
    missing = [str(message.id) for message in refresh.core_missing()]
    assert missing == [], f"add them to i18n/core-id.po (CKAN {ckan.__version__})"


def test_the_carried_messages_are_ckan_s() -> None:
    """Most of what is carried is said by this CKAN; the rest by the other one."""
    theirs = refresh.content(refresh.core_messages()[0])
    carried = refresh.content(refresh.load(refresh.CORE, "id"))
    assert len([key for key in carried if key in theirs]) > 0.8 * len(carried)


def test_a_message_that_is_ours_and_ckan_s_is_said_once_and_the_same() -> None:
    """Ours wins on CKAN's pages as well, so both have to mean the same."""
    ours = refresh.content(refresh.load(refresh.path_of("id"), "id"))
    carried = refresh.content(refresh.load(refresh.CORE, "id"))
    assert {key: (ours[key], carried[key]) for key in ours
            if key in carried and ours[key] != carried[key]} == {}


@pytest.mark.parametrize("language", ["en", "id"])
def test_ckan_knows_the_language(language: str) -> None:
    from ckan.lib.i18n import get_locales

    assert language in get_locales()
