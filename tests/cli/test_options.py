import json
from typing import Annotated

import pytest
import typer

from chatapp_tail.cli import app as real
from chatapp_tail.cli.layers import remembers, takes
from chatapp_tail.cli.options import (
    NoticeOptions,
    OutputOptions,
    ShowOptions,
    StopOptions,
    TailOptions,
    VerbosityOptions,
)
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard
from tests.cli.test_build import SHOW


class Program:
    """A small command line with the real option groups; keeps what its commands were given."""

    def __init__(self) -> None:
        self.options: TailOptions | None = None
        self.show: ShowOptions | None = None
        self.others: list[object] = []
        self._app = typer.Typer(add_completion=False, rich_markup_mode=None)
        self._add_root()
        self._add_tail()
        self._add_command()

    def run(self, *arguments: str) -> None:
        command = typer.main.get_command(self._app)
        command.main(list(arguments), prog_name="program", standalone_mode=False)

    def _add_root(self) -> None:
        @self._app.callback()
        @remembers(TailOptions)
        def root(ctx: typer.Context) -> None:
            pass

    def _add_tail(self) -> None:
        @self._app.command()
        @takes
        def tail(
            ctx: typer.Context,  # noqa: ARG001 (read by takes)
            options: TailOptions,
        ) -> None:
            self.options = options

    def _add_command(self) -> None:
        @self._app.command()
        @takes
        def command(
            ctx: typer.Context,  # noqa: ARG001 (read by takes)
            show: ShowOptions,
            word: Annotated[str, typer.Argument()] = "",
            number: Annotated[int, typer.Option("--number")] = 1,
        ) -> None:
            self.show = show
            self.others = [word, number]


def tail(*arguments: str) -> TailOptions:
    program = Program()
    program.run(*arguments, "tail")
    assert program.options is not None
    return program.options


def show(*arguments: str) -> ShowOptions:
    program = Program()
    program.run(*arguments)
    assert program.show is not None
    return program.show


def test_without_options_every_group_has_its_defaults() -> None:
    options = tail()
    assert options.show == SHOW
    assert options.channels.license == []
    assert options.connection.retries is None
    assert options.credentials.token is None
    assert show("command") == SHOW


def test_options_are_gathered_in_their_groups() -> None:
    options = tail(
        *["--license", "1229", "-l", "1230", "--messenger", "telegram", "-c", "user/1", "--user=2"],
        *["-e", "message", "-E", "chatRead", "--retries", "0", "--connect-timeout", "2500ms"],
        *["--strict", "--socket-url", "ws://a", "--app-key", "k", "--token", "t", "-n", "3"],
        *["--notices", "--heartbeat", "3m", "--buffer", "512k", "--all", "--shard", "2/3"],
        *["-d", "1h30m", "-f", "raw", "--time", "iso", "--full", "--color", "never", "-qvv"],
        "--names",
    )
    assert options.channels.license == ["1229", "1230"]
    assert options.channels.messenger == ["telegram"]
    assert (options.channels.channel, options.channels.user) == (["user/1"], ["2"])
    assert (options.channels.all, options.channels.shard) == (True, Shard(2, 3))
    assert (options.show.filters.event, options.show.filters.exclude_event) == (
        ["message"],
        ["chatRead"],
    )
    assert options.show.stop == StopOptions(count=3, duration=5_400.0)
    assert options.show.output == OutputOptions(
        format=OutputFormat.RAW,
        time=TimeFormat.ISO,
        full=True,
        names=True,
        color=ColorMode.NEVER,
        verbosity=VerbosityOptions(quiet=True, verbose=2),
    )
    assert options.show.notices == NoticeOptions(notices=True, heartbeat=180.0, buffer=524_288)
    assert (options.connection.retries, options.connection.connect_timeout) == (0, 2.5)
    assert (options.connection.strict, options.connection.endpoint.socket_url) == (True, "ws://a")
    assert (options.connection.endpoint.app_key, options.credentials.token) == ("k", "t")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "command"],
        ["command", "--json"],
        ["--json", "command", "--json"],
    ],
)
def test_option_means_the_same_before_and_after_the_command_word(arguments: list[str]) -> None:
    assert show(*arguments).output == OutputOptions(json=True)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["-f", "raw", "command", "-f", "plain"], OutputOptions(format=OutputFormat.PLAIN)),
        (["-f", "raw", "command"], OutputOptions(format=OutputFormat.RAW)),
        (["command", "-f", "plain"], OutputOptions(format=OutputFormat.PLAIN)),
        (
            ["--full", "command", "--time", "utc"],
            OutputOptions(full=True, time=TimeFormat.UTC),
        ),
        (["-vv", "command"], OutputOptions(verbosity=VerbosityOptions(verbose=2))),
        (["-v", "command"], OutputOptions(verbosity=VerbosityOptions(verbose=1))),
        (["command", "-v"], OutputOptions(verbosity=VerbosityOptions(verbose=1))),
        (
            ["-q", "command", "--color=always"],
            OutputOptions(color=ColorMode.ALWAYS, verbosity=VerbosityOptions(quiet=True)),
        ),
    ],
)
def test_last_word_wins_between_before_and_after(
    arguments: list[str], output: OutputOptions
) -> None:
    assert show(*arguments).output == output


