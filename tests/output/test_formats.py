import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat, terminal_width, use_color
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.pretty import PrettySink
from chatapp_tail.output.row import PlainSink
from chatapp_tail.output.sink import JsonSink, NoSink, RawSink, Sink
from chatapp_tail.output.table import TableSink
from tests.support.records import STARTED_AT, of_item, said

HEADER = b"TIME     EVENT              MSG   WHO                WORDS\n"


@pytest.fixture
def terminal() -> Iterator[int]:
    """A real terminal, 100 columns wide; yields its descriptor."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    yield theirs
    os.close(ours)
    os.close(theirs)


LOCAL = (STARTED_AT + timedelta(seconds=4.521)).astimezone()


def made(
    settings: OutputSettings,
    terminal_fd: int | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    channels: Sequence[Channel] | None = (),
) -> Sink:
    return make_sink(
        settings,
        environment=environment or {},
        terminal_fd=terminal_fd,
        started_at=STARTED_AT,
        channels=channels,
    )


def test_default_is_a_table_on_a_terminal_and_json_in_a_pipe(terminal: int) -> None:
    assert isinstance(made(OutputSettings(), terminal), TableSink)
    assert isinstance(made(OutputSettings()), JsonSink)


@pytest.mark.parametrize(
    ("output_format", "sink"),
    [
        (OutputFormat.TABLE, TableSink),
        (OutputFormat.PLAIN, PlainSink),
        (OutputFormat.JSON, JsonSink),
        (OutputFormat.PRETTY, PrettySink),
        (OutputFormat.RAW, RawSink),
        (OutputFormat.BROWSE, NoSink),
    ],
)
def test_chosen_format_is_made_wherever_stdout_goes(
    terminal: int, output_format: OutputFormat, sink: type[Sink]
) -> None:
    settings = OutputSettings(format=output_format)
    assert isinstance(made(settings, terminal), sink)
    assert isinstance(made(settings), sink)


def test_header_is_for_terminals_only(terminal: int) -> None:
    settings = OutputSettings(format=OutputFormat.TABLE, color=ColorMode.NEVER)
    assert made(settings, terminal).header() == HEADER
    assert made(settings).header() == b""


def test_channel_column_comes_with_several_channels(terminal: int) -> None:
    sink = made(OutputSettings(color=ColorMode.NEVER), terminal, channels=None)
    assert b" CHANNEL " in sink.header()


@pytest.mark.parametrize("output_format", [OutputFormat.TABLE, OutputFormat.PRETTY])
@pytest.mark.parametrize(
    ("color", "environment", "on_terminal", "in_pipe"),
    [
        (ColorMode.AUTO, {}, True, False),
        (ColorMode.AUTO, {"NO_COLOR": "1"}, False, False),
        (ColorMode.AUTO, {"FORCE_COLOR": "1"}, True, True),
        (ColorMode.ALWAYS, {"NO_COLOR": "1"}, True, True),
        (ColorMode.NEVER, {"FORCE_COLOR": "1"}, False, False),
    ],
    ids=str,
)
def test_color_is_as_decided_for_the_stream(  # noqa: PLR0917 (pytest passes them by name)
    terminal: int,
    output_format: OutputFormat,
    color: ColorMode,
    environment: Mapping[str, str],
    on_terminal: bool,  # noqa: FBT001
    in_pipe: bool,  # noqa: FBT001
) -> None:
    settings = OutputSettings(format=output_format, color=color)
    for fd, is_colored in ((terminal, on_terminal), (None, in_pipe)):
        line = made(settings, fd, environment=environment).render(said("hi"))
        assert (b"\x1b[" in line) is is_colored


@pytest.mark.parametrize(
    ("time", "row"),
    [
        (TimeFormat.UTC, "11:39:24 5     Ann"),
        (TimeFormat.ISO, f"{LOCAL.isoformat(timespec='milliseconds')} 5     Ann"),
        (TimeFormat.RELATIVE, "+4.521s    5     Ann"),
        (TimeFormat.DELTA, "+4.521s    5     Ann"),
    ],
)
def test_time_column_is_as_wide_as_its_format(time: TimeFormat, row: str) -> None:
    settings = OutputSettings(format=OutputFormat.TABLE, time=time)
    written = made(settings, environment={"COLUMNS": "90"}).render(said("hi")).decode()
    assert written.splitlines()[-1].startswith(row)


def test_full_wraps_and_else_text_is_cut() -> None:
    def lines(*, full: bool) -> int:
        settings = OutputSettings(format=OutputFormat.TABLE, full=full)
        return made(settings).render(said("many words " * 20)).count(b"\n")

    assert lines(full=False) == 2  # the day's among them
    assert lines(full=True) > 5


RESPONSIBLE = {"chat": {"name": "Ann"}, "responsible": {"id": 685}, "edited": {"id": 7}}
PEOPLE = {"685": "Айгерим С.", "7": "Марат О."}


@pytest.mark.parametrize("output_format", [OutputFormat.TABLE, OutputFormat.PLAIN])
def test_formats_in_words_name_employees(output_format: OutputFormat) -> None:
    settings, wide = OutputSettings(format=output_format), {"COLUMNS": "100"}
    named = of_item(RESPONSIBLE, event="chatResponsible", people=PEOPLE)
    told = made(settings, environment=wide).render(named).decode()
    assert told.endswith("responsible Айгерим С. (by Марат О.)\n")
    unnamed = of_item(RESPONSIBLE, event="chatResponsible")
    told = made(settings, environment=wide).render(unnamed).decode()
    assert told.endswith("responsible employee 685 (by employee 7)\n")


@pytest.mark.parametrize(
    "output_format", [OutputFormat.JSON, OutputFormat.PRETTY, OutputFormat.RAW]
)
def test_formats_of_data_stay_as_sent_whoever_is_known(output_format: OutputFormat) -> None:
    settings = OutputSettings(format=output_format)
    unnamed = of_item(RESPONSIBLE, event="chatResponsible")
    named = of_item(RESPONSIBLE, event="chatResponsible", people=PEOPLE)
    assert made(settings).render(named) == made(settings).render(unnamed)


def test_width_is_that_of_the_terminal_whenever_asked(terminal: int) -> None:
    assert terminal_width(terminal, {"COLUMNS": "50"}) == 100
    termios.tcsetwinsize(terminal, (24, 70))
    assert terminal_width(terminal, {}) == 70


def test_terminal_without_a_size_has_eighty_columns(terminal: int) -> None:
    termios.tcsetwinsize(terminal, (0, 0))
    assert terminal_width(terminal, {}) == 80


def test_descriptor_that_is_no_terminal_counts_as_a_pipe() -> None:
    read_end, write_end = os.pipe()
    assert terminal_width(write_end, {"COLUMNS": "50"}) == 50
    os.close(read_end)
    os.close(write_end)


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        (None, 80),
        ("", 80),
        ("120", 120),
        ("0", 80),
        ("-5", 80),
        ("wide", 80),
        ("²", 80),
        ("1" * 10_000, 80),
    ],
    ids=lambda value: str(value)[:10],
)
def test_without_a_terminal_columns_decides_and_else_it_is_eighty(
    columns: str | None, width: int
) -> None:
    environment = {} if columns is None else {"COLUMNS": columns}
    assert terminal_width(None, environment) == width


_MODULES_LOADED_BY = """\
import sys
from datetime import UTC, datetime
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import Writer
for name in sys.argv[1:]:
    make_sink(
        OutputSettings(format=OutputFormat(name)),
        environment={},
        terminal_fd=None,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        channels=(),
    )
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_only_the_table_loads_rich() -> None:
    def loaded(*formats: str) -> set[str]:
        command = [sys.executable, "-c", _MODULES_LOADED_BY, *formats]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        return set(run.stdout.split())

    heavy = {"rich", "requests", "aiohttp", "websocket", "typer"}
    assert loaded("json", "raw", "plain", "pretty") & heavy == set()
    assert loaded("table") & heavy == set()


