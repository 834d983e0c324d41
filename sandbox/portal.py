"""One CKAN of the demo: its configuration, its databases and its processes."""

from __future__ import annotations

import hashlib
import json
import secrets
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import accounts
from sandbox.console import SandboxError, doing
from sandbox.environments import CKAN_RELEASES, Environment
from sandbox.identity import Identity
from sandbox.ini import write as write_ini
from sandbox.layout import inner_port
from sandbox.processes import run
from sandbox.services import Services
from sandbox.slots import permissions_only
from sandbox.solr import schema_of
from sandbox.supervision import Program

HERE = Path(__file__).parent
OWNER = "ckan"
READER = "datastore_read"
PLUGINS = (
    "satudata scheming_datasets scheming_organizations activity tracking datastore "
    "datatables_view text_view image_view"
)
_ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Portal:
    """A demo's CKAN of one version, at `port` on this machine."""

    services: Services
    environment: Environment
    version: str
    port: int

    @property
    def key(self) -> str:
        return f"ckan_{self.version.replace('.', '')}"

    @property
    def home(self) -> Path:
        return self.services.stack.home / self.key

    @property
    def ini(self) -> Path:
        return self.home / "ckan.ini"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mail(self) -> Path:
        return self.services.stack.home / "mail"

    @property
    def mail_url(self) -> str:
        return f"http://127.0.0.1:{self._inner('mail-page')}"

    def prepare(self) -> None:
        """Make or renew everything that must exist before CKAN starts; at once when it does."""
        stack = self.services.stack
        for name in ("smtp", "mail-page"):
            inner_port(stack, name)
        for directory in (self.home / "storage", self.mail):
            directory.mkdir(parents=True, exist_ok=True)
        write_ini(self.ini, self.settings())
        postgres = self.services.postgres
        for role in (OWNER, READER):
            postgres.ensure_role(role)
        for database in (self.key, f"{self.key}_ds"):
            postgres.ensure_database(database, OWNER)
        self.services.solr.ensure_core(self.key, schema_of(self.environment))
        self._migrate()

    def settings(self) -> dict[str, str]:
        """CKAN's configuration."""
        secret = self._secrets()
        services = self.services
        return {
            "SECRET_KEY": secret["session"],
            "api_token.jwt.encode.secret": f"string:{secret['token']}",
            "api_token.jwt.decode.secret": f"string:{secret['token']}",
            "SESSION_COOKIE_NAME": f"satudata-{self.port}",
            "ckan.site_id": f"satudata-{self.key}",
            "ckan.site_url": self.url,
            "ckan.site_description": "Portal contoh di satu komputer",
            "ckan.plugins": PLUGINS,
            "ckan.views.default_views": "datatables_view text_view image_view",
            "ckan.locale_default": "id",
            "ckan.locales_offered": "id en",
            "ckan.locale_order": "id en",
            "sqlalchemy.url": services.postgres.url(self.key, OWNER),
            "ckan.datastore.write_url": services.postgres.url(f"{self.key}_ds", OWNER),
            "ckan.datastore.read_url": services.postgres.url(f"{self.key}_ds", READER),
            "ckan.datastore.sqlsearch.enabled": "false",
            "solr_url": services.solr.core_url(self.key),
            "ckan.redis.url": services.redis.url(1 if self.version == "2.11" else 2),
            "ckan.storage_path": str(self.home / "storage"),
            "ckan.max_resource_size": "100",
            "ckan.auth.anon_create_dataset": "false",
            "ckan.auth.create_unowned_dataset": "false",
            "ckan.auth.create_dataset_if_not_in_organization": "false",
            "ckan.auth.user_create_groups": "false",
            "ckan.auth.user_create_organizations": "false",
            "ckan.auth.user_delete_groups": "false",
            "ckan.auth.user_delete_organizations": "false",
            "ckan.auth.create_user_via_web": "false",
            "ckan.auth.public_user_details": "false",
            "ckan.auth.roles_that_cascade_to_sub_groups": "admin",
            # CKAN 2.11 leaves extensions' forms unprotected unless told; 2.12 has no such option.
            **(
                {"ckan.csrf_protection.ignore_extensions": "false"}
                if self.version == "2.11"
                else {}
            ),
            "smtp.server": f"127.0.0.1:{self._inner('smtp')}",
            "smtp.starttls": "false",
            "smtp.mail_from": "satudata@example.org",
            "ckanext.satudata.enforcement": "strict",
            "ckanext.satudata.public_board": "live",
            **self.identity(),
            # Nothing of a sandbox is fetched from elsewhere.
            "ckan.gravatar_default": "disabled",
        }

    def identity(self) -> dict[str, str]:
        """Whose portal it is, as the start that named its city noted it."""
        noted = self.services.stack.remembered().get("identity", {}).get(self.key)
        identity = Identity.remembered(noted)
        return identity.settings() if identity else {"ckan.site_title": "Satu Data"}

    def variables(self) -> dict[str, str]:
        """The environment variables of CKAN's processes."""
        return self.environment.variables(CKAN_INI=str(self.ini))

    def ckan(self, *words: str, secret: bool = False) -> str:
        """Run CKAN's command line to its end and return what it printed.

        :param secret: keep words and answer out of the log.
        """
        log = None if secret else self.services.stack.log / "ckan-commands.log"
        return run([self.environment.bin / "ckan", *words], env=self.variables(), log=log)

    def programs(self) -> Sequence[Program]:
        """CKAN's processes and the mail catcher."""
        bin_dir = self.environment.bin
        env = {"CKAN_INI": str(self.ini), "PATH": f"{bin_dir}:/usr/bin:/bin"}
        tools = self.services.tools
        web: list[str | Path] = [
            bin_dir / "gunicorn", "--bind", f"127.0.0.1:{self.port}",
            "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "10",
            "--no-control-socket", "--access-logfile", "-", "--pythonpath", str(HERE.parent),
            "sandbox.wsgi:application",
        ]  # fmt: skip
        mail: list[str | Path] = [
            tools.python, "-I", "-u", HERE / "mail.py", self.mail,
            self._inner("smtp"), self._inner("mail-page"),
        ]  # fmt: skip
        return [
            Program("mail", mail, priority=20),
            Program("web", web, env, priority=30),
            Program("worker", [bin_dir / "ckan", "jobs", "worker"], env, priority=40),
        ]

    def ready(self) -> bool:
        """Whether CKAN answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/api/3/action/status_show", timeout=_ANSWER_SECONDS) as a:
                return bool(json.load(a)["success"])
        except (OSError, ValueError, KeyError):
            return False

    def ensure_sysadmin(self) -> None:
        """Make the sample sysadmin if there is none."""
        found = self.services.postgres.sql(
            f"select sysadmin from \"user\" where name = '{accounts.SYSADMIN}'", self.key
        ).strip()
        if not found:
            name, password = accounts.SYSADMIN, accounts.PASSWORD
            email = f"{name}@example.org"
            self.ckan("user", "add", name, f"email={email}", f"password={password}", secret=True)
        if found != "t":
            self.ckan("sysadmin", "add", accounts.SYSADMIN)

    def _migrate(self) -> None:
        root = self.services.stack.clone.root
        digest = hashlib.sha256(f"{CKAN_RELEASES[self.version]} {PLUGINS}".encode())
        for path in sorted(root.glob("ckanext/satudata/migration/*/versions/*.py")):
            digest.update(path.name.encode() + path.read_bytes())
        stamp = self.home / ".migrated"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        with doing("bringing the database to the newest version"):
            self.ckan("db", "upgrade")
            permissions = self.ckan("datastore", "set-permissions")
            self.services.postgres.sql(permissions_only(permissions))
            self.ensure_sysadmin()
        stamp.write_text(digest.hexdigest())

    def _secrets(self) -> dict[str, str]:
        """This portal's own secrets, made once, so that sessions and tokens outlive a restart."""
        path = self.home / "secrets.json"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            made = {"session": secrets.token_urlsafe(32), "token": secrets.token_urlsafe(32)}
            fresh.write_text(json.dumps(made))
            fresh.replace(path)
        return json.loads(path.read_text())

    def _inner(self, name: str) -> str:
        try:
            return str(self.services.stack.remembered()["ports"][name])
        except KeyError as error:
            raise SandboxError("The sandbox was never started: ./satudata demo") from error