@pytest.mark.parametrize(
    ("arguments", "verbose"),
    [
        (["-v", "command", "-v"], 2),
        (["-v", "command", "-vv"], 3),
        (["-vv", "command", "--verbose"], 3),
    ],
)
def test_counts_before_and_after_add_up(arguments: list[str], verbose: int) -> None:
    assert show(*arguments).output == OutputOptions(verbosity=VerbosityOptions(verbose=verbose))


def test_lists_before_and_after_add_up() -> None:
    filters = show("-e", "message", "-e", "a,b", "command", "-e", "chat*", "-E", "x").filters
    assert filters.event == ["message", "a,b", "chat*"]
    assert filters.exclude_event == ["x"]


def test_numbers_before_are_kept_unless_given_again() -> None:
    assert show("-n", "3", "-d", "5m", "command").stop == StopOptions(count=3, duration=300.0)
    assert show("-n", "3", "-d", "5m", "command", "-d", "10").stop == StopOptions(3, 10.0)


def test_parameters_of_the_command_itself_stay_as_they_are() -> None:
    program = Program()
    program.run("--json", "command", "word", "--number", "7", "-n", "3")
    assert program.others == ["word", 7]
    assert program.show is not None
    assert program.show.stop == StopOptions(count=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "'0' is not a whole number from 1 on"),
        (["--count", "many"], "'many' is not a whole number from 1 on"),
        (["--retries", "-1"], "'-1' is not a whole number from 0 on"),
        (["--duration", "soon"], "'soon' is not a duration; write 30s, 5m or 1h30m"),
        (["--connect-timeout", "0"], "'0' is not a duration"),
        (["--connect-timeout", "999999999d"], "'999999999d' is too long; ten years are the most"),
        (["--heartbeat", "often"], "'often' is not a duration; write 30s, 5m or 1h30m"),
        (["--buffer", "lots"], "'lots' is not a size; write 64M, 512k or 1G"),
        (["--buffer", "0"], "'0' is not a size"),
        (["--shard", "3/3"], "'3/3' is not one of them; I counts from 0: 0/3, 1/3, 2/3"),
        (["--shard", "all"], "'all' is not a shard; write I/N"),
        (["--format", "xml"], "'xml' is not one of 'table', 'plain', 'json', 'pretty', 'raw'"),
        (["--time", "noon"], "'noon' is not one of"),
        (["--color", "blue"], "'blue' is not one of 'auto', 'always', 'never'"),
        (["--nonsense"], "No such option: --nonsense"),
    ],
    ids=str,
)
def test_bad_value_is_refused_on_both_sides_of_a_spec(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ([*arguments, "1229/telegram"], ["1229/telegram", *arguments]):
        assert real.main(given) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("chatapp-tail: error: ")
        assert message in captured.err
        assert captured.out == ""


def test_real_events_command_takes_json_on_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for arguments in (["--json", "events", "chatRead"], ["events", "--json", "chatRead"]):
        assert real.main(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["name"] == "chatRead"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--license", "1229"], "--license: this needs a messenger, too"),
        (["1229/telegram", "--messenger", "avito"], "--messenger: this needs a licence, too"),
        (["--messenger", "avito", "1229/telegram"], "--messenger: this needs a licence, too"),
        (["1229/telegram", "--json", "--format", "raw"], "contradict each other"),
        (["--json", "1229/telegram", "--format", "raw"], "contradict each other"),
        (["1229/telegram", "--notices", "-f", "table"], "which the format table can't hold"),
        (["--notices", "1229/telegram", "-f", "raw"], "which the format raw can't hold"),
        (["1229/telegram", "--socket-url", "x"], "--socket-url: 'x' is not of the form"),
        (["1229/telegram", "1230"], "'1230' is not a channel"),
        (["--shard", "0/3"], "nothing to watch"),
        (["tail"], "nothing to watch"),
        (["1230"], "'1230' is neither a command nor a channel"),
        ([], "nothing to watch"),
    ],
    ids=str,
)
def test_real_tail_takes_options_before_and_after_its_specs(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert real.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("chatapp-tail: error: ")
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "3", "events"], "events doesn't take --count"),
        (["-n3", "--json", "--strict", "events"], "events doesn't take --count, --strict"),
        (["--strict", "serve"], "serve doesn't take --strict"),
        (["-l", "1229", "-m", "telegram", "demo"], "demo doesn't take --license, --messenger"),
        (["--profile", "work", "demo"], "demo doesn't take --profile"),
        (["--token", "made-up-token", "events"], "events doesn't take --token"),
    ],
    ids=str,
)
def test_option_before_a_command_that_does_not_have_it_is_a_usage_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert real.main(arguments) == 2
    error, hint = capsys.readouterr().err.splitlines()
    # In the order of the help.
    assert error == f"chatapp-tail: error: {message}"
    assert hint == f"  See: chatapp-tail {arguments[-1]} --help"


@pytest.mark.parametrize("word", ["asking", "asking-more"])
def test_ctrl_c_or_the_end_of_input_at_a_prompt_ends_with_130(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program = typer.Typer()

    @program.command()
    def asking() -> None:
        raise typer.Abort

    @program.command()
    def asking_more() -> None:
        raise EOFError

    assert real.main([word], program=program) == 130
    assert capsys.readouterr().err.strip() == ""