# Whether to colour


@pytest.mark.parametrize(
    ("environment", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
        # NO_COLOR comes before everything else; empty is not set
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True, True),
        # then the two that force, 0 meaning off
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3"}, True, True),
        ({"FORCE_COLOR": "true"}, True, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, False, False),
        ({"FORCE_COLOR": "1", "CLICOLOR_FORCE": "0"}, True, True),
        ({"FORCE_COLOR": "", "CLICOLOR_FORCE": "1"}, True, True),
        ({"FORCE_COLOR": "1", "CLICOLOR": "0", "TERM": "dumb"}, True, True),
        # then the two that switch off
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR": "1", "TERM": "dumb"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
    ids=str,
)
def test_environment_decides_and_else_whether_it_is_a_terminal(
    environment: Mapping[str, str],
    on_terminal: bool,  # noqa: FBT001
    in_pipe: bool,  # noqa: FBT001
) -> None:
    assert use_color(ColorMode.AUTO, environment, is_terminal=True) is on_terminal
    assert use_color(ColorMode.AUTO, environment, is_terminal=False) is in_pipe


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    ("mode", "environment", "color"),
    [
        (ColorMode.ALWAYS, {}, True),
        (ColorMode.ALWAYS, {"NO_COLOR": "1", "TERM": "dumb", "CLICOLOR": "0"}, True),
        (ColorMode.ALWAYS, {"FORCE_COLOR": "0"}, True),
        (ColorMode.NEVER, {}, False),
        (ColorMode.NEVER, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_flag_overrules_the_environment_and_the_stream(
    mode: ColorMode,
    environment: Mapping[str, str],
    color: bool,  # noqa: FBT001
    is_terminal: bool,  # noqa: FBT001
) -> None:
    assert use_color(mode, environment, is_terminal=is_terminal) is color
