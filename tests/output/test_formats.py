import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.fields import idempotency_key
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat, terminal_width, use_color
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.pretty import PrettySink
from chatapp_tail.output.row import PlainSink, RowMaker
from chatapp_tail.output.sink import JsonSink, KeyedJsonSink, NoSink, RawSink, Sink
from chatapp_tail.output.table import TableSink
from tests.output.given import without_colors
from tests.support.records import STARTED_AT, of_item, received, said
from tests.support.schema import validate_line

STATUS = of_item({"type": "sent", "id": 5, "ok": True}, event="messageStatus")


@pytest.fixture
def terminal() -> Iterator[int]:
    """A real terminal, 100 columns wide; yields its descriptor."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    yield theirs
    os.close(ours)
    os.close(theirs)


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


# From options to a format


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
def test_format_is_the_chosen_one_wherever_stdout_goes(
    terminal: int, output_format: OutputFormat, sink: type[Sink]
) -> None:
    settings = OutputSettings(format=output_format)
    assert isinstance(made(settings, terminal), sink)
    assert isinstance(made(settings), sink)


def test_default_is_a_table_on_a_terminal_and_json_in_a_pipe(terminal: int) -> None:
    assert isinstance(made(OutputSettings(), terminal), TableSink)
    assert isinstance(made(OutputSettings()), JsonSink)
    assert isinstance(made(OutputSettings(has_keys=True)), KeyedJsonSink)


def test_only_a_table_on_a_terminal_has_a_header(terminal: int) -> None:
    settings = OutputSettings(format=OutputFormat.TABLE, color=ColorMode.NEVER)
    header = "TIME     EVENT              MSG   WHO                WORDS\n"
    assert made(settings, terminal).header().decode() == header
    for output_format in OutputFormat:
        assert made(OutputSettings(format=output_format)).header() == b""


def test_table_of_unknown_channels_has_a_column_for_them(terminal: int) -> None:
    sink = made(OutputSettings(color=ColorMode.NEVER), terminal, channels=None)
    assert b" CHANNEL " in sink.header()


@pytest.mark.parametrize("output_format", [OutputFormat.TABLE, OutputFormat.PRETTY])
def test_color_is_as_decided_for_the_stream(terminal: int, output_format: OutputFormat) -> None:
    def has_color(color: ColorMode, fd: int | None, environment: Mapping[str, str]) -> bool:
        settings = OutputSettings(format=output_format, color=color)
        return b"\x1b[" in made(settings, fd, environment=environment).render(said("hi"))

    assert has_color(ColorMode.AUTO, terminal, {})
    assert not has_color(ColorMode.AUTO, None, {})
    assert not has_color(ColorMode.AUTO, terminal, {"NO_COLOR": "1"})
    assert has_color(ColorMode.ALWAYS, None, {})


def test_full_table_wraps_and_another_cuts() -> None:
    def lines(*, full: bool) -> int:
        settings = OutputSettings(format=OutputFormat.TABLE, full=full)
        return made(settings).render(said("many words " * 20)).count(b"\n")

    assert lines(full=False) == 2  # the day's among them
    assert lines(full=True) > 5


def test_width_is_the_terminals_whenever_asked_and_80_if_it_has_none(terminal: int) -> None:
    assert terminal_width(terminal, {"COLUMNS": "50"}) == 100
    termios.tcsetwinsize(terminal, (24, 70))
    assert terminal_width(terminal, {}) == 70
    termios.tcsetwinsize(terminal, (0, 0))
    assert terminal_width(terminal, {}) == 80


@pytest.mark.parametrize(
    ("columns", "width"),
    [("", 80), ("120", 120), ("0", 80), ("-5", 80), ("wide", 80), ("²", 80), ("1" * 10_000, 80)],
    ids=lambda value: str(value)[:10],
)
def test_width_of_a_pipe_is_columns_or_80(columns: str, width: int) -> None:
    with Path(os.devnull).open() as nowhere:
        for fd in (None, nowhere.fileno()):
            assert terminal_width(fd, {"COLUMNS": columns}) == width
            assert terminal_width(fd, {}) == 80


_MODULES_LOADED = """\
import sys
from datetime import UTC, datetime
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import Writer
for format in OutputFormat:
    make_sink(
        OutputSettings(format=format),
        environment={},
        terminal_fd=None,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        channels=(),
    )
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_no_format_loads_a_heavy_library() -> None:
    command = [sys.executable, "-c", _MODULES_LOADED]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    heavy = {"rich", "requests", "aiohttp", "websocket", "typer", "textual"}
    assert set(run.stdout.split()) & heavy == set()


