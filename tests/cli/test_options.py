import json

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.app import main
from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.cli.options import (
    CredentialOptions,
    LiveOptions,
    OutputOptions,
    ShowOptions,
    StopOptions,
    TailOptions,
    VerbosityOptions,
)
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard
from tests.cli.given import settled, show, tail


def test_without_options_every_group_has_its_defaults() -> None:
    options = tail()
    assert options == TailOptions()
    assert options.channels.license == ()
    assert options.connection.retries is None
    assert options.credentials.token is None
    assert show() == ShowOptions()


def test_options_are_gathered_in_their_groups() -> None:
    options = tail(
        *["--license", "1229", "-l", "1230", "--messenger", "telegram", "-c", "user/1", "--user=2"],
        *["-e", "message", "-E", "chatRead", "--retries", "0", "--connect-timeout", "2500ms"],
        *["--strict", "--socket-url", "ws://a", "--app-key", "k", "--token", "t", "-n", "3"],
        *["--notices", "--heartbeat", "3m", "--buffer", "512k", "--all", "--shard", "2/3"],
        *["-d", "1h30m", "-f", "raw", "--time", "iso", "--full", "--color", "never", "-qvv"],
        "--names",
    )
    assert options.channels.license == ("1229", "1230")
    assert options.channels.messenger == ("telegram",)
    assert options.channels.channel == (parse_spec("user/1"),)
    assert options.channels.user == (parse_spec("user/2"),)
    assert (options.channels.all, options.channels.shard) == (True, Shard(2, 3))
    assert (options.show.filters.event, options.show.filters.exclude_event) == (
        ("message",),
        ("chatRead",),
    )
    assert options.show.stop == StopOptions(count=3)
    assert options.show.output == OutputOptions(
        format=OutputFormat.RAW,
        time=TimeFormat.ISO,
        full=True,
        names=True,
        buffer=524_288,
        color=ColorMode.NEVER,
        verbosity=VerbosityOptions(quiet=True, verbose=2),
    )
    assert options.live == LiveOptions(notices=True, heartbeat=180.0, duration=5_400.0)
    assert (options.connection.retries, options.connection.connect_timeout) == (0, 2.5)
    assert (options.connection.strict, options.connection.endpoint.socket_url) == (True, "ws://a")
    assert (options.connection.endpoint.app_key, options.credentials.token) == ("k", "t")


@pytest.mark.parametrize(
    ("arguments", "verbose"), [(["-v"], 1), (["-vv"], 2), (["-v", "--verbose", "-v"], 3)]
)
def test_counts_add_up(arguments: list[str], verbose: int) -> None:
    assert show(*arguments).output == OutputOptions(verbosity=VerbosityOptions(verbose=verbose))


def test_lists_add_up_and_are_split_at_commas() -> None:
    filters = show("-e", "message", "-e", "a, b,", "-e", "chat*", "-E", "x").filters
    assert filters.event == ("message", "a", "b", "chat*")
    assert filters.exclude_event == ("x",)


def test_options_with_a_default_of_their_own_are_as_if_it_were_given() -> None:
    for words in ((), ("--port", "8765", "--seed", "1")):
        values = settled("serve", *words).values
        assert (values["port"], values["seed"], values["drop_every"]) == (8765, 1, None)


def test_group_shows_no_secret() -> None:
    assert repr(CredentialOptions(token="made-up-token")) == "CredentialOptions()"
    assert repr(StopOptions(count=3)) == "StopOptions(count=3, until=())"


def test_every_option_says_what_it_is_once() -> None:
    for command in COMMANDS.values():
        names = [name for option in command.options.values() for name in option.names]
        assert len(names) == len(set(names)), command.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retries", "-1"], "'-1' is not a whole number of 0 or more"),
        (["--connect-timeout", "999999999d"], "'999999999d' is too long; ten years are the most"),
        (["--buffer", "lots"], "'lots' is not a size; write 64M, 512k or 1G"),
        (["--shard", "3/3"], "'3/3' is not one of them; I counts from 0: 0/3, 1/3, 2/3"),
        (
            ["--format", "xml"],
            "'xml' is not one of 'table', 'plain', 'json', 'pretty', 'raw', 'browse'",
        ),
    ],
    ids=str,
)
def test_bad_value_is_refused_on_both_sides_of_a_spec(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ([*arguments, "1229/telegram"], ["1229/telegram", *arguments]):
        assert main(given) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("chatapp-tail: error: ")
        assert message in captured.err
        assert captured.out == ""


def test_real_events_command_takes_json_on_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for arguments in (["events", "chatRead", "--json"], ["events", "--json", "chatRead"]):
        assert main(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["name"] == "chatRead"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1229/telegram", "--messenger", "avito"], "--messenger: this needs a licence, too"),
        (["--messenger", "avito", "1229/telegram"], "--messenger: this needs a licence, too"),
        (["1229/telegram", "1230"], "'1230' is not a channel"),
        (["tail"], "nothing to watch"),
        (["1230"], "'1230' is neither a command nor a channel"),
        ([], "nothing to watch"),
    ],
    ids=str,
)
def test_real_tail_takes_options_before_and_after_its_specs(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("chatapp-tail: error: ")
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "demo"],
        ["-n", "3", "demo", "--json"],
        ["--token", "made-up-token", "demo"],
        ["1229/telegram", "demo"],
        ["--", "demo"],
        ["tail", "demo"],
    ],
    ids=str,
)
def test_command_that_is_not_the_first_word_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.splitlines() == [
        "chatapp-tail: error: the command demo must come first, and its options after it",
        "  Usage: chatapp-tail demo [OPTIONS]",
    ]


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--version", "demo"], ["--json", "--version"]], ids=str
)
def test_version_is_shown_in_place_of_anything_else(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("chatapp-tail 0.")
