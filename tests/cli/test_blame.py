"""A value that can't be is blamed on what it came from."""

from pathlib import Path

import pytest

from chatapp_tail.cli.app import main


def error_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()[0].removeprefix("chatapp-tail: error: ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["-g", "("], "--grep: bad regular expression: missing ), unterminated subpattern"),
        (["-d", "soon"], "--duration: 'soon' is not a duration; write 30s, 5m or 1h30m"),
        (["-n", "1.5"], "--count: '1.5' is not a whole number of 1 or more"),
        (["-n", "९"], "--count: '९' is not a whole number of 1 or more"),
        (["--forward-to", "ftp://x"], "--forward-to: this is not an http:// or https:// URL"),
        (["--company", "x"], "--company: 'company/x' is not a channel"),
        (["-c", "x"], "--channel: 'x' is not a channel"),
        (["x/"], "'x/' is not a channel"),
        (["--record", "no/such/folder"], "--record: no/such/folder: No such file or directory"),
        (["--record", "-"], "--record: a recording can't go to stdout (-)"),
        (["--record", ""], "--record: the value is empty"),
    ],
)
def test_value_of_the_command_line_is_blamed_on_its_option(
    arguments: list[str],
    error: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATAPP_TAIL_CONFIG", "")
    monkeypatch.setenv("CHATAPP_TOKEN", "made-up-token-of-this-test")
    assert error_of([*arguments, "1229/telegram"], capsys) == error


@pytest.mark.parametrize(
    "option",
    ["-l", "-m", "--company", "--user", "-c", "-e", "-E", "--chat", "-g", "-w", "--until",
     "--highlight", "--token", "--socket-url", "--api-url", "--app-key", "--redact-key",
     "--forward-to", "--forward-header", "--profile", "--msg", "-G"],
)  # fmt: skip
def test_shell_variable_that_is_not_set_does_not_mean_everything(
    option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_TOKEN", "made-up-token-of-this-test")
    assert error_of(["1229/telegram", option, ""], capsys).endswith(": the value is empty")


@pytest.mark.parametrize(
    ("variable", "value", "error"),
    [
        ("CHATAPP_SOCKET_URL", "x", "'x' is not of the form ws[s]://host[:port]"),
        ("CHATAPP_API_URL", "x", "'x' is not of the form http[s]://host[:port]"),
        ("CHATAPP_TAIL_CONFIG", "/absent", "there is no configuration file /absent"),
        ("CHATAPP_TAIL_PROFILE", "absent", "there is no profile 'absent'"),
    ],
)
def test_value_of_a_variable_is_blamed_on_the_variable(
    variable: str,
    value: str,
    error: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)
    assert error_of(["1229/telegram"], capsys) == f"{variable}: {error}"


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
        ('socket-url = "x"', "socket-url: 'x' is not of the form ws[s]://host[:port]"),
        ('channel = "x"', "channel: 'x' is not a channel"),
        ('forward_header = "x"', "forward-header: this is not of the form 'Name: value'"),
        ("license = 1", "license: this needs a messenger, too: a channel is one messenger of a l"),
        ('company = "x"', "company: 'company/x' is not a channel"),
        ('record = "-"', "record: a recording can't go to stdout (-)"),
        ('record = "/no/such/folder"', "record: /no/such/folder: No such file or directory"),
        ('record = ""', "record: the value is empty"),
        ("count = 0", "count: '0' is not a whole number of 1 or more"),
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
    monkeypatch.setenv("CHATAPP_TOKEN", "made-up-token-of-this-test")
    said = error_of(["-p", "night"], capsys)
    assert said.startswith(f"profile night ({path}:4): {error}")


def test_tilde_is_somebodys_home_wherever_a_file_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CHATAPP_TAIL_CONFIG", "")
    monkeypatch.setenv("CHATAPP_TOKEN", "made-up-token-of-this-test")
    record = error_of(["1229/telegram", "--record=~/none/x"], capsys)
    assert record == f"--record: {tmp_path}/none/x: No such file or directory"
    assert error_of(["replay", "~/x"], capsys) == (
        f"{tmp_path}/x can't be read: No such file or directory"
    )
    assert error_of(["trigger", "message", "--file=~/x"], capsys) == (
        f"--file: {tmp_path}/x can't be read: No such file or directory"
    )