# Formats for programs


def test_only_raw_writes_whole_events() -> None:
    for output_format in OutputFormat:
        sink = made(OutputSettings(format=output_format))
        assert sink.per_frame is (output_format is OutputFormat.RAW)


def test_json_is_the_line_of_the_record() -> None:
    assert JsonSink().render(STATUS) == STATUS.line()


def test_json_with_a_key_is_the_record_and_the_key_of_the_webhook() -> None:
    line = KeyedJsonSink().render(STATUS)
    assert line.endswith(b'"}\n')
    record = validate_line(line)
    assert record.pop("idempotency_key") == idempotency_key([STATUS])
    assert jsontext.dumps(record) + b"\n" == STATUS.line()


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ('{"b": 1,\n "a": [2, 3]}', b'{"b":1,"a":[2,3]}\n'),
        ("no JSON\n", b'"no JSON\\n"\n'),
        (None, b"null\n"),
        ("", b'""\n'),
        ({"data": [1, 2, 3]}, b'{"data":[1,2,3]}\n'),
        ('{"queue": "q", "payload": {"data": []}}', b'{"queue":"q","payload":{"data":[]}}\n'),
    ],
)
def test_raw_is_the_payload_as_one_line_of_json(sent: object, line: bytes) -> None:
    assert RawSink().render(received(sent)[0]) == line


@pytest.mark.parametrize(
    "output_format", [OutputFormat.JSON, OutputFormat.PRETTY, OutputFormat.RAW]
)
def test_names_of_employees_change_no_data(output_format: OutputFormat) -> None:
    sink = made(OutputSettings(format=output_format))
    item, event = {"responsible": {"id": 685}}, "chatResponsible"
    named = of_item(item, event=event, people={"685": "Айгерим С."})
    assert sink.render(named) == sink.render(of_item(item, event=event))


def test_pretty_is_indented_and_colored_by_kind() -> None:
    written = PrettySink(color=True).render(STATUS)
    assert '  "data": {\n    "type": "sent",\n    "id": 5,\n    "ok": true\n  },\n' in (
        without_colors(written)
    )
    painted = re.findall(rb'(\x1b\[[\d;]+m)("type"|"sent"|5|true)\x1b\[0m', written)
    assert [token for _, token in painted] == [b'"type"', b'"sent"', b"5", b"true"]
    assert len({color for color, _ in painted}) == 4


@pytest.mark.parametrize(
    "text", ['"', '": 1', "\\", '\\": ', "a: 1, true", "null", "-1.5e3", '{"a": 1}']
)
def test_pretty_colors_a_string_as_one_token(text: str) -> None:
    line = PrettySink(color=True).render(of_item({"a": text})).decode()
    assert f": \x1b[32m{json.dumps(text)}\x1b[0m\n" in line


def test_pretty_needs_little_for_a_string_of_megabytes() -> None:
    written = PrettySink(color=True).render(said('x"' * 1_000_000))
    assert len(written) > 3_000_000


def test_plain_is_tab_separated_and_never_cut() -> None:
    plain = PlainSink(RowMaker(TimeFormat.UTC, STARTED_AT, cut=False))
    assert plain.render(said("a\tb\n[/]", "A\tnn")).decode() == (
        "11:39:24\t1229/telegram\tmessage\t5\tA\\tnn\t← a\\tb\\n[/]\n"
    )
    assert plain.render(said("x" * 10_000)).count(b"x") == 10_000


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
        # then the two that force, 0 meaning off
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "true"}, True, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, False, False),
        ({"FORCE_COLOR": "", "CLICOLOR_FORCE": "1"}, True, True),
        ({"FORCE_COLOR": "1", "CLICOLOR": "0", "TERM": "dumb"}, True, True),
        # then the two that switch off
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR": "1", "TERM": "dumb"}, False, False),
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
def test_option_overrules_the_environment_and_the_stream(
    is_terminal: bool,  # noqa: FBT001
) -> None:
    for off in ({}, {"NO_COLOR": "1", "TERM": "dumb", "CLICOLOR": "0"}, {"FORCE_COLOR": "0"}):
        assert use_color(ColorMode.ALWAYS, off, is_terminal=is_terminal)
    for on in ({}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}):
        assert not use_color(ColorMode.NEVER, on, is_terminal=is_terminal)
