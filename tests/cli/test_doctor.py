"""``chatapp-tail doctor`` through the real process; tests/doctor has what it examines."""

import json
from pathlib import Path

import pytest

from tests.cli.running import environment
from tests.support.cli_process import CLI, endpoint
from tests.support.emulated import SERVER_ERROR, Emulator

STEPS = [
    *("token", "API", "DNS", "TCP", "TLS", "websocket", "handshake", "authorization"),
    *("subscription", "ping", "clock", "licence", "webhooks", "messages", "unanswered"),
]


def run(home: Path, emulator: Emulator, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr."""
    with CLI(home, "doctor", *arguments, environment=environment(emulator)) as process:
        code = process.exit_code()
        return code, process.stdout.text, process.stderr.text


def test_healthy_chain_is_found_step_by_step(emulator: Emulator, tmp_path: Path) -> None:
    code, stdout, stderr = run(tmp_path, emulator, "1229/telegram", "--json")
    findings = [json.loads(line) for line in stdout.splitlines()]
    assert code == 0
    assert [one["step"] for one in findings] == STEPS
    assert {one["outcome"] for one in findings} == {"ok", "skipped"}
    assert [one["step"] for one in findings if one["outcome"] == "skipped"] == ["TLS"]
    assert emulator.token not in stdout + stderr


def test_table_says_the_next_step(emulator: Emulator, tmp_path: Path) -> None:
    code, stdout, _ = run(tmp_path, emulator, "1229/telegram", "77/telegram")
    assert code == 0
    assert "→ chatapp-tail channels lists" in stdout
    assert all(step in stdout for step in STEPS)
    assert all(len(line) <= 80 for line in stdout.splitlines())


def test_everything_the_token_may_watch_can_be_examined(emulator: Emulator, tmp_path: Path) -> None:
    code, stdout, _ = run(tmp_path, emulator, "--all", "--json")
    findings = [json.loads(line) for line in stdout.splitlines()]
    assert code == 0
    channels = [one["channel"] for one in findings if one["step"] == "subscription"]
    assert channels[:2] == ["1229/telegram", "1229/grWhatsApp"]
    assert len(channels) == 7


def test_listing_that_fails_leaves_the_channels_that_were_named(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fail("/v1/licenses", SERVER_ERROR)
    code, stdout, stderr = run(tmp_path, emulator, "company/2224", "--all", "--json")
    assert code == 0
    assert "warning: the API answered HTTP 500" in stderr
    channels = {json.loads(line)["channel"] for line in stdout.splitlines()}
    assert channels == {None, "company/2224"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["77/telegram"], 4),
        (["--token", "wrong", "1229/telegram"], 3),
        (["--socket-url", "ws://127.0.0.1:1", "1229/telegram"], 5),
        (["--socket-url", "x"], 2),
    ],
    ids=str,
)
def test_exit_code_is_the_tails(
    emulator: Emulator, tmp_path: Path, arguments: list[str], code: int
) -> None:
    assert run(tmp_path, emulator, *arguments)[0] == code


@pytest.mark.parametrize(
    ("way", "name"),
    [
        ("option", "--socket-url"),
        ("variable", "CHATAPP_SOCKET_URL"),
        ("profile", "profile night ({config}:2): socket-url"),
    ],
)
def test_next_step_names_what_the_address_was_given_by(
    emulator: Emulator, tmp_path: Path, way: str, name: str
) -> None:
    nowhere = "ws://127.0.0.1:1"
    config = tmp_path / "night.toml"
    config.write_text(f'[profile.night]\nsocket-url = "{nowhere}"\n', encoding="utf-8")
    arguments = {"option": ["--socket-url", nowhere], "profile": ["-p", "night"]}.get(way, [])
    environment = {
        **endpoint(nowhere if way == "variable" else "", emulator.api_url, emulator.token),
        "CHATAPP_TAIL_CONFIG": str(config),
    }
    with CLI(tmp_path, "doctor", "--json", *arguments, environment=environment) as process:
        assert process.exit_code() == 5
        findings = map(json.loads, process.stdout.text.splitlines())
        (step,) = (one["next_step"] for one in findings if one["step"] == "TCP")
    assert step.startswith(f"Check host and port in {name.format(config=config)}, and")


def test_no_token_is_a_finding(emulator: Emulator, tmp_path: Path) -> None:
    environment = endpoint(emulator.socket_url, emulator.api_url, "")
    with CLI(tmp_path, "doctor", "--json", environment=environment) as process:
        assert process.exit_code() == 3
        finding = json.loads(process.lines(1)[0])
    assert (finding["step"], finding["outcome"]) == ("token", "failed")
    assert "chatapp-tail login" in finding["next_step"]
