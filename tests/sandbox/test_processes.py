"""Nothing of the machine is picked up by accident."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.console import SandboxError
from sandbox.processes import clean_environment, run

ACCIDENTS = {
    "PYTHONPATH": "/elsewhere",
    "PYTHONHOME": "/elsewhere",
    "PGHOST": "db.example.org",
    "PGPASSWORD": "x",
    "JAVA_HOME": "/elsewhere",
    "JAVA_TOOL_OPTIONS": "-version",
    "M2_REPO": "/elsewhere",
    "CKAN_INI": "/elsewhere/ckan.ini",
    "CKAN_SQLALCHEMY_URL": "postgresql://elsewhere",
    "REDIS_URL": "redis://elsewhere",
    "LD_LIBRARY_PATH": "/elsewhere",
    "PIP_TARGET": "/elsewhere",
    "PIP_USER": "1",
    "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:1",
    "PYTEST_ADDOPTS": "-x",
}


@pytest.mark.parametrize("name", ACCIDENTS)
def test_what_could_change_a_part_is_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, ACCIDENTS[name])
    assert name not in clean_environment()


def test_programs_of_the_path_come_after_the_environments_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/somewhere/with/java:/usr/bin")
    assert clean_environment(tmp_path)["PATH"].split(":") == [str(tmp_path), "/usr/bin", "/bin"]


def test_the_way_to_the_registries_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "https_proxy", "PIP_CERT", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, "/given")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    kept = clean_environment()
    assert {kept[name] for name in ("SSL_CERT_FILE", "https_proxy", "PIP_FIND_LINKS")} == {"/given"}
    assert kept["REQUESTS_CA_BUNDLE"] == "/given"


def test_an_error_shows_the_last_lines_and_the_log(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "log"
    with pytest.raises(SandboxError, match=r"(?s)sh failed.*the reason.*whole log"):
        run(["/bin/sh", "-c", "echo the reason >&2; exit 3"], log=log)
    assert "the reason" in log.read_text()


def test_a_part_does_not_inherit_our_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    assert "PGHOST" not in run(["/usr/bin/env"])
    assert "PGHOST" in os.environ
