"""``chatapp-tail serve`` as the fixture of somebody's tests, through the real process."""

import json
import re
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.cli_process import CLI
from tests.support.waiting import wait_until

ACCOUNTS = [
    {
        "email": f"{name}@shop.example",
        "password": f"password-of-{name}",
        "appId": f"app_{number}_1",
        "userId": number,
        "token": f"token-of-{name}",
        "licenses": [{"licenseId": 100 + number, "messenger": [{"type": "telegram"}]}],
    }
    for number, name in ((7, "ann"), (8, "bob"))
]


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[dict[str, str], CLI]]:
    """Run ``serve``; yield the environment that it tells of, the first of each, and itself."""
    with CLI(home, "serve", "--port", "0", *arguments) as process:
        process.wait_for("Ctrl-C ends it")
        exports = re.findall(r"^ +export (.*)", process.stdout.text, re.MULTILINE)
        words = [word.partition("=") for line in exports for word in shlex.split(line)]
        yield {name: value for name, _, value in reversed(words)}, process


def run(home: Path, environment: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a client."""
    with CLI(home, *arguments, environment=environment) as process:
        return process.exit_code(), process.stdout.text, process.stderr.text


def test_without_a_story_only_what_is_published_happens(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-story") as (environment, _):
        arguments = ("1229/telegram", "--count", "1", "--idle")
        assert run(tmp_path, environment, *arguments, "2s")[:2] == (6, "")
        with CLI(tmp_path, *arguments, "1m", environment=environment) as tail:
            tail.wait_for("subscribed to 1229/telegram")
            assert run(tmp_path, environment, "trigger", "chatRead")[0] == 0
            assert tail.exit_code() == 0
            assert json.loads(tail.lines(1)[0])["event"] == "chatRead"


def test_printed_token_ends_after_its_life_and_a_login_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, "--token-life", "1s") as (environment, process):
        login = next(line for line in process.stdout.text.splitlines() if " login " in line)
        words, _, password = login.partition("   # password: ")
        with CLI(
            tmp_path,
            *shlex.split(words)[1:],
            "--password-stdin",
            environment=environment,
            stdin=password,
        ) as stored:
            assert stored.exit_code() == 0
        wait_until(
            lambda: run(tmp_path, environment, "channels")[0] == 3, "the printed token to end"
        )
        del environment["CHATAPP_TOKEN"]
        assert run(tmp_path, environment, "channels")[0] == 0


def test_each_account_of_a_file_sees_its_own_channels(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps(ACCOUNTS), encoding="utf-8")
    with serving(tmp_path, "--accounts", str(file)) as (environment, process):
        assert "password-of-ann" not in process.stdout.text
        assert environment["CHATAPP_TOKEN"] == "token-of-ann"
        listed = [
            run(tmp_path, {**environment, "CHATAPP_TOKEN": token}, "channels")[1].split()
            for token in ("token-of-ann", "token-of-bob")
        ]
        assert listed == [["107/telegram", "user/7"], ["108/telegram", "user/8"]]
        assert run(tmp_path, environment, "108/telegram", "--duration", "1m")[0] == 4


def test_file_of_accounts_that_cannot_be_used_is_blamed(tmp_path: Path) -> None:
    code, stdout, stderr = run(tmp_path, {}, "serve", "--accounts", "absent.json")
    assert (code, stdout) == (2, "")
    assert "--accounts: absent.json can't be read: No such file" in stderr


def test_client_with_the_printed_authority_trusts_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, "--tls") as (environment, process):
        assert environment["CHATAPP_SOCKET_URL"].startswith("wss://localhost:")
        assert run(tmp_path, environment, "1229/telegram", "--count", "1")[0] == 0
        authority = Path(environment.pop("SSL_CERT_FILE"))
        assert authority.read_text(encoding="utf-8").startswith("-----BEGIN CERTIFICATE-----")
        code, _, stderr = run(tmp_path, environment, "channels")
        assert (code, "certificate can't be trusted" in stderr) == (5, True)
        process.send(signal.SIGTERM)
        assert process.exit_code() == 143
        assert not authority.exists()
