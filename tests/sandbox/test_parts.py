"""What the parts are told: configuration files and command lines."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from sandbox import slots
from sandbox.console import SandboxError
from sandbox.environments import Environment
from sandbox.ini import write
from sandbox.layout import Clone
from sandbox.services import Services
from sandbox.solr import FILES
from sandbox.supervision import Program


def test_a_program_with_blanks_and_percent_signs_stays_whole(tmp_path: Path) -> None:
    program = Program("web", ["/a dir/x", "50%"], {"NAME": "30%"}, user="nobody")
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(program.section(tmp_path))
    section = parsed["program:web"]
    assert section["command"] == "'/a dir/x' 50%%"
    assert section["environment"] == 'NAME="30%%"'
    assert section["user"] == "nobody"


def test_secrets_in_a_configuration_are_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ckan.ini"
    write(path, {"SECRET_KEY": "x", "ckan.site_intro_text": ""})
    assert path.stat().st_mode & 0o077 == 0
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read(path)
    assert parsed["app:main"]["SECRET_KEY"] == "x"
    assert "formatters" in parsed


def test_services_of_two_stacks_share_no_address(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    tools = Environment(clone, "tools")
    (tools.home / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    demo, test = (Services.of(clone.stack(name), tools) for name in ("demo", "test"))
    assert demo.postgres.url("x", "y") != test.postgres.url("x", "y")
    assert demo.redis.url(1) != test.redis.url(1)
    assert demo.supervisor.socket != test.supervisor.socket
    assert demo.solr.home != test.solr.home
    assert demo.postgres.data != test.postgres.data


@pytest.mark.parametrize("name", ["", "Main", "a-b", "a;drop database x", "x" * 31])
def test_a_slots_name_goes_into_sql_and_is_checked(name: str, tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    tools = Environment(clone, "tools")
    with pytest.raises(SandboxError, match="slot's name"):
        slots.Slot(Services.of(clone.stack("test"), tools), tools, "2.11", name)


def test_log_lines_before_the_sql_are_dropped() -> None:
    printed = "2026 WARN something; drop table x\n/*\nThis script ...\n*/\nselect 1;\n"
    assert slots.permissions_only(printed).startswith("/*")


def jars() -> list[tuple[str, str]]:
    lines = (FILES / "jars.txt").read_text().splitlines()
    return [(words[0], words[1]) for words in (line.split() for line in lines)]


def test_every_jar_has_exact_coordinates_and_a_checksum() -> None:
    for coordinate, checksum in jars():
        assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+(:[\w-]+)?", coordinate)
        assert re.fullmatch(r"[0-9a-f]{64}", checksum)


@pytest.mark.parametrize(
    "group", ["org.eclipse.jetty", "org.apache.lucene", "org.apache.solr", "org.ow2.asm"]
)
def test_jars_of_one_family_agree(group: str) -> None:
    found = {line.split(":")[2] for line, _ in jars() if line.startswith(f"{group}:")}
    assert len(found) == 1
