"""Words of a command line to groups of options."""

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.app import main
from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.cli.options import (
    ChannelOptions,
    ConnectionOptions,
    CredentialOptions,
    EndpointOptions,
    LiveOptions,
    OutputOptions,
    ShowOptions,
    StopOptions,
    TailOptions,
    VerbosityOptions,
)
from chatapp_tail.output import OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard
from tests.cli.given import settled, show, tail


def test_without_options_every_group_has_its_defaults() -> None:
    options = tail()
    assert options == TailOptions()
    assert options.channels.license == ()
    assert options.connection.retries is None
    assert show() == ShowOptions()


def test_options_are_gathered_in_their_groups() -> None:
    options = tail(
        *["--license", "1229", "-l", "1230", "-c", "user/1", "--user=2", "--all", "--shard", "2/3"],
        *["--retries", "0", "--strict", "--app-key", "k", "--token", "t", "-n3", "-d", "1h30m"],
        *["-f", "raw", "--time", "iso", "--full", "--buffer", "512k", "-qvv"],
    )
    assert options.channels == ChannelOptions(
        license=("1229", "1230"),
        channel=(parse_spec("user/1"),),
        user=(parse_spec("user/2"),),
        all=True,
        shard=Shard(2, 3),
    )
    assert options.connection == ConnectionOptions(
        retries=0, strict=True, endpoint=EndpointOptions(app_key="k")
    )
    assert options.credentials == CredentialOptions(token="t")
    assert options.show.stop == StopOptions(count=3)
    assert options.live == LiveOptions(duration=5_400.0)
    assert options.show.output == OutputOptions(
        format=OutputFormat.RAW,
        time=TimeFormat.ISO,
        full=True,
        buffer=524_288,
        verbosity=VerbosityOptions(quiet=True, verbose=2),
    )


@pytest.mark.parametrize(
    ("arguments", "verbose"), [(["-v"], 1), (["-vv"], 2), (["-v", "--verbose", "-v"], 3)]
)
def test_counts_add_up(arguments: list[str], verbose: int) -> None:
    assert show(*arguments).output == OutputOptions(verbosity=VerbosityOptions(verbose=verbose))


def test_lists_add_up_and_are_split_at_commas() -> None:
    filters = show("-e", "message", "-e", "a, b,", "-e", "chat*", "-E", "x").filters
    assert filters.event == ("message", "a", "b", "chat*")
    assert filters.exclude_event == ("x",)


def test_default_is_the_value_of_an_option_that_is_not_given() -> None:
    for words in ((), ("--port", "8765", "--seed", "1")):
        values = settled("serve", *words).values
        assert (values["port"], values["seed"], values["drop_every"]) == (8765, 1, None)


def test_repr_of_a_group_shows_no_secret() -> None:
    assert repr(CredentialOptions(token="made-up-token")) == "CredentialOptions()"
    assert repr(StopOptions(count=3)) == "StopOptions(count=3, until=())"


def test_no_two_options_of_a_command_share_a_name() -> None:
    for command in COMMANDS.values():
        names = [name for option in command.options.values() for name in option.names]
        assert len(names) == len(set(names)), command.name


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--retries -1", "--retries: '-1' is not a whole number of 0 or more"),
        ("--connect-timeout 999999999d", "--connect-timeout: '999999999d' is too long; ten years"),
        ("--buffer lots", "--buffer: 'lots' is not a size; write 64M, 512k or 1G"),
        ("--shard 3/3", "--shard: '3/3' is not one of them; I counts from 0: 0/3, 1/3, 2/3"),
        ("--format xml", "--format: 'xml' is not one of 'table', 'plain', 'json', 'pretty', 'raw'"),
        ("--messenger avito", "--messenger: this needs a licence, too"),
    ],
)
def test_bad_value_is_refused_on_both_sides_of_a_spec(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in (f"{words} 1229/telegram", f"1229/telegram {words}", f"tail {words} 1229/telegram"):
        assert main(line.split()) == 2
        assert capsys.readouterr().err.startswith(f"chatapp-tail: error: {message}")
