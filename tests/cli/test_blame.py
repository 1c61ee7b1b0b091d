"""The error for a value that can't be used names its option, variable, or line of a profile."""

from pathlib import Path

import pytest

from chatapp_tail.cli.app import main


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give the program a home of its own, and a token."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("CHATAPP_TOKEN", "made-up-token-of-this-test")


def error_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()[0].removeprefix("chatapp-tail: error: ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("-d soon", "--duration: 'soon' is not a duration; write 30s, 5m or 1h30m"),
        ("-n 1.5", "--count: '1.5' is not a whole number of 1 or more"),
        ("-n ९", "--count: '९' is not a whole number of 1 or more"),
        ("--company x", "--company: 'company/x' is not a channel"),
        ("x/", "'x/' is not a channel"),
        ("--record no/such/folder", "--record: no/such/folder: No such file or directory"),
    ],
)
def test_value_of_the_command_line_is_blamed_on_its_option(
    words: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert error_of([*words.split(), "1229/telegram"], capsys) == error


@pytest.mark.parametrize(
    "option",
    ["-l", "-m", "--company", "--user", "-c", "-e", "-E", "--chat", "-g", "-w", "--until",
     "--highlight", "--token", "--socket-url", "--api-url", "--app-key", "--redact-key",
     "--forward-to", "--forward-header", "--profile", "--msg", "-G", "--record"],
)  # fmt: skip
def test_shell_variable_that_is_not_set_does_not_mean_everything(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert error_of(["1229/telegram", option, ""], capsys).endswith(": the value is empty")


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        ("CHATAPP_SOCKET_URL", "'x' is not of the form ws[s]://host[:port]"),
        ("CHATAPP_TAIL_FORMAT", "'x' is not one of 'table', 'plain', 'json', 'pretty', 'raw', "),
        ("CHATAPP_TAIL_PROFILE", "there is no profile 'x'"),
    ],
)
def test_value_of_a_variable_is_blamed_on_the_variable(
    variable: str,
    error: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, "x")
    assert error_of(["1229/telegram"], capsys).startswith(f"{variable}: {error}")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('grep = "("', "grep: bad regular expression: missing ), unterminated subpattern"),
        ('where = ["data", "x"]', "where: a record has no key 'x'"),
        ('until = "x"', "until: a record has no key 'x'"),
        ('event = ""', "event: the value is empty"),
        ('chat = [" , "]', "chat: ' , ' is an empty list"),
        ('forward-to = "ftp://x"', "forward-to: this is not an http:// or https:// URL"),
        ('forward_header = "x: y"', "forward-header: this does nothing without a webhook"),
        ('forward_header = "x"', "forward-header: this is not of the form 'Name: value'"),
        ('socket-url = "x"', "socket-url: 'x' is not of the form ws[s]://host[:port]"),
        ('channel = "x"', "channel: 'x' is not a channel"),
        ("license = 1", "license: this needs a messenger, too: a channel is one messenger of a l"),
        ('record = "-"', "record: a recording can't go to stdout (-)"),
        ('record = "/no/such/folder"', "record: /no/such/folder: No such file or directory"),
    ],
)
def test_value_of_a_profile_is_blamed_on_its_line(
    line: str,
    error: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[profile.night]\ntime = "utc"\nuser = 685\n{line}\n', encoding="utf-8")
    monkeypatch.setenv("CHATAPP_TAIL_CONFIG", str(path))
    assert error_of(["-p", "night"], capsys).startswith(f"profile night ({path}:4): {error}")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("1229/telegram --record=~/none/x", "--record: {}/none/x: No such file or directory"),
        ("--config=~/x 1229/telegram", "--config: there is no configuration file {}/x"),
        ("replay ~/x", "{}/x can't be read: No such file or directory"),
        ("trigger message --file=~/x", "--file: {}/x can't be read: No such file or directory"),
    ],
)
def test_tilde_in_a_files_name_is_the_users_home(
    words: str, error: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert error_of(words.split(), capsys) == error.format(tmp_path)
