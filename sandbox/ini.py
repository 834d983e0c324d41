"""Writing CKAN's configuration files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_LOGGING = """\
[loggers]
keys = root, ckan, jobs, ckanext

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console

# The application server logs each request; CKAN's own line about it would only repeat that.
[logger_ckan]
qualname = ckan
level = WARNING
handlers = console
propagate = 0

[logger_jobs]
qualname = ckan.lib.jobs
level = {level}
handlers = console
propagate = 0

[logger_ckanext]
qualname = ckanext
level = {level}
handlers = console
propagate = 0

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(asctime)s %(levelname)-5.5s [%(name)s] %(message)s
"""


def write(path: Path, settings: Mapping[str, str], *, level: str = "INFO") -> None:
    """Write a configuration with these settings; only its owner may read it.

    :param level: from which level on extensions and the worker write to the log.
    """
    lines = [f"{name} = {value}".rstrip() for name, value in settings.items()]
    text = "\n".join(["[app:main]", "use = egg:ckan", *lines, "", _LOGGING.format(level=level)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
