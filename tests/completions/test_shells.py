"""TAB in real shells: what is on offer for a line, and that nothing in it is ever run."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.completions.conftest import CHANNELS, PROFILES, WILD, furnish
from tests.completions.shells import (
    FOLDER,
    SHELLS,
    EvalZsh,
    Fish,
    InteractiveShell,
    Shell,
    Zsh,
)
from tests.support.cli_process import CLI
from tests.support.programs import require

FORMATS = ["browse", "json", "plain", "pretty", "raw", "table"]


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        # commands
        ("d", ["demo", "doctor"]),
        ("--json dem", []),  # a command comes first
        ("tai", []),  # the hidden command
        # options of the command at hand
        ("--si", ["--since"]),
        ("1229/telegram --hea", ["--heartbeat"]),
        ("-g 'a demo' --no-", ["--no-footer", "--no-grep"]),
        ("-g x --no-", ["--no-footer", "--no-grep"]),
        ("demo --no", ["--no-grep", "--notices"]),
        ("demo --li", []),
        ("replay --json x --sp", ["--speed"]),
        ("login --pa", ["--password-stdin"]),
        # events
        ("-e messageS", ["messageStatus"]),
        ("-E chatP", ["chatProcess", "chatProducer"]),
        ("--event=chatT", ["--event=chatTag"]),
        ("demo -e message,chatT", ["message,chatTag"]),
        ("events quick", ["quickResponse", "quickResponseList"]),
        ("events message m", []),
        ("trigger chatL", ["chatLevel"]),
        # messengers
        ("-m tele", ["telegram", "telegramBot"]),
        ("--messenger avito,vk", ["avito,vkontakte"]),
        # choices
        ("-f ", FORMATS),
        ("--format=r", ["--format=raw"]),
        ("channels --format pr", ["pretty"]),
        ("-qvf r", ["raw"]),
        ("demo --time r", ["relative"]),
        ("--color a", ["always", "auto"]),
        ("replay x --speed m", ["max"]),
        ("completion ", ["bash", "fish", "zsh"]),
        # files
        ("replay rec", ["recorded.jsonl"]),
        ("--record rec", ["recorded.jsonl"]),
        ("--config rec", ["recorded.jsonl"]),
        ("trigger message --file rec", ["recorded.jsonl"]),
        # anything: nothing can be offered, not even a file
        ("-l ", []),
        ("--grep rec", []),
        ("channels rec", []),
        # channels
        ("us", ["user/685"]),
        ("-- us", ["user/685"]),
        ("company/1 us", ["user/685"]),
        ("doctor us", ["user/685"]),
        ("trigger chatRead us", ["user/685"]),
        ("trigger chatRead user/685 us", []),
        ("--channel us", ["user/685"]),
        ("trigger message -c us", ["user/685"]),
        ("-p work 77", ["77/avito"]),
        ("--profile=work doctor 77", ["77/avito"]),
        # profiles
        ("-p wo", ["work"]),
        ("channels --profile=wo", ["--profile=work"]),
    ],
)
def test_tab_offers(shell: Shell, line: str, offers: list[str]) -> None:
    assert shell.offers(f"chatapp-tail {line}") == offers


@pytest.mark.parametrize("command", ["", "demo ", "trigger ", "logout ", "completion "])
def test_tab_offers_the_options_that_help_lists(shell: Shell, home: Path, command: str) -> None:
    with CLI(home, *command.split(), "--help") as process:
        process.exit_code()
        listed = re.findall(r"^  (?:-\w, |    )?(--[a-z-]+)", process.stdout.text, re.MULTILINE)
    assert shell.offers(f"chatapp-tail {command}--") == sorted(listed)


def test_every_name_is_one_argument_and_nothing_in_it_is_run(shell: Shell, home: Path) -> None:
    specs = [spec for spec, _ in CHANNELS if spec.startswith("wild/")]
    assert shell.offers("chatapp-tail -c wild/") == sorted(specs)
    assert shell.offers("chatapp-tail -p ") == sorted(PROFILES[:-1])
    assert len(specs) == len(WILD)
    assert not (home / "pwned").exists()


@pytest.mark.parametrize("quote", ["'", '"'])
def test_open_quote_is_closed(shell: Shell, quote: str) -> None:
    assert shell.offers(f"chatapp-tail -f {quote}pre") == ["pretty"]


@pytest.mark.parametrize("kind", [Zsh, Fish], ids=lambda one: str(one.name))
def test_descriptions_are_shown(kind: type[Shell], home: Path) -> None:
    with kind(home) as shell:
        shell.shown("chatapp-tail d", "Show it all without an account")
        shell.shown("chatapp-tail demo --fo", "How to write events")
        shell.shown("chatapp-tail events chatR", "a chat was read")
        shown = shell.shown("chatapp-tail -c ", "Мой магазин: telegram")
        assert "\x1b[31m" not in shown


@pytest.mark.parametrize("kind", SHELLS, ids=lambda one: str(one.name))
def test_broken_file_is_like_a_missing_one(kind: type[Shell], tmp_path: Path) -> None:
    furnish(tmp_path)
    for path in (".cache/chatapp-tail/default.json", ".config/chatapp-tail/config.toml"):
        (tmp_path / path).write_text('{"channels": [', encoding="utf-8")
    with kind(tmp_path) as shell:
        for line in ("chatapp-tail us", "chatapp-tail -p "):
            assert shell.offers(line) == []
        if isinstance(shell, InteractiveShell):
            assert "rror" not in shell.said


def test_zsh_without_compinit_reads_the_script_silently() -> None:
    require("zsh")
    run = subprocess.run(
        ["zsh", "-fc", 'source "$1"', "zsh", str(FOLDER / "_chatapp-tail")],
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_zsh_takes_the_printed_script_too(home: Path) -> None:
    with EvalZsh(home) as zsh:
        assert zsh.offers("chatapp-tail demo --no") == ["--no-grep", "--notices"]
        assert zsh.offers("chatapp-tail us") == ["user/685"]
