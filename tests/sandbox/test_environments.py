"""An interrupted installation is never used; CKAN's own pins are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.environments import Environment, select_requirements
from sandbox.layout import Clone

METADATA = [
    'click==8.1.7; extra == "requirements"',
    'psycopg2==2.9.11; extra == "requirements"',
    'werkzeug[watchdog]==3.1.8; extra == "requirements"',
    'pytest==8.3.4; extra == "dev"',
    'sphinx==7.3.7; extra == "dev"',
    "setuptools>=44.1.0",
]


def test_pins_of_one_extra_with_the_wheel_of_psycopg2() -> None:
    assert select_requirements(METADATA, "requirements") == [
        "click==8.1.7",
        "psycopg2-binary==2.9.11",
        "werkzeug[watchdog]==3.1.8",
    ]


def test_only_the_projects_asked_for() -> None:
    assert select_requirements(METADATA, "dev", ["pytest", "coverage"]) == ["pytest==8.3.4"]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment whose making is a bare directory."""

    def make(self: Environment) -> None:
        self.bin.mkdir(parents=True, exist_ok=True)
        self.python.touch()

    monkeypatch.setattr(Environment, "_make", make)
    return Environment(Clone(tmp_path), "trial")


def test_a_step_is_done_once_for_the_same_inputs(environment: Environment) -> None:
    done: list[int] = []
    for _ in range(2):
        environment.ensure("base", ["same"], lambda: done.append(1))
    assert done == [1]


def test_other_inputs_mean_again(environment: Environment) -> None:
    done: list[int] = []
    for inputs in ("one", "other"):
        environment.ensure("base", [inputs], lambda: done.append(1))
    assert done == [1, 1]


def test_an_interrupted_step_is_done_again(environment: Environment) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environment.ensure("base", ["same"], interrupted)
    done: list[int] = []
    environment.ensure("base", ["same"], lambda: done.append(1))
    assert done == [1]


def test_a_step_that_was_complete_and_breaks_later_counts_as_not_done(
    environment: Environment,
) -> None:
    environment.ensure("base", ["one"], lambda: None)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environment.ensure("base", ["two"], interrupted)
    done: list[int] = []
    environment.ensure("base", ["one"], lambda: done.append(1))
    assert done == [1]


def test_what_runs_from_an_environment_ends_before_it_is_made_anew(
    environment: Environment,
) -> None:
    ended: list[str] = []
    environment.ensure("base", ["one"], lambda: None, lambda: ended.append("first"))
    assert ended == []
    environment.ensure("base", ["two"], lambda: None, lambda: ended.append("second"))
    assert ended == ["second"]
