"""Running other programs in a clean environment.

Nothing the machine has on its path or in its variables may be picked up by accident: a system
PostgreSQL, Redis, Java or Maven, another Python's packages, another CKAN's configuration. So
programs are called by absolute paths and get the few variables named here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from sandbox.console import SandboxError

# A person's surroundings, and how this machine reaches its package registries.
_KEPT = ("HOME", "USER", "LOGNAME", "TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TMPDIR")
_KEPT_NETWORK = (
    "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
_TRUST = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
# These would make pip install somewhere else than into the environment it belongs to.
_PIP_REFUSED = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_NO_INDEX"}

# Set once a person has asked to stop: work in other threads then tries nothing again.
interrupted = threading.Event()


def stop_on_signals() -> None:
    """Let Ctrl-C and a polite kill end the launcher in the same orderly way."""

    def handle(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def clean_environment(
    bin_dir: Path | None = None, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables a part of the sandbox gets.

    `bin_dir` (of a virtual environment) comes first on the path; `extra` is added last.
    """
    kept = {name: os.environ[name] for name in (*_KEPT, *_KEPT_NETWORK) if name in os.environ}
    kept |= {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name not in _PIP_REFUSED
    }
    if trusted := kept.get("PIP_CERT") or kept.get("SSL_CERT_FILE") or system_trust():
        # Whom the machine trusts is trusted by every download, not by pip alone.
        kept.setdefault("REQUESTS_CA_BUNDLE", trusted)
    path = "/usr/bin:/bin"
    kept["PATH"] = f"{bin_dir}:{path}" if bin_dir else path
    kept["LANG"] = kept["LC_ALL"] = "C.UTF-8"
    kept["PYTHONNOUSERSITE"] = "1"
    kept["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return {**kept, **(extra or {})}


def system_trust() -> str | None:
    """The machine's own list of certificate authorities, which bundled lists do not know."""
    return next((path for path in _TRUST if Path(path).exists()), None)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    user: str | None = None,
    group: int | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    :param env: its whole environment; default: a clean one.
    :param log: a file that keeps everything it prints.
    :param user: (root only) the account it runs as, with `group`.
    :raises SandboxError: it ended with an error; the message has its last lines.
    """
    done = subprocess.run(
        [str(word) for word in command],
        env=dict(env or clean_environment()),
        cwd=cwd,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=user,
        group=group,
        extra_groups=[] if user else None,
    )
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as handle:
            handle.write(f"$ {' '.join(map(str, command))}\n{done.stdout}\n")
    if done.returncode:
        tail = "\n    ".join(done.stdout.strip().splitlines()[-15:])
        where = f"\n  The whole log: {log}" if log else ""
        raise SandboxError(f"{Path(command[0]).name} failed:\n    {tail}{where}")
    return done.stdout


def hand_over(
    command: Sequence[str | Path], env: Mapping[str, str], cwd: Path | None = None
) -> int:
    """Run a program on this terminal and return its exit status; Ctrl-C is its own to handle."""
    sys.stdout.flush()
    child = subprocess.Popen([str(word) for word in command], env=dict(env), cwd=cwd)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue
