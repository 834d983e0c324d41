"""The command line: what it takes, what it says, and how it ends."""

from __future__ import annotations

import argparse
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest

from sandbox import commands, demo, mail, testing
from sandbox.console import SandboxError
from sandbox.layout import Clone
from sandbox.testing import Result

EMPTY = {"port": None, "ckan": None, "city": None, "empty": True, "detach": True}


def wish(stack_root: Path, **options: object) -> demo.Wish:
    stack = Clone(stack_root).stack("demo")
    return demo.Wish.of(stack, argparse.Namespace(**{**EMPTY, **options}))


def test_a_first_start_has_the_documented_defaults(tmp_path: Path) -> None:
    found = wish(tmp_path)
    assert (found.version, found.port) == ("2.11", 5000)


def test_a_later_start_keeps_its_address_unless_told(tmp_path: Path) -> None:
    Clone(tmp_path).stack("demo").remember(port=5100, ckan="2.12")
    assert (wish(tmp_path).version, wish(tmp_path).port) == ("2.11", 5100)
    assert wish(tmp_path, port=5200, ckan="2.12").port == 5200


def test_a_running_demo_is_not_exchanged_unasked(tmp_path: Path) -> None:
    stack = Clone(tmp_path).stack("demo")
    assert demo.Wish.of(stack, argparse.Namespace(**EMPTY), "2.12").version == "2.12"
    asked = argparse.Namespace(**{**EMPTY, "ckan": "2.11"})
    assert demo.Wish.of(stack, asked, "2.12").version == "2.11"


def test_a_city_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no directory"):
        wish(tmp_path, empty=False, city=str(tmp_path / "nowhere"))


def test_a_busy_port_is_told_with_its_remedy(tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        clone = Clone(tmp_path)
        with pytest.raises(SandboxError, match=rf"Port {port} is taken.*--port \d+"):
            demo.start(clone, clone.stack("demo"), wish(tmp_path, port=port))


@pytest.mark.parametrize("words", [["url"], ["token", "admin"], ["ckan", "user", "list"]])
def test_without_a_sandbox_the_error_says_how_to_start_one(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(commands, "Clone", lambda _root: Clone(tmp_path))
    monkeypatch.setattr(commands, "stop_on_signals", lambda: None)
    assert commands.main(words) == 1
    assert "./satudata demo" in capsys.readouterr().err


def test_interrupting_says_that_it_can_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "stop_on_signals", lambda: None)
    monkeypatch.setattr(commands, "_run", interrupt)
    assert commands.main(["demo"]) == commands.INTERRUPTED
    assert "goes on" in capsys.readouterr().err


def test_words_for_pytest_are_passed_on() -> None:
    options, rest = commands.parser().parse_known_args(
        ["test", "--ckan", "2.12", "tests/opd", "-k", "tree", "--tb=short"]
    )
    assert options.ckan == "2.12"
    assert rest == ["tests/opd", "-k", "tree", "--tb=short"]


def test_only_named_files_leave_the_checks_out(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").touch()
    assert testing.names_files(tmp_path, ["tests/test_x.py::test_a"])
    assert not testing.names_files(tmp_path, ["-q", "-k", "x", "--tb=short"])


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("...\n==== 3 passed, 1 skipped in 0.10s ====\n", "3 passed, 1 skipped in 0.10s"),
        ("\x1b[31m2 failed\x1b[0m, 9 passed in 1.00s\n", "2 failed, 9 passed in 1.00s"),
        ("Traceback\nImportError\n", ""),
    ],
)
def test_the_summary_is_pytests_own(printed: str, said: str) -> None:
    assert testing.summary_line(printed) == said


def test_one_failure_fails_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    results = [Result("ruff", 0, 1.0), Result("CKAN 2.12", 1, 2.0, "1 failed in 2.00s")]
    assert testing.summarize(results) == 1
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last == "== FAILED == ruff: passed; CKAN 2.12: 1 failed in 2.00s"


def test_a_run_that_only_passes_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert testing.summarize([Result("ruff", 0, 1.0), Result("wheel", 0, 1.0)]) == 0
    assert "ok" in capsys.readouterr().out


def test_caught_mails_are_read_newest_first(tmp_path: Path) -> None:
    for number in (1, 2):
        message = EmailMessage()
        message["Subject"] = f"Surat <{number}>"
        message["To"] = "a@example.org"
        message.set_content("isi & <b>")
        (tmp_path / f"{number}.eml").write_bytes(message.as_bytes())
    (tmp_path / "notes.txt").touch()
    assert [number for number, _ in mail.mails(tmp_path)] == [2, 1]
    assert "Surat &lt;2&gt;" in mail.page_of_all(tmp_path)
    page = mail.page_of_one(tmp_path, 1)
    assert page is not None
    assert "isi &amp; &lt;b&gt;" in page
    assert mail.page_of_one(tmp_path, 9) is None
